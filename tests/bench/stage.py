"""One widget on a screen that nobody sees: what a frame of it costs. Run in a process of its own (see child.py)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from statistics import median
from typing import Any, NamedTuple, TypedDict

from textual.app import App, ComposeResult
from textual.drivers.headless_driver import HeadlessDriver
from textual.widget import Widget

from tests.bench import child

QUIET = 0.05
"""Seconds without another write after which a frame is over."""
PATIENCE = 20.0


class Drawn(NamedTuple):
    """A widget and what it shows next: `turn(n)` gets its data ready and gives the drawing, which is timed."""

    widget: Widget
    turn: Callable[[int], Callable[[], object]]


class Frame(TypedDict):
    """The median over some frames."""

    ms: float
    """CPU time from the new data to the last byte for the terminal."""
    painted: int
    """Bytes."""


class Counting(HeadlessDriver):
    """Counts what is written for the terminal, and notes the process' CPU time at the end of each write."""

    painted = 0
    flushed = 0.0

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.news = asyncio.Event()

    @property
    def is_headless(self) -> bool:
        """No: Textual draws nothing for one that is."""
        return False

    def write(self, data: str) -> None:
        self.painted += len(data.encode())

    def flush(self) -> None:
        self.flushed = time.process_time()
        self.news.set()

    async def wait(self, seconds: float) -> bool:
        """Until something is written; False when nothing was for so long."""
        self.news.clear()
        try:
            await asyncio.wait_for(self.news.wait(), seconds)
        except TimeoutError:
            return False
        return True


class Stage(App[None]):
    """Shows a widget turn after turn."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, drawn: Drawn, frames: int) -> None:
        super().__init__(driver_class=Counting)
        self.animation_level = "none"
        self._drawn, self._frames = drawn, frames
        self.measured: list[Frame] = []

    def compose(self) -> ComposeResult:
        yield self._drawn.widget

    def on_mount(self) -> None:
        self.run_worker(self._play())

    async def _play(self) -> None:
        """The first two turns do not count: they paint everything, and fill what is made once."""
        for number in range(self._frames + 2):
            frame = await self._frame(number)
            if number >= 2:
                self.measured.append(frame)
        self.exit()

    async def _frame(self, number: int) -> Frame:
        driver = self._driver
        assert isinstance(driver, Counting)
        draw = self._drawn.turn(number)
        while await driver.wait(QUIET):
            pass
        painted, began = driver.painted, time.process_time()
        draw()
        wait = PATIENCE
        while await driver.wait(wait):
            wait = QUIET
        return Frame(ms=1000 * (driver.flushed - began), painted=driver.painted - painted)


def play(drawn: Drawn, frames: int, size: tuple[int, int]) -> Frame:
    """Runs the app on a terminal of that size."""
    stage = Stage(drawn, frames)
    asyncio.run(stage.run_async(size=size))
    return Frame(
        ms=median(frame["ms"] for frame in stage.measured),
        painted=round(median(frame["painted"] for frame in stage.measured)),
    )


if __name__ == "__main__":
    from tests.bench.widgets import WIDGETS

    name, frames, size = child.request()
    child.say(play(WIDGETS[name](), frames, tuple(size)))
