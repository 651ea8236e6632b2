"""Screen 6, Events: what happened, as the Sentinels announced it and as we saw it."""

from __future__ import annotations

from redistui.model import Address
from redistui.tui.scene import Scene
from redistui.tui.screens.listed import ListPanel
from redistui.tui.widgets.table import LiveTable
from redistui.view.events import EventList
from redistui.view.source import Source


class Events(ListPanel):
    """A log that stays at its end until one moves up in it."""

    NAME = "events"
    TITLE = "Events"
    KEY = "6"
    LIST = "log"

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.table.follow = True
        self.table.empty = "nothing has happened since we began to watch"
        self._events: EventList | None = None

    def rows(self, scene: Scene, width: int) -> Source:
        self._events = EventList(scene.fleet.events, scene.now, width, scene.filter)
        return self._events

    def selected(self) -> Address | None:
        """Who said the event under the cursor."""
        found = self._events
        return None if found is None or self.table.cursor >= len(found) else found.event(self.table.cursor).source

    def on_live_table_moved(self, event: LiveTable.Moved) -> None:
        event.stop()

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        """To the group it happened in."""
        event.stop()
        found = self._events
        group = None if found is None or self.table.cursor >= len(found) else found.event(self.table.cursor).group
        if group is not None:
            self.post_message(self.Goto(group=group, panel="topology"))
