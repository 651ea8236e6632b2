"""Slots moved key by key: CLUSTER SETSLOT and MIGRATE, on every server version.

Of each slot, in this order: IMPORTING at the target, MIGRATING at the source (the other way round clients would be sent
to and fro), the keys, NODE at the target, NODE at the source, NODE at every other primary. The step that cannot be
taken back is NODE at the target: all keys that the source still has of the slot are deleted then, by the source itself
as soon as it hears of it (Redis 6.2, 7.0, Valkey 9.1). So right before it the source must say that it holds none, and
both ends that the slot is still open from the one to the other: another operator's SETSLOT would have overwritten that
without a word.

Valkey tells SETSLOT NODE to the target's replicas first. What target and source had said before may undo it there for
some milliseconds; should the target die just then, its replica deletes the keys of that slot as another node's, and the
others give the slot to the dead node (9.1; on a busy machine 3 of 70 kills in mid-move). Nothing that is sent prevents
it: plans say so, and `fix --cover` gives such a slot an owner again.

Slots are worked on in windows, each kind of command for all slots of a window in one burst. A slot that meets trouble
drops out; the others are brought to their end. A slot of which nothing has moved yet is closed again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from redistui.judge.counts import counted
from redistui.ops.cluster.classic_window import SETTLE, Doing, Windows, which
from redistui.ops.cluster.migrate import Mover, Way, migrate_commands
from redistui.ops.cluster.routes import Route
from redistui.ops.cluster.slot_states import SlotState, both, read_states
from redistui.ops.steps import (
    Abreast,
    Argv,
    NotKnown,
    Now,
    Pause,
    Script,
    StepFailed,
)
from redistui.ops.templates import Each, Ranges

FIRST_WINDOW, WIDEST = 1, 64
"""Slots worked on at once: one at first, so that what fails for all of them leaves one open and not many."""
LANES = 3
"""Windows under way at the same time."""
SLOW, QUICK = 2.0, 0.5
"""Seconds that a window should not take, so that a wish to stop is heeded soon."""
MOST_KEYS = 20_000
"""In one window."""
HEARD_SECONDS = 20.0


def way_of(route: Route) -> Way:
    return Way(route.source, route.target, route.reached_at, route.ranges)


def classic_commands(route: Route, others: int, *, loosen: bool = False) -> tuple[Argv, ...]:
    """What is sent for a route, as templates; NODE once for each node that is told. `loosen`: a source was lost."""
    importing, migrating, node, stable = (setslot(route.ranges, *rest) for rest in endings(route))
    keys, closing = migrate_commands(way_of(route)), (stable,) * (3 if loosen else 2)
    return (importing, migrating, *keys, *(node,) * (2 + others), *closing)


def endings(route: Route) -> tuple[tuple[str, ...], ...]:
    return ("IMPORTING", route.source_id), ("MIGRATING", route.target_id), ("NODE", route.target_id), ("STABLE",)


def setslot(ranges: Ranges, *rest: str) -> Argv:
    return ("CLUSTER", "SETSLOT", Each(ranges), *rest)


@dataclass
class ClassicRoute(Windows):
    """Moves the slots of one route. `script` returns a sentence, or raises StepFailed with what is left."""

    rest: list[SlotState] = field(default_factory=list)
    """Not begun yet."""
    broken: bool = False
    """Something went wrong: no new window is begun."""

    def script(self) -> Script:
        route = self.route
        try:
            yield from self._loosen()
            states = yield from read_states(route, route.slots, self.others, self.former)
        except NotKnown as error:
            raise NotKnown(f"{self._so_far()}; {error}") from None
        self._sort_out(list(states.values()))
        self.mover = Mover(way_of(route), set(self._ours(states.values())), self.meter, self.part)
        if self.former:
            yield from self.mover.await_both("after a failover")
        half = [s for s in states.values() if s.stage not in ("waiting", "moved", "foreign") or is_part_way(s)]
        self.rest = [s for s in states.values() if s.stage == "waiting" and not is_part_way(s)]
        self.rest.sort(key=lambda state: not state.at_source)  # what is wrong with keys shows in the first slot
        for at in range(0, len(half), WIDEST):
            yield from self._try(half[at : at + WIDEST])
        if self.rest and not self.broken and (yield from self.meter.rest(self.part)):
            yield from self._try(self._next(FIRST_WINDOW))
            ended: list[object] = yield Abreast(tuple(self._lane() for _ in range(LANES)))
            if silent := [one for one in ended if isinstance(one, Exception)]:
                raise silent[0]
        return self._told()

    def _loosen(self) -> Doing:
        """A target that takes slots in from a lost node holds that one for their owner, and does not serve at all
        (cluster_state fail), whoever took over: Redis keeps the owner of such a slot as it is. Closed, it hears."""
        _, target = yield from both(self.route)
        slots = [slot for slot in self.route.slots if target.importing.get(slot) in self.former]
        yield from self._set(self.route.target, slots, "STABLE")
        begun: float = yield Now()
        while any(target.owner(slot) in self.former for slot in slots):
            now: float = yield Now()
            if now - begun > HEARD_SECONDS:
                raise NotKnown(f"{self.route.target} does not see who took over {which(slots)}")
            yield Pause(SETTLE)
            _, target = yield from both(self.route)

    def _lane(self) -> Script:
        """Window after window, as long as all goes well. Several side by side keep both servers and us busy: while one
        window is at one node, another one is at the other."""
        width = FIRST_WINDOW * 4
        while self.rest and not self.broken:
            if not (yield from self.meter.rest(self.part, LANES)):
                break
            began: float = yield Now()
            yield from self._try(self._next(width))
            ended: float = yield Now()
            width = wider(width, ended - began)
        return ""

    def _try(self, lot: Sequence[SlotState]) -> Doing:
        """One window; whether something went wrong in it. Raises NotKnown when an end falls silent."""
        slots = [state.slot for state in lot]
        try:
            yield from self._window({state.slot: state for state in lot})
        except NotKnown as error:
            self.broken = True
            rest = f"; {counted(len(self.rest), 'slot')} not begun" if self.rest else ""
            raise NotKnown(f"{self._so_far()}; {error}: {which(slots)} may be half-done{rest}") from None
        self.broken = self.broken or bool(self.mover.halted) or any(slot in self.trouble for slot in slots)

    def _next(self, width: int) -> list[SlotState]:
        """The slots of the next window: at a slow pace no more than go in a moment."""
        most = self.meter.orders.pace or MOST_KEYS
        keys, number = 0, 0
        for state in self.rest[:width]:
            keys += state.at_source
            if number and keys > most:
                break
            number += 1
        lot, self.rest = self.rest[:number], self.rest[number:]
        return lot

    def _so_far(self) -> str:
        whole = len(self.route.slots)
        of = "" if len(self.moved) == whole else f" of {whole:,}"
        return f"{counted(len(self.moved), 'slot')}{of} moved from {self.route.source} to {self.route.target}"

    def _sort_out(self, states: Collection[SlotState]) -> None:
        """Slots that there is nothing to do about."""
        for state in states:
            if state.stage == "moved":
                self.moved.add(state.slot)
            elif state.stage == "foreign":
                self.trouble[state.slot] = state.text
        keys = sum(state.at_source for state in states if state.stage not in ("moved", "foreign"))
        self.meter.expect(self.part, keys)
        self.meter.count(self.part, slots=len(self.moved))

    def _ours(self, states: Iterable[SlotState]) -> Iterable[int]:
        """Slots of which whatever is at the target came from here: it was empty before, or is empty now."""
        for state in states:
            if not state.at_target or (state.stage == "open" and not self.former):
                yield state.slot

    # -- how it ended ---------------------------------------------------------------------------------------------

    def _told(self) -> str:
        left, mover, route = len(self.rest), self.mover, self.route
        said = self._so_far()
        if mover.big:
            said += f", {counted(len(mover.big), 'big key')} among their keys ({max(mover.big) >> 20} MiB the biggest)"
        if self.unheard:
            said += f"; {', '.join(sorted(self.unheard))} could not be told and hears it from {route.target}"
        if not self.trouble and not left:
            return said
        raise StepFailed(
            "; ".join((self._so_far(), *self._reasons(left))),
            unchanged=not self.moved and not self.opened,
        )

    def _reasons(self, left: int) -> Iterable[str]:
        """Why not all, slots of one reason together."""
        by: dict[str, list[int]] = {}
        for slot, why in self.trouble.items():
            by.setdefault(why, []).append(slot)
        for why, slots in by.items():
            half = [slot for slot in slots if slot in self.opened]
            yield f"{which(slots)} not: {why}" + (f" ({which(half)} left open)" if half else "")
        if left:
            yield f"{counted(left, 'slot')} not begun"


def is_part_way(state: SlotState) -> bool:
    """Not open at either end, but keys of it have gone: a failover has lost the flags."""
    return state.stage == "waiting" and state.at_target > 0


def wider(width: int, took: float) -> int:
    """The next window."""
    if took > SLOW:
        return max(FIRST_WINDOW, width // 2)
    return min(WIDEST, width * 4) if took < QUICK else width
