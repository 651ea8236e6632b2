"""Cell(text, tone): what every screen and every verb of the command line draws with.

A view turns a snapshot into rows of cells and knows neither rich nor Textual; the theme meets the tone in tui/, and
the command line drops it. Whoever puts a cell's text on a terminal passes it through `show`.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Tone = Literal[
    "text",  # ordinary
    "dim",  # stale, absent, or of little weight
    "title",  # headings
    "key",  # a key to press, a name to type
    "ok",
    "warn",
    "bad",
    "unknown",
    "primary",
    "replica",
    "sentinel",
    "accent",  # what is selected or live
]
Align = Literal["left", "right"]


class Cell(NamedTuple):
    """A short text and what it means."""

    text: str
    tone: Tone = "text"


class Column(NamedTuple):
    """A column of a live table: `width` cells, given up in the order of `rank` (highest first) when space is short."""

    title: str
    width: int
    align: Align = "left"
    rank: int = 0
    """0 is never given up."""
    grows: bool = False
    """Takes the space that is left over."""
    cut: Literal["end", "middle"] = "end"
    """Where the ellipsis goes when a text is too long: an address keeps its end, which tells it from others."""
    owner: bool = False
    """Its text begins with the letter of a slot owner and is drawn in that owner's colour."""


Row = tuple[Cell, ...]


def show(text: str, limit: int = 400) -> str:
    r"""Makes a text from a server harmless: what could move the cursor, hide or reorder text is spelled out.

    >>> print(show("plain"), show("a" + chr(27) + "[31mb"), show("a" + chr(0x202E) + "b"))
    plain a\x1b[31mb a\u202eb
    """
    if len(text) > limit:
        text = text[: limit - 1] + "…"
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else _spelled(c) for c in text)


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
