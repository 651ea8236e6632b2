"""Slot moves interrupted everywhere, in a model of the servers: at each exchange, in each way that one can go wrong,
while clients write; and then gone on with by another console."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from redistui.ops.action import Plan, SlotMove
from tests.engine.imagined import Trouble
from tests.engine.slots_imagined import Outcome, operate, plan_of, resumed
from tests.ops.slot_world import ID, P1, P2, P3, R2, World

MOVES = (SlotMove(P1, P2, ((0, 1),)), SlotMove(P3, P2, ((8, 8),)))
MOVED = {0: ID[P2], 1: ID[P2], 8: ID[P2]}
Meddle = Callable[[World], None]


def world_of(valkey: bool = False) -> World:
    return World(valkey=valkey, per_slot=4)


@cache
def the_plan() -> Plan:
    return plan_of(world_of(), *MOVES)


async def run(trouble: Trouble | None = None, valkey: bool = False) -> Outcome:
    return await operate(world_of(valkey), the_plan(), trouble)


async def moments() -> range:
    """Exchanges at which something may go wrong: all of them."""
    return range((await run()).exchanges)


def moved(world: World) -> bool:
    return all((owner := world.owner(slot)) is not None and owner.id == id_ for slot, id_ in MOVED.items())


def settle(world: World) -> None:
    """What gossip still has to tell is told."""
    world.pass_time(1.0)


def dies(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "alive", False)


def hangs(address: str, seconds: float) -> Meddle:
    def meddle(world: World) -> None:
        world.servers[address].hung = True
        world.later(seconds, lambda: setattr(world.servers[address], "hung", False))

    return meddle


def told_truly(outcome: Outcome, at: int) -> None:
    """Whole slots only, or what is open is named; never a write lost."""
    run, world = outcome.run, outcome.world
    assert run is not None
    assert run.ended
    settle(world)
    assert world.lost() == [], (at, run.message)
    assert world.astray() == [], (at, run.message)
    if run.outcome == "verified":
        assert moved(world), at
        assert world.wrong() == [], at
    opened = {slot for one in world.servers.values() if one.runs for slot in (*one.migrating, *one.importing)}
    if opened and run.outcome == "failed":
        assert run.resumable, (at, run.message)


async def test_undisturbed_it_is_verified_and_every_key_is_where_it_belongs() -> None:
    outcome = await run()
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    settle(outcome.world)
    assert moved(outcome.world)
    assert outcome.world.wrong() == []
    assert outcome.world.writes > 50


@pytest.mark.parametrize("valkey", [False, True], ids=["redis", "valkey"])
async def test_a_console_that_dies_at_any_moment_is_gone_on_from(valkey: bool) -> None:
    for at in await moments():
        outcome = await run(Trouble(at, console_dies=True), valkey)
        assert outcome.run is None, at
        settle(outcome.world)
        assert outcome.world.lost() == [], at
        after = await resumed(outcome)
        if after is None:
            assert not outcome.world.executed, at
            continue
        assert after.run is not None
        assert after.run.outcome == "verified", (at, after.run.message)
        settle(after.world)
        assert moved(after.world), at
        assert after.world.wrong() == [], at


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse"])
async def test_after_a_reply_lost_or_an_error_at_any_moment_all_is_told_truly_and_gone_on_with(how: str) -> None:
    for at in await moments():
        outcome = await run(Trouble(at, **{how: True}))  # type: ignore[arg-type]
        told_truly(outcome, at)
        assert outcome.run is not None
        if not outcome.run.resumable:
            assert (
                "All steps were done" in outcome.run.message
                or outcome.run.outcome == "verified"
                or not moved(outcome.world)
            ), at
            continue
        after = await resumed(outcome)
        assert after is not None
        assert after.run is not None
        told_truly(after, at)
        assert after.run.outcome == "verified", (at, outcome.run.message, after.run.message)


async def test_a_wish_to_stop_at_any_moment_leaves_whole_slots() -> None:
    outcomes = set()
    for at in await moments():
        outcome = await run(Trouble(at, stop=True))
        told_truly(outcome, at)
        assert outcome.run is not None
        assert outcome.world.wrong() == [], (at, outcome.run.message)
        outcomes.add(outcome.run.outcome)
    assert outcomes >= {"verified", "failed", "refused"}


@pytest.mark.parametrize("valkey", [False, True], ids=["redis", "valkey"])
@pytest.mark.parametrize("lost", [P1, P2], ids=["source", "target"])
async def test_a_source_or_target_that_dies_at_any_moment_is_replaced_and_all_is_gone_on_with(
    lost: str, valkey: bool
) -> None:
    for at in list(await moments())[::4]:
        outcome = await run(Trouble(at, meddle=dies(lost)), valkey)  # type: ignore[arg-type]
        run_, world = outcome.run, outcome.world
        assert run_ is not None
        world.pass_time(5.0)
        world.revive(lost)
        settle(world)
        if run_.outcome == "verified" or not run_.resumable:
            continue
        after = await resumed(outcome)
        if after is None:
            continue
        assert after.run is not None
        settle(world)
        ends_well(after, at, valkey)


def ends_well(outcome: Outcome, at: int, valkey: bool) -> None:
    world, run = outcome.world, outcome.run
    assert run is not None
    if run.outcome == "verified":
        assert moved_by_heirs(world), at
        assert world.wrong() == [], (at, run.message)
        return
    # Redis: the promoted replica knew nothing of the open slot, and took writes to keys that had gone.
    assert not valkey, (at, run.message)
    assert "which is right cannot be told" in run.message, (at, run.message)


def moved_by_heirs(world: World) -> bool:
    heir = {ID[P2], ID[R2]}
    return all((owner := world.owner(slot)) is not None and owner.id in heir for slot in MOVED)
