"""Allowance: what of a step's commands may still go out.

A command that stands in `commands()` goes out as often as it stands there. One that fits a template (`Each`, `Keys` of
redistui.ops.templates) takes its slot, or its keys, from it: each of them goes out once for each time that the template
stands there. Once a slot was given to a node (SETSLOT ... NODE), no key of it goes out any more: so those that went out
need not be remembered, and a step may move any number of keys. What changes nothing by itself (ASKING, before a command
about a slot on its way) goes out as often as is needed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from redistui.engine.reach import Unplanned
from redistui.ops.steps import Argv, is_read
from redistui.ops.templates import Keys, is_template, ranges_of, ranges_text, raw, spends
from redistui.replies.slot import slot_of


@dataclass(frozen=True, slots=True)
class Taken:
    """What one command took. `shown` is the line of the plan that it stands for: the command itself, or a template."""

    shown: Argv
    slots: frozenset[int] = frozenset()
    keys: tuple[str, ...] = ()


@dataclass(slots=True)
class Grant:
    """Commands of one burst that stand for the same line of the plan."""

    shown: Argv
    count: int = 0
    slots: set[int] = field(default_factory=set)
    keys: int = 0

    @property
    def figures(self) -> dict[str, object]:
        """For the journal: how many, of which slots, and how many keys; never which keys."""
        slots = {"slots": ranges_text(ranges_of(self.slots))} if self.slots else {}
        return {"count": self.count, **slots, **({"keys": self.keys} if self.keys else {})}


class Allowance:
    """Of one step, while it is driven."""

    def __init__(self, commands: Iterable[Argv]) -> None:
        shown = list(commands)
        self._exact = Counter(argv for argv in shown if not is_template(argv))
        self._templates = Counter(argv for argv in shown if is_template(argv))
        self._slots: defaultdict[Argv, Counter[int]] = defaultdict(Counter)
        """How often each slot was taken from a template of commands for each slot."""
        self._keys: dict[int, defaultdict[Argv, Counter[str]]] = {}
        """By slot: how often each key was taken from a template of commands with keys."""
        self._given: set[int] = set()
        """Slots that a node was given."""

    def take(self, argvs: Sequence[Argv]) -> list[Taken]:
        """What each command takes; all of it is spent. Raises Unplanned, with nothing spent, where one stands nowhere,
        or went out as often as it may."""
        taken: list[Taken] = []
        try:
            for argv in argvs:
                taken.append(self._take(argv))
        except Unplanned:
            self.give_back(taken)
            raise
        return taken

    def give_back(self, taken: Iterable[Taken]) -> None:
        """They did not go out after all."""
        for one in taken:
            if one.shown not in self._templates:
                self._exact[one.shown] += 1
            elif one.keys:
                for key in one.keys:
                    self._used(slot_of(raw(key)), one.shown)[key] -= 1
            else:
                self._slots[one.shown].subtract(one.slots)

    def _take(self, argv: Argv) -> Taken:
        if argv in self._exact and is_read(argv):
            return Taken(argv)
        if self._exact[argv] > 0:
            self._exact[argv] -= 1
            return Taken(argv)
        for template, times in self._templates.items():
            if isinstance(template[-1], Keys):
                taken = self._take_keys(template, template[-1], argv, times)
            else:
                taken = self._take_slots(template, argv, times)
            if taken is not None:
                return taken
        raise Unplanned(f"{' '.join(argv[:2])} is not in the plan, or was sent already")

    def _take_slots(self, template: Argv, argv: Argv, times: int) -> Taken | None:
        words = spends(template, argv) if len(template) == len(argv) else None
        if words is None:
            return None
        slots = frozenset(map(int, words))
        used = self._slots[template]
        if len(slots) < len(words) or any(used[slot] >= times for slot in slots):
            return None
        used.update(slots)
        if template[3:4] == ("NODE",):
            self._given |= slots
            for slot in slots:
                self._keys.pop(slot, None)
        return Taken(template, slots)

    def _take_keys(self, template: Argv, word: Keys, argv: Argv, times: int) -> Taken | None:
        """As `spends` has it, for many keys at once: there are millions of them."""
        before = len(template) - 1
        keys = argv[before:]
        if argv[:before] != template[:before] or not keys or len(set(keys)) < len(keys):
            return None
        by_slot: defaultdict[int, list[str]] = defaultdict(list)
        for key in keys:
            by_slot[slot_of(raw(key))].append(key)
        if not self._given.isdisjoint(by_slot) or not all(map(word.holds, by_slot)):
            return None
        if any(
            used.get(key, 0) >= times
            for slot, its in by_slot.items()
            if (used := self._used(slot, template))
            for key in its
        ):
            return None
        for slot, its in by_slot.items():
            self._used(slot, template).update(its)
        return Taken(template, frozenset(by_slot), keys)

    def _used(self, slot: int, template: Argv) -> Counter[str]:
        return self._keys.setdefault(slot, defaultdict(Counter))[template]


def grants(taken: Iterable[Taken]) -> list[Grant]:
    """A burst summed up by the lines of the plan that its commands stand for, in order."""
    found: dict[Argv, Grant] = {}
    for one in taken:
        grant = found.setdefault(one.shown, Grant(one.shown))
        grant.count += 1
        grant.slots |= one.slots
        grant.keys += len(one.keys)
    return list(found.values())
