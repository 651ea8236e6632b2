"""Rows: the newest samples of one node, each a row of all kept metrics with its time."""

from __future__ import annotations

from array import array
from math import isnan

from redistui.history.ground import ground

LENGTH = 900
"""Samples kept of each series: 15 minutes at one a second."""


class Rows:
    """The last rows of samples; a missing number is NaN. float32 is exact to 2^24: for rates, not for raw counters."""

    __slots__ = ("_length", "_next", "_times", "_values", "_width")

    def __init__(self, length: int = LENGTH, width: int = 1) -> None:
        """`width`: numbers in a row."""
        self._length, self._width = length, width
        self._values, self._times = ground(length * width, "f"), array("d", (0.0,)) * length
        self._next = 0

    def __len__(self) -> int:
        return min(self._next, self._length)

    def add(self, at: float, row: array[float]) -> None:
        """Takes a row of float32, newer than all others."""
        index = self._next % self._length
        self._values[index * self._width : (index + 1) * self._width] = row
        self._times[index] = at
        self._next += 1

    def amend(self, row: array[float]) -> None:
        """Puts another row in place of the newest."""
        index = (self._next - 1) % self._length
        self._values[index * self._width : (index + 1) * self._width] = row

    @property
    def newest(self) -> array[float]:
        """The last row; empty before the first."""
        return self.tail(1)

    def tail(self, count: int) -> array[float]:
        """The newest rows, one after the other, oldest first."""
        count = min(count, len(self))
        begin, end = (self._next - count) % self._length, self._next % self._length
        values, width = self._values, self._width
        if begin < end or not count:
            return _copied(values[begin * width : end * width] if count else values[:0])
        return _copied(values[begin * width :], values[: end * width])

    def series(self, place: int) -> tuple[array[float], array[float]]:
        """Times and samples at one place of the rows, oldest first."""
        count = len(self)
        turn = self._next % self._length if count == self._length else 0
        values, times = self._values[place : count * self._width : self._width], self._times[:count]
        return (times[turn:] + times[:turn] if turn else times), _copied(values[turn:], values[:turn])

    @property
    def first_at(self) -> float | None:
        """When the oldest row was taken."""
        return self._times[self._next % self._length if len(self) == self._length else 0] if len(self) else None

    def last(self, count: int, place: int = 0) -> list[float | None]:
        """The newest `count` samples at one place of the rows, oldest first, None where one is missing; shorter while
        there are fewer.

        >>> rows = Rows(3)
        >>> for at, value in enumerate((1.0, float("nan"), 3.0, 4.0)):
        ...     rows.add(at, array("f", [value]))
        >>> rows.last(5)
        [None, 3.0, 4.0]
        """
        count = min(count, len(self))
        if not count:
            return []
        width, end = self._width, self._next % self._length or self._length
        if count <= end:
            picked = self._values[(end - count) * width + place : end * width : width].tolist()
        else:
            newest = self._values[place : end * width : width]
            picked = self._values[(end - count) * width + place :: width].tolist() + newest.tolist()
        return [None if isnan(value) else value for value in picked]


def _copied(*parts: memoryview[float]) -> array[float]:
    """One after the other."""
    return array("f", b"".join(part.tobytes() for part in parts))
