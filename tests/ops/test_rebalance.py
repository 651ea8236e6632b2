"""Rebalance: the moves it plans, what it shows of them, and what refuses it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from redistui.model import SLOTS, Fleet, OpenSlot, Stray
from redistui.ops.aiming import BadAim, again, aim_at
from redistui.ops.rebalance import REBALANCE
from tests.engine.cluster_imagined import NAME
from tests.ops.cluster_world import NEW, P1, P2, P3, R1, R2, R3
from tests.ops.shards import KEYS, UNEVEN, Tweak, aim, fleet, moved, plan, said, survey, warned, world
from tests.ops.test_cluster_checks import dead, doubted, happened, metric, node, replication, view

FAR = "10.0.0.99:7000"


def test_by_slots_who_has_too_many_gives_what_the_others_lack() -> None:
    made = plan(REBALANCE, fleet(world(UNEVEN), survey()), aim())
    assert sorted(moved(made)) == [(P1, P2, 2461), (P1, P3, 2077)]
    assert made.title == "Rebalance catalog by slots: 4,538 slots in 2 moves"
    assert (made.danger, made.confirm, made.point_of_no_return, made.release) == ("risky", NAME, 0, ())
    assert [load.slots for load in made.before] == [10_000, 3000, 3384]
    assert [load.slots for load in made.after] == [5462, 5461, 5461]
    assert sum(load.slots for load in made.after) == SLOTS


def test_moves_and_shards_have_the_keys_and_bytes_that_were_counted() -> None:
    made = plan(REBALANCE, fleet(world(UNEVEN), survey()), aim())
    for move in made.moves:
        slots = sum(last - first + 1 for first, last in move.ranges)
        assert (move.keys, move.bytes) == (KEYS * slots, 100 * KEYS * slots)
        assert move.seconds is not None
        assert move.seconds > 0
    assert [load.keys for load in made.before] == [100_000, 30_000, 33_840]
    assert sum(load.keys or 0 for load in made.after) == KEYS * SLOTS


def test_what_was_not_counted_is_not_known_and_never_0() -> None:
    uncounted = fleet(world(UNEVEN))
    made = plan(REBALANCE, uncounted, aim())
    assert {(move.keys, move.bytes, move.seconds) for move in made.moves} == {(None, None, None)}
    assert {(load.keys, load.bytes) for load in (*made.before, *made.after)} == {(None, None)}
    assert "what the slots hold was not counted" in warned(REBALANCE, uncounted, aim())


def test_a_plan_stands_still_while_keys_come_and_go() -> None:
    first = fleet(world(UNEVEN), survey())
    pinned = again(REBALANCE, first, aim(by="keys"))
    later = fleet(world(UNEVEN), survey([3.0] * SLOTS))
    assert REBALANCE.plan(first, pinned) == REBALANCE.plan(later, again(REBALANCE, later, pinned))


def test_by_keys_the_full_slots_go_to_the_shard_that_has_few() -> None:
    keys = [1.0] * SLOTS
    keys[5000:5012] = [2000.0] * 12
    made = plan(REBALANCE, fleet(world(), survey(keys)), aim(by="keys"))
    assert sorted(moved(made)) == [(P1, P2, 4), (P1, P3, 4)]
    assert [load.keys for load in made.before] == [29_449, 5461, 5462]
    assert [load.keys for load in made.after] == [13_449, 13_461, 13_462]


def test_by_memory_it_is_the_bytes_that_count() -> None:
    keys, found = [10.0] * SLOTS, survey()
    sizes = tuple(10_000.0 if slot < 3000 else 100.0 for slot in range(SLOTS))
    big = fleet(world(), replace(found, keys=tuple(keys), memory=sizes))
    assert "nothing is to be moved" in said(REBALANCE, big, aim(by="keys"))
    made = plan(REBALANCE, big, aim(by="memory"))
    loads = [load.bytes or 0 for load in made.after]
    assert max(loads) - min(loads) < 0.05 * sum(loads)


def test_weight_0_drains_a_shard() -> None:
    made = plan(REBALANCE, fleet(world(), survey()), aim(weight=f"{P1}=0"))
    assert {(load.node, load.slots, load.weight) for load in made.after} == {
        (P1, 0, 0.0),
        (P2, 8192, 1.0),
        (P3, 8192, 1.0),
    }
    assert "gives all its slots" in warned(REBALANCE, fleet(world(), survey()), aim(weight=f"{P1}=0"))


def test_a_shard_is_named_by_its_node_id_as_well() -> None:
    by_id = plan(REBALANCE, fleet(world(), survey()), aim(weight=f"{'1' * 40}=2"))
    assert by_id == plan(REBALANCE, fleet(world(), survey()), aim(weight=f"{P1}=2"))


def test_an_empty_primary_takes_slots_only_when_that_is_wanted() -> None:
    four = fleet(world(fourth=True), survey())
    assert "own no slots and get none without --use-empty" in warned(REBALANCE, four, aim()).replace(
        "owns", "own"
    ).replace("gets", "get")
    assert "nothing is to be moved" in said(REBALANCE, four, aim())
    made = plan(REBALANCE, four, aim(use_empty="yes"))
    assert {target for _, target, _ in moved(made)} == {NEW}
    assert [load.slots for load in made.after] == [4096] * 4


def test_no_more_slots_than_wanted_are_moved() -> None:
    made = plan(REBALANCE, fleet(world(UNEVEN), survey()), aim(max_slots="100"))
    assert sum(number for *_, number in moved(made)) == 100


def test_where_nothing_is_to_be_moved_the_shares_are_told_all_the_same() -> None:
    even = fleet(world(), survey())
    told = [check.text for check in REBALANCE.checks(even, again(REBALANCE, even, aim()))]
    assert f"{P1} has 5,461; its share is 5,461" in told


def test_an_empty_primary_that_is_dead_is_left_out() -> None:
    four = world(UNEVEN, fourth=True)
    dead(NEW)(four)
    found = fleet(four, survey())
    assert NEW not in {target for _, target, _ in moved(plan(REBALANCE, found, aim(use_empty="yes")))}
    assert f"{NEW} owns no slots and cannot be given any now" in warned(REBALANCE, found, aim(use_empty="yes"))


def opened(slot: int) -> Tweak:
    return view(P1, open_slots=(OpenSlot(slot, "migrating", "1" * 40, "2" * 40),))


def dissenting(found: Fleet) -> Fleet:
    """One replica takes the first shard's slots for the second's."""
    seen = found.groups[0].node(R3)
    assert seen is not None
    assert seen.cluster is not None
    wrong = tuple(
        replace(peer, slots=((0, 12_999),) if peer.address == P2 else () if peer.address == P1 else peer.slots)
        for peer in seen.cluster.peers
    )
    return view(R3, peers=wrong)(found)


REFUSALS: list[tuple[str, dict[str, str], Tweak | None, str]] = [
    ("an unknown node", {"weight": f"{FAR}=2"}, None, f"{FAR} is no node of catalog"),
    ("a replica", {"weight": f"{R1}=2"}, None, f"{R1} is a replica of {P1}: name that"),
    ("twice", {"weight": f"{P1}=2 {'1' * 40}=3"}, None, "two weights, by its address and by its id"),
    ("nobody left", {"weight": f"{P1}=0 {P2}=0 {P3}=0"}, None, "no shard is left that could take slots"),
    ("an open slot", {}, opened(7), "slot 7 is half-way between two shards: `fix` ends its move"),
    ("state fail", {}, view(P2, state="fail"), f"cluster_state is not ok at {P2}, though"),
    ("two maps", {}, dissenting, f"{R3} saw other owners of the slots"),
    ("a doubted one", {}, doubted(P2, P3), f"{P3} holds {P2} for failed"),
    ("a primary that says replica", {}, node(P2, role="replica"), f"{P2} says of itself that it is a replica"),
    ("a target is silent", {}, node(P2, fault=None, seen_at=None), "was not heard of"),
    ("a recording", {}, lambda fleet: replace(fleet, replayed=True), "recording"),
    ("no map", {}, lambda fleet: replace(fleet, groups=(replace(fleet.groups[0], cluster=None),)), "has shown the map"),
    ("a failover", {}, happened("role", f"{P1} was replica, is primary"), "failed over 3 s ago"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "tweak", "words"), [row[1:] for row in REFUSALS], ids=[row[0] for row in REFUSALS])
def test_refusals(options: dict[str, str], tweak: Tweak | None, words: str) -> None:
    text = said(REBALANCE, fleet(world(UNEVEN), survey(), tweak), aim(**options))
    assert words in text


def test_a_target_needs_room_for_what_it_takes() -> None:
    def limited(limit: float) -> Tweak:
        return lambda made: metric(P2, "memory_limit", limit)(metric(P2, "memory_used", 1e6)(made))

    takes = 2461 * KEYS * 100
    small = fleet(world(UNEVEN), survey(), limited(1e6 + takes * 1.2))
    assert "wants 1.3 times that" in said(REBALANCE, small, aim())
    assert said(REBALANCE, fleet(world(UNEVEN), survey(), limited(1e6 + takes * 1.4)), aim()) == ""
    unknown = fleet(world(UNEVEN), None, limited(1e6 + takes))
    assert "memory enough is not known" in warned(REBALANCE, unknown, aim())


def test_keys_of_a_slot_to_be_moved_that_lie_elsewhere_refuse_it() -> None:
    def found(slot: int) -> str:
        lying = replace(survey(), strays=(Stray(P3, slot, 3),))
        return said(REBALANCE, fleet(world(UNEVEN), lying), aim())

    (first, _, _), *_ = moved(plan(REBALANCE, fleet(world(UNEVEN), survey()), aim()))
    assert first == P1
    assert f"{P3} holds 3 keys of slots to be moved that it does not own" in found(9_999)
    assert found(10_000) == "", "that one stays where it is"


def test_what_was_not_counted_and_who_may_not_understand_is_a_warning() -> None:
    uncounted = warned(REBALANCE, fleet(world(UNEVEN)), aim())
    assert "what the slots hold was not counted" in uncounted
    part = fleet(world(UNEVEN), replace(survey(), unasked=(P3,)))
    assert f"the slots of {P3} could not be counted" in warned(REBALANCE, part, aim())
    older = fleet(world(UNEVEN), survey(), node(P2, version="8.0.1"))
    assert f"{P2} runs 8.0.1, older than {P1}'s 9.1" in warned(REBALANCE, older, aim())
    behind = fleet(world(UNEVEN), survey(), replication(R2, link="down"))
    assert f"{R2} is not in sync with {P2} yet" in warned(REBALANCE, behind, aim())


def test_a_target_without_a_replica_is_a_warning() -> None:
    alone = world(UNEVEN)
    dead(R2, seconds=0.5)(alone)
    assert f"{P2} has no replica that answers" in warned(REBALANCE, fleet(alone, survey()), aim())


def test_slots_that_could_not_be_counted_refuse_a_plan_by_keys_only() -> None:
    keys = [None if 11_000 <= slot < 11_010 else 5.0 for slot in range(SLOTS)]
    found = replace(survey(keys), unasked=(P3,))
    some = fleet(world(UNEVEN), found)
    assert f"the keys of each slot could not be counted at {P3}" in said(REBALANCE, some, aim(by="keys"))
    assert said(REBALANCE, some, aim()) == ""
    assert "not known yet what each slot holds" in said(REBALANCE, fleet(world(UNEVEN)), aim(by="memory"))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"by": "size"}, "--by is slots, keys or memory, not 'size'"),
        ({"weight": f"{P1}=nan"}, f"the weight of {P1} is a number of 0 or more, not 'nan'"),
        ({"weight": f"{P1}=inf"}, "a number of 0 or more"),
        ({"weight": f"{P1}=1e999"}, "a number of 0 or more"),
        ({"weight": f"{P1}=-1"}, "a number of 0 or more"),
        ({"weight": f"{P1}=two"}, "a number of 0 or more"),
        ({"weight": f"{P1}=\N{ARABIC-INDIC DIGIT TWO}"}, "a number of 0 or more"),
        ({"weight": f"{P1}="}, "a number of 0 or more"),
        ({"weight": P1}, "NODE=WEIGHT"),
        ({"weight": "=2"}, "NODE=WEIGHT"),
        ({"weight": f"{P1}=1 {P1}=2"}, "two weights"),
        ({"max-slots": "0"}, "--max-slots is a whole number from 1 to 16384"),
        ({"max-slots": "1e3"}, "--max-slots"),
        ({"max-slots": "16385"}, "--max-slots"),
        ({"threshold": "-2"}, "--threshold is a number of 0 or more"),
        ({"threshold": "nan"}, "--threshold"),
    ],
)
def test_words_that_make_no_sense_are_said_before_anything_is_looked_at(options: dict[str, str], words: str) -> None:
    with pytest.raises(BadAim, match=re.escape(words)):
        aim_at(REBALANCE, fleet(world()), (), options)
