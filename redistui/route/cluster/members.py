"""Members of a cluster that its map does not list, and that a client misses none the less.

CLUSTER SLOTS leaves out a replica that has failed, one that has no data yet, and a primary whose slots another one took
over. CLUSTER NODES has all of them until the cluster forgets them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redistui.model import Address, Peer, host_of, port_of
from redistui.model.places import Role
from redistui.replies.cluster import read_nodes
from redistui.route.cluster.map import ClusterMap

NODES = ("CLUSTER", "NODES")
LEFT = "no slot is served by it any more: the map left it out"
FAILED = "the cluster calls it failed"
WITHOUT_DATA = "the cluster lists it for no slot: it has no data yet"


@dataclass(frozen=True, slots=True)
class Missing:
    """A member that the map does not list, and why not."""

    role: Role | None
    """replica, or None: of what was a primary nobody knows what it will be."""
    why_not: str


def read_members(reply: Any) -> dict[Address, Peer]:
    """Those of CLUSTER NODES that can be dialled, without those that are only being met. Raises BadReply."""
    return {
        peer.address: peer
        for peer in read_nodes(reply).peers
        if host_of(peer.address) and port_of(peer.address) and not {"handshake", "noaddr"} & {*peer.flags}
    }


def missing_of(members: Mapping[Address, Peer], known: ClusterMap) -> dict[Address, Missing]:
    """Members that failed, and replicas of a shard that has slots, as far as the map does not list them. One that never
    had slots is nobody's loss."""
    listed = {node for shard in known.shards for node in shard.nodes}
    serving = {peer.id for peer in members.values() if peer.address in listed}
    found: dict[Address, Missing] = {}
    for node, peer in members.items():
        if node in listed:
            continue
        replica: Role | None = None if peer.primary is None else "replica"
        if "fail" in peer.flags:
            found[node] = Missing(replica, FAILED)
        elif peer.primary in serving:
            found[node] = Missing(replica, WITHOUT_DATA)
    return found


def after(before: Mapping[Address, Missing], old: ClusterMap, new: ClusterMap) -> dict[Address, Missing]:
    """Who is missing once the map has changed: who was and still is not listed, and who was listed until now."""
    left = {node: Missing("replica", LEFT) for shard in old.shards for node in shard.replicas}
    left |= {shard.primary: Missing(None, LEFT) for shard in old.shards}
    listed = {node for shard in new.shards for node in shard.nodes}
    return {node: one for node, one in (left | dict(before)).items() if node not in listed}
