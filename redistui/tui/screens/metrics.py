"""Screen 5, Metrics: sparklines of every node, and a plot of the one under the cursor."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from redistui.history import LENGTH
from redistui.metrics import BY_NAME, SPARKS
from redistui.model import Address, Group
from redistui.tui.line import Line
from redistui.tui.panel import Panel, bindings
from redistui.tui.scene import Scene
from redistui.tui.widgets.columns import free
from redistui.tui.widgets.plot import Plot
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Cell, Row
from redistui.view.figures import figure
from redistui.view.legends import LEGENDS
from redistui.view.metrics import Sparks, caption, shape, tabs
from redistui.view.topology import node_key

BLANK = Cell(" ")


class Metrics(Panel):
    """A table of sparklines; below it, on request, the chosen metric of one node as a plot."""

    NAME = "metrics"
    TITLE = "Metrics"
    KEY = "5"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("metrics")]
    DEFAULT_CSS = """
    Metrics #past { height: 60%; display: none; }
    Metrics.plotting #past { display: block; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.tabs = Line(id="tabs")
        self.table = LiveTable(id="sparks")
        self.table.empty = "no node is known yet"
        self.caption = Line(id="caption")
        self.plot = Plot(id="plot")
        self.metric = SPARKS[0]
        self.everything = True
        self._scene: Scene | None = None
        self._followed: str | None = None
        self._sparks: Sparks | None = None

    def compose(self) -> ComposeResult:
        yield self.tabs
        yield self.table
        yield Vertical(self.caption, self.plot, id="past")

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._redraw)

    # Drawing

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def _groups(self, scene: Scene) -> Sequence[Group]:
        return scene.fleet.groups if self.everything or scene.group is None else (scene.group,)

    def _redraw(self) -> None:
        scene = self._scene
        if scene is None or not self.size.width:
            return
        form = shape(self.size.width, self.metric)
        self._sparks = Sparks(scene.fleet, self._groups(scene), scene.history, scene.glyphs, form, scene.filter)
        self.table.show(self._sparks, scene.theme, scene.glyphs, scene.filter)
        self._follow(scene)
        self._say(self.tabs, tabs(self.metric))
        self._draw_plot()

    def _draw_plot(self) -> None:
        """The node under the cursor; nothing at all while no plot is shown."""
        scene, sparks = self._scene, self._sparks
        if scene is None or sparks is None or not self.has_class("plotting") or self.table.cursor >= len(sparks):
            return
        _, node = sparks.node(self.table.cursor)
        values = scene.history.last(node.address, self.metric, LENGTH)
        seconds = scene.fleet.period
        self._say(self.caption, caption(node, self.metric, values, seconds * len(values), scene.glyphs))
        base = 1024.0 if "bytes" in BY_NAME[self.metric].unit else 1000.0
        self.plot.show(values, seconds, LABELS[self.metric], base, scene.theme, scene.glyphs)

    def _say(self, line: Line, cells: Row) -> None:
        scene, inks = self._scene, self.table.inks
        if scene is not None and inks is not None:
            line.say(free(cells, inks, "band", BLANK, self.size.width, scene.glyphs), [], inks.band)

    def _follow(self, scene: Scene) -> None:
        """Another group is looked at: the cursor goes to its first node, unless it is there already."""
        sparks, name = self._sparks, None if scene.group is None else scene.group.name
        if sparks is None or not len(sparks) or name == self._followed:
            return
        self._followed = name
        if sparks.node(self.table.cursor)[0].name == name:
            return
        found = (index for index in range(len(sparks)) if sparks.node(index)[0].name == name)
        self.table.go(next(found, self.table.cursor))

    # The cursor

    def selected(self) -> Address | None:
        sparks = self._sparks
        return None if sparks is None or self.table.cursor >= len(sparks) else sparks.node(self.table.cursor)[1].address

    def select(self, node: Address) -> bool:
        groups = () if self._scene is None else self._groups(self._scene)
        return any(self.table.go_key(node_key(group.name, node)) for group in groups if group.node(node) is not None)

    def find(self, step: int) -> None:
        self.table.find(step)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()
        scene, sparks = self._scene, self._sparks
        self._draw_plot()
        if scene is None or sparks is None or self.table.cursor >= len(sparks):
            return
        group = sparks.node(self.table.cursor)[0].name
        if scene.group is None or scene.group.name != group:
            self.post_message(self.Goto(group=group))

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        self.set_class(not self.has_class("plotting"), "plotting")
        self.call_after_refresh(self._redraw)

    def back(self) -> bool:
        if not self.has_class("plotting"):
            return False
        self.remove_class("plotting")
        return True

    def action_metric(self, step: int) -> None:
        self.metric = SPARKS[(SPARKS.index(self.metric) + step) % len(SPARKS)]
        self._redraw()

    def action_everything(self) -> None:
        self.everything = not self.everything
        self._redraw()

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]


LABELS = {name: partial(figure, unit=BY_NAME[name].unit) for name in SPARKS}
"""A value of each metric as an axis names it."""
