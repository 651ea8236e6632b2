"""Pauses and parameters interrupted everywhere: at each exchange with a server, in each way that can go wrong."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from redistui.engine.runner import released, rows
from redistui.engine.unfinished import Unfinished, unfinished
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.pause_writes import PAUSE_WRITES, UNPAUSE
from redistui.ops.resume import RESUME
from redistui.ops.set_parameter import SET_PARAMETER
from redistui.ops.stored import dump
from tests.engine.imagined import Outcome, Trouble, fleet_of, operate
from tests.ops.world import R1, P, Server, World

PAUSE = Aim("orders", words=("10",))
SET = Aim("orders", R1, words=(R1, "hz", "50"))
HOWS = ("lose_reply", "lose_request", "refuse", "stop")


@dataclass
class Talking(World):
    """Tells of pauses as Valkey >= 8.1 does, or not, as older servers do; a Sentinel's PUBLISH is seen to wait."""

    tells: bool = True
    parameters: dict[str, str] = field(default_factory=lambda: {"hz": "10"})

    def _data(self, node: str, server: Server, argv: tuple[str, ...]) -> Any:
        held = self.now < server.paused_until
        match argv:
            case ("INFO", "clients"):
                left = int((server.paused_until - self.now) * 1000) if held else 0
                told = f"paused_actions:{'write' if held else 'none'}\r\npaused_timeout_milliseconds:{left}\r\n"
                return told.encode() if self.tells else b"# Clients\r\n"
            case ("CLIENT", "LIST"):
                waits = b"id=9 name=sentinel-0a1b2c3d-cmd flags=b cmd=publish\n"
                return waits if held else waits.replace(b"flags=b", b"flags=N")
            case ("CONFIG", "GET", name) if name in self.parameters:
                return [name.encode(), self.parameters[name].encode()]
            case ("CONFIG", "SET", name, value) if name in self.parameters:
                self.executed.append((node, argv))
                self.parameters[name] = value
                return b"OK"
        return super()._data(node, server, argv)

    @property
    def held(self) -> bool:
        return self.now < self.servers[P].paused_until


def paused(world: World) -> Plan:
    return PAUSE_WRITES.plan(fleet_of(world), PAUSE)


def changed(world: World) -> Plan:
    return SET_PARAMETER.plan(fleet_of(world), SET)


def journalled(outcome: Outcome, plan: Plan, aim: Aim) -> tuple[Unfinished, ...]:
    """What the next console finds: the lines of a console that is gone."""
    begun = {
        "operation": "0badcafe",
        "action": plan.action,
        "group": "orders",
        "at": "2026-01-01T00:00:00.000Z",
        "state": "begun",
        "stored": dump(plan, aim),
        "release": rows(released(plan)),
        "host": "elsewhere",
        "pid": 1,
        "started": "1",
    }
    return unfinished([begun, *({"operation": "0badcafe", **line} for line in outcome.lines)])


def once_each(outcome: Outcome) -> None:
    """But for UNPAUSE, which puts back and may be sent again."""
    times = Counter(argv for _, argv in outcome.world.executed if argv != ("CLIENT", "UNPAUSE"))
    assert [argv for argv, count in times.items() if count > 1] == []


async def count(world: World, plan: Plan) -> int:
    return (await operate(world, None, plan)).driver.exchanges


@pytest.mark.parametrize("tells", [True, False])
async def test_undisturbed_a_pause_stands_and_leaves_nothing_to_put_back(tells: bool) -> None:
    world = Talking(tells=tells)
    outcome = await operate(world, None, paused(world))
    assert outcome.run is not None
    assert (outcome.run.outcome, outcome.run.left) == ("verified", ())
    assert world.held
    over = await operate(world, None, UNPAUSE.plan(fleet_of(world), Aim("orders")))
    assert over.run is not None
    assert over.run.outcome == "verified"
    assert not world.held


