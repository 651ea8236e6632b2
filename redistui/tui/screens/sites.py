"""Screen 4, Sites: the datacenters, and where each group takes its writes."""

from __future__ import annotations

from collections.abc import Sequence

from redistui.judge.sites import NOWHERE
from redistui.model import Address, Fleet
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.widgets.table import LiveTable
from redistui.view.sites import sought, whole
from redistui.view.source import Line, Source


class Sites(ListPanel):
    """Every site as a heading, its groups below."""

    NAME = "sites"
    TITLE = "Sites"
    KEY = "4"
    LIST = "places"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._of: Fleet | None = None
        self._drawn: tuple[object, ...] = ()
        self._lines: Sequence[tuple[str, Line]] = ()

    def rows(self, scene: Scene, width: int) -> Source:
        """Made once for a snapshot: a cursor that moves and a filter that is typed change nothing in it."""
        drawn = (scene.glyphs, width, scene.lags_ms)
        if self._of is not scene.fleet or drawn != self._drawn:
            self._of, self._drawn = scene.fleet, drawn
            self._lines = whole(scene.fleet, *drawn)
        return sought(self._lines, scene.filter)

    def _group(self) -> str | None:
        """The group under the cursor: a key is `group NAME SITE`, and both may hold blanks."""
        scene, key = self._scene, self.table.cursor_key
        names = () if scene is None else sorted((group.name for group in scene.fleet.groups), key=len, reverse=True)
        return next((name for name in names if key.startswith(f"group {name} ")), None)

    def site(self) -> str | None:
        """The site under the cursor, by its heading or by one of its groups."""
        group, key = self._group(), self.table.cursor_key
        begins = "site " if group is None else f"group {group} "
        name = key.removeprefix(begins) if key.startswith(begins) else NOWHERE
        return None if name == NOWHERE else name

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

    async def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        """A group's topology; of a site, what it would take for it to take over."""
        event.stop()
        name = self._group()
        if name is not None:
            self.post_message(self.Goto(group=name, panel="topology"))
        elif self.site() is not None:
            await self.run_action("screen.act('failover')")
