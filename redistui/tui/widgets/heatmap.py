"""Heatmap: 16,384 slots as half blocks in their owners' colours, or as their letters where colours cannot tell."""

from __future__ import annotations

from typing import NamedTuple

from rich.color import Color
from rich.style import Style
from textual import events
from textual.message import Message

from redistui.model import SLOTS, Cluster
from redistui.tui.themes import Theme
from redistui.tui.widgets.board import Board, Inks
from redistui.tui.widgets.strips import Carried, Inked, strip_of
from redistui.view.cells import Tone
from redistui.view.glyphs import Glyphs
from redistui.view.slots import SIGNS, Spot, Wrong, grid, letter, spots

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
        self.cluster: Cluster | None = None
        self.shape = grid(1, 1)
        self._spots: list[Spot] = []
        self._letters = False
        self._cells: dict[tuple[Spot, Spot], Inked] = {}

    # What is shown

    @property
    def halves(self) -> bool:
        """Two rows of cells to a line."""
        return not self._letters

    def show(self, cluster: Cluster, theme: Theme, glyphs: Glyphs, letters: bool) -> None:
        """Takes over a cluster's map. Letters are used on request, in ASCII, and in a theme without colours."""
        letters = letters or glyphs.ascii or theme.colourless
        anew = self.dress(theme, glyphs) or letters != self._letters or not self._spots
        same = self.cluster is not None and cluster.owners == self.cluster.owners and not anew
        same = same and self.cluster is not None and _marks(cluster) == _marks(self.cluster)
        self.cluster, self._letters = cluster, letters
        if anew:
            self._arrange()
        elif not same:
            self._update()

    def _arrange(self) -> None:
        """A new shape, theme or way of drawing: everything again."""
        self._cells.clear()
        lines = self.size.height
        self.shape = grid(self.size.width - LABEL, lines * 2 if self.halves else lines)
        self._spots = [] if self.cluster is None or not lines else spots(self.cluster, self.shape)
        self.redraw_all()

    def _update(self) -> None:
        """One region for each line in which a cell changed, up to that cell."""
        if self.cluster is None:
            return
        before, self._spots = self._spots, spots(self.cluster, self.shape)
        columns, tall = self.shape.columns, 2 if self.halves else 1
        ends: dict[int, int] = {}
        for row in range(self.shape.rows):
            old, new = (cells[row * columns : (row + 1) * columns] for cells in (before, self._spots))
            if old != new:
                last = max(x for x in range(columns) if old[x] != new[x])
                ends[row // tall] = max(ends.get(row // tall, 0), last + 1)
        self.redraw((line, LABEL + end) for line, end in ends.items())

    @property
    def lines(self) -> int:
        """Lines the map takes."""
        return (self.shape.rows + 1) // 2 if self.halves else self.shape.rows

    def on_resize(self, event: events.Resize) -> None:
        self._arrange()

    # Drawing

    def draw(self, y: int, inks: Inks) -> Carried:
        width = self.size.width
        if self.cluster is None or not self._spots or y >= self.lines:
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
        if not worst.wrong:
            return self.glyphs.upper, Style.from_color(self._colour(upper.owner), self._colour(lower.owner))
        if worst.wrong == "uncovered":
            return self.glyphs.uncovered, inks.on("base", "bad")
        if worst.wrong == "failing":
            return self.glyphs.failing, inks.base + Style(color=self._colour(worst.owner), bold=True)
        ground = Style(bgcolor=self._colour(worst.owner))
        return self.glyphs.open_slot, inks.base + ground + Style(color=inks.base.bgcolor, bold=True)

    def _letter(self, spot: Spot, inks: Inks) -> Inked:
        """What is wrong is turned over; without colours, neighbours differ in weight."""
        if spot.wrong and inks.theme.colourless:
            return SIGNS[spot.wrong], inks.base + _TURNED
        if spot.wrong:
            return SIGNS[spot.wrong], inks.on("base", _TONES[spot.wrong]) + _TURNED
        if inks.theme.colourless:
            return letter(spot.owner), inks.base + Style(dim=spot.owner % 2 == 1)
        return letter(spot.owner), inks.base + inks.theme.shard_style(spot.owner)

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

    def _colour(self, owner: int) -> Color | None:
        return None if self.inks is None else self.inks.theme.shard_colour(owner)

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


def _marks(cluster: Cluster) -> tuple[object, ...]:
    return cluster.failing, cluster.open_slots, len(cluster.shards)


_TURNED = Style(reverse=True, bold=True)
_GRAVITY: dict[Wrong, int] = {"": 0, "failing": 1, "importing": 2, "migrating": 3, "uncovered": 4}
_TONES: dict[Wrong, Tone] = {"uncovered": "bad", "failing": "bad", "migrating": "warn", "importing": "warn", "": "text"}


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
    """The finest map that leaves room for a summary, one or two lines of text, and four lines of owners or more.

    >>> arranged(80, 22, 3, False).lines, arranged(160, 46, 3, False).lines, arranged(200, 26, 3, False).beside
    (16, 32, True)
    """
    texts = 2 if height >= 30 else 1
    beside = height < 40 and width - (LABEL + WIDEST + 1) >= BESIDE
    below = 0 if beside else min(owners + 1, height // 4 if height >= 30 else 4)
    room = max(4, height - 1 - texts - below)
    shape = grid(min(width - LABEL, WIDEST) if beside else width - LABEL, room if letters else room * 2)
    lines = shape.rows if letters else (shape.rows + 1) // 2
    return Plan(lines, LABEL + shape.columns + 2, texts, beside)
