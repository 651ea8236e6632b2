"""Operations on an imagined group that nobody watches (tests.ops.plain_world), and their resumption after a crash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from redistui.engine.driver import Driver, Stopped
from redistui.engine.journal import Line
from redistui.engine.operation import Operation
from redistui.engine.runner import released, rows
from redistui.engine.unfinished import unfinished
from redistui.judge.lag import NO_REPLID
from redistui.model import Address, Fault, Fleet, Group, Node, Sighting
from redistui.net.export import Exported
from redistui.ops.action import Action, Aim, Plan, refusals
from redistui.ops.resume import RESUME
from redistui.ops.run import Run, planned
from redistui.ops.steps import Export, Refused
from redistui.ops.stored import dump
from redistui.replies.rdb import Whole
from tests import fleets
from tests.engine.imagined import ConsoleDied, ImaginedClient, ImaginedHouse, Trouble
from tests.ops.plain_world import BYTES, P, PlainWorld, Server, X

GROUP = "plain"


def node_of(world: PlainWorld, address: Address) -> Node:
    """A server as the poller would show it."""
    server = world.servers[address]
    below = tuple(a for a, s in world.servers.items() if s.follows == address)
    up = world.linked(server)
    seen = fleets.node(
        address,
        server.role,  # type: ignore[arg-type]
        server.follows,
        replicas=below,
        offset=len(server.log) * BYTES,
        lag=0 if server.role == "replica" else None,
        link="up" if up else "down",
        seed=int(address.split(":")[0].rpartition(".")[2]),
        server="redis",
        version="7.0.15",
    )
    assert seen.replication is not None
    before = server.history[1] if len(server.history) > 1 else NO_REPLID
    link = replace(
        seen.replication,
        replid=server.history[0],
        replid2=before,
        second_offset=server.left,
        link_down_seconds=None if up else 12,
    )
    seen = replace(seen, replication=link, metrics={**seen.metrics, "keys": float(len(server.log))})
    return seen if server.alive else gone(seen, server)


def gone(seen: Node, server: Server) -> Node:
    """A dead one: known by its address, and by how far it was when last seen."""
    sighting = Sighting(server.history[0], len(server.log) * BYTES, fleets.AT - 8, 100.0, silent_at=fleets.AT - 7)
    fault = Fault("refused", "connection refused", fleets.AT - 7)
    was = sighting if server.role == "primary" else None
    return Node(seen.address, fleets.AT - 8, fault, None, seen.role, run_id=seen.run_id, last_primary=was)


def fleet_of(world: PlainWorld) -> Fleet:
    apart = [a for a, s in world.servers.items() if a == X and s.follows is None]
    mine = [node_of(world, address) for address in world.servers if address not in apart]
    leaders = [n.address for n in mine if n.role == "primary"]
    followed = next((n.replication.primary for n in mine if n.replication and n.replication.primary), P)
    groups = [Group(GROUP, "replication", tuple(mine), primary=leaders[0] if leaders else followed)]
    groups += [Group(one, "replication", (node_of(world, one),), primary=one) for one in apart]
    return Fleet(at=fleets.AT + 0.1, period=1.0, groups=tuple(groups), complete=True)


class PlainHouse(ImaginedHouse):
    def __init__(self, world: PlainWorld) -> None:
        super().__init__(world)  # type: ignore[arg-type]


class PlainDriver(Driver):
    """The driver with the model in place of the network, and the model's clock in place of ours."""

    def __init__(self, world: PlainWorld, trouble: Trouble, write: Any) -> None:
        super().__init__(PlainHouse(world), "0badcafe", frozenset(), write)
        self.world, self.trouble, self.exchanges = world, trouble, 0

    def _client(self, node: Address) -> Any:
        return ImaginedClient(self, node)  # type: ignore[arg-type]

    async def _export(self, wish: Export) -> Exported:
        """A copy takes its time, and is only there when it is whole."""
        for _ in range(3):
            await self._told(wish.node, lambda: ImaginedClient(self, wish.node).ask(("PING",), 1.0))  # type: ignore[arg-type]
            if self.heed and self.stopping.is_set():
                raise Stopped
        if wish.path in self.world.copies:
            raise Refused(f"{wish.path} is there already")
        self.world.copies[wish.path] = list(self.world.servers[wish.node].log)
        return Exported(wish.path, Whole("REDIS0011", 99, checked=True))

    async def _pause(self, seconds: float) -> None:
        self.world.pass_time(seconds, tick=max(0.01, seconds / 2))

    def _now(self) -> float:
        return self.world.now


@dataclass
class Outcome:
    """What came of it. `run` is None where the console died."""

    world: PlainWorld
    plan: Plan
    aim: Aim
    run: Run | None = None
    exchanges: int = 0
    lines: list[Line] = field(default_factory=list)

    def mutations(self) -> list[tuple[str, ...]]:
        return [argv for _, argv in self.world.executed]


async def operate(
    action: Action,
    aim: Aim,
    world: PlainWorld,
    trouble: Trouble | None = None,
    *,
    plan: Plan | None = None,
    operation: str = "first",
) -> Outcome:
    """Plans the action for the model and runs it there."""
    if plan is None:
        against = refusals(action, fleet_of(world), aim)
        assert not against, against
        plan = action.plan(fleet_of(world), aim)
    outcome = Outcome(world, plan, aim)
    head = {"operation": operation, "action": plan.action, "group": plan.group, "at": "2026-01-01T00:00:00.000Z"}
    begun = {"stored": dump(plan, aim), "resumes": plan.resumes or None, "release": rows(released(plan))}
    outcome.lines.append({**head, "state": "begun", **begun})

    async def write(lines: Sequence[Line]) -> None:
        outcome.lines += [{**head, **line} for line in lines]

    driver = PlainDriver(world, trouble or Trouble(), write)
    driver.notes.update(plan.notes)
    try:
        outcome.run = await Operation(planned(plan.action, plan.group, plan), plan, driver, lambda _: None).finish()
        ended = {"state": "ended", "resumable": outcome.run.resumable, "left": list(outcome.run.left)}
        outcome.lines.append({**head, **ended, "left": []})
    except ConsoleDied:
        outcome.run = None
    outcome.exchanges = driver.exchanges
    return outcome


async def resumed(before: Outcome, *, back: bool = False) -> Outcome | None:
    """What the next console makes of it; None: it finds nothing unfinished, or may not go that way."""
    found = unfinished(before.lines)
    if not found or found[0].past is None:
        return None
    past = found[0].past
    aim = Aim(past.group, None, {"back": "yes"} if back else {}, (past.operation,), (), past)
    if refusals(RESUME, fleet_of(before.world), aim):
        return None
    plan = RESUME.plan(fleet_of(before.world), aim)
    return await operate(RESUME, aim, before.world, plan=plan, operation="second")
