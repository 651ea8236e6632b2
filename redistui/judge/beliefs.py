"""What views say, judged once for all nodes that say the same.

A thousand nodes that agree share one Belief (redistui.replies.cluster_views); whatever follows from it alone is worked
out once and found again by its identity.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from redistui.model import SLOTS, Belief, ClusterView, Node, Peer, Ranges

Owners = tuple[tuple[str, Ranges], ...]
"""A slot map: node ids with their slots, by id."""
KEPT = 8192
MAPS = 64
"""Results that are remembered: of beliefs, and of pairs of slot maps."""
FLAGS = ("fail?", "fail", "handshake", "noaddr")
"""What is told of a member beside its role; `fail?` is the viewing node's own opinion, `fail` the majority's."""


def belief_of(view: ClusterView) -> Belief:
    """What a view says whoever looks; equal views made by hand share one, too."""
    if view.belief is not None:
        return view.belief
    return _believed(tuple(sorted(map(_plain, view.peers), key=lambda peer: peer.id)))


def _plain(peer: Peer) -> Peer:
    if "myself" not in peer.flags:
        return peer
    flags = peer.flags - {"myself"}
    return Peer(
        peer.id, peer.address, flags, peer.primary, peer.epoch, peer.link_up, peer.slots, peer.hostname, peer.bus_port
    )


@lru_cache(KEPT)
def _believed(peers: tuple[Peer, ...]) -> Belief:
    return Belief(peers, tuple((peer.id, peer.slots) for peer in peers if peer.slots))


def views(nodes: Iterable[Node]) -> list[tuple[Node, ClusterView]]:
    """The nodes that answer and have shown their view."""
    return [(node, node.cluster) for node in nodes if node.cluster is not None and node.cluster.peers and node.up]


class Votes(NamedTuple):
    """Which slot map most nodes have, and who has another one."""

    map: Owners
    held: int
    """Views that show it."""
    dissenters: tuple[Node, ...]
    """They show another one, and did so when the majority's was there already."""
    behind: tuple[Node, ...]
    """They were last asked before the majority's map was first seen anywhere: what they think now is not known."""


def count_votes(seen: Sequence[tuple[Node, ClusterView]]) -> Votes:
    """Of maps that equally many nodes have, that of the higher epoch is taken, then the one that was there first."""
    alike: dict[Belief, list[tuple[Node, ClusterView]]] = {}
    for node, view in seen:
        alike.setdefault(belief_of(view), []).append((node, view))
    held: dict[Owners, list[tuple[Node, ClusterView]]] = {}
    for belief, pairs in alike.items():
        held.setdefault(belief.owners, []).extend(pairs)
    chosen = max(held, key=lambda owners: (len(held[owners]), _newest(held[owners]), -_born(held[owners])), default=())
    born = _born(held.get(chosen, ()))
    others = [pair for owners, pairs in held.items() if owners is not chosen for pair in pairs]
    return Votes(
        chosen,
        len(held.get(chosen, ())),
        tuple(node for node, view in others if view.at is None or view.at >= born),
        tuple(node for node, view in others if view.at is not None and view.at < born),
    )


def _newest(pairs: Sequence[tuple[Node, ClusterView]]) -> int:
    return max(view.epoch or 0 for _, view in pairs)


def _born(pairs: Sequence[tuple[Node, ClusterView]]) -> float:
    """When the first of them came to be of this mind."""
    return min((view.map_since or 0.0 for _, view in pairs), default=0.0)


class Tally(NamedTuple):
    """Members of one belief, counted."""

    members: int
    fine: int
    """No flag but the role's."""
    flagged: Mapping[str, tuple[Peer, ...]]
    """By flag, see FLAGS; none where nobody has it."""
    cut: tuple[Peer, ...]
    """Members without a link from here (link-state `disconnected`) that are not held to be failing, lost or new."""


@lru_cache(KEPT)
def tally(belief: Belief) -> Tally:
    flagged: dict[str, list[Peer]] = {}
    cut: list[Peer] = []
    fine = 0
    for peer in belief.peers:
        marks = [flag for flag in FLAGS if flag in peer.flags]
        for flag in marks:
            flagged.setdefault(flag, []).append(peer)
        fine += not marks
        if not marks and not peer.link_up:
            cut.append(peer)
    return Tally(len(belief.peers), fine, {flag: tuple(found) for flag, found in flagged.items()}, tuple(cut))


class Difference(NamedTuple):
    """A run of slots that a view gives to another node than the majority does. Node ids; empty: to nobody."""

    first: int
    last: int
    to: str
    instead_of: str


@lru_cache(MAPS)
def differences(mine: Owners, others: Owners) -> tuple[Difference, ...]:
    """
    >>> differences((("a", ((0, 9),)),), (("a", ((0, 4),)), ("b", ((5, 9),))))
    (Difference(first=5, last=9, to='a', instead_of='b'),)
    """
    left, right = _spread(mine), _spread(others)
    found: list[Difference] = []
    for slot in range(SLOTS):
        one, other = left[slot], right[slot]
        if one == other:
            continue
        if found and found[-1][1:] == (slot - 1, one, other):
            found[-1] = found[-1]._replace(last=slot)
        else:
            found.append(Difference(slot, slot, one, other))
    return tuple(found)


def _spread(owners: Owners) -> list[str]:
    """The owner's id of every slot; of two claims within one map the later id's is taken."""
    table = [""] * SLOTS
    for id_, ranges in owners:
        for first, last in ranges:
            table[first : last + 1] = [id_] * (last - first + 1)
    return table
