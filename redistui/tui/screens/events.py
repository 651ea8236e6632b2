"""Screen 6, Events: one timeline of what Sentinels announced, what we saw, alerts, and what operators did; and the
alerts that last. `enter` opens what is under the cursor below the list, and follows it; once more to scroll in it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message

from redistui.model import Address, Alert, Event
from redistui.ops.logged import LoggedOperation
from redistui.tui.panel import bindings
from redistui.tui.scene import Scene
from redistui.tui.screens.paged import Paged
from redistui.tui.widgets.table import LiveTable
from redistui.view.alerts import AlertList
from redistui.view.events import EventList, key_of
from redistui.view.happening import alert_of, alert_page, portrait
from redistui.view.source import Lines, Source
from redistui.view.votes import voters

MARGIN = 2
"""Cells that are left free at the detail's sides."""


class Events(Paged):
    """A log that stays at its end until one moves up in it, or a list of alerts; below it one of them in full."""

    NAME = "events"
    TITLE = "Events"
    KEY = "6"
    PAGE = "happening"
    WORDS: ClassVar[tuple[str, ...]] = ("timeline", "alerts")
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("events")]
    DEFAULT_CSS = """
    Events #log, Events #alerts { height: 1fr; }
    Events #alerts, Events #happening { display: none; }
    Events.alerts #log { display: none; }
    Events.alerts #alerts { display: block; }
    Events.open #happening { display: block; height: 60%; }
    """

    class Acknowledge(Message):
        """Somebody sees to this alert."""

        def __init__(self, alert: Alert) -> None:
            super().__init__()
            self.alert = alert

    class Silence(Acknowledge):
        """It is to be told to nobody for a while."""

    class Deed(Message):
        """What the journal has of an operator's deed is wanted: `Events.know` takes it."""

        def __init__(self, event: Event, panel: Events) -> None:
            super().__init__()
            self.event, self.panel = event, panel

    class Idle(Message):
        """A key had nothing to work on, and why."""

        def __init__(self, why: str) -> None:
            super().__init__()
            self.why = why

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.log_table, self.alert_table = LiveTable(id="log"), LiveTable(id="alerts")
        self.log_table.follow = True
        self.log_table.empty = "nothing has happened since we began to watch"
        self.alert_table.empty = "no alert lasts"
        self._events: EventList | None = None
        self._alerts: AlertList | None = None
        self._shown = ""
        """Key of what the page shows."""
        self._known: dict[str, LoggedOperation | None] = {}
        """What the journal has of deeds that were looked at; None: it was asked for."""

    def compose(self) -> ComposeResult:
        yield self.log_table
        yield self.alert_table
        yield self.page

    @property
    def listed(self) -> LiveTable:
        return self.alert_table if self.has_class("alerts") else self.log_table

    # Drawing

    def draw(self, scene: Scene) -> None:
        self._events = EventList(scene.fleet.events, scene.now, self.size.width, scene.filter, voters(scene.fleet))
        self._alerts = AlertList(scene.fleet, scene.glyphs, scene.filter)
        source: Source = self._alerts if self.has_class("alerts") else self._events
        self.listed.show(source, scene.theme, scene.glyphs, scene.filter)
        self._draw_page(scene)

    def _draw_page(self, scene: Scene) -> None:
        if not self.has_class("open"):
            return
        lines, key = self._page(scene, self.size.width - MARGIN)
        if key != self._shown:
            self._shown, self.page.cursor = key, 0
        self.page.show(lines, scene.theme, scene.glyphs)

    def _page(self, scene: Scene, width: int) -> tuple[Lines, str]:
        """What is under the cursor, in full."""
        event = self.event
        if event is not None:
            key = key_of(event)
            if event.kind == "action" and key not in self._known:
                self._known[key] = None
                self.post_message(self.Deed(event, self))
            return portrait(scene.fleet, event, scene.glyphs, width, self._known.get(key)), key
        if self.alert is not None:
            return alert_page(scene.fleet, self.alert, scene.glyphs, width), self.listed.cursor_key
        return Lines((), ()), ""

    def know(self, event: Event, operation: LoggedOperation) -> None:
        """The journal's word on a deed."""
        self._known[key_of(event)] = operation
        self._redraw()

    # The cursor

    @property
    def event(self) -> Event | None:
        """Under the cursor of the timeline."""
        found, cursor = self._events, self.log_table.cursor
        return None if found is None or self.has_class("alerts") or cursor >= len(found) else found.event(cursor)

    @property
    def alert(self) -> Alert | None:
        """Under the cursor of the alerts; of the timeline, what an alert's event tells of."""
        if self.has_class("alerts"):
            found, cursor = self._alerts, self.alert_table.cursor
            return None if found is None or cursor >= len(found) else found.alert(cursor)
        event, scene = self.event, self._scene
        return None if event is None or scene is None else alert_of(scene.fleet, event)

    def selected(self) -> Address | None:
        """Who said the event under the cursor; the node of an alert."""
        if self.has_class("alerts"):
            return None if self.alert is None else self.alert.node
        return None if self.event is None else self.event.source or None

    def find(self, step: int) -> None:
        self.listed.find(step)

    # In and out

    def on_live_table_entered(self, event: LiveTable.Entered) -> None:
        event.stop()
        if event.table is self.page:
            self.back()
        else:
            self.deeper()

    def opened(self) -> None:
        self.log_table.follow = False

    def closed(self) -> None:
        self.log_table.follow, self._shown = True, ""

    def back(self) -> bool:
        if super().back():
            return True
        if self.has_class("alerts"):
            self.told("timeline")
            return True
        return False

    def told(self, word: str) -> None:
        self.set_class(word == "alerts", "alerts")
        self._turn(False)

    def action_alerts(self) -> None:
        self.told("timeline" if self.has_class("alerts") else "alerts")

    def action_acknowledge(self) -> None:
        self._ask(self.Acknowledge)

    def action_silence(self) -> None:
        self._ask(self.Silence)

    def _ask(self, what: type[Acknowledge]) -> None:
        alert = self.alert
        if alert is None:
            self.post_message(self.Idle("this is no alert; the alerts that last are listed by :events alerts"))
        elif alert.ended_at is not None or self._lasting(alert) is None:
            self.post_message(self.Idle(f"{alert.rule} of {alert.group} is over"))
        else:
            self.post_message(what(alert))

    def _lasting(self, alert: Alert) -> Alert | None:
        known = () if self._scene is None else self._scene.fleet.alerts
        return next((one for one in known if one.key == alert.key and one.ended_at is None), None)

    def action_place(self) -> None:
        """To the group it happened in, and the node."""
        event, alert = self.event, self.alert
        group = alert.group if alert is not None else None if event is None else event.group
        node = alert.node if alert is not None else None if event is None else event.source or None
        fleet = None if self._scene is None else self._scene.fleet
        here = None if fleet is None or group is None else fleet.group(group)
        if here is None:
            self.post_message(self.Idle("it belongs to no group that is watched now"))
        else:
            known = node if node is not None and any(one.address == node for one in here.nodes) else None
            self.post_message(self.Goto(group=here.name, node=known, panel="topology"))
