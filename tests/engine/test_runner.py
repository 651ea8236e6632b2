"""The gate before a plan is fired, on an imagined group: whatever speaks against it, nothing is sent."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from redistui.engine import runner as module
from redistui.engine.driver import Driver, Unplanned
from redistui.engine.gate import plan_hash
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Fleet
from redistui.net.client import ClientRefused
from redistui.ops.action import Action, Plan, Spent
from redistui.ops.failover import FAILOVER
from redistui.ops.run import Run
from redistui.ops.steps import Ask, Hole, Lost, Ordered, Pause, Script, Step
from redistui.ops.tally import Orders
from tests.engine.imagined import AIM, ImaginedDriver, ImaginedHouse, Trouble, fleet_of
from tests.ops.world import P, World
from tests.waiting import eventually_async

QUIET = b"id=3 addr=10.0.0.9:5 name=redistui db=0\n"


class TalkativeWorld(World):
    """Answers CLIENT LIST as well."""

    clients: bytes | Exception = QUIET

    def ask(self, node: str, argv: tuple[str, ...]) -> Any:
        if argv == ("CLIENT", "LIST"):
            if isinstance(self.clients, Exception):
                raise self.clients
            return self.clients
        return super().ask(node, argv)


class House(ImaginedHouse):
    """An engine whose next look at the fleet can be chosen."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.next: Fleet | None = None

    async def fresh(self, *groups: str, seconds: float = 3.0) -> Fleet:
        return self.next or self.fleet


@dataclass
class Stage:
    """A runner on an imagined group."""

    world: TalkativeWorld
    house: House
    runner: Runner

    async def run(self, plan: Plan | None = None, *, armed: bool = True, action: Action = FAILOVER) -> Run:
        plan = plan or FAILOVER.plan(self.house.fleet, AIM)
        return await self.runner.run(action, AIM, plan, armed=armed)

    def untouched(self) -> bool:
        return self.world.executed == []


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    world = TalkativeWorld()

    def driver(house: Any, operation: str, sentinels: frozenset[str], write: Any) -> Driver:
        made = ImaginedDriver(world, Trouble(), write)
        made.name = f"redistui-ops:{operation}"
        return made

    monkeypatch.setattr(module, "Driver", driver)
    house = House(world)
    return Stage(world, house, Runner(house, Journal(tmp_path / "journal.jsonl"), environ={}))


async def test_a_plan_that_was_confirmed_and_still_holds_is_run(stage: Stage) -> None:
    run = await stage.run()
    assert run.outcome == "verified"
    assert run.operation
    text = stage.runner.journal.path.read_text()
    assert '"state":"begun"' in text
    assert '"state":"ended"' in text
    assert stage.runner.journal.unfinished() == ()
    assert stage.runner.busy == ()


async def test_what_is_not_armed_is_not_run(stage: Stage) -> None:
    run = await stage.run(armed=False)
    assert run.outcome == "refused"
    assert run.refusals == ("read-only: actions are not armed",)
    assert stage.untouched()


async def test_one_operation_at_a_time_runs_in_a_group(stage: Stage) -> None:
    plan = FAILOVER.plan(stage.house.fleet, AIM)
    runs = await asyncio.gather(stage.run(plan), stage.run(plan))
    assert sorted(run.outcome for run in runs) == ["refused", "verified"]
    assert runs[1].refusals == ("another operation runs in orders",)


async def test_another_console_at_work_refuses_it(stage: Stage) -> None:
    stage.world.clients = QUIET + b"id=4 addr=10.0.0.8:5 name=redistui-ops:5eed db=0\n"
    run = await stage.run()
    assert run.outcome == "refused"
    assert run.refusals[0].startswith(f"another console works at {P} (redistui-ops:5eed)")
    assert stage.untouched()


async def test_where_other_consoles_cannot_be_seen_it_is_refused(stage: Stage) -> None:
    stage.world.clients = ClientRefused("NOPERM User ops has no permissions to run the 'client|list' command")
    run = await stage.run()
    assert run.outcome == "refused"
    assert run.refusals[0].startswith(f"whether another console works at {P} cannot be seen: NOPERM")
    assert stage.untouched()


async def test_a_refusal_that_came_up_since_refuses_it(stage: Stage) -> None:
    stage.house.next = replace(fleet_of(stage.world), stalled=True)
    run = await stage.run()
    assert run.outcome == "refused"
    assert "we stood still" in run.refusals[0]
    assert stage.untouched()


