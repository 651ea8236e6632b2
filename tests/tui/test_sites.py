"""Sites: which site and which group the cursor is on, for what is done there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.tui.screens import sites as screen
from redistui.tui.screens.sites import Sites
from redistui.view.sites import whole
from tests import fleets
from tests.tui.panels import played, scene


async def test_a_heading_is_a_site_and_a_line_below_it_a_group_at_that_site() -> None:
    panel = Sites()
    async with played(panel, scene(fleets.two_sites())) as run:
        assert (panel.site(), panel.selected()) == ("ams", None)
        await run.press("down")
        assert (panel.site(), panel.selected()) == ("ams", "10.1.0.11:6379")
        await run.press("end")
        assert panel.site() == "fra"


async def test_what_stands_at_no_site_is_none() -> None:
    panel = Sites()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("end")
        assert panel.site() is None


async def test_the_loss_of_each_site_is_told_at_the_smallest_common_size() -> None:
    async with played(Sites(), scene(fleets.two_sites())) as run:
        text = "\n".join(run.text())
        assert "if lost, writes STOP" in text
        assert "by hand" in text
        assert "STOPS" in text
        assert {"LAG", "IF", "LOST", "LOSES", "TAKES"} <= set(run.text()[0].split())


async def test_the_lines_are_made_once_for_a_snapshot_whatever_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def counted(*words: Any) -> Any:
        made.append(words)
        return whole(*words)

    monkeypatch.setattr(screen, "whole", counted)
    fleet = fleets.two_sites()
    async with played(Sites(), scene(fleet)) as run:
        first = len(made)
        for wanted in ("s", "se", "ses"):
            await run.show(scene(fleet, wanted=wanted))
        assert len(made) == first
        await run.show(scene(replace(fleet, groups=fleet.groups[:1])))
        assert len(made) == first + 1
        assert "sessions" not in "".join(run.text())
