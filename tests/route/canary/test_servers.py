"""Canaries and their markers on real servers, each group started once for all that is seen on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.engine.engine import Engine
from redistui.model import Access, Address, Group, Login
from redistui.model.canaries import CanaryPlan, RouteKind
from redistui.ops.rights import BY_NAME, PASSWORD, Product, Version, acl_line
from redistui.route.canary.canary import Canary
from redistui.route.canary.routes import build
from tests.engine.watching import target, watching
from tests.spy import Spy
from tests.waiting import eventually

Start = Callable[..., RunningGroup]
OURS = "for-this-test"
READING = {"get", "ping", "role", "info", "command", "client setname", "auth", "hello"}
"""What one that only reads may say: nothing that changes a server."""


@contextmanager
def on(
    engine: Engine, kind: RouteKind, user: str | None = None, others: tuple[str, ...] = (), **plan: object
) -> Iterator[Canary]:
    """A canary on the first group that an engine sees; it follows what the engine sees."""

    def access(address: Address) -> Access:
        seen = engine.access_of(address)
        return seen if user is None else replace(seen, data=Login(user, OURS))

    def groups() -> Mapping[str, Group]:
        return {group.name: group for group in engine.fleet.groups}

    names = tuple(groups())
    rest = names[1:] if kind == "sites" else others
    wanted = CanaryPlan(names[0], kind, others=rest, **{"rate": 100.0, "writes": 0.5, **plan})  # type: ignore[arg-type]
    canary = Canary(wanted, groups(), lambda plan, known: build(plan, known, access), access)
    engine.subscribe(lambda _: canary.look(groups()))
    canary.start()
    try:
        yield canary
    finally:
        canary.stop()
        canary.join()


def settled(engine: Engine, count: int) -> None:
    def whole() -> bool:
        groups = engine.fleet.groups
        return sum(len(group.nodes) for group in groups) == count and all(
            node.role is not None for group in groups for node in group.nodes
        )

    eventually(whole, 30)


def said_by_canaries(spies: list[Spy]) -> set[str]:
    """Everything that their connections said, while they are open."""
    said: set[str] = set()
    for spy in spies:
        spy.stop()
        ours = {sender for sender, name in spy.names.items() if name in ("redistui-canary", "redistui-route")}
        said |= {words for sender, words in spy.lines if sender in ours}
    return said


def goes(canary: Canary, lags: int) -> bool:
    """It reads and writes, and markers come out at so many replicas."""
    state = canary.state
    return state.reads.count > 20 and state.writes.count > 20 and len(state.lags) == lags


@contextmanager
def under_sentinel(group: RunningGroup) -> Iterator[Canary]:
    """A canary that reads, writes and hears markers at both replicas."""
    seeds = target(*(one.address for one in group.sentinels), wanted="sentinel", only=group.name)
    with watching(seeds) as engine:
        settled(engine, 3)
        with on(engine, "sentinel") as canary:
            eventually(lambda: goes(canary, 2), 20)
            assert canary.state.stats is not None
            assert canary.state.stats.unknown == 0
            yield canary


@pytest.mark.versions("valkey-9.1", "redis-7.0")
def test_under_sentinel_a_hung_replica_lags_in_ms_and_keys_expire(sentinel_group: Start) -> None:
    group = sentinel_group(replicas=2)
    with under_sentinel(group) as canary:
        a_hung_replica_lags_in_ms(group.nodes[1], canary)
        keys_expire(group.primary)


@pytest.mark.versions("redis-6.2")
def test_under_sentinel_a_promotion_is_followed_after_a_hung_replica_lagged(sentinel_group: Start) -> None:
    group = sentinel_group(replicas=2)
    old = group.primary
    with under_sentinel(group) as canary:
        a_hung_replica_lags_in_ms(group.nodes[1], canary)
        keys_expire(old)
        old.kill()
        eventually(lambda: group.primary.address != old.address, 40)
        (left,) = group.replicas
        eventually(lambda: set(canary.state.lags) == {left.address}, 40)
        canary.reset()
        eventually(lambda: canary.state.writes.count > 20, 20)


def a_hung_replica_lags_in_ms(replica: Server, canary: Canary) -> None:
    replica.hang()
    eventually(lambda: canary.state.lags.get(replica.address, 0.0) > 1500, 20)
    replica.resume()
    eventually(lambda: canary.state.lags.get(replica.address, 9999.0) < 1000, 20)


def keys_expire(primary: Server) -> None:
    """And all of them are a canary's."""
    keys = [str(key) for key in primary.ask("KEYS", "*")]
    assert keys
    assert all(key.startswith("redistui:canary:{") for key in keys)
    assert all(0 < primary.ask("TTL", key) <= 600 for key in keys)


def test_in_a_cluster_every_shard_is_read_and_written_and_lags_in_ms(cluster_group: Start) -> None:
    group = cluster_group()
    with watching(target(*group.addresses, wanted="cluster")) as engine:
        settled(engine, 6)
        with on(engine, "cluster", strategy="round-robin") as canary:
            eventually(lambda: goes(canary, 3), 30)
            stats = canary.state.stats
            assert stats is not None
            assert stats.refused == stats.unknown == 0
            assert stats.cross_slot > 2
            assert all(0 < ms < 60_000 for ms in canary.state.lags.values())
    for node in group.nodes[:3]:
        keys = [str(key) for key in node.ask("KEYS", "*")]
        assert {key.rpartition(":")[2] for key in keys} == {"count", "marker"}
        assert all(node.ask("TTL", key) > 0 for key in keys)


@pytest.mark.versions("redis-7.0")
def test_over_two_sites_both_are_written_and_a_user_of_its_own_is_enough(
    replication_group: Start, version: str
) -> None:
    groups = [replication_group(name, replicas=1) for name in ("east", "west")]
    product, _, release = version.partition("-")
    major, minor = map(int, release.split("."))
    kind: Product = "valkey" if product == "valkey" else "redis"
    line = acl_line(BY_NAME["canary"], Version(kind, (major, minor)))
    for group in groups:
        for node in group.nodes:
            node.ask(*(f">{OURS}" if word == PASSWORD else word for word in line))
            node.ask("ACL", "SETUSER", "poor", "on", f">{OURS}", "+ping", "+role", "+info", "+client", "+command")
    with watching(*(target(group.nodes[0].address, title=group.name) for group in groups)) as engine:
        settled(engine, 4)
        with on(engine, "sites", "canary", consistency="strong") as canary:
            eventually(lambda: goes(canary, 2), 30)
            assert canary.state.said == ""
            assert canary.state.stats is not None
            assert canary.state.stats.refused == 0
        spies = [Spy(node) for node in groups[0].nodes]
        with on(engine, "split", "canary", writes=0.0) as canary:
            eventually(lambda: canary.state.reads.count > 200, 20)
            said = said_by_canaries(spies)
        assert {"get", "role"} <= said <= READING
        with on(engine, "split", "poor") as canary:
            denied = eventually(lambda: canary.state.said, 20)
            assert denied.startswith("poor may not do this at 127.0.0.1:")
            eventually(lambda: canary.state.lags_said.startswith("no markers at 127.0.0.1:"), 20)
            assert canary.state.lags == {}
    for group in groups:
        assert [key for key in group.primary.ask("KEYS", "*") if ":count" in str(key)]
