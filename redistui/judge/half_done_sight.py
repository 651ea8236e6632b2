"""What is seen of a cluster's slots, by node id: who says what of whom, and where a survey found keys."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from redistui.judge.beliefs import belief_of, count_votes, differences, views
from redistui.judge.slots import open_by_leader, own_line
from redistui.model import SLOTS, Address, ClusterView, Group, Node, OpenSlot, Peer


@dataclass(frozen=True, slots=True)
class Mark:
    """An open slot's mark at one node."""

    node: str
    kind: Literal["migrating", "importing"]
    peer: str


@dataclass(slots=True)
class Sight:
    """What is seen of the cluster, by node id."""

    nodes: Mapping[str, tuple[Node, ClusterView, Peer]]
    """Primaries that answer."""
    known: Mapping[str, Peer]
    """Everybody that is spoken of, by their own line where they answer."""
    names: Mapping[str, str]
    silent: frozenset[str]
    """Ids of members that do not answer us."""
    marks: Mapping[int, tuple[Mark, ...]]
    echoes: Mapping[int, tuple[Mark, ...]]
    """Marks of replicas that their primaries do not have."""
    keys: Sequence[float | None] | None
    """At the owners, by slot; None: no survey."""
    elsewhere: Mapping[int, Mapping[str, int | None]]
    believed: Mapping[int, Mapping[str, str]]
    """Slots that some primaries give to another owner than most views do: by slot, who gives it to whom."""
    most: Mapping[int, str]
    """Whom most views give these slots to."""
    owners: Sequence[str]
    """By slot."""
    claimed: Mapping[int, tuple[str, ...]]
    """Slots that more than one primary says is its own; the one with the newest epoch first."""
    bare: frozenset[int]
    """Slots that no primary says is its own, and no silent one is said to own that may come back or be followed."""
    left: Mapping[int, str]
    """Those of them that are said to be a dead node's."""


def look(group: Group) -> Sight:
    seen = views(group.nodes)
    known: dict[str, Peer] = {}
    addresses: dict[str, Address] = {}
    for belief in dict.fromkeys(belief_of(view) for _, view in seen):
        for peer in belief.peers:
            known.setdefault(peer.id, peer)
            if not peer.address.endswith(":0"):
                addresses.setdefault(peer.id, peer.address)
    nodes: dict[str, tuple[Node, ClusterView, Peer]] = {}
    asked: set[str] = set()
    for node, view in seen:
        mine = own_line(view)
        if mine is not None:
            known[mine.id], addresses[mine.id] = mine, node.address
            asked.add(mine.id)
            if leads(mine):
                nodes[mine.id] = (node, view, mine)
    owners = _owners(group, nodes)
    dead = _dead(seen, known, asked)
    by_leader, alone = open_by_leader(seen)
    believed, most = _believed(seen)
    said = [owner or most.get(slot, "") for slot, owner in enumerate(owners)]
    owners = ["" if owner in dead else owner for owner in owners]
    return Sight(
        nodes=nodes,
        known=known,
        names=addresses,
        silent=frozenset(known.keys() - asked),
        marks=_marks(one for opened in by_leader.values() for one in opened),
        echoes=_marks(alone),
        keys=None if group.survey is None else group.survey.keys,
        elsewhere=_elsewhere(group, {addresses[id_]: id_ for id_ in addresses}, asked, owners, most),
        believed=believed,
        most=most,
        owners=owners,
        claimed=_claims(nodes),
        bare=frozenset(slot for slot, owner in enumerate(owners) if not owner),
        left={slot: owner for slot, owner in enumerate(said) if owner in dead},
    )


def _dead(seen: Sequence[tuple[Node, ClusterView]], known: Mapping[str, Peer], asked: Collection[str]) -> set[str]:
    """Who does not answer us, is held for failed by all who do, and has no replica left that could take over."""
    beliefs = set(map(belief_of, (view for _, view in seen)))
    failed = [{peer.id for peer in belief.peers if "fail" in peer.flags} for belief in beliefs]
    gone = set.intersection(*failed) - set(asked) if failed else set()
    return gone - {peer.primary for peer in known.values() if peer.id not in gone and peer.primary}


