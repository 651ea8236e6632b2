"""Sites: which site and which group the cursor is on, for what is done there."""

from __future__ import annotations

from redistui.tui.screens.sites import Sites
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
