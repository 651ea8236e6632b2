"""A recording in the dashboard, under a pilot: going about in it, on every screen, and nothing that acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from redistui.engine.playback import Playback
from redistui.engine.playing import Player
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.footer import Footer
from redistui.tui.line import Line
from redistui.tui.lists import Reading, Rows
from redistui.tui.replaying import ReplayHouse
from redistui.tui.screens import SCREENS
from redistui.tui.timeline import Badge, Timeline
from redistui.tui.whatif import WhatIf
from redistui.view.keys import keys_at
from redistui.view.replay import BADGE
from tests.engine.tapes import BEGAN, FELL, SECONDS, incident
from tests.tui.piloted import Piloted
from tests.waiting import eventually_async

END = BEGAN + SECONDS - 0.5


class Run(Piloted):
    """A replay under a pilot."""

    async def stands(self, at: float) -> None:
        await eventually_async(lambda: self.app.watching.fleet.at == at, 20)

    def said(self, id: str) -> str:
        line = self.app.house.query_one(f"#{id}", Line)
        return "".join(text for text, _ in (*line._left, *line._right))


@asynccontextmanager
async def replaying(at: float = BEGAN + 30, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Run]:
    player = Player(incident())
    player.go(at)
    playback = Playback(player)
    app = RedistuiApp(playback, Settings(replay=True, armed=False), clock=lambda: at)
    try:
        async with app.run_test(size=size) as pilot:
            await eventually_async(lambda: app.house.panel is not None, 20)
            await pilot.pause()
            yield Run(app, pilot)
    finally:
        playback.stop()


async def test_the_badge_and_the_time_are_on_every_screen_and_on_what_is_opened_over_it() -> None:
    async with replaying() as run:
        for panel in run.app.house.panels:
            await run.press(panel.KEY)
            await eventually_async(lambda panel=panel: type(run.app.house.panel) is panel, 20)  # type: ignore[misc]
            assert run.app.house.query_one(Timeline).region.height == 2
            assert BADGE in run.said("replay-at")
            assert "08:53:49.500 UTC" in run.said("replay-at")
            assert "REPLAY" in run.said("facts")
            assert "READ-ONLY" not in run.said("facts")
        await run.press("question_mark")
        await eventually_async(lambda: isinstance(run.app.screen, Reading) and run.app.screen.query(Badge), 20)


async def test_the_header_tells_how_often_servers_were_polled_when_it_was_recorded() -> None:
    async with replaying(size=(160, 48)) as run:
        assert "every 1s" in run.said("facts")
        slower = replace(run.app.engine.fleet, period=5.0)
        run.app.engine.fleet = slower  # type: ignore[misc]
        run.app.take_fleet(slower)
        assert "every 5s" in run.said("facts")


async def test_it_steps_and_jumps_through_the_recording() -> None:
    async with replaying() as run:
        for keys, at in (
            (["right_parenthesis"], BEGAN + 30.5),
            (["left_parenthesis", "left_parenthesis"], BEGAN + 28.5),
            (["right_curly_bracket"], FELL.at + 0.5),
            (["right_curly_bracket"], BEGAN + 65.5),
            (["left_curly_bracket"], FELL.at + 0.5),
            (["left_curly_bracket"], FELL.at + 0.5),
            (["at", *"end", "enter"], END),
            (["at", *"-30s", "enter"], END - 30),
        ):
            await run.press(*keys)
            await run.stands(at)
        for line, at in (("at 08:53:25", BEGAN + 4.5), ("next", FELL.at + 0.5)):
            await run.order(line)
            await run.stands(at)
        await eventually_async(lambda: "+odown" in run.told, 20)
        footer = "".join(text for text, _ in run.app.house.query_one(Footer)._keys)
        assert " ".join(footer.split()) == "space play ) step } event @ jump = differs ? help q quit"


async def test_it_plays_at_any_speed_and_stands_still() -> None:
    async with replaying() as run:
        await run.press("plus", "plus", "plus")
        assert "paused, 10x" in run.said("replay-at")
        await run.order("play 100")
        await run.stands(END)
        await eventually_async(lambda: "paused" in run.said("replay-at"), 20)
        await run.press("space")
        assert "the end of the recording" in run.told
        await run.order("at start")
        await run.stands(BEGAN + 0.5)
        await run.press("minus", "space")
        assert "50x" in run.said("replay-at")
        await run.press("space")
        assert "paused" in run.said("replay-at")


async def test_what_cannot_be_done_is_said() -> None:
    async with replaying() as run:
        for line, said in (
            ("at 07:00", "not in the recording"), ("at x", "is no time"), ("play 1000", "is no speed"),
            ("play x", "is no speed"), ("diff 1 2 3", "two times"), ("diff 08:53:30 x", "is no time"),
            ("period 5", "nobody is polled"), ("next x", "nothing to go to"),
        ):  # fmt: skip
            await run.order(line)
            assert said in run.told
        assert run.app.watching.fleet.at == BEGAN + 29.5


async def test_there_is_no_action_nor_can_it_be_armed() -> None:
    async with replaying() as run:
        for key in ("F", "x", "P", "S"):
            await run.press(key)
            assert "recording" in run.told
            assert type(run.app.screen) is ReplayHouse
        for line in ("save x", "arm", "failover", "promote b:1", "silence * 1h"):
            await run.order(line)
            assert "recording" in run.told, line
            assert type(run.app.screen) is ReplayHouse
        assert not run.app.watching.armed
        await run.order("canary start")
        assert "recording" in run.told
        assert not run.app.canaries.runs


async def test_the_difference_between_a_mark_and_here_is_shown() -> None:
    async with replaying() as run:
        await run.press("equals_sign")
        assert "from 08:53:49" in run.said("replay-at")
        await run.order("at end")
        await run.stands(END)
        await run.press("equals_sign")
        await eventually_async(lambda: isinstance(run.app.screen, Reading), 20)
        assert "b:1 was replica, is primary" in lines(run)
        await run.press("escape")
        await run.order("diff start -1s")
        await eventually_async(lambda: isinstance(run.app.screen, Reading) and "primary: a:1 -> b:1" in lines(run), 20)


def lines(run: Run) -> str:
    return "\n".join("".join(text for text, _ in line) for line in run.app.screen.query_one(Rows)._lines)


async def test_a_forecast_is_made_of_the_time_that_is_looked_at() -> None:
    async with replaying() as run:
        await run.press("W")
        await eventually_async(lambda: isinstance(run.app.screen, WhatIf), 20)
        whatif = run.app.screen
        assert isinstance(whatif, WhatIf)
        assert whatif._fleet.at == BEGAN + 29.5


def test_a_screens_own_key_hides_none_of_the_replays() -> None:
    screens = {panel.NAME for panel in SCREENS} | {"table"}
    own = {key for where in screens for row in keys_at(where) for key in row.key.split(",")}
    assert [row.id for row in keys_at("replay") if own & set(row.key.split(","))] == []


def test_every_key_of_the_replay_does_something() -> None:
    names = {row.action.partition("(")[0] for row in keys_at("replay")}
    assert [name for name in names if not hasattr(ReplayHouse, f"action_{name}")] == []
