"""The widgets that are timed: ours, and the same picture by Textual's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rich.style import Style
from rich.text import Text
from textual.containers import Grid
from textual.widgets import DataTable, Sparkline, Static

from redistui.history import Sample
from redistui.metrics import SPARKS
from redistui.model import SLOTS, Cluster, Fleet, Survey
from redistui.tui.themes import Theme, load_or_default
from redistui.tui.widgets.heatmap import LABEL, Heatmap
from redistui.tui.widgets.plot import Plot
from redistui.tui.widgets.table import LiveTable
from redistui.view.glyphs import UNICODE
from redistui.view.metrics import Sparks, shape
from redistui.view.plot import Limit, Mark, Picture, Series, window
from redistui.view.slots_heat import Heat, heat_of
from redistui.view.slots_map import grid, spots
from redistui.view.slots_picture import Figures, Owners
from redistui.view.topology import Outline
from tests import fleets
from tests.bench.stage import Drawn
from tests.bench.terminal import SIZE

SHARDS = 16
MOVED = range(8000, 8100)
ROWS = 40
"""Lines of the table of sparklines, five metrics each."""
PAST = 60
TURNS = 4
"""Fleets that differ in all their figures."""


def theme() -> Theme:
    return load_or_default(None)[0]


# The map of slots


def clusters(moved: range) -> tuple[Cluster, Cluster]:
    """A cluster before and after the owner of some slots changed."""
    cluster = fleets.wide_cluster(count=SHARDS).cluster
    assert cluster is not None
    owners = tuple((owner + 1) % SHARDS if slot in moved else owner for slot, owner in enumerate(cluster.owners))
    return cluster, replace(cluster, owners=owners)


def heatmap(moved: range) -> Drawn:
    widget, worn, both = Heatmap(), theme(), clusters(moved)
    return Drawn(widget, lambda turn: lambda: widget.show(Owners(both[turn % 2]), worn, UNICODE, False))


def heats(moved: range) -> tuple[Heat, Heat]:
    """Keys of every slot, before and after some slots got sixteen times as many."""
    keys = tuple(float(1 + slot * 7919 % 977) for slot in range(SLOTS))
    grown = tuple(value * 16 % 977 if slot in moved else value for slot, value in enumerate(keys))
    found = [heat_of("keys", Survey(0.0, 0.0, values)) for values in (keys, grown)]
    assert found[0] is not None
    assert found[1] is not None
    return found[0], found[1]


def figures_map(moved: range) -> Drawn:
    """The map of keys, from a survey's figures on."""
    widget, worn, cluster, both = Heatmap(), theme(), clusters(moved)[0], heats(moved)
    fresh = [Survey(0.0, 0.0, heat.values) for heat in both]

    def draw(survey: Survey) -> None:
        widget.show(Figures(cluster, heat_of("keys", survey)), worn, UNICODE, False)

    return Drawn(widget, lambda turn: lambda: draw(fresh[turn % 2]))


def static_heatmap(moved: range) -> Drawn:
    """A Static with one Text of half blocks."""
    widget, worn, both = Static(), theme(), clusters(moved)
    form = grid(SIZE[0] - LABEL, SIZE[1] * 2)

    def draw(cluster: Cluster) -> None:
        cells, text = spots(cluster, form), Text()
        for row in range(0, form.rows, 2):
            upper = cells[row * form.columns : (row + 1) * form.columns]
            lower = cells[(row + 1) * form.columns : (row + 2) * form.columns] or upper
            for one, other in zip(upper, lower, strict=True):
                colours = worn.shard_colour(one.owner), worn.shard_colour(other.owner)
                text.append(UNICODE.upper, Style.from_color(*colours))
            text.append("\n")
        widget.update(text)

    return Drawn(widget, lambda turn: lambda: draw(both[turn % 2]))


# Sparklines


def turns(count: int) -> list[Fleet]:
    return [fleets.large(count, turn=turn) for turn in range(TURNS)]


def sparks() -> Drawn:
    widget, worn, all_ = LiveTable(), theme(), turns(ROWS)
    widget.styles.height = ROWS + 1
    past = fleets.history(all_[0], PAST)
    form = shape(SIZE[0], SPARKS[0])

    def turn(number: int) -> Callable[[], None]:
        fleet = all_[number % TURNS]
        for node in (node for group in fleet.groups for node in group.nodes):
            past.add(node.address, fleets.AT + 1 + number, node.metrics)
        return lambda: widget.show(Sparks(fleet, fleet.groups, past, UNICODE, form), worn, UNICODE)

    return Drawn(widget, turn)


