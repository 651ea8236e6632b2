"""A document of blocks as lines of a terminal, or of a file."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from redistui.cli.paint import coloured, harmless, painted, table, width
from redistui.view.blocks import Block, Heading, Items, Picture, Table
from redistui.view.cells import Cell, Row, Tone

GAP = 2
"""Cells before each column of a table."""
LEAST = 24
"""Cells that a wide column of a table keeps in any case."""


def lines(blocks: Iterable[Block]) -> Iterator[str]:
    """Headings in capitals with an empty line before them; sentences wrapped where somebody looks at them."""
    colour, columns = coloured(), max(60, min(140, shutil.get_terminal_size((120, 24)).columns))
    first = True
    for block in blocks:
        if isinstance(block, Heading):
            if not first:
                yield ""
            text = block.text if block.level == 1 else block.text.upper()
            yield painted(harmless(text), "title", colour)
        elif isinstance(block, Table):
            yield from table(block.columns, fitted(block, columns), colour)
        elif isinstance(block, Picture):
            yield ""
            yield from (f"  {harmless(text)}".rstrip() for text in block.lines)
        elif isinstance(block, Items):
            for head, more in block.items:
                yield from _wrapped(head, columns, "    ", colour, first="  - ")
                yield from _wrapped(more, columns, "    ", colour)
        else:
            yield from _wrapped(block.cells, columns, "  ", colour)
        first = False


def fitted(block: Table, columns: int) -> list[Row]:
    """The rows of a table that is too wide with the texts of its widest columns over several of them; where that is not
    enough without the columns that it can do without."""
    cells = [[harmless(cell.text) for cell in row] for row in block.rows]
    sizes = [
        max(width(column.title), *(width(row[at]) for row in cells)) if any(row[at] for row in cells) else 0
        for at, column in enumerate(block.columns)
    ]
    spared = [at for at in range(len(sizes)) if sizes[at] and block.columns[at].rank]
    spared.sort(key=lambda at: block.columns[at].rank)
    room = _narrowed(sizes, columns)
    while spared and _wide(room) > columns:
        sizes[spared.pop()] = 0
        room = _narrowed(sizes, columns)
    rows: list[Row] = []
    for row, texts in zip(block.rows, cells, strict=True):
        parts = [_parts(text, size) for text, size in zip(texts, room, strict=True)]
        for number in range(max(map(len, parts), default=1)):
            rows.append(tuple(_part(cell, part, number) for cell, part in zip(row, parts, strict=True)))
    return rows


def _wide(sizes: Sequence[int]) -> int:
    return sum(GAP + size for size in sizes if size)


def _narrowed(sizes: Sequence[int], columns: int) -> list[int]:
    """The widest first, down to LEAST."""
    room = list(sizes)
    for _ in range(max(0, _wide(room) - columns)):
        widest = max(range(len(room)), key=room.__getitem__)
        room[widest] -= room[widest] > LEAST
    return room


def _parts(text: str, size: int) -> list[str]:
    if size == 0:
        return [""]
    return [text] if width(text) <= size else wrap(text, size, break_on_hyphens=False)


def _part(cell: Cell, parts: Sequence[str], number: int) -> Cell:
    return cell._replace(text=parts[number]) if number < len(parts) else Cell("", cell.tone)


def _wrapped(cells: Row, columns: int, indent: str, colour: bool, first: str = "") -> Iterator[str]:
    """The cells one after the other, over as many lines as they need; no colour goes from one line to the next."""
    row: list[tuple[str, Tone]] = []
    used, lead = len(indent), first or indent
    for word, tone in ((word, cell.tone) for cell in cells for word in harmless(cell.text).split()):
        if row and used + 1 + width(word) > columns:
            yield lead + _run(row, colour)
            row, used, lead = [], len(indent), indent
        row.append((word, tone))
        used += width(word) + (len(row) > 1)
    if row:
        yield lead + _run(row, colour)


def _run(words: Iterable[tuple[str, Tone]], colour: bool) -> str:
    """Words of one tone are painted in one go."""
    runs = ((tone, " ".join(word for word, _ in same)) for tone, same in groupby(words, key=lambda pair: pair[1]))
    return " ".join(painted(text, tone, colour) for tone, text in runs)
