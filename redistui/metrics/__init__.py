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
]
_BACK = float("-inf")


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
