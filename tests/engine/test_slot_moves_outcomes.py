"""What a slot move makes of each answer, in a model of the servers: MIGRATE's outcomes, and other operators."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.ops.action import SlotMove
from redistui.ops.cluster.migrate import BIG
from redistui.ops.run import Run
from tests.engine.slots_imagined import Outcome, operate, plan_of, resumed
from tests.ops.slot_world import ID, P1, P2, P3, World, key

MOVES = (SlotMove(P1, P2, ((0, 2),)),)


async def move(world: World) -> Outcome:
    return await operate(world, plan_of(World(per_slot=world.per_slot), *MOVES))


def run_of(outcome: Outcome) -> Run:
    assert outcome.run is not None
    return outcome.run


def once(world: World, begins: tuple[str, ...], deed: Callable[[tuple[str, ...]], None], node: str = "") -> None:
    """Something happens right before the first command that begins so."""

    def before(asked: str, argv: tuple[str, ...]) -> None:
        if argv[: len(begins)] == begins and node in ("", asked):
            world.before = None
            deed(argv)

    world.before = before


def sent(world: World, *begins: str) -> list[tuple[str, ...]]:
    return [argv for _, argv in world.executed if argv[: len(begins)] == begins]


async def test_each_slot_is_opened_at_the_target_first_and_given_there_first() -> None:
    outcome = await move(World())
    assert run_of(outcome).outcome == "verified"
    for slot in "012":
        told = [(node, argv[3:]) for node, argv in outcome.world.executed if argv[:3] == ("CLUSTER", "SETSLOT", slot)]
        assert told == [
            (P2, ("IMPORTING", ID[P1])),
            (P1, ("MIGRATING", ID[P2])),
            (P2, ("NODE", ID[P2])),
            (P1, ("NODE", ID[P2])),
            (P3, ("NODE", ID[P2])),
        ]


async def test_keys_that_a_timeout_left_on_both_sides_are_replaced_because_they_are_ours() -> None:
    world = World(ioerr=1)
    outcome = await move(world)
    assert run_of(outcome).outcome == "verified", run_of(outcome).message
    assert any("REPLACE" in argv for argv in sent(world, "MIGRATE"))
    world.pass_time(1.0)
    assert world.wrong() == []


async def test_keys_that_do_not_leave_in_two_attempts_leave_their_slot_open_for_resume() -> None:
    world = World(ioerr=2)
    outcome = await move(world)
    assert run_of(outcome).outcome == "failed"
    assert "did not leave 10.0.0.1:7000, though sent twice (slot 0 left open); 2 slots not begun" in (
        run_of(outcome).message
    )
    after = await resumed(outcome)
    assert after is not None
    assert run_of(after).outcome == "verified", run_of(after).message
    world.pass_time(1.0)
    assert world.wrong() == []


@pytest.mark.parametrize("equal", [True, False])
async def test_a_key_that_was_at_the_target_before_is_replaced_only_when_it_is_equal(equal: bool) -> None:
    """It came there after we looked, and before the slot was opened: nobody knows from where."""
    world = World(quiet=True)
    strange = key(1, 2)

    def come(_: tuple[str, ...]) -> None:
        world.servers[P2].held(1)[strange] = 0 if equal else 99

    once(world, ("COMMAND", "INFO"), come)
    run = run_of(await move(world))
    world.pass_time(1.0)
    if equal:
        assert run.outcome == "verified", run.message
        assert world.wrong() == []
        return
    assert run.outcome == "failed"
    assert "slot 1 not: 1 key of it with one value at 10.0.0.1:7000 (digest " in run.message
    assert "which is right cannot be told, neither was touched (slot 1 left open)" in run.message
    assert world.servers[P2].held(1)[strange] == 99
    assert world.servers[P1].held(1)[strange] == 0


@pytest.mark.parametrize(
    "error",
    ["OOM command not allowed when used memory > 'maxmemory'.", "NOPERM this user has no permissions", "WRONGPASS"],
)
async def test_what_the_target_refuses_for_all_keys_leaves_no_slot_open(error: str) -> None:
    world = World(refuses=error)
    run = run_of(await move(world))
    assert run.outcome == "failed"
    assert f"10.0.0.1:7000 said: ERR Target instance replied with error: {error}" in run.message
    assert "left open" not in run.message
    world.pass_time(1.0)
    assert len(sent(world, "MIGRATE")) == 1
    assert world.wrong() == [] or world.servers[P2].held(0), world.wrong()


async def test_another_operators_order_for_an_open_slot_is_seen_before_it_is_given_away() -> None:
    world = World()
    once(world, ("MIGRATE",), lambda _: world.servers[P1].migrating.update({0: ID[P3]}))
    run = run_of(await move(world))
    assert run.outcome == "failed"
    assert "slot 0 not: it is not open from the one to the other any more" in run.message
    assert sent(world, "CLUSTER", "SETSLOT", "0", "NODE") == []
    here, there = world.servers[P1].held(0), world.servers[P2].held(0)
    assert {key(0, number) for number in range(world.per_slot)} <= here.keys() | there.keys()


async def test_an_open_slot_or_keys_at_the_target_speak_against_a_move_before_anything_is_sent() -> None:
    opened = World()
    opened.servers[P3].migrating[9] = ID[P2]
    assert "slots 9 are open: `fix` ends that first" in run_of(await move(opened)).message
    strays = World()
    strays.servers[P2].held(1)[key(1, 1)] = 5
    assert "10.0.0.2:7000 holds 1 key of slots that are not its own (1)" in run_of(await move(strays)).message
    assert opened.executed == strays.executed == []


async def test_a_slot_that_was_given_away_too_early_is_saved_as_far_as_it_still_can_be() -> None:
    """Somebody else, or an older console, told the target that it owns the slot while keys were at the source."""
    world = World(quiet=True)
    plan = plan_of(World(), *MOVES)
    source, target = world.servers[P1], world.servers[P2]
    source.migrating[0], target.owners[0], target.epochs[0] = ID[P2], ID[P2], 99
    world.beaten = world.now + 1.5  # so long nobody else has heard
    again = await resumed(Outcome(world, None, 0, plan, [{"step": 1, "state": "passed"}, SENDING]))
    assert again is not None
    assert run_of(again).outcome == "verified", run_of(again).message
    assert len(target.held(0)) == world.per_slot
    assert world.lost() == []


SENDING = {"step": 2, "state": "sending", "node": P2, "command": ["CLUSTER", "SETSLOT", "0", "IMPORTING", ID[P1]]}


async def test_a_big_key_is_moved_alone_and_told() -> None:
    world = World()
    big = key(1, 3).decode()
    asked = world.ask

    def ask(node: str, argv: tuple[str, ...]) -> object:
        if argv == ("MEMORY", "USAGE", big):
            asked(node, argv)
            return 3 * BIG
        return asked(node, argv)

    world.ask = ask  # type: ignore[method-assign]
    outcome = await move(world)
    run = run_of(outcome)
    assert run.outcome == "verified", run.message
    assert "1 big key among their keys (24 MiB the biggest)" in (run.steps[1].reply or "")
    (alone,) = [argv for argv in sent(world, "MIGRATE") if big in argv]
    assert alone[-2:] == ("KEYS", big)
    assert int(alone[5]) > 5000
