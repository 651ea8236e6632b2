"""The colours of heat: from nothing over little to most, the same order in every theme.

From dark violet over red to a pale yellow on a dark ground, and the other way round on a light one: always away from
the ground, rising in brightness too, so that it also reads for those who do not see red from green. Where a theme
leaves the colours to the terminal, its own names stand in for them.
"""

from __future__ import annotations

from redistui.view.palette import Palette

DARK = ("#2b2b38", "#43307d", "#6d2f8e", "#9b327d", "#c9435f", "#e8683f", "#f79f2b", "#fbea9a")
LIGHT = ("#e2e2ea", "#f4d28c", "#f3ac67", "#ea7f50", "#cf5250", "#a53162", "#72206c", "#3c0d59")
NAMED = ("bright_black", "blue", "cyan", "green", "yellow", "magenta", "red", "bright_red")


def ramp(palette: Palette) -> tuple[str, ...]:
    """Eight colours: of nothing, and of seven steps of heat.

    >>> len(DARK) == len(LIGHT) == len(NAMED) == 8
    True
    """
    first = palette.shards[0].colour
    if first is not None and not first.startswith("#"):
        return NAMED
    return DARK if palette.dark else LIGHT
