"""Two primaries of one history: where they parted, and what each of them wrote alone since then.

After a split, the one that was promoted remembers where it left the other's history (`master_replid2`,
`second_repl_offset`, Redis >= 4.0), and the other goes on in it. So what only the other holds can be told to the byte:
its offset, less the first offset of the new history, plus one. That is what was written there, and what goes into the
stream besides: SELECT, and PING while a replica listens (measured on Redis 6.2, 7.0 and Valkey 9.1).

It is seen as long as both remember. A primary without replicas begins a new history when it gives its backlog up
(repl-backlog-ttl, an hour by default), when it is restarted, and when somebody takes a copy of it after that.

Two that were both promoted from a third one parted where the first of them left.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from redistui.judge.lag import NO_REPLID
from redistui.judge.topology import primaries
from redistui.model import Address, Group, Node, Replication


@dataclass(frozen=True, slots=True)
class Split:
    """`node` and `other` both take writes for what was one data set up to, not including, offset `since`."""

    node: Address
    other: Address
    history: str
    """The replication id that both come from."""
    since: int
    alone: int
    """Bytes of the replication stream that only `node` has."""
    others: int
    """Bytes that only `other` has."""


def parted(node: Node, other: Node) -> Split | None:
    """How two nodes parted; None: they have no history in common, or are of one history still, or do not say.

    >>> a = Replication("new", "old", 900, 0.0, second_offset=501)
    >>> b = Replication("old", NO_REPLID, 620, 0.0, second_offset=-1)
    >>> parted(Node("b:1", replication=b), Node("a:1", replication=a))
    Split(node='b:1', other='a:1', history='old', since=501, alone=120, others=400)
    """
    one, two = node.replication, other.replication
    if one is None or two is None or one.offset is None or two.offset is None or one.replid == two.replid:
        return None
    for history in dict.fromkeys((one.replid, one.replid2)):
        left = [end for said in (one, two) if (end := _left(said, history)) is not None]
        if history and history != NO_REPLID and len(left) == 2:
            since = round(min(left))
            alone, others = (max(0, offset - since + 1) for offset in (one.offset, two.offset))
            return Split(node.address, other.address, history, since, alone, others)
    return None


def _left(said: Replication, history: str | None) -> float | None:
    """The first offset that is not of this history any more: none yet (infinity) in one's present history; None where
    one never had it."""
    if said.replid == history:
        return float("inf")
    if said.replid2 == history and said.second_offset is not None and said.second_offset >= 0:
        return float(said.second_offset)
    return None


def split_of(group: Group, address: Address) -> Split | None:
    """How a primary parted from the other one of its group: from the group's own, where there are several."""
    node = group.node(address)
    if node is None or group.kind == "cluster":
        return None
    others = sorted(primaries(group), key=lambda one: one.address != group.primary)
    return next((found for one in others if one is not node and (found := parted(node, one)) is not None), None)


def splits(group: Group) -> Iterator[Split]:
    """Every primary that should give way to the group's own: where that is one of them, all the others; else each pair
    once, the one that stayed in the old history first."""
    if group.kind == "cluster":
        return
    leaders = primaries(group)
    for index, one in enumerate(leaders):
        for other in leaders[index + 1 :]:
            gives, keeps = (one, other) if other.address == group.primary else (other, one)
            if group.primary not in (one.address, other.address):
                gives, keeps = (one, other) if _stayed(one, other) else (other, one)
            found = parted(gives, keeps)
            if found is not None:
                yield found


def _stayed(one: Node, other: Node) -> bool:
    """It is still in the history that the other one left."""
    mine, its = one.replication, other.replication
    return mine is not None and its is not None and mine.replid == its.replid2
