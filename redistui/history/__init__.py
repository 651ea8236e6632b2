"""The past of every kept metric, bounded: the last samples as they came, six hours in slots of 10 s, a day in minutes.

Written by the engine's thread, read by the screens': each holds the lock while it copies, so no one sees half a row.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from math import ceil, nan

from redistui.history.past import STEPS, Past
from redistui.history.rows import LENGTH
from redistui.history.spans import Columns, How, Piece, Sample, columns, edges, samples, together
from redistui.history.tier import Packed, Slots
from redistui.metrics import BY_NAME, KEPT, PRECISE
from redistui.model import Address

__all__ = ["LENGTH", "STEPS", "History", "How", "Packed", "Sample", "bounds_of", "fleet_span", "how_of"]

_MISSING = repeat(nan)


class History:
    """Series by node and metric."""

    def __init__(self, length: int = LENGTH, kept: Sequence[str] = KEPT, precise: Iterable[str] = PRECISE) -> None:
        """`length`: rows of the newest samples; `precise`: of the kept metrics those whose means of a minute are kept
        in full."""
        self.kept = tuple(kept)
        self._length = length
        self._places = {name: place for place, name in enumerate(kept)}
        self._exact = tuple(self._places[name] for name in precise if name in self._places)
        self._pasts: dict[Address, Past] = {}
        self._lock = threading.Lock()

    def add(self, node: Address, at: float, metrics: Mapping[str, float]) -> None:
        """One sample of every kept metric, `at` seconds since 1970; a gap in those that are missing."""
        row = array("f", map(metrics.get, self.kept, _MISSING))
        with self._lock:
            past = self._pasts.get(node)
            if past is None or past.goes_back(at):
                past = self._pasts[node] = self._new()
            past.add(at, row)

    def _new(self) -> Past:
        return Past(len(self.kept), self._exact, self._length)

    def last(self, node: Address, metric: str, count: int) -> list[float | None]:
        """The newest samples as they came, oldest first; empty for a series that was never written."""
        with self._lock:
            past, place = self._pasts.get(node), self._places.get(metric)
            return [] if past is None or place is None else past.rows.last(count, place)

    def span(self, node: Address, metric: str, since: float, until: float, points: int) -> list[Sample | None]:
        """From `since` to `until` in equal steps of a second or more, at most `points`: of the finest kind that reaches
        back so far, and of coarser ones for what is older. None: nothing is known of that step."""
        bounds = bounds_of(since, until, points)
        return samples(self.columns(node, metric, bounds), bounds) if bounds else []

    def columns(self, node: Address, metric: str, bounds: Sequence[float]) -> Columns:
        """The same in the steps between `bounds`, as numbers alone: for those who read many series at once."""
        return columns(self._pieces(node, metric, bounds[1] - bounds[0], bounds[0]), bounds)

    def _pieces(self, node: Address, metric: str, finest: float, begin: float) -> list[Piece]:
        """What is known of one series since `begin`, oldest first, none overlapping; for steps of a minute or more
        without the slots that are finer than that, but for the newest."""
        place = self._places.get(metric)
        with self._lock:
            past = self._pasts.get(node)
            if past is None or place is None:
                return []
            times, values = past.read(place)
            end, since = past.last_at + past.hold, past.since
            pieces = [Piece(times, end, values, values, values)] if times else []
            coarsest = past.tiers[-1].step
            for tier in past.tiers:
                if pieces and pieces[0].times[0] <= begin:
                    break
                slots = tier.read(place) if tier.step == coarsest or finest < coarsest else None
                if slots is not None:
                    piece = _piece(slots, tier.step)
                    pieces.insert(0, piece.before(pieces[0].times[0]) if pieces else piece)
                    if not pieces[0].times:
                        del pieces[0]
        return pieces if since is None else _from(since, pieces)

    def forget(self, node: Address) -> None:
        with self._lock:
            self._pasts.pop(node, None)

    @property
    def nodes(self) -> tuple[Address, ...]:
        """All of whom something is known, whether they still are there or not."""
        with self._lock:
            return tuple(self._pasts)

    def since(self, node: Address) -> float | None:
        """When the oldest sample was taken that is still known, in seconds since 1970; None: there is none."""
        with self._lock:
            past = self._pasts.get(node)
            return None if past is None else past.since

    # -- to be kept on disk ---------------------------------------------------------------------------------------

    def slots_after(self, step: int, told: Mapping[Address, int]) -> list[tuple[Address, int, Packed]]:
        """Of the tier with slots of `step` seconds what is newer than the slot that was `told` last of each node."""
        which = [seconds for seconds, _ in STEPS].index(step)
        with self._lock:
            return [
                (node, slot, packed)
                for node, past in self._pasts.items()
                for slot, packed in past.tiers[which].packed(told.get(node, -1))
            ]

    def restore(self, node: Address, step: int, slots: Sequence[int], kept: Sequence[Packed]) -> None:
        """Puts back what was kept of a node's slots, oldest first; left out where something is known of it already."""
        which = [seconds for seconds, _ in STEPS].index(step)
        with self._lock:
            past = self._pasts.get(node)
            if past is None:
                past = self._pasts[node] = self._new()
            if slots and not len(past.tiers[which]) and not len(past.rows):
                past.tiers[which].fill(slots, kept)

    @property
    def exact(self) -> tuple[str, ...]:
        """The kept metrics whose means of a minute are kept in full."""
        return tuple(self.kept[place] for place in self._exact)


def _piece(slots: Slots, step: int) -> Piece:
    times = range(slots.first * step, (slots.first + len(slots.mean)) * step, step)
    return Piece(times, float(times.stop), slots.low, slots.mean, slots.high)


def _from(since: float, pieces: list[Piece]) -> list[Piece]:
    """Without the time before the first sample: the slots that it fell into began earlier."""
    kept = [piece for piece in pieces if piece.end > since]
    if kept and kept[0].times[0] < since:
        kept[0] = kept[0]._replace(times=[since, *kept[0].times[1:]])
    return kept


def bounds_of(since: float, until: float, points: int) -> list[float]:
    """Equal steps of a second or more from `since` to `until`, at most `points`: where each begins, and the last one's
    end. Empty of no time.

    >>> bounds_of(0.0, 3.0, 100), bounds_of(3.0, 3.0, 100)
    ([0.0, 1.0, 2.0, 3.0], [])
    """
    return edges(since, until, max(1, min(points, ceil(until - since)))) if until > since else []


def how_of(metric: str) -> How:
    """How the fleet's figure is made of its nodes': amounts and rates add up, shares and times do not."""
    unit = BY_NAME[metric].unit
    return "sum" if unit in ("bytes", "count", "per second", "bytes per second") else "mean"


def fleet_span(
    history: History,
    nodes: Iterable[Address],
    metric: str,
    since: float,
    until: float,
    points: int,
    how: How | None = None,
) -> list[Sample | None]:
    """The same of several nodes as one series, of those that are known at each step; `how`: as `how_of` has it."""
    bounds = bounds_of(since, until, points)
    series = [history.columns(node, metric, bounds) for node in nodes] if bounds else []
    return samples(together(series, how or how_of(metric)), bounds) if series else []
