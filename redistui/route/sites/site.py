"""Site: one of several, with the route that leads to it; and what can be wrong with a list of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redistui.model import Address
from redistui.model.routes import NodeStats, SiteState
from redistui.route.cluster.route import ClusterRoute
from redistui.route.failures import BadRoute
from redistui.route.given import checked_nodes
from redistui.route.route import Route
from redistui.route.sentinel import SentinelRoute
from redistui.route.split import SplitRoute

KINDS: Mapping[str, Callable[..., Route]] = {
    "split": SplitRoute,
    "sentinel": SentinelRoute,
    "cluster": ClusterRoute,
}
"""What can stand at a site: a primary with its replicas, a Sentinel group, a cluster."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site, the nodes it is reached by, and its route, which SitesRoute opens and closes."""

    name: str
    nodes: tuple[Address, ...]
    route: Route
    primary: bool = False


def site(name: str, kind: str, nodes: Sequence[Address], *, primary: bool = False, **words: Any) -> Site:
    """A site of a kind of KINDS. `nodes`: those of the data, or the Sentinels; more words go to its route (of a
    Sentinel group `name` is needed, as `watched`). Raises BadRoute."""
    if kind not in KINDS:
        raise BadRoute(f"site {name} is to be reached by {kind!r}: use one of {', '.join(KINDS)}")
    if not nodes:
        raise _without_nodes(name)
    if "watched" in words:
        words["name"] = words.pop("watched")
    elif kind == "sentinel":
        raise BadRoute(f"site {name}: say which of the Sentinels' names it is, as watched='NAME'")
    known = checked_nodes(nodes)
    return Site(name, known, KINDS[kind](known, **words), primary)


def checked_sites(sites: Sequence[Site], local: str | None) -> tuple[dict[str, Site], str, str]:
    """Sites by name, the primary one's name, and the one that is read first. Raises BadRoute."""
    if not sites:
        raise BadRoute("there are no sites: a route over sites needs at least one, and one that is primary")
    by_name = {site.name: site for site in sites}
    if len(by_name) < len(sites):
        raise BadRoute(f"two sites have one name: {', '.join(site.name for site in sites)}")
    empty = next((site for site in sites if not site.nodes), None)
    if empty is not None:
        raise _without_nodes(empty.name)
    primary = the_primary([site.name for site in sites if site.primary], by_name)
    if local is not None and local not in by_name:
        raise BadRoute(f"there is no site {local!r} to read first: there are {', '.join(by_name)}")
    return by_name, primary, local or primary


def the_primary(primaries: Collection[str], names: Collection[str]) -> str:
    """The one primary site of these. Raises BadRoute where there is none, another one, or more than one."""
    stranger = next((name for name in primaries if name not in names), None)
    if stranger is not None:
        raise BadRoute(f"there is no site {stranger!r} to be primary: there are {', '.join(names)}")
    if not primaries:
        raise BadRoute(f"no site is primary: say which one of {', '.join(names)}")
    if len(primaries) > 1:
        raise BadRoute(f"{' and '.join(primaries)} are both primary: only one site can be")
    return next(iter(primaries))


def _without_nodes(name: str) -> BadRoute:
    return BadRoute(f"site {name} has no nodes: give at least one address")


def state_of(site: Site, closed: str | None) -> SiteState:
    """How a site is now, by what its route looks at anyhow. `closed`: why its route is not open; None: it is."""
    if closed is not None:
        return SiteState(site.name, site.primary, False, closed, None, False, closed)
    nodes = site.route.stats().nodes
    primaries = [node for node in nodes if node.role == "primary"]
    sick = next((node for node in primaries if not node.healthy), None)
    why_not = f"{sick.address}: {sick.why_not}" if sick else "" if primaries else "no primary is known there"
    latencies = [node.latency_ms for node in primaries if node.latency_ms is not None]
    weak = why_not or _why_weak(site.route, nodes)
    latency = max(latencies) if latencies else None
    return SiteState(site.name, site.primary, not why_not, why_not, latency, not weak, weak)


def _why_weak(route: Route, nodes: Sequence[NodeStats]) -> str:
    """Why the loss of one node would end its writes; empty: it would not."""
    if isinstance(route, ClusterRoute):
        weak = route.weak_shards
        return f"no replica is ready to take over from {', '.join(weak)}" if weak else ""
    ready = any(node.role == "replica" and node.healthy for node in nodes)
    if not ready:
        return "no replica is ready to take over"
    return "" if isinstance(route, SentinelRoute) else "nobody would promote a replica: no Sentinel watches it"
