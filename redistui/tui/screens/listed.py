"""ListPanel: a screen that is one live list, or has one at its heart."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from redistui.model import Address
from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.source import Source


class ListPanel(Panel):
    """What is in the list is the subclass' `rows`, unless it has a `draw` of its own."""

    LIST: ClassVar[str] = ""
    """The list's id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = LiveTable(id=self.LIST)

    def rows(self, scene: Scene, width: int) -> Source:
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        yield self.table

    def draw(self, scene: Scene) -> None:
        self.table.show(self.rows(scene, self.size.width), scene.theme, scene.glyphs, scene.filter)
        self.drawn(scene)

    def drawn(self, scene: Scene) -> None:
        """After the list was drawn: where the cursor belongs."""

    def selected(self) -> Address | None:
        kind, _, address = self.table.cursor_key.partition(" ")
        return address if kind == "node" else None

    def select(self, node: Address) -> bool:
        return self.table.go_key(f"node {node}")

    def find(self, step: int) -> None:
        self.table.find(step)
