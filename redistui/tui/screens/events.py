"""Screen 6, Events: what happened, as the Sentinels announced it and as we saw it."""

from __future__ import annotations

from textual.app import ComposeResult

from redistui.model import Address
from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Row
from redistui.view.events import EventList
from redistui.view.legends import LEGENDS


class Events(Panel):
    """A log that stays at its end until one moves up in it."""

    NAME = "events"
    TITLE = "Events"
    KEY = "6"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table = LiveTable(id="log")
        self.table.follow = True
        self.table.empty = "nothing has happened since we began to watch"
        self._events: EventList | None = None
        self._scene: Scene | None = None

    def compose(self) -> ComposeResult:
        yield self.table

    def on_resize(self) -> None:
        if self._scene is not None:
            self.call_after_refresh(self.show_scene, self._scene)

    def show_scene(self, scene: Scene) -> None:
        self._scene = scene
        self._events = EventList(scene.fleet.events, scene.now, self.size.width, scene.filter)
        self.table.show(self._events, scene.theme, scene.glyphs, scene.filter)

    def selected(self) -> Address | None:
        """Who said the event under the cursor."""
        found = self._events
        return None if found is None or self.table.cursor >= len(found) else found.event(self.table.cursor).source

    def find(self, step: int) -> None:
        self.table.find(step)

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        """To the group it happened in."""
        event.stop()
        found = self._events
        group = None if found is None or self.table.cursor >= len(found) else found.event(self.table.cursor).group
        if group is not None:
            self.post_message(self.Goto(group=group, panel="topology"))

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return LEGENDS[cls.NAME]
