"""An engine that serves hand-built fleets, and a panel that shows nothing: what the shell is tested with."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widget import Widget

from redistui.engine.logins import Logins
from redistui.engine.unfinished import Deed
from redistui.history import History
from redistui.model import Access, Address, AlertKey, Fleet, Silence
from redistui.tui.panel import Panel
from redistui.tui.scene import Scene
from redistui.view.cells import Cell, Row


class StandIn:
    """Answers like redistui.engine.engine.Engine; `publish` is a snapshot coming in on the engine's thread."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.history = History()
        self.logins = Logins()
        self.access = Access()
        self.recorder: Any = None
        self.period = 1.0
        self.surveyed: tuple[str | None, bool, bool] | None = None
        """What was last asked for: whose survey, with moves, with samples."""
        self.acknowledged: list[AlertKey] = []
        self.silenced: list[Silence] = []
        self.recounted: list[Deed] = []
        """Deeds that the journal tells of."""
        self._callbacks: list[Callable[[Fleet], None]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="stand-in", daemon=True)
        self._thread.start()

    def subscribe(self, callback: Callable[[Fleet], None]) -> None:
        self._callbacks.append(callback)

    def access_of(self, address: Address) -> Access:
        return self.access

    def set_period(self, seconds: float) -> None:
        self.period = seconds

    def keep_surveying(self, group: str | None, *, moves: bool = False, sample: bool = False) -> None:
        self.surveyed = (group, moves, sample)

    async def survey(self, group: str, *, sample: bool = False) -> None:
        """Nothing can be counted."""

    def recount(self, deeds: Sequence[Deed]) -> None:
        self.recounted += deeds

    def acknowledge(self, key: AlertKey) -> None:
        self.acknowledged.append(key)

    def silence(self, rule: str, group: str, node: str, *, until: float) -> None:
        self.silenced.append(Silence(rule, group, node, until))

    def publish(self, fleet: Fleet) -> None:
        self._loop.call_soon_threadsafe(self._publish, fleet)

    def _publish(self, fleet: Fleet) -> None:
        self.fleet = fleet
        for callback in self._callbacks:
            callback(fleet)

    def call(self, work: Coroutine[Any, Any, Any]) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self) -> None:
        """What is still at work when it ends would be complained of in whatever test runs when that is collected."""
        self._loop.run_forever()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks))

    def stop(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
            self._loop.close()


@contextmanager
def standing_in(fleet: Fleet) -> Iterator[StandIn]:
    engine = StandIn(fleet)
    try:
        yield engine
    finally:
        engine.stop()


class Pane(Widget, can_focus=True):
    """Takes the keyboard, as a live table does."""


class Blank(Panel):
    """Remembers what it was asked to do."""

    NAME = "topology"
    TITLE = "Topology"
    KEY = "1"
    BINDINGS: ClassVar[list[BindingType]] = []

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self.scenes: list[Scene] = []
        self.found: list[int] = []
        self.chosen: Address | None = "10.20.0.11:6379"
        self.depth = 0

    def compose(self) -> ComposeResult:
        yield Pane()

    def show_scene(self, scene: Scene) -> None:
        self.scenes.append(scene)

    def selected(self) -> Address | None:
        return self.chosen

    def select(self, node: Address) -> bool:
        self.chosen = node
        return True

    def find(self, step: int) -> None:
        self.found.append(step)

    def back(self) -> bool:
        self.depth -= 1
        return self.depth >= 0

    @classmethod
    def legend(cls) -> tuple[Row, ...]:
        return ((Cell("P", "primary"), Cell("  a primary")),)


def blank(name: str, title: str, key: str) -> type[Panel]:
    """Another one of these, by another name."""
    return type(title, (Blank,), {"NAME": name, "TITLE": title, "KEY": key})


PANELS: tuple[type[Panel], ...] = (
    Blank,
    blank("sentinels", "Sentinels", "2"),
    blank("slots", "Slots", "3"),
    blank("sites", "Sites", "4"),
    blank("metrics", "Metrics", "5"),
    blank("events", "Events", "6"),
    blank("routes", "Routes", "7"),
    blank("consensus", "Consensus", "8"),
)


def renamed(fleet: Fleet, old: str, new: str) -> Fleet:
    """The fleet with one group under another name."""
    groups = tuple(replace(group, name=new) if group.name == old else group for group in fleet.groups)
    return replace(fleet, groups=groups)
