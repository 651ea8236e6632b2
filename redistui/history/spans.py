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


def steps(pieces: Iterable[Piece], since: float, until: float, count: int) -> list[Sample | None]:
    """One run of pieces, oldest first, none overlapping, in `count` equal steps. A step in which no sample began has
    the one that held then, and None where nothing is known.

    >>> rows = Piece((0.0, 2.0, 3.0), 4.0, (1.0, 4.0, 9.0), (1.0, 4.0, 9.0), (1.0, 4.0, 9.0))
    >>> [None if one is None else (one.at, one.low, one.mean, one.high) for one in steps([rows], 0.0, 6.0, 3)]
    [(1.0, 1.0, 1.0, 1.0), (3.0, 4.0, 6.5, 9.0), None]
    """
    found: list[Sample | None] = [None] * count
    step = (until - since) / count
    for piece in pieces:
        times, begin = piece.times, 0
        for index in range(max(0, _step_of(times[0], since, step)) if times else count, count):
            at = since + index * step
            if at >= piece.end:
                break
            begin = max(begin, bisect_left(times, at, begin))
            end = bisect_left(times, at + step, begin)
            if begin == end:
                made = _held(piece, bisect_right(times, at) - 1, at + step / 2)
            else:
                made = _merged(piece, begin, end, at + step / 2)
            found[index] = made if made is not None else found[index]
            begin = end
    return found


def _step_of(at: float, since: float, step: float) -> int:
    return int((at - since) // step)


def _held(piece: Piece, index: int, at: float) -> Sample | None:
    if index < 0:
        return None
    mean = piece.mean[index]
    return _sample(at, piece.low[index], mean, piece.high[index]) if mean == mean else None


def _merged(piece: Piece, begin: int, end: int, at: float) -> Sample | None:
    low, mean, high = piece.low[begin:end], piece.mean[begin:end], piece.high[begin:end]
    total = sum(mean)
    if total != total:
        known = [value == value for value in mean]
        low, mean, high = (list(compress(part, known)) for part in (low, mean, high))
        if not mean:
            return None
        total = sum(mean)
    return _sample(at, min(low), total / len(mean), max(high))


def _sample(at: float, low: float, mean: float, high: float) -> Sample:
    """Extremes are kept less exactly than some means, and yet do not pass them."""
    return Sample(at, min(low, mean), mean, max(high, mean))


def together(series: Sequence[Sequence[Sample | None]], how: How) -> list[Sample | None]:
    """Several nodes' steps as one series: those that are known at each step, added up or compared.

    >>> one, two = [Sample(1.0, 1.0, 2.0, 3.0), None], [Sample(1.0, 4.0, 4.0, 4.0), None]
    >>> together([one, two], "sum"), together([one, two], "max")
    ([Sample(at=1.0, low=5.0, mean=6.0, high=7.0), None], [Sample(at=1.0, low=4.0, mean=4.0, high=4.0), None])
    """
    return [_joined([one for one in at_once if one is not None], how) for at_once in zip(*series, strict=True)]


def _joined(samples: Sequence[Sample], how: How) -> Sample | None:
    if not samples:
        return None
    parts = ([getattr(one, name) for one in samples] for name in ("low", "mean", "high"))
    return Sample(samples[0].at, *(_reckon(part, how) for part in parts))


def _reckon(values: Sequence[float], how: How) -> float:
    match how:
        case "sum":
            return sum(values)
        case "mean":
            return sum(values) / len(values)
        case "max":
            return max(values)
        case "min":
            return min(values)
    return nan
