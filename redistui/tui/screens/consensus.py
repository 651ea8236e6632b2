"""Screen 8, Consensus: who believes what of a cluster. `v` on the Slots screen leads here, esc back there."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from redistui.model import Address, Group
from redistui.tui.line import Line
from redistui.tui.panel import Panel, bindings
from redistui.tui.scene import Scene
from redistui.tui.widgets.columns import free
from redistui.tui.widgets.table import LiveTable
from redistui.view import consensus, slots
from redistui.view.cells import Cell, Row
from redistui.view.legends import LEGENDS

BLANK = Cell(" ")


class Consensus(Panel, can_focus=True):
    """The views, a row each, and under them what the one under the cursor says."""

    NAME = "consensus"
    TITLE = "Consensus"
    KEY = "8"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("consensus")]
    DEFAULT_CSS = """
    Consensus #views { height: 2fr; }
    Consensus #said { height: 1fr; min-height: 5; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.head = Line(id="agreement")
        self.table = LiveTable(id="views")
        self.said = LiveTable(id="said", titles=False)
        self.said.can_focus = self.said.pointing = False
        self._scene: Scene | None = None
        self._opened: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.table
        yield self.said

    def on_show(self) -> None:
        """Opened on a group that has no slots: a cluster is what one came for."""
        self.action_cluster()

    def focus_here(self) -> None:
        target = self if self._cluster() is None else self.table
        target.focus(scroll_visible=False)

    def action_cluster(self) -> None:
        """Where the group that is looked at has no slots: to the first that has."""
        scene = self._scene
        if scene is not None and self._cluster() is None:
            found = next((group for group in scene.fleet.groups if group.cluster is not None), None)
            if found is not None:
                self.post_message(self.Goto(group=found.name))

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._redraw)

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def _cluster(self) -> Group | None:
        group = None if self._scene is None else self._scene.group
        return None if group is None or group.cluster is None else group

    def _redraw(self) -> None:
        scene, group = self._scene, self._cluster()
        if scene is None or not self.size.width:
            return
        self.table.display = self.said.display = group is not None
        if (self if group is not None else self.table).has_focus:
            self.call_after_refresh(self.focus_here)
        self.table.dress(scene.theme, scene.glyphs)
        if group is None:
            said, way = slots.no_cluster(scene.fleet, scene.group, "enter")
            self._say((Cell(f"{said} ", "dim"), Cell(way, "key")))
            return
        self._say(consensus.headline(group, scene.glyphs))
        source = consensus.matrix(scene.fleet, group, scene.glyphs, scene.filter, self._opened)
        self.table.show(source, scene.theme, scene.glyphs, scene.filter)
        self._tell(scene, group)

    def _tell(self, scene: Scene, group: Group) -> None:
        width = self.size.width - 2
        lines = consensus.details(scene.fleet, group, self.table.cursor_key, width, scene.glyphs)
        self.said.show(lines, scene.theme, scene.glyphs)

    def _say(self, cells: Row) -> None:
        scene, inks = self._scene, self.table.inks
        if scene is not None and inks is not None:
            self.head.say(free(cells, inks, "base", BLANK, self.size.width, scene.glyphs), [], inks.base)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()
        scene, group = self._scene, self._cluster()
        if scene is not None and group is not None:
            self._tell(scene, group)

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        """Opens or folds those of one mind; of a single node, its page."""
        event.stop()
        if event.key.startswith("fold "):
            self._opened ^= {event.key}
            self._redraw()
        elif (node := self.selected()) is not None:
            self.post_message(self.Goto(node=node, panel="topology"))

    def selected(self) -> Address | None:
        kind, _, address = self.table.cursor_key.partition(" ")
        return address if kind == "node" else None

    def select(self, node: Address) -> bool:
        return self.table.go_key(f"node {node}")

    def find(self, step: int) -> None:
        self.table.find(step)

    def back(self) -> bool:
        """To the map, unless a filter is to be dropped first."""
        if self._scene is not None and self._scene.filter:
            return False
        self.post_message(self.Goto(panel="slots"))
        return True

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
