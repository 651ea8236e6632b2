"""The cluster as a whole, drawn from every node's own view.

A node's own line is the best witness of the slots it serves; of a node that is silent, the others' newest view is
taken. Of two claims to one slot the higher config epoch wins, as it does in the cluster. Whoever shows another map than
most nodes do is a dissenter. Views that say the same (redistui.judge.beliefs) are gone through once.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from redistui.judge.beliefs import Owners, belief_of, count_votes, views
from redistui.model import SLOTS, Address, Belief, Cluster, ClusterView, Node, OpenSlot, Peer, Ranges, Shard

MOMENT = 0.9
"""Seconds within which a change of the map reaches every node, and us, who ask once a second."""
_UNSETTLED = frozenset({"handshake", "noaddr"})


class _Claim(NamedTuple):
    peer: Peer
    address: Address


def chart(nodes: Sequence[Node]) -> Cluster | None:
    """The cluster's map; None while no node has shown its view."""
    seen = views(nodes)
    if not seen:
        return None
    claims, votes = _claims(seen), count_votes(seen)
    owners_by_id = _owners(claims)
    _keep_on_the_move(owners_by_id, votes.map, in_motion(seen))
    shards = _shards(claims, owners_by_id, nodes)
    index = {shard.id: number for number, shard in enumerate(shards)}
    owners = tuple(index.get(owner, -1) for owner in owners_by_id)
    dissenters = tuple(node.address for node in votes.dissenters)
    best = max((view for _, view in seen), key=lambda view: view.epoch or 0)
    return Cluster(
        state=_state(seen),
        epoch=best.epoch,
        shards=shards,
        owners=owners,
        open_slots=_open_slots(seen),
        failing=_failing(shards, seen, nodes),
        agree=not dissenters,
        dissenters=dissenters,
        slots_assigned=sum(shard.slot_count for shard in shards),
        slots_ok=best.slots_ok,
        slots_pfail=best.slots_pfail,
        slots_fail=best.slots_fail,
    )


def _claims(seen: Sequence[tuple[Node, ClusterView]]) -> Mapping[str, _Claim]:
    """Node id -> its line: its own where it answers, else that of the newest view."""
    newest: dict[Belief, int] = {}
    for _, view in seen:
        belief = belief_of(view)
        newest[belief] = max(newest.get(belief, 0), view.epoch or 0)
    found: dict[str, _Claim] = {}
    for belief in sorted(newest, key=lambda one: newest[one]):
        for peer in belief.peers:
            if not peer.flags & _UNSETTLED:
                found[peer.id] = _Claim(peer, peer.address)
    for node, view in seen:
        own = own_line(view)
        if own is not None:
            found[own.id] = _Claim(own, node.address)
    return found


def own_line(view: ClusterView) -> Peer | None:
    """What a node says of itself."""
    belief = belief_of(view)
    where = bisect_left(belief.peers, view.myself or "", key=lambda peer: peer.id)
    found = belief.peers[where] if where < len(belief.peers) else None
    return found if found is not None and found.id == view.myself else None


def _owners(claims: Mapping[str, _Claim]) -> list[str]:
    owners = [""] * SLOTS
    for id_, claim in sorted(claims.items(), key=lambda item: (item[1].peer.epoch, item[0])):
        for first, last in claim.peer.slots:
            owners[first : last + 1] = [id_] * (last - first + 1)
    return owners


def in_motion(seen: Sequence[tuple[Node, ClusterView]]) -> frozenset[str]:
    """Ids of the nodes whose map changed a moment ago, so that the others' may not have been read since."""
    now = max((view.at for _, view in seen if view.at is not None), default=0.0)
    return frozenset(
        view.myself for _, view in seen if view.myself and view.map_since is not None and now - view.map_since < MOMENT
    )


def _keep_on_the_move(owners: list[str], before: Owners, moving: frozenset[str]) -> None:
    """A slot that its owner has just given away, and whose new owner was read too early to say so, is not bare."""
    for id_, ranges in before if moving and "" in owners else ():
        if id_ in moving:
            for first, last in ranges:
                owners[first : last + 1] = [owner or id_ for owner in owners[first : last + 1]]


def _shards(
    claims: Mapping[str, _Claim],
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


def _open_slots(seen: Iterable[tuple[Node, ClusterView]]) -> tuple[OpenSlot, ...]:
    """Valkey's replicas repeat what their primary has open: that is the primary's to tell."""
    by_leader, alone = open_by_leader(seen)
    found = {*(one for opened in by_leader.values() for one in opened), *alone}
    return tuple(sorted(found, key=lambda one: (one.slot, one.kind, one.node)))


def open_by_leader(
    seen: Iterable[tuple[Node, ClusterView]],
) -> tuple[Mapping[str, tuple[OpenSlot, ...]], tuple[OpenSlot, ...]]:
    """What each primary has open, by its id; and what a replica has open that its primary has not. Valkey tells its
    replicas of an order before it carries it out: where the one who ordered is gone in between, only they have it."""
    by_leader: dict[str, tuple[OpenSlot, ...]] = {}
    repeated: list[tuple[str, tuple[OpenSlot, ...]]] = []
    for _, view in seen:
        own = own_line(view) if view.open_slots or view.myself else None
        if own is not None and own.primary is None and "replica" not in own.flags:
            by_leader[own.id] = view.open_slots
        elif own is not None and own.primary is not None and view.open_slots:
            repeated.append((own.primary, view.open_slots))
    alone: list[OpenSlot] = []
    for leader, opened in repeated:
        theirs = {(one.slot, one.kind) for one in by_leader.get(leader, opened)}  # a silent one may have them, too
        alone += [one for one in opened if (one.slot, one.kind) not in theirs]
    return by_leader, tuple(alone)


def _failing(
    shards: Sequence[Shard], seen: Sequence[tuple[Node, ClusterView]], nodes: Sequence[Node]
) -> frozenset[int]:
    suspects = _suspects(seen)
    down = {node.address for node in nodes if node.fault is not None and node.fault.down}
    return frozenset(
        slot
        for shard in shards
        if shard.id in suspects or shard.primary in down
        for first, last in shard.slots
        for slot in range(first, last + 1)
    )


def _suspects(seen: Sequence[tuple[Node, ClusterView]]) -> frozenset[str]:
    """Members that the majority has declared to fail, or that half of the others at least hold to: a node that is cut
    off holds everybody else to fail, and is the only one."""
    failed: set[str] = set()
    doubts: Counter[str] = Counter()
    for belief, viewers in Counter(belief_of(view) for _, view in seen).items():
        for peer in belief.peers:
            if "fail" in peer.flags:
                failed.add(peer.id)
            elif "fail?" in peer.flags:
                doubts[peer.id] += viewers
    if doubts:
        answering = {view.myself for _, view in seen}
        failed |= {id_ for id_, count in doubts.items() if 2 * count >= len(seen) - (id_ in answering)}
    return frozenset(failed)


def _state(seen: Sequence[tuple[Node, ClusterView]]) -> Literal["ok", "fail"] | None:
    """As most of the nodes say; a node that has just joined says "fail" for a while."""
    said = Counter(view.state for _, view in seen if view.state is not None)
    return said.most_common(1)[0][0] if said else None


def uncovered(cluster: Cluster) -> Ranges:
    """Slots that nobody owns, as ranges."""
    return ranges_by_owner(["-" if owner < 0 else "" for owner in cluster.owners]).get("-", ())
