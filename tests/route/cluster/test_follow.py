"""One command on its way through a cluster that moves, refuses and falls silent."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.route.cluster.follow import HOPS
from redistui.route.failures import Refused, Unknown
from tests.route.cluster.imagined import TIMEOUT, A, B, C, World

SET = ("SET", "k", "v")


async def test_moved_is_followed_and_remembered() -> None:
    world = World()
    world.nodes[A].says = [f"MOVED 7 {B}"]
    answer = await world.trip(*SET).run()
    assert (answer.value, answer.node, answer.redirections, answer.tried) == (b"OK", B, 1, (A,))
    assert world.owner == B
    assert world.errors == []


async def test_ask_is_followed_with_asking_before_it_and_not_remembered() -> None:
    world = World()
    world.nodes[A].says = [f"ASK 7 {B}"]
    answer = await world.trip(*SET).run()
    assert (answer.node, answer.redirections) == (B, 1)
    assert world.nodes[B].sent == [("ASKING",), SET]
    assert world.owner == A


async def test_after_tryagain_it_begins_again_where_the_slot_is() -> None:
    world = World()
    world.nodes[A].says = [f"ASK 7 {B}", f"ASK 7 {B}", b"from the source"]
    world.nodes[B].says = ["TRYAGAIN Multiple keys request during rehashing of slot"]
    answer = await world.trip("MGET", "{a}1", "{a}2").run()
    assert (answer.value, answer.node, answer.redirections) == (b"from the source", A, 4)


async def test_nodes_that_send_it_in_a_circle_are_left_after_five_hops() -> None:
    world = World()
    world.nodes[A].says = [f"MOVED 7 {B}"]
    world.nodes[B].says = [f"MOVED 7 {A}"]
    with pytest.raises(Refused, match=rf"sent from node to node {HOPS} times"):
        await world.trip(*SET).run()
    assert len(world.nodes[A].sent) + len(world.nodes[B].sent) == HOPS + 1
    assert world.redirections == HOPS
    assert [error.kind for error in world.errors] == ["MOVED"]


async def test_a_slot_that_does_not_stop_moving_is_given_up_when_the_time_is_up() -> None:
    world = World()
    world.nodes[A].says = ["TRYAGAIN Multiple keys request during rehashing of slot"]
    with pytest.raises(Refused, match="TRYAGAIN"):
        await world.trip("MGET", "{a}1", "{a}2", patience=0.0).run()
    assert [error.kind for error in world.errors] == ["TRYAGAIN"]


@pytest.mark.parametrize(
    "refusal",
    [
        "CLUSTERDOWN The cluster is down",
        "LOADING Redis is loading the dataset in memory",
        "READONLY You can't write against a read only replica.",
        "NOREPLICAS Not enough good replicas to write.",
        "BUSY Redis is busy running a script.",
        "MASTERDOWN Link with MASTER is down",
        "connect refused",
    ],
)
async def test_a_write_that_was_refused_for_the_moment_is_sent_again_by_a_fresh_map(refusal: str) -> None:
    world = World()
    world.nodes[A].says = [refusal]
    world.on_learn = lambda: world.moved(7, C)
    answer = await world.trip(*SET).run()
    assert (answer.node, answer.tried) == (C, (A,))
    assert world.learnt == 1
    assert [error.kind for error in world.errors] == [refusal.split(" ")[0]]


@pytest.mark.parametrize(
    "refusal",
    ["OOM command not allowed", "MISCONF stop-writes", "NOPERM no", "NOAUTH no", "WRONGTYPE no", "CROSSSLOT no"],
)
@pytest.mark.parametrize("reading", [False, True])
async def test_what_is_the_same_everywhere_is_sent_once(refusal: str, reading: bool) -> None:
    world = World(replicas=(B, C))
    for node in world.nodes.values():
        node.says = [refusal]
    with pytest.raises(Refused) as raised:
        await world.trip("GET" if reading else "SET", "k", reading=reading).run()
    assert raised.value.kind == refusal.split(" ")[0]
    assert sum(len(node.sent) for node in world.nodes.values()) == 1


async def test_a_write_that_was_not_answered_is_never_sent_again() -> None:
    world = World()
    world.nodes[A].says = [TIMEOUT]
    with pytest.raises(Unknown):
        await world.trip(*SET).run()
    assert world.nodes[A].sent == [SET]
    assert world.nodes[B].sent == world.nodes[C].sent == []


async def test_a_write_that_fell_silent_where_it_was_sent_on_to_is_not_sent_again_either() -> None:
    world = World()
    world.nodes[A].says = [f"ASK 7 {B}"]
    world.nodes[B].says = [TIMEOUT]
    with pytest.raises(Unknown) as raised:
        await world.trip(*SET).run()
    assert raised.value.node == B
    assert world.nodes[B].sent.count(SET) == 1


@pytest.mark.parametrize("said", [TIMEOUT, "LOADING Redis is loading", "connect refused"])
async def test_a_read_that_a_replica_did_not_answer_goes_to_the_next_one(said: Any) -> None:
    world = World(replicas=(B, C))
    world.nodes[B].says = [said]
    answer = await world.trip("GET", "k", reading=True).run()
    assert (answer.node, answer.tried, answer.fallback) == (C, (B,), "not the first")


async def test_a_read_goes_to_the_primary_when_no_replica_can() -> None:
    world = World(replicas=(B, C))
    for name in (B, C):
        world.nodes[name].says = ["MASTERDOWN Link with MASTER is down"]
    answer = await world.trip("GET", "k", reading=True).run()
    assert (answer.node, answer.tried) == (A, (B, C))


async def test_a_read_that_two_nodes_did_not_answer_is_given_up() -> None:
    world = World(replicas=(B, C))
    for name in (B, C):
        world.nodes[name].says = [TIMEOUT]
    with pytest.raises(Unknown):
        await world.trip("GET", "k", reading=True).run()
    assert len(world.errors) == 2


async def test_nothing_is_tried_again_once_the_time_is_up() -> None:
    world = World()
    world.nodes[A].says = ["CLUSTERDOWN The cluster is down"]
    with pytest.raises(Refused, match="CLUSTERDOWN"):
        await world.trip(*SET, patience=0.0).run()
    assert world.nodes[A].sent == [SET]


async def test_nothing_is_tried_again_once_the_budget_is_spent() -> None:
    world = World(retries=2)
    world.nodes[A].says = ["CLUSTERDOWN The cluster is down"]
    with pytest.raises(Refused, match="CLUSTERDOWN"):
        await world.trip(*SET).run()
    assert len(world.nodes[A].sent) == 3
