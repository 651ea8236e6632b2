"""A drill from the dialog of an action: chosen by a key, run under canaries, and its report."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from redistui.drill.drill import Deed, NotFlying
from redistui.drill.figures import figures
from redistui.drill.ground import NoGround
from redistui.tui import Settings, acting, drilling
from redistui.tui.app import RedistuiApp
from redistui.tui.confirm import Confirm
from redistui.tui.lists import Reading
from tests import fleets
from tests.drill.lines import back, head, phases, wrote
from tests.tui.stand_in import PANELS, standing_in
from tests.tui.test_running import NAME, Runner, Running, haul
from tests.waiting import eventually_async

LINES = [head(), *phases(before=0.0, action=0.5, after=0.8, end=1.0), wrote(1, 0.1), wrote(2, 0.2)]
REPORT = figures([*LINES, back([[1, 2]], [[1, 1]])])


@asynccontextmanager
async def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Running]:
    """The dialog of a failover, drilled, with the group's name typed and not yet entered."""
    monkeypatch.setenv("REDISTUI_JOURNAL", str(tmp_path / "journal.jsonl"))
    monkeypatch.setattr(acting, "BY_NAME", {"failover": haul(heeds=False)})
    runner = Runner()
    monkeypatch.setattr(acting.Acting, "runner", runner)
    clock = SimpleNamespace(now=fleets.AT)
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(armed=True), panels=PANELS, clock=lambda: clock.now)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            made = Running(app, pilot, runner, clock)
            await made.press("F")
            clock.now += 1.0
            assert "ctrl+d drill" in made.line("says")
            await made.press("ctrl+d")
            assert "UNDER CANARIES" in made.line("says")
            await made.press("ctrl+d")
            assert "UNDER CANARIES" not in made.line("says")
            await made.press("ctrl+d", *NAME)
            yield made
            runner.go.set()
            await eventually_async(lambda: app.acting.busy is None)


async def test_it_runs_the_operation_and_then_shows_the_report(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    deeds: list[Deed] = []

    def flown(self: object, asking: object, begin: Any) -> Any:
        deeds.append(drilling._Deed("failover", begin, lambda: False))
        assert deeds[0].do(None).outcome == "verified"  # type: ignore[arg-type]
        return REPORT, tmp_path / "log.jsonl"

    monkeypatch.setattr(drilling.Drilling, "_flown", flown)
    async with asked(monkeypatch, tmp_path) as it:
        await it.press("enter")
        await eventually_async(lambda: it.runner.tell)
        assert isinstance(it.app.screen, Confirm)
        it.runner.go.set()
        await eventually_async(lambda: isinstance(it.app.screen, Reading))
        await it.shows("1 of 2 acknowledged writes lost")
        await it.shows("The aware client, which follows Sentinels or the slot map")
        await it.press("escape")
        assert isinstance(it.app.screen, Confirm)


@pytest.mark.parametrize("error", [NotFlying("nothing was done: NOREPLICAS"), NoGround("orders has no primary now")])
async def test_canaries_that_cannot_fly_leave_the_operation_undone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception
) -> None:
    def flown(self: object, asking: object, begin: Any) -> Any:
        raise error

    monkeypatch.setattr(drilling.Drilling, "_flown", flown)
    async with asked(monkeypatch, tmp_path) as it:
        await it.press("enter")
        await it.shows(f"the drill did not begin: {error}")
        run = it.app.acting.current.run if it.app.acting.current else None
        assert run is not None
        assert run.outcome == "refused"
        assert it.runner.tell is None


def test_what_was_called_off_does_not_begin() -> None:
    def begin() -> Any:
        raise AssertionError("it began")

    deed = drilling._Deed("failover", begin, lambda: True)
    with pytest.raises(NotFlying, match="it was called off"):
        deed.do(None)  # type: ignore[arg-type]


async def test_the_real_thing_says_what_it_lacks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody answers at the addresses of a fleet that was made up."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    async with asked(monkeypatch, tmp_path) as it:
        await it.press("enter")
        await eventually_async(lambda: it.app.acting.busy is None, 30)
        assert it.runner.tell is None
        assert "the drill did not begin" in it.text
