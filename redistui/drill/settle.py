"""When everything has come to rest after a drill: all views agree, and whoever was away is back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from redistui.drill.ground import Ground
from redistui.model import Fleet, Group, Node

STILL_SECONDS = 2.0
"""So long it has to stay so."""
LOOK_SECONDS = 0.1


class Watcher(Protocol):
    """Of the engine, what looks."""

    @property
    def fleet(self) -> Fleet: ...


def settle(engine: Watcher, grounds: Sequence[Ground], seconds: float, check: Callable[[], None] = lambda: None) -> str:
    """Waits until all is as it should be and has stayed so; what is missing when the time is up, empty: nothing.

    `check` is called all the while, and may raise.
    """
    deadline = time.monotonic() + seconds
    began = time.time()
    since: float | None = None
    while True:
        check()
        fleet = engine.fleet
        wrong = unsettled(fleet, grounds) if fleet.at > began else "nothing was seen of it yet"
        now = time.monotonic()
        since = (since or now) if not wrong else None
        if since is not None and now - since >= STILL_SECONDS:
            return ""
        if now > deadline:
            return wrong or "it had not been so for long"
        time.sleep(LOOK_SECONDS)


def unsettled(fleet: Fleet, grounds: Sequence[Ground]) -> str:
    """What is not yet as it should be, the first thing found; empty: all is."""
    return next((wrong for ground in grounds for wrong in _of_group(fleet, ground)), "")


def _of_group(fleet: Fleet, ground: Ground) -> Iterator[str]:
    group = fleet.group(ground.name)
    if group is None:
        yield f"{ground.name} is not to be seen"
        return
    here = {node.address: node for node in group.nodes}
    for address in ground.nodes:
        node = here.get(address)
        if node is not None and (node.fault is not None or fleet.freshness(node.seen_at) != "fresh"):
            yield f"{address} does not answer as it should"
    yield from _of_cluster(group) if group.kind == "cluster" else _of_primary(group)
    yield from (wrong for node in group.nodes if node.up and node.role == "replica" for wrong in _of_replica(node))


def _of_primary(group: Group) -> Iterator[str]:
    primaries = [node.address for node in group.nodes if node.up and node.role == "primary"]
    if primaries != [group.primary]:
        yield f"{', '.join(primaries) or 'nobody'} of {group.name} says that it is primary"
    for sentinel, watch in group.watches():
        if sentinel.up and not sentinel.tilt and watch.primary != group.primary:
            yield f"the Sentinel {sentinel.address} names {watch.primary} as primary"
        if "failover_in_progress" in watch.flags:
            yield f"the Sentinel {sentinel.address} is still at a failover"


def _of_cluster(group: Group) -> Iterator[str]:
    cluster = group.cluster
    if cluster is None:
        yield f"nobody tells the slot map of {group.name}"
        return
    if cluster.state != "ok" or cluster.failing:
        yield f"{group.name} does not serve all of its slots"
    if not cluster.agree:
        yield f"{', '.join(cluster.dissenters) or 'some'} of {group.name} see another slot map"
    for shard in cluster.shards:
        node = group.node(shard.primary)
        if shard.slot_count and (node is None or node.role != "primary"):
            yield f"{shard.primary}, which owns slots, does not say that it is primary"


def _of_replica(node: Node) -> Iterator[str]:
    if node.replication is None or node.replication.link != "up":
        yield f"the link of {node.address} to its primary is not up"
