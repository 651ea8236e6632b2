"""Plain replication: nobody watches it, so nobody is promoted unless an operator does it."""

from __future__ import annotations

from collections.abc import Collection

from redistui.judge.forecast.verdict import GroupForecast
from redistui.judge.forecast.world import (
    REFUSES,
    following,
    furthest,
    gone,
    loss_of,
    primary_of,
    standing,
    wants_replicas,
)
from redistui.judge.topology import upstream
from redistui.model import Address, Group, Node

UNWATCHED = "no Sentinel is known to watch this group: nobody is promoted until an operator does it"
WAITS = "nobody promotes it"


def foresee(group: Group, killed: Collection[Address]) -> GroupForecast:
    """What the loss of some of its nodes does to a group that nobody watches."""
    primary = primary_of(group) or _last_primary(group)
    if primary is None:
        return GroupForecast(group.name, "unknown", "which node is its primary is not known")
    left = [node for node in group.nodes if node is not primary and not gone(node, killed)]
    fate = gone(primary, killed)
    if fate is None and wants_replicas(primary) and not following(primary, group.nodes, killed):
        return GroupForecast(group.name, "stop", f"its primary {primary.address} {REFUSES}")
    if fate is None:
        return GroupForecast(
            group.name,
            "continue",
            f"its primary {primary.address} is left" + ("" if left else "; no replica is"),
            notes=tuple(_cut_off(group, killed)),
        )
    if primary.seen_at is None:
        return GroupForecast(group.name, "unknown", f"its primary {primary.address} has not answered yet")
    heirs = furthest([standing(node, primary) for node in left], primary) if left else []
    best = min(
        (one.node for one in heirs), key=lambda node: (upstream(node) != primary.address, node.address), default=None
    )
    notes = [f"furthest on: {best.address}; `promote {best.address}` makes it the primary"] if best is not None else []
    return GroupForecast(
        group.name,
        "stop",
        f"its primary {primary.address} is gone, and {UNWATCHED}",
        why_not={node.address: gone(node, killed) or WAITS for node in group.nodes if node is not primary},
        loss_bytes=loss_of(primary, best),
        notes=(*notes, *_cut_off(group, killed)),
    )


def _last_primary(group: Group) -> Node | None:
    """Where nobody says primary now: the one that did when it last answered."""
    found = [node for node in group.nodes if node.last_role == "primary"]
    return found[0] if len(found) == 1 else None


def _cut_off(group: Group, killed: Collection[Address]) -> list[str]:
    """Replicas whose upstream is a replica that is lost: a chain that breaks."""
    broken: dict[Address, list[Address]] = {}
    for node in group.nodes:
        above = group.node(upstream(node) or "")
        if above is None or above.role == "primary" or above.address not in killed or gone(node, killed):
            continue
        broken.setdefault(above.address, []).append(node.address)
    return [f"{', '.join(below)} follow{'s' * (len(below) == 1)} {above}, and would get nothing any more"
            for above, below in broken.items()]  # fmt: skip
