"""A failover to a chosen replica, and one of a dead primary, interrupted everywhere, as in test_operation.py."""

from __future__ import annotations

import pytest

from redistui.engine.runner import released, rows
from redistui.engine.unfinished import Unfinished, unfinished
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.failover import FAILOVER
from redistui.ops.resume import RESUME
from redistui.ops.stored import dump
from tests.engine.imagined import Outcome, Trouble, fleet_of, operate
from tests.engine.test_operation import (
    KINDS,
    MEDDLES,
    QUICK,
    Meddle,
    Settings,
    What,
    each_command_once,
    never_two,
    told_truly,
)
from tests.ops.world import R1, R2, P, World

TO = Aim("orders", options={"to": R2})
OTHERS = {P: 100, R1: 100, R2: 100}
OLD = {"server": "redis", "version": "7.0.15"}
GONE = {"host": "elsewhere", "pid": 1, "started": "1", "operation": "0badcafe"}


async def chosen(settings: Settings, what: What, trouble: Trouble | None = None) -> Outcome:
    return await operate(World(**settings), trouble, aim=TO, **what)


async def moments(settings: Settings, what: What) -> list[int]:
    """As in test_operation.py; of the two long waits only some."""
    whole = await chosen(settings, what)
    count = whole.driver.exchanges
    return [at for at in range(count) if at < 8 or at >= count - 18 or at % 60 == 0]


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_the_chosen_one_becomes_primary_and_priorities_are_as_before(settings: Settings, what: What) -> None:
    outcome = await chosen(settings, what)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    assert outcome.world.roles() == {P: "replica", R1: "replica", R2: "primary"}
    assert outcome.world.priorities() == OTHERS
    assert outcome.world.fenced() == []
    assert outcome.run.left == ()
    each_command_once(outcome)
    never_two(outcome)


async def test_another_one_with_the_lowest_priority_is_raised_and_put_back() -> None:
    world = World()
    world.servers[R1].priority = 1
    world.seen = {each: world._priorities() for each in world.seen}
    outcome = await operate(world, aim=TO)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    assert world.servers[R2].role == "primary"
    assert world.priorities() == {P: 100, R1: 1, R2: 100}


async def test_one_that_the_sentinels_elect_all_the_same_is_finished_and_told() -> None:
    """Somebody raises the chosen one's priority in the very last moment, and the ordered Sentinel looks just then."""

    def spoil(world: World) -> None:
        world.seen = {each: {P: 100, R1: 1, R2: 100} for each in world.seen}

    outcome = await chosen(QUICK, OLD, Trouble(await order_at(), meddle=spoil))
    assert outcome.run is not None
    assert outcome.run.outcome == "failed"
    assert outcome.run.message == f"All steps were done, but the Sentinels made {R1} primary, not {R2}."
    assert outcome.world.roles() == {P: "replica", R1: "primary", R2: "replica"}
    assert outcome.world.fenced() == []
    assert outcome.world.priorities() == OTHERS
    never_two(outcome)


async def order_at() -> int:
    """The exchange in which the failover is ordered."""
    for at in range((await chosen(QUICK, OLD)).driver.exchanges):
        executed = (await chosen(QUICK, OLD, Trouble(at, console_dies=True))).world.executed
        if executed and "FAILOVER" in executed[-1][1]:
            return at
    raise AssertionError("it is never ordered")


@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_a_console_that_dies_at_any_moment_never_leaves_two_writable_primaries(
    settings: Settings, what: What
) -> None:
    for at in await moments(settings, what):
        outcome = await chosen(settings, what, Trouble(at, console_dies=True))
        assert outcome.run is None, at
        never_two(outcome)
        each_command_once(outcome)


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse", "stop"])
@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_whatever_goes_wrong_at_any_moment_is_told_truly(settings: Settings, what: What, how: str) -> None:
    for at in await moments(settings, what):
        trouble = Trouble(at)
        setattr(trouble, how, True)
        outcome = await chosen(settings, what, trouble)
        told_truly(outcome, at, R2)
        assert outcome.run is not None
        if not outcome.run.left:
            assert outcome.world.priorities() == OTHERS, (at, outcome.run.message)


@pytest.mark.parametrize("meddle", MEDDLES, ids=["R1 dies", "R1 hangs", "R2 dies", "P dies", "P hangs"])
@pytest.mark.parametrize(("settings", "what"), KINDS[1:2])
async def test_a_server_that_dies_or_hangs_at_any_moment_ends_in_a_state_that_is_told_truly(
    settings: Settings, what: What, meddle: Meddle
) -> None:
    for at in await moments(settings, what):
        outcome = await chosen(settings, what, Trouble(at, meddle=meddle))
        told_truly(outcome, at, R2)


