"""The dialog of a plan under a pilot: an action of one poke, and a runner that does what the test says."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from textual.pilot import Pilot

from redistui.engine.runner import Consent
from redistui.model import Fleet
from redistui.ops.action import Action, Aim, Check, Danger, Plan
from redistui.ops.run import Run, planned
from redistui.ops.steps import Argv, Step
from redistui.tui import Settings, acting
from redistui.tui.app import RedistuiApp
from redistui.tui.asking import Asking
from redistui.tui.confirm import Confirm
from tests import fleets
from tests.tui.piloted import Piloted
from tests.tui.stand_in import PANELS, StandIn, standing_in

NAME = "orders"


@dataclass(frozen=True)
class Poke(Step):
    """Does nothing, in so many words."""

    word: str = "DEBUG SLEEP 0"

    @property
    def text(self) -> str:
        return f"poke with {self.word}"

    def commands(self) -> Sequence[Argv]:
        return (tuple(self.word.split()),)


def action(danger: Danger = "risky", confirm: str = NAME) -> Action:
    """Refused while the fleet is stalled; another plan for every period."""

    def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
        yield Check("pass", "the moon is up")
        yield Check("warn", "it is late")
        if fleet.stalled:
            yield Check("fail", "we stood still")

    def plan(fleet: Fleet, aim: Aim) -> Plan:
        return Plan(
            action="failover",
            group=aim.group,
            title=f"Poke {aim.group}",
            danger=danger,
            steps=(Poke("10.20.0.11:6379"), Poke(None, f"PING {fleet.period:g}")),
            verify=(Poke(None, "ROLE"),),
            loses="two writes",
            undo="poke back",
            confirm=confirm,
        )

    return Action("failover", "Poke", "F", danger, ("sentinel", "cluster"), "doc", checks, plan)


class Runner:
    """Does as the test says: `reports` go out one after another as `step` is called."""

    def __init__(self, outcome: str = "verified") -> None:
        self.outcome = outcome
        self.fired: list[tuple[Plan, bool]] = []
        self.go = threading.Event()
        self.stops = 0
        self.consent: Consent | None = None

    async def run(self, action: Action, aim: Aim, plan: Plan, *, armed: bool, report: object, consent: Consent) -> Run:
        self.fired.append((plan, armed))
        self.consent = consent
        run = replace(planned(action.name, aim.group, plan), outcome="running")
        first = replace(run.steps[0], state="done", ms=12.0, reply="it was poked")
        run = replace(run, steps=(first, replace(run.steps[1], state="running")))
        report(run)  # type: ignore[operator]
        await asyncio.to_thread(self.go.wait, 20)
        return replace(run, outcome=self.outcome, message="as it should be", next="look again")

    async def stopped(self) -> None:
        self.stops += 1
        self.go.set()


class Dialog(Piloted):
    TICK = 0.5

    def __init__(self, app: RedistuiApp, pilot: Pilot[None], engine: StandIn, runner: Runner, clock: SimpleNamespace):
        super().__init__(app, pilot, engine, clock)
        self.runner = runner

    async def open(self) -> None:
        await self.press("F")
        self.clock.now += 1.0

    @property
    def up(self) -> bool:
        return isinstance(self.app.screen, Confirm)

    @property
    def asking(self) -> Asking:
        assert isinstance(self.app.screen, Confirm)
        return self.app.screen.asking

    @property
    def says(self) -> str:
        return self.line("says")

    @property
    def sentence(self) -> str:
        return self.rows("#sentence").replace("\n", " ")

    @property
    def text(self) -> str:
        return self.rows()


@asynccontextmanager
async def dialog(
    monkeypatch: pytest.MonkeyPatch,
    what: Action | None = None,
    *,
    armed: bool = True,
    size: tuple[int, int] = (80, 24),
    outcome: str = "verified",
) -> AsyncIterator[Dialog]:
    monkeypatch.setattr(acting, "BY_NAME", {"failover": what or action()})
    runner = Runner(outcome)
    monkeypatch.setattr(acting.Acting, "runner", runner)
    clock = SimpleNamespace(now=fleets.AT)
    with standing_in(fleets.quiet()) as engine:
        app = RedistuiApp(engine, Settings(armed=armed), panels=PANELS, clock=lambda: clock.now)  # type: ignore[arg-type]
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            run = Dialog(app, pilot, engine, runner, clock)
            await run.open()
            assert run.up
            yield run
            runner.go.set()
