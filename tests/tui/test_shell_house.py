"""The house under a pilot: groups, filter, command line, pause, themes, small terminals."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from pathlib import Path

import pytest

from redistui.tui import Settings
from redistui.tui.header import BannerLine, Header
from redistui.tui.help import key_rows
from redistui.tui.hop import Latest
from redistui.tui.line import Line
from redistui.tui.lists import Reading
from redistui.tui.toosmall import TooSmall
from redistui.tui.watching import Watching
from redistui.view.glyphs import UNICODE
from redistui.view.keys import KEYS
from tests import fleets
from tests.tui.piloted import text_of
from tests.tui.shell import running
from tests.tui.stand_in import Blank, renamed
from tests.waiting import eventually_async

# Snapshots


async def test_a_new_snapshot_reaches_the_panel_that_is_shown_and_no_other() -> None:
    async with running() as run:
        await run.press("4", "1")
        sites = run.app.house.query_one("#sites", Blank)
        before = len(sites.scenes)
        fleet = replace(fleets.quiet(), at=fleets.AT + 1)
        await run.publish(fleet)
        assert run.panel.scenes[-1].fleet is fleet
        assert len(sites.scenes) == before


async def test_a_panel_gets_the_present_scene_when_it_is_opened() -> None:
    async with running() as run:
        fleet = replace(fleets.quiet(), at=fleets.AT + 1)
        await run.publish(fleet)
        await run.press("3")
        assert run.panel.NAME == "slots"
        assert run.panel.scenes[-1].fleet is fleet


async def test_many_snapshots_at_once_are_one_redraw() -> None:
    async with running() as run:
        before = len(run.panel.scenes)
        last = fleets.quiet()
        for number in range(200):
            last = replace(last, at=fleets.AT + number)
            run.app._latest.offer(last)  # All while the screen's loop does not get to run.
        await run.settle()
        assert run.panel.scenes[-1].fleet is last
        assert len(run.panel.scenes) - before == 1


def test_the_latest_snapshot_wins_and_wakes_once() -> None:
    woken: list[int] = []
    latest = Latest(lambda: woken.append(1))
    first, second = fleets.quiet(), replace(fleets.quiet(), at=1.0)
    latest.offer(first)
    latest.offer(second)
    assert latest.take() is second
    assert latest.take() is None
    latest.offer(first)
    assert len(woken) == 2


async def test_an_age_ticks_by_itself_and_nothing_else_is_drawn() -> None:
    now = [fleets.AT]
    async with running(clock=lambda: now[0]) as run:
        assert run.age == "age 0s"
        drawn = len(run.panel.scenes)
        now[0] += 7
        await eventually_async(lambda: run.age == "age 7s", 20)
        assert len(run.panel.scenes) == drawn


async def test_an_idle_dashboard_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running() as run:
        drawn: list[object] = []
        monkeypatch.setattr(type(run.app), "_display", lambda self, screen, renderable: drawn.append(renderable))
        run.app.house.show_age()
        run.app.house.redraw()
        await run.publish(replace(fleets.quiet(), at=fleets.AT))
        await asyncio.sleep(0.1)
        assert drawn == []


# Pause


async def test_a_paused_view_stays_while_the_engine_goes_on() -> None:
    async with running() as run:
        shown = run.app.watching.fleet
        await run.press("space")
        assert "paused since 08:53:20 UTC" in run.banner
        await run.publish(replace(fleets.quiet(), at=fleets.AT + 5))
        assert run.panel.scenes[-1].fleet is shown
        assert run.panel.scenes[-1].paused
        await run.press("space")
        assert run.panel.scenes[-1].fleet.at == fleets.AT + 5
        assert run.banner == ""


async def test_the_banner_takes_a_line_of_its_own() -> None:
    async with running() as run:
        await run.press("space")
        header, banner = run.app.house.query_one(Header), run.app.house.query_one(BannerLine)
        assert (header.region.y, banner.region.y, run.panel.region.y) == (0, 1, 2)


# Groups and nodes


async def test_groups_go_around() -> None:
    async with running() as run:
        seen = []
        for _ in range(3):
            await run.press("tab")
            seen.append(run.app.watching.group.name)  # type: ignore[union-attr]
        assert seen == ["cart", "orders", "cart"]
        assert "2/2" in run.header


@pytest.mark.parametrize(("typed", "group"), [("group cart", "cart"), ("group ca", "cart"), ("group nosuch", "orders")])
async def test_a_group_is_chosen_by_name_or_its_beginning(typed: str, group: str) -> None:
    async with running() as run:
        await run.type(typed)
        assert run.app.watching.group.name == group  # type: ignore[union-attr]


async def test_a_mistyped_group_is_answered_with_the_nearest() -> None:
    async with running() as run:
        await run.type("group ordres")
        assert "did you mean orders?" in run.told


async def test_a_group_that_goes_away_comes_back_when_it_does() -> None:
    async with running() as run:
        await run.type("group cart")
        whole = fleets.quiet()
        await run.publish(replace(whole, groups=whole.groups[:1], at=fleets.AT + 1))
        assert "orders" in run.header
        await run.publish(replace(whole, at=fleets.AT + 2))
        assert "cart" in run.header


async def test_no_group_yet_is_shown_as_connecting() -> None:
    async with running(replace(fleets.quiet(), groups=())) as run:
        assert "connecting" in run.header
        assert run.age == "age ?"
        await run.press("tab", "F", "y", "colon", *"group x", "enter")
        assert run.app.return_code is None


async def test_a_node_is_found_in_its_group() -> None:
    async with running() as run:
        address = fleets.quiet().groups[1].nodes[2].address
        await run.type(f"node {address}")
        assert run.app.watching.group.name == "cart"  # type: ignore[union-attr]
        await eventually_async(lambda: run.panel.chosen == address)


async def test_a_panel_can_send_one_elsewhere() -> None:
    async with running() as run:
        run.panel.post_message(Blank.Goto(group="cart", panel="slots"))
        await eventually_async(lambda: run.panel.NAME == "slots")
        assert run.app.watching.group.name == "cart"  # type: ignore[union-attr]


# Going back


async def test_escape_goes_back_level_by_level_and_never_quits() -> None:
    async with running() as run:
        run.panel.depth = 1
        await run.press("3", "slash", "x", "enter")
        run.panel.depth = 1
        await run.press("escape")
        assert run.app.watching.filter == "x"
        await run.press("escape")
        assert run.app.watching.filter == ""
        await run.press("escape")
        assert run.panel.NAME == "topology"
        await run.press("escape", "escape", "escape")
        assert run.app.return_code is None


# Help


def test_every_line_of_help_has_room_in_its_frame() -> None:
    wide = [row for row in key_rows(KEYS, "slots") if sum(len(cell.text) for cell in row) > 74]
    assert wide == []


async def test_help_has_every_key_and_the_panels_legend() -> None:
    from redistui.tui.help import help_screen

    async with running() as run:
        rows = help_screen(run.app.house)._rows
        text = " ".join("\n".join("".join(cell.text for cell in row) for row in rows).split())
        assert all(row.what in text for row in KEYS)
        assert "a primary" in text
        await run.press("question_mark", "j", "pagedown", "k")
        assert isinstance(run.app.screen, Reading)
        await run.press("q")
        assert run.app.screen is run.app.house
        assert run.app.return_code is None


# Themes


async def test_a_theme_is_changed_live() -> None:
    async with running() as run:
        await run.type("theme light")
        assert run.app.dress.name == "light"
        assert run.panel.scenes[-1].theme is run.app.dress
        assert run.app.house.styles.background.hex.lower() == "#fbfaf6"


async def test_ones_own_theme_is_found_and_a_broken_one_changes_nothing() -> None:
    folder = Path(os.environ["XDG_CONFIG_HOME"]) / "redistui" / "themes"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("[tones]\nbad = 'puce'\n")
    async with running() as run:
        await run.type("theme mine")
        assert run.app.dress.name == "dark"
        assert "mine.toml" in run.told
        assert "see :problems" in run.banner


async def test_a_broken_theme_at_the_start_gives_the_default_and_a_banner() -> None:
    async with running(settings=Settings(theme="nosuch")) as run:
        assert run.app.dress.name == "dark"
        assert "1 problem in the settings" in run.banner


@pytest.mark.parametrize("theme", ["dark", "light", "colour-blind-safe", "high-contrast", "mono", "prod-red"])
async def test_every_theme_can_be_worn_on_every_screen(theme: str) -> None:
    async with running(settings=Settings(theme=theme, ascii=theme == "mono", armed=True)) as run:
        for key in ("question_mark", "escape", "ctrl+p", "escape", "F", "escape", "colon", "tab", "escape", "space"):
            await run.press(key)
        assert run.app.return_code is None


async def test_no_color_keeps_to_the_theme_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(settings=Settings(theme="dark")) as run:
        assert run.app.dress.name == "mono"
        await run.type("theme light")
        assert run.app.dress.name == "mono"
        assert "NO_COLOR" in run.told


# Size


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (52, 14), (20, 5), (1, 1)])
async def test_under_60x16_one_sentence_stands_there(size: tuple[int, int]) -> None:
    async with running(size=size) as run:
        assert isinstance(run.app.screen, TooSmall)
        await run.press("F", "colon", "question_mark", "space", "x")
        assert isinstance(run.app.screen, TooSmall)
        assert run.app.watching.paused_at is None


async def test_a_terminal_that_grows_shows_the_dashboard_again() -> None:
    async with running(size=(52, 14)) as run:
        screen = run.app.screen
        assert "terminal 52x14, needs 60x16" in screen._line(7).text  # type: ignore[attr-defined]
        await run.pilot.resize_terminal(80, 24)
        await run.settle()
        assert run.app.screen is run.app.house
        assert "orders" in run.header


async def test_quitting_works_in_a_tiny_terminal() -> None:
    async with running(size=(30, 8)) as run:
        await run.press("q")
        assert run.app.return_code == 0


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (160, 48), (300, 90)])
async def test_the_header_keeps_badge_and_group_at_every_size(size: tuple[int, int]) -> None:
    async with running(size=size, settings=Settings(armed=True)) as run:
        assert "PROD" in run.header
        assert "orders" in run.header
        assert "ARMED" in run.header


# Hostile names

HOSTILE = "a\x1b]0;x\x07\x9b31m\u202eb[@click=app.quit]x[/]"


async def test_a_hostile_group_name_is_harmless_everywhere() -> None:
    async with running(renamed(fleets.quiet(), "orders", HOSTILE), size=(160, 48)) as run:
        shown = "a\\x1b]0;x\\x07\\x9b31m\\u202eb[@click=app.quit]x[/]"
        assert shown in run.header
        await run.press("ctrl+p", "escape", "F")
        assert text_of(run.app.screen.query_one("#about", Line)).isprintable()
        await run.press("escape", "colon", *"group ", "tab", "tab", "tab", "enter")
        assert run.told.isprintable()


def test_watching_keeps_the_filter_and_the_group_out_of_the_engine() -> None:
    watching = Watching(fleets.quiet(), fleets.history(fleets.quiet(), 3), group="cart", armed=False)
    assert watching.place == "2/2"
    scene = watching.scene(object(), UNICODE)  # type: ignore[arg-type]
    assert scene.group is watching.group
    assert scene.now == fleets.AT
