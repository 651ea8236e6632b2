"""Capacity: how fast a node fills up, and when it is full, as far as its past can tell.

A line through the past says something only of a server that went on as it was: the past before its last start is left
out. How sure the line is is told with it, and a past that is too short tells nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from redistui.history import History, Sample
from redistui.judge.trend import DAY, Trend, trend
from redistui.model import Address, Fleet, Node

LEAST = 600.0
"""Seconds of past from which a growth per day is told: already 144 times as long as what was watched."""
FEWEST = 10
"""Samples under which no line is drawn."""
POINTS = 120
"""Steps of time that a series is read in."""
MOST_KEYS = float(2**32)
"""Keys that one server is made to hold (Redis FAQ)."""
FAR = 3650 * DAY
"""Beyond this a date is no use to anybody."""

Sure = Literal["grows", "shrinks", "unsure", "too short"]


@dataclass(frozen=True, slots=True)
class Room:
    """A number that fills up, and what fills it."""

    metric: str
    limit: str | None
    """The metric that says where it ends; None: at `most`."""
    most: float | None = None


ROOMS: tuple[Room, ...] = (
    Room("memory_used", "memory_limit"),
    Room("clients", "clients_limit"),
    Room("keys", None, MOST_KEYS),
)


@dataclass(frozen=True, slots=True)
class Capacity:
    """How one number of one node goes towards its limit."""

    group: str
    node: Address
    metric: str
    now: float | None
    limit: float | None
    """None: there is none, or it is not known."""
    sure: Sure
    watched: float
    """Seconds from the first to the last sample that were looked at."""
    per_day: float | None = None
    """None where the past is too short."""
    margin: float | None = None
    """What is to be added to `per_day` and taken off it to be right 95 times in 100."""
    full_in: float | None = None
    """Seconds until the limit; None where there is none, or it does not surely grow towards it. 0: it is full."""
    soonest: float | None = None
    """With the fastest growth that the past allows; also told where it is unsure whether it grows at all."""
    latest: float | None = None
    """With the slowest; None: beyond ten years."""


def capacities(fleet: Fleet, history: History, since: float, until: float) -> tuple[Capacity, ...]:
    """Of every data server that was ever heard of, each number that fills up; the fullest first."""
    found = [
        one
        for group in fleet.groups
        for node in group.nodes
        for one in _of_node(group.name, node, history, since, until)
    ]
    return tuple(sorted(found, key=urgency))


def urgency(one: Capacity) -> tuple[float, float]:
    """What is full first stands first; then what is fullest."""
    part = one.now / one.limit if one.now is not None and one.limit else 0.0
    return (one.full_in if one.full_in is not None else float("inf"), -part)


def _of_node(group: str, node: Node, history: History, since: float, until: float) -> Iterator[Capacity]:
    begun = started(node)
    since = since if begun is None else max(since, begun)
    for room in ROOMS:
        now = node.metric(room.metric)
        if now is None and not node.up:
            continue
        limit = node.metric(room.limit) if room.limit is not None else room.most
        samples = history.span(node.address, room.metric, since, until, POINTS) if since < until else []
        yield capacity(group, node.address, room.metric, now, limit, samples)


def started(node: Node) -> float | None:
    """When the process began, in seconds since 1970; None: not known."""
    age = node.metric("uptime_seconds")
    return None if age is None or node.seen_at is None else node.seen_at - age


def capacity(
    group: str,
    node: Address,
    metric: str,
    now: float | None,
    limit: float | None,
    samples: Sequence[Sample | None],
) -> Capacity:
    """`samples` of one process only, oldest first."""
    past = trend(samples)
    known = now if now is not None or past is None else past.last
    one = Capacity(group, node, metric, known, limit, "too short", 0.0 if past is None else past.seconds)
    if past is None or past.seconds < LEAST or past.samples < FEWEST or past.slope is None or past.margin is None:
        return one if known is None or limit is None or known < limit else _with(one, full_in=0.0)
    return _with(one, **_drawn_on(past, past.slope, past.margin, known, limit))


def _drawn_on(past: Trend, slope: float, margin: float, now: float | None, limit: float | None) -> Mapping[str, object]:
    """The line drawn on to where it meets the limit."""
    sure: Sure = "grows" if slope > margin else "shrinks" if -slope > margin else "unsure"
    left = None if now is None or limit is None else max(0.0, limit - now)
    full = left == 0
    return {
        "sure": sure,
        "per_day": slope * DAY,
        "margin": margin * DAY,
        "full_in": 0.0 if full else _until(left, slope) if sure == "grows" else None,
        "soonest": 0.0 if full else _until(left, slope + margin),
        "latest": 0.0 if full else _until(left, slope - margin),
    }


def _until(left: float | None, slope: float) -> float | None:
    """Seconds until so much is grown; None where it does not grow, or not within ten years."""
    if left is None or slope <= 0 or left / slope > FAR:
        return None
    return left / slope


def _with(one: Capacity, **more: object) -> Capacity:
    from dataclasses import replace

    return replace(one, **more)  # type: ignore[arg-type]
