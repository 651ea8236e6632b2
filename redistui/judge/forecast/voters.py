"""Who of a cluster is left, and whether enough primaries are to hold a vote.

Votes have the primaries with slots; those that failed still count in what is a majority (cluster_size of CLUSTER INFO).
It takes one to call a primary failed, one to elect its successor, and without one every node refuses to serve.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from redistui.judge.beliefs import belief_of, views
from redistui.judge.forecast.world import Assumed, gone
from redistui.model import Address, Cluster, Fleet, Group, Node


@dataclass(frozen=True, slots=True)
class Members:
    """`out`: who takes no part any more, and why. `unwilling`: replicas set to never stand (flag `nofailover`)."""

    out: Mapping[Address, str]
    unwilling: frozenset[Address]


@dataclass(frozen=True, slots=True)
class Votes:
    """Primaries with slots: all, and those left."""

    of: int
    left: int

    @property
    def needed(self) -> int:
        return self.of // 2 + 1

    @property
    def held(self) -> bool:
        return self.left >= self.needed


def members(fleet: Fleet, group: Group, killed: frozenset[Address], assumed: Assumed) -> Members:
    """Who is out: lost now, silent, or failed for most of the others."""
    failed: Counter[Address] = Counter()
    doubted: set[Address] = set()
    unwilling: set[Address] = set()
    seen = [(node, view) for node, view in views(group.nodes) if not gone(node, killed)]
    for belief, many in Counter(belief_of(view) for _, view in seen).items():  # a thousand may say the same
        for peer in belief.peers:
            failed[peer.address] += many * ("fail" in peer.flags)
            if peer.flags & {"fail", "fail?"} or not peer.link_up:
                doubted.add(peer.address)
            if "nofailover" in peer.flags:
                unwilling.add(peer.address)
    out = {}
    for node in group.nodes:
        why = gone(node, killed)
        if why is not None and node.address not in killed and _only_from_here(fleet, node, doubted, assumed) and seen:
            why = None
        if why is None and 2 * failed[node.address] > len(seen):
            why = "the cluster holds it to be failed"
        if why is not None:
            out[node.address] = why
    out |= {address: "it is lost as well" for address in killed if group.node(address) is None}
    return Members(out, frozenset(unwilling))


def _only_from_here(fleet: Fleet, node: Node, doubted: set[Address], assumed: Assumed) -> bool:
    """It has been silent to us for longer than the cluster would take to notice, and nobody there has."""
    if node.fault is None or node.address in doubted:
        return False
    return fleet.at - node.fault.since > 2 * assumed.node_timeout


def votes(cluster: Cluster, who: Members) -> Votes:
    voting = [shard for shard in cluster.shards if shard.slot_count]
    return Votes(len(voting), sum(shard.primary not in who.out for shard in voting))
