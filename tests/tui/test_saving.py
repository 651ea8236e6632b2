"""`e` and `:save`: the last minutes as a recording, and what is said where that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from redistui.engine.observation import Drawn
from redistui.engine.recording import Recorder, open_recording
from redistui.model import Target
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.footer import Footer
from tests import fleets
from tests.tui.stand_in import PANELS, StandIn, standing_in
from tests.waiting import eventually_async

AT = 1_760_000_000.0


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[StandIn]:
    """It has seen two snapshots."""
    with standing_in(fleets.quiet()) as engine:
        engine.recorder = Recorder((Target(("a:1",)),), folder=tmp_path)
        engine.recorder.take(Drawn(AT - 75, 1.0))
        engine.recorder.take(Drawn(AT, 1.0))
        yield engine
        engine.recorder.close()


def only_file(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


async def says(pilot: Pilot[None], app: RedistuiApp, words: str) -> None:
    def said() -> bool:
        return words in app.house.query_one(Footer).told

    await eventually_async(said)
    await pilot.pause()


async def test_the_last_minutes_are_saved_where_recordings_are_and_where_one_says(
    engine: StandIn, tmp_path: Path
) -> None:
    app = RedistuiApp(engine, Settings(), panels=PANELS, clock=lambda: AT)  # type: ignore[arg-type]
    async with app.run_test(size=(160, 48)) as pilot:
        await pilot.press("e")
        await says(pilot, app, ".recording: 1m15s")
        assert open_recording(only_file(tmp_path)).last_at == AT
        app.house.run_line(f"save {tmp_path}/mine")
        await says(pilot, app, "/mine")
        app.house.run_line(f"save {tmp_path}/mine")
        await says(pilot, app, "is there already")
        app.house.run_line("save ~nobody-of-this-name/x")
        await says(pilot, app, "no home folder for ~nobody-of-this-name/x: nothing is saved")


async def test_a_recording_is_not_saved_again_and_nothing_is_not_saved(engine: StandIn) -> None:
    app = RedistuiApp(engine, Settings(), panels=PANELS)  # type: ignore[arg-type]
    async with app.run_test(size=(160, 48)) as pilot:
        recorder, engine.recorder = engine.recorder, None
        await pilot.press("e")
        await says(pilot, app, "nothing has been seen yet")
        engine.recorder = recorder
        app.take_fleet(replace(fleets.quiet(), replayed=True))
        await pilot.press("e")
        await says(pilot, app, "recording already")
