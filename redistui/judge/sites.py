"""What stands where: for every site its groups, whether their primary is there, and how far it is from us."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from ipaddress import ip_address, ip_network
from statistics import median

from redistui.judge.health import health
from redistui.judge.site_loss import UNTOLD, Fate, SiteLoss, losses, worst
from redistui.model import Address, Fleet, Group, Health, Node, Sentinel, Site, host_of

NOWHERE = "(no site)"
LagsMs = Mapping[Address, float]
NO_LAGS: LagsMs = {}


@dataclass(frozen=True, slots=True)
class SiteGroup:
    """One group's part in a site. `lag_bytes`: the best replica's here; None: the primary is here, or none is known."""

    name: str
    health: Health
    primary_here: bool
    nodes: int
    nodes_up: int
    lag_bytes: int | None
    lag_ms: float | None = None
    """The least lag of a replica here in time, where a canary publishes markers; None: none reach it."""
    lost: SiteLoss = UNTOLD
    """What becomes of it when this site is lost."""
    led: int = 0
    """How many of its primaries stood here that are silent now, and that nobody has taken the place of; of a group that
    is no cluster at most 1."""


@dataclass(frozen=True, slots=True)
class SiteState:
    """One site; `latency_ms` is the median round trip of its nodes' spaced pings."""

    name: str
    groups: tuple[SiteGroup, ...]
    nodes: int
    nodes_up: int
    latency_ms: float | None
    health: Health
    primary: bool = False
    """Writes belong here, by the config."""

    @property
    def available(self) -> Fate | None:
        """Whether another site takes over what is led from here: as the worst of these groups; None: nothing is."""
        return worst([part.lost.fate for part in self.groups if part.primary_here])


def site_of(address: Address, zone: str | None, sites: Sequence[Site]) -> str | None:
    """The site of the config that names the address, else the server's own availability zone.

    >>> site_of("10.1.2.3:6379", None, [Site("east", ("10.1.0.0/16",)), Site("west", ("*.west:*",))])
    'east'
    """
    for site in sites:
        if any(_covers(member, address) for member in site.members):
            return site.name
    return zone or None


def _covers(member: str, address: Address) -> bool:
    host = host_of(address)
    if member in (address, host):
        return True
    if "/" in member and not member.startswith("unix:"):
        try:
            return ip_address(host) in ip_network(member, strict=False)
        except ValueError:
            return False
    return fnmatchcase(address, member) or fnmatchcase(host, member)


def sites(fleet: Fleet, lags_ms: LagsMs = NO_LAGS) -> tuple[SiteState, ...]:
    """Every site that is known, by name; what stands nowhere comes last. `lags_ms`: by replica, as markers tell."""
    names = {member.site for group in fleet.groups for member in group.members}
    ordered = sorted(name for name in names if name is not None) + ([None] if None in names else [])
    return tuple(_state(fleet, name, lags_ms) for name in ordered)


def _state(fleet: Fleet, site: str | None, lags_ms: LagsMs) -> SiteState:
    members = [member for group in fleet.groups for member in group.members if member.site == site]
    lost = {} if site is None else losses(fleet, site)
    pings = [member.ping_ms for member in members if member.ping_ms is not None and member.up]
    parts = tuple(
        _part(fleet, group, here, lost.get(group.name, UNTOLD), lags_ms)
        for group in fleet.groups
        if (here := [node for node in group.nodes if node.site == site])
    )
    up = sum(member.up for member in members)
    return SiteState(
        name=site if site is not None else NOWHERE,
        groups=parts,
        nodes=len(members),
        nodes_up=up,
        latency_ms=median(pings) if pings else None,
        health=_health(parts, members, up),
        primary=any(one.primary for one in fleet.sites if one.name == site),
    )


def _part(fleet: Fleet, group: Group, here: Sequence[Node], lost: SiteLoss, lags_ms: LagsMs) -> SiteGroup:
    leads = any(node.role == "primary" and node.up for node in here)
    best = min((node for node in here if "lag_bytes" in node.metrics), key=_lag, default=None)
    shown = None if leads else best
    return SiteGroup(
        name=group.name,
        health=health(fleet, group),
        primary_here=leads,
        nodes=len(here),
        nodes_up=sum(node.up for node in here),
        lag_bytes=None if shown is None else round(_lag(shown)),
        lag_ms=None
        if leads
        else min((lags_ms[node.address] for node in here if node.address in lags_ms), default=None),
        lost=lost,
        led=len(_led(group) & {node.address for node in here}),
    )


def _led(group: Group) -> frozenset[Address]:
    """Its primaries that do not answer, as far as nobody is known to have taken their place."""
    silent = {node.address for node in group.nodes if not node.up and "primary" in (node.role, node.last_role)}
    if group.cluster is not None:
        return frozenset(shard.primary for shard in group.cluster.shards if shard.slot_count) & silent
    taken = any(node.role == "primary" and node.up for node in group.nodes)
    return frozenset() if taken else frozenset(silent)


def _lag(node: Node) -> float:
    return node.metrics["lag_bytes"]


def _health(parts: Sequence[SiteGroup], members: Sequence[Node | Sentinel], up: int) -> Health:
    """A site is bad when none of its nodes answers, warned of when some do not, unknown before any was asked."""
    if all(member.seen_at is None and member.fault is None for member in members):
        return "unknown"
    if up == 0:
        return "bad"
    if up < len(members) or any(part.nodes_up == 0 for part in parts):
        return "warn"
    return "ok"
