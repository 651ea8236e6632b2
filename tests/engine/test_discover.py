"""Discovery on real servers: from any member to the whole group, under one name, and on as members come and go."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import replication
from redistui.engine import discover
from redistui.model import Target
from tests.engine.watching import member, node, only_group, rules, target, until, watching, whole
from tests.waiting import eventually

Start = Callable[..., RunningGroup]
Seed = Callable[[DemoFleet], tuple[str, Target | str]]


def of(group: str, pick: Callable[[RunningGroup], str]) -> Seed:
    return lambda fleet: (group, pick(fleet.groups[group]))


SEEDS: dict[str, Seed] = {
    "a Sentinel": of("orders", lambda group: group.sentinels[2].address),
    "a primary that Sentinels watch": of("orders", lambda group: group.nodes[0].address),
    "a replica that Sentinels watch": of("orders", lambda group: group.nodes[2].address),
    "a cluster's primary": of("catalog", lambda group: group.nodes[1].address),
    "a cluster's replica": of("catalog", lambda group: group.nodes[4].address),
    "a plain primary": of("sessions", lambda group: group.nodes[0].address),
    "a plain replica": of("sessions", lambda group: group.nodes[1].address),
    "a replica of a replica": of("sessions", lambda group: group.nodes[3].address),
    "a primary's socket": of("sessions", lambda group: group.nodes[0].unix),
    "a replica's socket": of("sessions", lambda group: group.nodes[3].unix),
    "a Sentinel's socket": of("orders", lambda group: group.sentinels[0].unix),
}


@pytest.mark.parametrize("seed", SEEDS)
def test_any_member_leads_to_the_whole_group(standing_fleet: DemoFleet, seed: str) -> None:
    name, place = SEEDS[seed](standing_fleet)
    group = standing_fleet.groups[name]
    with watching(place) as engine:
        fleet = until(engine, lambda fleet: whole(fleet, group))
        found = only_group(fleet)
        if group.kind == "cluster":
            assert found.cluster is not None
            assert [len(shard.replicas) for shard in found.cluster.shards] == [1, 1, 1]
        else:
            assert found.primary == group.nodes[0].address
        roles = {one.address: one.role for one in found.nodes}
        follows = [node.follows for node in group.shape.nodes]
        assert [roles[server.address] for server in group.nodes] == ["replica" if one else "primary" for one in follows]
        until(engine, lambda fleet: not fleet.findings)


@pytest.mark.parametrize("name", ["orders", "catalog", "sessions"])
def test_the_first_complete_snapshot_is_the_whole_truth(standing_fleet: DemoFleet, name: str) -> None:
    """What a script sees that takes one snapshot and goes: nothing missing, no false alarm on the way there."""
    group = standing_fleet.groups[name]
    (place,) = (one for one in standing_fleet.as_targets() if one.title == name)
    alarms: set[str] = set()
    with watching(place) as engine:
        engine.subscribe(lambda fleet: alarms.update(rules(fleet)))
        assert whole(until(engine, lambda fleet: fleet.complete), group)
        until(engine, lambda fleet: fleet.at > engine.fleet.at - 1 and fleet.complete)
    assert alarms == set()


def test_several_targets_are_several_groups_with_their_titles(standing_fleet: DemoFleet) -> None:
    with watching(*standing_fleet.as_targets(), sites=standing_fleet.sites) as engine:
        fleet = until(engine, lambda fleet: fleet.complete and len(fleet.groups) == 3)
        assert [group.name for group in fleet.groups] == ["orders", "catalog", "sessions"]
        assert [group.kind for group in fleet.groups] == ["sentinel", "cluster", "replication"]
        assert [group.environment for group in fleet.groups] == ["DEMO"] * 3
        assert {one.site for group in fleet.groups for one in group.nodes} == {"east", "west"}


def test_two_targets_in_one_group_are_one_group(standing_fleet: DemoFleet) -> None:
    group = standing_fleet.groups["sessions"]
    ends = (target(group.nodes[0].address, title="x"), target(group.nodes[3].address, title="y"))
    with watching(*ends) as engine:
        until(engine, lambda fleet: whole(fleet, group))


def test_one_server_under_two_names_is_one_server(standing_fleet: DemoFleet) -> None:
    group = standing_fleet.groups["sessions"]
    names = [f"localhost:{group.nodes[0].port}", group.nodes[0].unix, f"localhost:{group.nodes[2].port}"]
    with watching(*names) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        assert {engine.dial_of(name) for name in names} == set(names)


def test_a_lonely_server_under_three_names_is_one_server(replication_group: Start) -> None:
    (server,) = replication_group(replicas=0).nodes
    names = [server.unix, f"localhost:{server.port}", server.address]
    with watching(*names) as engine:
        fleet = until(engine, lambda fleet: fleet.complete and len(fleet.groups) == 1)
        assert [one.address for one in fleet.groups[0].nodes] == [names[0]]


def test_a_title_stays_with_the_group_and_a_name_taken_twice_is_told_apart(standing_fleet: DemoFleet) -> None:
    groups = standing_fleet.groups
    same = [target(groups[name].nodes[0].address, title="same") for name in ("sessions", "catalog")]
    with watching(*same) as engine:
        fleet = until(engine, lambda fleet: fleet.complete and len(fleet.groups) == 2)
        names = [group.name for group in fleet.groups]
        assert len(set(names)) == 2
        assert all(name.startswith("same (127.0.0.1:") for name in names)


def test_servers_are_found_over_ipv6_too(replication_group: Start) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    first, second = replication_group(replicas=1, settings={"bind": "127.0.0.1 ::1"}).nodes
    second.ask("REPLICAOF", "::1", first.port)
    eventually(lambda: "::1" in str(first.ask("ROLE")))
    with watching(f"::1:{first.port}") as engine:
        fleet = until(engine, lambda fleet: len(only_group(fleet).nodes) == 2 and fleet.complete and not fleet.findings)
        assert only_group(fleet).primary == f"::1:{first.port}"
        assert node(fleet, f"::1:{second.port}").role == "replica"


# -- addresses that are not where they say ----------------------------------------------------------------------------


def test_a_replica_that_announces_another_address_is_dialled_where_the_map_says(replication_group: Start) -> None:
    first, second = replication_group(replicas=1).nodes
    second.ask("CONFIG", "SET", "replica-announce-ip", "10.99.0.2")
    second.ask("CONFIG", "SET", "replica-announce-port", "7777")
    first.ask("CLIENT", "KILL", "TYPE", "replica")
    eventually(lambda: "10.99.0.2" in str(first.ask("ROLE")))
    announced = "10.99.0.2:7777"
    with watching(target(first.address, second.address, reachable={announced: second.address})) as engine:
        fleet = until(engine, lambda fleet: node(fleet, announced).role == "replica" and fleet.complete)
        assert {one.address for one in only_group(fleet).nodes} == {first.address, announced}
        assert engine.dial_of(announced) == second.address
        until(engine, lambda fleet: node(fleet, announced).metric("lag_seconds") is not None)


@pytest.mark.versions("redis-7.0")  # 6.2 announces it only from its start on
def test_a_cluster_node_that_announces_another_port_is_dialled_where_the_map_says(cluster_group: Start) -> None:
    group = cluster_group(replicas=0)
    hidden = group.nodes[1]
    hidden.ask("CONFIG", "SET", "cluster-announce-bus-port", hidden.port + 10000)
    hidden.ask("CONFIG", "SET", "cluster-announce-port", 7777)
    eventually(lambda: all(":7777@" in server.ask("CLUSTER", "NODES") for server in group.nodes))
    announced = "127.0.0.1:7777"
    with watching(target(group.nodes[0].address, reachable={announced: hidden.address})) as engine:
        fleet = until(engine, lambda fleet: node(fleet, announced).role == "primary" and fleet.complete)
        cluster = only_group(fleet).cluster
        assert cluster is not None
        assert announced in {shard.primary for shard in cluster.shards}
        assert len(only_group(fleet).nodes) == 3


# -- coming and going -------------------------------------------------------------------------------------------------


def test_a_new_replica_is_noticed_and_a_primary_change_too(
    replication_group: Start, demo_fleet: Callable[..., DemoFleet]
) -> None:
    group = replication_group(replicas=1)
    (new,) = demo_fleet((replication("new", 0),)).groups["new"].nodes
    first, second = group.nodes
    with watching(first.address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        new.ask("REPLICAOF", "127.0.0.1", first.port)
        until(engine, lambda fleet: node(fleet, new.address).role == "replica")
        second.ask("REPLICAOF", "NO", "ONE")
        fleet = until(engine, lambda fleet: node(fleet, second.address).role == "primary")
        assert "two-primaries" in rules(until(engine, lambda fleet: fleet.findings))
        for server in (first, new):
            server.ask("REPLICAOF", "127.0.0.1", second.port)
        fleet = until(engine, lambda fleet: only_group(fleet).primary == second.address and not fleet.findings)
        assert {one.address: one.role for one in only_group(fleet).nodes} == {
            first.address: "replica", second.address: "primary", new.address: "replica",
        }  # fmt: skip
        changes = [event.text for event in fleet.events if event.kind == "role"]
        assert changes == [
            f"{second.address} was replica, is primary",
            f"{first.address} was primary, is replica",
        ]


def test_a_cluster_node_that_is_met_joins_and_one_that_is_forgotten_leaves(
    cluster_group: Start, demo_fleet: Callable[..., DemoFleet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discover, "KEEP_FORGOTTEN", 0.5)
    group = cluster_group(replicas=0)
    lonely = replication("new", 0).with_settings({"cluster-enabled": "yes", "cluster-node-timeout": "2000"})
    (new,) = demo_fleet((lonely,)).groups["new"].nodes
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        group.nodes[1].ask("CLUSTER", "MEET", "127.0.0.1", new.port)
        until(engine, lambda fleet: node(fleet, new.address).role == "primary" and fleet.complete)
        eventually(lambda: all(server.ask("CLUSTER", "NODES").count("connected") == 4 for server in group.nodes))
        leave(new, group.nodes)
        until(engine, lambda fleet: whole(fleet, group) and rules(fleet) == {"shard-without-replica"})
        assert engine.history.last(new.address, "clients", 10) == []


def test_a_dead_cluster_node_stays_in_view_until_all_have_forgotten_it(
    cluster_group: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discover, "KEEP_FORGOTTEN", 0.5)
    group = cluster_group()
    *others, dead = group.nodes
    id_ = dead.ask("CLUSTER", "MYID")
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        dead.kill()
        until(engine, lambda fleet: (fault := member(fleet, dead.address).fault) and fleet.at - fault.since > 4.0)
        assert len(only_group(engine.fleet).nodes) == len(group.nodes)
        for other in others:
            other.ask("CLUSTER", "FORGET", id_)
        until(engine, lambda fleet: len(only_group(fleet).nodes) == len(others))


def leave(server: Server, others: list[Server]) -> None:
    me = server.ask("CLUSTER", "MYID")
    server.ask("CLUSTER", "RESET", "HARD")
    for other in others:
        other.ask("CLUSTER", "FORGET", me)


@pytest.mark.versions("valkey-9.1")
def test_a_dead_replica_stays_in_view_long_after_its_primary_has_dropped_it(
    replication_group: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second, third = replication_group(replicas=2).nodes
    with watching(first.address) as engine:
        until(engine, lambda fleet: fleet.complete and len(only_group(fleet).nodes) == 3)
        third.kill()
        eventually(lambda: first.info("replication")["connected_slaves"] == "1")
        fleet = until(engine, lambda fleet: member(fleet, third.address).fault and len(only_group(fleet).nodes) == 3)
        gone = node(until(engine, lambda fleet: node(fleet, third.address).replication is None), third.address)
        assert (gone.role, gone.last_role, gone.up, gone.metrics) == (None, "replica", False, {})
        assert node(fleet, second.address).up
        monkeypatch.setattr(discover, "KEEP_DEAD", 0.1)
        until(engine, lambda fleet: len(only_group(fleet).nodes) == 2 and not fleet.findings)


def test_one_name_of_many_can_be_picked(sentinel_group: Start, demo_fleet: Callable[..., DemoFleet]) -> None:
    """Two names watched by the same Sentinels: all of them, or the one that the target asks for."""
    group = sentinel_group(replicas=1, sentinels=1, quorum=1)
    (other,) = demo_fleet((replication("other", 0),)).groups["other"].nodes
    sentinel = group.sentinels[0]
    sentinel.ask("SENTINEL", "MONITOR", "other", "127.0.0.1", other.port, 1)
    with watching(sentinel.address) as engine:
        fleet = until(engine, lambda fleet: len(fleet.groups) == 2 and fleet.complete)
        assert sorted((one.name, one.primary) for one in fleet.groups) == [
            ("orders", group.nodes[0].address), ("other", other.address),
        ]  # fmt: skip
    with watching(target(sentinel.address, wanted="sentinel", only="other", title="mine")) as engine:
        fleet = until(engine, lambda fleet: fleet.complete and fleet.groups[0].primary == other.address)
        assert [(one.name, one.watched_as) for one in fleet.groups] == [("mine", "other")]
        eventually(lambda: re.search(r" psub=[1-9]", sentinel.ask("CLIENT", "LIST")), otherwise="nobody listens")
        sentinel.ask("SENTINEL", "REMOVE", "orders")
        sentinel.ask("SENTINEL", "MONITOR", "third", "127.0.0.1", group.nodes[0].port, 1)
        until(engine, lambda fleet: [event for event in fleet.events if event.kind == "+monitor"])
        assert len(engine.fleet.groups) == 1
