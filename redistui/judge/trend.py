"""Trends: how one number went over a time, and how far its slope can be trusted.

The slope is that of the least squares line. Samples of a server resemble their neighbours, so a thousand of them do not
tell a thousand times as much as one: the standard error is widened by what each sample repeats of the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf, sqrt

from redistui.history import Sample

DAY = 86_400.0
_STUDENT: tuple[tuple[float, float], ...] = (
    (1, 12.71), (2, 4.303), (3, 3.182), (4, 2.776), (5, 2.571), (6, 2.447), (8, 2.306), (10, 2.228), (15, 2.131),
    (20, 2.086), (30, 2.042), (60, 2.000), (120, 1.980),
)  # fmt: skip
"""Degrees of freedom, and the standard errors on either side that hold 95 in 100 (Student's t)."""
_REPEATS = 0.98
"""The most that a sample is taken to repeat of the one before it."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One number over a time, in its own unit; times in seconds since 1970."""

    since: float
    """Of the first sample."""
    until: float
    """Of the last."""
    first: float
    last: float
    low: float
    high: float
    mean: float
    """Of all samples, whatever the time between them."""
    slope: float | None
    """Growth a second by least squares; None of samples at one moment only."""
    margin: float | None
    """What is to be added to the slope and taken off it to be right 95 times in 100; None where too few samples tell
    nothing of it."""
    samples: int

    @property
    def seconds(self) -> float:
        return self.until - self.since

    @property
    def changed(self) -> float:
        """From the first sample to the last."""
        return self.last - self.first


def trend(samples: Sequence[Sample | None]) -> Trend | None:
    """How a series went, oldest first; gaps are passed over. None of a series without any sample.

    >>> up = trend([Sample(at, 10.0 + at, 10.0 + at, 10.0 + at) for at in (0.0, 1.0, 2.0, 3.0)])
    >>> up.first, up.last, up.low, up.high, up.mean, up.slope
    (10.0, 13.0, 10.0, 13.0, 11.5, 1.0)
    """
    known = [one for one in samples if one is not None]
    if not known:
        return None
    slope, margin = line([(one.at, one.mean) for one in known])
    return Trend(
        since=known[0].at,
        until=known[-1].at,
        first=known[0].mean,
        last=known[-1].mean,
        low=min(one.low for one in known),
        high=max(one.high for one in known),
        mean=sum(one.mean for one in known) / len(known),
        slope=slope,
        margin=margin,
        samples=len(known),
    )


def line(points: Sequence[tuple[float, float]]) -> tuple[float | None, float | None]:
    """Slope of the least squares line through (time, value), and the margin around it that holds it 95 times in 100.

    >>> line([(0.0, 1.0), (1.0, 3.0), (2.0, 5.0), (3.0, 7.0)])
    (2.0, 0.0)
    >>> line([(5.0, 1.0)])
    (None, None)
    """
    number = len(points)
    middle, level = (sum(axis) / number for axis in zip(*points, strict=True)) if points else (0.0, 0.0)
    spread = sum((at - middle) ** 2 for at, _ in points)
    if spread <= 0:
        return None, None
    slope = sum((at - middle) * (value - level) for at, value in points) / spread
    left = [value - level - slope * (at - middle) for at, value in points]
    return slope, _margin(left, spread)


def _margin(left: Sequence[float], spread: float) -> float | None:
    """`left`: what the line leaves of each value; `spread`: of the times, squared."""
    squares = sum(one * one for one in left)
    repeats = sum(one * other for one, other in pairwise(left)) / squares if squares > 0 else 0.0
    repeats = min(_REPEATS, max(0.0, repeats))
    if len(left) < 3:
        return None
    worth = len(left) * (1 - repeats) / (1 + repeats)  # as many samples that repeat nothing would tell as much
    free = max(1.0, worth - 2)
    return student(free) * sqrt(squares / free / spread)


def student(free: float) -> float:
    """Standard errors on either side that hold 95 in 100, never too few.

    >>> student(1), student(7), student(0.5), student(1000)
    (12.71, 2.447, inf, 1.98)
    """
    return next((width for least, width in reversed(_STUDENT) if free >= least), inf)
