"""Screen 8, Consensus: who believes what of a cluster. `v` on the Slots screen leads here, esc back there."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from redistui.model import Group
from redistui.tui.panel import bindings
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.screens.of_cluster import OfCluster
from redistui.tui.widgets.facts import Facts
from redistui.tui.widgets.table import LiveTable
from redistui.view import consensus, slots
from redistui.view.cells import Cell


class Consensus(OfCluster, ListPanel, can_focus=True):
    """The views, a row each, and under them what the one under the cursor says."""

    NAME = "consensus"
    TITLE = "Consensus"
    KEY = "8"
    LIST = "views"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("consensus")]
    DEFAULT_CSS = """
    Consensus #views { height: 2fr; }
    Consensus #said { height: 1fr; min-height: 5; }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.head = Facts(id="agreement")
        self.said = LiveTable(id="said", titles=False)
        self.said.can_focus = self.said.pointing = False
        self._opened: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield self.head
        yield self.table
        yield self.said

    def focus_here(self) -> None:
        target = self if self._cluster() is None else self.table
        target.focus(scroll_visible=False)

    def _cluster(self) -> Group | None:
        group = None if self._scene is None else self._scene.group
        return None if group is None or group.cluster is None else group

    def draw(self, scene: Scene) -> None:
        group = self._cluster()
        self.table.display = self.said.display = group is not None
        if (self if group is not None else self.table).has_focus:
            self.call_after_refresh(self.focus_here)
        self.table.dress(scene.theme, scene.glyphs)
        inks = self.table.inks
        if group is None:
            said, way = slots.no_cluster(scene.fleet, scene.group, "enter")
            self.head.tell((Cell(f"{said} ", "dim"), Cell(way, "key")), inks, self.size.width, scene.glyphs)
            return
        self.head.tell(consensus.headline(group, scene.glyphs), inks, self.size.width, scene.glyphs)
        source = consensus.matrix(scene.fleet, group, scene.glyphs, scene.filter, self._opened)
        self.table.show(source, scene.theme, scene.glyphs, scene.filter)
        self._tell(scene, group)

    def _tell(self, scene: Scene, group: Group) -> None:
        width = self.size.width - 2
        lines = consensus.details(scene.fleet, group, self.table.cursor_key, width, scene.glyphs)
        self.said.show(lines, scene.theme, scene.glyphs)

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

    def back(self) -> bool:
        """To the map, unless a filter is to be dropped first."""
        if self._scene is not None and self._scene.filter:
            return False
        self.post_message(self.Goto(panel="slots"))
        return True
