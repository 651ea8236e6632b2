"""ClusterRoute on real clusters: many slots, a moving one, replicas, a shard that hangs and one that is down."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.model import Access, Login
from redistui.model.routes import Answer
from redistui.replies.slot import slot_of
from redistui.route.cluster.multi_key import PartialWrite
from redistui.route.cluster.route import ClusterRoute
from redistui.route.failures import BadRoute, Refused, Unknown
from redistui.route.retries import FEW, SHARE
from tests.mute import Mute
from tests.waiting import eventually_async

KEYS = [f"many:{number}" for number in range(60)]


@pytest.fixture
def catalog(routed_fleet: DemoFleet) -> RunningGroup:
    return routed_fleet.groups["catalog"]


@asynccontextmanager
async def opened(group: RunningGroup, **words: Any) -> AsyncIterator[ClusterRoute]:
    """Told of two nodes only; the machine may be slow, so that a reply may take long."""
    route = ClusterRoute(group.addresses[:2], **({"seconds": 10.0, "every": 0.2, "map_every": 0.5} | words))
    try:
        await route.open()
        yield route
    finally:
        await route.close()


def owner(route: ClusterRoute, group: RunningGroup, key: str) -> Server:
    shard = route.links.map.shard(slot_of(key.encode()))
    assert shard is not None
    return group.server(shard.primary)


def followers(route: ClusterRoute, key: str) -> tuple[str, ...]:
    shard = route.links.map.shard(slot_of(key.encode()))
    return shard.replicas if shard is not None else ()


def replica(route: ClusterRoute, group: RunningGroup, key: str) -> Server:
    return group.server(followers(route, key)[0])


def all_listed(group: RunningGroup) -> bool:
    """No node leaves a replica out of its map, as it does while it calls it failed."""
    return all(len(row) > 3 for node in group.nodes for row in node.ask("CLUSTER", "SLOTS"))


def links_up(group: RunningGroup) -> bool:
    return all(node.info("replication").get("master_link_status", "up") == "up" for node in group.nodes)


def calls(server: Server, command: str) -> int:
    """How often a server has run it."""
    line = server.info("commandstats").get(f"cmdstat_{command}", "calls=0")
    return int(line.split(",")[0].removeprefix("calls="))


def state_everywhere(group: RunningGroup) -> set[str]:
    """What the nodes call the state of their cluster."""
    return {node.ask("CLUSTER", "INFO").split("\r\n")[0].removeprefix("cluster_state:") for node in group.nodes}


def caught_up(group: RunningGroup) -> bool:
    """Every replica has what its primary had a moment ago."""
    seen = {node.address: node.info("replication") for node in group.nodes}
    ends = {name: int(info["master_repl_offset"]) for name, info in seen.items() if info["role"] == "master"}
    return all(
        int(info["slave_repl_offset"]) >= ends[f"{info['master_host']}:{info['master_port']}"]
        for info in (node.info("replication") for node in group.nodes)
        if info["role"] == "slave"
    )


def requests(route: ClusterRoute) -> int:
    return sum(node.requests for node in route.stats().nodes)


async def test_keys_of_many_slots_are_set_read_and_deleted_in_the_order_of_the_call(catalog: RunningGroup) -> None:
    async with opened(catalog) as route:
        written = await route.mset([(key, f"old {key}") for key in KEYS] + [(KEYS[0], "new")])
        assert written.count == len(KEYS)
        assert {part.node for part in written.slots} == {shard.primary for shard in route.links.map.shards}
        read = await route.mget(*reversed(KEYS), "nobody", KEYS[0])
        assert read.values == (*(f"old {key}".encode() for key in reversed(KEYS[1:])), b"new", None, b"new")
        assert read.whole
        assert (await route.delete(*KEYS[:10], "nobody")).count == 10
        stats = route.stats()
        assert stats.cross_slot == 3
        assert stats.acked == stats.operations == len(written.slots) + len(read.slots) + 11
        route.reset()
        assert route.stats().operations == route.stats().cross_slot == 0
        assert requests(route) == 0


async def test_a_pipeline_over_all_shards_answers_in_its_order_with_errors_in_their_places(
    catalog: RunningGroup,
) -> None:
    async with opened(catalog) as route:
        commands = [("SET", key, key) for key in KEYS] + [("LPUSH", KEYS[7], "no list"), ("MGET", "a", "b")]
        results = await route.pipeline([*commands, *(("GET", key) for key in KEYS)])
        values = [result.value if isinstance(result, Answer) else result.kind for result in results]
        assert values == [b"OK"] * len(KEYS) + ["WRONGTYPE", "CROSSSLOT"] + [key.encode() for key in KEYS]


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (("EVAL", "return redis.call('GET', KEYS[1])", "1", "many:scripted"), b"1"),
        (("OBJECT", "ENCODING", "many:scripted"), b"int"),
        (("EXISTS", "many:scripted", "many:scripted"), 2),
        (("PING",), b"PONG"),
    ],
)
async def test_the_server_tells_where_a_commands_keys_are(
    catalog: RunningGroup, words: tuple[str, ...], value: object
) -> None:
    async with opened(catalog) as route:
        await route.write("SET", "many:scripted", "1")
        assert (await route.execute(*words)).value == value
        done = route.stats().operations
        with pytest.raises(BadRoute, match="FLUSHALL names no key"):
            await route.execute("FLUSHALL")
        with pytest.raises(BadRoute, match="SCAN's cursor belongs to the node that gave it"):
            await route.execute("SCAN", 0)
        assert route.stats().operations == done


async def test_reads_go_to_replicas_and_to_the_primary_while_there_is_none(catalog: RunningGroup) -> None:
    async with opened(catalog, strategy="round-robin") as route:
        await route.write("SET", "a", "1")
        taken = replica(route, catalog, "a")
        await eventually_async(lambda: taken.info("replication")["master_link_status"] == "up")
        assert (await route.read("EXISTS", "a")).node == taken.address
        assert (await route.execute("SET", "a", "2")).node == owner(route, catalog, "a").address
        assert route.weak_shards == ()
        taken.kill()
        answer = await route.read("GET", "a")
        assert answer.value == b"2"
        assert answer.node == owner(route, catalog, "a").address
        assert answer.fallback
        await eventually_async(lambda: route.weak_shards == (owner(route, catalog, "a").address,))
        await eventually_async(lambda: taken.address in route.links.missing, 30)
        lost = next(node for node in route.stats().nodes if node.address == taken.address)
        assert (lost.role, lost.healthy, lost.why_not) == ("replica", False, "cannot connect: connection refused")
        assert route.stats().summary.startswith("cluster: 5 of 6 nodes well")
        taken.restart(30.0)
        await eventually_async(lambda: route.weak_shards == (), 30)
        assert route.links.missing == {}
        assert (await route.read("GET", "a")).node == taken.address
        assert route.stats().fallbacks == 1


async def test_a_slot_on_the_move_is_followed_through_ask_tryagain_and_moved(catalog: RunningGroup) -> None:
    one, two = "{a}1", "{a}2"
    async with opened(catalog, patience=30.0) as route:
        await route.delete("a", "b")
        await route.mset([(one, "1"), (two, "2")])
        source = owner(route, catalog, "a")
        target = owner(route, catalog, "b")
        assert source is not target
        slot, host, port = slot_of(b"a"), *target.address.split(":")
        ids = {server: server.ask("CLUSTER", "MYID") for server in (source, target)}
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[source])
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[target])
        source.ask("MIGRATE", host, port, one, 0, 5000)

        asked = await route.execute("GET", one)
        assert (asked.value, asked.node, asked.redirections) == (b"1", target.address, 1)
        before = requests(route)
        both = asyncio.create_task(route.mget(one, two, "b"))
        await eventually_async(lambda: requests(route) > before + 6)  # it was sent again and again
        assert not both.done()
        source.ask("MIGRATE", host, port, two, 0, 5000)
        assert (await both).values == (b"1", b"2", None)
        sent = await route.pipeline([("SET", "{a}3", "3"), ("APPEND", "{a}3", "4"), ("GET", "{a}3"), ("GET", "b")])
        assert [result.value for result in sent if isinstance(result, Answer)] == [b"OK", 2, b"34", None]

        for server in (target, source):
            server.ask("CLUSTER", "SETSLOT", slot, "NODE", ids[target])
        moved = await route.execute("GET", two)
        assert (moved.value, moved.node, moved.redirections) == (b"2", target.address, 1)
        settled = await route.execute("GET", two)
        assert (settled.node, settled.redirections) == (target.address, 0)
        await eventually_async(lambda: route.links.map.shard(slot) == route.links.map.shard(slot_of(b"b")))
        assert route.stats().redirections > 4
        assert route.stats().errors == {}


CANARY = (
    "on >sesame resetchannels -@all ~redistui:canary:* +ping +hello +auth +set +get +mget +del +wait +role "
    "+client|setname +readonly +asking +cluster|slots +cluster|shards"
)


async def test_a_user_who_may_hardly_ask_anything_reads_and_writes_and_is_refused_elsewhere(
    catalog: RunningGroup,
) -> None:
    for node in catalog.nodes:
        node.ask("ACL", "SETUSER", "canary", *CANARY.split(" "))
    try:
        async with opened(catalog, access=Access(Login("canary", "sesame")), strategy="random") as route:
            tags = [f"redistui:canary:{{{tag}}}" for tag in ("a", "b", "c", "d")]
            for tag in tags:
                assert (await route.execute("SET", tag, tag)).value == b"OK"
                assert (await route.execute("GET", tag)).value == tag.encode()
            await eventually_async(lambda: caught_up(catalog))
            for tag in tags:
                assert (await route.read("GET", tag)).value == tag.encode()
            assert (await route.mget(*tags)).values == tuple(tag.encode() for tag in tags)
            with pytest.raises(Refused) as raised:
                await route.execute("SET", "a", "1")
            assert raised.value.kind == "NOPERM"
            await eventually_async(lambda: all(node.healthy for node in route.stats().nodes), 30)
    finally:
        for node in catalog.nodes:
            node.ask("ACL", "DELUSER", "canary")


async def test_writes_to_a_shard_that_hangs_are_unknown_slot_by_slot_and_run_once(catalog: RunningGroup) -> None:
    async with opened(catalog, seconds=0.5) as route:
        hung = owner(route, catalog, KEYS[0])
        before = calls(hung, "mset")
        await route.mset([(key, "0") for key in KEYS])
        parts = calls(hung, "mset") - before
        assert parts > 1
        hung.hang()
        try:
            with pytest.raises(PartialWrite) as raised:
                await route.mset([(key, "1") for key in KEYS])
        finally:
            hung.resume()
        partial = raised.value
        assert isinstance(partial, Unknown)
        assert len(partial.unknown) == parts
        assert partial.refused == ()
        assert {part.node for part in partial.slots if part.outcome == "unknown"} == {hung.address}
        await eventually_async(lambda: calls(hung, "mset") >= before + 2 * parts)
        assert calls(hung, "mset") == before + 2 * parts


async def test_a_write_whose_reply_is_lost_runs_once_alone_and_in_a_pipeline(catalog: RunningGroup) -> None:
    async with opened(catalog) as route:
        behind = owner(route, catalog, "a")
        elsewhere = next(key for key in KEYS if owner(route, catalog, key) is not behind)
    link = Mute(behind.address, b"APPEND")
    access = Access(reachable={behind.address: link.address})
    before = calls(behind, "append")
    try:
        async with opened(catalog, access=access, seconds=0.5) as route:
            with pytest.raises(Unknown):
                await route.execute("APPEND", "{a}once", "x")
            first, second, third = await route.pipeline(
                [("APPEND", "{a}once", "y"), ("GET", elsewhere), ("GET", "{a}once")]
            )
            assert [type(result) for result in (first, second, third)] == [Unknown, Answer, Unknown]
            stats = route.stats()
            assert (stats.acked, stats.unknown, stats.retries) == (1, 3, 0)
    finally:
        link.close()
    await eventually_async(lambda: calls(behind, "append") >= before + 2)
    assert calls(behind, "append") == before + 2
    assert behind.ask("GETDEL", "{a}once") == "xy"


async def test_of_a_call_over_all_slots_only_the_part_of_a_shard_that_is_down_is_refused(
    catalog: RunningGroup,
) -> None:
    async with opened(catalog, patience=0.3) as route:
        await route.mset([(key, "0") for key in KEYS])
        down = [owner(route, catalog, KEYS[0]), replica(route, catalog, KEYS[0])]
        gone = {slot_of(key.encode()) for key in KEYS if owner(route, catalog, key) is down[0]}
        for server in down:
            server.kill()
        with pytest.raises(PartialWrite) as raised:
            await route.mset([(key, "1") for key in KEYS])
        assert route.stats().retries <= max(FEW, len(KEYS) * SHARE), "the others need theirs"
        assert set(raised.value.refused) == gone
        assert raised.value.unknown == ()
        assert not isinstance(raised.value, Refused)  # the others have it
        assert {slot_of(key.encode()) for key in raised.value.refused_keys} == gone

        read = await route.mget(*KEYS)
        for key, value in zip(KEYS, read.values, strict=True):
            assert isinstance(value, Refused) if slot_of(key.encode()) in gone else value == b"1"
        assert {part.slot for part in read.slots if part.outcome != "acked"} == gone

        for server in down:
            server.restart(30.0)
        await eventually_async(lambda: state_everywhere(catalog) == {"ok"} and links_up(catalog), 60)
        again = await route.mset([(key, "2") for key in raised.value.refused_keys])
        assert {part.slot for part in again.slots} == gone


async def test_a_failover_is_noticed_without_a_call_that_runs_into_it(catalog: RunningGroup) -> None:
    await eventually_async(lambda: links_up(catalog) and all_listed(catalog), 30)
    async with opened(catalog, map_every=1000.0, strategy="round-robin") as route:
        new = replica(route, catalog, "a")
        new.ask("CLUSTER", "FAILOVER")
        await eventually_async(lambda: owner(route, catalog, "a") is new, 30)
        answer = await route.write("SET", "a", "1")
        assert (answer.node, answer.redirections) == (new.address, 0)


@pytest.mark.versions("valkey-9.1")  # who is asked does not depend on what answers
async def test_replicas_of_a_shard_share_its_reads_by_weights_that_change_while_it_runs(
    cluster_group: Callable[..., RunningGroup],
) -> None:
    group = cluster_group("lone", shards=1, replicas=2)
    first, second = (node.address for node in group.replicas)
    async with opened(group, strategy="weighted", weights={first: 3, second: 1}) as route:
        await eventually_async(lambda: all(node.healthy for node in route.stats().nodes), 30)
        route.reset()
        await read_often(route, 1000)
        assert shares(route) == {
            first: (pytest.approx(0.75, abs=0.02), 0.75),
            second: (pytest.approx(0.25, abs=0.02), 0.25),
        }
        route.use("weighted", {first: 0, second: 1})
        route.reset()
        await read_often(route, 100)
        assert {node: share for node, (share, _) in shares(route).items()} == {first: 0.0, second: 1.0}
        with pytest.raises(BadRoute, match="nobody:1 has a weight but is no node of this route"):
            route.use("random", {"nobody:1": 1})
        assert route.stats().strategy == "weighted"
        route.use("primary")
        assert (await route.read("GET", "a")).node == group.primary.address
        assert shares(route) == {}


async def read_often(route: ClusterRoute, times: int) -> None:
    for _ in range(times // 10):
        await asyncio.gather(*(route.read("GET", "a") for _ in range(10)))


def shares(route: ClusterRoute) -> dict[str, tuple[float, float | None]]:
    """Node -> the share it had of the reads, and the one it was to have."""
    return {node.address: (node.share, node.wanted_share) for node in route.stats().nodes if node.share is not None}
