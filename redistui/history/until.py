"""A history as it was at a time, where later samples are known already: what a recording shows when one steps back."""

from __future__ import annotations

from bisect import bisect_right
from math import ceil, isnan

from redistui.history import History, Sample
from redistui.model import Address


class HistoryUntil(History):
    """Reads another history; nothing is added to it."""

    def __init__(self, whole: History, until: float) -> None:
        """`until`: seconds since 1970; what was sampled after it is not told."""
        super().__init__(whole._length, whole.kept)
        self._whole, self._until = whole, until
        self._pasts, self._lock = whole._pasts, whole._lock

    def last(self, node: Address, metric: str, count: int) -> list[float | None]:
        with self._lock:
            past, place = self._pasts.get(node), self._places.get(metric)
            if past is None or place is None:
                return []
            times, values = past.read(place)
        end = bisect_right(times, self._until)
        return [None if isnan(value) else value for value in values[max(0, end - count) : end]]

    def span(self, node: Address, metric: str, since: float, until: float, points: int) -> list[Sample | None]:
        found = self._whole.span(node, metric, since, until, points)
        if self._until >= until or not found:
            return found
        known = max(0, ceil((self._until - since) / ((until - since) / len(found))))
        return [*found[:known], *[None] * (len(found) - known)]


def append(history: History, later: History) -> None:
    """The newest rows of another history, behind what is there already."""
    for node in later.nodes:
        past = later._pasts[node]
        columns = [past.read(place) for place in range(len(later.kept))]
        for number, at in enumerate(columns[0][0] if columns else ()):
            row = {name: values[number] for name, (_, values) in zip(later.kept, columns, strict=True)}
            history.add(node, at, row)
