"""Columns of a live table: which ones there is room for, and a row of cells laid out in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from rich.style import Style

from redistui.tui.line import safe
from redistui.tui.widgets.board import Inks
from redistui.tui.widgets.strips import Inked, fit
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs

GUIDES = " ├└│─|`-"
"""What a tree is drawn with, in both sets of signs."""
BRANCHES = frozenset("├└│|`")
"""What its first sign may be."""
GUTTER = 1
"""Cells before the first column: the cursor's sign."""


class Place(NamedTuple):
    """A column that is shown: which cell of a row it takes, and how wide it is now."""

    cell: int
    column: Column
    width: int


def arrange(columns: Sequence[Column], width: int) -> tuple[Place, ...]:
    """Gives up columns in the order of their rank until the rest fits, then shares what is left over.

    One blank stands between two columns.

    >>> wide = (Column("NODE", 6, grows=True), Column("LAG", 4, "right", rank=1), Column("PING", 4, rank=2))
    >>> [(place.column.title, place.width) for place in arrange(wide, 13)]
    [('NODE', 7), ('LAG', 4)]
    """
    kept = list(range(len(columns)))
    room = width - GUTTER
    while (over := _needed(columns, kept) - room) > 0:
        rank = max((columns[index].rank for index in kept), default=0)
        if rank == 0:
            break
        kept.remove(max(index for index in kept if columns[index].rank == rank))
    growing = [index for index in kept if columns[index].grows]
    extra = max(0, -over)
    share = {index: extra // len(growing) for index in growing}
    if growing:
        share[growing[-1]] += extra % len(growing)
    return tuple(Place(index, columns[index], columns[index].width + share.get(index, 0)) for index in kept)


def _needed(columns: Sequence[Column], kept: Sequence[int]) -> int:
    return sum(columns[index].width for index in kept) + max(0, len(kept) - 1)


class Layout:
    """Draws rows of one set of columns at one width."""

    def __init__(self, columns: tuple[Column, ...], width: int, glyphs: Glyphs) -> None:
        self.columns, self.width, self.glyphs = columns, width, glyphs
        self.places = arrange(columns, width)

    def head(self, inks: Inks, place: str) -> list[Inked]:
        """The titles; which lines are visible stands beside the first that has room for it."""
        titles = []
        for _, column, width in self.places:
            title = column.title
            if place and title and column.align == "left" and len(title) + len(place) + 2 <= width:
                title, place = f"{title}  {place}", ""
            titles.append(fit(title, width, column.align, "end", self.glyphs.ellipsis))
        return [(" " * GUTTER + " ".join(titles), inks.head)]

    def row(self, cells: Row, inks: Inks, ground: str, sign: Cell, wanted: str = "") -> list[Inked]:
        """A row of a table, the sign of the cursor before it; what the filter found stands out."""
        parts: list[Inked] = [(sign.text, inks.on(ground, sign.tone))]
        ascii_signs, ellipsis = self.glyphs.ascii, self.glyphs.ellipsis
        for number, (cell, column, width) in enumerate(self.places):
            text, tone = cells[cell]
            style = inks.on(ground, tone) if not column.owner else inks.owner(ground, text[:1])
            body = fit(safe(text, ascii_signs), width, column.align, column.cut, ellipsis)
            if number:
                body = " " + body
            if column.cut == "middle" and body.lstrip()[:1] in BRANCHES:
                lead = len(body) - len(body.lstrip(GUIDES))
                parts.append((body[:lead], inks.guide(ground)))
                body = body[lead:]
            if style.underline:
                bare = body.strip()
                lead = len(body) - len(body.lstrip())
                blank = inks.ground(ground)
                inner = mark(bare, wanted, style, inks) if wanted else [(bare, style)]
                parts += [(body[:lead], blank), *inner, (body[lead + len(bare) :], blank)]
            elif wanted:
                parts += mark(body, wanted, style, inks)
            else:
                parts.append((body, style))
        return parts

    def changed(self, before: Row, after: Row) -> int:
        """The cell behind the last column in which two rows differ; 0 when none that is shown does."""
        if before is after or before == after:
            return 0
        end, x = 0, GUTTER
        for cell, _, width in self.places:
            x += width
            if before[cell] != after[cell]:
                end = x
            x += 1
        return min(end, self.width)


def free(cells: Row, inks: Inks, ground: str, sign: Cell, width: int, glyphs: Glyphs, wanted: str = "") -> list[Inked]:
    """Cells one after another over the whole width; the last that does not fit ends in an ellipsis."""
    parts: list[Inked] = [(sign.text, inks.on(ground, sign.tone))]
    room = width - GUTTER
    for text, tone in cells:
        shown = safe(text, glyphs.ascii)
        length = len(shown) if shown.isascii() else cell_len(shown)
        if length > room:
            shown, length = fit(shown, room, "left", "end", glyphs.ellipsis), room
        style = inks.on(ground, tone)
        parts += mark(shown, wanted, style, inks) if wanted else [(shown, style)]
        room -= length
        if room <= 0:
            break
    return parts


def mark(text: str, wanted: str, style: Style, inks: Inks) -> list[Inked]:
    """A text with every place the filter found in the theme's own style for that."""
    low, sought = text.casefold(), wanted.casefold()
    if len(low) != len(text) or sought not in low:
        return [(text, style)]
    parts: list[Inked] = []
    start = 0
    while (at := low.find(sought, start)) >= 0:
        parts += [(text[start:at], style), (text[at : at + len(sought)], style + inks.theme.match)]
        start = at + len(sought)
    return [*parts, (text[start:], style)]


def sign_of(cursor: bool, glyphs: Glyphs) -> Cell:
    """What stands in the gutter."""
    tone: Tone = "accent" if cursor else "text"
    return Cell(glyphs.cursor if cursor else " " * GUTTER, tone)
