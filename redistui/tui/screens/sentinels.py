"""Screen 2, Sentinels: what each of them believes, and whether they could act on it."""

from __future__ import annotations

from redistui.model import Address
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.widgets.table import LiveTable
from redistui.view.sentinels import sentinels
from redistui.view.source import Source

WIDE = 130


class Sentinels(ListPanel):
    """One list: verdict, Sentinels, replicas, other groups."""

    NAME = "sentinels"
    TITLE = "Sentinels"
    KEY = "2"
    LIST = "beliefs"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._followed: str | None = None

    def rows(self, scene: Scene, width: int) -> Source:
        return sentinels(scene.fleet, scene.group, scene.glyphs, width, width >= WIDE, scene.filter)

    def drawn(self, scene: Scene) -> None:
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

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        kind, _, name = event.key.partition(" ")
        if kind == "group":
            self.post_message(self.Goto(group=name))
        elif kind == "replica" and (node := self.selected()) is not None:
            self.post_message(self.Goto(node=node, panel="topology"))
