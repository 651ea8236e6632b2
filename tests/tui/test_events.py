"""Screen 6 under a pilot: the timeline, what is under its cursor in full, the alerts that last, and what is said of
them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

from redistui.engine.journal import Journal, journal_path
from redistui.history import History
from redistui.model import Alert, Event, Fleet
from redistui.tui import Settings
from redistui.tui.app import RedistuiApp
from redistui.tui.scene import Scene
from redistui.tui.screens.events import Events
from redistui.tui.screens.topology import Topology
from redistui.tui.toast import Toast
from tests.alerts import AT, DOWN, alarmed, alert
from tests.tui.panels import Played, played
from tests.tui.panels import scene as scene_of
from tests.tui.piloted import Piloted, text_of
from tests.tui.stand_in import StandIn, standing_in
from tests.waiting import eventually_async


def scene(fleet: Fleet) -> Scene:
    """Nothing of the past is looked at here."""
    return scene_of(fleet, past=History())


class Clock:
    """Says what it is set to."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> float:
        return self.now


class Run(Piloted):
    """The dashboard with its real screens 1 and 6."""

    def __init__(self, app: RedistuiApp, pilot: Pilot[None], engine: StandIn, clock: Clock) -> None:
        super().__init__(app, pilot, engine, clock)
        self.rung = 0
        """How often the bell rang."""

    @property
    def toast(self) -> str:
        line = self.app.house.query_one(Toast)
        return text_of(line).strip() if line.display else ""

    @property
    def panel(self) -> Events:
        assert isinstance(self.app.house.panel, Events)
        return self.app.house.panel


@asynccontextmanager
async def running(
    fleet: Fleet | None = None, *, bell: bool = True, size: tuple[int, int] = (110, 40)
) -> AsyncIterator[Run]:
    with standing_in(fleet or alarmed()) as engine:
        settings, clock = Settings(bell=bell), Clock()
        app = RedistuiApp(engine, settings, panels=(Topology, Events), clock=clock)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            run = Run(app, pilot, engine, clock)

            def ring() -> None:
                run.rung += 1

            app.bell = ring  # type: ignore[method-assign]
            await eventually_async(lambda: app.house.panel is not None)
            await run.press("6")
            await eventually_async(lambda: isinstance(app.house.panel, Events))
            await run.press()
            yield run


# The timeline


async def out(panel: Events, run: Played) -> None:
    assert panel.back()
    await run.settle()


async def test_enter_opens_what_is_under_the_cursor_and_the_detail_follows_it() -> None:
    panel = Events()
    async with played(panel, scene(alarmed()), size=(100, 30)) as run:
        await run.press("G", "enter")
        assert any("tilt mode entered" in line for line in run.text()[12:])
        await run.press("up", "up")
        text = "\n".join(run.text()[12:])
        assert "link-down" in text
        assert "it means" in text
        await out(panel, run)
        assert panel.listed.has_focus
        assert not panel.has_class("open")


async def test_a_new_event_does_not_turn_the_page_that_is_read() -> None:
    panel = Events()
    async with played(panel, scene(alarmed()), size=(100, 30)) as run:
        await run.press("G", "enter")
        more = Event(AT, "x:1", "role", "orders", "x:1 was replica, is primary")
        fleet = alarmed()
        await run.show(scene(replace(fleet, events=(*fleet.events, more))))
        assert panel.event is not None
        assert panel.event.kind == "+tilt"
        await out(panel, run)
        await run.press("G")
        assert panel.event == more


async def test_enter_again_scrolls_in_the_detail_and_escape_leads_out_step_by_step() -> None:
    panel = Events()
    async with played(panel, scene(alarmed()), size=(80, 22)) as run:
        await run.press("G", "up", "enter", "enter", "down", "down")
        assert panel.page.has_focus
        assert panel.page.cursor == 2
        await out(panel, run)
        assert panel.listed.has_focus
        assert panel.has_class("open")
        await out(panel, run)
        assert not panel.has_class("open")


async def test_the_place_of_an_event_is_a_key_away() -> None:
    panel = Events()
    async with played(panel, scene(alarmed())) as run:
        await run.press("w", "g", "t")
        assert [(one.group, one.node, one.panel) for one in run.app.gone] == [("cart", DOWN, "topology")]


async def test_the_list_of_alerts_and_the_timeline_take_turns() -> None:
    panel = Events()
    async with played(panel, scene(alarmed())) as run:
        await run.press("w")
        assert "RULE" in run.text()[0]
        assert "acknowledged" in "\n".join(run.text())
        await run.press("enter")
        assert "by nobody yet" in "\n".join(run.text())
        await out(panel, run)
        await out(panel, run)
        assert "EVENT" in run.text()[0]


