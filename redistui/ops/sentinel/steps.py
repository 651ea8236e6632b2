"""Steps of a Sentinel failover: give the order, and see who is elected.

The order is given to one Sentinel. It answers OK before anything has happened; whom it elected shows in
SENTINEL GET-MASTER-ADDR-BY-NAME once the replica has said of itself that it is a primary, first at that Sentinel and,
over their greetings, at the others: 1 s later, under load up to 7 s. The old primary is demoted as soon as one Sentinel
names the new one and that one's ROLE agrees (redistui.ops.sentinel.demote): to wait for the last Sentinel would outlast
the fence, and the new config-epoch wins in any case.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Literal

from redistui.model import Address, host_of, port_of
from redistui.ops.node.fence import OPTION, UNREACHABLE, value_of
from redistui.ops.node.roles import is_primary, read_role
from redistui.ops.sentinel.freshness import BUSY, await_fresh, read_watch
from redistui.ops.steps import (
    Argv,
    Ask,
    Hole,
    Lost,
    Note,
    NotKnown,
    Now,
    Pause,
    Reply,
    Script,
    Step,
    StepFailed,
    Together,
    Wish,
)
from redistui.replies.words import join

NEW = Hole("new primary")
NEW_HOST = Hole("host of the new primary")
NEW_PORT = Hole("port of the new primary")
EVERY = 0.05
How = Literal["coordinated", "fenced", "unplanned"]
"""coordinated: the old primary hands over by itself (Valkey >= 9.0). fenced: its writes are held by us. unplanned: it
is silent."""


@dataclass(frozen=True)
class OrderFailover(Step):
    """SENTINEL FAILOVER to one Sentinel, if the world is still as the plan wants it: a plain one of a primary that
    takes writes would lose those of 10 s, and a coordinated one of a hung primary keeps the Sentinels from acting by
    themselves for twice failover-timeout."""

    node: Address
    name: str
    primary: Address
    how: How
    heirs: tuple[Address, ...] = ()
    """Of a silent primary: replicas of which the Sentinel must have heard lately, or it takes none of them."""

    @property
    def text(self) -> str:
        more = ", with the old primary taking part" if self.how == "coordinated" else ""
        if self.heirs:
            more = f", once {self.node} has heard of {' or '.join(self.heirs)} lately (it asks every 10 s)"
        return f"Order the Sentinels to fail over {self.name}{more}"

    def commands(self) -> tuple[Argv, ...]:
        order = ("SENTINEL", "FAILOVER", self.name)
        return ((*order, "COORDINATED") if self.how == "coordinated" else order,)

    def script(self) -> Script:
        if self.heirs:
            yield from await_fresh(self.node, self.name, self.primary, self.heirs)
        watch = yield from read_watch(self.node, self.name)
        if watch is not None and watch.primary != self.primary:
            return f"nothing to order: {self.node} names {watch.primary} already"
        if watch is not None and BUSY in watch.flags:
            return f"nothing to order: {self.node} fails over already"
        yield from self._guard()
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=1.0)
        except Lost:
            return (yield from self._look())
        return "OK: it has begun"

    def _guard(self) -> Generator[Wish, Reply, None]:
        if self.how == "fenced":
            value = value_of((yield Ask(self.primary, ("CONFIG", "GET", OPTION), seconds=1.0)))
            if value != UNREACHABLE:
                raise StepFailed(f"writes at {self.primary} are not held any more: {OPTION} reads {value!r}")
            return
        role = yield from read_role(self.primary, seconds=1.0)
        primary = role is not None and role.role == "primary"
        if self.how == "coordinated" and not primary:
            raise StepFailed(f"{self.primary} does not say that it is a primary: it could not hand over")
        if self.how == "unplanned" and primary:
            raise StepFailed(f"{self.primary} answers again, as a primary: now a failover can be planned without loss")

    def _look(self) -> Script:
        """After a lost reply. A second quiet look: the order may still have waited in the Sentinel's socket at the
        first."""
        for _ in range(2):
            watch = yield from read_watch(self.node, self.name)
            if watch is None:
                raise NotKnown(f"no reply, and {self.node} does not say whether it has begun")
            if BUSY in watch.flags or watch.primary != self.primary:
                return "no reply, but it has begun"
            yield Pause(0.5)
        raise StepFailed("no reply, and it has not begun", unchanged=True)


@dataclass(frozen=True)
class AwaitPromotion(Step):
    """Until a Sentinel names a new primary and that one agrees, or the ordered Sentinel has given up."""

    node: None
    name: str
    old: Address
    ordered: Address
    sentinels: tuple[Address, ...]
    candidates: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until the Sentinels have made {' or '.join(self.candidates)} primary, as its own ROLE says"

    @property
    def advice(self) -> str:
        return (
            f"Look whom the Sentinels name (`redistui status`). While it is {self.old}, nothing has changed; when it "
            f"is another, {self.old} must not take writes until the Sentinels have made it a replica."
        )

    def script(self) -> Script:
        begun: float = yield Now()
        while True:
            new = yield from self._promoted()
            if new is not None:
                yield Note(NEW, new)
                yield Note(NEW_HOST, host_of(new))
                yield Note(NEW_PORT, str(port_of(new)))
                other = "" if new in self.candidates else f", not {' or '.join(self.candidates)}: they chose otherwise"
                return f"{new} is primary{other}"
            yield from self._still_going()
            if (yield Now()) - begun >= self.seconds:
                raise NotKnown(f"nobody was promoted within {self.seconds:g} s, and the failover goes on")
            yield Pause(EVERY)

    def _promoted(self) -> Generator[Wish, Reply, Address | None]:
        asks = (Ask(each, ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.name), seconds=0.5) for each in self.sentinels)
        named: list[Reply] = yield Together(tuple(asks))
        for reply in named:
            new = join(reply[0], reply[1]) if isinstance(reply, list) and len(reply) == 2 else None
            if new is not None and new != self.old and (yield from is_primary(new)):
                return new
        return None

    def _still_going(self) -> Generator[Wish, Reply, None]:
        watch = yield from read_watch(self.ordered, self.name)
        if watch is not None and watch.primary == self.old and BUSY not in watch.flags:
            silent = yield from self._silent()
            raise StepFailed(
                f"{self.ordered} gave the failover up: {self.old} is still primary{silent}", unchanged=True
            )

    def _silent(self) -> Generator[Wish, Reply, str]:
        """What was sent to one that hangs still waits in its socket: it may take its promotion up later."""
        roles = []
        for each in self.candidates:
            roles.append((yield from read_role(each)))
        hung = [each for each, role in zip(self.candidates, roles, strict=True) if role is None]
        if not hung:
            return ""
        return (
            f". {' and '.join(hung)} did not answer: should it hang, and go on later, it calls itself a primary until "
            f"the Sentinels have made it a replica again, after some 10 s; what is written there by then is lost"
        )
