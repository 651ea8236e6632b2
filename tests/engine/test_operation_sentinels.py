"""sentinel-reset and sentinel-set interrupted everywhere, as in test_operation.py: on a model, in imagined time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from redistui.engine.runner import released, rows
from redistui.engine.unfinished import unfinished
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.resume import RESUME
from redistui.ops.sentinel_reset import SENTINEL_RESET
from redistui.ops.sentinel_set import SENTINEL_SET
from redistui.ops.stored import Past, dump
from tests.engine.imagined import Outcome, Trouble, fleet_of, operate
from tests.ops.world import R1, R2, SENTINELS, P, World

S1, S2, S3 = SENTINELS
WAYS = ["lose_reply", "lose_request", "refuse", "stop", "console_dies"]


def stale() -> World:
    """A replica and a Sentinel that are dead, and that the others still know."""
    world = World()
    world.servers[R2].alive = False
    world.gone.add(S3)
    return world


def reset_plan(world: World) -> Plan:
    assert refusals(SENTINEL_RESET, fleet_of(world), Aim("orders")) == ()
    return SENTINEL_RESET.plan(fleet_of(world), Aim("orders"))


def set_plan(world: World) -> Plan:
    aim = Aim("orders", words=("quorum", "3"))
    assert refusals(SENTINEL_SET, fleet_of(world), aim) == ()
    return SENTINEL_SET.plan(fleet_of(world), aim)


async def reset(trouble: Trouble | None = None) -> Outcome:
    world = stale()
    return await operate(world, trouble, reset_plan(world))


async def set_option(trouble: Trouble | None = None) -> Outcome:
    world = World()
    return await operate(world, trouble, set_plan(world))


def quorums(world: World) -> list[int]:
    return [world.options[each]["quorum"] for each in SENTINELS]


def blind(world: World) -> list[str]:
    """Living Sentinels that do not know every living replica and Sentinel."""
    return [each for each in SENTINELS if each not in world.gone and not world.known[each] >= world._around(each)]


async def test_a_reset_leaves_only_the_living_and_takes_its_time() -> None:
    outcome = await reset()
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    assert {each: outcome.world.known[each] for each in (S1, S2)} == {S1: {R1, S2}, S2: {R1, S1}}
    assert outcome.mutations() == [("SENTINEL", "RESET", "orders")] * 2
    assert outcome.world.now - 1000.0 > 30.0


@pytest.mark.parametrize("how", WAYS)
async def test_whatever_goes_wrong_never_two_sentinels_are_blind_at_once(how: str) -> None:
    count = (await reset()).driver.exchanges
    outcomes = set()
    for at in range(count):
        trouble = Trouble(at)
        setattr(trouble, how, True)
        outcome = await reset(trouble)
        assert len(blind(outcome.world)) <= 1, at
        again = [what for what, times in Counter(outcome.world.executed).items() if times > 1]
        assert again == [], at
        run = outcome.run
        if run is None:
            continue
        outcomes.add(run.outcome)
        if run.outcome == "refused":
            assert outcome.mutations() == [], at
        elif run.outcome == "verified":
            assert blind(outcome.world) == [], at
            assert R2 not in outcome.world.known[S1] | outcome.world.known[S2], at
        else:
            assert not run.message.startswith("Nothing has changed"), at
            assert run.resumable or run.message.startswith("All steps were done"), at
    assert outcomes <= {"verified", "refused", "failed", "unknown"}


async def test_a_wish_to_stop_is_heeded_between_two_sentinels() -> None:
    steps = [type(step).__name__ for step in reset_plan(stale()).steps]
    waiting = steps.index("Spacing")
    heeded = 0
    for at in range((await reset()).driver.exchanges):
        run = (await reset(Trouble(at, stop=True))).run
        assert run is not None
        if run.steps[waiting].state == "failed":
            assert run.message == f"Stopped at step {waiting + 1} of {len(steps)}: stopped on request."
            assert [row.state for row in run.steps[waiting + 1 :]] == ["not_sent"] * (len(steps) - waiting - 1)
            heeded += 1
    assert heeded


@pytest.mark.parametrize("victim", [P, S1, S2])
async def test_what_dies_meanwhile_stops_it(victim: str) -> None:
    def dies(world: World) -> None:
        if victim == P:
            world.servers[P].alive = False
        else:
            world.gone.add(victim)

    for at in range((await reset()).driver.exchanges):
        outcome = await reset(Trouble(at, meddle=dies))
        assert outcome.run is not None
        assert outcome.run.outcome in ("verified", "failed", "unknown", "refused"), at
        assert len(outcome.mutations()) <= 2, at
        if outcome.run.outcome == "verified":
            assert blind(outcome.world) == [], at


@pytest.mark.parametrize("how", WAYS)
async def test_an_option_is_set_at_all_or_at_none_unless_it_is_said_otherwise(how: str) -> None:
    whole = await set_option()
    assert whole.run is not None
    assert whole.run.outcome == "verified"
    assert quorums(whole.world) == [3, 3, 3]
    for at in range(whole.driver.exchanges):
        trouble = Trouble(at)
        setattr(trouble, how, True)
        outcome = await set_option(trouble)
        run = outcome.run
        if run is None:
            continue
        if run.outcome == "verified":
            assert quorums(outcome.world) == [3, 3, 3], at
        elif run.message.startswith(("Nothing has changed", "Nothing was sent")):
            assert quorums(outcome.world) == [2, 2, 2], (at, run.message)
        elif run.message.startswith("All steps were done"):
            assert quorums(outcome.world) == [3, 3, 3], at
        else:
            assert run.left, (at, run.message)


async def test_an_option_that_somebody_else_sets_meanwhile_is_left_to_him() -> None:
    def other(world: World) -> None:
        world.options[S3]["quorum"] = 1

    outcome = await set_option(Trouble(1, meddle=other))
    assert outcome.run is not None
    assert outcome.run.outcome == "failed"
    assert "quorum is 1 by now, not 2" in outcome.run.message
    assert quorums(outcome.world)[:2] == [2, 2]


async def test_a_sentinel_that_dies_meanwhile_leaves_the_others_as_they_were() -> None:
    def dies(world: World) -> None:
        world.gone.add(S2)

    outcome = await set_option(Trouble(2, meddle=dies))
    assert outcome.run is not None
    assert outcome.run.outcome == "failed"
    assert quorums(outcome.world)[0] == 2
    assert replace(outcome.run, steps=()).left == ((S2, ("SENTINEL", "SET", "orders", "quorum", "2")),)


GONE = {"host": "elsewhere", "pid": 1, "started": "1", "operation": "0badcafe"}


def found(outcome: Outcome, plan: Plan) -> Past:
    """What the next console finds of one that is gone."""
    begun = {**GONE, "action": plan.action, "group": "orders", "at": "2026-01-01T00:00:00.000Z", "state": "begun"}
    lines = [{**begun, "stored": dump(plan, Aim("orders")), "release": rows(released(plan))}]
    (one,) = unfinished([*lines, *({**GONE, **line} for line in outcome.lines)])
    assert one.past is not None
    return one.past


async def test_another_console_resets_those_that_are_left_and_none_twice() -> None:
    for at in range((await reset()).driver.exchanges):
        plan = reset_plan(stale())
        outcome = await operate(stale(), Trouble(at, console_dies=True), plan)
        if not outcome.mutations():
            continue
        past = found(outcome, plan)
        back = Aim("orders", words=("0badcafe",), options={"back": "yes"}, past=past)
        assert any("go on with it" in text for text in refusals(RESUME, fleet_of(outcome.world), back)), at
        aim = replace(back, options={})
        assert refusals(RESUME, fleet_of(outcome.world), aim) == (), at
        after = await operate(outcome.world, None, RESUME.plan(fleet_of(outcome.world), aim))
        assert after.run is not None
        assert after.run.outcome == "verified", (at, after.run.message)
        assert sorted(node for node, _ in after.world.executed) == [S1, S2], at


@pytest.mark.parametrize("way", ["forward", "back"])
async def test_another_console_sets_an_option_at_all_or_at_none(way: str) -> None:
    for at in range((await set_option()).driver.exchanges):
        plan = set_plan(World())
        outcome = await operate(World(), Trouble(at, console_dies=True), plan)
        if not outcome.mutations():
            continue
        past = found(outcome, plan)
        aim = Aim("orders", words=("0badcafe",), options={"back": "yes"} if way == "back" else {}, past=past)
        if refusals(RESUME, fleet_of(outcome.world), aim):
            assert way == "back", at
            assert quorums(outcome.world) == [3, 3, 3], at
            continue
        after = await operate(outcome.world, None, RESUME.plan(fleet_of(outcome.world), aim))
        assert after.run is not None
        assert after.run.outcome == "verified", (at, after.run.message)
        assert quorums(after.world) == ([2, 2, 2] if way == "back" else [3, 3, 3]), at
