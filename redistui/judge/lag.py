"""How far a replica is behind: in bytes, and only where the two share one history.

Offsets read at different times are no lag. Nodes of one tree are asked at one instant; what is left of the difference
is put right with the primary's own rate. `master_last_io_seconds_ago` is heartbeat age and is not used here.
"""

from __future__ import annotations

from redistui.model import Address, Node

NO_REPLID = "0" * 40
SKEW = 2.0
"""Seconds between two readings above which their difference says nothing."""


def same_history(one: Node, other: Node) -> bool:
    """Both are on the same replication id: their offsets count the same bytes."""
    left, right = one.replication, other.replication
    return left is not None and right is not None and left.replid is not None and left.replid == right.replid


def related(one: Node, other: Node) -> bool:
    """One's present or former replication id is the other's: they were one data set once."""
    return bool(_ids(one) & _ids(other))


def _ids(node: Node) -> set[str]:
    said = node.replication
    ids = set() if said is None else {said.replid, said.replid2}
    return {id_ for id_ in ids if id_ and id_ != NO_REPLID}


def lag_bytes(primary: Node, replica: Node) -> int | None:
    """Bytes of the primary's history that the replica has not got; None when they share none or were read apart.

    Never negative: a replica read a moment later may show a higher offset.
    """
    ours, theirs = primary.replication, replica.replication
    if ours is None or theirs is None or not same_history(primary, replica):
        return None
    if ours.offset is None or theirs.offset is None or ours.offset_at is None or theirs.offset_at is None:
        return None
    apart = theirs.offset_at - ours.offset_at
    if abs(apart) > SKEW:
        return None
    rate = primary.metric("replicated") or 0.0
    return max(0, round(ours.offset + rate * apart - theirs.offset))


def lag_seconds(upstream: Node, replica: Address) -> int | None:
    """Seconds since the replica's last ACK as its upstream counts them (one a second is sent); None until it is online
    there."""
    if upstream.replication is None:
        return None
    for seen in upstream.replication.replicas:
        if seen.address == replica:
            return seen.lag_seconds
    return None
