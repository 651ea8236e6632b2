"""Metrics: one line a node, with its figures and their recent past as sparklines."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from redistui.history import History
from redistui.judge.topology import tree
from redistui.metrics import BY_NAME, SPARKS
from redistui.model import Address, Fleet, Group, Node
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, contains
from redistui.view.spark import headroom, low, peak
from redistui.view.topology import ROLES, node_key, node_matches
from redistui.view.trouble import by_node, trouble

FIXED = 31
"""Cells before the first sparkline: gutter, mark, role and node."""
BLOCK = 23
"""The fewest cells for one metric: its figure and twelve samples or more."""
FIGURE = 7

NONE = Cell("")
"""A primary lags behind nobody."""


class Shape(NamedTuple):
    """Which metrics there is room for, and how many samples of each."""

    metrics: tuple[str, ...]
    samples: int


def shape(width: int, first: str) -> Shape:
    """As many metrics as fit, beginning with the chosen one; the rest of the width goes to their past.

    >>> shape(80, "memory_used")
    Shape(metrics=('memory_used', 'clients'), samples=15)
    >>> len(shape(160, "clients").metrics)
    5
    """
    room = max(BLOCK, width - FIXED)
    count = max(1, min(len(SPARKS), room // BLOCK))
    start = SPARKS.index(first)
    names = tuple(SPARKS[(start + step) % len(SPARKS)] for step in range(count))
    return Shape(names, room // count - FIGURE - 2)


@lru_cache(64)
def columns(names: tuple[str, ...], samples: int) -> tuple[Column, ...]:
    """The same tuple for the same shape, so that a table knows when to lay out anew."""
    made = [Column("", 1), Column("", 1), Column("NODE", FIXED - 7, grows=True, cut="middle")]
    for name in names:
        made += [Column(BY_NAME[name].title.upper(), FIGURE, "right"), Column("", samples)]
    return tuple(made)


class Sparks:
    """Lines of all nodes of some groups, each made when it is asked for."""

    def __init__(
        self,
        fleet: Fleet,
        groups: Sequence[Group],
        history: History,
        glyphs: Glyphs,
        form: Shape,
        wanted: str = "",
    ) -> None:
        self.columns = columns(form.metrics, form.samples)
        self._fleet, self._history, self._glyphs, self._form = fleet, history, glyphs, form
        self._wanted = wanted
        self._found = by_node(fleet.findings)
        self._nodes = [
            (group, branch.node)
            for group in groups
            for branch in tree(group)
            if contains(wanted, group.name) or node_matches(wanted, branch.node)
        ]
        self._several = len(groups) > 1

    def __len__(self) -> int:
        return len(self._nodes)

    def node(self, index: int) -> tuple[Group, Node]:
        return self._nodes[index]

    def key(self, index: int) -> str:
        group, node = self._nodes[index]
        return node_key(group.name, node.address)

    def matches(self, index: int) -> bool:
        return True

    def line(self, index: int) -> Line:
        group, node = self._nodes[index]
        state = trouble(self._fleet, group, node, self._found)
        known = self._fleet.freshness(node.seen_at)
        tone: Tone = "text" if known == "fresh" else "dim"
        cells = [
            words.level_mark(state.level, self._glyphs),
            ROLES[node.role],
            Cell(node.address, "bad" if state.level == "bad" else tone),
        ]
        for name in self._form.metrics:
            value = node.metric(name) if known != "unknown" else None
            besides = node.role == "primary" and name.startswith("lag")
            cells += (NONE, NONE) if besides else self._metric(node.address, name, value, tone)
        return Line(tuple(cells))

    def _metric(self, address: Address, name: str, value: float | None, tone: Tone) -> Row:
        samples = self._form.samples
        past = headroom(self._history.last(address, name, samples), samples, self._glyphs)
        shown = figures.figure(value, BY_NAME[name].unit)
        first = name == self._form.metrics[0]
        drawn: Tone = "accent" if first and tone == "text" else "dim"
        return Cell(shown, "dim" if value is None else tone), Cell(past, drawn)


def tabs(chosen: str) -> Row:
    """The metrics one can step through, the chosen one standing out by brackets too."""
    cells = [Cell(" ")]
    for name in SPARKS:
        title = BY_NAME[name].title
        cells.append(Cell(f"[{title}]", "accent") if name == chosen else Cell(f" {title} ", "dim"))
        cells.append(Cell(" "))
    return tuple(cells)


def caption(node: Node, metric: str, values: Sequence[float | None], seconds: float, glyphs: Glyphs) -> Row:
    """What a plot shows: whose metric, over which time, and its extremes."""
    row = BY_NAME[metric]
    dot = f"  {glyphs.dot}  "
    now = values[-1] if values else None
    extremes = (("now", now), ("lowest", low(values)), ("highest", peak(values)))
    said = dot.join(f"{word} {figures.figure(value, row.unit)}" for word, value in extremes)
    return (
        ROLES[node.role],
        Cell(f" {node.address}", "title"),
        Cell(f"  {row.title}", "accent"),
        Cell(f"  last {figures.span(seconds)}{dot}{said}", "dim"),
    )
