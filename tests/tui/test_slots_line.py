"""The slot map from the command line at the bottom: `:slots MODE`, `:slot N`, `:key K`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from redistui.replies.slot import slot_of
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.commandline import CommandLine
from redistui.tui.screens.slots import Slots
from redistui.tui.screens.topology import Topology
from tests import fleets
from tests.tui.piloted import Piloted
from tests.tui.stand_in import standing_in
from tests.waiting import eventually_async


class Run(Piloted):
    """The dashboard on a cluster whose slots were counted."""

    async def type(self, line: str) -> Slots:
        self.app.house.run_line(line)
        await eventually_async(lambda: isinstance(self.app.house.panel, Slots) and self.panel.map.shape.rows > 1)
        return self.panel

    @property
    def panel(self) -> Slots:
        found = self.app.house.panel
        assert isinstance(found, Slots)
        return found


@asynccontextmanager
async def running() -> AsyncIterator[Run]:
    with standing_in(fleets.surveyed()) as engine:
        app = RedistuiApp(engine, Settings(), panels=(Topology, Slots), clock=lambda: fleets.AT)  # type: ignore[arg-type]
        async with app.run_test(size=(100, 30)) as pilot:
            await eventually_async(lambda: app.house.panel is not None)
            await pilot.pause()
            yield Run(app, pilot, engine)


async def test_a_mode_is_chosen_by_name_from_any_screen_and_its_survey_is_asked_for() -> None:
    async with running() as run:
        panel = await run.type("slots migration")
        await eventually_async(lambda: panel.mode == "migration")
        await eventually_async(lambda: run.engine.surveyed == ("cart", True, False))
        run.app.house.run_line("topology")
        await eventually_async(lambda: run.engine.surveyed == (None, False, False))


async def test_the_cursor_goes_to_a_slot_and_to_a_keys_slot() -> None:
    async with running() as run:
        panel = await run.type("slot 812")
        await eventually_async(lambda: panel.map.slot == 812)
        await run.type("key user:{42}")
        await eventually_async(lambda: panel.map.slot == slot_of(b"42"))
        assert f"key user:{{42}}: slot {slot_of(b'42')}, at 10.30.0." in run.told
        await run.type("key two words")
        await eventually_async(lambda: panel.map.slot == slot_of(b"two words"))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("slot 16384", "'16384' is no slot: they are numbers from 0 to 16383"),
        ("slot -1", "'-1' is no slot"),
        ("slot ٣", "is no slot"),
        ("slot 1e3", "'1e3' is no slot"),
        ("slot", ":slot NUMBER"),
        ("key", ":key KEY"),
        ("slots heat", "slots has no 'heat': owner, keys, cpu, net, memory, migration"),
        ("topology x", "topology has no 'x', and nothing may follow its name"),
    ],
)
async def test_what_is_no_slot_is_answered_with_a_sentence(line: str, said: str) -> None:
    async with running() as run:
        run.app.house.run_line(line)
        await eventually_async(lambda: said in run.told)


async def test_what_was_said_of_one_line_does_not_stand_after_the_next() -> None:
    async with running() as run:
        run.app.house.run_line("slot 99999")
        await eventually_async(lambda: "no slot" in run.told)
        run.app.house.on_command_line_done(CommandLine.Done(":", "slot 812"))
        await eventually_async(lambda: run.told == "")


async def test_modes_are_completed() -> None:
    async with running() as run:
        assert run.app.house.complete("slots m") == ["slots memory", "slots migration"]
        assert run.app.house.complete("sl") == ["slot ", "slots "]
