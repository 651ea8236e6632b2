"""Preflight of a pause: for how long, where, and whether a Sentinel would take it for an outage.

A Sentinel says hello through the primary (PUBLISH) every 2 s, and CLIENT PAUSE ... WRITE makes it wait like any other
client that writes. Measured on Redis 6.2, 7.0 and Valkey 9.1: a pause that outlasts down-after makes the Sentinels
fail over. A cluster's own bus is not held by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from redistui.model import Address, Fleet, Group
from redistui.ops.action import Aim, Check
from redistui.ops.checks import answer, failed, names, passed, version_of, warned

SECONDS = re.compile(r"[0-9]{1,4}(\.[0-9]{1,3})?")
SHORTEST_MS = 1_000
LONGEST_MS = 600_000


def milliseconds(word: str) -> int | None:
    """A number of seconds as it is typed; None where it is none.

    >>> [milliseconds(word) for word in ("20", "2.5", "-1", "1e3", "2s", "٣")]
    [20000, 2500, None, None, None, None]
    """
    return round(float(word) * 1000) if SECONDS.fullmatch(word) else None


def length(word: str) -> Check:
    ms = milliseconds(word)
    if ms is None:
        return failed(f"{word!r} is no number of seconds")
    if not SHORTEST_MS <= ms <= LONGEST_MS:
        return failed(f"{ms / 1000:g} s: a pause lasts from {SHORTEST_MS // 1000} to {LONGEST_MS // 1000} s")
    return passed(f"the pause ends by itself after {ms / 1000:g} s")


def targets(group: Group, aim: Aim) -> tuple[Address, ...]:
    """The nodes that are meant: of a cluster the one that is named, or each that owns slots; else the primary."""
    if aim.options.get("node"):
        return (aim.options["node"],)
    if group.cluster is None:
        return (group.primary,) if group.primary is not None else ()
    return tuple(sorted(shard.primary for shard in group.cluster.shards if shard.slot_count)) if _all(aim) else ()


def _all(aim: Aim) -> bool:
    return "all" in aim.options


def where(fleet: Fleet, group: Group, aim: Aim, *, primary: bool) -> Iterator[Check]:
    """Whether it is clear which nodes are meant, and they can be relied on. `primary`: nothing else will do."""
    if aim.options.get("node") and _all(aim):
        yield failed("--node and --all: only one of them")
        return
    nodes = targets(group, aim)
    if group.kind == "cluster" and not nodes:
        own = names(sorted(shard.primary for shard in group.cluster.shards)) if group.cluster is not None else ""
        yield failed(f"a cluster has a primary for each shard: --node NODE names one ({own}), --all means each of them")
    elif not nodes:
        yield failed(f"the primary of {group.name} is not known")
    for address in nodes:
        yield _target(fleet, group, address, primary)


def _target(fleet: Fleet, group: Group, address: Address, primary: bool) -> Check:
    node = group.node(address)
    if node is None:
        return failed(f"{address} is no node of {group.name}")
    problem = answer(fleet, node)
    if problem:
        return failed(problem)
    if primary and node.role != "primary":
        instead = "" if group.primary is None else f"; the primary is {group.primary}"
        return failed(f"{address} is a {node.role or 'node of unknown role'}, which takes no writes{instead}")
    if version_of(node) < (6, 2):
        return failed(f"{address} runs {node.version or 'an unknown version'}; this needs 6.2 or later")
    state = None if node.replication is None else node.replication.failover_state
    if state not in (None, "no-failover"):
        return failed(f"{address} is in a FAILOVER ({state}), which holds writes by itself")
    return passed(f"{address} answers, and is a {node.role or 'node of unknown role'}")


def sentinels(group: Group, word: str) -> Iterator[Check]:
    """Whether the pause is shorter than what any of them, also one that is silent now, takes for an outage."""
    watches = group.watches()
    ms = milliseconds(word)
    if not watches or ms is None:
        if group.kind == "sentinel":
            yield failed("what the Sentinels go by is not known yet")
        return
    silent = [f"{s.address}" for s in group.sentinels if s.address not in {who.address for who, _ in watches}]
    if silent:
        yield failed(
            f"{names(silent)}: its down-after is not known, and a longer pause would make it vote for a failover"
        )
    limits = [watch.down_after_ms for _, watch in watches]
    shortest = min((limit or 0) for limit in limits)
    said = f"the shortest down-after of the Sentinels is {shortest / 1000:g} s"
    if any("failover_in_progress" in watch.flags for _, watch in watches):
        yield failed("a failover is in progress")
    if ms >= shortest:
        yield failed(f"{said}: a pause of {ms / 1000:g} s makes them fail over, and the pause is lost with the primary")
    elif ms >= shortest / 2:
        yield warned(f"{said}: a pause of more than half of it, and one lost packet besides, makes them fail over")
    else:
        yield passed(f"{said}, more than twice the pause")


def known_sentinels(group: Group) -> int:
    """How many may be connected to its primary."""
    return len(group.sentinels)
