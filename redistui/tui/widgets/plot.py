"""Plot: some series over time, drawn by plotext. The only place that knows plotext; it is imported when first drawn.

plotext keeps one figure for the whole process: it is emptied before each drawing. Its colours are only numbers that say
what a character belongs to; they are styled by the theme here, so that a theme, NO_COLOR and ASCII hold for plots as
for everything else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from rich.style import Style
from textual import events

from redistui.history import Sample
from redistui.tui.themes import Theme
from redistui.tui.widgets.board import Board, Inks
from redistui.tui.widgets.strips import Carried, Inked, strip_of
from redistui.view.cells import Cell, Tone
from redistui.view.figures import figure
from redistui.view.glyphs import Glyphs
from redistui.view.plot import TICKS, Mark, Picture, Window, letters_of, near, steps, times
from redistui.view.words import paragraph

if TYPE_CHECKING:
    from collections.abc import Sequence

_TO_ASCII = str.maketrans("┌┐└┘├┤┬┴┼─│┊", "+++++++++-|:")
FRAME, HIGHS, LIMITS, MARKS, SERIES = 0, 20, 30, 50, 100
"""What a character belongs to: axes and labels; the highest of each step; thresholds (warn, bad); events (by tone);
series, one number each."""
_LEVELS = ("warn", "bad")
_TONES: tuple[Tone, ...] = ("accent", "warn", "key", "bad", "ok")

Signs = list[tuple[str, int]]
"""Characters of one line, each with what it belongs to."""


class Plot(Board):
    """Drawn once for each `show` of something else, and only if it is on the screen by then."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._picture: Picture | None = None
        self._drawn: list[Signs] | None = None

    @property
    def picture(self) -> Picture | None:
        """What is shown."""
        return self._picture

    def show(self, picture: Picture, theme: Theme, glyphs: Glyphs) -> None:
        anew = self.dress(theme, glyphs)
        if anew or picture != self._picture:
            self._picture = picture
            self._again()

    def _again(self) -> None:
        self._drawn = None
        self.redraw_all()

    def on_resize(self, event: events.Resize) -> None:
        self._again()

    def draw(self, y: int, inks: Inks) -> Carried:
        if self._drawn is None:
            self._drawn = self._lines(inks)
        line = self._drawn[y] if y < len(self._drawn) else []
        several = self._picture is not None and len(self._picture.series) > 1
        return strip_of(_inked(line, inks, several), self.size.width, inks.base)

    def _lines(self, inks: Inks) -> list[Signs]:
        width, height = self.size.width, self.size.height
        picture = self._picture
        if picture is None or picture.top is None:
            words = () if picture is None else paragraph(picture.nothing, width - 4, lead=Cell("  "))
            return [[], *(_plain("".join(cell.text for cell in row)) for row in words)]
        if width < 20 or height < 5:
            return [_plain("  too small for a plot")]
        lettered = self.glyphs.ascii or inks.theme.colourless
        return drawn(picture, width, height, self.glyphs.ascii, lettered)


