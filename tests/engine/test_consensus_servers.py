"""Who believes what, on real clusters: a node of another mind is named, and so is what hides behind `state:ok`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.ports import HOST, Ports
from redistui.demo.servers import Server
from redistui.judge.consensus import consensus
from redistui.model import Fleet
from tests.engine.watching import PERIOD, only_group, rules, until, watching, whole

Start = Callable[..., RunningGroup]
Map = dict[int, str]


def raw_map(server: Server) -> Map:
    """Slot -> node id, as one node says it: read by hand, with nothing of redistui's parsers."""
    owners: Map = {}
    for line in server.ask("CLUSTER", "NODES").splitlines():
        (
            id_,
            *_,
        ) = line.split(" ")
        for item in line.split(" ")[8:]:
            if not item.startswith("["):
                first, _, last = item.partition("-")
                owners |= dict.fromkeys(range(int(first), int(last or first) + 1), id_)
    return owners


def outvoted(group: RunningGroup) -> set[str]:
    """Addresses of the nodes whose map is not the one that most nodes have."""
    maps = {node.address: raw_map(node) for node in group.nodes}
    most = max(maps.values(), key=lambda one: list(maps.values()).count(one))
    return {address for address, one in maps.items() if one != most}


def well(fleet: Fleet, group: RunningGroup) -> bool:
    return (
        whole(fleet, group) and not fleet.findings and all(one.agrees for one in consensus(only_group(fleet)).opinions)
    )


def dissenters(fleet: Fleet) -> set[str]:
    return {one.node for one in consensus(only_group(fleet)).dissenters}


@contextmanager
def closed_port() -> Iterator[int]:
    """A port of ours on which nobody answers, nor on its bus port."""
    ports = Ports()
    try:
        yield ports.take()
    finally:
        ports.release()


def keep_quiet(group: RunningGroup, version: str) -> None:
    """Members hear each other as seldom as can be, so that what one of them gets wrong stays so for some seconds."""
    for node in group.nodes:
        node.ask("CONFIG", "SET", "cluster-node-timeout", "60000")
        if version.startswith("valkey"):
            node.ask("CONFIG", "SET", "cluster-ping-interval", "600000")


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_what_hides_behind_state_ok_is_told_at_once_and_no_more_when_it_was_mended(
    cluster_group: Start, version: str
) -> None:
    """One node gives a slot to somebody else, meets nobody where nobody is, and a shard loses its only replica."""
    group = cluster_group()
    owner, other, odd, replica = group.nodes[:4]
    with closed_port() as nowhere, watching(owner.address) as engine:
        fleet = until(engine, lambda fleet: well(fleet, group))
        assert outvoted(group) == set()
        assert len({id(one.cluster.belief) for one in only_group(fleet).nodes if one.cluster}) == 1, "read as one"
        keep_quiet(group, version)
        odd.ask("CLUSTER", "MEET", HOST, nowhere)
        odd.ask("CLUSTER", "SETSLOT", 7, "NODE", other.ask("CLUSTER", "MYID"))
        minds = {odd.address, group.nodes[5].address} if version.startswith("valkey") else {odd.address}
        assert outvoted(group) == minds, "Valkey tells the node's replica, too"
        fleet = until(engine, lambda fleet: dissenters(fleet) == minds, PERIOD + 2)
        assert consensus(only_group(fleet)).agree == 6 - len(minds)
        (finding,) = [one for one in fleet.findings if one.rule == "views-differ"]
        assert all(one in finding.message for one in minds)
        assert f"slots 7 to {other.address} instead of {owner.address}" in finding.message
        odd.ask("CLUSTER", "SETSLOT", 7, "NODE", owner.ask("CLUSTER", "MYID"))
        replica.kill()
        fleet = until(engine, lambda fleet: {"handshake-stuck", "shard-without-replica"} <= rules(fleet))
        (stuck,) = [one for one in fleet.findings if one.rule == "handshake-stuck"]
        assert (stuck.node, f"{HOST}:{nowhere}" in stuck.message) == (odd.address, True)
        assert f"{HOST}:{nowhere}@" in odd.ask("CLUSTER", "NODES")
        assert only_group(fleet).cluster.agree  # type: ignore[union-attr]
        for node in group.nodes:
            if node is not replica:
                node.ask("CONFIG", "SET", "cluster-node-timeout", "2000")
                if version.startswith("valkey"):
                    node.ask("CONFIG", "SET", "cluster-ping-interval", "1000")
        replica.start()
        until(engine, lambda fleet: well(fleet, group), 20)
        assert outvoted(group) == set()
