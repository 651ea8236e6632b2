"""Parts: who at a site could take over in each group, and by which action.

A group takes part when it has a data node at the site and its primary (of a cluster: any primary) stands elsewhere.
Nothing here is decided by what moves (offsets, lag) while the old primary lives: equal fleets give equal parts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from redistui.model import Address, Fleet, Group, Node, Shard
from redistui.ops.action import Action, Aim, Plan, refusals, warnings
from redistui.ops.cluster.checks import has_majority, trouble_with, voters
from redistui.ops.cluster.map import owners
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.failover import FAILOVER
from redistui.ops.plain.group import following, linked, up_to
from redistui.ops.plain.promote_dead import is_dead
from redistui.ops.promote import PROMOTE
from redistui.ops.sentinel.candidates import candidates
from redistui.ops.sentinel.checks import is_minority
from redistui.ops.sentinel.nodes import is_silent


@dataclass(frozen=True, slots=True)
class Part:
    """One group, or one shard of a cluster: from whom to whom."""

    group: str
    old: Address
    new: Address | None
    """None: nobody at the site could."""
    left: str | None
    """The site that the old primary stands at."""
    silent: bool
    """The old one does not answer: what it had not passed on is lost."""
    action: Action
    aim: Aim

    @property
    def name(self) -> str:
        """The group; of a cluster with the shard's primary."""
        return f"{self.group} (shard of {self.old})" if self.action is CLUSTER_FAILOVER else self.group

    def refusals(self, fleet: Fleet) -> tuple[str, ...]:
        if self.new is None:
            return ("no replica of it stands there",)
        return refusals(self.action, fleet, self.aim)

    def warnings(self, fleet: Fleet) -> tuple[str, ...]:
        return () if self.new is None else warnings(self.action, fleet, self.aim)

    def plan(self, fleet: Fleet) -> Plan:
        return self.action.plan(fleet, self.aim)


def known_sites(fleet: Fleet) -> tuple[str, ...]:
    """Sites at which a data node stands, by name."""
    return tuple(sorted({node.site for group in fleet.groups for node in group.nodes if node.site is not None}))


def stands_at(group: Group, site: str) -> bool:
    """Whether a data node of it stands there."""
    return any(node.site == site for node in group.nodes)


def parts(fleet: Fleet, site: str) -> tuple[Part, ...]:
    """Of every group that takes part, in the fleet's order; those of a cluster one after the other."""
    here = [group for group in fleet.groups if stands_at(group, site)]
    return tuple(part for group in here for part in _parts(fleet, group, site))


def _parts(fleet: Fleet, group: Group, site: str) -> Iterator[Part]:
    if group.kind == "cluster":
        yield from _shards(fleet, group, site)
        return
    old = top_of(group)
    if old is None:
        yield Part(group.name, group.primary or "nobody", None, None, False, FAILOVER, Aim(group.name))
    elif old.site != site:
        yield (_watched if group.kind == "sentinel" else _plain)(group, old, site)


def top_of(group: Group) -> Node | None:
    """Its primary, dead or alive. Of a plain group whose primary is dead the one that is followed most may be the head
    of a chain, which itself follows the dead one."""
    first = group.node(group.primary or "")
    if first is None or first.role == "primary" or group.kind == "sentinel":
        return first
    known = (group.node(address) for address in reversed(up_to(group, first)))
    return next((node for node in known if node is not None), first)


def _watched(group: Group, old: Node, site: str) -> Part:
    silent = is_silent(group)
    good = candidates(group, silent=silent)
    there = [node for node in group.nodes if node.site == site]
    heir = min(there, key=lambda node: (node.address not in good, *_rank(node, silent)))
    few = {"minority": "yes"} if silent and is_minority(group) else {}
    aim = Aim(group.name, options={"to": heir.address, **few})
    return Part(group.name, old.address, heir.address, old.site, silent, FAILOVER, aim)


def _plain(group: Group, old: Node, site: str) -> Part:
    """Its direct replicas there come first: those chained below them stay where they are."""
    gone, direct = is_dead(old), following(group, old.address)
    there = [node for node in group.nodes if node.site == site]
    heir = min(there, key=lambda n: (n not in direct, not (n.up and (gone or linked(n))), *_rank(n, gone)))
    aim = Aim(group.name, heir.address, {"chains": "yes"}, (heir.address,))
    return Part(group.name, old.address, heir.address, old.site, gone, PROMOTE, aim)


def _shards(fleet: Fleet, group: Group, site: str) -> Iterator[Part]:
    for shard in owners(group):
        old = group.node(shard.primary)
        if old is not None and old.site == site:
            continue
        yield _shard(fleet, group, shard, old, site)


def _shard(fleet: Fleet, group: Group, shard: Shard, old: Node | None, site: str) -> Part:
    gone = old is None or not old.up
    found = (group.node(address) for address in shard.replicas)
    there = [node for node in found if node is not None and node.site == site]
    left = None if old is None else old.site
    if not there:
        return Part(group.name, shard.primary, None, left, gone, CLUSTER_FAILOVER, Aim(group.name))
    heir = min(there, key=lambda node: (not (node.up and (gone or linked(node))), *_rank(node, gone)))
    how: dict[str, str] = {}
    if gone and trouble_with(fleet, old, heir):
        how = {"force" if has_majority(voters(fleet, group, heir)) else "takeover": "yes"}
    aim = Aim(group.name, heir.address, how, (heir.address,))
    return Part(group.name, shard.primary, heir.address, left, gone, CLUSTER_FAILOVER, aim)


def _rank(node: Node, by_offset: bool) -> tuple[float, int, str, Address]:
    """By priority (0: last), by how much it has where that is over and done with, by run id."""
    said = node.replication
    priority = None if said is None else said.priority
    offset = 0 if said is None else said.offset or 0
    return priority or float("inf"), -offset * by_offset, node.run_id or "", node.address
