"""Sparklines: a series as one line of eight levels."""

from __future__ import annotations

from collections.abc import Sequence

from redistui.view.glyphs import Glyphs


def spark(values: Sequence[float | None], width: int, glyphs: Glyphs, top: float | None = None) -> str:
    """The newest samples, the last one at the right edge, drawn from 0 up to `top` (None: the largest of them).

    A missing sample is a gap, not a zero; places from before the first sample are blank.

    >>> from redistui.view.glyphs import UNICODE
    >>> spark([0.0, 1.0, None, 4.0, 8.0], 7, UNICODE)
    '  ▁▂·▅█'
    """
    if width <= 0:
        return ""
    levels, gap = glyphs.sparks, glyphs.no_sample
    shown = values[-width:]
    ceiling = peak(shown) if top is None else top
    if not ceiling or ceiling <= 0:
        line = "".join(gap if value is None else levels[0] for value in shown)
        return line.rjust(width)
    scale, last = (len(levels) - 1) / ceiling, len(levels) - 1
    marks = [gap if v is None else levels[min(last, max(0, int(v * scale + 0.5)))] for v in shown]
    return "".join(marks).rjust(width)


def headroom(values: Sequence[float | None], width: int, glyphs: Glyphs) -> str:
    """A sparkline whose highest sample stays one level below the top, so that lines above one another stay apart."""
    return spark(values, width, glyphs, (peak(values[-width:]) or 0.0) * 8 / 7)


def peak(values: Sequence[float | None]) -> float | None:
    """The largest sample; None where there is none."""
    return max((value for value in values if value is not None), default=None)


def low(values: Sequence[float | None]) -> float | None:
    """The smallest sample; None where there is none."""
    return min((value for value in values if value is not None), default=None)


def newest(values: Sequence[float | None]) -> float | None:
    """The last sample; None when it is missing, whatever came before it."""
    return values[-1] if values else None
