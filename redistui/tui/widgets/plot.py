"""Plot: one series over time, drawn by plotext. The only place that knows plotext; it is imported when first drawn.

plotext keeps one figure for the whole process: it is emptied before each drawing. Its characters are taken without
colours and styled by the theme here, so that a theme, NO_COLOR and ASCII hold for plots as for everything else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from textual import events

from redistui.tui.themes import Theme
from redistui.tui.widgets.board import Board, Inks
from redistui.tui.widgets.strips import Carried, Inked, strip_of
from redistui.view.cells import Tone
from redistui.view.figures import span
from redistui.view.glyphs import Glyphs
from redistui.view.spark import peak

TICKS = 5
"""Labels on each axis, at most."""
_TO_ASCII = str.maketrans("┌┐└┘├┤┬┴┼─│", "+++++++++-|")

Samples = Sequence[float | None]
Labelled = Callable[[float | None], str]


class Plot(Board):
    """Drawn once for each `show`, and only if it is on the screen by then."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._values: Samples = ()
        self._seconds = 1.0
        self._base = 1000.0
        self._labelled: Labelled = str
        self._drawn: list[str] | None = None

    def show(
        self, values: Samples, seconds: float, labelled: Labelled, base: float, theme: Theme, glyphs: Glyphs
    ) -> None:
        """The newest sample last, `seconds` apart; `labelled` names a value on the axis, whose units grow by `base`."""
        anew = self.dress(theme, glyphs)
        if not anew and values == self._values and seconds == self._seconds and labelled == self._labelled:
            return
        self._values, self._seconds, self._labelled, self._base = values, seconds, labelled, base
        self._again()

    def _again(self) -> None:
        self._drawn = None
        self.redraw_all()

    def on_resize(self, event: events.Resize) -> None:
        self._again()

    def draw(self, y: int, inks: Inks) -> Carried:
        width = self.size.width
        if self._drawn is None:
            self._drawn = self._lines()
        text = self._drawn[y] if y < len(self._drawn) else ""
        return strip_of(_inked(text, inks), width, inks.base)

    def _lines(self) -> list[str]:
        width, height = self.size.width, self.size.height
        if peak(self._values) is None:
            return ["", "  no sample yet"]
        if width < 20 or height < 5:
            return ["  too small for a plot"]
        return drawn(self._values, self._seconds, self._labelled, self._base, width, height, self.glyphs.ascii)


def drawn(
    values: Samples, seconds: float, labelled: Labelled, base: float, width: int, height: int, ascii_signs: bool
) -> list[str]:
    """A plot as lines of characters without colours, from 0 up; `base` is 1024 where bytes are shown."""
    import plotext

    figure = plotext.figure
    plotext.terminal.limit(False, False)
    figure.clear.all()
    figure.plot_size(width, height)
    figure.theme("colorless")
    marker = "*" if ascii_signs else "braille"
    for times, run in runs(values, seconds):
        figure.draw(figure.signal(times, run, marker=marker).lines(len(run) > 1))
    rows = steps((peak(values) or 0.0) * 1.05 or 1.0, max(2, min(TICKS, height // 3)), base)
    figure.ruler("y", "left").lim(0.0, rows[-1])
    figure.ruler("y", "left").ticks(rows, [labelled(place) for place in rows])
    past = seconds * max(1, len(values) - 1)
    times = [-at for at in ago(past, max(2, min(TICKS, width // 14)))]
    figure.ruler("x", "lower").lim(-past, 0.0)
    figure.ruler("x", "lower").ticks(times, [f"-{span(-at)}" if at else "now" for at in times])
    text: str = figure.build().string(colorless=True)
    return (text.translate(_TO_ASCII) if ascii_signs else text).rstrip("\n").split("\n")


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


def ago(past: float, count: int) -> list[float]:
    """Round times back from now, oldest first.

    >>> ago(299.0, 5), ago(20.0, 5)
    ([240.0, 180.0, 120.0, 60.0, 0.0], [20.0, 15.0, 10.0, 5.0, 0.0])
    """
    step = next((each for each in _TIMES if past / each < count), past)
    return [number * step for number in range(int(past / step), -1, -1)]


_HALVES = tuple(2.0**power for power in range(10))
_TIMES = (1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0)


def runs(values: Samples, seconds: float) -> Iterator[tuple[list[float], list[float]]]:
    """Stretches without a missing sample: their times (0 is now) and values.

    >>> [(times, run) for times, run in runs([1.0, 2.0, None, 4.0], 1.0)]
    [([-3.0, -2.0], [1.0, 2.0]), ([0.0], [4.0])]
    """
    newest = len(values) - 1
    timed = [((index - newest) * seconds, value) for index, value in enumerate(values)]
    for missing, stretch in groupby(timed, key=lambda pair: pair[1] is None):
        if not missing:
            pairs = [(at, value) for at, value in stretch if value is not None]
            yield [at for at, _ in pairs], [value for _, value in pairs]


def _inked(text: str, inks: Inks) -> Iterator[Inked]:
    """The line of the plot itself stands out from axes and labels."""
    for line, part in groupby(text, key=lambda sign: sign == "*" or "\u2800" < sign <= "\u28ff"):
        tone: Tone = "accent" if line else "dim"
        yield "".join(part), inks.on("base", tone)