async def test_another_plan_than_the_confirmed_one_is_shown_and_not_run(stage: Stage) -> None:
    confirmed = FAILOVER.plan(stage.house.fleet, AIM)
    stage.house.next = fleet_of(stage.world, server="valkey", version="9.1.2")
    run = await stage.run(confirmed)
    assert run.outcome == "refused"
    assert "another one by now" in run.refusals[0]
    assert run.plan != confirmed
    assert run.plan is not None
    assert len(run.plan.steps) == 2
    assert stage.untouched()


async def test_another_fingerprint_is_told_apart_from_another_plan(stage: Stage) -> None:
    confirmed = replace(FAILOVER.plan(stage.house.fleet, AIM), fingerprint="0" * 12)
    run = await stage.run(confirmed)
    assert "the fleet has changed" in run.refusals[0]
    assert stage.untouched()


async def test_without_a_journal_nothing_is_sent(stage: Stage, tmp_path: Path) -> None:
    stage.runner.journal = Journal(tmp_path)
    run = await stage.run()
    assert run.outcome == "refused"
    assert "the journal cannot be written" in run.refusals[0]
    assert stage.untouched()


async def test_a_journal_that_fills_up_before_the_order_stops_it_and_after_it_does_not(stage: Stage) -> None:
    for room in range(1, 24):
        stage.world.__init__()  # type: ignore[misc]
        stage.runner.journal = Full(stage.runner.journal.path, room)
        run = await stage.run()
        ordered = any("FAILOVER" in argv for _, argv in stage.world.executed)
        assert (run.outcome == "verified") == ordered, room
        assert stage.world.fenced() == [], room
        if run.outcome == "verified" and room < 20:
            assert "The journal is not whole" in run.message


async def test_what_is_not_written_down_as_begun_is_not_begun(stage: Stage) -> None:
    """Though there is room again for what comes after it: the next console would not know whose commands these are."""
    stage.runner.journal = Hiccup(stage.runner.journal.path)
    run = await stage.run()
    assert run.outcome == "refused"
    assert run.refusals == ("the journal cannot be written: no space left on device",)
    assert stage.untouched()


class Hiccup(Journal):
    """Cannot be written once."""

    failed = False

    def write(self, lines: Sequence[Any]) -> None:
        if not self.failed:
            self.failed = True
            raise module.JournalError("no space left on device")
        super().write(lines)


class Full(Journal):
    """Has room for so many writes."""

    def __init__(self, path: Path, room: int) -> None:
        super().__init__(path)
        self._room = room

    def write(self, lines: Sequence[Any]) -> None:
        self._room -= 1
        if self._room < 0:
            raise module.JournalError("no space left on device")
        super().write(lines)


class Sly(Step):
    """Wishes for what its plan does not show."""

    wish = Ask(P, ("CONFIG", "SET", "requirepass", "x"), mutates=True)

    @property
    def text(self) -> str:
        return "sly"

    def script(self) -> Script:
        yield self.wish
        return "done"


class Reading(Sly):
    wish = Ask(P, ("CONFIG", "SET", "requirepass", "x"))


class Twice(Sly):
    wish = Ask(P, ("CLIENT", "UNPAUSE"), mutates=True)

    def commands(self) -> tuple[tuple[str, ...], ...]:
        return (("CLIENT", "UNPAUSE"),)

    def script(self) -> Script:
        yield self.wish
        yield self.wish
        return "done"


class Unfilled(Sly):
    wish = Ask(P, ("CONFIG", "SET", "save", Hole("what was there")), mutates=True)

    def commands(self) -> tuple[tuple[str, ...], ...]:
        return (self.wish.argv,)


class Forged(Unfilled):
    """The words of a hole, without being one."""

    wish = Ask(P, ("CONFIG", "SET", "save", "<what was there>"), mutates=True)

    def commands(self) -> tuple[tuple[str, ...], ...]:
        return (("CONFIG", "SET", "save", "<what is there>"),)


@pytest.mark.parametrize("kind", [Sly, Reading, Twice, Unfilled, Forged])
async def test_a_script_gets_nothing_that_its_plan_does_not_show(kind: type[Step]) -> None:
    world = World()
    with pytest.raises(Unplanned):
        await ImaginedDriver(world, Trouble(), nowhere).drive(kind(P), 1)
    assert len(world.executed) == (1 if kind is Twice else 0)


