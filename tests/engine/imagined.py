"""An operation on an imagined group (tests.ops.world): the real driver, but no sockets, no clock, no sleep."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from redistui.engine.driver import Driver
from redistui.engine.journal import Line
from redistui.engine.operation import Operation
from redistui.model import Access, Address, Fault, Fleet, Group, Node, Sighting
from redistui.net.client import ClientLost, ClientRefused
from redistui.ops.action import Aim, Plan
from redistui.ops.failover import FAILOVER
from redistui.ops.run import Run, planned
from tests import fleets
from tests.ops.clock import TICK
from tests.ops.world import R1, R2, SENTINELS, P, World

AIM = Aim("orders")
SILENT = Fault("refused", "nothing listens there", fleets.AT - 3)
Meddle = Callable[[World], None]


class ConsoleDied(BaseException):
    """kill -9 of the console: nothing of it runs any more."""


@dataclass
class Trouble:
    """What goes wrong, at which exchange with a server (counted from 0, reads among them)."""

    at: int = -1
    console_dies: bool = False
    meddle: Meddle | None = None
    """Something happens in the group just before that exchange."""
    lose_reply: bool = False
    lose_request: bool = False
    refuse: bool = False
    stop: bool = False


@dataclass
class ImaginedClient:
    """A connection into the model."""

    driver: ImaginedDriver
    node: Address

    async def ask(self, argv: Sequence[str], seconds: float) -> Any:
        return self._exchange([tuple(argv)])[0]

    async def transact(self, argvs: Sequence[Sequence[str]], seconds: float) -> list[Any]:
        return self._exchange([tuple(argv) for argv in argvs[1:-1]])

    async def burst(self, argvs: Sequence[Sequence[str]], seconds: float) -> list[Any]:
        replies: list[Any] = []
        try:
            self._exchange([tuple(argv) for argv in argvs], replies)
        except ClientLost as lost:
            return [*replies, *[lost] * (len(argvs) - len(replies))]
        return replies

    async def close(self) -> None:
        """Nothing is open."""

    def _exchange(self, argvs: list[tuple[str, ...]], each: list[Any] | None = None) -> list[Any]:
        """`each`: where the replies of a burst go, one by one, refusals among them."""
        trouble, world = self.driver.trouble, self.driver.world
        mine = trouble.at == self.driver.exchanges
        self.driver.exchanges += 1
        world.pass_time(0.002)
        if mine and trouble.meddle is not None:
            trouble.meddle(world)
        if mine and trouble.stop:
            self.driver.stopping.set()
        if mine and trouble.refuse:
            raise ClientRefused("NOPERM User ops has no permissions to run this command")
        if mine and trouble.lose_request:
            raise ClientLost("no answer within 2 s", ended=False)
        replies = [] if each is None else each
        for argv in argvs:
            replies.append(world.ask(self.node, argv) if each is None else self._one(argv))
        if mine and trouble.console_dies:
            raise ConsoleDied
        if mine and trouble.lose_reply:
            replies.clear()
            raise ClientLost("no answer within 2 s", ended=False)
        return replies

    def _one(self, argv: tuple[str, ...]) -> Any:
        try:
            return self.driver.world.ask(self.node, argv)
        except ClientRefused as error:
            return error


class ImaginedDriver(Driver):
    """The driver with the model in place of the network, and the model's clock in place of ours."""

    def __init__(self, world: World, trouble: Trouble, write: Callable[[Sequence[Line]], Any]) -> None:
        super().__init__(ImaginedHouse(world), "0badcafe", frozenset(SENTINELS), write)
        self.world, self.trouble, self.exchanges = world, trouble, 0

    def _client(self, node: Address) -> Any:
        return ImaginedClient(self, node)

    async def _pause(self, seconds: float) -> None:
        self.world.pass_time(seconds, tick=max(TICK, seconds / 10))

    async def rest(self, seconds: float) -> None:
        self.world.pass_time(seconds, tick=max(TICK, seconds / 10))

    def _now(self) -> float:
        return self.world.now


class ImaginedHouse:
    """The engine's part: there is nothing to connect to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.deeds: list[str] = []

    @property
    def fleet(self) -> Fleet:
        return fleet_of(self._world)

    async def fresh(self, *groups: str, seconds: float = 3.0) -> Fleet:
        return self.fleet

    def happened(self, group: str, text: str) -> None:
        self.deeds.append(text)

    def access_of(self, address: Address) -> Access:
        return Access()

    def dial_of(self, address: Address) -> Address:
        return address


def group_of(world: World, *, server: str = "redis", version: str = "7.0.15") -> Group:
    """The group as it is before anything happens."""
    nodes = [
        fleets.node(P, replicas=(R1, R2), seed=3, server=server, version=version),
        fleets.node(R1, "replica", P, lag=0, seed=5, server=server, version=version),
        fleets.node(R2, "replica", P, lag=182, seed=7, server=server, version=version),
    ]
    nodes = [prioritised(node, world.servers[node.address].priority) for node in nodes]
    last = Sighting("a" * 40, 10**9, fleets.AT - 3, 100.0, fleets.AT - 2)
    nodes = [
        replace(node, role=None, fault=SILENT, last_primary=last) if world.is_silent(node.address) else node
        for node in nodes
    ]
    silent = world.is_silent(P)
    plain = fleets.sentinel_group("orders")
    sentinels = []
    for address, sample in zip(SENTINELS, plain.sentinels, strict=True):
        seen = fleets.watch(
            "orders",
            P,
            nodes[1:],
            [other for other in SENTINELS if other != address],
            epoch=3,
            down_after_ms=int(world.down_after * 1000),
            failover_timeout_ms=int(world.failover_timeout * 1000),
            last_ok_ping_ms=4000 if silent else 400,
        )
        sentinels.append(
            replace(sample, address=address, server=server, version=version, watches={"orders": seen})  # type: ignore[arg-type]
        )
        if address in world.gone:
            sentinels[-1] = replace(sentinels[-1], fault=SILENT)
    return replace(plain, nodes=tuple(nodes), sentinels=tuple(sentinels), primary=P)


def prioritised(node: Node, priority: int) -> Node:
    assert node.replication is not None
    return replace(node, replication=replace(node.replication, priority=priority))


def fleet_of(world: World, **what: str) -> Fleet:
    return Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group_of(world, **what),), complete=True)


@dataclass
class Outcome:
    """What came of it."""

    world: World
    driver: ImaginedDriver
    run: Run | None
    lines: list[Line] = field(default_factory=list)
    """Of the journal."""
    seen: list[Run] = field(default_factory=list)
    """All that was reported on the way."""

    def mutations(self) -> list[tuple[str, ...]]:
        return [argv for _, argv in self.world.executed]


async def operate(
    world: World | None = None,
    trouble: Trouble | None = None,
    plan: Plan | None = None,
    aim: Aim = AIM,
    **what: str,
) -> Outcome:
    """Plans the failover for the model and runs it there. `run` is None where the console died."""
    world = world or World()
    plan = plan or FAILOVER.plan(fleet_of(world, **what), aim)
    outcome = Outcome(world, None, None)  # type: ignore[arg-type]

    async def write(lines: Sequence[Line]) -> None:
        outcome.lines += lines

    outcome.driver = ImaginedDriver(world, trouble or Trouble(), write)
    operation = Operation(planned("failover", "orders", plan), plan, outcome.driver, outcome.seen.append)
    try:
        outcome.run = await operation.finish()
    except ConsoleDied:
        outcome.run = None
    return outcome
