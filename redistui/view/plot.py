"""Plot: what a plot of metrics over time shows: series, thresholds, events, round places on both axes. No drawing."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from redistui.history import Sample
from redistui.metrics import Unit
from redistui.model import Address, Event, Level
from redistui.view.cells import Cell, Row, Tone
from redistui.view.words import clock

RANGES: Mapping[str, float] = {"5m": 300.0, "1h": 3600.0, "6h": 21_600.0, "24h": 86_400.0}
"""How far back a plot can look, in seconds."""
TICKS = 5
"""Labels on the axis of values, at most."""
_STEPS = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 90, 120, 180, 240, 300, 360, 480, 600, 720, 900, 1200, 1800, 3600)
_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200)
_HALVES = tuple(2.0**power for power in range(10))


class Window(NamedTuple):
    """The time that a plot spans, in seconds since 1970, and its equal steps."""

    since: float
    until: float
    points: int

    @property
    def step(self) -> float:
        return (self.until - self.since) / self.points


class Series(NamedTuple):
    """One line of a plot."""

    title: str
    samples: tuple[Sample | None, ...]


class Limit(NamedTuple):
    """From here on a value is a warning, or bad."""

    level: Level
    value: float


class Mark(NamedTuple):
    """Something that happened."""

    at: float
    sign: str
    tone: Tone


class Picture(NamedTuple):
    """A whole plot. `limits` and `marks` are drawn; what does not fit on the axis of values stands in the caption."""

    window: Window
    unit: Unit
    series: tuple[Series, ...]
    limits: tuple[Limit, ...] = ()
    marks: tuple[Mark, ...] = ()
    nothing: str = "no sample yet"
    """What to say where there is no sample at all."""

    @property
    def top(self) -> float | None:
        """The largest sample; None where there is none."""
        return max((one.high for line in self.series for one in line.samples if one is not None), default=None)


def window(at: float, seconds: float, most: int) -> Window:
    """The last `seconds`, in at most `most` steps of a round length that begin and end at round times: from one second
    to the next a plot then moves by a whole step or not at all.

    >>> window(1000.25, 300.0, 144)
    Window(since=702.0, until=1002.0, points=100)
    """
    step = next((each for each in _STEPS if seconds / each <= most), seconds / most)
    points = round(seconds / step)
    until = float(ceil(at / step) * step)
    return Window(until - points * step, until, points)


# What happened

SIGNS: Mapping[str, tuple[str, Tone]] = {
    "+switch-master": ("F", "accent"),
    "role": ("F", "accent"),
    "restart": ("R", "warn"),
    "action": ("A", "key"),
    "fault": ("D", "bad"),
    "down": ("D", "bad"),
    "+odown": ("D", "bad"),
    "up": ("U", "ok"),
}
"""Kinds of events that a plot marks."""
MEANINGS: Mapping[str, str] = {"F": "failover", "R": "restart", "A": "action", "D": "down", "U": "up"}
"""Those that matter most first: of two at one place the first is seen."""
_OF_GROUP = frozenset({"+switch-master", "action", "+odown"})
"""Kinds that concern all nodes of a group; the others only the node that they tell of."""


def marks(
    events: Iterable[Event], span: Window, groups: Container[str], nodes: Container[Address] | None
) -> list[Mark]:
    """The events of some groups, those that matter most first; `nodes`: of these only, None: of all."""
    return sorted(_marks(events, span, groups, nodes), key=lambda mark: list(MEANINGS).index(mark.sign))


def _marks(
    events: Iterable[Event], span: Window, groups: Container[str], nodes: Container[Address] | None
) -> Iterator[Mark]:
    for event in events:
        sign = SIGNS.get(event.kind)
        if sign is None or event.group not in groups or not span.since <= event.at <= span.until:
            continue
        if nodes is None or event.kind in _OF_GROUP or event.source in nodes:
            yield Mark(event.at, *sign)


def mark_legend(found: Sequence[Mark]) -> Row:
    """What the letters over a plot mean."""
    cells: list[Cell] = []
    for sign, meaning in MEANINGS.items():
        tone = next((mark.tone for mark in found if mark.sign == sign), None)
        if tone is not None:
            cells += [Cell(f"  {sign}", tone), Cell(f" {meaning}", "dim")]
    return tuple(cells)


# Thresholds


def limits(metric: str, thresholds: Mapping[str, float]) -> tuple[Limit, ...]:
    """Of a metric, from what is set by `metric.level`.

    >>> limits("cpu_percent", {"cpu_percent.bad": 90.0, "clients.warn": 5.0})
    (Limit(level='bad', value=90.0),)
    """
    levels: tuple[Level, ...] = ("warn", "bad")
    return tuple(Limit(level, thresholds[key]) for level in levels if (key := f"{metric}.{level}") in thresholds)


def near(found: Sequence[Limit], top: float) -> tuple[Limit, ...]:
    """Those that can stand on the axis without flattening the line."""
    return tuple(limit for limit in found if limit.value <= 2 * top)


# Round places on the axes


def steps(top: float, count: int, base: float) -> list[float]:
    """Round places from 0 to at least `top`, `count` steps at most; in binary units for bytes (base 1024).

    >>> steps(8440.0, 5, 1000.0), steps(1.7 * 2**30, 4, 1024.0)[-1] / 2**30
    ([0.0, 2000.0, 4000.0, 6000.0, 8000.0, 10000.0], 2.0)
    """
    unit = 1.0
    while unit * base <= top:
        unit *= base
    tens = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0) if base == 1000.0 else _HALVES
    fine = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if top < 1 else ()
    step = next((each * unit for each in (*fine, *tens) if each * unit * count >= top), top / count)
    return [number * step for number in range(count + 1) if (number - 1) * step < top]


def times(span: Window, count: int) -> list[tuple[float, str]]:
    """Round times of day in a window, `count` at most, as UTC.

    >>> times(Window(1_760_000_001.0, 1_760_000_301.0, 100), 5)
    [(1760000040.0, '08:54'), (1760000100.0, '08:55'), (1760000160.0, '08:56'), (1760000220.0, '08:57'), \
(1760000280.0, '08:58')]
    """
    seconds = span.until - span.since
    step = next((each for each in _TIMES if seconds / each <= count), 86_400)
    first = ceil(span.since / step) * step
    found = [float(first + number * step) for number in range(count + 1) if first + number * step <= span.until]
    return [(at, clock(at) if step < 60 else clock(at)[:5]) for at in found]


def letters_of(number: int) -> str:
    """The sign of one of several series.

    >>> letters_of(0), letters_of(2)
    ('A', 'C')
    """
    return chr(ord("A") + number)


MOST = 8
"""Series in one plot: more would not be told apart."""
