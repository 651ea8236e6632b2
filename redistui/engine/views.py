"""OwnView: what one cluster node has shown of its cluster so far, and since when it has been of that mind.

In a large cluster not everybody is asked for the whole view at every poll: `chosen` says who is, the next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from redistui.model import Address, BusLinks
from redistui.replies.cluster import ClusterInfo, ClusterNodes
from redistui.replies.cluster_links import Links, read_links
from redistui.replies.cluster_views import ViewReader

NO_NODES = ClusterNodes(None, (), ())
FULL_VIEWS = 64
"""In a cluster of up to so many nodes all are asked for their whole view at each poll."""
TURN = 16
"""In a larger one so many a second, whose reply is of a line for each node."""
OPENING = 3.0
"""Seconds after the first view of all in which a node's first one may have been as it is for long. Later, a node that
shows its first view has just come to be known."""
PAUSE = 3.0
"""Seconds for which a try that has ended still counts."""
AGAIN = 15.0
"""Seconds within which another try to meet the same address goes on with the last one. Tries end after the node
timeout, and gossip begins them anew under another name."""


class OwnView:
    """Mutable, a part of its node's Ledger."""

    __slots__ = ("_met", "_reader", "_told", "_was", "at", "links", "map_since", "nodes", "since")

    def __init__(self, reader: ViewReader) -> None:
        self._reader = reader
        self.nodes: ClusterNodes = NO_NODES
        self.at: float | None = None
        self.map_since: float | None = None
        self.since: float | None = None
        self.links: BusLinks | None = None
        self._met: dict[Address, tuple[float, float]] = {}
        """Address in handshake -> when that was first and last seen."""
        self._told: ClusterInfo | None = None
        """What CLUSTER INFO said when the view was read."""
        self._was: Links | None = None

    def take(self, reply: Any, at: float) -> None:
        """A reply to CLUSTER NODES. Raises BadReply."""
        nodes, before = self._reader.read(reply), self.nodes
        self.at, self._told = at, None
        if nodes.belief is not before.belief or nodes.open_slots != before.open_slots or nodes.myself != before.myself:
            old, new = before.belief, nodes.belief
            known = old is not None or self._reader.reads_for(at) > OPENING
            self.since = at if known else None
            self.map_since = self.map_since if old and new and old.owners == new.owners else self.since
            self.nodes = nodes  # an unchanged view stays the same object, so that comparing it costs nothing
        meeting = {peer.address for peer in nodes.peers if "handshake" in peer.flags}
        if meeting or self._met:
            self._meet(meeting, {peer.address for peer in nodes.peers} - meeting, at)

    def _meet(self, meeting: set[Address], met: set[Address], at: float) -> None:
        kept = {one: seen for one, seen in self._met.items() if at - seen[1] < AGAIN and one not in met}
        self._met = kept | {one: (kept.get(one, (at, at))[0], at) for one in sorted(meeting)}

    def take_links(self, reply: Any, at: float) -> None:
        """A reply to CLUSTER LINKS. One direction alone counts once it was so twice; so do bytes that wait."""
        links, was = read_links(reply), self._was
        before = dict(was.waiting) if was is not None else {}
        one_way = () if was is None else tuple(pair for pair in links.one_way if pair in was.one_way)
        fullest = tuple((id_, used) for id_, used in links.waiting if used >= before.get(id_, used + 1))
        self.links, self._was = BusLinks(at, links.total, one_way, fullest), links

    @property
    def handshakes(self) -> tuple[tuple[Address, float], ...]:
        """Addresses it tries to meet, or did a moment ago, and since when."""
        return tuple(
            (address, first) for address, (first, last) in self._met.items() if (self.at or 0.0) - last < PAUSE
        )

    def memory(self) -> list[Any]:
        """What could not be read again in the last replies, as plain values; empty where there is nothing."""
        if self.map_since is None and self.since is None and not self._met:
            return []
        return [self.map_since, self.since, [[one, *seen] for one, seen in self._met.items()]]

    def recollect(self, memory: Sequence[Any]) -> None:
        """The opposite of `memory`."""
        self.map_since, self.since, met = memory or (None, None, ())
        self._met = {address: (first, last) for address, first, last in met}

    def settle(self, facts: ClusterInfo) -> None:
        """After a poll: what the node says of itself when it shows its view."""
        if self._told is None:
            self._told = facts

    def overtaken(self, facts: ClusterInfo) -> bool:
        """Its state, its own epoch, its slots or the number of members changed since it showed its view."""
        told = self._told
        return (
            told is None or told[0] != facts.state or told[2:4] != facts[2:4] or told.known_nodes != facts.known_nodes
        )


def chosen(
    views: Iterable[tuple[Address, OwnView, ClusterInfo]], doubted: frozenset[Address], many: int = TURN
) -> Sequence[Address]:
    """Who is asked for the whole view next: first those who say of themselves that it is not what it was, then those
    who are of another mind than most, then the ones that were not asked for longest."""
    ranked = sorted(
        (not view.overtaken(facts), address not in doubted, view.at or 0.0, address) for address, view, facts in views
    )
    return [address for _, _, _, address in ranked[:many]]