def sparkline_widgets() -> Drawn:
    """200 of Textual's Sparkline."""
    lines = [Sparkline() for _ in range(ROWS * len(SPARKS))]
    for line in lines:
        line.styles.height = 1
    grid = Grid(*lines)
    grid.styles.grid_size_columns = len(SPARKS)
    grid.styles.grid_rows = "1"

    def draw(number: int) -> None:
        for index, line in enumerate(lines):
            line.data = [float((index * 7 + (number + sample) ** 2) % 101) for sample in range(PAST)]

    return Drawn(grid, lambda number: lambda: draw(number))


# A table of 1,000 rows


def table() -> Drawn:
    """The topology of 1,000 nodes, outline and all."""
    widget, worn, all_ = LiveTable(), theme(), turns(1000)
    past = fleets.history(all_[0], 20)

    def draw(fleet: Fleet) -> None:
        widget.show(Outline(fleet, fleet.groups, UNICODE, past, wide=True), worn, UNICODE)

    return Drawn(widget, lambda number: lambda: draw(all_[number % TURNS]))


def data_table() -> Drawn:
    """Textual's DataTable: the nodes as rows, `update_cell` for every cell that changed."""
    widget: DataTable[str] = DataTable()
    all_ = turns(1000)
    past = fleets.history(all_[0], 20)
    shown: dict[str, list[str]] = {}

    def draw(fleet: Fleet) -> None:
        outline = Outline(fleet, fleet.groups, UNICODE, past, wide=True)
        if not shown:
            for index, column in enumerate(outline.columns):
                widget.add_column(column.title, key=str(index), width=column.width)
        for index in range(len(outline)):
            if outline.spot(index).branch is not None:
                show(outline.key(index), [cell.text for cell in outline.line(index).cells])

    def show(key: str, texts: list[str]) -> None:
        before = shown.get(key)
        shown[key] = texts
        if before is None:
            widget.add_row(*texts, key=key)
            return
        for index, (old, new) in enumerate(zip(before, texts, strict=True)):
            if old != new:
                widget.update_cell(key, str(index), new)

    return Drawn(widget, lambda number: lambda: draw(all_[number % TURNS]))


# A plot


def plot() -> Drawn:
    """plotext behind our widget, as large as the screen."""
    widget, worn = Plot(), theme()

    def turn(number: int) -> Callable[[], None]:
        shown = pictured(number, 1)
        return lambda: widget.show(shown, worn, UNICODE)

    return Drawn(widget, turn)


def plots() -> Drawn:
    """Eight nodes side by side, with thresholds and events."""
    widget, worn = Plot(), theme()

    def turn(number: int) -> Callable[[], None]:
        shown = pictured(number, 8)._replace(
            limits=(Limit("warn", 3.2e7), Limit("bad", 3.6e7)),
            marks=(Mark(fleets.AT - 100, "F", "accent"), Mark(fleets.AT - 40, "D", "bad")),
        )
        return lambda: widget.show(shown, worn, UNICODE)

    return Drawn(widget, turn)


def pictured(number: int, count: int) -> Picture:
    """The last five minutes of some nodes, other ones with each turn."""
    span = window(fleets.AT, 300.0, 300)
    series = []
    for line in range(count):
        values = [1e6 * (2 + (sample + number + 5 * line) % 37) for sample in range(span.points)]
        samples = (Sample(span.since + at * span.step, value, value, value) for at, value in enumerate(values))
        series.append(Series(f"node {line}", tuple(samples)))
    return Picture(span, "bytes", tuple(series))


def ranked() -> Drawn:
    """The figures of a thousand nodes, filtered and sorted; as many of them are drawn as fit."""
    widget, worn, all_ = LiveTable(), theme(), turns(1000)
    past = fleets.history(all_[0], PAST)
    form = shape(SIZE[0], SPARKS[0])

    def turn(number: int) -> Callable[[], None]:
        fleet = all_[number % TURNS]
        for node in (node for group in fleet.groups for node in group.nodes):
            past.add(node.address, fleets.AT + 1 + number, node.metrics)
        wanted = "ops_per_second>0 role=replica"
        return lambda: widget.show(
            Sparks(fleet, fleet.groups, past, UNICODE, form, wanted, order="most"), worn, UNICODE
        )

    return Drawn(widget, turn)


WIDGETS: dict[str, Callable[[], Drawn]] = {
    "heatmap": lambda: heatmap(range(SLOTS)),
    "heatmap-keys": lambda: figures_map(range(SLOTS)),
    "heatmap-keys-100": lambda: figures_map(MOVED),
    "static-heatmap": lambda: static_heatmap(range(SLOTS)),
    "heatmap-100": lambda: heatmap(MOVED),
    "static-heatmap-100": lambda: static_heatmap(MOVED),
    "sparks": sparks,
    "sparkline-widgets": sparkline_widgets,
    "table": table,
    "data-table": data_table,
    "plot": plot,
    "plots": plots,
    "ranked": ranked,
}
