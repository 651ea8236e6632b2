"""The dashboard under a pilot, on real servers: what stands on its screen, as text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from textual import events

from redistui.engine.engine import Engine
from redistui.model import Target
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from tests.waiting import eventually_async


class Screen:
    """Keys in, text out."""

    def __init__(self, app: RedistuiApp, engine: Engine) -> None:
        self.app = app
        self.engine = engine

    def press(self, *keys: str) -> None:
        """Keys as a terminal sends them. A pilot's own press waits for an idle process, which an engine never is."""
        for key in keys:
            self.app.post_message(events.Key(key, key if len(key) == 1 else None))

    @property
    def lines(self) -> list[str]:
        """Every line as it is shown."""
        size = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return [strip.crop(0, size.width).text for strip in strips]

    def line(self, word: str) -> str:
        """The first line that holds a word; empty if none does."""
        return next((line for line in self.lines if word in line), "")

    async def until_line(self, word: str, *parts: str, seconds: float = 20.0) -> str:
        """Waits for a line with a word that also holds all parts."""

        def found() -> str | None:
            return next((line for line in self.lines if word in line and all(part in line for part in parts)), None)

        wanted = f"no line with {word!r} and {parts}"
        return await eventually_async(found, seconds, otherwise=wanted)

    async def until_gone(self, word: str, part: str, seconds: float = 20.0) -> None:
        """Waits until no line that holds a word holds the part."""
        await eventually_async(
            lambda: not any(word in line and part in line for line in self.lines) or None,
            seconds,
            otherwise=f"{part!r} still stands beside {word!r}",
        )


@asynccontextmanager
async def dashboard(
    targets: Sequence[Target], *, size: tuple[int, int] = (120, 40), armed: bool = False, nodes: int = 0
) -> AsyncIterator[Screen]:
    """A dashboard on these targets, once it has found `nodes` of them."""
    engine = Engine(targets, period=0.5)
    app = RedistuiApp(engine, Settings(armed=armed, ascii=False))
    engine.start()
    try:
        async with app.run_test(size=size):
            screen = Screen(app, engine)
            await eventually_async(
                lambda: engine.fleet.complete and sum(len(group.members) for group in engine.fleet.groups) >= nodes,
                otherwise="the fleet was not found",
            )
            yield screen
    finally:
        engine.stop()
