"""Screens 2, 4 and 6 under a pilot."""

from __future__ import annotations

from redistui.tui.screens.events import Events
from redistui.tui.screens.sentinels import Sentinels
from redistui.tui.screens.sites import Sites
from tests import fleets
from tests.tui.panels import played, scene


async def test_the_cursor_begins_on_the_first_sentinel() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.troubled())) as run:
        assert panel.selected() == "10.20.0.11:26379"
        await run.press("down")
        assert panel.selected() == "10.20.0.12:26379"


async def test_titles_and_gaps_are_no_nodes() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.troubled())) as run:
        chosen = set()
        await run.press("home")
        for _ in range(len(panel.table.source)):
            chosen.add(panel.selected())
            await run.press("down")
        assert chosen == {
            None, "10.20.0.11:26379", "10.20.0.12:26379", "10.20.0.13:26379",
            "10.20.0.12:6379", "10.20.0.13:6379", "10.20.0.14:6379",
        }  # fmt: skip


async def test_enter_on_a_replica_leads_to_its_place_in_the_topology() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.quiet())) as run:
        assert panel.select("10.20.0.13:6379")
        await run.press("enter")
        asked = run.app.gone[-1]
        assert (asked.node, asked.panel) == ("10.20.0.13:6379", "topology")


async def test_enter_on_a_sentinel_opens_what_it_believes_and_follows_the_cursor() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.quiet()), (160, 46)) as run:
        await run.press("enter")
        assert "What it believes of orders" in "\n".join(run.text())
        await run.press("down")
        (title,) = [line for line in run.text() if "Sentinel · orders" in line]
        assert "10.20.0.12:26379" in title
        assert panel.select("10.20.0.13:6379")
        await run.show(scene(fleets.quiet()))
        assert "What each Sentinel says of it" in "\n".join(run.text())
        await run.press("home")
        assert panel.back()
        await run.show(scene(fleets.quiet()))
        assert "What it believes" not in "\n".join(run.text())
        assert not panel.back()


async def test_enter_twice_goes_into_the_page_and_escape_leads_out_again() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("enter", "enter")
        assert panel.page.has_focus
        assert panel.back()
        await run.show(scene(fleets.quiet()))
        assert panel.table.has_focus
        assert panel.has_class("open")


async def test_enter_on_another_group_looks_at_it() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.two_sites())) as run:
        await run.press("end", "enter")
        assert run.app.gone[-1].group == "sessions"


async def test_another_group_shows_its_own_sentinels() -> None:
    panel = Sentinels()
    fleet = fleets.two_sites()
    async with played(panel, scene(fleet)) as run:
        await run.show(scene(fleet, group="sessions"))
        assert panel.selected() == "10.2.0.11:26379"


async def test_a_wide_screen_tells_more() -> None:
    async with played(Sentinels(), scene(fleets.quiet()), (170, 46)) as run:
        assert {"DOWN-AFTER", "PING", "REPLICAS"} <= set(run.text()[0].split())
        assert "5.0s" in "\n".join(run.text())


async def test_the_group_under_the_cursor_of_the_sites_is_looked_at() -> None:
    panel = Sites()
    async with played(panel, scene(fleets.two_sites())) as run:
        await run.press("down", "down")
        assert panel.selected() == "10.2.0.11:6379"
        assert run.app.gone[-1].group == "sessions"
        await run.press("enter")
        assert (run.app.gone[-1].group, run.app.gone[-1].panel) == ("sessions", "topology")


async def test_an_event_leads_to_its_group() -> None:
    panel = Events()
    async with played(panel, scene(fleets.quiet())) as run:
        assert panel.selected() == "10.20.0.13:26379"
        await run.press("t")
        assert (run.app.gone[-1].group, run.app.gone[-1].panel) == ("orders", "topology")


async def test_the_filter_is_stepped_through_on_every_list() -> None:
    panel = Sentinels()
    async with played(panel, scene(fleets.troubled(), wanted="0.13:")) as run:
        await run.press("home")
        found = []
        for _ in range(3):
            panel.find(1)
            found.append(panel.table.cursor_key)
        assert found[0] == "sentinel 10.20.0.13:26379"
        assert all(key != "heading" for key in found)
