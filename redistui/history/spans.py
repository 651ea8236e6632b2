"""Spans: samples of any spacing brought into equal steps of time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import compress
from math import nan
from typing import Literal, NamedTuple

How = Literal["sum", "mean", "max", "min"]


class Sample(NamedTuple):
    """What one metric was during one step of time."""

    at: float
    """The middle of the step, in seconds since 1970."""
    low: float
    mean: float
    high: float


class Piece(NamedTuple):
    """A run of samples: each holds from its time to the next one's, the last to the end. NaN: not known."""

    times: Sequence[float]
    end: float
    low: Sequence[float]
    mean: Sequence[float]
    high: Sequence[float]

    def before(self, at: float) -> Piece:
        """As far as it comes before this moment."""
        count = bisect_left(self.times, at)
        return Piece(self.times[:count], min(self.end, at), self.low[:count], self.mean[:count], self.high[:count])


class Columns(NamedTuple):
    """One series in equal steps of time, a number for each; NaN in all three where nothing is known of a step."""

    low: list[float]
    mean: list[float]
    high: list[float]


def edges(since: float, until: float, count: int) -> list[float]:
    """Where `count` equal steps begin, and the last one's end.

    >>> edges(0.0, 6.0, 3)
    [0.0, 2.0, 4.0, 6.0]
    """
    step = (until - since) / count
    return [*(since + index * step for index in range(count)), until]


def columns(pieces: Iterable[Piece], bounds: Sequence[float]) -> Columns:
    """One run of pieces, oldest first, none overlapping, in the steps between `bounds`. A step in which no sample began
    has the one that held then.

    >>> rows = Piece((0.0, 2.0, 3.0), 4.0, (1.0, 4.0, 9.0), (1.0, 4.0, 9.0), (1.0, 4.0, 9.0))
    >>> columns([rows], edges(0.0, 6.0, 3))
    Columns(low=[1.0, 4.0, nan], mean=[1.0, 6.5, nan], high=[1.0, 9.0, nan])
    """
    count = len(bounds) - 1
    found = Columns([nan] * count, [nan] * count, [nan] * count)
    for piece in pieces:
        if len(piece.times):
            _lay(piece, bounds, found)
    return found


def _lay(piece: Piece, bounds: Sequence[float], found: Columns) -> None:
    """Puts a piece into the steps that it covers. The inmost loop of every plot, trend and report."""
    times = piece.times
    low, mean, high = found
    lows, means, highs = _exact(piece)
    first = max(0, bisect_right(bounds, times[0]) - 1)
    begin = bisect_left(times, bounds[first])
    for index in range(first, min(len(mean), bisect_left(bounds, piece.end))):
        end = bisect_left(times, bounds[index + 1], begin)
        if end - begin > 1:
            parts = means[begin:end]
            alike = lows is means
            _merge(index, found, parts if alike else lows[begin:end], parts, parts if alike else highs[begin:end])
        else:
            here = begin if begin < end else begin - 1  # none began here: the one before holds
            value = means[here] if here >= 0 else nan
            if value == value:
                low[index], mean[index], high[index] = lows[here], value, highs[here]
        begin = end


def _exact(piece: Piece) -> Columns:
    """Extremes are kept less exactly than some means, and yet do not pass them; rows are their own extremes."""
    if piece.low is piece.mean is piece.high:
        values = list(piece.mean)
        return Columns(values, values, values)
    return Columns(list(map(min, piece.low, piece.mean)), list(piece.mean), list(map(max, piece.high, piece.mean)))


def _merge(index: int, found: Columns, lows: list[float], means: list[float], highs: list[float]) -> None:
    """Several samples in one step, those that are known."""
    total = sum(means)
    if total != total:
        known = [value == value for value in means]
        lows, means, highs = (list(compress(part, known)) for part in (lows, means, highs))
        if not means:
            return
        total = sum(means)
    found.low[index], found.mean[index], found.high[index] = min(lows), total / len(means), max(highs)


def samples(found: Columns, bounds: Sequence[float]) -> list[Sample | None]:
    """Columns as samples in the middle of their steps; None where nothing is known."""
    half = (bounds[1] - bounds[0]) / 2
    return [
        Sample(at + half, low, mean, high) if mean == mean else None
        for at, low, mean, high in zip(bounds, *found, strict=False)
    ]


def together(series: Sequence[Columns], how: How) -> Columns:
    """Several nodes' steps as one series: those that are known at each step, added up or compared.

    >>> one, two = Columns([1.0, nan], [2.0, nan], [3.0, nan]), Columns([4.0, nan], [4.0, nan], [4.0, nan])
    >>> together([one, two], "sum"), together([one, two], "max").high
    (Columns(low=[5.0, nan], mean=[6.0, nan], high=[7.0, nan]), [4.0, nan])
    """
    parts = ([one[part] for one in series] for part in range(3))
    return Columns(*([_reckon(at_once, how) for at_once in zip(*part, strict=True)] for part in parts))


def _reckon(values: Sequence[float], how: How) -> float:
    """Of those that are known; NaN of none."""
    total = sum(values)
    if total != total:
        values = [value for value in values if value == value]
        total = sum(values) if values else nan
    match how:
        case "sum":
            return total
        case "mean":
            return total / max(1, len(values))
        case "max":
            return max(values, default=nan)
        case "min":
            return min(values, default=nan)
    return nan
