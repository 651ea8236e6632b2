"""Resume of a slot move: what is said of a target that was lost in the middle of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.ops.action import Plan, refusals
from redistui.ops.aiming import aim_at
from redistui.ops.reshard import RESHARD
from redistui.ops.resume import RESUME, can_be_undone
from redistui.ops.run import planned
from redistui.ops.stored import Past
from tests.engine.cluster_imagined import NAME, REDIS, VALKEY
from tests.ops.cluster_world import P1, P2, World
from tests.ops.shards import aim, fleet, plan, survey, warned, world

HALF = {P1: "0-5399", P2: "5400-10921", "10.0.0.3:7000": "10922-16383"}
"""Of 99 slots 61 have gone."""
WARNING = f"{P2} was lost while slots were on their way to it: start it again before you go on"


def stopped(made: Plan) -> Past:
    return Past("abcd1234", "reshard", NAME, "2025-10-09T08:53:20.000Z", made, passed=1)


def said_of(there: World, what: dict[str, str], **how: str) -> str:
    begun = plan(RESHARD, fleet(world(), survey(), None, **what), aim(from_=P1, to=P2, slots="5362-5460", **how))
    seen = fleet(there, survey(), None, **what)
    return warned(RESUME, seen, aim_at(RESUME, seen, ("abcd1234",), {}, past=stopped(begun)))


def test_a_lost_target_that_is_down_still_is_to_be_started_first() -> None:
    there = world(HALF)
    there.servers[P2].alive = False
    there.pass_time(5.0)
    assert WARNING in said_of(there, VALKEY, classic="yes")
    there.servers[P2].alive = True
    there.pass_time(1.0)
    assert WARNING not in said_of(there, VALKEY, classic="yes")


@pytest.mark.parametrize("what", [REDIS, VALKEY])
def test_not_where_its_server_forgets_what_it_took_in(what: dict[str, str]) -> None:
    """Redis did not take slots back, and a move that Valkey makes by itself opens none."""
    there = world(HALF)
    there.servers[P2].alive = False
    there.pass_time(5.0)
    assert WARNING not in said_of(there, what)


def test_not_where_the_target_lives() -> None:
    assert WARNING not in said_of(world(HALF), VALKEY, classic="yes")


def test_going_on_tells_the_id_that_the_way_back_wants() -> None:
    begun = plan(RESHARD, fleet(world(), survey()), aim(from_=P1, to=P2, slots="5362-5460"))
    assert begun.undo.startswith("`undo OPERATION`, with its id from the journal: ")
    past = stopped(begun)
    seen = fleet(world(), survey())
    onward = RESUME.plan(seen, aim_at(RESUME, seen, ("abcd1234",), {}, past=past))
    assert onward.undo.startswith("`undo abcd1234`: ")
    assert can_be_undone(past)
    assert can_be_undone(replace(past, plan=onward))
    assert not can_be_undone(replace(past, plan=replace(begun, undo="`reshard` moves them on.")))


def test_putting_a_move_back_names_the_move_that_does() -> None:
    begun = plan(RESHARD, fleet(world(), survey()), aim(from_=P1, to=P2, slots="5362-5460"))
    seen = fleet(world(), survey())
    there = aim_at(RESUME, seen, ("abcd1234",), {"back": True}, past=stopped(begun))
    assert [one for one in refusals(RESUME, seen, there) if "`undo abcd1234` takes them back" in one]
    assert not refusals(RESUME, seen, aim_at(RESUME, seen, ("abcd1234",), {}, past=stopped(begun)))


def test_what_ended_well_tells_how_to_go_back_by_its_own_id() -> None:
    run = planned("reshard", NAME, plan(RESHARD, fleet(world(), survey()), aim(from_=P1, to=P2, slots="5362-5460")))
    assert run.back == ""
    assert replace(run, outcome="failed", operation="52ff9e09").back == ""
    assert replace(run, outcome="verified", operation="52ff9e09").back.startswith("`undo 52ff9e09`: the same slots")
