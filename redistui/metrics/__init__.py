"""Metrics: the numbers known of a node, and how a counter becomes a rate."""

from __future__ import annotations

from collections.abc import Sequence
from operator import sub
from typing import Any

from redistui.metrics.table import (
    BY_NAME,
    COUNTERS,
    FIELDS,
    KEPT,
    METRICS,
    PRECISE,
    SPARKS,
    STILL,
    Metric,
    Unit,
)

__all__ = [
    "BY_NAME",
    "COUNTERS",
    "FIELDS",
    "KEPT",
    "METRICS",
    "PRECISE",
    "SPARKS",
    "STILL",
    "Metric",
    "Unit",
    "growth",
    "says",
]
_BACK = float("-inf")


def says(metric: str, server: str | None, version: str) -> bool:
    """Whether a server is new enough to tell a metric. A version that cannot be read counts as new enough.

    >>> [says("latency_p99", "redis", version) for version in ("6.2.5", "7.0.15", "?")]
    [False, True, True]
    >>> says("pause_left", "redis", "8.4.0"), [says("pause_left", "valkey", one) for one in ("8.0.1", "9.1.2")]
    (False, [False, True])
    """
    since = BY_NAME[metric].since
    if since.startswith("V") and server != "valkey":
        return False
    parts = version.split(".")
    if not all(part.isdecimal() for part in parts):
        return True
    return [int(part) for part in parts] >= [int(part) for part in since.removeprefix("V").split(".")]


def growth(before: Sequence[Any], now: Sequence[Any]) -> list[float]:
    """Of each counter; minus infinity, whatever is added to it, where one is not there or went back.

    >>> growth([1, 5, None, 7], [3, 5, 1, 0])
    [2, 0, -inf, -inf]
    """
    try:
        grown = list(map(sub, now, before))
    except TypeError:
        grown = [_BACK if a is None or b is None else b - a for a, b in zip(before, now, strict=True)]
    return grown if min(grown) >= 0 else [_BACK if one < 0 else one for one in grown]
