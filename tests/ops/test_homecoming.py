"""A replica that is made a primary again: the step by itself, reply by reply, and all steps up to the moves,
interrupted everywhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from redistui.ops.action import Aim, Plan
from redistui.ops.aiming import aim_at
from redistui.ops.cluster.look import NODES
from redistui.ops.cluster.move_look import LookFirst
from redistui.ops.cluster.stop_following import DROP_SECONDS, StopFollowing
from redistui.ops.cluster.verify import ReplicasFollow
from redistui.ops.steps import Ask, Lost, NotKnown, Refused, StepFailed
from redistui.ops.undo import UNDO
from tests.engine.cluster_imagined import REDIS, VALKEY, Outcome, operate, resumed
from tests.engine.imagined import Trouble
from tests.ops.cluster_world import P1, P2, R1, World
from tests.ops.play import Line, play
from tests.ops.shards import fleet, plan, survey
from tests.ops.test_undo import all_of_it, drained

ID1, ID2 = "1" * 40, "2" * 40
RESET = StopFollowing(P1, ID1, P2, ID2, stays=False)
STAYS = StopFollowing(P1, ID1, P2, ID2, stays=True)
LOST = Lost("no answer")


def sees(world: World) -> Line:
    return Ask(P1, NODES, seconds=1.0), world.nodes(world.servers[P1])


def sends(step: StopFollowing) -> Ask:
    return Ask(P1, step.commands()[0], mutates=True, seconds=DROP_SECONDS)


def free() -> World:
    made = drained()
    made.servers[P1].primary = None
    return made


def test_a_replica_is_told_to_follow_nobody() -> None:
    assert play(STAYS, sees(drained()), (sends(STAYS), b"OK")).said == "OK: it is a primary without slots"
    said = play(RESET, sees(drained()), (sends(RESET), b"OK")).said
    assert said == "OK: it is a primary without slots, and stands alone"
    assert sends(RESET).argv == ("CLUSTER", "RESET", "SOFT")


def test_one_that_follows_nobody_already_is_not_told() -> None:
    assert play(RESET, sees(free())).said == "it is a primary without slots already"


def test_a_lost_reply_is_found_out() -> None:
    lost = (sends(RESET), LOST)
    assert play(RESET, sees(drained()), lost, sees(drained()), sees(free())).said.startswith("no reply, but it is")
    with pytest.raises(StepFailed, match="still follows") as failed:
        play(RESET, sees(drained()), lost, *[sees(drained())] * 4)
    assert failed.value.unchanged
    silent = (sees(drained())[0], LOST)
    with pytest.raises(NotKnown, match="does not say whom it follows"):
        play(RESET, sees(drained()), lost, *[silent] * 4)
    with pytest.raises(NotKnown, match="does not show its view"):
        play(RESET, silent)


def test_a_refusal_is_told_as_it_is() -> None:
    with pytest.raises(Refused, match="ERR no"):
        play(RESET, sees(drained()), (sends(RESET), Refused("ERR no")))


def another(world: World) -> None:
    world.servers[P1].id = "f" * 40
    world.servers[P1].knows = {"f" * 40, ID2}


def owns(world: World) -> None:
    world.servers[P1].slots, world.servers[P2].slots = "0-9", "10-10921"


def follows_a_third(world: World) -> None:
    world.servers[P1].primary = "3" * 40


def is_needed(world: World) -> None:
    world.servers[P2].alive = False
    world.servers[P2].silent_since = world.now - 10.0


@pytest.mark.parametrize(
    ("meddle", "why"),
    [
        (another, "is another node than before"),
        (owns, "owns 10 slots"),
        (follows_a_third, f"does not follow {P2} any more"),
        (is_needed, "its copy may be needed"),
    ],
)
def test_one_that_is_not_what_the_plan_takes_it_for_is_left_alone(meddle: Any, why: str) -> None:
    world = drained()
    meddle(world)
    with pytest.raises(StepFailed, match=why) as failed:
        play(RESET, sees(world))
    assert failed.value.unchanged


# -- all of it, interrupted -------------------------------------------------------------------------------------------


def coming(what: dict[str, str]) -> tuple[Aim, Plan]:
    """The plan without its moves: these are interrupted elsewhere."""
    seen = fleet(drained(), survey(), None, **what)
    aim = aim_at(UNDO, seen, ("abcd1234",), {}, past=all_of_it())
    whole = plan(UNDO, seen, aim)
    moves = next(number for number, step in enumerate(whole.steps) if isinstance(step, LookFirst))
    ends = tuple(step for step in whole.verify if isinstance(step, ReplicasFollow))
    return aim, replace(whole, steps=whole.steps[:moves], verify=ends)


def came_home(world: World) -> bool:
    home = world.servers[P1]
    return home.primary is None and home.knows == world.servers[P2].knows and world.follows(R1) == P1


def nothing_twice(outcome: Outcome) -> bool:
    return all(times == 1 for times in Counter(outcome.world.executed).values())


def stage(what: dict[str, str]) -> World:
    made = drained()
    made.relearns = what is VALKEY
    return made


@pytest.mark.parametrize("what", [VALKEY, REDIS], ids=["stays", "reset"])
async def test_undisturbed_it_is_a_primary_again_with_its_replica(what: dict[str, str]) -> None:
    aim, made = coming(what)
    outcome = await operate(stage(what), made, aim)
    assert outcome.run is not None
    assert outcome.run.outcome == "verified", outcome.run.message
    assert came_home(outcome.world)
    assert outcome.mutations() == [argv for step in made.steps for argv in step.commands()]


@pytest.mark.parametrize("what", [VALKEY, REDIS], ids=["stays", "reset"])
async def test_a_console_that_dies_at_any_moment_is_gone_on_from(what: dict[str, str]) -> None:
    aim, made = coming(what)
    for at in range((await operate(stage(what), made, aim)).exchanges):
        outcome = await operate(stage(what), made, aim, Trouble(at, console_dies=True))
        assert outcome.run is None
        outcome.world.pass_time(5.0, tick=0.1)
        after = await resumed(outcome)
        if after is None:
            assert not outcome.world.executed, at
            continue
        assert after.run is not None
        assert after.run.outcome == "verified", (at, after.run.message)
        assert came_home(after.world), at
        assert nothing_twice(after), at


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse"])
@pytest.mark.parametrize("what", [VALKEY, REDIS], ids=["stays", "reset"])
async def test_what_is_lost_or_refused_at_any_moment_is_made_good_by_undoing_once_more(
    what: dict[str, str], how: str
) -> None:
    aim, made = coming(what)
    for at in range((await operate(stage(what), made, aim)).exchanges):
        outcome = await operate(stage(what), made, aim, Trouble(at, **{how: True}))  # type: ignore[arg-type]
        run = outcome.run
        assert run is not None
        assert nothing_twice(outcome), at
        if run.outcome == "verified":
            assert came_home(outcome.world), at
        elif not came_home(outcome.world):
            seen = fleet(outcome.world, survey(), None, **what)
            again = plan(UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=all_of_it()))
            assert (await operate(outcome.world, replace(again, verify=()), aim)).run is not None
            assert came_home(outcome.world), (at, run.message)
