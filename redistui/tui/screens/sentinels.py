"""Screen 2, Sentinels: what each of them believes, and whether they could act on it."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult

from redistui.model import Address
from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Row
from redistui.view.legends import LEGENDS
from redistui.view.sentinels import sentinels

WIDE = 130


class Sentinels(Panel):
    """One list: verdict, Sentinels, replicas, other groups."""

    NAME = "sentinels"
    TITLE = "Sentinels"
    KEY = "2"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = LiveTable(id="beliefs")
        self._scene: Scene | None = None
        self._followed: str | None = None

    def compose(self) -> ComposeResult:
        yield self.table

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._redraw)

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def _redraw(self) -> None:
        scene, width = self._scene, self.size.width
        if scene is not None and width:
            source = sentinels(scene.fleet, scene.group, scene.glyphs, width, width >= WIDE, scene.filter)
            self.table.show(source, scene.theme, scene.glyphs, scene.filter)
            self._follow(scene)

    def _follow(self, scene: Scene) -> None:
        """Another group is looked at: the cursor goes to its first Sentinel."""
        name = None if scene.group is None else scene.group.name
        if name != self._followed:
            self._followed = name
            self.table.go(0)
            for sentinel in () if scene.group is None else scene.group.sentinels[:1]:
                self.select(sentinel.address)

    def selected(self) -> Address | None:
        kind, _, address = self.table.cursor_key.partition(" ")
        return address if kind in ("sentinel", "replica") and address not in ("gap", "titles") else None

    def select(self, node: Address) -> bool:
        return self.table.go_key(f"sentinel {node}") or self.table.go_key(f"replica {node}")

    def find(self, step: int) -> None:
        self.table.find(step)

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        kind, _, name = event.key.partition(" ")
        if kind == "group":
            self.post_message(self.Goto(group=name))
        elif kind == "replica" and (node := self.selected()) is not None:
            self.post_message(self.Goto(node=node, panel="topology"))

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