async def test_without_an_alert_the_list_says_so() -> None:
    panel = Events()
    fleet = replace(alarmed(), alerts=())
    async with played(panel, scene(fleet)) as run:
        await run.press("w")
        assert "no alert lasts" in run.text()[1]


async def test_a_deed_is_opened_with_the_commands_that_the_journal_has_of_it(tmp_path: Path) -> None:
    begun = {"operation": "ab12", "action": "failover", "group": "orders", "at": "2025-10-09T08:52:18.000Z"}
    command = {**begun, "step": 1, "node": "10.20.0.11:26379", "command": ["SENTINEL", "FAILOVER", "orders"]}
    sent = [{**command, "state": "sending"}, {**command, "state": "done"}]
    Journal(journal_path(os.environ)).write([{**begun, "state": "begun", "user": "ann"}, *sent])
    async with running() as run:
        await run.press("slash", *"kind=action", "enter", "G", "enter")
        await eventually_async(lambda: "SENTINEL FAILOVER orders at 10.20.0.11:26379" in run.screen)
        assert "by ann" in run.screen


async def test_what_another_console_does_meanwhile_is_told(tmp_path: Path) -> None:
    async with running() as run:
        await eventually_async(lambda: run.app.acting.deeds is not None)
        at = datetime.now(UTC).isoformat()
        Journal(journal_path(os.environ)).write(
            [
                {
                    "operation": "cd34",
                    "action": "promote",
                    "group": "orders",
                    "at": at,
                    "state": "ended",
                    "message": "done",
                }
            ]
        )
        await eventually_async(lambda: [deed[1:3] for deed in run.engine.recounted] == [("orders", "done")])


# What the operator says


async def test_an_alert_is_acknowledged_in_the_list_and_in_the_timeline() -> None:
    async with running() as run:
        await run.press("w", "g", "a")
        assert run.engine.acknowledged == [("node-down", "cart", DOWN)]
        assert run.told == "acknowledged: node-down of cart"
        await run.press("w", "slash", *"rule=node-down", "enter", "G", "a")
        assert len(run.engine.acknowledged) == 2


async def test_what_is_no_alert_and_what_is_over_cannot_be_acknowledged() -> None:
    async with running() as run:
        await run.press("G", "a")
        assert run.told.startswith("this is no alert")
        await run.press("w", "G", "a")
        assert run.told == "link-down of orders is over"
        assert run.engine.acknowledged == []


async def test_silencing_asks_for_how_long() -> None:
    async with running() as run:
        await run.press("w", "g", "z")
        await run.press(*"1h", "enter")
        (silence,) = run.engine.silenced
        assert (silence.patterns, silence.until) == (("node-down", "cart", DOWN), AT + 3600)
        assert run.told == f"silent for 1h: node-down of cart at {DOWN}; 1 alert of now"


SILENCES: tuple[tuple[str, tuple[str, str, str], float], ...] = (
    ("silence lag-* 10m", ("lag-*", "*", "*"), AT + 600),
    ("silence * orders 1d", ("*", "orders", "*"), AT + 86_400),
    ("unsilence lag-*", ("lag-*", "*", "*"), 0.0),
    ("unsilence", ("*", "*", "*"), 0.0),
)
NO_SENSE: tuple[tuple[str, str], ...] = (
    ("silence 1h", "usage: silence"),
    ("silence node-down", "usage: silence"),
    ("silence node-down forever", "usage: silence"),
    ("silence a b c d 1h", "usage: silence"),
    ("silence node-down 400d", "400d is no time to be silent for: from 1s to 30d"),
    ("silence node-down 0s", "0s is no time to be silent for"),
    ("ack a b c d", "usage: ack"),
    ("ack nothing-like-it", "no such alert lasts"),
)


async def test_patterns_are_silenced_from_the_line_and_what_makes_no_sense_is_answered() -> None:
    async with running() as run:
        for line, patterns, until in SILENCES:
            run.app.house.run_line(line)
            assert (run.engine.silenced[-1].patterns, run.engine.silenced[-1].until) == (patterns, until)
        for line, said in NO_SENSE:
            run.app.house.run_line(line)
            assert run.told.startswith(said)
        assert (len(run.engine.silenced), run.engine.acknowledged) == (len(SILENCES), [])


async def test_all_that_nobody_knows_of_is_acknowledged_at_once() -> None:
    async with running(alarmed(alert("memory", "warn", node="10.30.0.1:7000"))) as run:
        run.app.house.run_line("ack")
        assert [key[0] for key in run.engine.acknowledged] == ["node-down", "memory"]
        assert run.told == "acknowledged: 2 alerts"


