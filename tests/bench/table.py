"""A small table: on a terminal, or as Markdown for the README."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import wrap

WIDTH = 100
"""Of the notes, in characters."""


@dataclass(slots=True)
class Table:
    """What one measurement found. The first column names things, the others hold figures."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What was compared with what, and what it should come to; a sentence each."""

    def add(self, *cells: str) -> None:
        self.rows.append(cells)

    def text(self) -> str:
        """
        >>> table = Table("speed", ("", "ms"), [("ours", "1.0"), ("theirs", "12.5")], ["in one run"])
        >>> print(table.text())
        speed
                    ms
          ours     1.0
          theirs  12.5
          in one run
        """
        widths = self._widths()
        lines = ["  ".join(self._aligned(row, widths)).rstrip() for row in (self.columns, *self.rows)]
        notes = [line for note in self.notes for line in wrap(note, WIDTH)]
        return "\n".join([self.title, *(f"  {line}" for line in (*lines, *notes))])

    def markdown(self) -> str:
        """The same, to be pasted."""
        widths = self._widths()
        rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
        rows = [self._aligned(row, widths) for row in (self.columns, *self.rows)]
        lines = [f"| {' | '.join(row)} |" for row in (rows[0], rule, *rows[1:])]
        return "\n".join([f"**{self.title}**", "", *lines, "", *self.notes])

    def _widths(self) -> list[int]:
        rows = (self.columns, *self.rows)
        return [max(3, *(len(row[index]) for row in rows)) for index in range(len(self.columns))]

    @staticmethod
    def _aligned(row: Sequence[str], widths: Sequence[int]) -> list[str]:
        return [
            cell.rjust(width) if index else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]


def ratio(one: float, other: float) -> str:
    """
    >>> ratio(1.0, 4.0), ratio(3.0, 0.0)
    ('0.25x', '-')
    """
    return f"{one / other:.2f}x" if other else "-"
