"""Commands that a plan shows once and that are sent for each of many slots, or for keys that only the servers know.

The plan of a slot move cannot list every command: it shows `CLUSTER SETSLOT <each slot of 0-99> MIGRATING <id>`, and
the driver lets a command out that fits it, once for each slot. `MIGRATE ... KEYS <keys of slots 0-99>` goes out with
keys of these slots, each key once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

from redistui.ops.steps import Argv, Hole
from redistui.replies.slot import slot_of

Ranges = tuple[tuple[int, int], ...]
"""Slots as ranges, both ends included, in rising order."""


class OfSlots(Hole):
    """A hole that slots fit in."""

    __slots__ = ("ranges",)
    ranges: Ranges

    def holds(self, slot: int) -> bool:
        return any(first <= slot <= last for first, last in self.ranges)


class Each(OfSlots):
    """One slot's number.

    >>> print(Each(((0, 99), (200, 200))))
    <each slot of 0-99 200>
    """

    __slots__ = ()

    def __new__(cls, ranges: Ranges) -> Each:
        word = cast(Each, super().__new__(cls, f"each slot of {ranges_text(ranges)}"))
        word.ranges = ranges
        return word


class Keys(OfSlots):
    """One key or more, the last words of their command.

    >>> print(Keys(((0, 99),)))
    <keys of slots 0-99>
    """

    __slots__ = ()

    def __new__(cls, ranges: Ranges) -> Keys:
        word = cast(Keys, super().__new__(cls, f"keys of slots {ranges_text(ranges)}"))
        word.ranges = ranges
        return word


def is_template(argv: Argv) -> bool:
    return any(isinstance(word, OfSlots) for word in argv)


def spends(template: Argv, argv: Argv) -> tuple[str, ...] | None:
    """What sending this command takes from the template: its slot, or its keys; None: it does not fit.

    >>> spends(("CLUSTER", "SETSLOT", Each(((0, 9),)), "STABLE"), ("CLUSTER", "SETSLOT", "7", "STABLE"))
    ('7',)
    """
    spent: list[str] = []
    for place, word in enumerate(template):
        if isinstance(word, Keys):
            keys = argv[place:]
            fit = bool(keys) and all(word.holds(slot_of(raw(key))) for key in keys)
            return (*spent, *keys) if fit else None
        if place >= len(argv):
            return None
        if isinstance(word, Each):
            if not is_slot(argv[place]) or not word.holds(int(argv[place])):
                return None
            spent.append(argv[place])
        elif word != argv[place]:
            return None
    return tuple(spent) if len(template) == len(argv) else None


def is_slot(word: str) -> bool:
    return word.isascii() and word.isdecimal() and len(word) <= 5 and (word == "0" or word[0] != "0")


def raw(key: str) -> bytes:
    """A key as the server knows it. Keys are bytes; in a command they stand as text that any bytes fit in."""
    return key.encode("utf-8", "surrogateescape")


def word_of(key: bytes) -> str:
    """A key as a word of a command.

    >>> raw(word_of(bytes(range(256)))) == bytes(range(256))
    True
    """
    return key.decode("utf-8", "surrogateescape")


def ranges_of(slots: Iterable[int]) -> Ranges:
    """
    >>> ranges_of([7, 1, 2, 3])
    ((1, 3), (7, 7))
    """
    found: list[tuple[int, int]] = []
    for slot in sorted(set(slots)):
        if found and found[-1][1] == slot - 1:
            found[-1] = (found[-1][0], slot)
        else:
            found.append((slot, slot))
    return tuple(found)


def slots_of(ranges: Ranges) -> list[int]:
    return [slot for first, last in ranges for slot in range(first, last + 1)]


def slot_count(ranges: Ranges) -> int:
    return sum(last - first + 1 for first, last in ranges)


def ranges_text(ranges: Sequence[tuple[int, int]]) -> str:
    """
    >>> ranges_text(((0, 99), (200, 200)))
    '0-99 200'
    """
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)
