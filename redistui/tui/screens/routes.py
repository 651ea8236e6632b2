"""Screen 7, Routes: a canary on the group that is looked at, and how each node does for it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from redistui.tui.panel import bindings
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.widgets.facts import Facts
from redistui.tui.widgets.table import LiveTable
from redistui.view import routes


class Routes(ListPanel):
    """Four lines of figures, the nodes, and what went wrong."""

    NAME = "routes"
    TITLE = "Routes"
    KEY = "7"
    LIST = "routed"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("routes")]

    class Told(Message):
        """An order for the canary: what could have been typed after `:canary`."""

        def __init__(self, words: str) -> None:
            super().__init__()
            self.words = words

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.lines = tuple(Facts(id=name) for name in ("doing", "latencies", "counters", "trend"))

    def compose(self) -> ComposeResult:
        yield from self.lines
        yield from super().compose()

    def draw(self, scene: Scene) -> None:
        state, width = scene.canary, self.size.width
        self.table.dress(scene.theme, scene.glyphs)
        inks = self.table.inks
        facts = (
            routes.headline(state, scene.canary_plan, scene.glyphs, scene.fleet.replayed),
            routes.latencies(state),
            routes.counters(state),
            routes.trend(state, width, scene.glyphs),
        )
        for line, cells in zip(self.lines, facts, strict=True):
            line.tell(cells, inks, width, scene.glyphs)
        names = () if scene.canary_plan is None else scene.canary_plan.groups
        groups = [group for group in scene.fleet.groups if group.name in names]
        source = routes.listing(groups, state, scene.lags_ms, scene.glyphs, width, scene.filter)
        self.table.show(source, scene.theme, scene.glyphs, scene.filter)
        if self.selected() is None and len(source):
            self.table.go(0)

    def action_canary(self, words: str) -> None:
        self.post_message(self.Told(words))

    def action_weigh(self, way: str) -> None:
        """`up` or `down`: the weight of the node under the cursor."""
        node = self.selected()
        if node is not None:
            self.post_message(self.Told(f"weight {node} {way}"))

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        node = self.selected()
        if node is not None:
            self.post_message(self.Goto(node=node, panel="topology"))
