"""The step that moves slots: all routes of a plan side by side, classic or by the servers themselves."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.atomic import AtomicRoutes, atomic_commands
from redistui.ops.cluster.classic import ClassicRoute, classic_commands
from redistui.ops.cluster.meter import Meter
from redistui.ops.cluster.routes import How, Route, all_slots, routes_in
from redistui.ops.steps import (
    Abreast,
    Argv,
    Ask,
    Lost,
    NotKnown,
    Now,
    Refused,
    Reply,
    Script,
    Step,
    StepFailed,
    Wish,
)
from redistui.ops.tally import Part
from redistui.ops.templates import slot_count

HOW_WORDS: dict[How, str] = {
    "classic": "key by key",
    "atomic": "by the servers themselves",
    "import": "by the servers themselves",
}
ORDER = (
    ". Of each slot: IMPORTING at the target, MIGRATING at the source, its keys, NODE at the target, the source and "
    "the others; REPLACE and STABLE only where something goes wrong"
)
PROBES: dict[How, str] = {
    "classic": "migrate",
    "atomic": "cluster|migrateslots",
    "import": "cluster|migration",
}


@dataclass(frozen=True)
class MoveSlots(Step):
    """Every route's slots from its source to its target.

    Driven again it reads how far each slot has come, and goes on from there. Stopped, it ends with whole slots. Slots
    that could not be brought to their end are named when it fails.
    """

    node: None
    how: How
    routes: tuple[Route, ...]
    others: tuple[Address, ...]
    """All primaries of the cluster: who is told of a slot's new owner."""
    heirs: tuple[tuple[str, str], ...] = ()
    """Node ids of replicas, each with that of its primary, as they were when the move was planned."""
    former: tuple[str, ...] = ()
    """Node ids of ends that were lost, and that others stand in for by now (redistui.ops.cluster.reroute)."""

    heeds: ClassVar[bool] = True
    rereads: ClassVar[bool] = True

    @property
    def text(self) -> str:
        routes = routes_in(self.routes)
        ways = "; ".join(f"{counted(slot_count(r.ranges), 'slot')} from {r.source} to {r.target}" for r in routes)
        return f"Move {HOW_WORDS[self.how]}: {ways}{ORDER if self.how == 'classic' else ''}"

    @property
    def reaches(self) -> tuple[Address, ...]:
        """Both ends of every route. Who else is told of a new owner may be gone."""
        return tuple(dict.fromkeys(end for r in routes_in(self.routes) for end in (r.source, r.target)))

    @property
    def advice(self) -> str:
        return (
            "`resume` goes on with what is left, and `fix` tells how each open slot stands. Do so soon where a source "
            "died: a Redis that was taking slots in from it does not serve until then."
        )

    def commands(self) -> tuple[Argv, ...]:
        found: list[Argv] = []
        for route in routes_in(self.routes):
            if self.how == "classic":
                found += classic_commands(route, len(self._told(route)), loosen=bool(self.former))
            else:
                found += atomic_commands(route, self.how)
        return tuple(found)

    def _told(self, route: Route) -> tuple[Address, ...]:
        return tuple(node for node in self.others if node not in (route.source, route.target))

    def script(self) -> Script:
        routes = routes_in(self.routes)
        yield from self._can(routes)
        began: float = yield Now()
        meter = Meter(began, [Part(route.name, slot_count(route.ranges)) for route in routes], self.others)
        ended: list[object] = yield Abreast(tuple(self._scripts(routes, meter)))
        yield from meter.tell(now=True)
        return self._sum_up(routes, ended, meter)

    def _scripts(self, routes: Sequence[Route], meter: Meter) -> list[Script]:
        if self.how == "classic":
            return [
                ClassicRoute(route, self._told(route), meter, n, self.former).script() for n, route in enumerate(routes)
            ]
        busy: dict[Address, list[tuple[int, Route]]] = {}
        for n, route in enumerate(routes):
            busy.setdefault(route.target if self.how == "import" else route.source, []).append((n, route))
        return [AtomicRoutes(tuple(its), self.how, meter).script() for its in busy.values()]

    def _can(self, routes: Sequence[Route]) -> Generator[Wish, Reply, None]:
        """Asks the servers themselves whether they know the command; a version may say otherwise, or a config may have
        taken it away."""
        ends = [route.target if self.how == "import" else route.source for route in routes]
        for node in dict.fromkeys(ends):
            try:
                reply: Reply = yield Ask(node, ("COMMAND", "INFO", PROBES[self.how]))
            except (Refused, Lost) as error:
                raise StepFailed(f"{node} does not say what it can do: {error}", unchanged=True) from None
            if not (isinstance(reply, list) and reply and reply[0]):
                name = PROBES[self.how].replace("|", " ").upper()
                also = "" if self.how == "classic" else "; --classic moves slots without it"
                raise StepFailed(f"{node} has no {name}{also}", unchanged=True)

    def _sum_up(self, routes: Sequence[Route], ended: Sequence[object], meter: Meter) -> str:
        """All routes' sentences in one. Raises StepFailed when one of them did not come to its end."""
        wrong = [one for one in ended if isinstance(one, Exception)]
        said = "; ".join(str(one) for one in ended)
        if not wrong:
            done = f"{counted(all_slots(routes), 'slot')} moved" if len(ended) > 1 else ""
            return f"{done}: {said}" if done else said
        if bugs := [one for one in wrong if not isinstance(one, StepFailed | Refused | Lost)]:
            raise bugs[0]
        stopped = "stopped on request: " if meter.orders.stop else ""
        text = f"{stopped}{said}"
        if any(isinstance(one, NotKnown | Lost) for one in wrong):
            raise NotKnown(text)
        unchanged = all(isinstance(one, StepFailed) and one.unchanged for one in wrong) and len(wrong) == len(ended)
        raise StepFailed(text, unchanged=unchanged)
