"""Meter: what one server says of itself, as metrics: gauges as they are, counters as their change per second.

As long as a reply differs from the last one in numbers only, nothing but these is looked at: of a quiet server's sixty
they are eight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from redistui.engine.spent import Spending
from redistui.metrics import BY_NAME, METRICS, growth
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
    places: Mapping[str, tuple[int, int, float]]
    """The same by name."""


@lru_cache(1024)
def shape_of(said: frozenset[str]) -> Shape:
    """Of a server that says these fields; a metric of two fields needs both."""
    told = [metric for metric in METRICS if metric.fields and said.issuperset(metric.fields)]
    gauges = [metric for metric in told if metric.kind == "gauge"]
    counters = [metric for metric in told if metric.kind == "counter"]
    counted = tuple(field for metric in counters for field in metric.fields)
    places = {
        one.name: (counted.index(one.fields[0]), counted.index(one.fields[1]) if len(one.fields) > 1 else -1, one.scale)
        for one in counters
    }
    return Shape(
        tuple(metric.name for metric in gauges),
        _picker([metric.fields[0] for metric in gauges]),
        tuple((one.name, one.none_at, one.scale) for one in gauges if one.none_at is not None or one.scale != 1.0),
        counted,
        _picker(counted),
        tuple((name, *place) for name, place in places.items()),
        places,
    )


def _picker(fields: Sequence[str]) -> Picker:
    if len(fields) < 2:  # itemgetter gives a tuple from two on
        return lambda values: tuple(values[field] for field in fields)
    return itemgetter(*fields)


NOTHING = shape_of(frozenset())
CERTAIN = 0.25
"""Seconds: where an answer took twice as long, nobody knows what the clock showed at its midst."""
_GAUGES = {metric.fields[0]: metric for metric in METRICS if metric.fields and metric.kind == "gauge"}
_COUNTERS = {field: metric.name for metric in METRICS if metric.kind == "counter" for field in metric.fields}


class Meter:
    """Of one server. Mutable, and only in the hands of its ledger."""

    __slots__ = (
        "_before", "_counts", "_facts", "_info", "_moved", "_polls", "_shape", "_told", "_values", "_whole", "clock",
        "metrics", "spending",
    )  # fmt: skip

    def __init__(self) -> None:
        self.metrics: dict[str, Any] = {}
        """By name of redistui.metrics.METRICS; those that could be read. The same one at every poll: copy it."""
        self.spending = Spending()
        self._shape = NOTHING
        self._values: object = None
        """What `_shape` was made for: the fields of a server are other ones only with another dictionary."""
        self._counts: dict[str, Any] = {}
        """The counters as the server has them, by field."""
        self._before: tuple[float, object] | None = None
        self._info: InfoText | None = None
        self._polls = 0
        self._whole = False
        """Every counter has its rate, so that only those that move need another."""
        self._moved: list[str] = []
        """Metrics of the counters that moved at the last poll."""
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
        before, self._before = self._before, (at, run_id)
        seconds = at - before[0] if before is not None and before[1] == run_id else 0.0
        goes_on = info is self._info and info.polls == self._polls + 1 and self._whole and seconds > 0.0
        self._info, self._polls = info, info.polls
        if not goes_on or info.news is None or not self._take_news(info.news, seconds):
            self._take_all(info.values, seconds)
        metrics = self.metrics
        metrics["keys"] = info.keys
        if server is not info and (age := server.values.get("uptime_in_seconds")) is not None:
            metrics["uptime_seconds"] = age + int(at - server_at)
        self._add_shares(metrics)
        self._add_times(metrics, info.values.get("rdb_last_save_time"), at)
        self.spending.show(metrics, at)

    def _take_news(self, news: Iterable[tuple[str, Any]], seconds: float) -> bool:
        """Takes the numbers that are others than before; False where all must be read: one is none, or went back."""
        metrics, counts = self.metrics, self._counts
        changed: dict[str, float] = {}
        risen: dict[str, float] = {}
        grown_by = dict.fromkeys(self._moved, 0.0)
        for field, value in news:
            if value is None:
                return False
            if (gauge := _GAUGES.get(field)) is not None:
                if value == gauge.none_at:
                    return False
                changed[gauge.name] = value if gauge.scale == 1.0 else value * gauge.scale
            elif (name := _COUNTERS.get(field, "")) in metrics:
                grown = value - counts[field]
                if grown < 0:
                    return False
                risen[field] = value
                grown_by[name] = grown_by.get(name, 0.0) + grown
        self._moved = [name for name, grown in grown_by.items() if grown]
        for name, grown in grown_by.items():
            changed[name] = grown * BY_NAME[name].scale / seconds
        counts.update(risen)
        metrics.update(changed)
        return True

    def _take_all(self, values: Mapping[str, Any], seconds: float) -> None:
        if values is not self._values:
            said = frozenset(field for field, value in values.items() if value is not None)
            self._shape, self._values = shape_of(said), values
        shape = self._shape
        metrics = dict(zip(shape.gauges, shape.gauge_values(values), strict=True))
        for name, none_at, scale in shape.odd:
            value = metrics[name]
            if value is not None and scale != 1.0:
                metrics[name] = value * scale
            if value == none_at:
                metrics[name] = None
        metrics = {name: value for name, value in metrics.items() if value is not None}
        was, counts = tuple(map(self._counts.get, shape.counted)), shape.counts(values)
        self._counts = dict(zip(shape.counted, counts, strict=True))
        rates = self._rates(growth(was, counts), seconds) if seconds > 0.0 and counts else {}
        self._whole, self._moved = len(rates) == len(shape.counters), list(rates)
        self.metrics = metrics | rates

    def _rates(self, grown_by: Sequence[float], seconds: float) -> dict[str, float]:
        """Of the counters that were known before, too, and did not go back."""
        rates = {}
        for name, first, second, scale in self._shape.counters:
            grown = grown_by[first] + grown_by[second] if second >= 0 else grown_by[first]
            if grown >= 0:
                rates[name] = grown * scale / seconds
        return rates

    @staticmethod
    def _add_shares(metrics: dict[str, Any]) -> None:
        used, limit = metrics.get("memory_used"), metrics.get("memory_limit")
        if used is not None and limit:
            metrics["memory_percent"] = 100 * used / limit
        hits, misses = metrics.get("hits"), metrics.get("misses")
        if hits is not None and misses is not None and hits + misses:
            metrics["hit_rate"] = 100 * hits / (hits + misses)
        else:
            metrics.pop("hit_rate", None)

    def _add_times(self, metrics: dict[str, Any], saved: float | None, at: float) -> None:
        """By the server's clock, as far as it is known."""
        if self.clock is not None:
            metrics["clock_ahead"] = self.clock
        if saved is not None:
            metrics["save_age"] = max(0.0, at + (self.clock or 0.0) - saved)

    def totals(self) -> Mapping[str, float]:
        """The counters since the process started, in the units of their metrics but for the second."""
        return Totals(self._shape, self._shape.counts(self._counts))

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

    def get(self, name: str, default: Any = None) -> Any:
        """One of them, without the others: what rules remember is looked up for each node of each snapshot."""
        place, counts = self._shape.places.get(name), self._counts
        if place is None or not counts:
            return default
        first, second, scale = place
        total, more = counts[first], counts[second] if second >= 0 else 0
        if total is None or more is None:
            return default
        return total + more if scale == 1.0 else (total + more) * scale

    def __getitem__(self, name: str) -> float:
        found: float | None = self.get(name)
        if found is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._shape.places if self.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __bool__(self) -> bool:
        return any(self.get(name) is not None for name in self._shape.places)

    def __repr__(self) -> str:
        return repr(dict(self))
