"""The dashboard's shell under a pilot, with panels that show nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from redistui.model import Fleet
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.header import BannerLine
from redistui.tui.line import Line
from tests import fleets
from tests.tui.piloted import Piloted, text_of
from tests.tui.stand_in import PANELS, Blank, standing_in


class Run(Piloted):
    async def type(self, text: str) -> None:
        await self.press("colon", *text, "enter")

    @property
    def panel(self) -> Blank:
        assert isinstance(self.app.house.panel, Blank)
        return self.app.house.panel

    @property
    def header(self) -> str:
        return text_of(self.app.house.query_one("#facts", Line))

    @property
    def age(self) -> str:
        return text_of(self.app.house.query_one("#age", Line)).strip()

    @property
    def banner(self) -> str:
        line = self.app.house.query_one(BannerLine)
        return text_of(line).strip() if line.display else ""


@asynccontextmanager
async def running(
    fleet: Fleet | None = None,
    settings: Settings | None = None,
    size: tuple[int, int] = (80, 24),
    clock: Callable[[], float] | None = None,
) -> AsyncIterator[Run]:
    fleet = fleet or fleets.quiet()
    with standing_in(fleet) as engine:
        now = clock or (lambda: fleet.at + 0.2)
        app = RedistuiApp(engine, settings or Settings(), panels=PANELS, clock=now)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            run = Run(app, pilot, engine)
            await run.settle()
            yield run