def leads(peer: Peer) -> bool:
    return peer.primary is None and "replica" not in peer.flags


def _marks(opened: Iterable[OpenSlot]) -> dict[int, tuple[Mark, ...]]:
    found: dict[int, list[Mark]] = {}
    for one in sorted(opened, key=lambda each: (each.slot, each.kind, each.node)):
        found.setdefault(one.slot, []).append(Mark(one.node, one.kind, one.peer))
    return {slot: tuple(marks) for slot, marks in found.items()}


def _elsewhere(
    group: Group, ids: Mapping[Address, str], asked: Collection[str], owners: Sequence[str], most: Mapping[int, str]
) -> dict[int, dict[str, int | None]]:
    """Whom the others still name holds, or may hold, keys of a slot that it gave up: the survey may have come before
    that, and have counted them as its owner's. Nobody can be asked for what a silent one holds."""
    found: dict[int, dict[str, int | None]] = {}
    survey, cluster = group.survey, group.cluster
    assert cluster is not None
    for slot in (slot for slot, owner in enumerate(owners) if not owner):
        place = cluster.owners[slot]
        before = most.get(slot) or (cluster.shards[place].id if place >= 0 else "")
        if before in asked:
            keys = None if survey is None else survey.keys[slot]
            found[slot] = {before: None if keys is None else int(keys)}
    for stray in () if survey is None else (*survey.strays, *survey.arriving):
        id_ = ids.get(stray.node)
        if id_ is not None and stray.keys:
            found.setdefault(stray.slot, {})[id_] = stray.keys
    return found


def _believed(seen: Sequence[tuple[Node, ClusterView]]) -> tuple[dict[int, dict[str, str]], dict[int, str]]:
    """Only primaries are told of owners; what a replica believes it has from gossip, and that goes on by itself."""
    votes = count_votes(seen)
    found: dict[int, dict[str, str]] = {}
    most: dict[int, str] = {}
    wrong = {node.address for node in votes.dissenters}
    for node, view in seen if wrong else ():
        mine = own_line(view)
        if node.address not in wrong or mine is None or not leads(mine):
            continue
        for one in differences(belief_of(view).owners, votes.map):
            for slot in range(one.first, one.last + 1):
                found.setdefault(slot, {})[mine.id] = one.to
                most[slot] = one.instead_of
    return found, most


def _owners(group: Group, nodes: Mapping[str, tuple[Node, ClusterView, Peer]]) -> list[str]:
    """By the slot: whose own line has it, or, of one that is silent, whom the others name. Empty: nobody."""
    assert group.cluster is not None
    lines = sorted((mine for _, _, mine in nodes.values()), key=lambda mine: mine.epoch)
    silent = [(shard.id, shard.slots) for shard in group.cluster.shards if shard.id not in nodes]
    owners = [""] * SLOTS
    for id_, ranges in (*silent, *((mine.id, mine.slots) for mine in lines)):
        for first, last in ranges:
            owners[first : last + 1] = [id_] * (last - first + 1)
    return owners


def _claims(nodes: Mapping[str, tuple[Node, ClusterView, Peer]]) -> dict[int, tuple[str, ...]]:
    runs = sorted((first, last, id_) for id_, (_, _, mine) in nodes.items() for first, last in mine.slots)
    claimed: dict[int, list[str]] = {}
    reach: list[tuple[int, int, str]] = []
    for run in runs:
        reach = [one for one in reach if one[1] >= run[0]]
        for one in reach:
            for slot in range(run[0], min(one[1], run[1]) + 1):
                ids = claimed.setdefault(slot, [one[2]])
                ids += [run[2]] * (run[2] not in ids)
        reach.append(run)
    return {slot: tuple(sorted(ids, key=lambda id_: -nodes[id_][2].epoch)) for slot, ids in claimed.items()}