def drawn(picture: Picture, width: int, height: int, ascii_signs: bool, lettered: bool = False) -> list[Signs]:
    """A plot as lines of characters, from 0 up; `lettered`: several series are told apart by letters, not colours."""
    import plotext

    canvas = plotext.figure
    plotext.terminal.limit(False, False)
    canvas.clear.all()
    canvas.plot_size(width, height)
    canvas.theme("colorless")
    top = picture.top or 0.0
    found = near(picture.limits, top)
    top = max([top, *(limit.value for limit in found)])
    rows = steps(top * 1.05 or 1.0, max(2, min(TICKS, height // 3)), 1024.0 if "bytes" in picture.unit else 1000.0)
    for limit in found:
        level = _LEVELS.index(limit.level)
        ink = plotext.marker(("-=" if ascii_signs else "╌╍")[level], plotext.pixel(LIMITS + level))
        span = [picture.window.since, picture.window.until]
        canvas.draw(canvas.signal(span, [limit.value] * 2, marker=ink).lines())
    for number, line in enumerate(picture.series):
        sign = letters_of(number) if lettered and len(picture.series) > 1 else "*" if ascii_signs else "braille"
        if sign == "braille" and len(picture.series) == 1:
            _draw_peaks(plotext, line.samples)
        _draw_series(plotext, line.samples, sign, SERIES + number)
    canvas.ruler("y", "left").lim(0.0, rows[-1])
    canvas.ruler("y", "left").ticks(rows, [figure(place, picture.unit) for place in rows])
    ticks = times(picture.window, max(2, width // 14))
    canvas.ruler("x", "lower").lim(picture.window.since, picture.window.until)
    canvas.ruler("x", "lower").ticks([at for at, _ in ticks], [label for _, label in ticks])
    lines = [list(_signs(text)) for text in canvas.build().string().rstrip("\n").split("\n")]
    _mark(lines, picture.marks, picture.window)
    return [_in_ascii(line) for line in lines] if ascii_signs else lines


def _draw_peaks(plotext: Any, samples: Sequence[Sample | None]) -> None:
    """The highest of each step as dots, where it is another than the mean: what a coarse plot would hide."""
    peaks = [one for one in samples if one is not None and one.high > one.mean]
    if peaks:
        marker = plotext.marker("braille", plotext.pixel(HIGHS))
        canvas = plotext.figure
        canvas.draw(canvas.signal([one.at for one in peaks], [one.high for one in peaks], marker=marker).lines(False))


def _draw_series(plotext: Any, samples: Sequence[Sample | None], sign: str, ink: int) -> None:
    """The means as a line, broken where nothing is known."""
    canvas, marker = plotext.figure, plotext.marker(sign, plotext.pixel(ink))
    for run in runs(samples):
        values = [one.mean for one in run]
        canvas.draw(canvas.signal([one.at for one in run], values, marker=marker).lines(len(run) > 1))


def runs(samples: Sequence[Sample | None]) -> Iterator[list[Sample]]:
    """Stretches without a missing sample.

    >>> one = Sample(0.0, 1.0, 1.0, 1.0)
    >>> [len(run) for run in runs([one, one, None, one])]
    [2, 1]
    """
    for there, stretch in groupby(samples, key=lambda one: one is not None):
        if there:
            yield [one for one in stretch if one is not None]


_CODE = re.compile("\x1b\\[([0-9;]*)m")


def _signs(text: str) -> Iterator[tuple[str, int]]:
    r"""Characters with the colour's number that plotext gave them.

    >>> list(_signs("a\x1b[38;5;101mb\x1b[0mc"))
    [('a', 0), ('b', 101), ('c', 0)]
    """
    ink = FRAME
    for number, part in enumerate(_CODE.split(text)):
        if number % 2 == 0:
            yield from ((sign, ink) for sign in part)
        elif part.startswith("38;5;"):
            ink = int(part.removeprefix("38;5;"))
        else:
            ink = FRAME


def _mark(lines: list[Signs], marks: Sequence[Mark], span: Window) -> None:
    """A letter on the upper edge for each event, and a line down through what is blank there."""
    edge = "".join(sign for sign, _ in lines[0])
    left, right = edge.find("┌"), edge.rfind("┐")
    if left < 0 or right - left < 3:
        return
    for mark in reversed(marks):
        share = (mark.at - span.since) / (span.until - span.since)
        column = left + 1 + round(share * (right - left - 2))
        ink = MARKS + _TONES.index(mark.tone if mark.tone in _TONES else "accent")
        lines[0][column] = (mark.sign, ink)
        for line in lines[1:]:
            if len(line) > column and line[column][0] == " " and len(line) > right and line[right][0] in "│┤├":
                line[column] = ("┊", ink)


def _in_ascii(line: Signs) -> Signs:
    return [(sign.translate(_TO_ASCII), ink) for sign, ink in line]


def _plain(text: str) -> Signs:
    return [(sign, FRAME) for sign in text]


def _inked(line: Signs, inks: Inks, several: bool) -> Iterator[Inked]:
    """The series stand out from axes and labels."""
    for ink, part in groupby(line, key=lambda pair: pair[1]):
        yield "".join(sign for sign, _ in part), _style(ink, inks, several)


def _style(ink: int, inks: Inks, several: bool) -> Style:
    if ink >= SERIES:
        return inks.owner("base", letters_of(ink - SERIES)) if several else inks.on("base", "accent")
    if ink >= MARKS:
        return inks.on("base", _TONES[ink - MARKS])
    if ink >= LIMITS:
        return inks.on("base", "bad" if _LEVELS[ink - LIMITS] == "bad" else "warn")
    return inks.on("base", "dim")
