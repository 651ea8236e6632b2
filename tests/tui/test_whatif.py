"""The what-if dialog: opened on a node or a site, changed by the keyboard, drawn anew of every snapshot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from redistui.model import Fleet
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.screens.sites import Sites
from redistui.tui.whatif import WhatIf
from tests import fleets
from tests.tui.panels import played, scene
from tests.tui.piloted import Piloted
from tests.tui.stand_in import PANELS, Blank, standing_in
from tests.waiting import eventually_async

PRIMARY, REPLICA = "10.20.0.11:6379", "10.20.0.12:6379"


class Shown(Piloted):
    """The dashboard under a pilot."""

    @property
    def dialog(self) -> WhatIf:
        assert isinstance(self.app.screen, WhatIf)
        return self.app.screen


@asynccontextmanager
async def seen(fleet: Fleet | None = None, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Shown]:
    with standing_in(fleet or fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(), panels=PANELS)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            shown = Shown(app, pilot, engine)
            await shown.press()
            yield shown


async def test_it_opens_with_the_node_under_the_cursor() -> None:
    async with seen() as shown:
        await shown.press("W")
        assert list(shown.dialog.lost) == [PRIMARY]
        assert f"If {PRIMARY} were lost now" in shown.screen
        assert f"[x] {PRIMARY}" in shown.screen
        await shown.press("escape")
        assert shown.app.screen is shown.app.house


async def test_space_takes_servers_in_and_out_and_the_forecast_follows() -> None:
    async with seen() as shown:
        await shown.press("W", "space", "space")
        assert list(shown.dialog.lost) == [REPLICA]
        assert f"If {REPLICA} were lost now" in shown.screen
        assert "writes go on" in shown.screen
        await shown.press("c")
        assert not shown.dialog.lost
        assert "Nothing is lost" in shown.screen
        await shown.press("k", "space")
        assert list(shown.dialog.lost) == [REPLICA]


async def test_a_whole_site_is_taken_in_and_out_with_one_key() -> None:
    known = fleets.quiet()
    orders = known.groups[0]
    nodes = tuple(replace(node, site="east") for node in orders.nodes[:2]) + orders.nodes[2:]
    async with seen(replace(known, groups=(replace(orders, nodes=nodes), *known.groups[1:]))) as shown:
        await shown.press("W", "s")
        assert set(shown.dialog.lost) == {node.address for node in nodes if node.site == "east"}
        assert "its site" in shown.screen
        await shown.press("s")
        assert not shown.dialog.lost


async def test_a_new_snapshot_is_forecast_at_once() -> None:
    async with seen() as shown:
        await shown.press("W")
        await eventually_async(lambda: "were lost now" in shown.screen)
        shown.engine.publish(replace(fleets.quiet(), groups=fleets.quiet().groups[1:], at=fleets.AT + 1))
        await eventually_async(lambda: "none of these servers is in any group" in shown.screen)


async def test_without_a_group_there_is_nothing_to_ask() -> None:
    async with seen(replace(fleets.quiet(), groups=())) as shown:
        await shown.press("W")
        assert shown.app.screen is shown.app.house


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        (f"whatif {REPLICA}", [REPLICA]),
        (f"whatif {REPLICA},{PRIMARY}", [REPLICA, PRIMARY]),
        (f"whatif {PRIMARY} {REPLICA}", [PRIMARY, REPLICA]),
        ("whatif", [PRIMARY]),
    ],
)
async def test_nodes_can_be_named_on_the_command_line(line: str, lost: list[str]) -> None:
    async with seen() as shown:
        await shown.press("colon")
        await shown.pilot.press(*("space" if sign == " " else sign for sign in line))
        await shown.press("enter")
        assert list(shown.dialog.lost) == lost


async def test_a_node_that_is_not_there_is_answered_with_a_sentence() -> None:
    async with seen() as shown:
        shown.app.house.run_line("whatif 10.20.0.99:6379")
        await shown.press()
        assert shown.app.screen is shown.app.house
        assert "no node or site" in shown.screen


def standing(fleet: Fleet, site: str) -> set[str]:
    return {member.address for group in fleet.groups for member in group.members if member.site == site}


async def test_on_a_site_all_that_stands_there_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Blank, "site", lambda self: "fra")
    async with seen(fleets.two_sites()) as shown:
        await shown.press("W")
        assert set(shown.dialog.lost) == standing(fleets.two_sites(), "fra") != set()
    async with seen(fleets.two_sites()) as shown:
        shown.app.house.run_line("whatif ams")
        await shown.press()
        assert set(shown.dialog.lost) == standing(fleets.two_sites(), "ams") != set()


async def test_the_sites_screen_names_the_site_under_the_cursor() -> None:
    async with played(Sites(id="sites"), scene(fleets.two_sites())) as run:
        panel = run.app.panel
        assert isinstance(panel, Sites)
        seen_sites = set()
        for _ in range(12):
            seen_sites.add(panel.site())
            await run.press("j")
        assert {"ams", "fra"} <= seen_sites
