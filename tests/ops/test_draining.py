"""A node that takes its share as it joins, and one that gives all it has as it leaves: plans, refusals, and the steps
around the moves."""

from __future__ import annotations

import pytest

from redistui.ops.action import Plan
from redistui.ops.add_node import ADD_NODE
from redistui.ops.aiming import BadAim, again, aim_at
from redistui.ops.cluster.follow import FindNewPrimary
from redistui.ops.cluster.look import NODES
from redistui.ops.cluster.same_map import AwaitEmptied, AwaitSameMap
from redistui.ops.forget import FORGET
from redistui.ops.steps import Ask, NotKnown, Refused, StepFailed, Together
from tests.engine.cluster_imagined import NAME, REDIS
from tests.ops.cluster_world import NEW, P1, P2, P3, R1, World
from tests.ops.play import play
from tests.ops.shards import UNEVEN, aim, fleet, moved, plan, said, survey, warned, world
from tests.ops.test_cluster_checks import dead, node

ID1, ID2, IDR = "1" * 40, "2" * 40, "4" * 40


def names(made: Plan) -> list[str]:
    return [type(step).__name__ for step in made.steps]


def test_a_primary_gives_all_it_has_and_leaves() -> None:
    made = plan(FORGET, fleet(world(), survey()), aim([P1], drain="yes"))
    assert sorted(moved(made)) == [(P1, P2, 2731), (P1, P3, 2730)]
    assert names(made)[:6] == [
        "LookFirst",
        "MoveSlots",
        "MovedAsPlanned",
        "FindNewPrimary",
        "AwaitEmptied",
        "ResetNode",
    ]
    assert names(made)[6:] == ["ForgetAt"] * 5
    assert (made.danger, made.confirm) == ("risky", NAME)
    assert {load.node: load.slots for load in made.after} == {P1: 0, P2: 8192, P3: 8192}
    assert f"`add-node {P1} --rebalance`" in made.undo


def test_no_other_slot_moves_when_one_leaves() -> None:
    made = plan(FORGET, fleet(world(UNEVEN), survey()), aim([P3], drain="yes"))
    assert moved(made) == [(P3, P2, 3384)]


def test_its_replicas_stay_and_that_is_said() -> None:
    text = warned(FORGET, fleet(world(), survey()), aim([P1], drain="yes"))
    assert f"its replica {R1} stay: they follow who takes the last slot" in text.replace(
        "stays: it follows", "stay: they follow"
    )
    assert "2 primaries with slots are left" in text


def test_without_drain_a_primary_with_slots_is_refused_and_told_the_way() -> None:
    assert "(--drain)" in said(FORGET, fleet(world(), survey()), aim([P1]))


def test_a_replica_that_is_silent_is_forgotten_first() -> None:
    some = world()
    dead(R1, seconds=0.5)(some)
    assert f"its replica {R1} does not answer: `forget` it first" in said(FORGET, fleet(some), aim([P1], drain="yes"))


def test_a_primary_that_is_silent_cannot_be_drained() -> None:
    some = world()
    dead(P1, seconds=0.5)(some)
    assert "does not answer" in said(FORGET, fleet(some), aim([P1], drain="yes"))


def test_draining_what_has_no_slots_is_a_plain_forget() -> None:
    four = fleet(world(fourth=True), survey())
    assert names(plan(FORGET, four, aim([NEW], drain="yes"))) == names(plan(FORGET, four, aim([NEW])))


def test_a_node_joins_and_takes_its_share() -> None:
    made = plan(ADD_NODE, fleet(world(), survey()), aim([NEW], rebalance="yes"))
    assert names(made) == ["Meet", "AwaitMember", "AwaitSameMap", "LookFirst", "MoveSlots"]
    assert {target for _, target, _ in moved(made)} == {NEW}
    assert [load.slots for load in made.after] == [4096] * 4
    assert made.before[-1].node == NEW
    assert [type(step).__name__ for step in made.verify] == ["SeenInPlace", "MovedAsPlanned"]


def test_between_the_others_nothing_moves_when_one_joins() -> None:
    made = plan(ADD_NODE, fleet(world(UNEVEN), survey()), aim([NEW], rebalance="yes", max_slots="500"))
    assert moved(made) == [(P1, NEW, 500)]


def test_it_joins_without_slots_where_that_is_wanted() -> None:
    made = plan(ADD_NODE, fleet(world(), survey()), aim([NEW]))
    assert (names(made), made.moves) == (["Meet", "AwaitMember"], ())


