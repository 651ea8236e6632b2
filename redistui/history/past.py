"""Past: everything kept of one node: its newest rows, and two tiers of slots that are folded from them.

A value holds until the next sample, however long the period is, but not over a gap: where a sample comes far later than
the ones before it did, nobody looked meanwhile, and nothing is known of that time.
"""

from __future__ import annotations

from array import array
from math import isnan, nan

from redistui.history.packing import pack
from redistui.history.rows import LENGTH, Rows
from redistui.history.tier import Packed, Tier

STEPS = ((10, 2160), (60, 1440))
"""Seconds of a slot, and how many: six hours and a day."""
FINEST = 0.75
"""Seconds: samples that come closer than that become one."""
LATE = 2.5
"""So many times the usual distance, and nobody looked between two samples."""
SLOWEST = 60.0
"""Seconds that a node's first sample stands for, as long as nobody knows how far apart they come."""
SET_BACK = 60.0
"""Seconds by which our clock may go back and the samples still count as of now; beyond it the past begins anew."""


class Past:
    """One node. `exact`: places of the metrics whose means are kept in full for a day."""

    __slots__ = (
        "_count",
        "_exact",
        "_open",
        "_over",
        "_since",
        "_spacing",
        "_width",
        "begun",
        "last_at",
        "rows",
        "tiers",
    )

    def __init__(self, width: int, exact: tuple[int, ...] = (), length: int = LENGTH) -> None:
        self._width, self._exact = width, exact
        self.rows = Rows(length, width)
        ten, minute = STEPS
        self.tiers = (Tier(*ten, width), Tier(*minute, width, exact))
        self._open = [-1, -1]
        """Of each tier the number of the slot that is not over yet."""
        self._over = float("-inf")
        """When the finer of these slots is over, and with it perhaps the coarser one."""
        self._since = [0, 0]
        """Rows that were begun in it."""
        self._count = 1
        """Samples in the newest row."""
        self._spacing = SLOWEST
        self.begun: float | None = None
        """When the first sample was taken; None: it was not taken by us, but restored."""
        self.last_at = float("-inf")
        """When the newest row was begun."""

    def goes_back(self, at: float) -> bool:
        """Our clock was set back so far that the past begins anew."""
        return at < self.last_at - SET_BACK

    def add(self, at: float, row: array[float]) -> None:
        """Takes a row of samples; one that comes sooner than FINEST after the last is put into that one's row."""
        distance = at - self.last_at
        if distance < FINEST:
            self._mix(row)
            return
        if len(self.rows):
            if distance > LATE * max(1.0, self._spacing):
                self._begin(self.last_at + max(1.0, self._spacing), array("f", [nan]) * self._width)
            self._spacing = distance
        self._begin(at, row)

    def _mix(self, row: array[float]) -> None:
        """The mean of all samples in a row; whether one is there at all, the newest decides."""
        count, self._count = self._count, self._count + 1
        before = self.rows.newest
        self.rows.amend(
            array(
                "f",
                [
                    new if isnan(old) or isnan(new) else (old * count + new) / (count + 1)
                    for old, new in zip(before, row, strict=True)
                ],
            )
        )

    def _begin(self, at: float, row: array[float]) -> None:
        if not len(self.rows) and self.since is None:
            self.begun = at
        since = self._since
        if at >= self._over:
            for which, tier in enumerate(self.tiers):
                slot = int(at // tier.step)
                if slot != self._open[which]:
                    self._fold(which, tier, slot)
            self._over = (self._open[0] + 1) * float(STEPS[0][0])
        since[0] += 1
        since[1] += 1
        self.rows.add(at, row)
        self.last_at, self._count = at, 1

    def _fold(self, which: int, tier: Tier, slot: int) -> None:
        """The open slot is over: it, and those that passed without a sample, go into the tier."""
        over, count = self._open[which], self._since[which]
        self._open[which], self._since[which] = slot, 0
        if over < 0:
            return
        if over > tier.last:
            tier.put(over, fold(self.rows.tail(count), self._width, tier_exact(tier, self._exact)))
        if over + 1 < slot:
            held = fold(self.rows.newest, self._width, tier_exact(tier, self._exact))
            for passed in range(max(over + 1, tier.last + 1, slot - STEPS[which][1]), slot):
                tier.put(passed, held)

    def read(self, place: int) -> tuple[array[float], array[float]]:
        """Times and samples of the newest rows."""
        return self.rows.series(place)

    @property
    def hold(self) -> float:
        """Seconds that the newest row stands for."""
        return LATE * max(1.0, self._spacing)

    @property
    def since(self) -> float | None:
        """When the oldest sample was taken that is still known, in seconds since 1970."""
        begins = [float(tier.first * tier.step) for tier in self.tiers if tier.first is not None]
        first = self.rows.first_at
        oldest = min([*begins, *([] if first is None else [first])], default=None)
        return oldest if oldest is None or self.begun is None else max(oldest, self.begun)


def tier_exact(tier: Tier, exact: tuple[int, ...]) -> tuple[int, ...]:
    """The finer tier keeps nothing in full."""
    return exact if tier.step == STEPS[-1][0] else ()


def fold(rows: array[float], width: int, exact: tuple[int, ...]) -> Packed:
    """Lowest, mean and highest of each metric over some rows, packed; NaN does not count."""
    found = array("f", [nan]) * (3 * width)
    for place in range(width):
        column = rows[place::width]
        total = sum(column)
        if total != total:
            column = array("f", [value for value in column if value == value])
            total = sum(column)
        if column:
            found[place] = min(column)
            found[width + place] = total / len(column)
            found[2 * width + place] = max(column)
    upper, lower = pack(found, frozenset(width + place for place in exact))
    return Packed(upper, array("H", [lower[width + place] for place in exact]))