async def test_the_line_completes_rules_groups_nodes_and_lengths() -> None:
    async with running() as run:
        complete = run.app.house.complete
        assert complete("silence no") == ["silence node-down"]
        assert complete("silence node-down ")[:2] == ["silence node-down cart", "silence node-down 10m"]
        assert complete("silence node-down cart 10.")[:1] == [f"silence node-down cart {DOWN}"]
        assert complete(f"silence node-down cart {DOWN} 1") == [
            f"silence node-down cart {DOWN} 10m",
            f"silence node-down cart {DOWN} 1h",
            f"silence node-down cart {DOWN} 1d",
        ]
        assert complete("ack tilt ") == ["ack tilt orders"]


async def test_in_a_recording_nothing_can_be_said_about_alerts() -> None:
    async with running(replace(alarmed(), replayed=True)) as run:
        await run.press("w", "g", "a")
        assert run.told == "this is a recording: nothing can be said about its alerts"
        run.app.house.run_line("silence lag-* 10m")
        assert (run.engine.silenced, run.engine.acknowledged, run.rung) == ([], [], 0)
        assert run.toast == ""


# Telling


def with_alerts(*alerts: Alert, at: float = AT) -> Fleet:
    return replace(alarmed(at=at), alerts=alerts)


async def test_an_alert_is_told_once_by_toast_and_bell_and_counted_in_the_header() -> None:
    async with running(with_alerts()) as run:
        assert (run.toast, run.rung) == ("", 0)
        assert "new" not in run.screen.splitlines()[0]
        await run.publish(with_alerts(alert(), at=AT + 1))
        assert "BAD node-down of cart" in run.toast
        assert run.rung == 1
        assert "■1 bad  1 new" in run.screen.splitlines()[0]
        await run.publish(with_alerts(alert(), at=AT + 2))
        assert run.rung == 1


async def test_what_comes_about_in_the_next_seconds_is_gathered_into_one_toast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redistui.tui.alerts.GATHERED", 0.4)
    async with running(with_alerts()) as run:
        await run.publish(with_alerts(alert()))
        await run.publish(with_alerts(alert(), alert("tilt", "warn")))
        await run.publish(with_alerts(alert(), alert("tilt", "warn"), alert("quorum-lost")))
        assert run.rung == 1
        await eventually_async(lambda: run.rung == 2, 20.0)
        assert "(+1 warn) BAD quorum-lost" in run.toast


async def test_the_end_is_told_without_a_bell() -> None:
    async with running(with_alerts()) as run:
        await run.publish(with_alerts(alert()))
        assert run.rung == 1
        run.clock.now = AT + 60
        await run.publish(with_alerts(replace(alert(), ended_at=AT), at=AT + 60))
        assert "over: node-down of 10.30.0.3:7000, after 40s" in run.toast
        assert run.rung == 1


async def test_the_bell_can_be_switched_off() -> None:
    async with running(with_alerts(), bell=False) as run:
        await run.publish(with_alerts(alert()))
        assert "node-down" in run.toast
        assert run.rung == 0


async def test_a_toast_moves_nothing_on_the_screen_and_hides_titles_only() -> None:
    async with running(with_alerts(), size=(80, 24)) as run:
        before = run.screen.splitlines()
        await run.publish(with_alerts(alert()))
        after = run.screen.splitlines()
        assert "UTC" in before[1]
        assert "node-down" in after[1]
        assert after[2:] == before[2:]


@pytest.mark.parametrize("key", ["question_mark", "ctrl+p", "x"])
async def test_an_alert_is_told_over_a_dialog_too_and_hides_its_upper_edge_only(key: str) -> None:
    async with running(with_alerts(), size=(80, 24)) as run:
        await run.press(key)
        assert run.app.screen is not run.app.house
        before = run.screen.splitlines()
        await run.publish(with_alerts(alert()))
        await eventually_async(lambda: "BAD node-down of cart" in run.screen.splitlines()[0])
        assert run.screen.splitlines()[1:] == before[1:]


async def test_what_gets_worse_does_not_wait_behind_what_is_over() -> None:
    async with running(with_alerts()) as run:
        await run.publish(with_alerts(alert()))
        run.clock.now += 60
        await run.publish(with_alerts(alert(ended_at=AT + 59), at=AT + 60))
        assert "over" in run.toast
        run.clock.now += 1
        await run.publish(with_alerts(alert("two-primaries"), at=AT + 61))
        assert "BAD two-primaries" in run.toast
        assert run.rung == 2
