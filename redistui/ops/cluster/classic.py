"""Slots moved key by key: CLUSTER SETSLOT and MIGRATE, on every server version.

Of each slot, in this order: IMPORTING at the target, MIGRATING at the source (the other way round clients would be sent
to and fro), the keys, NODE at the target, NODE at the source, NODE at every other primary. The step that cannot be
taken back is NODE at the target: all keys that the source still has of the slot are deleted then, by the source itself
as soon as it hears of it (Redis 6.2, 7.0, Valkey 9.1). So right before it the source must say that it holds none, and
both ends that the slot is still open from the one to the other: another operator's SETSLOT would have overwritten that
without a word.

Slots are worked on in windows, each kind of command for all slots of a window in one burst. A slot that meets trouble
drops out; the others are brought to their end. A slot of which nothing has moved yet is closed again.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from dataclasses import dataclass, field

from redistui.model import Address
from redistui.ops.cluster.meter import Meter
from redistui.ops.cluster.migrate import Mover, Way, migrate_commands
from redistui.ops.cluster.routes import Route, counted
from redistui.ops.cluster.slot_states import SlotState, Stage, both, count_keys, read_states
from redistui.ops.steps import (
    Abreast,
    Argv,
    Burst,
    Lost,
    NotKnown,
    Now,
    Pause,
    Refused,
    Reply,
    Script,
    StepFailed,
    Wish,
)
from redistui.ops.templates import Each, Ranges, ranges_of, ranges_text

FIRST_WINDOW, WIDEST = 1, 64
"""Slots worked on at once: one at first, so that what fails for all of them leaves one open and not many."""
LANES = 3
"""Windows under way at the same time."""
SLOW, QUICK = 2.0, 0.5
"""Seconds that a window should not take, so that a wish to stop is heeded soon."""
MOST_KEYS = 20_000
"""In one window."""
TIMES = 3
"""That the keys of a slot are moved until none is left."""
SETTLE = 0.5
HEARD_SECONDS = 20.0
EMPTIED = "only with masters"
"""In the source's refusal of NODE when it lost its last slot and became a replica by that (Redis 7.0)."""
Doing = Generator[Wish, Reply, None]


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
class ClassicRoute:
    """Moves the slots of one route. `script` returns a sentence, or raises StepFailed with what is left."""

    route: Route
    others: tuple[Address, ...]
    """Primaries to be told, besides the two."""
    meter: Meter
    part: int
    former: tuple[str, ...] = ()
    """Node ids that an end of it stands in for, because they died: a copy at the target may be none of ours then."""
    trouble: dict[int, str] = field(default_factory=dict)
    """By slot: why it could not be moved, and (OPEN) whether it is half-done."""
    opened: set[int] = field(default_factory=set)
    """Slots that are half-done and were left so."""
    moved: set[int] = field(default_factory=set)
    rest: list[SlotState] = field(default_factory=list)
    """Not begun yet."""
    broken: bool = False
    """Something went wrong: no new window is begun."""
    mover: Mover = field(init=False)
    unheard: set[Address] = field(default_factory=set)
    """Others that could not be told: they hear it from the target."""

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
                raise NotKnown(f"{self.route.target} does not see who took over {_which(slots)}")
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
            raise NotKnown(f"{self._so_far()}; {error}: {_which(slots)} may be half-done{rest}") from None
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

    # -- one window -----------------------------------------------------------------------------------------------

    def _window(self, states: dict[int, SlotState]) -> Doing:
        route = self.route

        def at(stage: Stage) -> list[int]:
            return [slot for slot, state in states.items() if state.stage == stage]

        self.meter.count(self.part, doing=_which(list(states)))
        yield from self.meter.tell()
        importing = yield from self._set(route.target, at("waiting") + at("stale"), "IMPORTING", route.source_id)
        opened = yield from self._set(route.source, importing + at("importing"), "MIGRATING", route.target_id)
        opened += at("open")
        empty = yield from self._empty(opened, [s for s in at("given") if states[s].at_source])
        given = yield from self._set(route.target, [s for s in empty if s in opened], "NODE", route.target_id)
        yield from self._gate_again(given)
        given += [slot for slot in at("given") if slot not in self.trouble]
        yield from self._set(route.source, given, "NODE", route.target_id)
        yield from self._tell_others(given + at("told"))
        yield from self._look_after(list(states))

    def _empty(self, opened: Sequence[int], given: Sequence[int]) -> Generator[Wish, Reply, list[int]]:
        """Moves the keys of open slots; gives those that may be given away.

        `given`: slots that somebody gave away too early. The source deletes what it has left of them as soon as it
        hears of it; what is moved before that is saved.
        """
        empty: list[int] = []
        left = [*given, *opened]
        for _ in range(TIMES):
            self.trouble.update((yield from self.mover.move(left)))
            gated = yield from self._gate([slot for slot in left if slot in opened and slot not in self.trouble])
            empty += [slot for slot, keys in gated.items() if not keys]
            left = [slot for slot, keys in gated.items() if keys]
        for slot in left:
            self.trouble[slot] = f"keys of it come to {self.route.source} again and again"
        return empty

    def _set(self, node: Address, slots: Sequence[int], *rest: str) -> Generator[Wish, Reply, list[int]]:
        """CLUSTER SETSLOT for each; gives those for which it is known to have been done."""
        if not slots:
            return []
        argvs = tuple(("CLUSTER", "SETSLOT", str(slot), *rest) for slot in slots)
        replies: list[Reply] = yield Burst(node, argvs, mutates=True, seconds=5.0 + 3.0 * len(argvs))
        done = [slot for slot, reply in zip(slots, replies, strict=True) if not isinstance(reply, Refused | Lost)]
        for slot, reply in zip(slots, replies, strict=True):
            if isinstance(reply, Lost) or (isinstance(reply, Refused) and not accepted(rest, reply)):
                self.trouble[slot] = f"{node} said to SETSLOT {rest[0]}: {reply}"
        if any(isinstance(reply, Lost) for reply in replies):
            lost = [slot for slot, reply in zip(slots, replies, strict=True) if isinstance(reply, Lost)]
            done += yield from self._after_silence(node, lost, rest)
        return done

    def _after_silence(
        self, node: Address, slots: Sequence[int], rest: Sequence[str]
    ) -> Generator[Wish, Reply, list[int]]:
        """Of commands without a reply: which were done all the same."""
        yield Pause(SETTLE)
        source, target = yield from both(self.route)
        done = []
        for slot in slots:
            match rest[0]:
                case "IMPORTING":
                    was = target.importing.get(slot) == rest[1]
                case "MIGRATING":
                    was = source.migrating.get(slot) == rest[1]
                case _:
                    was = (source if node == self.route.source else target).owner(slot) == rest[1]
            if was:
                self.trouble.pop(slot, None)
                done.append(slot)
        return done

    def _gate(self, slots: Sequence[int]) -> Generator[Wish, Reply, dict[int, int]]:
        """Keys that the source has left, of the slots that are open from the one to the other by their own words."""
        if not slots:
            return {}
        counts = yield from count_keys(self.route.source, slots)
        source, target = yield from both(self.route)
        passed = {}
        for slot in slots:
            ours = source.migrating.get(slot) == self.route.target_id and source.primary
            if ours and target.importing.get(slot) == self.route.source_id and target.primary:
                passed[slot] = counts[slot]
            else:
                self.trouble[slot] = "it is not open from the one to the other any more: another operator is at work"
        return passed

    def _gate_again(self, slots: Sequence[int]) -> Doing:
        """Right after: no key may have come to the source in between. What has will be deleted by the source itself."""
        if not slots:
            return
        counts = yield from count_keys(self.route.source, slots)
        late = [slot for slot in slots if counts[slot]]
        if not late:
            return
        source, _ = yield from both(self.route)
        if source.primary:
            for slot in late:
                self.trouble[slot] = (
                    f"{counted(counts[slot], 'key')} came to {self.route.source} while {self.route.target} took it over"
                )

    def _tell_others(self, slots: Sequence[int]) -> Doing:
        """Every other primary. One that cannot be told hears it from the target, whose epoch is newer."""
        if not slots:
            return
        argvs = tuple(("CLUSTER", "SETSLOT", str(slot), "NODE", self.route.target_id) for slot in slots)
        there = [node for node in self.others if node not in self.unheard]
        replies: list[object] = yield Abreast(tuple(self._tell(node, argvs) for node in there))
        self.unheard.update(node for node, said in zip(there, replies, strict=True) if said != "told")

    @staticmethod
    def _tell(node: Address, argvs: tuple[Argv, ...]) -> Script:
        replies: list[Reply] = yield Burst(node, argvs, mutates=True, seconds=5.0 + 3.0 * len(argvs))
        missed = (isinstance(one, Lost) or (isinstance(one, Refused) and EMPTIED not in str(one)) for one in replies)
        return "not told" if any(missed) else "told"

    # -- after a window -------------------------------------------------------------------------------------------

    def _look_after(self, lot: Sequence[int]) -> Doing:
        """Which slots came to their end; those of which nothing has moved are closed again."""
        states = yield from read_states(self.route, lot, (), self.former)
        close = [s for s in states.values() if s.stage in ("importing", "open") and not s.at_target]
        yield from self._close(close)
        closed = {s.slot for s in close} - self.opened
        for state in states.values():
            if state.stage == "moved":
                self.moved.add(state.slot)
                if not state.at_source:
                    self.trouble.pop(state.slot, None)
            elif state.slot not in closed and state.stage in ("stale", "importing", "open", "given"):
                self.opened.add(state.slot)
                self.trouble.setdefault(state.slot, "it did not come to its end")
            elif state.stage == "foreign":
                self.trouble.setdefault(state.slot, state.text)
        self.meter.count(self.part, slots=sum(slot in self.moved for slot in lot))
        yield from self.meter.tell()

    def _close(self, states: Sequence[SlotState]) -> Doing:
        """STABLE at the target, so that no key can come there any more; when none has, at the source."""
        slots = [state.slot for state in states]
        if not slots:
            return
        why = {slot: self.trouble.get(slot, "it did not come to its end") for slot in slots}
        closed = yield from self._set(self.route.target, slots, "STABLE")
        counts = yield from count_keys(self.route.target, closed)
        open_ = {state.slot for state in states if state.stage == "open"}
        clean = [slot for slot in closed if not counts[slot]]
        done = yield from self._set(self.route.source, [slot for slot in clean if slot in open_], "STABLE")
        self.opened |= set(slots) - {slot for slot in clean if slot not in open_ or slot in done}
        self.trouble.update(why)

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
            yield f"{_which(slots)} not: {why}" + (f" ({_which(half)} left open)" if half else "")
        if left:
            yield f"{counted(left, 'slot')} not begun"


def accepted(rest: Sequence[str], reply: Refused) -> bool:
    """A refusal that means what was wanted: the source lost its last slot, and is a replica of its new owner by now."""
    return rest[0] == "NODE" and EMPTIED in str(reply)


def is_part_way(state: SlotState) -> bool:
    """Not open at either end, but keys of it have gone: a failover has lost the flags."""
    return state.stage == "waiting" and state.at_target > 0


def wider(width: int, took: float) -> int:
    """The next window."""
    if took > SLOW:
        return max(FIRST_WINDOW, width // 2)
    return min(WIDEST, width * 4) if took < QUICK else width


def _which(slots: Sequence[int]) -> str:
    """`slot 5`, `slots 5-9 12 and 40 more`."""
    ranges = ranges_of(slots)
    shown, more = ranges[:6], sum(last - first + 1 for first, last in ranges[6:])
    text = f"slot{'' if len(slots) == 1 else 's'} {ranges_text(shown)}"
    return f"{text} and {more} more" if more else text
