"""Source: a list of lines, each made when it is asked for: of 1,000 nodes only the visible are formatted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, Protocol

from redistui.view.cells import Column, Row

Shape = Literal["row", "band", "text"]
"""row: one cell for each column. band: a heading over the whole width. text: cells one after another, over the whole
width."""


class Line(NamedTuple):
    """One line of a live list."""

    cells: Row
    shape: Shape = "row"


class Source(Protocol):
    """What a live table draws. A key stays with its line from one snapshot to the next, so that the cursor does too."""

    @property
    def columns(self) -> tuple[Column, ...]: ...

    def __len__(self) -> int: ...

    def key(self, index: int) -> str: ...

    def line(self, index: int) -> Line: ...

    def matches(self, index: int) -> bool:
        """The filter found something in this line; True for all lines while there is no filter."""
        ...


class Lines:
    """A short list that is made at once: the lines themselves, each with its key."""

    def __init__(
        self, columns: tuple[Column, ...], lines: Sequence[tuple[str, Line]], found: frozenset[int] | None = None
    ) -> None:
        self.columns = columns
        self._lines = lines
        self._found = found

    def __len__(self) -> int:
        return len(self._lines)

    def key(self, index: int) -> str:
        return self._lines[index][0]

    def line(self, index: int) -> Line:
        return self._lines[index][1]

    def matches(self, index: int) -> bool:
        return self._found is None or index in self._found


def text_lines(rows: Iterable[Row], prefix: str = "") -> list[tuple[str, Line]]:
    """Rows of free text as lines, with keys by their number.

    >>> from redistui.view.cells import Cell
    >>> text_lines([(Cell("all well"),)], "note ")
    [('note 0', Line(cells=(Cell(text='all well', tone='text'),), shape='text'))]
    """
    return [(f"{prefix}{number}", Line(tuple(row), "text")) for number, row in enumerate(rows)]


def contains(wanted: str, *texts: str | None) -> bool:
    """The filter's rule: the words typed after `/` are in one of the texts, whatever their case.

    >>> contains("REPL", "a replica", None), contains("", "x"), contains("10.2", "10.1.0.1:6379")
    (True, True, False)
    """
    low = wanted.casefold()
    return not low or any(low in text.casefold() for text in texts if text)
