"""ListPanel: a screen that is one live list."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.app import ComposeResult

from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Row
from redistui.view.legends import LEGENDS
from redistui.view.source import Source


class ListPanel(Panel):
    """Draws its list anew with every scene and every size; what is in it is the subclass' `rows`."""

    LIST: ClassVar[str] = ""
    """The list's id."""

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = LiveTable(id=self.LIST)
        self._scene: Scene | None = None

    def rows(self, scene: Scene, width: int) -> Source:
        raise NotImplementedError

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
            self.table.show(self.rows(scene, width), scene.theme, scene.glyphs, scene.filter)
            self.drawn(scene)

    def drawn(self, scene: Scene) -> None:
        """After the list was drawn: where the cursor belongs."""

    def find(self, step: int) -> None:
        self.table.find(step)

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
