"""Packing: float32 cut to its upper half, which keeps the range and leaves a resolution of 0.4 %.

The lower halves of some columns may be kept beside them; together the two are the float32 again.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Container
from functools import lru_cache
from math import nan

UPPER = int(sys.byteorder == "little")
"""Where in a pair of halves the upper one stands."""
NONE = array("H", array("f", [nan]).tobytes())[UPPER]
"""The upper half of NaN."""


@lru_cache(16)
def _halves_up(width: int, exact: Container[int]) -> int:
    """What is added so that cutting rounds, for all columns but the exact ones, as one number."""
    words = array("I", [0 if place in exact else 0x8000 for place in range(width)])
    return int.from_bytes(words.tobytes(), sys.byteorder)


def pack(values: array[float], exact: frozenset[int] = frozenset()) -> tuple[array[int], array[int]]:
    """Upper and lower halves of float32 numbers; the upper ones rounded but at the `exact` places, where they need the
    lower ones. NaN stays NaN, and what is too great becomes infinite.

    >>> upper, _ = pack(array("f", [1000.0, nan]))
    >>> unpack(upper)
    array('f', [1000.0, nan])
    """
    size = 4 * len(values)
    rounded = int.from_bytes(values.tobytes(), sys.byteorder) + _halves_up(len(values), exact)
    halves = array("H")
    halves.frombytes(rounded.to_bytes(size + 1, sys.byteorder)[slice(size) if UPPER else slice(1, None)])
    return halves[UPPER::2], halves[1 - UPPER :: 2]


def unpack(upper: array[int], lower: array[int] | None = None) -> array[float]:
    """The float32 numbers of such halves; without lower ones those are zero."""
    halves = array("H", bytes(4 * len(upper)))
    halves[UPPER::2] = upper
    if lower is not None:
        halves[1 - UPPER :: 2] = lower
    values = array("f")
    values.frombytes(halves.tobytes())
    return values
