"""Screen 4, Sites: the datacenters, and where each group takes its writes."""

from __future__ import annotations

from redistui.model import Address
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.widgets.table import LiveTable
from redistui.view.sites import listing
from redistui.view.source import Source


class Sites(ListPanel):
    """Every site as a heading, its groups below."""

    NAME = "sites"
    TITLE = "Sites"
    KEY = "4"
    LIST = "places"

    def rows(self, scene: Scene, width: int) -> Source:
        return listing(scene.fleet, scene.glyphs, width, scene.filter)

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