async def nowhere(lines: Sequence[Any]) -> None:
    """A journal that keeps nothing."""


class Once(Twice):
    def script(self) -> Script:
        return str((yield self.wish))


async def test_what_an_earlier_console_sent_is_remembered_and_not_sent_again() -> None:
    """With the reply that came; one that nobody saw is lost, and no OK."""
    world, sent = World(), ("CLIENT", "UNPAUSE")
    driver = ImaginedDriver(world, Trouble(), nowhere)
    assert await driver.drive(Once(P), 1, [Spent(sent, True, "OK")]) == "b'OK'"
    with pytest.raises(Lost, match="ended before the reply came"):
        await driver.drive(Once(P), 1, [Spent(sent, False)])
    assert world.executed == []


def test_a_plan_is_known_by_all_that_it_may_send_and_all_that_it_rests_on() -> None:
    plan = FAILOVER.plan(fleet_of(World()), AIM)
    assert plan.release
    others = (
        replace(plan, steps=plan.steps[1:]),
        replace(plan, steps=(plan.steps[1], plan.steps[0], *plan.steps[2:])),
        replace(plan, release=()),
        replace(plan, fingerprint="0" * 12),
    )
    assert plan_hash(plan) == plan_hash(FAILOVER.plan(fleet_of(World()), AIM))
    assert len({plan_hash(one) for one in (plan, *others)}) == 1 + len(others)


async def test_a_cancelled_caller_does_not_leave_a_fence_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    held = asyncio.Event()

    async def pause(self: ImaginedDriver, seconds: float) -> None:
        self.world.pass_time(seconds)
        if self.world.fenced():
            held.set()
            await asyncio.wait_for(self.stopping.wait(), 5)

    monkeypatch.setattr(ImaginedDriver, "_pause", pause)
    stage.world.servers["10.0.0.2:6379"].backlog = 1_000_000
    task = asyncio.ensure_future(stage.run())
    await asyncio.wait_for(held.wait(), 10)
    assert stage.world.fenced() == [P]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert stage.world.fenced() == []
    assert stage.runner.busy == ()
    assert stage.runner.journal.unfinished() == ()


async def test_how_it_was_confirmed_and_why_stands_in_the_journal(stage: Stage) -> None:
    plan = FAILOVER.plan(stage.house.fleet, AIM)
    consent = module.Consent("orders", "the disk of 10.0.0.1 fails")
    await stage.runner.run(FAILOVER, AIM, plan, armed=True, consent=consent)
    begun = json.loads(stage.runner.journal.path.read_bytes().splitlines()[0])
    assert (begun["confirmed"], begun["reason"]) == ("orders", "the disk of 10.0.0.1 fails")


class Toiling(Step):
    """Goes on until it is told to stop, and says which orders it got."""

    heeds = True
    rereads = True

    @property
    def text(self) -> str:
        return "toil"

    def script(self) -> Script:
        seen: list[Orders] = []
        while True:
            orders = yield Ordered()
            seen += [] if seen and seen[-1] == orders else [orders]
            if orders.stop:
                return " ".join(f"{one.pace}{'p' if one.paused else ''}" for one in seen)
            yield Pause(0.01)


async def test_orders_reach_the_operation_of_their_group(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    async def pause(self: ImaginedDriver, seconds: float) -> None:
        await asyncio.sleep(0)

    monkeypatch.setattr(ImaginedDriver, "_pause", pause)
    plan = FAILOVER.plan(stage.house.fleet, AIM)
    toil = replace(FAILOVER, plan=lambda fleet, aim: replace(plan, steps=(Toiling(P),), verify=(), release=()))
    confirmed = toil.plan(stage.house.fleet, AIM)
    task = asyncio.ensure_future(stage.runner.run(toil, AIM, confirmed, armed=True, pace=500))

    def runs() -> bool:
        driver = stage.runner._running.get("orders")
        return driver is not None and driver._heeds

    await eventually_async(runs)
    stage.runner.order("another group", pace=1, stop=True)
    for orders in ({"pace": 2000}, {"paused": True}, {"paused": False}, {"stop": True}):
        stage.runner.order("orders", **orders)  # type: ignore[arg-type]
        for _ in range(5):
            await asyncio.sleep(0)
    run = await asyncio.wait_for(task, 10)
    assert run.steps[0].reply == "500 2000 2000p 2000 2000"
    stage.runner.order("orders", pace=1)  # nothing runs there any more
