"""`fix` interrupted everywhere, in a model of the servers: at each exchange, in each way in which one can go wrong;
then `fix` is planned anew, or gone on with, until nothing is half-done."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from redistui.model import Fleet
from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.fix import FIX
from tests.engine.imagined import Trouble
from tests.engine.slots_imagined import NAME, Outcome, fleet_of, operate, resumed
from tests.ops.fix_world import (
    SLOT,
    FixWorld,
    announced,
    bare,
    given_up,
    leaving,
    moving,
    moving_with_copies,
    orphaned,
    several,
    told_some,
)
from tests.ops.slot_world import ID, P1, P2, P3

Make = Callable[[FixWorld], None]
QUIET = (leaving, several, orphaned, given_up, bare)
"""States in which a client that writes makes a second value of a key: that is what is wrong with them."""
STATES: tuple[tuple[Make, dict[str, str], str], ...] = (
    (moving, {}, P2),
    (moving, {"back": "yes"}, P1),
    (moving_with_copies, {}, P2),
    (announced, {}, P1),
    (leaving, {}, P2),
    (leaving, {"back": "yes"}, P1),
    (several, {}, P3),
    (orphaned, {}, P1),
    (given_up, {}, P2),
    (told_some, {}, P1),
    (bare, {"cover": P3}, P3),
)
HOW = ("console_dies", "lose_reply", "lose_request", "refuse", "stop")
"""Each at every third moment, and not all at the same ones."""
IDS = [f"{make.__name__}{''.join(f' {name}' for name in options)}" for make, options, _ in STATES]


def world_of(make: Make) -> FixWorld:
    world = FixWorld(per_slot=5, quiet=make in QUIET)
    make(world)
    return world


def aimed(world: FixWorld, options: dict[str, str]) -> tuple[Fleet, Aim]:
    return fleet_of(world), Aim(NAME, options=options, survey=world.survey())


def planned(world: FixWorld, options: dict[str, str]) -> Plan | None:
    """None: nothing is half-done."""
    fleet, aim = aimed(world, options)
    against = refusals(FIX, fleet, aim)
    if against:
        assert "nothing is half-done" in against[0], against
        return None
    return FIX.plan(fleet, aim)


@cache
def first_plan(make: Make, *options: tuple[str, str]) -> Plan:
    plan = planned(world_of(make), dict(options))
    assert plan is not None
    return plan


async def fixed(make: Make, options: dict[str, str], trouble: Trouble | None = None) -> Outcome:
    return await operate(world_of(make), first_plan(make, *options.items()), trouble)


def ended(world: FixWorld, owner: str) -> None:
    world.pass_time(1.0)
    assert world.wrong() == []
    here = world.owner(SLOT)
    assert here is not None
    assert here.id == ID[owner]


@pytest.mark.parametrize(("make", "options", "owner"), STATES, ids=IDS)
async def test_undisturbed_it_is_verified(make: Make, options: dict[str, str], owner: str) -> None:
    outcome = await fixed(make, options)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    ended(outcome.world, owner)  # type: ignore[arg-type]
    assert planned(outcome.world, options) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize(("make", "options", "owner"), STATES, ids=IDS)
async def test_interrupted_at_any_moment_it_is_ended_by_planning_it_anew(
    make: Make, options: dict[str, str], owner: str, how: str
) -> None:
    """Wherever it stopped, what is left is diagnosed again, and no key was lost."""
    exchanges = (await fixed(make, options)).exchanges
    ends = set()
    for at in range(HOW.index(how) % 3, exchanges, 3):
        outcome = await fixed(make, options, Trouble(at, **{how: True}))  # type: ignore[arg-type]
        world: FixWorld = outcome.world  # type: ignore[assignment]
        more = options
        ends.add("died" if outcome.run is None else outcome.run.outcome)
        for _ in range(4):
            world.pass_time(1.0)
            again = planned(world, more)
            if again is None:
                break
            run = (await operate(world, again)).run
            assert run is not None
            if "Neither was touched" in run.message:  # a client wrote it on both sides of the moment it was closed
                more = {**options, "keep": owner_now(world)}
        world.pass_time(1.0)
        assert [said for said in world.wrong() if "acknowledged" not in said or more == options] == [], at
    assert "died" in ends or how != "console_dies"


def owner_now(world: FixWorld) -> str:
    found = world.owner(SLOT)
    assert found is not None
    return found.address


@pytest.mark.parametrize(("make", "options", "owner"), STATES, ids=IDS)
async def test_a_console_that_dies_at_any_moment_is_gone_on_from(
    make: Make, options: dict[str, str], owner: str
) -> None:
    exchanges = (await fixed(make, options)).exchanges
    for at in range(0, exchanges, 2):
        outcome = await fixed(make, options, Trouble(at, console_dies=True))
        world: FixWorld = outcome.world  # type: ignore[assignment]
        after = await resumed(outcome)
        if after is None:
            assert not world.executed, at
            continue
        assert after.run is not None
        assert after.run.outcome == "verified", (at, after.run.message)
        ended(world, owner)


async def test_two_values_stop_it_before_anything_is_sent() -> None:
    world = world_of(moving_with_copies)
    world.quiet = True
    world.servers[P2].held(SLOT)[next(iter(world.servers[P1].held(SLOT)))] = 99
    outcome = await operate(world, first_plan(moving_with_copies))
    assert outcome.run is not None
    assert outcome.run.outcome == "refused"
    assert "Neither was touched" in outcome.run.message
    assert not world.executed


async def test_a_slot_that_somebody_else_moves_on_meanwhile_is_left_alone() -> None:
    """The plan was made of another state."""
    world = world_of(moving)
    world.quiet = True
    plan = planned(world, {"back": "yes"})
    assert plan is not None
    world.servers[P1].migrating[SLOT] = ID[P3]
    world.servers[P3].importing[SLOT] = ID[P1]
    outcome = await operate(world, plan)
    assert outcome.run is not None
    assert outcome.run.outcome in ("failed", "refused"), outcome.run.message
    assert world.servers[P1].migrating[SLOT] == ID[P3]
