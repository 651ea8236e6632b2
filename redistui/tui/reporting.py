"""`:report`: how the fleet is, over whatever screen one is on: score, what is wrong, what to do about it and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from redistui.tui.lists import Reading
from redistui.view.blocks import Block, Heading, Items, Table, Words
from redistui.view.cells import Cell, Row, Tone
from redistui.view.words import paragraph

if TYPE_CHECKING:
    from redistui.tui.house import House

WIDTH = 104
BACK = 900.0
"""Seconds that its trends go back."""


def report_screen(house: House) -> Reading:
    """Of the snapshot that is shown, and of the past that is known."""
    from redistui.judge.report import report
    from redistui.view.report import health_blocks

    watching, app = house.watching, house.dashboard
    made = report(watching.fleet, watching.history, BACK, watching.thresholds)
    width = min(WIDTH, app.size.width - 6)
    more = paragraph("`redistui report` has groups, trends, capacity and drift as well", width, "dim")
    rows = [*rows_of(health_blocks(made), width), (), *more]
    screen = Reading("Health report", rows, app.dress, app.signs)
    screen.add_class("wide")
    return screen


def rows_of(blocks: Iterator[Block], width: int) -> Iterator[Row]:
    """A document of sentences and lists, wrapped."""
    for block in blocks:
        if isinstance(block, Heading):
            yield ()
            yield (Cell(block.text, "title"),)
        elif isinstance(block, Words):
            yield from _sentences(block.cells, width, Cell("  "))
        elif isinstance(block, Items):
            for head, more in block.items:
                yield from _sentences(head, width, Cell("- ", "accent"))
                yield from _sentences(more, width, Cell("    "), "dim") if more else ()
        elif isinstance(block, Table):
            raise ValueError("a table has no place in it")


def _sentences(cells: Row, width: int, lead: Cell, tone: Tone | None = None) -> Iterator[Row]:
    """One paragraph, in the tone of its first cell unless another is given."""
    told = [cell for cell in cells if cell.text]
    text = " ".join(cell.text for cell in told)
    yield from paragraph(text, width, tone or (told[0].tone if told else "text"), lead)
