"""Screen 1 under a pilot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.tui.screens import SCREENS
from redistui.tui.screens.topology import Topology
from tests import fleets
from tests.tui.panels import played, scene, theme


async def test_it_opens_on_the_primary_of_the_group_that_is_looked_at() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.quiet(), group="cart")) as run:
        assert panel.selected() == "10.30.0.1:7000"
        assert run.app.gone == []


async def test_moving_into_another_group_asks_to_look_at_it() -> None:
    async with played(Topology(), scene(fleets.quiet())) as run:
        await run.press(*["down"] * 4)
        assert [each.group for each in run.app.gone] == ["cart"]


async def test_another_group_takes_the_cursor_along() -> None:
    panel = Topology()
    fleet = fleets.quiet()
    async with played(panel, scene(fleet)) as run:
        await run.show(scene(fleet, group="cart"))
        assert panel.selected() == "10.30.0.1:7000"
        await run.press("down")
        await run.show(scene(fleet, group="cart"))
        assert panel.selected() == "10.30.0.4:7000"


async def test_enter_opens_a_nodes_page_and_back_closes_it() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.troubled())) as run:
        await run.press("down", "enter")
        assert run.text()[0].split()[:2] == ["▌R", "10.20.0.12:6379"]
        assert "What others say" not in "\n".join(run.text())
        await run.press("G")
        assert "10.20.0.14:6379" in "\n".join(run.text())
        assert panel.selected() == "10.20.0.12:6379"
        assert panel.back()
        await run.settle()
        assert "NODE" in run.text()[0]
        assert not panel.back()


async def test_where_there_is_room_the_page_stands_beside_the_tree() -> None:
    async with played(Topology(), scene(fleets.troubled()), (160, 46)) as run:
        await run.press("enter")
        assert "NODE" in run.text()[0]
        assert "10.20.0.11:6379" in run.text()[0]


async def test_a_page_closes_when_its_node_is_gone() -> None:
    panel = Topology()
    fleet = fleets.quiet()
    async with played(panel, scene(fleet)) as run:
        await run.press("enter")
        await run.show(scene(replace(fleet, groups=fleet.groups[1:])))
        assert "NODE" in run.text()[0]


async def test_a_heading_opens_its_group_alone_and_back_shows_all() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("home", "enter")
        assert "cart" not in "\n".join(run.text())
        assert panel.back()
        await run.settle()
        assert "cart" in "\n".join(run.text())


async def test_findings_are_shown_below_and_gone_when_all_is_well() -> None:
    async with played(Topology(), scene(fleets.troubled())) as run:
        assert run.text()[-4].strip() == "wrong now  ■ 6 bad  ▲ 4 warnings"
        await run.show(scene(fleets.quiet()))
        assert "wrong now" not in "\n".join(run.text())


async def test_the_list_of_findings_leads_to_the_node() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.troubled())) as run:
        await run.press("w", "j", "j", "j", "j", "enter")
        assert run.app.gone[-1].group == "cart"
        assert panel.selected() == "10.30.0.3:7000"


async def test_the_filter_marks_what_it_found_and_steps_through_it() -> None:
    panel = Topology()
    fleet = fleets.quiet()
    async with played(panel, scene(fleet, wanted="30.0.")) as run:
        assert "orders" not in "\n".join(run.text())
        panel.find(1)
        first = panel.selected()
        panel.find(1)
        assert (first, panel.selected()) != (first, first)
        await run.show(scene(fleet, wanted="nothing like it"))
        assert panel.selected() is None


async def test_a_filter_that_takes_the_cursor_elsewhere_takes_the_group_along() -> None:
    fleet = fleets.quiet()
    async with played(Topology(), scene(fleet)) as run:
        await run.show(scene(fleet, wanted="10.30."))
        assert [each.group for each in run.app.gone] == ["cart"]


async def test_select_puts_the_cursor_on_a_node_if_it_is_there() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.quiet())) as run:
        assert panel.select("10.30.0.5:7000")
        await run.settle()
        assert panel.selected() == "10.30.0.5:7000"
        assert not panel.select("10.99.0.1:1")


async def test_names_from_a_server_reach_the_screen_harmless() -> None:
    async with played(Topology(), scene(fleets.faulty()), (160, 46)) as run:
        text = "\n".join(run.text())
        assert "[/]sessions\\u202e" in text
        assert "\x1b" not in text
        assert "\u202e" not in text


async def test_in_ascii_every_sign_is_ascii() -> None:
    for kind in SCREENS:
        async with played(kind(), scene(fleets.troubled(), ascii_signs=True), (120, 30)) as run:
            assert "\n".join(run.text()).isascii(), kind.NAME


@pytest.mark.parametrize("name", ["dark", "light", "mono"])
async def test_a_theme_is_taken_over_at_once(name: str) -> None:
    panel = Topology()
    async with played(panel, scene(fleets.quiet())) as run:
        worn = theme(name)
        await run.show(scene(fleets.quiet(), worn=worn))
        assert panel.table.inks is not None
        assert panel.table.inks.theme is worn


@pytest.mark.parametrize("kind", SCREENS, ids=lambda kind: kind.NAME)
def test_a_legend_fits_the_help(kind: type[Topology]) -> None:
    for row in kind.legend():
        assert sum(len(cell.text) for cell in row) <= 70, row


@pytest.mark.parametrize("kind", SCREENS, ids=lambda kind: kind.NAME)
async def test_a_screen_bears_an_empty_fleet_and_one_that_comes_later(kind: type[Topology]) -> None:
    empty = fleets.Fleet(at=fleets.AT, period=1.0, groups=())
    panel = kind()
    async with played(panel, scene(empty)) as run:
        await run.press("down", "enter", "end")
        assert panel.selected() is None
        await run.show(scene(fleets.troubled()))
        await run.press("down")
        await run.show(scene(empty))


@pytest.mark.parametrize("kind", SCREENS, ids=lambda kind: kind.NAME)
def test_a_screen_has_its_digit_and_bindings_with_ids(kind: type[Topology]) -> None:
    assert str(SCREENS.index(kind) + 1) == kind.KEY
    assert all(getattr(each, "id", None) for each in kind.BINDINGS)