# -- a second console --------------------------------------------------------------------------------------------------


def found(outcome: Outcome, plan: Plan) -> Unfinished:
    """What the next console finds of one that is gone."""
    begun = {
        **GONE,
        "action": "failover",
        "group": "orders",
        "at": "2026-01-01T00:00:00.000Z",
        "state": "begun",
        "stored": dump(plan, TO),
        "release": rows(released(plan)),
    }
    (one,) = unfinished([begun, *({**GONE, **line} for line in outcome.lines)])
    return one


@pytest.mark.parametrize("way", ["forward", "back"])
@pytest.mark.parametrize(("settings", "what"), KINDS)
async def test_another_console_puts_the_priorities_back_whichever_way_it_goes(
    settings: Settings, what: What, way: str
) -> None:
    ended = 0
    for at in await moments(settings, what):
        plan = FAILOVER.plan(fleet_of(World(**settings), **what), TO)
        outcome = await operate(World(**settings), Trouble(at, console_dies=True), plan)
        if not outcome.mutations():
            continue
        past = found(outcome, plan).past
        assert past is not None
        outcome.world.pass_time(0.3)
        aim = Aim("orders", words=("0badcafe",), options={"back": "yes"} if way == "back" else {}, past=past)
        if against := refusals(RESUME, fleet_of(outcome.world), aim):
            assert way == "back", (at, against)
            assert any("FAILOVER" in argv for argv in outcome.mutations()), at
            continue
        after = await operate(outcome.world, None, RESUME.plan(fleet_of(outcome.world), aim))
        assert after.run is not None
        if after.run.outcome == "verified" or after.run.message.startswith("Nothing has changed"):
            assert after.world.priorities() == OTHERS, at
            assert after.world.fenced() == [], at
            assert after.world.roles()[P] == ("replica" if way == "forward" and after.run.verified else "primary"), at
            ended += 1
        never_two(after)
        each_command_once(after)
    assert ended > 2


# -- a dead primary ----------------------------------------------------------------------------------------------------


def dead(hung: bool = False) -> World:
    world = World()
    world.servers[P].alive, world.servers[P].hung = hung, hung
    return world


@pytest.mark.parametrize("aim", [Aim("orders"), TO], ids=["", "--to"])
@pytest.mark.parametrize("hung", [False, True], ids=["dead", "hung"])
async def test_a_silent_primary_is_replaced(hung: bool, aim: Aim) -> None:
    world = dead(hung)
    outcome = await operate(world, aim=aim)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    assert world.servers[R2 if aim is TO else R1].role == "primary"
    assert world.priorities().get(R2) == 100
    never_two(outcome)


async def exchanges(hung: bool) -> range:
    return range((await operate(dead(hung))).driver.exchanges)


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse", "stop", "console_dies"])
async def test_whatever_goes_wrong_while_the_primary_is_dead_there_are_never_two(how: str) -> None:
    for at in await exchanges(False):
        trouble = Trouble(at)
        setattr(trouble, how, True)
        outcome = await operate(dead(), trouble)
        never_two(outcome)
        each_command_once(outcome)
        run = outcome.run
        if run is not None and run.outcome == "verified":
            assert outcome.world.servers[R1].role == "primary", at
        if run is not None and run.outcome == "refused":
            assert outcome.mutations() == [], at


async def test_a_hung_primary_that_comes_back_is_left_alone_or_made_a_replica() -> None:
    """Before the order: nothing is sent. After it: demoted by us, or at the latest by the Sentinels after 10 s."""
    outcomes = set()
    for at in await exchanges(True):
        world = dead(hung=True)

        def back(world: World) -> None:
            world.servers[P].hung = False

        outcome = await operate(world, Trouble(at, meddle=back))
        assert outcome.run is not None
        outcomes.add(outcome.run.outcome)
        if outcome.run.outcome == "refused":
            assert "answers again, as a primary" in outcome.run.message, at
            assert outcome.mutations() == []
            continue
        assert outcome.run.outcome == "verified", (at, outcome.run.message)
        world.pass_time(60.0, tick=0.1)
        assert world.roles()[P] == "replica", at
        doubled = world.two_writable
        assert not doubled or doubled[-1] - doubled[0] < 11.0, at
    assert outcomes == {"refused", "verified"}
