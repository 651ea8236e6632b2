"""cluster100: a cluster of a hundred real nodes, found whole, and what it costs us to keep asking all of them."""

from __future__ import annotations

import time
from collections.abc import Callable

from redistui.demo.binaries import engine_path
from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.shapes import cluster
from redistui.engine.engine import Engine
from redistui.judge.consensus import consensus
from redistui.model import SLOTS, Fleet, Target
from tests.bench.table import Table

SHARDS = 50
UP_SECONDS = 240.0
SETTINGS = {"maxmemory": "8mb", "cluster-node-timeout": "15000", "activerehashing": "no", "hz": "5"}
ASKED = ("role", "info", "cluster|info", "cluster|nodes", "cluster|links")


def measure(seconds: float) -> Table:
    """Formed, found, asked for a while, and told of a node of another mind."""
    table = Table(f"cluster100: {2 * SHARDS} cluster nodes at 1 Hz", ("", ""))
    began = time.monotonic()
    shape = cluster("hundred", SHARDS, replicas=1).with_settings(SETTINGS)
    with DemoFleet((shape,), engine_path(), traffic=False, seconds=UP_SECONDS) as fleet:
        table.add("formed by the demo's own code", f"{time.monotonic() - began:.1f} s")
        group = fleet.groups["hundred"]
        engine = Engine([Target((group.nodes[0].address,), wanted="cluster")], period=1.0)
        try:
            engine.start()
            table.add("from one address to all nodes agreeing", f"{_waited(engine, whole, 60):.2f} s")
            _polling(engine, group, table, seconds)
            _odd(engine, group, table)
        finally:
            engine.stop()
    return table


def whole(fleet: Fleet) -> bool:
    """All nodes are there, each has shown its view, and all slots are owned by one of the shards."""
    (group,) = fleet.groups or (None,)
    if group is None or group.cluster is None or not fleet.complete or fleet.findings:
        return False
    said = consensus(group)
    return said.agree == len(group.nodes) == 2 * SHARDS and group.cluster.slots_assigned == SLOTS


def _waited(engine: Engine, condition: Callable[[Fleet], bool], seconds: float) -> float:
    began = time.monotonic()
    if not condition(engine.wait(condition, seconds)):
        raise RuntimeError(f"{condition.__name__}: not within {seconds:g} s")
    return time.monotonic() - began


def _polling(engine: Engine, group: RunningGroup, table: Table, seconds: float) -> None:
    """Our process does nothing else meanwhile: its CPU is the engine's."""
    calls, sent, cpu, began = _calls(group), _sent(group), time.process_time(), time.monotonic()
    while time.monotonic() - began < seconds:
        time.sleep(0.5)
    cpu, took = time.process_time() - cpu, time.monotonic() - began
    after, received = _calls(group), _sent(group) - sent
    nodes = len(group.nodes)
    table.add(
        "CPU of ours", f"{100 * cpu / took:.1f} % of a core, {1e6 * cpu / took / nodes:.0f} us per node and second"
    )
    table.add(
        "bytes that all nodes sent us", f"{received / took / 1024:.0f} KiB/s, {received / took / nodes:.0f} B/s each"
    )
    for name in ASKED:
        table.add(f"{name.replace('|', ' ').upper()} a second", f"{(after[name] - calls[name]) / took:.1f}")
    if not whole(engine.fleet):
        raise RuntimeError("the cluster is not whole any more")


def _calls(group: RunningGroup) -> dict[str, int]:
    """How often each command was called, in all nodes together. Redis 6.2 counts CLUSTER as one."""
    counts = dict.fromkeys(ASKED, 0)
    for node in group.nodes:
        stats = node.info("commandstats")
        for name in ASKED:
            said = stats.get(f"cmdstat_{name}", "calls=0")
            counts[name] += int(said.partition("calls=")[2].partition(",")[0])
    return counts


def _sent(group: RunningGroup) -> int:
    """What all nodes sent to clients; the little that we ask here is in it."""
    return sum(int(node.info("stats")["total_net_output_bytes"]) for node in group.nodes)


def _odd(engine: Engine, group: RunningGroup, table: Table) -> None:
    """One primary gives a slot of the first shard to another one, while the members hear little of each other."""
    owner, other, odd = group.nodes[0], group.nodes[20], group.nodes[40]
    if not owner.ask("CONFIG", "GET", "cluster-ping-interval"):
        table.notes.append("This server has no cluster-ping-interval: who is of another mind was not measured.")
        return
    for node in group.nodes:
        node.ask("CONFIG", "SET", "cluster-ping-interval", "600000")
    odd.ask("CLUSTER", "SETSLOT", 0, "NODE", other.ask("CLUSTER", "MYID"))

    def named(fleet: Fleet) -> bool:
        return odd.address in {one.node for one in consensus(fleet.groups[0]).dissenters}

    table.add("a node of another mind is named after", f"{_waited(engine, named, 60):.2f} s")
    odd.ask("CLUSTER", "SETSLOT", 0, "NODE", owner.ask("CLUSTER", "MYID"))
    table.add("and no more after it was put right", f"{_waited(engine, whole, 60):.2f} s")
