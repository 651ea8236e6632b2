"""The dashboard under a pilot: keys go in, and what stands on the screen is read as characters."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.pilot import Pilot

from redistui.model import Fleet
from redistui.tui.app import RedistuiApp
from redistui.tui.footer import Footer
from redistui.tui.line import Line
from redistui.tui.lists import Rows
from tests.waiting import eventually_async


class Piloted:
    """One run of the dashboard; what a test module needs beyond this stands in a subclass there."""

    TICK: ClassVar[float] = 0.0
    """Seconds that `clock` goes on before each key: a person's keys, none of them held down."""

    def __init__(self, app: RedistuiApp, pilot: Pilot[None], engine: Any = None, clock: Any = None) -> None:
        self.app, self.pilot, self.engine, self.clock = app, pilot, engine, clock

    async def press(self, *keys: str) -> None:
        for key in keys:
            if self.TICK:
                self.clock.now += self.TICK
            await self.pilot.press(key)
            await self.pilot.pause()
        await self.settle()

    async def settle(self) -> None:
        for _ in range(3):
            await self.pilot.pause()

    async def publish(self, fleet: Fleet) -> None:
        """A snapshot comes in."""
        self.engine.publish(fleet)
        await eventually_async(lambda: self.app.watching.newest is fleet)
        await self.settle()

    async def order(self, line: str) -> None:
        """What the command line does once it is entered; typing letter by letter takes a pilot seconds."""
        self.app.house.run_line(line)
        await self.settle()

    @property
    def told(self) -> str:
        """The footer's sentence."""
        return self.app.house.query_one(Footer).told

    def line(self, name: str) -> str:
        return text_of(self.app.screen.query_one(f"#{name}", Line))

    def rows(self, selector: str = "Rows") -> str:
        """The first list of rows that is found, whole, also what is scrolled out of sight."""
        return rows_of(self.app.screen.query(selector).first(Rows))

    @property
    def screen(self) -> str:
        return "\n".join(strip.text.rstrip() for strip in self.app.screen._compositor.render_strips())


def text_of(line: Line) -> str:
    return line.render_lines(line.size.region)[0].text


def rows_of(rows: Rows) -> str:
    return "\n".join("".join(text for text, _ in line) for line in rows._lines)
