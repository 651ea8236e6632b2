"""Alerts on real faults: each is told within two polls of its cause, and is over when the cause is."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import cluster, sentinel
from redistui.engine.engine import Engine
from redistui.engine.observation import Observation
from redistui.model import Event, Fleet, Node
from tests.bench.alerts import Measured, measured
from tests.bench.faults import FAULTS, Fault
from tests.engine.watching import target, until, watching, whole
from tests.waiting import eventually

PERIOD = 0.5
TOGETHER = 0.7
"""Part of a period within which two polls of a server are one: what happens nearby makes us ask once more."""
SECONDS = 30.0
SOON = {
    "node-fault", "no-good-replica", "orphan-primary", "aof-failing", "rejected-connections", "eviction-storm",
    "full-sync-loop", "sentinels-disagree", "resurrected-primary", "open-slot", "epoch-conflict",
}  # fmt: skip
"""Rules whose faults are made and ended within seconds; `python -m tests.bench alerts` makes them all."""

Start = Callable[..., RunningGroup]


class Tape:
    """What an engine took in and told, in order."""

    def __init__(self) -> None:
        self.items: list[object] = []

    def __call__(self, item: object) -> None:
        self.items.append(item)

    def polls_before(self, change: str, rule: str, server: Server, cause: float) -> int:
        """Polls of a server that were begun after `cause` and had come in when the alert changed."""
        asked: list[float] = []
        for item in self.items:
            if isinstance(item, Observation) and item.address == server.address and item.asked_at > cause:
                if not asked or item.asked_at - asked[-1] > TOGETHER * PERIOD:
                    asked.append(item.asked_at)
            elif isinstance(item, Event) and tells(item, change, rule, server) and item.at > cause:
                return len(asked)
        raise AssertionError(f"{rule} was never {change}")


def tells(event: Event, change: str, rule: str, server: Server) -> bool:
    return event.kind == "alert" and event.about[:2] == (change, rule) and event.about[3] in ("", server.address)


def lasting(fleet: Fleet) -> set[tuple[str, str]]:
    return {(one.rule, one.node or "") for one in fleet.alerts if one.ended_at is None}


def untold(fleet: Fleet) -> set[tuple[str, str]]:
    """What lasts and is acknowledged or silenced."""
    return {(one.rule, one.node or "") for one in fleet.alerts if one.ended_at is None and not one.told}


def wait_for(engine: Engine, *alerts: tuple[str, Server]) -> None:
    wanted = {(rule, server.address) for rule, server in alerts}
    until(engine, lambda fleet: wanted <= lasting(fleet), SECONDS, f"not all of {wanted} were told")


def wait_for_peace(engine: Engine, *but: str) -> None:
    """No alert is left, but for those rules that tell of what is over for a while still."""
    until(engine, lambda fleet: {rule for rule, _ in lasting(fleet)} <= set(but), SECONDS, "the alerts are not over")


def test_what_happens_to_a_primary_and_its_replicas_is_told_and_is_over(replication_group: Start) -> None:
    """A replica hangs, another has no link, the primary's memory is full and it cannot save: all at once."""
    group, tape = replication_group(), Tape()
    primary, hangs, linkless = group.nodes
    (primary.directory / "dump.rdb").mkdir()  # a file that no save can take the place of
    with watching(target(primary.address, title="orders"), period=PERIOD, record=tape) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings, SECONDS)
        hangs.hang()
        primary.ask("ACL", "SETUSER", "default", "-psync", "-sync")
        primary.ask("CLIENT", "KILL", "TYPE", "replica")
        primary.ask("CONFIG", "SET", "maxmemory", "1000")
        cause = time.time()
        eventually(lambda: primary.ask("BGSAVE"), SECONDS)
        wait_for(
            engine, ("node-down", hangs), ("link-down", linkless), ("memory-full", primary), ("save-failing", primary)
        )
        assert tape.polls_before("raised", "link-down", linkless, cause) <= 2
        assert tape.polls_before("raised", "memory-full", primary, cause) <= 2
        engine.acknowledge(("memory-full", "orders", primary.address))
        engine.silence(node=hangs.address, until=cause + 3600)
        until(engine, lambda fleet: untold(fleet) == {("memory-full", primary.address), ("node-down", hangs.address)})

        hangs.resume()
        primary.ask("ACL", "SETUSER", "default", "+psync", "+sync")
        primary.ask("CONFIG", "SET", "maxmemory", "0")
        (primary.directory / "dump.rdb").rmdir()
        eventually(lambda: primary.ask("BGSAVE"), SECONDS)
        wait_for_peace(engine)
        assert told(tape, "over") >= {"node-down", "link-down", "memory-full", "save-failing"}


