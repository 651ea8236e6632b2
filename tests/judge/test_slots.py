"""The cluster's map, drawn from every node's own view: who owns what, who sees another map, what is open or dark."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.judge.slots import chart, ranges_by_owner, uncovered
from redistui.model import SLOTS, Cluster, Node
from tests.judge.short import NOW, at, id_of, node, said, view_of

ALL = "a 0-8191 e1, b 8192-16383 e2, r<a e1, s<b e2"


def four(**changed: Node | str) -> list[Node]:
    """Primaries a and b, replicas r and s; a word in place of a node is what it sees."""
    made = {"a": None, "b": None, "r": "a", "s": "b"} | {name: None for name in changed if name not in "abrs"}
    nodes = []
    for name, above in made.items():
        view = changed.get(name, ALL)
        keys = {"a": 10.0, "b": 20.0}.get(name, 0.0)
        nodes.append(view if isinstance(view, Node) else node(name, above, view=view, keys=keys))
    return nodes


def drawn(*nodes: Node) -> Cluster:
    cluster = chart(nodes)
    assert cluster is not None
    return cluster


def owner(cluster: Cluster, slot: int) -> str | None:
    index = cluster.owners[slot]
    return None if index < 0 else cluster.shards[index].primary[:-2]


def test_two_shards_that_all_agree_on() -> None:
    cluster = drawn(*four())
    assert [(shard.primary, shard.replicas, shard.slots, shard.slot_count) for shard in cluster.shards] == [
        (at("a"), (at("r"),), ((0, 8191),), 8192),
        (at("b"), (at("s"),), ((8192, 16383),), 8192),
    ]
    assert [(shard.keys, shard.epoch) for shard in cluster.shards] == [(10, 1), (20, 2)]
    assert (cluster.agree, cluster.dissenters, cluster.state, cluster.slots_assigned) == (True, (), "ok", SLOTS)
    assert (uncovered(cluster), cluster.failing, cluster.open_slots) == ((), frozenset(), ())
    assert said(*four()) == []


def test_of_two_claims_the_higher_epoch_wins_and_the_other_is_a_dissenter() -> None:
    """An old primary behind a partition still says the slots are its own; its replica was promoted."""
    new = "a e1 fail, b 8192-16383 e2, r 0-8191 e7, s<b e2"
    old = "a 0-8191 e1, b 8192-16383 e2 fail?, r<a e1"
    cluster = drawn(*four(b=new, s=new, r=node("r", view=new), a=old))
    assert owner(cluster, 0) == "r"
    assert cluster.dissenters == (at("a"),)
    assert not cluster.agree
    former = next(shard for shard in cluster.shards if shard.primary == at("a"))
    assert (former.slots, former.slot_count) == ((), 0)


def test_a_silent_owner_keeps_its_slots_as_the_others_tell_them() -> None:
    suspicious = "a 0-8191 e1 fail?, b 8192-16383 e2, r<a e1, s<b e2"
    nodes = four(b=suspicious, r=suspicious, s=suspicious, a=node("a", fault="hung", view=ALL))
    cluster = drawn(*nodes)
    assert owner(cluster, 0) == "a"
    assert cluster.failing == frozenset(range(8192))
    assert said(*nodes)[:2] == ["node-down a", "slots-failing"]


def test_one_node_that_is_cut_off_and_holds_all_others_to_fail_is_not_believed() -> None:
    """The majority's word (`fail`) is taken from anybody, an opinion (`fail?`) where half of the others share it."""
    alone = "a 0-8191 e1, b 8192-16383 e2 fail?, r<a e1 fail?, s<b e2 fail?"
    doubted = "a 0-8191 e1 fail?, b 8192-16383 e2, r<a e1, s<b e2"
    declared = "a 0-8191 e1 fail, b 8192-16383 e2, r<a e1, s<b e2"
    assert drawn(*four(a=alone)).failing == frozenset()
    assert drawn(*four(a=alone, b=doubted)).failing == frozenset()
    assert drawn(*four(a=alone, b=doubted, s=doubted)).failing == frozenset(range(8192))
    assert drawn(*four(a=alone, b=declared)).failing == frozenset(range(8192))


def test_the_slots_of_a_node_that_only_we_cannot_reach_count_as_failing() -> None:
    assert drawn(*four(a=node("a", fault="refused"))).failing == frozenset(range(8192))


def test_what_nobody_owns_is_uncovered() -> None:
    view = "a 0-99 e1, b 200-16383 e2"
    cluster = drawn(node("a", view=view), node("b", view=view))
    assert uncovered(cluster) == ((100, 199),)
    assert owner(cluster, 150) is None
    assert cluster.slots_assigned == SLOTS - 100
    assert "slots-uncovered" in said(node("a", view=view), node("b", view=view))


