"""Line: one line of cells, redrawn only when what it says changes. The header, banner and footer are made of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Carried, Inked, carried
from redistui.tui.widgets.strips import strip_of as filled
from redistui.view.cells import Cell, show
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.words import ascii_only


def _likes() -> dict[int, str]:
    """Each of our signs by its like in the plain set, for texts that were not drawn with that set."""
    pairs = ((getattr(UNICODE, name), getattr(ASCII, name)) for name in UNICODE._fields if name != "name")
    return {ord(one): other for ones, others in pairs for one, other in zip(ones, others, strict=True) if one != " "}


_LIKES = _likes()


def safe(text: str, ascii_signs: bool) -> str:
    """What may go to the terminal: no control characters, and plain ASCII where it can do no more."""
    text = show(text)
    return ascii_only(text.translate(_LIKES)) if ascii_signs and not text.isascii() else text


def inked(cells: Iterable[Cell], theme: Theme, ascii_signs: bool) -> list[Inked]:
    """Cells as harmless text in the theme's styles."""
    return [(safe(cell.text, ascii_signs), theme.style_of(cell.tone)) for cell in cells if cell.text]


def strip_of(parts: Sequence[Inked], width: int, base: Style) -> Carried:
    """Exactly `width` cells, every part on the base style."""
    return carried(filled([(text, base + style) for text, style in parts], width, base).crop(0, width))


def between(left: Sequence[Inked], right: Sequence[Inked], width: int, base: Style) -> Carried:
    """One part at each edge."""
    used = sum(cell_len(text) for text, _ in (*left, *right))
    return strip_of([*left, (" " * max(1, width - used), Style.null()), *right], width, base)


class Line(Widget):
    """One line. `say` redraws it only when it says something else than before."""

    DEFAULT_CSS = """
    Line { height: 1; width: 1fr; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._left: list[Inked] = []
        self._right: list[Inked] = []
        self._base = Style.null()

    def say(self, left: list[Inked], right: list[Inked], base: Style) -> None:
        if (left, right, base) != (self._left, self._right, self._base):
            self._left, self._right, self._base = left, right, base
            self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Textual's own way resets the style after every word; this one carries it on."""
        strip: Strip = between(self._left, self._right, self.size.width, self._base)
        for each in self.get_line_filters():
            strip = strip.apply_filter(each, self.background_colors[1])
        return [strip.crop(*crop.column_span)] * crop.height
