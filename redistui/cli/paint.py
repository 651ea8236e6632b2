"""Rows of cells as lines of a terminal: aligned, and coloured only where somebody looks at them."""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence

from redistui.view.cells import Column, Row, Tone, show
from redistui.view.words import ascii_only

CODES: Mapping[Tone, str] = {
    "dim": "2",
    "title": "1",
    "key": "36",
    "ok": "32",
    "warn": "33",
    "bad": "1;31",
    "unknown": "35",
    "primary": "1;34",
    "sentinel": "35",
    "accent": "36",
}
"""Tones in the terminal's own sixteen colours, which its owner has chosen."""


def coloured() -> bool:
    """Stdout is a terminal that takes colours, and NO_COLOR (https://no-color.org) is not set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"


def painted(text: str, tone: Tone, colour: bool) -> str:
    code = CODES.get(tone)
    return f"\x1b[{code}m{text}\x1b[0m" if colour and code and text.strip() else text


def line(row: Row, colour: bool) -> str:
    """Cells one after the other, a space between them."""
    return " ".join(painted(harmless(cell.text), cell.tone, colour) for cell in row if cell.text)


def harmless(text: str) -> str:
    """A text without control characters, and in letters that stdout can take."""
    text = show(text)
    return text if unicode_out() else ascii_only(text)


def unicode_out() -> bool:
    """Stdout takes any letter. Read anew each time: it may be another stdout by now."""
    return (sys.stdout.encoding or "ascii").lower().replace("-", "").startswith("utf")


def table(columns: Sequence[Column], rows: Iterable[Row], colour: bool, indent: str = "  ") -> Iterator[str]:
    """Lines of a table, as wide as its contents; a column without any is left out."""
    cells = [[(harmless(cell.text), cell.tone) for cell in row] for row in rows]
    kept = [at for at in range(len(columns)) if any(row[at][0] for row in cells)]
    sizes = {at: max([width(columns[at].title), *(width(row[at][0]) for row in cells)]) for at in kept}
    titles: list[tuple[str, Tone]] = [(column.title, "dim") for column in columns]
    for row in [titles, *cells]:
        fields = [painted(_fitted(row[at][0], sizes[at], columns[at]), row[at][1], colour) for at in kept]
        yield (indent + "  ".join(fields)).rstrip()


def _fitted(text: str, size: int, column: Column) -> str:
    space = " " * (size - width(text))
    return space + text if column.align == "right" else text + space


def width(text: str) -> int:
    """Cells a text takes on a terminal.

    >>> width("ab"), width("日本")
    (2, 4)
    """
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
