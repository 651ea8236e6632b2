"""The demo's traffic flows, follows failovers, and ends."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from tests.waiting import eventually

Demo = Callable[..., DemoFleet]


def moves_on(fleet: DemoFleet, name: str, more: int = 50) -> None:
    """The group's traffic is served again (or still)."""
    assert fleet.traffic is not None
    traffic = fleet.traffic
    before = traffic.done[name]
    eventually(lambda: traffic.done[name] > before + more, 20, otherwise=f"no traffic on {name}")


def keyspace_of(group: RunningGroup) -> str | None:
    return group.nodes[0].info("keyspace").get("db0")


@pytest.mark.versions("valkey-9.1")
def test_every_group_gets_traffic_with_keys_that_expire(demo_fleet: Demo) -> None:
    fleet = demo_fleet("all", traffic=True)
    for name, group in fleet.groups.items():
        moves_on(fleet, name)
        keyspace = eventually(partial(keyspace_of, group))
        counts = dict(pair.split("=") for pair in keyspace.split(","))
        assert counts["expires"] == counts["keys"]
    fleet.end()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("traffic")]


@pytest.mark.versions("redis-7.0")
def test_it_follows_a_sentinel_failover(demo_fleet: Demo) -> None:
    fleet = demo_fleet("sentinel", traffic=True)
    group = fleet.groups["orders"]
    moves_on(fleet, "orders")
    old = group.primary
    old.hang()
    moves_on(fleet, "orders")
    assert group.primary is not old


@pytest.mark.versions("redis-6.2")
def test_it_follows_a_cluster_failover(demo_fleet: Demo) -> None:
    fleet = demo_fleet("cluster", traffic=True)
    group = fleet.groups["catalog"]
    moves_on(fleet, "catalog")
    group.nodes[0].kill()
    eventually(lambda: group.nodes[3].ask("ROLE")[0] == "master", 20)
    moves_on(fleet, "catalog", 300)


@pytest.mark.versions("valkey-9.1")
def test_it_waits_for_a_primary_that_is_away(demo_fleet: Demo) -> None:
    fleet = demo_fleet("sites", traffic=True)
    group = fleet.groups["sessions"]
    moves_on(fleet, "sessions")
    group.nodes[0].stop()
    eventually(lambda: group.nodes[1].info("replication")["master_link_status"] == "down")
    group.nodes[0].restart()
    moves_on(fleet, "sessions")
