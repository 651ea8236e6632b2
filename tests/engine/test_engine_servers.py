"""What becomes of real servers is seen in time and by its right name, and judged as they judge it themselves."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from itertools import groupby

import pytest

from redistui.demo.groups import RunningGroup
from redistui.judge.quorum import verdict
from redistui.metrics import METRICS
from redistui.model import Cluster, Fleet
from tests.engine.watching import (
    fault,
    member,
    node,
    only_group,
    rules,
    until,
    watching,
    whole,
    whole_node,
)
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


# -- what happens to servers ------------------------------------------------------------------------------------------


def test_servers_that_die_hang_and_come_back_are_seen_so(replication_group: Start) -> None:
    """kill -9, SIGSTOP, SIGCONT and a restart, of a primary and of a replica."""
    group = replication_group(replicas=2)
    first, second, third = group.nodes
    with watching(first.address) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)

        second.hang()
        fleet = until(engine, lambda fleet: fault(fleet, second.address) == "hung")
        hung = node(fleet, second.address)
        assert (hung.role, hung.last_role, hung.up) == (None, "replica", False)
        assert [fault(fleet, one.address) for one in (first, third)] == [None, None]
        until(engine, lambda fleet: fleet.freshness(node(fleet, second.address).seen_at) == "unknown")
        fleet = engine.fleet
        assert all(fleet.freshness(node(fleet, one.address).seen_at) == "fresh" for one in (first, third))
        second.resume()
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)

        first.kill()
        fleet = until(engine, lambda fleet: fault(fleet, first.address) == "refused")
        assert {"node-down", "no-primary"} <= rules(fleet)
        until(engine, lambda fleet: node(fleet, second.address).replication.link == "down")  # type: ignore[union-attr]
        before = node(fleet, first.address).run_id
        first.start()
        first.wait()
        fleet = until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        assert node(fleet, first.address).run_id != before
        told = [(event.kind, event.source) for event in fleet.events if event.kind in ("fault", "up")]
        kinds = [kind for kind, _ in groupby(told)]  # one that comes back may be seen to load first: another fault
        assert kinds == [
            ("fault", second.address), ("up", second.address), ("fault", first.address), ("up", first.address),
        ]  # fmt: skip


@pytest.mark.versions("valkey-9.1")
def test_a_lonely_primary_that_hung_has_its_role_again(replication_group: Start) -> None:
    """Its ROLE says the same to the letter as before, and is believed all the same."""
    (only,) = replication_group(replicas=0).nodes
    with watching(only.address) as engine:
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")
        only.hang()
        until(engine, lambda fleet: node(fleet, only.address).role is None)
        only.resume()
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")


@pytest.mark.versions("valkey-9.1")
def test_after_a_restart_no_rate_is_negative(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    rates = [metric.name for metric in METRICS if metric.kind == "counter"]
    seen: list[float] = []

    def collect(fleet: Fleet) -> None:
        for group in fleet.groups:
            for one in group.nodes:
                seen.extend(value for name in rates if (value := one.metric(name)) is not None)

    with watching(only.address, period=0.1) as engine:
        engine.subscribe(collect)
        for _ in range(2):
            with only.connect() as wire:
                for number in range(500):
                    wire.ask("GET", number)
            until(engine, lambda fleet: node(fleet, only.address).metric("misses") is not None)
            only.kill()
            until(engine, lambda fleet: fault(fleet, only.address) == "refused")
            only.restart()
            until(engine, lambda fleet: fault(fleet, only.address) is None)
        only.ask("CONFIG", "RESETSTAT")
        until(engine, lambda fleet: node(fleet, only.address).metric("net_in") is not None)
    assert max(seen) > 0
    assert min(seen) >= 0


@pytest.mark.versions("valkey-9.1")
def test_lag_is_measured_and_kept(replication_group: Start) -> None:
    first, second = replication_group(replicas=1).nodes
    with watching(first.address, period=0.1) as engine:
        until(engine, lambda fleet: node(fleet, second.address).metric("lag_bytes") == 0)
        until(engine, lambda _: 0.0 in engine.history.last(second.address, "lag_bytes", 50))
        second.hang()
        first.ask("SET", "big", "x" * 2_000_000)
        until(engine, lambda fleet: fault(fleet, second.address) == "hung")
        until(engine, lambda _: engine.history.last(second.address, "lag_bytes", 1) == [None])
        second.resume()
        until(engine, lambda fleet: node(fleet, second.address).metric("lag_bytes") == 0)


# -- what a server may answer with ------------------------------------------------------------------------------------


def test_a_busy_server_is_busy_and_not_down(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0, settings={"lua-time-limit": "50"}).nodes
    with watching(only.address) as engine:
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")
        with only.connect(30) as scripting, only.connect() as killing:
            script = threading.Thread(target=lambda: scripting.raw("EVAL", "while true do end", "0"))
            script.start()
            fleet = until(engine, lambda fleet: fault(fleet, only.address) == "busy")
            found = node(fleet, only.address)
            assert (found.role, found.last_role, found.up) == (None, "primary", True)
            assert "SCRIPT KILL" in str(found.fault)
            assert "no-primary" not in rules(fleet)
            killing.ask("SCRIPT", "KILL")
            script.join()
        until(engine, lambda fleet: fault(fleet, only.address) is None and node(fleet, only.address).role == "primary")


def test_a_replica_that_serves_nothing_without_its_primary_says_so(replication_group: Start, version: str) -> None:
    first, second = replication_group(replicas=1, settings={"replica-serve-stale-data": "no"}).nodes
    with watching(second.address) as engine:
        until(engine, lambda fleet: fleet.complete and len(only_group(fleet).nodes) == 2)
        first.kill()
        fleet = until(engine, lambda fleet: fault(fleet, first.address) == "refused")
        until(engine, lambda fleet: "link-down" in rules(fleet))
        if version == "redis-6.2":  # it answers PING there all the same
            assert fault(fleet, second.address) is None
        else:
            until(engine, lambda fleet: fault(fleet, second.address) == "masterdown")
        assert node(engine.fleet, second.address).role == "replica"
        assert node(engine.fleet, second.address).up


def test_a_loading_server_tells_how_far_it_is(replication_group: Start) -> None:
    slow = {"key-load-delay": "200", "rdbcompression": "no", "save": "3600 1000000"}
    (only,) = replication_group(replicas=0, settings=slow).nodes
    only.ask("DEBUG", "POPULATE", 10000, "key", 2000, seconds=10)
    only.ask("SAVE", seconds=10)
    with watching(only.address) as engine:
        until(engine, lambda fleet: node(fleet, only.address).metric("keys") == 10000)
        only.kill()
        only.start()
        fleet = until(engine, lambda fleet: fault(fleet, only.address) == "loading")
        assert "loads its dataset" in str(node(fleet, only.address).fault)
        assert node(fleet, only.address).up
        until(engine, lambda fleet: fault(fleet, only.address) is None, 20)


def test_a_server_without_room_for_us_is_named(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    with only.connect() as wire:
        wire.ask("CONFIG", "SET", "maxclients", 1)
        with watching(only.address) as engine:
            fleet = until(engine, lambda fleet: fault(fleet, only.address) == "maxclients")
            assert "maxclients" in str(member(fleet, only.address).fault)
            wire.ask("CONFIG", "SET", "maxclients", 100)
            engine.poke()
            until(engine, lambda fleet: fault(fleet, only.address) is None)


@pytest.mark.parametrize("renamed", ["INFO", "ROLE", "CLIENT", "PING"])
def test_a_renamed_command_costs_only_what_it_would_have_told(replication_group: Start, renamed: str) -> None:
    (only,) = replication_group(replicas=0).nodes
    with (only.directory / "server.conf").open("a") as config:
        config.write(f'rename-command {renamed} ""\n')
    only.stop()
    only.start()
    eventually(lambda: socket.create_connection(("127.0.0.1", only.port), 1).close() or True)
    with watching(only.address) as engine:
        if renamed == "CLIENT":
            until(engine, lambda fleet: whole_node(fleet, only.address))
            return
        fleet = until(engine, lambda fleet: fault(fleet, only.address) == "error")
        assert "unknown command" in str(member(fleet, only.address).fault)
        role = None if renamed == "ROLE" else "primary"
        found = node(until(engine, lambda fleet: node(fleet, only.address).role == role), only.address)
        assert (found.metric("clients") is None) == (renamed == "INFO")


# -- verdicts on what really happens ----------------------------------------------------------------------------------


def test_a_cluster_that_loses_a_primary_is_followed_to_its_new_map(cluster_group: Start) -> None:
    group = cluster_group(replicas=1)
    first, second, replica = group.nodes[0], group.nodes[1], group.nodes[3]
    with watching(second.address) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        first.ask("CLUSTER", "SETSLOT", 7, "MIGRATING", second.ask("CLUSTER", "MYID"))
        fleet = until(engine, lambda fleet: rules(fleet) == {"open-slot"})
        assert [(one.slot, one.kind) for one in cluster_of(fleet).open_slots] == [(7, "migrating")]
        first.ask("CLUSTER", "SETSLOT", 7, "STABLE")
        until(engine, lambda fleet: not fleet.findings)
        first.kill()
        fleet = until(engine, lambda fleet: {"node-down", "slots-failing"} <= rules(fleet))
        assert len(cluster_of(fleet).failing) == 5461
        fleet = until(
            engine,
            lambda fleet: rules(fleet) == {"node-down", "shard-without-replica"} and owner(fleet, 0) == replica.address,
            20,
        )
        assert cluster_of(fleet).agree
        assert cluster_of(fleet).state == "ok"


def cluster_of(fleet: Fleet) -> Cluster:
    found = only_group(fleet).cluster
    assert found is not None
    return found


def owner(fleet: Fleet, slot: int) -> str:
    cluster = cluster_of(fleet)
    return cluster.shards[cluster.owners[slot]].primary


def test_the_verdict_on_the_quorum_is_that_of_the_sentinels_themselves(sentinel_group: Start) -> None:
    group = sentinel_group(replicas=1)
    first, second, third = group.sentinels
    with watching(first.address) as engine:
        fleet = until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        assert verdict(only_group(fleet)).reachable
        second.kill()
        until(engine, lambda fleet: rules(fleet) == {"sentinel-down", "quorum-edge"})
        assert first.ask("SENTINEL", "CKQUORUM", "orders").startswith("OK")
        third.kill()
        fleet = until(engine, lambda fleet: "quorum-lost" in rules(fleet))
        assert "1 of the 2 Sentinels needed for a failover can vote" in verdict(only_group(fleet)).reasons
        until(engine, lambda fleet: any("NOQUORUM" in reason for reason in verdict(only_group(fleet)).reasons))


def test_one_sentinel_that_could_lead_is_enough_for_a_failover(sentinel_group: Start) -> None:
    """The other two are set to a quorum that there is not: they begin nothing, and vote."""
    group = sentinel_group(replicas=1)
    for other in group.sentinels[1:]:
        other.ask("SENTINEL", "SET", "orders", "quorum", 5)
    with watching(group.sentinels[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        fleet = until(engine, lambda fleet: rules(fleet) == {"sentinel-cannot-lead"})
        found = verdict(only_group(fleet))
        assert (found.reachable, found.lost, len(found.cannot_lead)) == (True, False, 2)
        heir = group.replicas[0].address
        group.primary.kill()
        until(engine, lambda fleet: only_group(fleet).primary == heir, 20)


@pytest.mark.versions("valkey-9.1")
def test_a_sentinel_that_stood_still_is_in_tilt_and_has_no_vote(sentinel_group: Start) -> None:
    group = sentinel_group(replicas=1, sentinels=2, quorum=1)
    stopped = group.sentinels[0]
    with watching(group.sentinels[1].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        stopped.hang()
        until(engine, lambda fleet: fault(fleet, stopped.address) == "hung")
        began = time.monotonic()
        eventually(lambda: time.monotonic() - began > 2.2, 5)  # two seconds are what makes a Sentinel doubt itself
        stopped.resume()
        fleet = until(engine, lambda fleet: "tilt" in rules(fleet))
        assert verdict(only_group(fleet)).up == 1
        assert "quorum-lost" in rules(fleet)
