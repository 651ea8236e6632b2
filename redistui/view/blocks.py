"""Blocks: a document of headings, sentences, lists, tables and pictures, which becomes lines of text or Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from redistui.view.cells import Cell, Column, Row, Tone, show


@dataclass(frozen=True, slots=True)
class Heading:
    """`level` 1 is the document's own title."""

    text: str
    level: int = 2


@dataclass(frozen=True, slots=True)
class Words:
    """A sentence, or several."""

    cells: Row


@dataclass(frozen=True, slots=True)
class Items:
    """A list: each item with what is to be read below it."""

    items: tuple[tuple[Row, Row], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles; a column without any text is left out."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines whose every place counts."""

    lines: tuple[str, ...]


Block = Heading | Words | Items | Table | Picture


def words(text: str, tone: Tone = "text") -> Words:
    return Words((Cell(text, tone),))


def markdown(blocks: Iterable[Block]) -> Iterator[str]:
    """The document's lines as Markdown; what servers said can neither become markup nor leave its table.

    >>> list(markdown([Heading("a_b"), words("x | <b>")]))
    ['## a\\\\_b', '', 'x \\\\| \\\\<b\\\\>', '']
    """
    for block in blocks:
        if isinstance(block, Heading):
            yield f"{'#' * block.level} {plain(block.text)}"
        elif isinstance(block, Words):
            yield _joined(block.cells)
        elif isinstance(block, Items):
            for head, more in block.items:
                yield f"- {_joined(head)}" + ("  " if more else "")
                if more:
                    yield f"  {_joined(more)}"
        elif isinstance(block, Picture):
            yield from ("```text", *(show(line).replace("`", "'") for line in block.lines), "```")
        else:
            yield from _table(block)
        yield ""


SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is."""
    return SPECIAL.sub(r"\\\1", show(text))


def _joined(cells: Sequence[Cell]) -> str:
    return " ".join(_cell(cell) for cell in cells if cell.text)


def _cell(cell: Cell) -> str:
    """Weight is kept, colours are not."""
    text = plain(cell.text)
    return f"**{text}**" if cell.tone in ("bad", "title") and text.strip() else text


def _table(table: Table) -> Iterator[str]:
    kept = [at for at in range(len(table.columns)) if any(row[at].text for row in table.rows)]
    columns = [table.columns[at] for at in kept]
    yield "| " + " | ".join(plain(column.title) for column in columns) + " |"
    yield "|" + "|".join(" ---: " if column.align == "right" else " --- " for column in columns) + "|"
    for row in table.rows:
        yield "| " + " | ".join(_cell(row[at]) for at in kept) + " |"
