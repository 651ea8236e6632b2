"""What a forecast starts from: who is left, how far each replica has come, and what no server lets us read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from redistui.judge.loss import SURE, bound
from redistui.judge.topology import upstream
from redistui.model import Address, Fleet, Group, Node, Sentinel

CLOSE_BYTES = 1024
"""Replicas on a living link that are no further apart get the same before their primary is gone: Sentinels' greetings
and PINGs, which are part of the stream, come to as much in a moment."""
MOMENT = 0.05
"""Seconds of writes by which two readings of one instant may differ."""


@dataclass(frozen=True, slots=True)
class Assumed:
    """Settings that decide and that a watch user may not read (CONFIG GET): the servers' defaults, unless told."""

    node_timeout: float = 15.0
    """cluster-node-timeout, in seconds."""
    validity_factor: int = 10
    """cluster-replica-validity-factor; 0: a replica stands however old its data are."""
    ping_period: float = 10.0
    """repl-ping-replica-period, in seconds."""
    full_coverage: bool = True
    """cluster-require-full-coverage: no slot is served while one is not."""


USUAL = Assumed()


class Standing(NamedTuple):
    """A replica that could take over. `offset`: as of one moment for all; `linked`: it still gets what is written."""

    node: Node
    offset: float
    linked: bool


def gone(member: Node | Sentinel, killed: Collection[Address]) -> str | None:
    """Why a server takes no part any more; None: it does.

    >>> gone(Node("a:1", seen_at=5.0), {"a:1"}), gone(Node("b:1", seen_at=5.0), {"a:1"})
    ('it is lost as well', None)
    """
    if member.address in killed:
        return "it is lost as well"
    if member.fault is not None and member.fault.down:
        return f"it does not answer ({member.fault.kind})"
    return "it has not answered yet" if member.seen_at is None else None


def members_at(fleet: Fleet, site: str) -> tuple[Address, ...]:
    """Every server that stands at a site, Sentinels too, in the order of the groups."""
    found = [member.address for group in fleet.groups for member in group.members if member.site == site]
    return tuple(dict.fromkeys(found))


def standing(node: Node, primary: Node | None) -> Standing:
    """Its offset, brought to the moment at which the primary's was read by the pace of its writes."""
    own = node.replication
    offset = float((own.offset if own is not None else None) or 0)
    linked = own is not None and own.link == "up"
    ahead = 0.0
    if own is not None and linked and primary is not None and primary.up and primary.replication is not None:
        read, here = primary.replication.offset_at, own.offset_at
        ahead = 0.0 if read is None or here is None else _pace(primary) * (read - here)
    return Standing(node, offset + ahead, linked)


def furthest(those: Sequence[Standing], primary: Node | None) -> list[Standing]:
    """Those who have come furthest: all that will be equal to the first as soon as nothing more is written."""
    best = max(those, key=lambda one: (one.offset, one.linked))
    near = CLOSE_BYTES + SURE * MOMENT * (0.0 if primary is None else _pace(primary)) if best.linked else 0.0
    return [one for one in those if best.offset - one.offset <= (near if one.linked else 0.0)]


def loss_of(primary: Node | None, heir: Node | None) -> int | None:
    """Bytes of acknowledged writes that are gone when the heir takes over, at most; None: it cannot be told.

    Of a primary that answers: how far the heir is behind now, and what is written in a moment. Of a silent one, see
    redistui.judge.loss.
    """
    if primary is None or heir is None:
        return None
    if not primary.up:
        return bound(primary, [heir]).size
    ours, theirs = primary.replication, heir.replication
    if ours is None or theirs is None or ours.offset is None or ours.replid is None or ours.replid != theirs.replid:
        return None
    there = standing(heir, primary)
    return max(0, round(ours.offset - there.offset)) + round(SURE * MOMENT * _pace(primary))


REFUSES = "refuses writes: its min-replicas-to-write is set, and no replica is left that counts"


def following(node: Node, others: Iterable[Node], killed: Collection[Address]) -> tuple[Node, ...]:
    """Replicas that are left and get what the node writes."""
    left = [one for one in others if one.replication is not None and one.replication.link == "up"]
    return tuple(one for one in left if upstream(one) == node.address and not gone(one, killed))


def wants_replicas(node: Node | None) -> bool:
    """It has min-replicas-to-write set, to one at least: to how many cannot be read."""
    return node is not None and node.replication is not None and node.replication.good_replicas is not None


def _pace(primary: Node) -> float:
    """Bytes a second of its replication stream."""
    return primary.metric("replicated") or 0.0


def primary_of(group: Group) -> Node | None:
    return None if group.primary is None else group.node(group.primary)


def amount_behind(size: float) -> str:
    """
    >>> amount_behind(1), amount_behind(2048.4)
    ('1 byte', '2,048 bytes')
    """
    whole = max(0, round(size))
    return f"{whole:,} byte" + ("" if whole == 1 else "s")
