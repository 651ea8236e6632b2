"""From a canary's plan to the routed client that does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from redistui.model import Access, Address, Group, host_of, port_of
from redistui.model.canaries import NAME, CanaryPlan, RouteKind
from redistui.route.balancer import BalancerRoute
from redistui.route.cluster.route import ClusterRoute
from redistui.route.failures import BadRoute
from redistui.route.route import Route
from redistui.route.sentinel import SentinelRoute
from redistui.route.sites.consistency import MAJORITY
from redistui.route.sites.route import SitesRoute
from redistui.route.sites.site import Site
from redistui.route.split import SplitRoute

Groups = Mapping[str, Group]
AccessOf = Callable[[Address], Access]


def build(plan: CanaryPlan, groups: Groups, access_of: AccessOf) -> Route:
    """A route that is not open yet. Raises BadRoute with a sentence on what does not fit."""
    return MAKERS[plan.route](plan, groups, access_of)


def _group(name: str, groups: Groups) -> Group:
    group = groups.get(name)
    if group is None:
        raise BadRoute(f"there is no group {name!r}: there are {', '.join(groups) or 'none'}")
    if not _data(group):
        raise BadRoute(f"no node of {name} is known yet")
    return group


def _data(group: Group) -> list[Address]:
    """The nodes that can be dialled: of one that a cluster has lost there may be no address (`:0`)."""
    nodes = (node.address for node in group.nodes)
    return [node for node in nodes if node.startswith("unix:") or (host_of(node) and port_of(node))]


def _balancer(plan: CanaryPlan, groups: Groups, access_of: AccessOf) -> Route:
    group = _group(plan.group, groups)
    return BalancerRoute(_data(group), _access(group, access_of), name=NAME, **_how(plan))


def _split(plan: CanaryPlan, groups: Groups, access_of: AccessOf) -> Route:
    return _split_of(_group(plan.group, groups), access_of, _how(plan))


def _split_of(group: Group, access_of: AccessOf, how: Mapping[str, Any]) -> Route:
    return SplitRoute(_data(group), _access(group, access_of), name=NAME, **how)


def _sentinel(plan: CanaryPlan, groups: Groups, access_of: AccessOf) -> Route:
    return _sentinel_of(_group(plan.group, groups), access_of, _how(plan))


def _sentinel_of(group: Group, access_of: AccessOf, how: Mapping[str, Any]) -> Route:
    if not group.sentinels or group.watched_as is None:
        raise BadRoute(f"no Sentinel watches {group.name}: use the route split")
    sentinels = [sentinel.address for sentinel in group.sentinels]
    return SentinelRoute(sentinels, group.watched_as, _access(group, access_of), client_name=NAME, **how)


def _cluster(plan: CanaryPlan, groups: Groups, access_of: AccessOf) -> Route:
    return _cluster_of(_group(plan.group, groups), access_of, _how(plan))


def _cluster_of(group: Group, access_of: AccessOf, how: Mapping[str, Any]) -> Route:
    return ClusterRoute(_data(group), _access(group, access_of), name=NAME, **how)


def _sites(plan: CanaryPlan, groups: Groups, access_of: AccessOf) -> Route:
    """The plan's group stands for the primary site, the others for theirs, each by the site its primary stands at."""
    found = [_group(name, groups) for name in plan.groups]
    if len(found) == 1:
        raise BadRoute(
            f"the route sites needs the groups of the other sites too, besides {plan.group}: "
            "`:canary sites GROUP ...` names them"
        )
    names = [(plan.named.get(group.name, name), group) for name, group in named(found)]
    sites = [_site(name, group, access_of, first=group is found[0]) for name, group in names]
    return SitesRoute(sites, consistency=plan.consistency or MAJORITY)


def named(groups: Sequence[Group]) -> list[tuple[str, Group]]:
    """Each with its site's name, or with its own where two of them are at one site or none is known."""
    sites = [group.site for group in groups]
    own = None in sites or len(set(sites)) < len(sites)
    return [(group.name if own or group.site is None else group.site, group) for group in groups]


def _site(name: str, group: Group, access_of: AccessOf, first: bool) -> Site:
    of_kind = {"sentinel": _sentinel_of, "cluster": _cluster_of, "replication": _split_of}[group.kind]
    return Site(name, tuple(_data(group)), of_kind(group, access_of, {}), first)


def _access(group: Group, access_of: AccessOf) -> Access:
    return access_of(group.nodes[0].address)


def _how(plan: CanaryPlan) -> dict[str, Any]:
    """Weights are given once the route is open and knows its nodes."""
    return {"strategy": plan.strategy} if plan.strategy else {}


MAKERS: Mapping[RouteKind, Callable[[CanaryPlan, Groups, AccessOf], Route]] = {
    "split": _split,
    "sentinel": _sentinel,
    "cluster": _cluster,
    "sites": _sites,
    "balancer": _balancer,
}