@pytest.mark.parametrize("how", HOWS)
@pytest.mark.parametrize("tells", [True, False])
async def test_a_pause_that_goes_wrong_anywhere_is_told_truly(tells: bool, how: str) -> None:
    outcomes = set()
    for at in range(await count(Talking(tells=tells), paused(Talking()))):
        world = Talking(tells=tells)
        outcome = await operate(world, Trouble(at, **{how: True}), paused(world))  # type: ignore[arg-type]
        run = outcome.run
        assert run is not None
        once_each(outcome)
        outcomes.add(run.outcome)
        if run.outcome == "verified":
            assert world.held, at
        if run.outcome == "refused":
            assert outcome.mutations() == [], at
        if run.message.startswith("Nothing has changed"):
            assert not world.held, at
        if world.held and run.outcome != "verified":
            assert any(argv == ("CLIENT", "UNPAUSE") for _, argv in run.left), at
    assert outcomes >= {"refused", "unknown" if how == "stop" else "verified"}


@pytest.mark.parametrize("back", [False, True])
async def test_a_pause_whose_console_died_is_gone_on_with_or_put_back(back: bool) -> None:
    seen = 0
    for at in range(await count(Talking(), paused(Talking()))):
        world = Talking()
        plan = paused(world)
        outcome = await operate(world, Trouble(at, console_dies=True), plan)
        found = journalled(outcome, plan, PAUSE)
        if not any(line.get("command") for line in outcome.lines):
            continue
        (one,) = found
        aim = Aim("orders", words=(one.operation,), options={"back": "yes"} if back else {}, past=one.past)
        assert refusals(RESUME, fleet_of(world), aim) == (), at
        ended = await operate(world, None, RESUME.plan(fleet_of(world), aim))
        assert ended.run is not None
        assert ended.run.outcome in ("verified", "failed"), (at, ended.run.message)
        assert world.held == (ended.run.outcome == "verified" and not back), (at, ended.run.message)
        once_each(ended)
        seen += 1
    assert seen > 2


@pytest.mark.parametrize("how", HOWS)
async def test_a_parameter_that_goes_wrong_anywhere_is_told_truly(how: str) -> None:
    outcomes = set()
    for at in range(await count(Talking(), changed(Talking()))):
        world = Talking()
        outcome = await operate(world, Trouble(at, **{how: True}), changed(world))  # type: ignore[arg-type]
        run = outcome.run
        assert run is not None
        once_each(outcome)
        outcomes.add(run.outcome)
        if run.outcome == "verified":
            assert world.parameters["hz"] == "50", at
        if run.outcome == "refused" or run.message.startswith("Nothing has changed"):
            assert world.parameters["hz"] == "10", at
    assert outcomes >= {"refused", "verified"}


async def test_a_parameter_whose_console_died_is_gone_on_with_and_set_once() -> None:
    seen = 0
    for at in range(await count(Talking(), changed(Talking()))):
        world = Talking()
        plan = changed(world)
        outcome = await operate(world, Trouble(at, console_dies=True), plan)
        if not any(line.get("command") for line in outcome.lines):
            continue
        (one,) = journalled(outcome, plan, SET)
        aim = Aim("orders", words=(one.operation,), past=one.past)
        ended = await operate(world, None, RESUME.plan(fleet_of(world), aim))
        assert ended.run is not None
        assert ended.run.outcome == "verified", (at, ended.run.message)
        assert world.parameters["hz"] == "50"
        once_each(ended)
        seen += 1
    assert seen > 2


async def test_a_value_that_somebody_else_sets_meanwhile_is_left_alone() -> None:
    def meddle(world: World) -> None:
        assert isinstance(world, Talking)
        world.parameters["hz"] = "77"

    world = Talking()
    outcome = await operate(world, Trouble(1, meddle=meddle), changed(world))
    assert outcome.run is not None
    assert outcome.run.outcome == "refused"
    assert "somebody else has changed it" in outcome.run.message
    assert world.parameters["hz"] == "77"
