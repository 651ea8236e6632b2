"""A series as a picture of a few lines of text, with scale and time axis, for what is read in a mail or a ticket."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from redistui.history import Sample
from redistui.metrics import Unit
from redistui.view.figures import figure
from redistui.view.glyphs import UNICODE
from redistui.view.spark import spark
from redistui.view.words import clock

HEIGHT = 5
FLAT = 0.005
"""A course that differs by less than that of its height is a flat line."""
MARGIN = 8
"""Cells left of the picture, for its scale."""


def sparkline(samples: Sequence[Sample | None], width: int) -> str:
    """The series in one line, from its lowest to its highest; as many steps as there is room for.

    >>> sparkline([Sample(0, 1, 1, 1), Sample(1, 2, 2, 2), None, Sample(3, 3, 3, 3)], 8)
    '▁▅·█'
    """
    values = thinned(samples, width)
    known = [value for value in values if value is not None]
    base, top = (min(known), max(known)) if known else (0.0, 0.0)
    if flat(base, top):
        base = top
    lifted = [None if value is None else value - base for value in values]
    return spark(lifted, len(lifted), UNICODE, top - base)


def flat(low: float, high: float) -> bool:
    return high - low <= max(1e-12, FLAT * max(abs(low), abs(high)))


def thinned(samples: Sequence[Sample | None], width: int) -> list[float | None]:
    """The means of at most `width` steps, each of as many samples as any other.

    >>> thinned([Sample(at, at, at, at) for at in (0.0, 2.0, 4.0, 6.0)], 2)
    [1.0, 5.0]
    """
    if len(samples) <= width:
        return [None if one is None else one.mean for one in samples]
    edges = [at * len(samples) // width for at in range(width + 1)]
    parts = ([one.mean for one in samples[a:b] if one is not None] for a, b in pairwise(edges))
    return [sum(part) / len(part) if part else None for part in parts]


def plot(
    samples: Sequence[Sample | None],
    unit: Unit,
    width: int,
    since: float,
    until: float,
    marks: Sequence[tuple[float, str]] = (),
) -> list[str]:
    """Columns over a time axis in UTC; a gap stays blank. `marks`: letters to be set under their times."""
    room = max(10, width - MARGIN - 2)
    values = thinned(samples, room)
    known = [value for value in values if value is not None]
    if not known:
        return []
    low, high = min(known), max(known)
    base = 0.0 if unit != "bytes" or low < high / 2 or flat(low, high) else low - (high - low) / 4
    wide = [values[at * len(values) // room] for at in range(room)] if len(values) < room else values
    rows = [
        f"{figure(high, unit) if at == 0 else figure(base, unit) if at == HEIGHT - 1 else '':>{MARGIN}} │{line}"
        for at, line in enumerate(_columns(wide, base, high))
    ]
    rows.append(" " * MARGIN + " └" + _marked(room, since, until, marks))
    begin, end = clock(since), f"{clock(until)} UTC"
    rows.append(" " * (MARGIN + 2) + begin + end.rjust(room - len(begin)))
    return [row.rstrip() for row in rows]


def _columns(values: Sequence[float | None], base: float, top: float) -> list[str]:
    """Lines from the top down."""
    steps = len(UNICODE.sparks)
    reach = top - base or 1.0
    heights = [None if value is None else max(1, round((value - base) / reach * HEIGHT * steps)) for value in values]
    lines = []
    for floor in range((HEIGHT - 1) * steps, -1, -steps):
        cells = (" " if one is None or one <= floor else UNICODE.sparks[min(steps, one - floor) - 1] for one in heights)
        lines.append("".join(cells))
    return lines


def _marked(room: int, since: float, until: float, marks: Sequence[tuple[float, str]]) -> str:
    axis = ["─"] * room
    for at, sign in marks:
        if since <= at <= until and until > since:
            axis[min(room - 1, int((at - since) / (until - since) * room))] = sign
    return "".join(axis)
