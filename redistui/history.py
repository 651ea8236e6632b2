"""The recent past of every kept metric: one bounded ring per node, a row of all its metrics each sample.

Written by the engine's thread, read by the screens': a read copies the ring in one step, so it never sees half a row.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import repeat
from math import isnan, nan

from redistui.metrics import KEPT
from redistui.model import Address

LENGTH = 900
"""Samples kept of each series: 15 minutes at one a second."""
_MISSING = repeat(nan)


class Ring:
    """The last rows of samples; a missing one is NaN. float32 is exact to 2^24: store rates, not raw counters."""

    __slots__ = ("_length", "_next", "_values", "_width")

    def __init__(self, length: int = LENGTH, width: int = 1) -> None:
        """`width`: numbers in a row."""
        self._length, self._width = length, width
        self._values = array("f", [nan]) * (length * width)
        self._next = 0

    def add(self, row: array[float]) -> None:
        """Takes a row of float32."""
        at = self._next % self._length * self._width
        self._values[at : at + self._width] = row
        self._next += 1

    def last(self, count: int, place: int = 0) -> list[float | None]:
        """The newest `count` samples at one place of the rows, oldest first, None where one is missing; shorter while
        the ring is young.

        >>> ring = Ring(3)
        >>> for value in (1.0, nan, 3.0, 4.0):
        ...     ring.add(array("f", [value]))
        >>> ring.last(5)
        [None, 3.0, 4.0]
        """
        values, end = self._values[place :: self._width], self._next
        size = self._length
        count = min(count, size, end)
        picked = (values[i % size] for i in range(end - count, end))
        return [None if isnan(value) else value for value in picked]


class History:
    """Series by node and metric."""

    def __init__(self, length: int = LENGTH, kept: Sequence[str] = KEPT) -> None:
        self._length = length
        self._kept = tuple(kept)
        self._places = {name: place for place, name in enumerate(kept)}
        self._rings: dict[Address, Ring] = {}

    def add(self, node: Address, metrics: Mapping[str, float]) -> None:
        """One sample of every kept metric; a gap in those that are missing."""
        ring = self._rings.get(node)
        if ring is None:
            ring = self._rings[node] = Ring(self._length, len(self._kept))
        ring.add(array("f", map(metrics.get, self._kept, _MISSING)))

    def last(self, node: Address, metric: str, count: int) -> list[float | None]:
        """The newest samples, oldest first; empty for a series that was never written."""
        ring, place = self._rings.get(node), self._places.get(metric)
        return [] if ring is None or place is None else ring.last(count, place)

    def forget(self, node: Address) -> None:
        self._rings.pop(node, None)
