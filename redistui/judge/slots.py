"""The cluster as a whole, drawn from every node's own view.

A node's own line is the best witness of the slots it serves; of a node that is silent, the others' newest view is
taken. Of two claims to one slot the higher config epoch wins, as it does in the cluster. Whoever sees another map than
the one drawn here is a dissenter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from redistui.model import SLOTS, Address, Cluster, ClusterView, Node, OpenSlot, Peer, Shard

Ranges = tuple[tuple[int, int], ...]
_SUSPECT = frozenset({"fail", "fail?"})


class _Claim(NamedTuple):
    peer: Peer
    address: Address


def chart(nodes: Sequence[Node]) -> Cluster | None:
    """The cluster's map; None while no node has shown its view."""
    views = [(node, node.cluster) for node in nodes if node.cluster is not None and node.cluster.peers and node.up]
    if not views:
        return None
    claims = _claims(views)
    owners_by_id = _owners(claims)
    shards = _shards(claims, views, owners_by_id, nodes)
    index = {shard.id: number for number, shard in enumerate(shards)}
    owners = tuple(index.get(owner, -1) for owner in owners_by_id)
    picture = {shard.id: shard.slots for shard in shards if shard.slots}
    dissenters = tuple(node.address for node, view in views if _map_of(view) != picture)
    best = max((view for _, view in views), key=lambda view: view.epoch or 0)
    return Cluster(
        state=_state(views),
        epoch=best.epoch,
        shards=shards,
        owners=owners,
        open_slots=_open_slots(views),
        failing=_failing(shards, views, nodes),
        agree=not dissenters,
        dissenters=dissenters,
        slots_assigned=sum(shard.slot_count for shard in shards),
        slots_ok=best.slots_ok,
        slots_pfail=best.slots_pfail,
        slots_fail=best.slots_fail,
    )


def _claims(views: Sequence[tuple[Node, ClusterView]]) -> Mapping[str, _Claim]:
    """Node id -> its line: its own where it answers, else that of the newest view."""
    found: dict[str, _Claim] = {}
    for _, view in sorted(views, key=lambda pair: pair[1].epoch or 0):
        for peer in view.peers:
            if not peer.flags & {"handshake", "noaddr"}:
                found[peer.id] = _Claim(peer, peer.address)
    for node, view in views:
        own = next((peer for peer in view.peers if peer.id == view.myself), None)
        if own is not None:
            found[own.id] = _Claim(own, node.address)
    return found


def _owners(claims: Mapping[str, _Claim]) -> list[str]:
    owners = [""] * SLOTS
    for id_, claim in sorted(claims.items(), key=lambda item: (item[1].peer.epoch, item[0])):
        for first, last in claim.peer.slots:
            owners[first : last + 1] = [id_] * (last - first + 1)
    return owners


def _shards(
    claims: Mapping[str, _Claim],
    views: Sequence[tuple[Node, ClusterView]],
    owners: Sequence[str],
    nodes: Sequence[Node],
) -> tuple[Shard, ...]:
    held = ranges_by_owner(owners)
    keys = {node.address: node.metric("keys") for node in nodes}
    replicas: dict[str, list[Address]] = {}
    for claim in claims.values():
        if claim.peer.primary is not None:
            replicas.setdefault(claim.peer.primary, []).append(claim.address)
    primaries = [
        (id_, claim)
        for id_, claim in claims.items()
        if claim.peer.primary is None and "replica" not in claim.peer.flags  # a replica may know no primary yet
    ]
    made = []
    for id_, claim in primaries:
        count = keys.get(claim.address)
        slots = held.get(id_, ())
        made.append(
            Shard(
                id=id_,
                primary=claim.address,
                replicas=tuple(sorted(replicas.get(id_, ()))),
                slots=slots,
                slot_count=sum(last - first + 1 for first, last in slots),
                epoch=claim.peer.epoch,
                keys=None if count is None else int(count),
            )
        )
    return tuple(sorted(made, key=lambda shard: (shard.slots[0][0] if shard.slots else SLOTS, shard.primary)))


def ranges_by_owner(owners: Sequence[str]) -> Mapping[str, Ranges]:
    """Runs of equal owners as ranges, both ends included.

    >>> ranges_by_owner(["a", "a", "", "b", "a"])
    {'a': ((0, 1), (4, 4)), 'b': ((3, 3),)}
    """
    found: dict[str, list[tuple[int, int]]] = {}
    start = 0
    for slot in range(1, len(owners) + 1):
        if slot == len(owners) or owners[slot] != owners[start]:
            if owners[start]:
                found.setdefault(owners[start], []).append((start, slot - 1))
            start = slot
    return {owner: tuple(ranges) for owner, ranges in found.items()}


def _map_of(view: ClusterView) -> Mapping[str, Ranges]:
    return {peer.id: peer.slots for peer in view.peers if peer.slots}


def _open_slots(views: Iterable[tuple[Node, ClusterView]]) -> tuple[OpenSlot, ...]:
    found = {opened for _, view in views for opened in view.open_slots if _is_primary(view)}
    return tuple(sorted(found, key=lambda one: (one.slot, one.kind, one.node)))


def _is_primary(view: ClusterView) -> bool:
    """Valkey 9 replicates open slots to the replicas: they are the primary's to tell."""
    return any(peer.id == view.myself and peer.primary is None for peer in view.peers)


def _failing(
    shards: Sequence[Shard], views: Sequence[tuple[Node, ClusterView]], nodes: Sequence[Node]
) -> frozenset[int]:
    suspects = {peer.id for _, view in views for peer in view.peers if peer.flags & _SUSPECT}
    down = {node.address for node in nodes if node.fault is not None and node.fault.down}
    return frozenset(
        slot
        for shard in shards
        if shard.id in suspects or shard.primary in down
        for first, last in shard.slots
        for slot in range(first, last + 1)
    )


def _state(views: Sequence[tuple[Node, ClusterView]]) -> Literal["ok", "fail"] | None:
    """As most of the nodes say; a node that has just joined says "fail" for a while."""
    said = Counter(view.state for _, view in views if view.state is not None)
    return said.most_common(1)[0][0] if said else None


def uncovered(cluster: Cluster) -> Ranges:
    """Slots that nobody owns, as ranges."""
    return ranges_by_owner(["-" if owner < 0 else "" for owner in cluster.owners]).get("-", ())
