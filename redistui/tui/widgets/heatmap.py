"""Heatmap: 16,384 slots as half blocks in their owners' colours, or in those of heat; as letters and bars where colours
cannot tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from rich.color import Color
from rich.style import Style
from textual import events
from textual.message import Message

from redistui.model import SLOTS
from redistui.tui.line import safe
from redistui.tui.themes import Theme
from redistui.tui.widgets.board import Board, Inks
from redistui.tui.widgets.strips import Carried, Inked, strip_of
from redistui.view.cells import Cell, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.slots_heat import NOTHING, UNKNOWN, sign_of
from redistui.view.slots_map import SIGNS, Spot, Wrong, grid, letter, steps_in, zoomed
from redistui.view.slots_picture import QUIET, Picture

LABEL = 6
"""Cells for the first slot of a line."""
WIDEST = 128
"""Cells to a row at most where the owners stand beside the map."""
BESIDE = 62
"""Cells they need there."""
PAGE = 8
"""Rows of cells that a page key moves by."""


class Heatmap(Board, can_focus=True):
    """The map and its cursor, which is a slot. Only lines with a cell that changed are drawn again."""

    class Moved(Message):
        """The cursor stands on another slot."""

        def __init__(self, slot: int) -> None:
            super().__init__()
            self.slot = slot

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.slot = 0
        self.picture: Picture | None = None
        self.whole = grid(1, 1)
        """The shape of a map of all slots."""
        self.shape = self.whole
        self.zoom = 0
        """How often one has zoomed in."""
        self._spots: list[Spot] = []
        self._letters = False
        self._cells: dict[tuple[Spot, Spot], Inked] = {}

    # What is shown

    @property
    def halves(self) -> bool:
        """Two rows of cells to a line."""
        return not self._letters

    def show(self, picture: Picture, theme: Theme, glyphs: Glyphs, letters: bool) -> None:
        """Takes over a picture. Letters are used on request, in ASCII, and in a theme without colours."""
        letters = letters or glyphs.ascii or theme.colourless
        anew = self.dress(theme, glyphs) or letters != self._letters or not self._spots
        same = self.picture is not None and picture.key == self.picture.key
        self.picture, self._letters = picture, letters
        if anew:
            self._arrange()
        elif not same:
            self._update()

    def _arrange(self) -> None:
        """A new shape, theme or way of drawing: everything again."""
        self._cells.clear()
        lines = self.size.height
        self.whole = grid(self.size.width - LABEL, lines * 2 if self.halves else lines)
        self.zoom = min(self.zoom, steps_in(self.whole))
        self.shape = zoomed(self.whole, self.zoom, self.slot) if self.zoom else self.whole
        self._spots = [] if self.picture is None or not lines else self.picture.spots(self.shape)
        self.redraw_all()

    def _update(self) -> None:
        """One region for each line in which a cell changed, up to that cell."""
        if self.picture is None:
            return
        before, self._spots = self._spots, self.picture.spots(self.shape)
        columns, tall = self.shape.columns, 2 if self.halves else 1
        ends: dict[int, int] = {}
        for row in range(self.shape.rows):
            old, new = (cells[row * columns : (row + 1) * columns] for cells in (before, self._spots))
            if old != new:
                last = max(x for x in range(columns) if old[x] != new[x])
                ends[row // tall] = max(ends.get(row // tall, 0), last + 1)
        self.redraw((line, LABEL + end) for line, end in ends.items())

    def zoom_by(self, steps: int) -> None:
        """Finer (1) or coarser (-1), around the cursor."""
        wanted = max(0, min(steps_in(self.whole), self.zoom + steps))
        if wanted != self.zoom:
            self.zoom = wanted
            self._arrange()
            self.post_message(self.Moved(self.slot))

    @property
    def lines(self) -> int:
        """Lines the map takes."""
        return (self.shape.rows + 1) // 2 if self.halves else self.shape.rows

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    # Drawing

    def draw(self, y: int, inks: Inks) -> Carried:
        width = self.size.width
        if self.picture is None or not self._spots or y >= self.lines:
            return strip_of((), width, inks.base)
        column, row = self.shape.cell_of(self.slot)
        here = row // 2 == y if self.halves else row == y
        first = self.shape.slots_of(0, y * 2 if self.halves else y).start
        parts: list[Inked] = [(f"{first:>{LABEL - 1}} ", inks.on("base", "accent" if here else "dim"))]
        parts += self._line(y, inks)
        if here:
            parts[column + 1] = self._cursor(column, row, parts[column + 1], inks)
        return strip_of(parts, width, inks.base)

    def _line(self, y: int, inks: Inks) -> list[Inked]:
        """One text a cell; equal pairs of cells share what was made of them before."""
        columns, made = self.shape.columns, self._cells
        start = y * columns * (2 if self.halves else 1)
        upper = self._spots[start : start + columns]
        lower = self._spots[start + columns : start + 2 * columns] if self.halves else upper
        parts: list[Inked] = []
        for pair in zip(upper, lower or upper, strict=True):
            inked = made.get(pair)
            if inked is None:
                inked = made[pair] = self._halves(*pair, inks) if self.halves else self._letter(pair[0], inks)
            parts.append(inked)
        return parts

    def _halves(self, upper: Spot, lower: Spot, inks: Inks) -> Inked:
        """Two colours in one character; what is wrong is a sign over both, so that it shows without colour too."""
        worst = max(upper, lower, key=lambda spot: _GRAVITY[spot.wrong])
        if worst.wrong:
            return self._sign(worst, inks)
        if upper.heat == lower.heat == UNKNOWN:
            return self.glyphs.unknown, inks.on("base", "dim")
        return self.glyphs.upper, Style.from_color(self._colour(upper, inks), self._colour(lower, inks))

    def _sign(self, spot: Spot, inks: Inks) -> Inked:
        if spot.wrong == "uncovered":
            return self.glyphs.uncovered, inks.on("base", "bad")
        if spot.wrong == "failing":
            return self.glyphs.failing, inks.base + Style(color=self._colour(spot, inks), bold=True)
        if spot.wrong == "stray":
            return self.glyphs.warn, inks.on("base", "bad")
        ground = Style(bgcolor=self._colour(spot, inks))
        return self.glyphs.open_slot, inks.base + ground + Style(color=inks.base.bgcolor, bold=True)

    def _letter(self, spot: Spot, inks: Inks) -> Inked:
        """What is wrong is turned over; without colours, neighbours differ in weight."""
        colourless = inks.theme.colourless
        if spot.wrong:
            return SIGNS[spot.wrong], (inks.base if colourless else inks.on("base", _TONES[spot.wrong])) + _TURNED
        if spot == QUIET:
            return "." if self.glyphs.ascii else self.glyphs.dot, inks.on("base", "dim")
        if spot.heat is not None:
            return self.letter_of(spot.heat, inks)
        if colourless:
            return letter(spot.owner), inks.base + Style(dim=spot.owner % 2 == 1)
        return letter(spot.owner), inks.base + inks.theme.shard_style(spot.owner)

    def letter_of(self, step: int, inks: Inks) -> Inked:
        """A step of heat by its sign."""
        if step <= NOTHING:
            return sign_of(step, self.glyphs), inks.on("base", "dim")
        warm = Style() if inks.theme.colourless else Style(color=inks.theme.heat_colour(step - NOTHING))
        return sign_of(step, self.glyphs), inks.base + warm

    def _cursor(self, column: int, row: int, under: Inked, inks: Inks) -> Inked:
        """In a half block, the half it stands on is as bright as a title; a sign or a letter is turned over."""
        text, style = under
        if self.halves and text == self.glyphs.upper:
            bright = inks.on("base", "title").color
            other = style.color if row % 2 else style.bgcolor
            return (self.glyphs.lower if row % 2 else self.glyphs.upper), Style(color=bright, bgcolor=other)
        if style.reverse and inks.theme.colourless:
            return text, inks.base + Style(bold=True, underline=True)
        return text, inks.on("base", "title") + _TURNED

    def _colour(self, spot: Spot, inks: Inks) -> Color | None:
        if spot.heat is not None:
            return inks.base.bgcolor if spot.heat == UNKNOWN else inks.theme.heat_colour(spot.heat - NOTHING)
        if spot.owner < -1:
            return inks.theme.heat_colour(0)
        return inks.theme.shard_colour(spot.owner)

    # The cursor

    def on_click(self, event: events.Click) -> None:
        """Only with the mouse switched on: to the cell under it."""
        column, row = event.x - LABEL, event.y * (2 if self.halves else 1)
        if 0 <= column < self.shape.columns and row < self.shape.rows:
            self.go(self.shape.slots_of(column, row).start)

    def go(self, slot: int) -> None:
        """Puts the cursor on a slot."""
        slot = max(0, min(SLOTS - 1, slot))
        if slot == self.slot:
            return
        before, self.slot = self.slot, slot
        if slot not in self.shape:
            self._arrange()
            self.post_message(self.Moved(slot))
            return
        tall = 2 if self.halves else 1
        lines = {self.shape.cell_of(one)[1] // tall for one in (before, slot)}
        self.redraw((line, self.size.width) for line in lines)
        self.post_message(self.Moved(slot))

    def move(self, columns: int, rows: int) -> None:
        """By cells; within a row it goes on at the next one's beginning."""
        per, across = self.shape.per, self.shape.columns
        target = (self.slot // per + columns + rows * across) * per
        if 0 <= target < SLOTS:
            self.go(target)


_TURNED = Style(reverse=True, bold=True)
_GRAVITY: dict[Wrong, int] = {
    "": 0, "failing": 1, "moving": 2, "importing": 3, "migrating": 4, "stray": 5, "uncovered": 6,
}  # fmt: skip
_TONES: dict[Wrong, Tone] = {
    "": "text", "failing": "bad", "moving": "accent", "importing": "warn", "migrating": "warn", "stray": "bad",
    "uncovered": "bad",
}  # fmt: skip


class Plan(NamedTuple):
    """How a screen is shared by the map, the texts below it and the list of owners."""

    lines: int
    """Of the map."""
    across: int
    """Cells the map takes, with its labels."""
    texts: int
    beside: bool
    """The owners stand beside the map instead of below."""


def arranged(width: int, height: int, owners: int, letters: bool) -> Plan:
    """The finest map that leaves room for a summary, one or two lines of text, and four lines of owners or more (of
    which a scale takes one where figures are shown: the map stays as it is).

    >>> arranged(80, 22, 3, False).lines, arranged(160, 46, 3, False).lines, arranged(200, 26, 3, False).beside
    (16, 32, True)
    """
    texts = 2 if height >= 30 else 1
    beside = height < 40 and width - (LABEL + WIDEST + 1) >= BESIDE
    below = 1 if beside else min(owners + 1, height // 4 if height >= 30 else 4)
    room = max(4, height - 1 - texts - below)
    shape = grid(min(width - LABEL, WIDEST) if beside else width - LABEL, room if letters else room * 2)
    lines = shape.rows if letters else (shape.rows + 1) // 2
    return Plan(lines, LABEL + shape.columns + 2, texts, beside)


def scale_line(parts: Iterable[tuple[int | None, Cell]], board: Heatmap) -> list[Inked]:
    """The scale of a map's figures, each step as the map draws it."""
    inks = board.inks
    assert inks is not None
    found: list[Inked] = [(" ", inks.base)]
    for step, cell in parts:
        if step is None:
            found.append((safe(cell.text, board.glyphs.ascii), inks.on("base", cell.tone)))
        elif board.halves and step != UNKNOWN:
            colour = inks.theme.heat_colour(step - NOTHING)
            found.append((board.glyphs.block, inks.base + Style(color=colour)))
        else:
            found.append(board.letter_of(step, inks))
    return found