def test_an_emptied_primary_and_a_second_one_are_told_and_are_over(replication_group: Start) -> None:
    group, tape = replication_group(), Tape()
    primary, second, _ = group.nodes
    for number in range(100):
        primary.ask("SET", f"key:{number}", "x")
    with watching(target(primary.address, title="orders"), period=PERIOD, record=tape) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings, SECONDS)
        until(engine, lambda fleet: fleet.groups[0].nodes[0].metric("keys") == 100, SECONDS)
        second.ask("REPLICAOF", "NO", "ONE")
        until(engine, lambda fleet: ("two-primaries", second.address) in lasting(fleet), SECONDS)
        second.ask("REPLICAOF", *primary.address.split(":"))
        wait_for_peace(engine)

        primary.kill()
        cause = time.time()
        wait_for(engine, ("node-down", primary))
        assert tape.polls_before("raised", "node-down", primary, cause) <= 2
        primary.start()
        wait_for(engine, ("emptied-primary", primary))
        for number in range(100):
            primary.ask("SET", f"key:{number}", "x")
        wait_for_peace(engine)


@pytest.mark.versions("valkey-9.1")
def test_a_lost_quorum_and_slots_without_an_owner_are_told_and_are_over(demo_fleet: Callable[..., DemoFleet]) -> None:
    groups = demo_fleet((sentinel("orders", 1), cluster("catalog", 3, replicas=0))).groups
    orders, catalog = groups["orders"], groups["catalog"]
    gone, owner = orders.sentinels[:2], catalog.nodes[0]
    seeds = [target(orders.sentinels[2].address, wanted="sentinel"), target(owner.address, title="catalog")]
    with watching(*seeds, period=PERIOD) as engine:
        usual = {"shard-without-replica"}
        until(engine, lambda fleet: len(fleet.groups) == 2 and fleet.complete, SECONDS)
        wait_for_peace(engine, *usual)
        for one in gone:
            one.kill()
        owner.ask("CLUSTER", "DELSLOTS", "7")
        until(engine, lambda fleet: {rule for rule, _ in lasting(fleet)} >= {"quorum-lost", "slots-uncovered"}, SECONDS)
        owner.ask("CLUSTER", "ADDSLOTS", "7")
        for one in gone:
            one.start()
        wait_for_peace(engine, *usual)


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_what_fails_in_other_ways_is_told_within_two_polls_and_is_over(version: str) -> None:
    """Side by side in groups of their own; of what is told for a minute no end is waited for. What was late on a busy
    machine is made once more: what is late by itself is late again."""
    found = soon(version, [fault for fault in FAULTS if fault.rule in SOON])
    late = [fault for fault, one in found.items() if polls(one) > 2]
    again = soon(version, late) if late else {}
    assert [f"{fault.rule}, {fault.doc}: {one.came}" for fault, one in again.items() if polls(one) > 2] == []
    for fault, one in {**found, **again}.items():
        assert not one.trouble, f"{fault.rule}, {fault.doc}: {one.trouble}"
        assert fault.tells_for or one.went is not None, f"{fault.rule}, {fault.doc}: never over"


def soon(version: str, wanted: list[Fault]) -> dict[Fault, Measured]:
    return measured(version, wanted, period=2 * PERIOD, longest=0.0)


def polls(one: Measured) -> float:
    """From the cause until the alert."""
    return float("inf") if one.came is None else one.came[0]


def told(tape: Tape, change: str) -> set[str]:
    """The rules of which this was told."""
    alerts = [item for item in tape.items if isinstance(item, Event) and item.kind == "alert"]
    return {one.about[1] for one in alerts if one.about[0] == change}


@pytest.mark.versions("valkey-9.1", "redis-7.0")  # 6.2 does so only where it is bound to no address
def test_whoever_hangs_up_on_a_hung_server_was_not_refused_for_maxclients(replication_group: Start) -> None:
    """Servers count it as refused all the same."""
    primary = replication_group(replicas=1).primary
    with watching(primary.address, period=PERIOD) as engine:
        until(engine, lambda fleet: len(fleet.groups[0].nodes) == 2 and not fleet.findings)
        primary.hang()
        with socket.create_connection(primary.address.split(":")) as caller:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        primary.resume()
        eventually(lambda: int(primary.info("stats")["rejected_connections"]) >= 1, 10)
        fleet = until(engine, lambda fleet: seen(fleet, primary).totals["rejected"] >= 1 and seen(fleet, primary).up)
        assert "rejected-connections" not in {finding.rule for finding in fleet.findings}


def seen(fleet: Fleet, server: Server) -> Node:
    return next(node for node in fleet.groups[0].nodes if node.address == server.address)
