"""One window of a classic slot move: some slots opened, emptied, handed over and looked after, each kind of command for
all of them in one burst."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.meter import Meter
from redistui.ops.cluster.migrate import Mover
from redistui.ops.cluster.routes import Route
from redistui.ops.cluster.slot_states import SlotState, Stage, both, count_keys, read_states
from redistui.ops.steps import (
    Abreast,
    Argv,
    Burst,
    Lost,
    Pause,
    Refused,
    Reply,
    Script,
    Wish,
)
from redistui.ops.templates import ranges_of, ranges_text

TIMES = 3
"""That the keys of a slot are moved until none is left."""
SETTLE = 0.5
EMPTIED = "only with masters"
"""In the source's refusal of NODE when it lost its last slot and became a replica by that (Redis 7.0)."""
Doing = Generator[Wish, Reply, None]


@dataclass
class Windows:
    """What the windows of one route have in common: how far it has come, and what went wrong."""

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
    mover: Mover = field(init=False)
    unheard: set[Address] = field(default_factory=set)
    """Others that could not be told: they hear it from the target."""

    def _window(self, states: dict[int, SlotState]) -> Doing:
        route = self.route

        def at(stage: Stage) -> list[int]:
            return [slot for slot, state in states.items() if state.stage == stage]

        self.meter.count(self.part, doing=which(list(states)))
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


def accepted(rest: Sequence[str], reply: Refused) -> bool:
    """A refusal that means what was wanted: the source lost its last slot, and is a replica of its new owner by now."""
    return rest[0] == "NODE" and EMPTIED in str(reply)


def which(slots: Sequence[int]) -> str:
    """`slot 5`, `slots 5-9 12 and 40 more`."""
    ranges = ranges_of(slots)
    shown, more = ranges[:6], sum(last - first + 1 for first, last in ranges[6:])
    text = f"slot{'' if len(slots) == 1 else 's'} {ranges_text(shown)}"
    return f"{text} and {more} more" if more else text
