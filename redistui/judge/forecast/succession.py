"""Who of a shard's replicas stands for election, and who of them is first (clusterHandleReplicaFailover).

A replica stands when it has data that are not older than node-timeout * validity-factor + repl-ping-replica-period,
and is not set to cluster-replica-no-failover. The one with the highest offset asks for votes first; each that is behind
waits a second longer for everyone before it, so that with equals chance decides (half a second of jitter).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from redistui.judge.forecast.voters import Members
from redistui.judge.forecast.world import Assumed, amount_behind, furthest, standing
from redistui.model import Address, Group, Node, Shard


class Runners(NamedTuple):
    """`level`: those that are equally first, by address; empty: nobody stands. `fit`: all that stand."""

    level: tuple[Node, ...]
    why_not: Mapping[Address, str]
    fit: tuple[Node, ...] = ()


def runners(group: Group, shard: Shard, who: Members, assumed: Assumed) -> Runners:
    """Of one shard whose primary is gone."""
    why_not: dict[Address, str] = {}
    fit = []
    for address in shard.replicas:
        node = group.node(address)
        reason = who.out.get(address) or _unfit(node, address, who, assumed)
        if reason is None and node is not None:
            fit.append(node)
        else:
            why_not[address] = reason or "nothing is known of it"
    if not fit:
        return Runners((), why_not)
    primary = group.node(shard.primary)
    stands = [standing(node, primary) for node in fit]
    level = tuple(sorted((one.node for one in furthest(stands, primary)), key=lambda node: node.address))
    best = max(one.offset for one in stands)
    for one in stands:
        if one.node not in level:
            behind = amount_behind(best - one.offset)
            why_not[one.node.address] = f"it is {behind} behind {level[0].address}, and so asks for votes later"
    return Runners(level, why_not, tuple(fit))


def _unfit(node: Node | None, address: Address, who: Members, assumed: Assumed) -> str | None:
    """Why a replica that is left does not stand."""
    if node is None:
        return "nothing is known of it"
    if address in who.unwilling:
        return "it is set never to take over (cluster-replica-no-failover)"
    own = node.replication
    if own is None:
        return "it does not say how far on it is"
    if own.link != "down":
        return None
    if own.link_down_seconds is None or own.link_down_seconds < 0:
        return "it has not finished its first sync: it has nothing to take over with"
    limit = validity_limit(assumed)
    if limit is not None and own.link_down_seconds + assumed.node_timeout / 4 > limit:
        return f"its data are {own.link_down_seconds} s old; cluster-replica-validity-factor allows {limit:g} s"
    return None


def validity_limit(assumed: Assumed) -> float | None:
    """Seconds that a replica's data may be old; None: any age."""
    if not assumed.validity_factor:
        return None
    return assumed.ping_period + assumed.node_timeout * assumed.validity_factor


def seconds_out(heir: Node, assumed: Assumed) -> float:
    """About, as measured at node-timeout 2 and 5 s: the best replica of Valkey 9.1 stands at once, others wait."""
    quick = heir.server == "valkey" and _numbers(heir.version) >= (9, 1)
    return round(1.25 * assumed.node_timeout + 0.2 if quick else 1.5 * assumed.node_timeout + 0.9, 1)


def _numbers(version: str | None) -> tuple[int, ...]:
    return tuple(int(part) for part in (version or "").split(".")[:2] if part.isdecimal())
