"""Plotted: the picture of one metric over time, of a node, of several side by side, or of all as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from redistui.history import History, fleet_span, how_of
from redistui.judge.rules.limits import Limits
from redistui.metrics import BY_NAME, KEPT, says
from redistui.model import Event, Group, Node
from redistui.view import figures
from redistui.view.cells import Cell, Row, Tone
from redistui.view.glyphs import Glyphs
from redistui.view.plot import Limit, Picture, Series, Window, letters_of, limits, mark_legend, marks, near
from redistui.view.topology import ROLES

Members = tuple[tuple[Group, Node], ...]


class Subject(NamedTuple):
    """What is to be plotted."""

    metric: str
    members: Members
    total: bool = False
    """All of them as one."""

    @property
    def how(self) -> str:
        """`sum` or `mean`: how one figure is made of all."""
        return how_of(self.metric)


def picture(
    subject: Subject, history: History, events: Sequence[Event], span: Window, thresholds: Mapping[str, float]
) -> Picture:
    """Reads the past: some 0.2 ms for a node, 0.4 ms where each of the samples counts."""
    metric, nodes = subject.metric, [node.address for _, node in subject.members]
    if subject.total:
        whole = fleet_span(history, nodes, metric, span.since, span.until, span.points)
        series: tuple[Series, ...] = (Series(title(subject), tuple(whole)),)
    else:
        spans = ((node, history.span(node, metric, span.since, span.until, span.points)) for node in nodes)
        series = tuple(Series(node, tuple(samples)) for node, samples in spans)
    groups = frozenset(group.name for group, _ in subject.members)
    summed = subject.total and subject.how == "sum"  # a node's limit says nothing of a sum
    return Picture(
        window=span,
        unit=BY_NAME[metric].unit,
        series=series,
        limits=() if summed else _limits(subject, thresholds),
        marks=tuple(marks(events, span, groups, None if subject.total else frozenset(nodes))),
        nothing=_nothing(metric, [node for _, node in subject.members]),
    )


def _nothing(metric: str, nodes: Sequence[Node]) -> str:
    """Why a plot may be empty: a server that is too old for it, or a limit that is not set, has no past either."""
    if nodes and all(node.version is not None and not says(metric, node.server, node.version) for node in nodes):
        since = BY_NAME[metric].since
        who = f"Valkey {since[1:]}" if since.startswith("V") else f"Redis {since}"
        runs = " and ".join(sorted({f"{node.server or 'redis'} {node.version}" for node in nodes}))
        return f"{metric} is told by {who} and later, and not by {runs}"
    if metric not in KEPT:
        return f"the past of {metric} is not kept; the table shows what it is"
    return f"no sample in this time. {metric}: {BY_NAME[metric].doc}"


def _limits(subject: Subject, thresholds: Mapping[str, float]) -> tuple[Limit, ...]:
    """Those that hold for all that is drawn; several nodes may each have their own, and then none is drawn."""
    every = Limits(thresholds)
    found = {
        limits(subject.metric, every.within(group.target).of(group.name, node.address))
        for group, node in subject.members
    }
    return found.pop() if len(found) == 1 else ()


def title(subject: Subject) -> str:
    """Whom a total is made of.

    >>> title(Subject("clients", (), total=True)), title(Subject("cpu_percent", (), total=True))
    ('sum of 0 nodes', 'mean of 0 nodes')
    """
    return f"{subject.how} of {figures.plural(len(subject.members), 'node')}"


def now(subject: Subject) -> list[float | None]:
    """The newest figure of each line."""
    values = [node.metric(subject.metric) for _, node in subject.members]
    if not subject.total:
        return values
    known = [value for value in values if value is not None]
    if not known:
        return [None]
    return [sum(known) if subject.how == "sum" else sum(known) / len(known)]


def caption(subject: Subject, shown: Picture, range_: str, glyphs: Glyphs, width: int = 200) -> Row:
    """What a plot shows: whose metric, over which time, its extremes, and thresholds that are out of sight. In a narrow
    line the extremes go first, which the axis tells roughly."""
    metric, dot = BY_NAME[subject.metric], f" {glyphs.dot} "
    head = (*_whose(subject), Cell(f"  {metric.title}", "accent"))
    room = width - 1 - sum(len(cell.text) for cell in head)  # 1: what stands in the cursor's place
    current, extremes, away = _now(subject, shown), _extremes(shown), _away(shown)
    ways = (
        [f"last {range_}, UTC", *current, *extremes, *away],
        [f"last {range_}, UTC", *current, *extremes[1:], *away],
        [f"last {range_}", *current, *extremes[1:], *away],
        [f"last {range_}", *current, *away],
        [f"last {range_}", *away],
    )
    said = next((text for way in ways if len(text := f"  {dot.join(way)}") <= room), f"  {dot.join(ways[-1])}")
    return (*head, Cell(said, "dim"))


def _now(subject: Subject, shown: Picture) -> list[str]:
    """Of one line only; of a node that does not answer it is what it said last."""
    if len(shown.series) != 1 or not subject.members:
        return []
    silent = not subject.total and not subject.members[0][1].up
    return [f"{'was' if silent else 'now'} {figures.figure(now(subject)[0], shown.unit)}"]


def _extremes(shown: Picture) -> list[str]:
    samples = [one.low for line in shown.series for one in line.samples if one is not None]
    if not samples:
        return []
    return [f"low {figures.figure(min(samples), shown.unit)}", f"high {figures.figure(shown.top, shown.unit)}"]


def _away(shown: Picture) -> list[str]:
    """Thresholds that the plot does not reach."""
    drawn = near(shown.limits, shown.top or 0.0)
    away = [limit for limit in shown.limits if limit not in drawn]
    said = ", ".join(f"{limit.level} from {figures.figure(limit.value, shown.unit)}" for limit in away)
    return [said] if said else []


def _whose(subject: Subject) -> Row:
    if subject.total:
        return (Cell(f" {title(subject)}", "title"),)
    if len(subject.members) != 1:
        return (Cell(f" {figures.plural(len(subject.members), 'node')} side by side", "title"),)
    node = subject.members[0][1]
    return ROLES[node.role], Cell(f" {node.address}", "title")


def legend(subject: Subject, shown: Picture) -> Row:
    """Which letter is who, and what the letters over the plot mean; empty where there is nothing to say."""
    cells: list[Cell] = []
    if len(shown.series) > 1:
        unit = BY_NAME[subject.metric].unit
        for number, (line, value) in enumerate(zip(shown.series, now(subject), strict=True)):
            tone: Tone = "dim" if value is None else "text"
            cells += [Cell(f" {letters_of(number)}", "accent"), Cell(f" {line.title} ", "dim")]
            cells.append(Cell(f"{figures.figure(value, unit)} ", tone))
    return (*cells, *(mark_legend(shown.marks) if shown.top is not None else ()))
