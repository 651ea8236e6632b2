"""`:report`: score, alerts and recommendations over the screen one is on, wrapped to the terminal."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest

from redistui.judge.report import Report, report
from redistui.model import Finding, Group
from redistui.tui import Settings, reporting
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


async def test_of_many_nodes_it_opens_at_once_and_is_told_when_their_past_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fleet = fleets.large(100)
    may, threads = threading.Event(), set[int]()
    monkeypatch.setattr(Group, "__repr__", unwanted)

    def slow(*words: Any, **named: Any) -> Report:
        threads.add(threading.get_ident())
        assert may.wait(30)
        return report(*words, **named)

    monkeypatch.setattr(reporting, "report", slow)
    with standing_in(fleet) as engine:
        app = RedistuiApp(engine, Settings(), panels=PANELS, clock=lambda: fleet.at)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            await eventually_async(lambda: app.house.panel is not None)
            app.house.run_line("report")
            await eventually_async(lambda: bool(threads))
            shown = app.screen
            assert isinstance(shown, Reading)
            assert text_of(shown) == "reading the past of 100 nodes ..."
            may.set()
            await eventually_async(lambda: "score" in text_of(shown))
            assert "100 of 100 nodes up" in text_of(shown)
            assert threads.isdisjoint({threading.get_ident()})
            await pilot.press("escape")
            await eventually_async(lambda: app.screen is app.house)


async def test_it_may_be_closed_before_the_past_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet, begun, may, over = fleets.large(100), threading.Event(), threading.Event(), threading.Event()

    def slow(*words: Any, **named: Any) -> Report:
        begun.set()
        assert may.wait(30)
        try:
            return report(*words, **named)
        finally:
            over.set()

    monkeypatch.setattr(reporting, "report", slow)
    with standing_in(fleet) as engine:
        app = RedistuiApp(engine, Settings(), panels=PANELS, clock=lambda: fleet.at)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            await eventually_async(lambda: app.house.panel is not None)
            app.house.run_line("report")
            await eventually_async(begun.is_set)
            await pilot.press("escape")
            await eventually_async(lambda: app.screen is app.house)
            may.set()
            await eventually_async(over.is_set)
            await pilot.press("3")
            await pilot.pause()
            assert app.screen is app.house


def unwanted(value: object) -> str:
    """Of a fleet of a thousand nodes it takes seconds to write one."""
    raise AssertionError("a fleet was described at length")


def text_of(shown: Reading) -> str:
    return " ".join(" ".join("".join(cell.text for cell in row) for row in shown._rows).split())
