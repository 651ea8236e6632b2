"""Findings as lines: how many, and then each in one sentence, the grave ones first."""

from __future__ import annotations

from collections.abc import Sequence

from redistui.model import Finding
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line

NAME = 16
"""Cells at most for a group's name before a finding."""


class FindingList:
    """All findings under their summary, each line made when it is asked for."""

    columns: tuple[Column, ...] = ()

    def __init__(self, findings: Sequence[Finding], glyphs: Glyphs, several: bool) -> None:
        """`several`: of more than one group, whose name then stands before each."""
        self._findings = sorted(findings, key=lambda finding: finding.level != "bad")
        self._glyphs = glyphs
        self._width = min(NAME, max((len(finding.group) for finding in findings), default=0)) if several else 0

    def __len__(self) -> int:
        return len(self._findings) + 1

    def finding(self, index: int) -> Finding | None:
        """The finding on a line; None on that of the summary."""
        return self._findings[index - 1] if 0 < index <= len(self._findings) else None

    def key(self, index: int) -> str:
        finding = self.finding(index)
        return "summary" if finding is None else f"{finding.group} {finding.rule} {finding.node or finding.message}"

    def matches(self, index: int) -> bool:
        return True

    def line(self, index: int) -> Line:
        finding = self.finding(index)
        if finding is None:
            return Line(summary(self._findings, self._glyphs), "band")
        tone: Tone = "text" if finding.level == "bad" else "replica"
        name = f" {finding.group[:NAME]:<{self._width}} " if self._width else " "
        mark = words.level_mark(finding.level, self._glyphs)
        return Line((mark, Cell(name, "dim"), Cell(finding.message, tone)), "text")


def summary(findings: Sequence[Finding], glyphs: Glyphs) -> Row:
    """`3 bad, 5 warnings`, as a heading."""
    bad = sum(finding.level == "bad" for finding in findings)
    rest = len(findings) - bad
    cells = [Cell("wrong now  ", "dim")]
    if bad:
        cells.append(Cell(f"{glyphs.bad} {bad} bad  ", "bad"))
    if rest:
        cells.append(Cell(f"{glyphs.warn} {figures.plural(rest, 'warning')}", "warn"))
    return tuple(cells)
