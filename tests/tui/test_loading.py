"""What is pressed while the dashboard is still loading is done once it has loaded."""

from __future__ import annotations

import pytest

from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.footer import Footer
from redistui.tui.frame import Frame
from tests import fleets
from tests.tui.stand_in import PANELS, standing_in
from tests.waiting import eventually_async

FURNISH = Frame._furnish


@pytest.mark.parametrize(("keys", "opened"), [((), "topology"), (("3",), "slots"), (("3", "6"), "events")])
async def test_a_screen_that_is_asked_for_before_there_are_any_is_opened_when_there_are(
    keys: tuple[str, ...], opened: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def not_yet(_: Frame) -> None:
        """The screens are still being imported."""

    monkeypatch.setattr(Frame, "_furnish", not_yet)
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(), panels=PANELS, clock=lambda: fleets.AT)  # type: ignore[arg-type]
        async with app.run_test() as pilot:
            await pilot.press(*keys)
            assert app.house.panel is None
            assert app.house.query_one(Footer).told == ""
            await FURNISH(app.house)
            await eventually_async(lambda: app.house.panel is not None and opened == app.house.panel.NAME)