def test_a_slot_that_was_given_away_a_moment_ago_is_not_bare_and_later_it_is() -> None:
    """Its old owner was read after the move, everybody else before it."""
    gone = replace(view_of("a", "a 0-8190 e1, b 8192-16383 e2, r<a e1, s<b e2"), map_since=NOW)
    moving = [replace(one, cluster=gone) if one.address == at("a") else one for one in four()]
    assert uncovered(drawn(*moving)) == ()
    assert owner(drawn(*moving), 8191) == "a"
    later = [
        replace(one, cluster=replace(gone, map_since=NOW - 1)) if one.address == at("a") else one for one in four()
    ]
    assert uncovered(drawn(*later)) == ((8191, 8191),)


def test_nodes_without_any_slot_leave_all_uncovered() -> None:
    cluster = drawn(node("a", view="a"))
    assert uncovered(cluster) == ((0, SLOTS - 1),)
    assert cluster.shards[0].slot_count == 0


def test_open_slots_are_told_by_their_own_nodes_both_ends() -> None:
    nodes = four(a=node("a", view=f"{ALL}, [5>b]"), b=node("b", view=f"{ALL}, [5<a]"))
    assert [(one.slot, one.kind, one.node, one.peer) for one in drawn(*nodes).open_slots] == [
        (5, "importing", id_of("b"), id_of("a")),
        (5, "migrating", id_of("a"), id_of("b")),
    ]
    assert said(*nodes) == ["(open-slot)"]  # one slot, one finding


def test_a_replica_that_repeats_its_primarys_open_slot_adds_none() -> None:
    """Valkey 9 replicates them."""
    nodes = four(a=node("a", view=f"{ALL}, [5>b]"), r=node("r", "a", view=f"{ALL}, [5>b]"))
    assert len(drawn(*nodes).open_slots) == 1


def test_who_sees_another_map_is_named() -> None:
    nodes = four(s=node("s", "b", view="a 0-8190 e1, b 8191-16383 e2, r<a e1, s<b e2"))
    assert drawn(*nodes).dissenters == (at("s"),)
    assert said(*nodes) == ["(views-differ s)"]


def test_members_that_are_met_only_now_are_not_in_the_map_yet() -> None:
    cluster = drawn(*four(a=node("a", view=f"{ALL}, n e0 handshake, m 5 e9 noaddr")))
    assert len(cluster.shards) == 2
    assert owner(cluster, 5) == "a"


def test_a_replica_without_a_known_primary_is_no_shard() -> None:
    lost = drawn(node("a", view="a 0-16383 e1, n<nobody e0, m e0"))
    assert [shard.primary for shard in lost.shards] == [at("a"), at("m")]


def test_most_nodes_saying_fail_is_bad_even_if_no_slot_is_dark() -> None:
    assert said(*four(a=f"{ALL}, ~fail", b=f"{ALL}, ~fail", r=f"{ALL}, ~fail")) == ["cluster-state"]


def test_the_state_is_what_most_nodes_say_and_a_newcomer_does_not_count() -> None:
    joined = node("n", view="n e0, ~fail")
    assert drawn(*four(), joined).state == "ok"
    assert drawn(*four(a=f"{ALL}, ~fail", b=f"{ALL}, ~fail", s=f"{ALL}, ~fail")).state == "fail"
    assert drawn(node("a", view=f"{ALL}, ~none")).state is None


def test_without_any_view_there_is_no_map() -> None:
    assert chart([]) is None
    assert chart([node("a"), node("b", "a")]) is None
    assert chart([node("a", view="")]) is None
    assert chart([node("a", view=ALL, fault="refused")]) is None


def test_the_epoch_and_counts_are_those_of_the_newest_view() -> None:
    assert drawn(*four(s=node("s", "b", view=f"{ALL}, ~40"))).epoch == 40


@pytest.mark.parametrize(
    ("view", "findings"),
    [
        ("a 0-8191 e1, b 8192-16383 e2, r<a e1", ["(shard-without-replica b)"]),
        ("a 0-8191 e1, b 8192-16383 e1, r<a e1, s<b e1", ["(epoch-conflict)"]),
        ("a 0-16383 e1, b e2, r<a e1", []),
    ],
)
def test_shards_without_a_live_replica_and_shared_epochs_are_told(view: str, findings: list[str]) -> None:
    nodes = [node("a", view=view), node("b", view=view), node("r", "a", view=view)]
    nodes += [node("s", "b", view=view)] if "s<" in view else []
    assert said(*nodes) == findings


def test_a_shard_whose_only_replica_is_down_is_told_and_one_not_asked_yet_is_not() -> None:
    down = four(r=node("r", "a", view=ALL, fault="refused"))
    assert "(shard-without-replica a)" in said(*down)
    assert said(*four(r=node("r", "a", read=None))) == []


@given(some.lists(some.sampled_from(["", "a", "b", "c"]), max_size=60))
def test_ranges_say_what_the_list_of_owners_said(owners: list[str]) -> None:
    again = [""] * len(owners)
    for name, ranges in ranges_by_owner(owners).items():
        for first, last in ranges:
            assert first <= last
            again[first : last + 1] = [name] * (last - first + 1)
    assert again == owners
    assert all(
        after[0] > before[1] + 1 for found in ranges_by_owner(owners).values() for before, after in pairwise(found)
    )
