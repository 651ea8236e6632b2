"""Metrics: one line a node, with its figures and their recent past as sparklines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from redistui.history import History
from redistui.judge.topology import tree
from redistui.metrics import BY_NAME, KEPT, METRICS, SPARKS
from redistui.model import Address, Fleet, Group, Node
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line
from redistui.view.spark import headroom
from redistui.view.topology import ROLES, node_key
from redistui.view.trouble import by_node, trouble
from redistui.view.wanted import Wanted, read

FIXED = 31
"""Cells before the first sparkline: gutter, mark, role and node."""
BLOCK = 23
"""The fewest cells for one metric: its figure and twelve samples or more."""
FIGURE = 7

CHOICES: tuple[str, ...] = (*SPARKS, *(metric.name for metric in METRICS if metric.name not in SPARKS))
"""All metrics, in the order one steps through them."""
Order = Literal["tree", "most", "least"]
ORDERS: tuple[Order, ...] = ("tree", "most", "least")

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
    >>> shape(80, "fork_ms").metrics
    ('fork_ms', 'ops_per_second')
    """
    room = max(BLOCK, width - FIXED)
    count = max(1, min(len(SPARKS), room // BLOCK))
    start = SPARKS.index(first) if first in SPARKS else -1
    others = (SPARKS[(start + step) % len(SPARKS)] for step in range(1, count))
    return Shape((first, *others), room // count - FIGURE - 2)


@lru_cache(64)
def columns(names: tuple[str, ...], samples: int, sign: str = "", lettered: bool = False) -> tuple[Column, ...]:
    """The same tuple for the same shape, so that a table knows when to lay out anew; `sign`: how it is sorted;
    `lettered`: some nodes have a letter."""
    made = [Column("", 1), *[Column("", 1, owner=True)] * lettered, Column("", 1)]
    made.append(Column("NODE", FIXED - 7 - 2 * lettered, grows=True, cut="middle"))
    for number, name in enumerate(names):
        title = BY_NAME[name].title.upper()
        shown = title if number or not sign else f"{title[: FIGURE - 1]}{sign}"
        made += [Column(shown, FIGURE, "right"), Column("", samples)]
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
        wanted: Wanted | str = "",
        *,
        order: Order = "tree",
        letters: Mapping[Address, str] | None = None,
    ) -> None:
        """`order`: by the first metric, else as replicas follow primaries; `letters`: of nodes that are compared."""
        signs: Mapping[Order, str] = {"tree": "", "most": glyphs.sorted_down, "least": glyphs.sorted_up}
        self.columns = columns(form.metrics, form.samples, signs[order], bool(letters))
        self._fleet, self._history, self._glyphs, self._form = fleet, history, glyphs, form
        self._letters = letters or {}
        self._found = by_node(fleet.findings)
        sought = read(wanted) if isinstance(wanted, str) else wanted
        self._nodes = [
            (group, branch.node) for group in groups for branch in tree(group) if sought.finds(group, branch.node)
        ]
        if order != "tree":
            self._sort(form.metrics[0], order)

    def _sort(self, metric: str, order: Order) -> None:
        """Unknown values come last in either order; equals stay in the tree's."""
        down = -1.0 if order == "most" else 1.0
        values = [self._value(node, metric) for _, node in self._nodes]
        ranked = sorted(
            (value is None, down * value if value is not None else 0.0, index) for index, value in enumerate(values)
        )
        self._nodes = [self._nodes[index] for _, _, index in ranked]

    def _value(self, node: Node, metric: str) -> float | None:
        """What is shown: nothing of a node that was silent for long."""
        return node.metric(metric) if self._fleet.freshness(node.seen_at) != "unknown" else None

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
            *([Cell(self._letters.get(node.address, ""), "accent")] if self._letters else ()),
            ROLES[node.role],
            Cell(node.address, "bad" if state.level == "bad" else tone),
        ]
        for name in self._form.metrics:
            value = self._value(node, name)
            besides = node.role == "primary" and name.startswith("lag")
            cells += (NONE, NONE) if besides else self._metric(node.address, name, value, tone)
        return Line(tuple(cells))

    def _metric(self, address: Address, name: str, value: float | None, tone: Tone) -> Row:
        samples = self._form.samples
        shown = figures.figure(value, BY_NAME[name].unit)
        if name not in KEPT:
            return Cell(shown, "dim" if value is None else tone), NONE
        past = headroom(self._history.last(address, name, samples), samples, self._glyphs)
        first = name == self._form.metrics[0]
        drawn: Tone = "accent" if first and tone == "text" else "dim"
        return Cell(shown, "dim" if value is None else tone), Cell(past, drawn)


def tabs(chosen: str, width: int = 80) -> Row:
    """The metrics one can step through, the chosen one standing out by brackets too; as many around it as fit."""
    titles = [BY_NAME[name].title for name in CHOICES]
    here = CHOICES.index(chosen)
    first, used = 0, sum(len(title) + 3 for title in titles[: here + 1])
    while used > width - 2 and first < here:
        used -= len(titles[first]) + 3
        first += 1
    cells = [Cell(" ")]
    for name in CHOICES[first:]:
        title = BY_NAME[name].title
        cells.append(Cell(f"[{title}]", "accent") if name == chosen else Cell(f" {title} ", "dim"))
        cells.append(Cell(" "))
    return tuple(cells)
