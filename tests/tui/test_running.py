"""The dialog of an operation that moves slots, while it runs: how far it is, and the keys that steer it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest
from textual.pilot import Pilot

from redistui.model import Fleet
from redistui.ops.action import Action, Aim, Check, Plan
from redistui.ops.run import Run, planned
from redistui.ops.steps import Argv, Step
from redistui.ops.tally import Part, Tally
from redistui.ops.templates import Each
from redistui.tui import Settings, acting
from redistui.tui.app import RedistuiApp
from redistui.tui.confirm import Confirm
from redistui.tui.header import BannerLine
from tests import fleets
from tests.tui.piloted import Piloted
from tests.tui.stand_in import PANELS, standing_in
from tests.waiting import eventually_async

NAME = "orders"


@dataclass(frozen=True)
class Haul(Step):
    """Says that it moves slots."""

    heeds: ClassVar[bool] = True

    @property
    def text(self) -> str:
        return "move 1,000 slots"

    def commands(self) -> Sequence[Argv]:
        return (("CLUSTER", "SETSLOT", Each(((0, 999),)), "NODE", "b"),)


def haul(*, heeds: bool = True) -> Action:
    sort = Haul if heeds else type("Plain", (Haul,), {"heeds": False})

    def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
        yield Check("pass", "the moon is up")

    def plan(fleet: Fleet, aim: Aim) -> Plan:
        return Plan("failover", NAME, "Move slots", "risky", (sort("10.0.0.1:7001"),), (), confirm=NAME)

    return Action("failover", "Move slots", "F", "risky", ("sentinel",), "Moves slots.", checks, plan)


class Runner:
    """Runs nothing, tells how far it is, and keeps the orders that it is given."""

    def __init__(self) -> None:
        self.orders: list[dict[str, Any]] = []
        self.told = asyncio.Event()
        self.go = threading.Event()
        self.tell: Any = None

    async def run(self, action: Action, aim: Aim, plan: Plan, *, armed: bool, report: Any, consent: object) -> Run:
        run = replace(planned(action.name, aim.group, plan), outcome="running")

        def tell(slots: int, now: float = 1.0, *, paused: bool = False) -> None:
            part = Part("10.0.0.1:7001 to 10.0.0.4:7004", 1000, slots, 60_000, 60 * slots)
            row = replace(run.steps[0], state="running", tally=Tally(0.0, now, (part,), paused))
            report(replace(run, steps=(row,)))

        self.tell = tell
        tell(0)
        await asyncio.to_thread(self.go.wait, 20)
        return replace(run, outcome="verified", message="done")

    def order(self, group: str, **orders: Any) -> None:
        self.orders.append({"group": group, **orders})

    async def stopped(self) -> None:
        self.go.set()


class Running(Piloted):
    TICK = 0.5

    def __init__(self, app: RedistuiApp, pilot: Pilot[None], runner: Runner, clock: SimpleNamespace) -> None:
        super().__init__(app, pilot, None, clock)
        self.runner = runner

    @property
    def text(self) -> str:
        return self.rows()

    async def shows(self, text: str) -> None:
        await eventually_async(lambda: text in self.text, otherwise=text)


@asynccontextmanager
async def running(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, what: Action) -> AsyncIterator[Running]:
    monkeypatch.setenv("REDISTUI_JOURNAL", str(tmp_path / "journal.jsonl"))
    monkeypatch.setattr(acting, "BY_NAME", {"failover": what})
    runner = Runner()
    monkeypatch.setattr(acting.Acting, "runner", runner)
    clock = SimpleNamespace(now=fleets.AT)
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(armed=True), panels=PANELS, clock=lambda: clock.now)  # type: ignore[arg-type]
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            made = Running(app, pilot, runner, clock)
            await made.press("F")
            clock.now += 1.0
            await made.press(*NAME, "enter")
            await eventually_async(lambda: runner.tell)
            await made.shows("move 1,000 slots")
            yield made
            runner.go.set()
            await eventually_async(lambda: app.acting.busy is None)


async def test_it_shows_a_bar_with_slots_keys_and_percent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with running(monkeypatch, tmp_path, haul()) as it:
        await it.shows("0/1,000 slots")
        it.runner.tell(500, 2.0)
        await it.shows("500/1,000 slots · 30.0k/60.0k keys · 30.0k keys/s")
        assert "50%  1s left" in it.text
        assert "running: step 1 of 1, 50%" in it.line("says")


async def test_its_keys_order_a_pause_a_pace_and_the_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with running(monkeypatch, tmp_path, haul()) as it:
        assert "p pauses  - + pace: no limit  s stops" in it.line("buttons")
        await it.press("minus", "minus", "plus", "p")
        assert "pausing  p goes on  - + pace: 10,000 keys/s" in it.line("buttons")
        it.runner.tell(10, 2.0, paused=True)
        await it.shows("paused")
        await it.press("p", "s")
        assert "stops when nothing is half-done" in it.line("buttons")
        orders = [{"group": NAME, "pace": pace, "paused": paused, "stop": stop} for pace, paused, stop in (
            (10_000, False, False), (5000, False, False), (10_000, False, False), (10_000, True, False),
            (10_000, False, False), (10_000, False, True),
        )]  # fmt: skip
        await eventually_async(lambda: len(it.runner.orders) == len(orders))
        assert it.runner.orders == orders
        assert isinstance(it.app.screen, Confirm)


async def test_an_operation_that_takes_no_orders_is_given_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    async with running(monkeypatch, tmp_path, haul(heeds=False)) as it:
        await it.press("p", "minus", "plus", "s")
        assert it.line("buttons").strip() == "Close"
        assert it.runner.orders == []
        assert it.app.return_code is None


async def test_with_the_dialog_closed_the_banner_tells_how_far_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async with running(monkeypatch, tmp_path, haul()) as it:
        await it.press("escape")
        it.runner.tell(620, 2.0)
        banner = it.app.screen.query_one(BannerLine)

        def said() -> str:
            return banner.render_lines(banner.size.region)[0].text if banner.display else ""

        await eventually_async(lambda: "is running: 62%" in said())
