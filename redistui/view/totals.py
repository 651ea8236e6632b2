"""Totals: the whole fleet in one line, as it stands above the metrics of its nodes."""

from __future__ import annotations

from redistui.judge.report import summary
from redistui.judge.score import band, score
from redistui.model import Fleet
from redistui.view import figures
from redistui.view.cells import Cell, Row, Tone

TONES: dict[str, Tone] = {
    "excellent": "ok", "good": "ok", "fair": "warn", "poor": "bad", "critical": "bad",
}  # fmt: skip
"""Of the score's bands."""
GAP = Cell("  ")


def totals(fleet: Fleet, width: int) -> Row:
    """Servers up, score and sums over all data servers that answer, as many as fit; what nobody tells is a dash. Of no
    server there is no line."""
    whole = summary(fleet)
    if not whole.nodes:
        return ()
    points = score(fleet)
    all_up = whole.nodes_up == whole.nodes
    parts = [
        (Cell(f"{whole.nodes_up}/{whole.nodes} up", "text" if all_up else "bad"),),
        (Cell(f"score {points} {band(points)}", TONES[band(points)]),),
        _part("memory", figures.size(whole.memory_used)),
        _part("ops/s", figures.rate(whole.ops_per_second)),
        _part("clients", figures.count(whole.clients)),
        _part("cpu", figures.percent(whole.cpu_percent)),
        _part("keys", figures.count(whole.keys)),
    ]
    if whole.memory_limit is not None:
        parts.append(_part("maxmemory", figures.size(whole.memory_limit)))
    return _fitting(Cell(" fleet", "title"), parts, width)


def _part(name: str, value: str) -> Row:
    return Cell(f"{name} ", "dim"), Cell(value)


def _fitting(first: Cell, parts: list[Row], width: int) -> Row:
    """As many parts as there is room for, in their order."""
    row: Row = (first,)
    for part in parts:
        more = (*row, GAP, *part)
        if sum(len(cell.text) for cell in more) > width:
            break
        row = more
    return row