def test_a_joining_node_without_room_is_refused() -> None:
    full = node(NEW, metrics={"keys": 0.0, "memory_limit": 2e6, "memory_used": 1e6})
    assert f"{NEW} has" in said(ADD_NODE, fleet(world(), survey(), full), aim([NEW], rebalance="yes"))


@pytest.mark.parametrize(
    "options",
    [{"replica-of": P1, "rebalance": "yes"}, {"max-slots": "5"}, {"max-slots": "-5", "rebalance": "yes"}],
)
def test_options_that_do_not_go_together(options: dict[str, str]) -> None:
    with pytest.raises(BadAim):
        aim_at(ADD_NODE, fleet(world()), (NEW,), options)


def test_on_a_server_without_atomic_moves_it_goes_key_by_key() -> None:
    old = fleet(world(), survey(), None, **REDIS)
    assert "key by key" in " ".join(step.text for step in plan(ADD_NODE, old, aim([NEW], rebalance="yes")).steps)
    new = fleet(world(), survey())
    assert "by the servers" in " ".join(step.text for step in plan(ADD_NODE, new, aim([NEW], rebalance="yes")).steps)
    classic = plan(FORGET, new, aim([P1], drain="yes", classic="yes"))
    assert "key by key" in " ".join(step.text for step in classic.steps)


# -- the steps around the moves ---------------------------------------------------------------------------------------


def nodes_at(world_: World, address: str) -> bytes:
    return world_.nodes(world_.servers[address])


def test_a_replica_that_followed_by_itself_is_told_nothing() -> None:
    step = FindNewPrimary(R1, IDR, P1, ID1, P2, ID2)
    after = world()
    after.servers[R1].primary = ID2
    played = play(
        step, (Ask(R1, NODES, seconds=1.0), nodes_at(world(), R1)), (Ask(R1, NODES, seconds=1.0), nodes_at(after, R1))
    )
    assert played.said == f"it follows {P2} by now"


def test_a_replica_that_stays_behind_is_told_whom_to_follow() -> None:
    step = FindNewPrimary(R1, IDR, P1, ID1, P2, ID2)
    look = (Ask(R1, NODES, seconds=1.0), nodes_at(world(), R1))
    waits = [look] * 83
    played = play(step, *waits, (Ask(R1, step.commands()[0], mutates=True), b"OK"))
    assert played.said == f"OK: it follows {P2}"


def test_a_replica_that_does_not_answer_is_not_known() -> None:
    step = FindNewPrimary(R1, IDR, P1, ID1, P2, ID2)
    with pytest.raises(NotKnown, match="does not show its view"):
        play(step, *[(Ask(R1, NODES, seconds=1.0), Refused("no answer"))] * 82)


def asked(*nodes: str) -> tuple[Ask, ...]:
    return tuple(Ask(one, NODES, seconds=1.0) for one in nodes)


def test_the_one_that_leaves_is_waited_for_until_nobody_sees_anything_of_it() -> None:
    step = AwaitEmptied(None, ID1, P1, (P2, P3), 15.0)
    before, after = world(), world({P1: "", P2: "0-10921", P3: "10922-16383"})
    after.servers[R1].primary = ID2
    replies = [
        [nodes_at(one, P2), nodes_at(other, P3)] for one, other in ((before, before), (after, before), (after, after))
    ]
    assert play(step, *((Together(asked(P2, P3)), reply) for reply in replies)).said == "it has none"


def test_one_that_has_just_joined_is_given_no_slots_before_it_serves() -> None:
    step = AwaitSameMap(None, NEW, (P1,), 1.0)
    four = world(fourth=True)
    questions = Together((Ask(NEW, ("CLUSTER", "INFO"), seconds=1.0), *asked(NEW, P1)))
    good, bad = b"cluster_state:ok\r\n", b"cluster_state:fail\r\n"
    views = [nodes_at(four, NEW), nodes_at(four, P1)]
    other = [nodes_at(world(UNEVEN, fourth=True), NEW), nodes_at(four, P1)]
    played = play(step, (questions, [bad, *views]), (questions, [good, *other]), (questions, [good, *views]))
    assert played.said == "it serves, and all see the same"
    with pytest.raises(StepFailed, match="cluster_state was fail"):
        play(step, *[(questions, [bad, *views])] * 22)


def test_the_plan_is_the_same_again_when_the_fleet_is() -> None:
    for action, words, options in ((FORGET, P1, {"drain": "yes"}), (ADD_NODE, NEW, {"rebalance": "yes"})):
        first, second = (fleet(world(), survey()) for _ in range(2))
        pinned = again(action, first, aim([words], **options))
        assert action.plan(first, pinned) == action.plan(second, again(action, second, pinned))
