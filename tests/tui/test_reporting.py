"""`:report`: score, alerts and recommendations over the screen one is on, wrapped to the terminal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Finding
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.lists import Reading
from tests import fleets
from tests.tui.stand_in import PANELS, standing_in
from tests.waiting import eventually_async


@pytest.mark.parametrize("size", [(80, 24), (160, 48)])
async def test_it_says_what_is_wrong_and_what_to_do_and_closes_again(size: tuple[int, int]) -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]
    full = Finding("memory", "bad", group.name, "uses 99 % of its memory limit", group.nodes[0].address)
    fleet = replace(fleet, findings=(full,))
    with standing_in(fleet) as engine:
        app = RedistuiApp(engine, Settings(), panels=PANELS, clock=lambda: fleet.at)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await eventually_async(lambda: app.house.panel is not None)
            app.house.run_line("report")
            await eventually_async(lambda: isinstance(app.screen, Reading) and app.screen.is_mounted)
            assert isinstance(app.screen, Reading)
            lines = ["".join(cell.text for cell in row) for row in app.screen._rows]
            text = " ".join(" ".join(lines).split())
            assert "score 85 of 100: good." in text
            assert "BAD" in text
            assert "uses 99 % of its memory limit" in text
            assert "what to do: Raise maxmemory" in text
            assert "Recommendations" in lines
            assert max(map(len, lines)) <= size[0] - 6
            await pilot.press("escape")
            await eventually_async(lambda: app.screen is app.house)
