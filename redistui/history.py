"""The recent past of every kept metric: one bounded ring per node and metric.

Written by the engine's thread, read by the screens': a read copies the ring in one step, so it never sees half a write.
"""

from __future__ import annotations

from array import array
from math import isnan, nan

from redistui.model import Address

LENGTH = 900
"""Samples kept of each series: 15 minutes at one a second."""


class Ring:
    """The last samples; a missing one is NaN. float32 is exact to 2^24: store rates, not raw counters."""

    __slots__ = ("_next", "_values")

    def __init__(self, length: int = LENGTH) -> None:
        self._values = array("f", [nan]) * length
        self._next = 0

    def add(self, value: float | None) -> None:
        self._values[self._next % len(self._values)] = nan if value is None else value
        self._next += 1

    def last(self, count: int) -> list[float | None]:
        """The newest `count` samples, oldest first, None where one is missing; shorter while the ring is young.

        >>> ring = Ring(3)
        >>> for value in (1.0, None, 3.0, 4.0):
        ...     ring.add(value)
        >>> ring.last(5)
        [None, 3.0, 4.0]
        """
        values, end = self._values[:], self._next
        size = len(values)
        count = min(count, size, end)
        picked = (values[i % size] for i in range(end - count, end))
        return [None if isnan(value) else value for value in picked]


class History:
    """Series by node and metric."""

    def __init__(self, length: int = LENGTH) -> None:
        self._length = length
        self._rings: dict[tuple[Address, str], Ring] = {}

    def add(self, node: Address, metric: str, value: float | None) -> None:
        ring = self._rings.get((node, metric))
        if ring is None:
            ring = self._rings[node, metric] = Ring(self._length)
        ring.add(value)

    def last(self, node: Address, metric: str, count: int) -> list[float | None]:
        """The newest samples, oldest first; empty for a series that was never written."""
        ring = self._rings.get((node, metric))
        return [] if ring is None else ring.last(count)

    def forget(self, node: Address) -> None:
        for key in [key for key in self._rings if key[0] == node]:
            del self._rings[key]
