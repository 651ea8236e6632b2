"""A failover whose console died at every moment, and another console that goes on with it, or puts it back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from redistui.engine.runner import released, rows
from redistui.engine.unfinished import Unfinished, unfinished
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.failover import FAILOVER
from redistui.ops.known_steps import STEPS
from redistui.ops.resume import RESUME
from redistui.ops.stored import dump, load
from tests.engine.imagined import AIM, Outcome, Trouble, fleet_of, operate
from tests.ops.world import P, World

KINDS = [
    pytest.param({}, {"server": "redis", "version": "7.0.15"}, id="pause"),
    pytest.param({"down_after": 2.0}, {"server": "redis", "version": "6.2.5"}, id="min-replicas"),
    pytest.param({}, {"server": "valkey", "version": "9.1.2"}, id="coordinated"),
]
Settings = dict[str, float]
What = dict[str, str]
GONE = {"host": "elsewhere", "pid": 1, "started": "1"}


def journalled(outcome: Outcome, plan: Plan) -> tuple[Unfinished, ...]:
    """What the next console finds: the lines of a console that is gone."""
    begun = {
        "operation": "0badcafe",
        "action": "failover",
        "group": "orders",
        "at": "2026-01-01T00:00:00.000Z",
        "state": "begun",
        "stored": dump(plan, AIM),
        "release": rows(released(plan)),
        **GONE,
    }
    return unfinished([begun, *({"operation": "0badcafe", **line} for line in outcome.lines)])


async def died(settings: Settings, what: What, at: int) -> tuple[Outcome, Plan]:
    plan = FAILOVER.plan(fleet_of(World(**settings), **what), AIM)
    return await operate(World(**settings), Trouble(at, console_dies=True), plan), plan


async def moments(settings: Settings, what: What) -> list[int]:
    count = (await operate(World(**settings), **what)).driver.exchanges
    return [at for at in range(count) if at < 16 or at >= count - 18 or at % 12 == 0]


async def resume(world: World, aim: Aim) -> Outcome:
    world.two_writable = False
    plan = RESUME.plan(fleet_of(world), aim)
    outcome = await operate(world, Trouble(), plan)
    assert outcome.run is not None
    return outcome


def once_each(outcome: Outcome) -> None:
    """But for the release, which may be sent again and again."""
    times = Counter((node, argv) for node, argv in outcome.world.executed)
    again = [what for what, count in times.items() if count > 1]
    assert [argv for _, argv in again if argv[:2] not in {("CLIENT", "UNPAUSE"), ("CONFIG", "SET")}] == []


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_gone_on_with_it_ends_verified_and_nothing_was_sent_twice(settings: Settings, what: What) -> None:
    resumed = 0
    for at in await moments(settings, what):
        outcome, plan = await died(settings, what, at)
        found = journalled(outcome, plan)
        if not outcome.mutations():
            continue
        (one,) = found
        assert one.past is not None, at
        outcome.world.pass_time(0.3)
        ended = await resume(outcome.world, Aim("orders", words=(one.operation,), past=one.past))
        ended.world.pass_time(60.0, tick=0.1)
        assert not ended.world.two_writable, at
        once_each(ended)
        assert ended.run is not None
        assert ended.run.outcome in {"verified", "failed"}, (at, ended.run.message)
        if ended.run.outcome == "verified":
            assert ended.world.fenced() == [], at
            resumed += 1
        else:
            assert ended.run.left == () or ended.world.fenced(), at
    assert resumed > 5


@pytest.mark.parametrize(("settings", "what"), KINDS[:2])
async def test_put_back_before_the_order_leaves_the_group_as_it_was(settings: Settings, what: What) -> None:
    taken_back = 0
    for at in await moments(settings, what):
        outcome, plan = await died(settings, what, at)
        if not outcome.mutations():
            continue
        (one,) = journalled(outcome, plan)
        aim = Aim("orders", words=(one.operation,), options={"back": "yes"}, past=one.past)
        against = refusals(RESUME, fleet_of(outcome.world), aim)
        ordered = any("FAILOVER" in argv for argv in outcome.mutations())
        assert bool(against) == ordered, at
        if against:
            assert "point of no return" in against[0]
            continue
        ended = await resume(outcome.world, aim)
        assert ended.run is not None
        assert ended.run.outcome == "verified", at
        assert ended.world.fenced() == []
        assert ended.world.roles()[P] == "primary"
        taken_back += 1
    assert taken_back > 2


async def test_what_was_begun_to_be_put_back_is_not_gone_forward_with() -> None:
    """The fence may be half down: to order a failover now would lose writes."""
    outcome, plan = await died({}, {"server": "redis", "version": "7.0.15"}, 5)
    (one,) = journalled(outcome, plan)
    assert one.past is not None
    fleet = fleet_of(outcome.world)
    assert refusals(RESUME, fleet, Aim("orders", past=one.past)) == ()
    (said,) = refusals(RESUME, fleet, Aim("orders", past=replace(one.past, released=True)))
    assert "--back" in said


async def test_one_that_was_resumed_is_its_successors_affair() -> None:
    outcome, plan = await died({}, {"server": "redis", "version": "7.0.15"}, 5)
    (one,) = journalled(outcome, plan)
    assert one.past is not None
    lines = [
        {"operation": "1", "state": "begun", "stored": dump(plan, AIM), **GONE},
        {"operation": "1", "state": "sending", "step": 1, "command": ["PING"], "node": P},
        {"operation": "2", "state": "begun", "stored": dump(plan, AIM), "resumes": "1", **GONE},
    ]
    assert [each.operation for each in unfinished(lines)] == ["2"]


@pytest.mark.parametrize(("settings", "what"), KINDS)
def test_a_plan_comes_back_from_the_journal_as_it_was(settings: Settings, what: What) -> None:
    plan = FAILOVER.plan(fleet_of(World(**settings), **what), AIM)
    assert load(dump(plan, AIM), STEPS) == replace(plan, fingerprint="")


def test_an_unknown_operation_is_refused_in_a_sentence() -> None:
    (said,) = refusals(RESUME, fleet_of(World()), Aim("orders", words=("feedbeef",)))
    assert "no unfinished operation 'feedbeef'" in said
