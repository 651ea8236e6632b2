"""Tier: the past of one node in equal slots of time, each with the lowest, mean and highest of every metric.

Slots stand in a ring by their number since 1970.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from redistui.history.ground import ground
from redistui.history.packing import NONE, unpack


class Slots(NamedTuple):
    """One metric in consecutive slots, oldest first; NaN where nothing is known."""

    first: int
    """Number of the first slot: its time is that many steps since 1970."""
    low: array[float]
    mean: array[float]
    high: array[float]


class Packed(NamedTuple):
    """One slot as it is kept: the metrics' lowest, then means, then highest, and what makes some means exact."""

    upper: array[int]
    lower: array[int]


class Tier:
    """`length` slots at most of `step` seconds and `width` metrics; `exact` places of means are kept in full."""

    __slots__ = ("_count", "_exact", "_length", "_ring", "_wide", "_width", "last", "step")

    def __init__(self, step: int, length: int, width: int, exact: tuple[int, ...] = ()) -> None:
        self.step = step
        self._length, self._width, self._exact = length, width, exact
        self._wide = 3 * width + len(exact)
        """Halves in a row: those of all numbers, then the lower ones of the exact means."""
        self._ring: memoryview[int] | None = None
        self._count = 0
        """Slots written so far: the next one goes there, round and round."""
        self.last = -1
        """Number of the newest slot."""

    def __len__(self) -> int:
        return min(self._count, self._length)

    @property
    def first(self) -> int | None:
        """Number of the oldest slot that is still there."""
        return self.last - len(self) + 1 if self._count else None

    def put(self, slot: int, packed: Packed) -> None:
        """Writes a slot that is newer than the last; what lies between becomes unknown."""
        if self._count and slot - self.last > self._length:
            self._count = 0
        if not self._count:
            self.last = slot - 1
        if slot > self.last + 1:
            empty = self._nothing()
            while self.last < slot - 1:
                self._place(empty)
        self._place(packed)

    def _place(self, packed: Packed) -> None:
        if self._ring is None:
            self._ring = ground(self._length * self._wide, "H")
        at = self._count % self._length * self._wide
        self._ring[at : at + self._wide] = packed.upper + packed.lower
        self._count += 1
        self.last += 1

    def fill(self, slots: Sequence[int], kept: Sequence[Packed]) -> None:
        """Puts back a whole past, oldest first, each slot once; what lies between is unknown. Only an empty one."""
        begin = bisect_left(slots, slots[-1] - self._length + 1)
        empty = self._nothing()
        rows, expected, nothing = array("H"), slots[begin], empty.upper + empty.lower
        for slot, packed in zip(slots[begin:], kept[begin:], strict=True):
            if slot > expected:
                rows += nothing * (slot - expected)
            rows += packed.upper
            rows += packed.lower
            expected = slot + 1
        self._ring = ground(self._length * self._wide, "H")
        self._ring[: len(rows)] = rows
        self._count, self.last = len(rows) // self._wide, slots[-1]

    def _nothing(self) -> Packed:
        return Packed(array("H", [NONE]) * (3 * self._width), array("H", bytes(2 * len(self._exact))))

    def read(self, place: int) -> Slots | None:
        """All slots of one metric; None: there are none."""
        first = self.first
        if first is None:
            return None
        width = self._width
        lower = self._column(3 * width + self._exact.index(place)) if place in self._exact else None
        low, mean, high = (
            unpack(self._column(part * width + place), lower if part == 1 else None) for part in range(3)
        )
        return Slots(first, low, mean, high)

    def _column(self, place: int) -> array[int]:
        """One place of all rows, oldest first."""
        assert self._ring is not None
        column, wide = array("H"), self._wide
        turn = self._count % self._length if self._count > self._length else 0
        for part in (self._ring[turn * wide : len(self) * wide], self._ring[: turn * wide]):
            column.frombytes(part[place::wide].tobytes())
        return column

    def packed(self, after: int) -> Iterator[tuple[int, Packed]]:
        """The slots newer than `after`, as they are kept, oldest first."""
        first, wide, edge = self.first, self._wide, 3 * self._width
        for slot in range(max(first, after + 1), self.last + 1) if first is not None else ():
            assert self._ring is not None
            at = (self._count - 1 - (self.last - slot)) % self._length * wide
            row = array("H")
            row.frombytes(self._ring[at : at + wide].tobytes())
            yield slot, Packed(row[:edge], row[edge:])
