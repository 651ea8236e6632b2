"""Meter: what one server says of itself, as metrics: gauges as they are, counters as their change per second."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from redistui.engine.spent import Spending
from redistui.metrics import METRICS, growth
from redistui.replies.info import FACTS, InfoText

Picker = Callable[[Mapping[str, Any]], tuple[Any, ...]]


class Shape(NamedTuple):
    """Which fields a server says, and where among them its metrics stand: the same for all that say the same."""

    gauges: tuple[str, ...]
    gauge_values: Picker
    odd: tuple[tuple[str, float | None, float], ...]
    """Of the gauges those with a number that stands for none, or in another unit than the server's."""
    counted: tuple[str, ...]
    """Fields that only grow."""
    counts: Picker
    counters: tuple[tuple[str, int, int, float], ...]
    """Name, place of its first and (-1: none) second field in `counted`, scale."""


@lru_cache(1024)
def shape_of(said: frozenset[str]) -> Shape:
    """Of a server that says these fields; a metric of two fields needs both."""
    told = [metric for metric in METRICS if metric.fields and said.issuperset(metric.fields)]
    gauges = [metric for metric in told if metric.kind == "gauge"]
    counters = [metric for metric in told if metric.kind == "counter"]
    counted = tuple(field for metric in counters for field in metric.fields)
    return Shape(
        tuple(metric.name for metric in gauges),
        _picker([metric.fields[0] for metric in gauges]),
        tuple((one.name, one.none_at, one.scale) for one in gauges if one.none_at is not None or one.scale != 1.0),
        counted,
        _picker(counted),
        tuple(
            (
                metric.name,
                counted.index(metric.fields[0]),
                counted.index(metric.fields[1]) if len(metric.fields) > 1 else -1,
                metric.scale,
            )
            for metric in counters
        ),
    )


def _picker(fields: Sequence[str]) -> Picker:
    if len(fields) < 2:  # itemgetter gives a tuple from two on
        return lambda values: tuple(values[field] for field in fields)
    return itemgetter(*fields)


NOTHING = shape_of(frozenset())
CERTAIN = 0.25
"""Seconds: where an answer took twice as long, nobody knows what the clock showed at its midst."""


class Meter:
    """Of one server. Mutable, and only in the hands of its ledger."""

    __slots__ = ("_before", "_counts", "_facts", "_shape", "_told", "_values", "clock", "metrics", "spending")

    def __init__(self) -> None:
        self.metrics: dict[str, float] = {}
        """By name of redistui.metrics.METRICS; those that could be read."""
        self.spending = Spending()
        self._shape = NOTHING
        self._values: object = None
        """What `_shape` was made for: the fields of a server are other ones only with another dictionary."""
        self._counts: tuple[Any, ...] = ()
        """The counters as the server has them, in the order of `_shape`."""
        self._before: tuple[float, object] | None = None
        self.clock: float | None = None
        """Seconds by which the server's clock is ahead of ours, where it was told."""
        self._told: tuple[object, object] = (None, None)
        self._facts: Mapping[str, str] = {}

    def lose(self) -> None:
        """It is down: the next sample begins afresh."""
        self._before = None

    def set_clock(self, server: InfoText, at: float, asked_at: float) -> None:
        """It said what its clock shows: `server_time_usec`, at the moment half-way between ask and answer."""
        shown = server.integer("server_time_usec")
        if shown is not None and at - asked_at <= CERTAIN:
            self.clock = shown / 1e6 - at

    def take(self, info: InfoText, server: InfoText, server_at: float, at: float, run_id: str | None) -> None:
        """Reads the numbers of one poll; a rate needs an earlier sample of the same process."""
        values, told = info.values, info.values.get
        if values is not self._values:
            self._take_shape(values)
        shape = self._shape
        gauges = shape.gauge_values(values)
        metrics: dict[str, Any] = dict(zip(shape.gauges, gauges, strict=True))
        if None in gauges:
            metrics = {name: value for name, value in metrics.items() if value is not None}
        for name, none_at, scale in shape.odd:
            if (value := metrics.get(name)) is not None:
                metrics[name] = value if scale == 1.0 else value * scale
                if value == none_at:
                    del metrics[name]
        counts, before = shape.counts(values), self._before
        if before is not None and before[1] == run_id and at > before[0] and counts:
            self._add_rates(metrics, growth(self._counts, counts), at - before[0])
        self._before, self._counts = (at, run_id), counts
        metrics["keys"] = info.keys
        if server is not info and (age := server.integer("uptime_in_seconds")) is not None:
            metrics["uptime_seconds"] = age + int(at - server_at)
        if "memory_limit" in metrics and "memory_used" in metrics:
            metrics["memory_percent"] = 100 * metrics["memory_used"] / metrics["memory_limit"]
        self._add_times(metrics, told("rdb_last_save_time"), at)
        metrics.update(self.spending.metrics(at))
        self.metrics = metrics

    def _take_shape(self, values: Mapping[str, Any]) -> None:
        """It says other fields than before, or we read it for the first time: the counters are put in their order."""
        shape = shape_of(frozenset(field for field, value in values.items() if value is not None))
        if shape is not self._shape:
            known = dict(zip(self._shape.counted, self._counts, strict=False))
            self._shape, self._counts = shape, tuple(map(known.get, shape.counted))
        self._values = values

    def _add_rates(self, metrics: dict[str, Any], grown_by: list[float], seconds: float) -> None:
        for name, first, second, scale in self._shape.counters:
            grown = grown_by[first] + grown_by[second] if second >= 0 else grown_by[first]
            if grown >= 0:
                metrics[name] = grown * scale / seconds
        looked_up = metrics.get("hits", 0) + metrics.get("misses", 0)
        if looked_up and "hits" in metrics and "misses" in metrics:
            metrics["hit_rate"] = 100 * metrics["hits"] / looked_up

    def _add_times(self, metrics: dict[str, Any], saved: float | None, at: float) -> None:
        """By the server's clock, as far as it is known."""
        if self.clock is not None:
            metrics["clock_ahead"] = self.clock
        if saved is not None:
            metrics["save_age"] = max(0.0, at + (self.clock or 0.0) - saved)

    def totals(self) -> Mapping[str, float]:
        """The counters since the process started, in the units of their metrics but for the second."""
        return Totals(self._shape, self._counts)

    def facts(self, info: InfoText, server: InfoText) -> Mapping[str, str]:
        """The words of FACTS as the server says them; one value as long as they stand still."""
        if self._told[0] is not info.values or self._told[1] is not server.values:
            told = ((name, server.text(name) or info.text(name)) for name in FACTS)
            self._facts = {name: word for name, word in told if word is not None}
            self._told = (info.values, server.values)
        return self._facts


class Totals(Mapping[str, float]):
    """Reckoned when somebody looks, which is seldom: a snapshot has one for each node."""

    __slots__ = ("_counts", "_shape")

    def __init__(self, shape: Shape, counts: tuple[Any, ...]) -> None:
        self._shape, self._counts = shape, counts

    def _known(self) -> dict[str, float]:
        counts = self._counts
        found: dict[str, float] = {}
        for name, first, second, scale in self._shape.counters if counts else ():
            parts = counts[first : first + 1] if second < 0 else (counts[first], counts[second])
            if None not in parts:
                found[name] = sum(parts) * scale if scale != 1.0 else sum(parts)
        return found

    def __getitem__(self, name: str) -> float:
        return self._known()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())

    def __repr__(self) -> str:
        return repr(self._known())
