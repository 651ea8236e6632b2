"""Board: a widget that draws itself line by line and keeps what it drew. All live widgets are made of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from redistui.tui.themes import Theme
from redistui.tui.widgets.strips import Carried, strip_of
from redistui.view.cells import Tone
from redistui.view.glyphs import UNICODE, Glyphs
from redistui.view.slots_map import LETTERS


class Inks:
    """A theme's styles composed once: what a line is filled with, and every tone on it."""

    def __init__(self, theme: Theme) -> None:
        self.theme = theme
        self.base = theme.base
        self.band = theme.base + theme.chrome("band")
        self.head = theme.base + theme.head
        self.cursor = theme.base + theme.cursor
        self._made: dict[tuple[str, Tone], Style] = {}

    def ground(self, name: str) -> Style:
        """`base`, `band` or `cursor`: the fill of a line."""
        return {"base": self.base, "band": self.band, "cursor": self.cursor}[name]

    def on(self, name: str, tone: Tone) -> Style:
        """A tone on one of the grounds. The cursor's own text colour, where a theme has one, goes over the tone's."""
        style = self._made.get((name, tone))
        if style is None:
            style = self.ground(name) + self.theme.style_of(tone)
            if name == "cursor":
                style = self.base + self.theme.style_of(tone) + self.theme.cursor
            self._made[name, tone] = style
        return style

    def owner(self, name: str, letter: str) -> Style:
        """The colour of a slot owner, by its letter."""
        if self.theme.colourless or letter not in LETTERS or not letter:
            return self.ground(name)
        return self.ground(name) + self.theme.shard_style(LETTERS.index(letter))

    def guide(self, name: str) -> Style:
        """The lines of a tree, on one of the grounds."""
        return self.ground(name) + self.theme.guide


class Board(Widget):
    """Draws `height` lines. A subclass says what stands in one; only lines named to `redraw` are drawn again."""

    DEFAULT_CSS: ClassVar[str] = """
    Board { width: 1fr; height: 1fr; }
    """
    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.inks: Inks | None = None
        self.glyphs: Glyphs = UNICODE
        self._strips: dict[int, Carried] = {}

    def dress(self, theme: Theme, glyphs: Glyphs) -> bool:
        """Takes over theme and signs; True when they are others than before and everything is to be drawn again."""
        if self.inks is not None and self.inks.theme is theme and self.glyphs is glyphs:
            return False
        self.inks, self.glyphs = Inks(theme), glyphs
        self.redraw_all()
        return True

    def draw(self, y: int, inks: Inks) -> Carried:
        """The line at `y`, as wide as the widget."""
        raise NotImplementedError

    def redraw(self, lines: Iterable[tuple[int, int]]) -> None:
        """Draws lines again: each by its y and the cell behind the last one that changed, which bounds what is sent."""
        regions = []
        for y, end in lines:
            self._strips.pop(y, None)
            regions.append(Region(0, y, end, 1))
        if regions:
            self.refresh(*regions)

    def redraw_all(self) -> None:
        self._strips.clear()
        self.refresh()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        width = self.size.width
        strips: list[Strip] = [self._strip(y, width) for y in crop.line_range]
        background = self.background_colors[1]
        for each in self.get_line_filters():
            strips = [strip.apply_filter(each, background) for strip in strips]
        if crop.column_span != (0, width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def _strip(self, y: int, width: int) -> Carried:
        strip = self._strips.get(y)
        if strip is None or strip.cell_length != width:
            inks = self.inks
            blank = Carried.blank(width)
            strip = self._strips[y] = Carried(blank._segments, width) if inks is None else self.draw(y, inks)
        return strip


class Upright(Board):
    """A vertical line between two parts of a panel."""

    DEFAULT_CSS: ClassVar[str] = """
    Upright { width: 1; height: 1fr; }
    """

    def draw(self, y: int, inks: Inks) -> Carried:
        return strip_of([(self.glyphs.rule_up, inks.guide("base"))], 1, inks.base)
