"""A balancer over real nodes: shares, slow ones, dead ones, and writes that are sent once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.model import Access
from redistui.route.balancer import BalancerRoute
from redistui.route.endpoint import Endpoint
from redistui.route.failures import BadRoute, Refused, Unknown
from redistui.route.split import SplitRoute
from tests.mute import Mute
from tests.route.opened import answered, opened
from tests.route.test_endpoint import calls
from tests.slow_link import slow_link
from tests.waiting import eventually_async

SLOW = 0.05
READS = 600
MANY = 10_000
CALM: Any = {"seconds": 20.0, "every": 60.0}
"""For exact figures: on a busy machine a late reply or check must leave no node out."""


@pytest.fixture
def group(replication_group: Callable[..., RunningGroup]) -> RunningGroup:
    return replication_group(replicas=2)


@pytest.mark.versions("redis-7.0")
async def test_calls_are_spread_over_nodes(group: RunningGroup) -> None:
    await shares_follow_the_weights(group)
    await a_slow_node_gets_few_calls(group, "least-connections")
    await a_slow_node_gets_few_calls(group, "least-response-time")
    await a_read_that_is_not_answered_goes_to_another_node(group)
    await a_read_that_is_wrong_is_wrong_everywhere(group)


@pytest.mark.versions("valkey-9.1", "redis-6.2")
async def test_a_write_of_unknown_outcome_is_sent_once(group: RunningGroup) -> None:
    await it_is_sent_once(group, BalancerRoute)
    await it_is_sent_once(group, SplitRoute)


async def shares_follow_the_weights(group: RunningGroup) -> None:
    one, two, three = group.addresses
    weights = {one: 5, two: 3, three: 2}
    async with opened(BalancerRoute(group.addresses, strategy="weighted", weights=weights, **CALM)) as route:
        before = [calls(node, "get") for node in group.nodes]
        nodes = await answered(route, MANY, callers=20)
        assert nodes == {one: MANY / 2, two: MANY * 0.3, three: MANY / 5}
        assert [calls(node, "get") - was for node, was in zip(group.nodes, before, strict=True)] == [5000, 3000, 2000]
        stats = route.stats()
        assert (stats.acked, stats.operations, stats.reads, stats.writes) == (MANY, MANY, MANY, 0)
        assert stats.per_second is not None
        assert stats.summary.startswith(
            "balancer: 3 of 3 nodes well, 10,000 operations, 100.0 % acknowledged, slowest "
        )
        assert [row.share for row in stats.nodes] == [row.wanted_share for row in stats.nodes]
        assert [row.success_rate for row in stats.nodes] == [1.0, 1.0, 1.0]
        route.use("weighted", {one: 0, three: 0})
        route.reset()
        assert set(await answered(route, 20)) == {two}
        assert [row.wanted_share for row in route.stats().nodes] == [None, 1.0, None]
        with pytest.raises(BadRoute, match="all weights are 0"):
            route.use("weighted", dict.fromkeys(group.addresses, 0))


async def a_slow_node_gets_few_calls(group: RunningGroup, strategy: str) -> None:
    slow, *others = group.addresses
    async with slow_link(slow, SLOW) as dial:
        access = Access(reachable={slow: dial})
        async with opened(BalancerRoute(group.addresses, access, strategy="round-robin", **CALM)) as route:
            even = await answered(route, 300, callers=20)
            assert even[slow] == 100
            route.use(strategy)
            nodes = await answered(route, READS, callers=20)
            assert max(nodes[slow] * 2, 1) < min(nodes[other] for other in others), nodes
            assert route.stats().acked == 300 + READS


async def a_read_that_is_not_answered_goes_to_another_node(group: RunningGroup) -> None:
    silent = group.addresses[0]
    mute = Mute(silent, b"GET")
    try:
        access = Access(reachable={silent: mute.address})
        async with opened(BalancerRoute(group.addresses, access, seconds=1.5, every=60.0)) as route:
            answers = [await route.read("GET", "a") for _ in range(2)]
            told = next(answer for answer in answers if answer.tried)
            assert told.tried == (silent,) != (told.node,)
            assert told.fallback == f"{silent} timeout"
            assert told.ms > 1000
            stats = route.stats()
            assert (stats.retries, stats.fallbacks, stats.errors) == (1, 1, {"timeout": 1})
    finally:
        mute.close()


async def a_read_that_is_wrong_is_wrong_everywhere(group: RunningGroup) -> None:
    async with opened(BalancerRoute(group.addresses)) as route:
        with pytest.raises(Refused) as raised:
            await route.read("GET", "a", "b", "c")
        assert raised.value.kind == "ERR"
        assert route.stats().retries == 0
        assert all(row.healthy for row in route.stats().nodes)


async def it_is_sent_once(group: RunningGroup, kind: Callable[..., Any]) -> None:
    primary = group.nodes[0]
    key = kind.__name__
    mute = Mute(primary.address, b"INCR")
    try:
        nodes = group.addresses if kind is SplitRoute else group.addresses[:1]
        access = Access(reachable={primary.address: mute.address})
        async with opened(kind(nodes, access, seconds=1.0)) as route:
            before = calls(primary, "incr")
            with pytest.raises(Unknown) as raised:
                await route.execute("INCR", key)
            assert raised.value.node == primary.address
            assert (await route.execute("SET", "after", "1")).value == b"OK"
            assert calls(primary, "incr") - before == 1
            assert primary.ask("GET", key) == "1"
            stats = route.stats()
            assert (stats.unknown, stats.acked, stats.retries) == (1, 1, 0)
    finally:
        mute.close()


@pytest.mark.versions("valkey-9.1")
async def test_a_node_that_dies_is_left_out_and_comes_back(group: RunningGroup) -> None:
    lost: Server = group.nodes[2]
    async with opened(BalancerRoute(group.addresses, every=0.1)) as route:
        await asyncio.to_thread(lost.kill)
        nodes = await answered(route, 60, callers=3)
        assert lost.address not in nodes
        assert route.stats().acked == 60
        await eventually_async(lambda: route.stats().nodes[2].why_not == "cannot connect: connection refused")
        assert not route.stats().nodes[2].healthy
        await asyncio.to_thread(lost.restart)
        await eventually_async(lambda: route.stats().nodes[2].healthy)
        assert (await answered(route, 30))[lost.address] == 10
        for node in group.nodes:
            await asyncio.to_thread(node.kill)
        await eventually_async(lambda: not any(row.healthy for row in route.stats().nodes))
        with pytest.raises(Refused, match="no node can be asked") as raised:
            await route.execute("GET", "a")
        assert raised.value.kind == "UNHEALTHY"
        assert route.stats().errors["UNHEALTHY"] == route.stats().refused == 1


@pytest.mark.versions("redis-6.2")
async def test_a_hung_node_is_left_out_after_one_call(group: RunningGroup) -> None:
    hung: Server = group.nodes[1]
    async with opened(BalancerRoute(group.addresses, seconds=1.0, every=0.2, strategy="least-connections")) as route:
        assert (await answered(route, 30))[hung.address] == 10
        hung.hang()
        try:
            nodes = await answered(route, 120, callers=6)
            assert nodes.total() == 120
            assert nodes[hung.address] == 0
            failed = sum(route.stats().errors.values())
            assert 1 <= failed <= 6  # those that were on their way at once
            assert route.stats().fallbacks == failed
        finally:
            hung.resume()
        await eventually_async(lambda: all(row.healthy for row in route.stats().nodes))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: BalancerRoute([]), "needs at least one node"),
        (lambda: BalancerRoute(["a:1", "a:1"]), "a node is named twice"),
        (lambda: BalancerRoute(["a:1"], strategy="best"), "there is no strategy 'best'"),
        (lambda: BalancerRoute(["a:1"], weights={"b:1": 1}), "b:1 has a weight but is no node of this route"),
        (lambda: SplitRoute([]), "needs at least a primary"),
    ],
)
def test_what_is_no_balancer(make: Callable[[], object], sentence: str) -> None:
    with pytest.raises(BadRoute, match=sentence):
        make()


async def test_a_balancer_of_nobody_says_whom_it_asked() -> None:
    with pytest.raises(Refused, match=r"127.0.0.1:1: cannot connect: connection refused"):
        async with opened(BalancerRoute(["127.0.0.1:1"])):
            pass
    assert Endpoint("127.0.0.1:1").connections == 0
