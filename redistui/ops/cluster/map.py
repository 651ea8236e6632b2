"""Who is who in a cluster, by node id: an address may be another one in front of a NAT, or a dead node's that a new
one took over; an id is of one node only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from redistui.model import Address, ClusterView, Group, Node, Peer, Shard
from redistui.ops.checks import numbers

ID_LENGTH = 40
HEX = frozenset("0123456789abcdef")
FAILING = frozenset({"fail", "fail?"})
MIGRATIONS_SINCE = (9, 0)
"""CLUSTER GETSLOTMIGRATIONS, of Valkey."""


@dataclass(slots=True)
class Member:
    """A node that is spoken of in some view, and all that is said of it."""

    id: str
    address: Address
    """As it is known here, else as others announce it; empty where they have lost it."""
    node: Node | None = None
    """None: it cannot be asked, because nobody knows where it is."""
    primary: str | None = None
    """Node id of its primary, as it says itself, else as anybody does."""
    flags: set[str] = field(default_factory=set)
    """All that any view says of it."""
    slots: int = 0
    """The most that any view gives it."""

    @property
    def name(self) -> str:
        return self.address or f"node {self.id[:8]}"


def views(group: Group) -> tuple[tuple[Node, ClusterView], ...]:
    """The nodes that answer in full, each with its own view."""
    return tuple((n, n.cluster) for n in group.nodes if n.fault is None and n.cluster is not None and n.cluster.peers)


def together(group: Group) -> tuple[tuple[Node, ClusterView], ...]:
    """Those of them that know each other: who stands alone, in a group because it is a target, is no member."""
    seen = views(group)
    return tuple((node, view) for node, view in seen if len(view.peers) > 1) or seen


def line(view: ClusterView, id_: str | None) -> Peer | None:
    """What a view says of a node."""
    return next((peer for peer in view.peers if peer.id == id_), None)


def own(node: Node | None) -> Peer | None:
    """What a node says of itself."""
    return None if node is None or node.cluster is None else line(node.cluster, node.cluster.myself)


def members(group: Group) -> Mapping[str, Member]:
    """Everybody that is spoken of, by id; ghosts among them. Who stands alone, in a group because others still list
    it, is no member."""
    by_id = {peer.id: node for node in group.nodes if (peer := own(node)) is not None}
    found: dict[str, Member] = {}
    seen = [view for _, view in views(group)]
    together = [view for view in seen if len(view.peers) > 1]
    for view in together or seen:
        for peer in view.peers:
            node = by_id.get(peer.id)
            member = found.setdefault(peer.id, Member(peer.id, "" if node is None else node.address, node))
            member.address = member.address or ("" if peer.address.endswith(":0") else peer.address)
            member.flags |= peer.flags - {"myself"}
            member.primary = member.primary or peer.primary
            member.slots = max(member.slots, sum(last - first + 1 for first, last in peer.slots))
    for id_, node in by_id.items():
        peer = own(node)
        if id_ in found and peer is not None and node.fault is None:
            found[id_].primary = peer.primary
    silent = {node.address: node for node in group.nodes if node.cluster is None}
    for member in found.values():
        member.node = member.node or silent.get(member.address)
    return found


def named(group: Group, word: str) -> tuple[Member, ...]:
    """Whom a word means: a node id, or an address. Who answers at an address is meant, not the ghost that was there
    before; several ghosts of one address are all given."""
    everybody = members(group)
    if is_id(word):
        return (everybody[word],) if word in everybody else ()
    here = group.node(word)
    peer = own(here) if here is not None and here.fault is None else None
    if peer is not None and peer.id in everybody:
        return (everybody[peer.id],)
    return tuple(member for member in everybody.values() if member.address == word)


def is_id(word: str) -> bool:
    """
    >>> is_id("07c37dfeb235213a872192d90877d0cd55635b91"), is_id("10.0.0.1:6379")
    (True, False)
    """
    return len(word) == ID_LENGTH and set(word) <= HEX


def shard_of(group: Group, id_: str | None) -> Shard | None:
    """The shard whose primary has that id."""
    shards = () if group.cluster is None else group.cluster.shards
    return next((shard for shard in shards if shard.id == id_), None)


def owners(group: Group) -> tuple[Shard, ...]:
    """Shards that own slots: their primaries vote."""
    return () if group.cluster is None else tuple(shard for shard in group.cluster.shards if shard.slot_count)


def address_of(group: Group, id_: str) -> Address:
    member = members(group).get(id_)
    return id_ if member is None else member.name


def tells_migrations(node: Node) -> bool:
    """It has CLUSTER GETSLOTMIGRATIONS."""
    return node.server == "valkey" and numbers(node.version)[:2] >= MIGRATIONS_SINCE
