"""Slots that a primary lost between two polls though it had none open: a claim that gossip carried, an atomic move, or
one that was quicker than we look.

A node that says of itself that it owns a slot (CLUSTER SETSLOT ... NODE, sent to it alone) wins where its config epoch
is the higher one. Within a second the owner believes it and drops the keys that it held (measured: Valkey 9.1, Redis
7.0). No snapshot shows it afterwards: all nodes agree, and no key is left anywhere.
"""

from __future__ import annotations

from redistui.judge.beliefs import differences
from redistui.model import Address
from redistui.replies.cluster import ClusterNodes

NAMED = 3
"""Runs of slots that are named."""


def lost_slots(who: Address, was: ClusterNodes, now: ClusterNodes) -> str:
    """In words; empty where it lost none, or a move was under way (it has, or had, a slot open).

    `who` has shown both views, `was` at the poll before. What it lost to nobody is no claim (`slots-uncovered`)."""
    if was is now or was.belief is None or now.belief is None or was.belief.owners == now.belief.owners:
        return ""
    if was.myself is None or was.myself != now.myself or was.open_slots or now.open_slots:
        return ""
    lost = [
        one
        for one in differences(now.belief.owners, was.belief.owners)
        if one.instead_of == now.myself and one.to not in ("", now.myself)
    ]
    if not lost:
        return ""
    count = sum(one.last - one.first + 1 for one in lost)
    runs = [f"{one.first}-{one.last}" if one.last > one.first else f"{one.first}" for one in lost]
    more = f" and {len(runs) - NAMED} more runs" if len(runs) > NAMED else ""
    takers = sorted({now.belief.place_of(one.to) or one.to[:8] for one in lost})
    return (
        f"{who} owns {'slot' if count == 1 else f'{count} slots:'} {', '.join(runs[:NAMED])}{more} no longer, "
        f"{', '.join(takers[:NAMED])} {'do' if len(takers) > 1 else 'does'}; none was open at our polls. A quick or "
        f"atomic move; where nobody moved them, a claim at the other node (SETSLOT NODE), which drops the keys they had"
    )
