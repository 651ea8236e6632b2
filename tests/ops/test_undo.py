"""Undo: the reverse plan of what an operation moved, as far as it stands where the operation put it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.ops.action import Aim, Plan, refusals
from redistui.ops.aiming import aim_at
from redistui.ops.cluster.join import AwaitMember
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.stop_following import StopFollowing
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.forget import FORGET
from redistui.ops.rebalance import REBALANCE
from redistui.ops.reshard import RESHARD
from redistui.ops.stored import Past
from redistui.ops.templates import ranges_text
from redistui.ops.undo import UNDO, routes_of
from tests.engine.cluster_imagined import NAME, REDIS, VALKEY
from tests.ops.cluster_world import P1, P2, P3, R1, R2, R3, World
from tests.ops.shards import EVEN, UNEVEN, aim, fleet, moved, plan, said, survey, warned, world

DONE = {P1: "0-5361", P2: "5362-10921", P3: "10922-16383"}
"""What 99 slots of the first shard that went to the second leave behind."""


def past_of(made: Plan, action: str) -> Past:
    return Past("abcd1234", action, NAME, "2025-10-09T08:53:20.000Z", made, passed=len(made.steps))


def resharded() -> Past:
    return past_of(plan(RESHARD, fleet(world(), survey()), aim(from_=P1, to=P2, slots="5362-5460")), "reshard")


def test_the_slots_go_back_to_where_they_came_from() -> None:
    past, seen = resharded(), fleet(world(DONE), survey())
    made = plan(UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=past))
    assert moved(made) == [(P2, P1, 99)]
    assert made.moves[0].ranges == ((5362, 5460),)
    assert made.title == "Take back reshard abcd1234: 99 slots in 1 move"
    assert [load.slots for load in made.after] == [5461, 5461, 5462]


def test_what_was_not_moved_stays_and_what_went_on_is_left_alone() -> None:
    past = resharded()
    half = fleet(world({P1: "0-5399", P2: "5400-10921", P3: "10922-16383"}), survey())
    again = aim_at(UNDO, half, ("abcd1234",), {}, past=past)
    assert moved(plan(UNDO, half, again)) == [(P2, P1, 61)]
    assert "61 of its 99 slots stand where it put them: only these go back" in warned(UNDO, half, again)


def test_each_pair_of_a_rebalance_goes_back() -> None:
    made = plan(REBALANCE, fleet(world(UNEVEN), survey()), aim())
    there = fleet(world({P1: "0-5461", P2: "7923-12999", P3: "5462-7922 13000-16383"}), survey())
    past = past_of(made, "rebalance")
    back = plan(UNDO, there, aim_at(UNDO, there, ("abcd1234",), {}, past=past))
    assert {(source, target) for source, target, _ in moved(back)} <= {(P2, P1), (P3, P1)}
    assert all(target == P1 for _, target, _ in moved(back))


def test_nothing_is_left_to_take_back() -> None:
    seen = fleet(world(EVEN), survey())
    assert "there is nothing to take back" in said(UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=resharded()))


def test_an_operation_that_nobody_knows() -> None:
    seen = fleet(world(), survey())
    assert "knows of no operation 'ffff'" in said(UNDO, seen, aim_at(UNDO, seen, ("ffff",), {}))


def test_an_operation_that_moved_no_slots_says_its_own_way_back() -> None:
    seen = fleet(world(), survey())
    made = CLUSTER_FAILOVER.plan(seen, Aim(NAME, R1, {}, (R1,)))
    text = said(UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=past_of(made, "cluster-failover")))
    assert f"moved no slots; its own way back is: cluster-failover {P1}" in text


def test_a_group_that_is_not_here() -> None:
    seen = fleet(world(), survey())
    elsewhere = replace(seen, groups=())
    against = refusals(UNDO, elsewhere, aim_at(UNDO, elsewhere, ("abcd1234",), {}, past=resharded()))
    assert "there is no group 'catalog' here" in against[0]


def drained() -> World:
    """The first shard gave all it had to the second, and both its nodes follow that since."""
    made = world({P1: "", P2: "0-10921", P3: "10922-16383"})
    made.servers[P1].primary = made.servers[R1].primary = made.servers[P2].id
    return made


def all_of_it() -> Past:
    return past_of(plan(RESHARD, fleet(world(), survey()), aim(from_=P1, to=P2, slots="0-5460")), "reshard")


def back_of(world_: World, past: Past | None = None, what: dict[str, str] = VALKEY) -> Plan:
    seen = fleet(world_, survey(), None, **what)
    return plan(UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=past or all_of_it()))


def against(world_: World, past: Past | None = None, what: dict[str, str] = VALKEY) -> tuple[str, str]:
    """What refuses it, and what is warned of."""
    seen = fleet(world_, survey(), None, **what)
    wanted = aim_at(UNDO, seen, ("abcd1234",), {}, past=past or all_of_it())
    return said(UNDO, seen, wanted), warned(UNDO, seen, wanted)


def names(made: Plan) -> list[str]:
    return [type(step).__name__ for step in made.steps]


def test_a_source_that_became_a_replica_is_made_a_primary_again_and_takes_them_back() -> None:
    made = back_of(drained())
    assert moved(made) == [(P2, P1, 5461)]
    assert names(made) == ["StopFollowing", "SeenInPlace", "AwaitSameMap", "Replicate", "LookFirst", "MoveSlots"]
    assert made.steps[0].commands() == (("CLUSTER", "REPLICATE", "NO", "ONE"),)
    assert (made.steps[3].node, made.steps[3].commands()) == (R1, (("CLUSTER", "REPLICATE", "1" * 40),))
    assert [type(step).__name__ for step in made.verify] == ["MovedAsPlanned", "ReplicasFollow"]
    assert {load.node: load.slots for load in made.after} == {P1: 5461, P2: 5461, P3: 5462}
    assert made.danger == "risky"
    assert f"{P1} drops the copy that it holds of {P2}; {R1} takes a full sync." in made.loses


def test_where_it_cannot_stay_a_member_it_is_reset_and_introduced_again() -> None:
    made = back_of(drained(), what=REDIS)
    assert names(made)[:4] == ["StopFollowing", "Meet", "AwaitMember", "SeenInPlace"]
    assert made.steps[0].commands() == (("CLUSTER", "RESET", "SOFT"),)
    assert made.steps[1].reaches == (P1,)
    assert "by CLUSTER RESET SOFT, and answers CLUSTERDOWN for some 3 s" in against(drained(), what=REDIS)[1]


def test_whoever_comes_home_is_no_heir_of_the_taker_any_more() -> None:
    (step,) = (step for step in back_of(drained()).steps if isinstance(step, MoveSlots))
    assert dict(step.heirs) == {"4" * 40: "1" * 40, "5" * 40: "2" * 40, "6" * 40: "3" * 40}


def test_one_that_was_reset_by_an_operation_that_came_no_further_is_introduced_again() -> None:
    reset = drained()
    reset.servers[P1].primary, reset.servers[P1].knows, reset.servers[P1].keys = None, {"1" * 40}, 0
    made = back_of(reset, what=REDIS)
    assert names(made)[:3] == ["Meet", "AwaitMember", "SeenInPlace"]
    assert moved(made) == [(P2, P1, 5461)]
    assert f"{P1} stands alone" in against(reset, what=REDIS)[1]


def test_one_that_is_a_primary_again_already_gets_its_replica_back() -> None:
    half = drained()
    half.servers[P1].primary, half.servers[P1].keys = None, 0
    made = back_of(half, what=REDIS)
    assert names(made) == ["SeenInPlace", "AwaitSameMap", "Replicate", "LookFirst", "MoveSlots"]
    half.servers[R1].primary = "1" * 40
    assert names(back_of(half, what=REDIS)) == ["LookFirst", "MoveSlots"]


def test_slots_that_two_took_come_home_though_it_follows_only_one_of_them() -> None:
    past = past_of(plan(REBALANCE, fleet(world(), survey()), aim(weight=f"{P1}=0")), "rebalance")
    given = {route.target: ranges_text(route.ranges) for route in routes_of(past)}
    two = drained()
    two.servers[P2].slots = f"{given[P2]} 5461-10921".replace(",", " ")
    two.servers[P3].slots = f"{given[P3]} 10922-16383".replace(",", " ")
    assert {(source, target) for source, target, _ in moved(back_of(two, past))} == {(P2, P1), (P3, P1)}
    two.servers[P2].slots = "0-10921"  # what it gave to the third shard went to the second since
    two.servers[P3].slots = "10922-16383"
    two.servers[P1].primary = two.servers[P3].id
    assert {(source, target) for source, target, _ in moved(back_of(two, past))} == {(P2, P1)}


def test_two_that_were_drained_come_home_one_after_the_other() -> None:
    both = aim(weight=f"{P1}=0 {P3}=0")
    past = past_of(plan(REBALANCE, fleet(world(), survey()), both), "rebalance")
    empty = world({P1: "", P2: "0-16383", P3: ""})
    for address in (P1, P3, R1, R3):
        empty.servers[address].primary = empty.servers[P2].id
    made = back_of(empty, past, what=REDIS)
    assert [step.node for step in made.steps if isinstance(step, StopFollowing)] == [P3, P1]
    waits = [step for step in made.steps if isinstance(step, AwaitMember)]
    assert P1 in waits[0].nodes  # a replica still, it has not been reset yet
    assert P3 in waits[1].nodes
    assert names(made).index("Meet") < names(made).index("Replicate") < len(names(made)) - 2
    assert sorted(moved(made)) == [(P2, P1, 5461), (P2, P3, 5462)]


def test_a_drain_that_stopped_before_the_reset_is_taken_back() -> None:
    made = plan(FORGET, fleet(world(), survey()), aim([P1], drain="yes"))
    past = replace(past_of(made, "forget"), passed=4)
    given = {route.target: ranges_text(route.ranges).replace(",", " ") for route in routes_of(past)}
    left = drained()
    left.servers[P2].slots, left.servers[P3].slots = f"{given[P2]} 5461-10921", f"{given[P3]} 10922-16383"
    back = back_of(left, past)
    assert sorted(moved(back)) == [(P2, P1, 2731), (P3, P1, 2730)]
    assert names(back)[:4] == ["StopFollowing", "SeenInPlace", "AwaitSameMap", "Replicate"]


def test_its_replica_that_took_over_before_is_home_now() -> None:
    later = world({P1: "", R1: "0-5460", P2: "5461-10921", P3: "10922-16383"})
    later.servers[R1].slots, later.servers[R1].primary = "0-5360", None
    later.servers[P1].primary = later.servers[R1].id
    later.servers[P2].slots = "5361-10921"
    made = back_of(later, all_of_it())
    assert moved(made) == [(P2, R1, 100)]
    assert names(made) == ["LookFirst", "MoveSlots"]


def test_whoever_took_over_from_a_lost_target_gives_them_back_while_that_one_is_down_and_after() -> None:
    there = world(DONE)
    there.servers[P2].alive = False
    there.pass_time(5.0)
    assert moved(back_of(there, resharded())) == [(R2, P1, 99)]
    there.servers[P2].alive = True
    there.pass_time(1.0)
    assert there.servers[P2].primary == there.servers[R2].id
    assert moved(back_of(there, resharded())) == [(R2, P1, 99)]


def test_whoever_took_over_from_a_lost_source_takes_them_back_while_that_one_is_down_and_after() -> None:
    there = world(DONE)
    there.servers[P1].alive = False
    there.pass_time(5.0)
    assert moved(back_of(there, resharded())) == [(P2, R1, 99)]
    there.servers[P1].alive = True
    there.pass_time(1.0)
    assert moved(back_of(there, resharded())) == [(P2, R1, 99)]


def test_a_replaced_source_that_comes_back_under_the_taker_is_no_home() -> None:
    """Its heir has all its other slots. So Valkey 9.1 was seen to do it, when the taker was heard of last."""
    world_ = world(DONE)
    source, heir = world_.servers[P1], world_.servers[R1]
    heir.slots, heir.primary, heir.epoch = source.slots, None, 9
    source.slots, source.primary = "", world_.servers[P2].id
    made = back_of(world_, resharded())
    assert moved(made) == [(P2, R1, 99)]
    assert "StopFollowing" not in names(made)


def test_a_lost_source_that_was_forgotten_meanwhile_has_its_heir_all_the_same() -> None:
    there = world(DONE)
    there.servers[P1].alive = False
    there.pass_time(5.0)
    lost = there.servers.pop(P1)
    for server in there.servers.values():
        server.knows.discard(lost.id)
    assert moved(back_of(there, resharded())) == [(P2, R1, 99)]


def test_a_lost_source_whom_nobody_stands_in_for_is_waited_for() -> None:
    there = world(DONE)
    there.servers[P1].alive = False
    assert f"{P1} does not answer" in against(there, resharded())[0]


def test_a_source_that_took_over_from_its_target_has_them_back_already() -> None:
    there = drained()
    there.servers[P1].slots, there.servers[P2].slots, there.servers[P1].primary = "0-10921", "", None
    there.servers[P2].primary = there.servers[R1].primary = there.servers[R2].primary = there.servers[P1].id
    assert "there is nothing to take back" in against(there)[0]


def test_nobody_is_taken_from_a_primary_that_does_not_answer() -> None:
    gone = drained()
    past = all_of_it()
    gone.servers[P2].alive = False
    assert "which must not be dropped now" in against(gone, past)[0]
    gone = drained()
    gone.servers[P1].alive = False
    assert f"{P1} does not answer" in against(gone, past)[0]


def test_replicas_of_then_that_are_left_where_they_are_are_told_of() -> None:
    elsewhere = drained()
    elsewhere.servers[R1].primary = elsewhere.servers[P3].id
    elsewhere.servers[R2].primary = elsewhere.servers[P3].id
    text = against(elsewhere)[1]
    assert f"of the replicas that {P1} had, {R1} follows {P3} by now, and stays there" in text
    assert f"{P2} is left without a replica" in text
    assert f"{P1} has no replica that answers" in text
    silent = drained()
    silent.servers[R1].alive = False
    assert f"{R1} does not answer: `replicate {R1} {P1}` when it is back" in against(silent)[1]


@pytest.mark.parametrize("passed", [0, 1])
def test_it_makes_no_difference_how_far_the_journal_says_it_came(passed: int) -> None:
    past, seen = replace(resharded(), passed=passed), fleet(world(DONE), survey())
    assert moved(plan(UNDO, seen, aim_at(UNDO, seen, ("abcd1234",), {}, past=past))) == [(P2, P1, 99)]
