"""Screen 7, Routes: a canary on the group that is looked at, and how each node does for it."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from redistui.model import Address
from redistui.tui.line import Line
from redistui.tui.panel import Panel, bindings
from redistui.tui.scene import Scene
from redistui.tui.widgets.columns import free
from redistui.tui.widgets.table import LiveTable
from redistui.view import routes
from redistui.view.cells import Cell, Row
from redistui.view.legends import LEGENDS

BLANK = Cell(" ")


class Routes(Panel):
    """Four lines of figures, the nodes, and what went wrong."""

    NAME = "routes"
    TITLE = "Routes"
    KEY = "7"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("routes")]

    class Told(Message):
        """An order for the canary: what could have been typed after `:canary`."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines = tuple(Line(id=name) for name in ("doing", "latencies", "counters", "trend"))
        self.table = LiveTable(id="routed")
        self._scene: Scene | None = None

    def compose(self) -> ComposeResult:
        yield from self.lines
        yield self.table

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._redraw)

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def _redraw(self) -> None:
        scene, width = self._scene, self.size.width
        if scene is None or not width:
            return
        state = scene.canary
        self.table.dress(scene.theme, scene.glyphs)
        facts = (
            routes.headline(state, scene.canary_plan, scene.glyphs, scene.fleet.replayed),
            routes.latencies(state),
            routes.counters(state),
            routes.trend(state, width, scene.glyphs),
        )
        for line, cells in zip(self.lines, facts, strict=True):
            self._say(line, cells)
        names = () if scene.canary_plan is None else scene.canary_plan.groups
        groups = [group for group in scene.fleet.groups if group.name in names]
        source = routes.listing(groups, state, scene.lags_ms, scene.glyphs, width, scene.filter)
        self.table.show(source, scene.theme, scene.glyphs, scene.filter)
        if self.selected() is None and len(source):
            self.table.go(0)

    def _say(self, line: Line, cells: Row) -> None:
        scene, inks = self._scene, self.table.inks
        if scene is not None and inks is not None:
            line.say(free(cells, inks, "base", BLANK, self.size.width, scene.glyphs), [], inks.base)

    def action_canary(self, words: str) -> None:
        self.post_message(self.Told(words))

    def action_weigh(self, way: str) -> None:
        """`up` or `down`: the weight of the node under the cursor."""
        node = self.selected()
        if node is not None:
            self.post_message(self.Told(f"weight {node} {way}"))

    def selected(self) -> Address | None:
        kind, _, address = self.table.cursor_key.partition(" ")
        return address if kind == "node" else None

    def select(self, node: Address) -> bool:
        return self.table.go_key(f"node {node}")

    def find(self, step: int) -> None:
        self.table.find(step)

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        node = self.selected()
        if node is not None:
            self.post_message(self.Goto(node=node, panel="topology"))

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
