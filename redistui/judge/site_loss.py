"""What the loss of a whole site would do to each group now: who takes over elsewhere, what is lost, how long it takes.

What the servers do by themselves is redistui.judge.forecast's to say. Where they do nothing (no Sentinel watches, or
the site took the majority with it), a replica at another site can still be made primary by an operator:
`site-failover`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from redistui.judge.forecast import Forecast, GroupForecast, forecast, members_at
from redistui.judge.forecast.world import furthest, gone, loss_of, standing
from redistui.judge.topology import upstream
from redistui.model import Address, Fleet, Group, Node

Fate = Literal["continue", "itself", "by hand", "stop", "unknown"]
"""continue: its writes do not go to that site. itself: the servers promote somebody elsewhere. by hand: they do not,
but an operator can. stop: nobody elsewhere could be promoted. unknown: what it depends on was not read."""
WORST: tuple[Fate, ...] = ("stop", "by hand", "unknown", "itself", "continue")


@dataclass(frozen=True, slots=True)
class SiteLoss:
    """What becomes of one group when one site is lost."""

    fate: Fate
    heirs: tuple[Address, ...] = ()
    """Who takes over, or could: of a cluster one for each shard that needs one."""
    to: tuple[str, ...] = ()
    """The sites where these stand."""
    bytes: int | None = None
    """Of acknowledged writes, at most (RPO); None: not known. Of a group that goes on: 0."""
    seconds: float | None = None
    """Without writes, about (RTO); None: as long as an operator takes, or not known. Of a group that goes on: 0."""
    why: str = ""


UNTOLD = SiteLoss("unknown")


def losses(fleet: Fleet, site: str) -> Mapping[str, SiteLoss]:
    """By the name of each group that has a server at the site."""
    killed = frozenset(members_at(fleet, site))
    if not killed:
        return {}
    return of_forecast(fleet, forecast(fleet, killed, smallest_stop=False))


def of_forecast(fleet: Fleet, told: Forecast) -> Mapping[str, SiteLoss]:
    """The same of a forecast, whatever it takes to be lost."""
    groups, killed = {group.name: group for group in fleet.groups}, frozenset(told.killed)
    return {one.group: _loss(groups[one.group], one, killed) for one in told.groups if one.group in groups}


def _loss(group: Group, seen: GroupForecast, killed: frozenset[Address]) -> SiteLoss:
    if seen.writes == "unknown":
        return SiteLoss("unknown", why=seen.reason)
    if seen.writes == "continue":
        return SiteLoss("continue", bytes=0, seconds=0.0, why=seen.reason)
    if seen.writes == "pause":
        found = [one.promoted for one in seen.shards if one.promoted is not None]
        heirs = tuple(found or ([seen.promoted] if seen.promoted is not None else []))
        return SiteLoss("itself", heirs, _places(group, heirs), seen.loss_bytes, seen.outage_seconds, seen.reason)
    return _by_hand(group, seen, killed)


def _by_hand(group: Group, seen: GroupForecast, killed: frozenset[Address]) -> SiteLoss:
    """Where somebody is left elsewhere of every primary that is lost; of a cluster, whom it promotes itself, if any."""
    nodes = {node.address: node for node in group.nodes}
    promoted = {one.primary: one.promoted for one in seen.shards if one.promoted is not None}
    pairs = []
    for old, replicas in _orphaned(group, nodes, killed):
        left = [nodes[each] for each in replicas if each in nodes and not gone(nodes[each], killed)]
        chosen = promoted.get(old)
        pairs.append((nodes.get(old), nodes[chosen] if chosen in nodes else _best(nodes.get(old), old, left)))
    if not pairs or any(heir is None for _, heir in pairs):
        return SiteLoss("stop", why=seen.reason)
    heirs = tuple(heir.address for _, heir in pairs if heir is not None)
    sizes = [loss_of(old, heir) for old, heir in pairs]
    known = [size for size in sizes if size is not None]
    lost = sum(known) if len(known) == len(sizes) else None
    return SiteLoss("by hand", heirs, _places(group, heirs), lost, None, seen.reason)


def _orphaned(
    group: Group, nodes: Mapping[Address, Node], killed: frozenset[Address]
) -> Iterator[tuple[Address, Sequence[Address]]]:
    """Primaries whose writes would stop, at the site or silent already, each with its replicas."""
    if group.cluster is None:
        last = next((node.address for node in group.nodes if node.last_role == "primary"), None)
        lead = group.primary if group.primary is not None else last
        if lead is not None:
            yield lead, [address for address in nodes if address != lead]
        return
    for shard in group.cluster.shards:
        node = nodes.get(shard.primary)
        if shard.slot_count and (node is None or gone(node, killed) is not None):
            yield shard.primary, shard.replicas


def _best(primary: Node | None, old: Address, left: Sequence[Node]) -> Node | None:
    """Whoever has come furthest; of equals the head of a chain before those below it. None: nobody is left."""
    level = [one.node for one in furthest([standing(node, primary) for node in left], primary)] if left else []
    return min(level, key=lambda node: (upstream(node) != old, node.address), default=None)


def _places(group: Group, heirs: Sequence[Address]) -> tuple[str, ...]:
    wanted = frozenset(heirs)
    found = {node.site for node in group.nodes if node.address in wanted}
    return tuple(sorted(site for site in found if site is not None))


def worst(fates: Sequence[Fate]) -> Fate | None:
    """
    >>> worst(["continue", "by hand", "itself"]), worst([])
    ('by hand', None)
    """
    return min(fates, key=WORST.index, default=None)
