"""Screen 4, Sites: the datacenters, and where each group takes its writes."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult

from redistui.model import Address
from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Row
from redistui.view.legends import LEGENDS
from redistui.view.sites import listing


class Sites(Panel):
    """Every site as a heading, its groups below."""

    NAME = "sites"
    TITLE = "Sites"
    KEY = "4"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = LiveTable(id="places")
        self._scene: Scene | None = None

    def compose(self) -> ComposeResult:
        yield self.table

    def on_resize(self, event: events.Resize) -> None:
        self.call_after_refresh(self._redraw)

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._redraw()

    def _redraw(self) -> None:
        scene = self._scene
        if scene is not None and self.size.width:
            source = listing(scene.fleet, scene.glyphs, self.size.width, scene.filter)
            self.table.show(source, scene.theme, scene.glyphs, scene.filter)

    def _group(self) -> str | None:
        """The group under the cursor: a key is `group NAME SITE`, and both may hold blanks."""
        scene, key = self._scene, self.table.cursor_key
        names = () if scene is None else sorted((group.name for group in scene.fleet.groups), key=len, reverse=True)
        return next((name for name in names if key.startswith(f"group {name} ")), None)

    def selected(self) -> Address | None:
        """The primary of the group under the cursor."""
        scene, name = self._scene, self._group()
        group = None if scene is None or name is None else scene.fleet.group(name)
        return None if group is None else group.primary

    def find(self, step: int) -> None:
        self.table.find(step)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        """The group under the cursor is the one that is looked at."""
        event.stop()
        scene, name = self._scene, self._group()
        if scene is not None and name is not None and (scene.group is None or scene.group.name != name):
            self.post_message(self.Goto(group=name))

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        name = self._group()
        if name is not None:
            self.post_message(self.Goto(group=name, panel="topology"))

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
