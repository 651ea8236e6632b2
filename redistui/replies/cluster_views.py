"""CLUSTER NODES of many nodes: a line that some node has already sent is not parsed again.

No two replies are equal byte for byte: the times of the last ping and pong move, lines stand in each server's own
order, and each marks its own line. Without these three, the views of a thousand nodes that agree are a thousand lines,
parsed once each, and one Belief.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from redistui.model import Belief, OpenSlot, Peer
from redistui.replies.cluster import ClusterNodes, read_line
from redistui.replies.words import BadReply, text

_WITHOUT_TIMES = re.compile(rb" \d+ \d+ (?=\d+ [cd])").sub
"""Ping-sent and pong-received stand before the epoch and the word for the link, and nowhere else."""
MOST = 20_000
"""Lines, and a tenth as many beliefs, that are remembered; then all is forgotten and learnt anew."""
_Owned = tuple[tuple[str, tuple[tuple[int, int], ...]], ...]


class ViewReader:
    """Reads CLUSTER NODES as redistui.replies.cluster.read_nodes does; one for all nodes of a fleet."""

    def __init__(self) -> None:
        self.began: float | None = None
        """When the first one was read."""
        self._forget()

    def reads_for(self, at: float) -> float:
        """Seconds since this was first asked, by the clock of `at`."""
        self.began = at if self.began is None else self.began
        return at - self.began

    def _forget(self) -> None:
        self._lines: dict[bytes, tuple[Peer, Peer, list[OpenSlot]]] = {}
        """Line -> the member, the same without the mark of the one who looks, and its open slots."""
        self._peers: dict[Peer, Peer] = {}
        self._beliefs: dict[tuple[int, ...], Belief] = {}
        self._owners: dict[_Owned, _Owned] = {}

    def read(self, reply: Any) -> ClusterNodes:
        """Raises BadReply where read_nodes does."""
        if not isinstance(reply, bytes):
            raise BadReply("CLUSTER NODES", reply)
        if len(self._lines) > MOST or len(self._beliefs) > MOST // 10:
            self._forget()
        reply = reply.removesuffix(b"\n")
        lines = _WITHOUT_TIMES(b" ~ ", reply).split(b"\n")
        rows = [row for line in lines if (row := self._lines.get(line)) is not None]
        if len(rows) < len(lines):
            rows = [self._line(line, whole) for line, whole in zip(lines, reply.split(b"\n"), strict=True) if line]
        return self._nodes(rows)

    def _line(self, line: bytes, whole: bytes) -> tuple[Peer, Peer, list[OpenSlot]]:
        row = self._lines.get(line)
        if row is None:
            peer, opened = read_line(whole)
            peer = self._peers.setdefault(peer, peer)
            plain = peer
            if "myself" in peer.flags:
                plain = replace(peer, flags=peer.flags - {"myself"})
                plain = self._peers.setdefault(plain, plain)
            row = self._lines[line] = (peer, plain, opened)
        return row

    def _nodes(self, rows: list[tuple[Peer, Peer, list[OpenSlot]]]) -> ClusterNodes:
        own = [row for row in rows if row[0] is not row[1]]
        if len(own) > 1:
            raise BadReply("CLUSTER NODES", "two lines of the node itself")
        belief = self._belief([row[1] for row in rows])
        if not own:
            return ClusterNodes(None, belief.peers, (), belief)
        ((mine, plain, opened),) = own
        peers = tuple(mine if peer is plain else peer for peer in belief.peers)
        return ClusterNodes(mine.id, peers, tuple(opened), belief)

    def _belief(self, peers: list[Peer]) -> Belief:
        key = tuple(sorted(map(id, peers)))
        belief = self._beliefs.get(key)
        if belief is None:
            ordered = tuple(sorted(peers, key=lambda peer: peer.id))
            if len({peer.id for peer in ordered}) < len(ordered):
                raise BadReply("CLUSTER NODES", f"two lines of one node, {text(len(ordered))} lines")
            owners = tuple((peer.id, peer.slots) for peer in ordered if peer.slots)
            belief = self._beliefs[key] = Belief(ordered, self._owners.setdefault(owners, owners))
        return belief
