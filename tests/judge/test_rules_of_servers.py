"""Rules on what servers say of themselves: full memory, files, buffers, clocks, differences; and whose limits hold."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.rules.limits import Limits
from redistui.judge.rules.table import findings
from redistui.model import Group, Node, ReplicaSeen, Sentinel, WatchedSentinel
from tests.judge.short import at, group, node, said, sentinel

MB = 1024 * 1024
B = node("b", "a")


def facts(one: Node, **words: str) -> Node:
    return replace(one, facts=words)


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (facts(node("a", memory_percent=70.0), maxmemory_policy="noeviction"), []),
        (facts(node("a", memory_percent=99.9), maxmemory_policy="noeviction"), ["memory a", "memory-full a"]),
        (facts(node("a", memory_percent=100.4), maxmemory_policy="allkeys-lru"), ["memory a"]),
        (node("a", memory_percent=100.4), ["memory a"]),
        (node("a", clients=85.0, clients_limit=100.0), ["(clients-limit a)"]),
        (node("a", clients=96.0, clients_limit=100.0), ["clients-limit a"]),
        (node("a", clients=96.0), []),
        (node("a", fork_ms=999.0), []),
        (node("a", fork_ms=1000.0), ["(slow-fork a)"]),
        (facts(node("a"), rdb_last_bgsave_status="ok", aof_last_write_status="ok"), []),
        (facts(node("a"), rdb_last_bgsave_status="err"), ["save-failing a"]),
        (facts(node("a"), aof_last_write_status="err"), ["aof-failing a"]),
        (facts(node("a"), aof_last_bgrewrite_status="err"), ["(rewrite-failing a)"]),
        (facts(node("a"), aof_last_write_status="err", aof_enabled="1"), ["aof-failing a"]),
        (facts(node("a"), aof_last_write_status="err", aof_last_bgrewrite_status="err", aof_enabled="0"), []),
        (
            facts(node("a", pause_left=12.3), paused_reason="client_pause", paused_actions="write"),
            ["(clients-paused a)"],
        ),
        (facts(node("a", pause_left=12.3), paused_reason="client_pause", paused_actions="all"), ["(clients-paused a)"]),
        (facts(node("a", pause_left=12.3), paused_reason="failover_in_progress", paused_actions="write"), []),
        (facts(node("a"), paused_reason="none", paused_actions="none"), []),
        (facts(node("a", fault="hung"), rdb_last_bgsave_status="err"), ["node-down a", "no-primary"]),
    ],
)
def test_what_one_server_says_of_itself(one: Node, found: list[str]) -> None:
    assert said(one, B) == found


def feeding(behind: int, *, state: str = "online", memory: float = 0.0) -> Node:
    one = node("a", offset=1000 * MB, replicas_memory=memory)
    assert one.replication is not None
    seen = ReplicaSeen(at("b"), state, 1000 * MB - behind, 0)
    return replace(one, replication=replace(one.replication, replicas=(seen,)))


@pytest.mark.parametrize(
    ("primary", "found"),
    [
        (feeding(47 * MB), []),
        (feeding(48 * MB), ["(replica-buffer a)"]),
        (feeding(192 * MB), ["replica-buffer a"]),
        (feeding(0, memory=200.0 * MB), ["replica-buffer a"]),
        (feeding(1000 * MB, state="wait_bgsave"), []),
    ],
)
def test_output_that_waits_for_a_replica_is_told_before_the_replica_is_cut_off(primary: Node, found: list[str]) -> None:
    assert said(primary, B) == found


@pytest.mark.parametrize(("lag", "found"), [(0, []), (55 * MB, ["(lag-bytes b)", "(replica-buffer a)"])])
def test_of_a_replica_that_has_acknowledged_nothing_yet_it_is_told_by_its_own_offset(
    lag: int, found: list[str]
) -> None:
    replica = node("b", "a", lag_bytes=float(lag))
    assert sorted(said(feeding(1000 * MB), replica)) == found


@pytest.mark.parametrize(
    ("ahead", "found"),
    [
        ({"a": 0.1, "b": -0.1}, []),
        ({"a": 5.0, "b": 5.1}, []),
        ({"a": 5.0, "b": 2.5}, ["(clock-skew)"]),
        ({"a": 100.0, "b": 0.0}, ["clock-skew"]),
        ({"a": 100.0}, []),
        ({"a": 0.0, "b": 0.1, "c": -3.0}, ["(clock-skew c)"]),
        ({"a": 70.0, "b": 0.1, "c": 0.0}, ["clock-skew a"]),
    ],
)
def test_clocks_are_compared_with_the_groups_and_not_with_ours(ahead: dict[str, float], found: list[str]) -> None:
    nodes = [node(one, None if one == "a" else "a") for one in "abc"]
    with_clocks = [
        replace(one, metrics={"clock_ahead": ahead[name]}) if (name := one.address[0]) in ahead else one
        for one in nodes
    ]
    assert said(*with_clocks) == found


def made(name: str, follows: str | None = None, *, version: str = "7.0.15", limit: float = 0.0, **words: str) -> Node:
    numbers = {"memory_used": 5.0, **({"memory_limit": limit} if limit else {})}
    return replace(node(name, follows, **numbers), server="redis", version=version, facts=words)


@pytest.mark.parametrize(
    ("members", "found"),
    [
        ([made("a"), made("b", "a")], []),
        ([made("a"), made("b", "a", version="6.2.14")], ["(version-drift)"]),
        ([made("a", limit=100.0), made("b", "a")], ["(config-drift)"]),
        (
            [made("a", maxmemory_policy="noeviction"), made("b", "a", maxmemory_policy="allkeys-lru")],
            ["(config-drift)"],
        ),
        ([made("a", aof_enabled="1"), made("b", "a", aof_enabled="0")], ["(config-drift)"]),
        ([made("a", aof_enabled="1"), made("b", "a")], []),
    ],
)
def test_servers_of_a_group_that_are_not_alike_are_told_once(members: list[Node], found: list[str]) -> None:
    assert said(*members) == found


def test_a_difference_names_the_values_and_who_has_them() -> None:
    (one,) = findings(group(made("a", version="6.2.14"), made("b", "a"), made("c", "a")), {})
    assert one.message.startswith("different versions: redis 7.0.15 on b:1 and c:1, redis 6.2.14 on a:1; ")


def standing(*hosts: str) -> Group:
    """A primary and its replicas on these hosts."""
    first, *others = [f"{host}:{6379 + n}" for n, host in enumerate(hosts)]
    leader = replace(node("a"), address=first)
    followers = [replace(node("b", "a"), address=one) for one in others]
    linked = [replace(one, replication=replace(one.replication, primary=first)) for one in followers]  # type: ignore[type-var]
    return replace(group(leader, *linked), primary=first)


@pytest.mark.parametrize(
    ("hosts", "found"),
    [
        (("10.0.0.1", "10.0.0.1"), []),
        (("10.0.0.1", "10.0.0.2"), []),
        (("10.0.0.1", "10.0.0.1", "10.0.0.2"), []),
        (("127.0.0.1", "localhost"), []),
        (("10.0.0.1",), []),
    ],
)
def test_a_group_on_one_host_altogether_or_on_several_is_left_in_peace(
    hosts: tuple[str, ...], found: list[str]
) -> None:
    assert [one.rule for one in findings(standing(*hosts), {})] == found


def test_a_primary_with_all_its_replicas_on_its_host_is_told_where_sentinels_stand_elsewhere() -> None:
    together = standing("10.0.0.1", "10.0.0.1")
    watching = tuple(
        replace(sentinel(one, together.primary), address=f"10.0.0.{n}:26379") for n, one in ((1, "x"), (2, "y"))
    )
    rules = [one.rule for one in findings(replace(together, sentinels=watching), {})]
    assert "one-host" in rules


def counting(name: str, *peers: tuple[str, str, str, int]) -> Sentinel:
    """A Sentinel that knows others: address, id, flag, milliseconds since their greeting."""
    one = sentinel(name, others=len(peers))
    known = tuple(
        WatchedSentinel(at(who), frozenset({"sentinel", flag}), run_id, None, 0, hello)
        for who, run_id, flag, hello in peers
    )
    watch = replace(one.watches["orders"], sentinels=known)
    return replace(one, watches={"orders": watch})


@pytest.mark.parametrize(
    ("peers", "found"),
    [
        ([("y", "2", "", 100), ("z", "3", "", 100)], []),
        ([("y", "2", "", 100), ("z", "3", "s_down", 60_000)], []),
        ([("y", "2", "", 100), ("z", "3", "s_down", 900_000)], ["(ghost-sentinel z)"]),
        ([("y", "2", "", 100), ("z", "2", "", 100)], ["(ghost-sentinel z)"]),
        ([("y", "2", "", 100), ("y", "3", "", 100)], ["(ghost-sentinel y)"]),
    ],
)
def test_sentinels_that_are_counted_though_they_are_gone_are_told(
    peers: list[tuple[str, str, str, int]], found: list[str]
) -> None:
    one = counting("x", *peers)
    told = findings(group(node("a", acks={"b": 0}), B, one, sentinel("y")), {})
    assert [f"({one.rule} {one.node[0]})" for one in told if one.rule == "ghost-sentinel" and one.node] == found


def test_a_sentinel_that_is_counted_but_has_no_address_any_more_is_told() -> None:
    """As Redis 6.2 keeps one that came back under another id: with port 0, which is no address."""
    one = counting("x", ("y", "2", "", 100))
    twice = replace(one, watches={"orders": replace(one.watches["orders"], other_sentinels=2)})
    (finding,) = [
        one
        for one in findings(group(node("a", acks={"b": 0}), B, twice, sentinel("y")), {})
        if one.rule == "ghost-sentinel"
    ]
    assert finding.message.startswith("1 of 2 Sentinels count one without an address: it came back under another id")
    assert finding.node is None


def test_a_primary_that_nobody_follows_is_told_of_with_whom_they_follow() -> None:
    told = findings(group(node("a"), node("b", "c"), node("c", fault="refused")), {})
    (one,) = [one for one in told if one.rule == "orphan-primary"]
    assert (one.node, one.message) == (
        "a:1",
        "no replica follows a:1, the primary: they follow c:1; `attach` them to it",
    )


def test_a_former_primary_that_is_back_is_named_with_what_becomes_of_its_writes() -> None:
    back = [
        node("a", replid="one"),
        node("b", replid="two", replid2="one", acks={"c": 0}),
        node("c", "b", replid="two"),
    ]
    told = findings(group(*back, *(sentinel(one, "b", epoch=2) for one in "xyz")), {})
    (one,) = [one for one in told if one.rule == "resurrected-primary"]
    assert one.message == (
        "a:1 was primary until b:1 was promoted, and is back as one: writes to it will be lost; "
        "Sentinels demote it within some ten seconds"
    )
    (one,) = [one for one in findings(replace(group(*back), primary="b:1"), {}) if one.rule == "resurrected-primary"]
    assert one.message.endswith("writes to it will be lost; `heal a:1` ends it")


@pytest.mark.parametrize(
    ("thresholds", "found"),
    [
        ({}, ["clients b warn 1000"]),
        ({"clients.warn": 5000.0}, []),
        ({"clients.warn": 5000.0, "group:orders/clients.warn": 1500.0}, ["clients b warn 1500"]),
        ({"group:ord*/clients.bad": 1500.0}, ["clients b bad 1500"]),
        ({"group:other/clients.bad": 1500.0}, ["clients b warn 1000"]),
        ({"group:orders/clients.warn": 1500.0, "node:b:1/clients.warn": 9000.0}, []),
        ({"node:b/clients.warn": 9000.0}, []),
        ({"node:b:*/clients.bad": 2000.0}, ["clients b bad 2000"]),
        ({"node:a:*/clients.bad": 2000.0}, ["clients b warn 1000"]),
    ],
)
def test_a_servers_own_limits_go_before_its_groups_and_these_before_all_others(
    thresholds: dict[str, float], found: list[str]
) -> None:
    told = findings(group(node("a", acks={"b": 0}), node("b", "a", clients=2000.0)), thresholds)
    assert [f"{one.rule} {(one.node or '')[0]} {one.level} {one.threshold:g}" for one in told] == found


def test_without_limits_of_his_own_nobody_costs_a_dictionary() -> None:
    limits = Limits({"clients.warn": 5.0})
    assert limits.of("orders", "a:1") is limits.of("other", "b:1")
