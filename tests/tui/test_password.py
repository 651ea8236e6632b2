"""The operator's password under a pilot: asked for before the first command, shown nowhere, and forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from textual import events
from textual.pilot import Pilot

from redistui.engine.logins import HELD_SECONDS, Logins
from redistui.engine.runner import Consent
from redistui.model import Access, Fleet, Operator
from redistui.ops.action import Action, Aim, Check, Plan
from redistui.ops.run import Run, planned
from redistui.ops.steps import Step
from redistui.tui import Settings, acting
from redistui.tui.app import RedistuiApp
from redistui.tui.commandline import CommandLine
from redistui.tui.confirm import Confirm
from redistui.tui.line import Line
from redistui.tui.password import Password
from redistui.tui.terminal import crash_report
from tests import fleets
from tests.tui.piloted import Piloted, text_of
from tests.tui.stand_in import PANELS, StandIn, standing_in
from tests.waiting import eventually_async

DATA = Operator("ops", place="the data nodes of orders")
SENTINELS = Operator("sops", place="the Sentinels of orders")
SECRET = "Tr0ub4dor"


@dataclass(frozen=True)
class Poke(Step):
    word: str = "one"

    @property
    def text(self) -> str:
        return f"poke {self.word}"


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    yield Check("pass", "the moon is up")


def plan(fleet: Fleet, aim: Aim) -> Plan:
    """Another one for every period."""
    steps = (Poke("10.20.0.11:6379", f"{fleet.period:g}"),)
    return Plan("failover", aim.group, f"Poke {aim.group}", "routine", steps, (Poke(None),))


ACTION = Action("failover", "Poke", "F", "routine", ("sentinel", "cluster"), "doc", checks, plan)


class Runner:
    """Notes what is fired, and which passwords were known then."""

    def __init__(self, logins: Logins) -> None:
        self.fired: list[Plan] = []
        self.known: list[tuple[str, ...]] = []
        self._logins = logins

    async def run(self, action: Action, aim: Aim, plan: Plan, *, armed: bool, report: object, consent: Consent) -> Run:
        self.fired.append(plan)
        self.known.append(self._logins.secrets())
        return replace(planned(action.name, aim.group, plan), outcome="verified", message="done")


class Stage(Piloted):
    TICK = 0.5

    def __init__(self, app: RedistuiApp, pilot: Pilot[None], engine: StandIn, runner: Runner, clock: SimpleNamespace):
        super().__init__(app, pilot, engine, clock)
        self.runner = runner

    async def confirm(self) -> None:
        """Opens the dialog and says yes."""
        if not isinstance(self.app.screen, Confirm):
            await self.press("F")
        self.clock.now += 1.0
        await self.press("y")

    @property
    def asks(self) -> bool:
        return isinstance(self.app.screen, Password)

    @property
    def header(self) -> str:
        return text_of(self.app.house.query_one("#facts", Line))


@asynccontextmanager
async def stage(
    monkeypatch: pytest.MonkeyPatch,
    access: Access | None = None,
    *,
    ascii: bool = False,
    size: tuple[int, int] = (80, 24),
) -> AsyncIterator[Stage]:
    monkeypatch.setattr(acting, "BY_NAME", {"failover": ACTION})
    clock = SimpleNamespace(now=fleets.AT)
    with standing_in(fleets.quiet()) as engine:
        engine.logins = Logins(clock=lambda: clock.now)
        engine.access = access or Access(operator=DATA)
        runner = Runner(engine.logins)
        monkeypatch.setattr(acting.Acting, "runner", runner)
        settings = Settings(armed=True, ascii=ascii)
        app = RedistuiApp(engine, settings, panels=PANELS, clock=lambda: clock.now)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            yield Stage(app, pilot, engine, runner, clock)


async def test_whoever_watches_acts_and_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch, Access()) as s:
        await s.confirm()
        assert not s.asks
        await eventually_async(lambda: s.runner.fired)


async def test_the_password_is_asked_for_at_the_first_action_and_not_at_the_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        assert s.asks
        assert s.runner.fired == []
        assert "Password of ops" in s.line("first")
        assert "the data nodes of orders" in s.line("second")
        await s.press(*SECRET, "enter")
        await eventually_async(lambda: s.runner.known == [(SECRET,)])
        await s.press("escape")
        await s.confirm()
        assert not s.asks
        await eventually_async(lambda: len(s.runner.fired) == 2)


async def test_two_users_are_asked_for_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch, Access(operator=DATA, sentinel_operator=SENTINELS)) as s:
        await s.confirm()
        assert "Password of ops" in s.line("first")
        await s.press(*"one", "enter")
        assert s.asks
        assert "Password of sops" in s.line("first")
        assert s.runner.fired == []
        await s.press(*"two", "enter")
        await eventually_async(lambda: s.runner.known == [("one", "two")])


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_it_can_be_cancelled_and_nothing_is_sent(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        await s.press(*"half", key)
        assert isinstance(s.app.screen, Confirm)
        assert s.runner.fired == []
        assert s.engine.logins.secrets() == ()
        assert s.app.return_code is None
        await s.confirm()
        assert s.asks


async def test_no_password_at_all_is_no_password(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        await s.press("enter")
        assert s.asks
        assert s.runner.fired == []


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("size", [(80, 24), (60, 16), (160, 48)])
async def test_it_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch, ascii: bool, size: tuple[int, int]) -> None:
    async with stage(monkeypatch, ascii=ascii, size=size) as s:
        await s.confirm()
        await s.press(*SECRET)
        assert "> *********_" in s.line("typed")
        pictures = [s.app.export_screenshot()]
        await s.press("enter")
        await eventually_async(lambda: s.runner.fired)
        pictures.append(s.app.export_screenshot())
        await s.press("escape", "exclamation_mark")
        pictures.append(s.app.export_screenshot())
        await s.press("escape", "colon", "up")
        pictures.append(s.app.export_screenshot())
        assert not any(SECRET in picture for picture in pictures)
        assert s.app.house.query_one(CommandLine).input.value == ""
        assert SECRET not in repr(s.app.acting.current)


async def test_letters_can_be_taken_back_and_all_of_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        await s.press(*"wrong", "ctrl+u", *SECRET, "x", "backspace", "enter")
        await eventually_async(lambda: s.runner.known == [(SECRET,)])


async def test_it_can_be_pasted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        s.app.screen.post_message(events.Paste(f"{SECRET}\x1b\nrm -rf /"))
        await s.press("enter")
        await eventually_async(lambda: s.runner.known == [(SECRET,)])


async def test_a_plan_that_changed_meanwhile_is_not_fired(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        fleet = replace(fleets.quiet(), period=7.0)
        s.engine.publish(fleet)
        await eventually_async(lambda: s.app.watching.newest is fleet)
        await s.press(*SECRET, "enter")
        assert isinstance(s.app.screen, Confirm)
        assert "THE PLAN HAS CHANGED" in s.line("says")
        assert s.runner.fired == []


async def test_the_header_says_that_it_is_held_and_disarming_drops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch, size=(120, 30)) as s:
        await s.confirm()
        await s.press(*SECRET, "enter")
        await s.press("escape")
        assert "ops 10m" in s.header
        await s.press("colon", *"disarm", "enter")
        await eventually_async(lambda: s.engine.logins.secrets() == ())
        await s.press("colon", *"arm", "enter")
        assert "ops" not in s.header
        await s.confirm()
        assert s.asks


async def test_after_ten_minutes_it_is_swept_away_and_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as s:
        await s.confirm()
        await s.press(*SECRET, "enter", "escape")
        s.clock.now += HELD_SECONDS
        await eventually_async(lambda: s.engine.logins.secrets() == (), 20)
        await s.confirm()
        assert s.asks


async def test_a_crash_report_masks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(monkeypatch) as s:
        s.engine.logins.give(DATA, SECRET)
        report = crash_report(ValueError(f"no such thing: {SECRET}"), s.app.known_secrets())
        assert SECRET not in report.plain
        assert "***" in report.plain
        await asyncio.sleep(0)
