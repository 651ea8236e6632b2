"""How a script looks at a cluster: CLUSTER NODES and CLUSTER INFO of one node or of many."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import NamedTuple

from redistui.model import Address, Peer
from redistui.ops.steps import Ask, Lost, Refused, Reply, Wish
from redistui.replies.cluster import ClusterInfo, ClusterNodes, read_info, read_nodes
from redistui.replies.words import BadReply

NODES = ("CLUSTER", "NODES")
SECONDS = 1.0
EVERY = 0.05


class View(NamedTuple):
    """One node's view, and its own line in it."""

    mine: Peer
    peers: tuple[Peer, ...]

    def line(self, id_: str) -> Peer | None:
        return next((peer for peer in self.peers if peer.id == id_), None)

    @property
    def ids(self) -> frozenset[str]:
        return frozenset(peer.id for peer in self.peers)

    @property
    def alone(self) -> bool:
        """It knows nobody but itself."""
        return len(self.peers) == 1

    @property
    def assigned(self) -> int:
        """How many slots have an owner."""
        return sum(map(count, self.peers))


def view_of(reply: Reply) -> View | None:
    """A CLUSTER NODES reply; None for none, or one that is not understood."""
    try:
        nodes: ClusterNodes = read_nodes(reply)
    except BadReply:
        return None
    mine = next((peer for peer in nodes.peers if peer.id == nodes.myself), None)
    return None if mine is None else View(mine, nodes.peers)


def facts_of(reply: Reply) -> ClusterInfo | None:
    """A CLUSTER INFO reply; None for none."""
    try:
        return read_info(reply)
    except BadReply:
        return None


def look(node: Address, seconds: float = SECONDS) -> Generator[Wish, Reply, View | None]:
    """A node's view; None when it does not answer, or not with that."""
    try:
        return view_of((yield Ask(node, NODES, seconds=seconds)))
    except (Refused, Lost):
        return None


def asks(nodes: Sequence[Address], *argv: str) -> tuple[Ask, ...]:
    """The same question to many."""
    return tuple(Ask(node, argv, seconds=SECONDS) for node in nodes)


def is_primary(peer: Peer) -> bool:
    """A replica that knows no primary yet is none either."""
    return peer.primary is None and "replica" not in peer.flags


def count(peer: Peer) -> int:
    return sum(last - first + 1 for first, last in peer.slots)
