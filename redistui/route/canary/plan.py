"""What a canary is told, word by word: a plan, checked; every complaint is a sentence (BadRoute)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

from redistui.model import Address, Group, Kind
from redistui.model.canaries import CanaryPlan, RouteKind
from redistui.route.failures import BadRoute
from redistui.route.sites.consistency import LEVELS, MAJORITY
from redistui.route.sites.site import the_primary
from redistui.route.strategy import STRATEGIES

KINDS: tuple[RouteKind, ...] = get_args(RouteKind)
RATES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Operations a second that keys step through."""
MOST = 1000.0
"""That may be asked for by its number: a canary is no load test."""
SHARE = 0.2
"""Of the operations, how many write once writing is turned on."""
FITTING: Mapping[Kind, tuple[RouteKind, ...]] = {
    "replication": ("split", "balancer", "sites"),
    "sentinel": ("sentinel", "split", "balancer", "sites"),
    "cluster": ("cluster", "sites"),
}
"""Routes that a kind of group can be reached by; the first is the one that a canary begins with."""
PRIMARY = "primary"
CLUSTER_ONLY = "its keys lie on several nodes, so that only the cluster route finds them"


def first_plan(group: Group) -> CanaryPlan:
    return CanaryPlan(group.name, FITTING[group.kind][0])


def fitted(plan: CanaryPlan, group: Group) -> CanaryPlan:
    """The plan for another group: what it has to do stays, where that can be done there."""
    kinds = FITTING[group.kind]
    if group.name in plan.groups and plan.route in kinds:
        return plan if plan.route == "sites" else _without_strangers(plan, [node.address for node in group.nodes])
    route = plan.route if plan.route in kinds and plan.route != "split" else kinds[0]
    strategy = "" if plan.strategy == PRIMARY and route != "cluster" else plan.strategy
    return replace(plan, group=group.name, route=route, strategy=strategy, others=(), named={}, weights={})


def told(plan: CanaryPlan, words: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    """The plan, changed by one order: `rate 50`, `strategy weighted`, `weight ADDRESS 3` ... Raises BadRoute."""
    name, *rest = words
    order = ORDERS.get(name)
    if order is None:
        raise BadRoute(f"canary has no {name!r}: {', '.join(('start', 'stop', 'reset', *ORDERS))}")
    return order(_without_strangers(plan, nodes), rest, group, nodes)


def _without_strangers(plan: CanaryPlan, nodes: Sequence[Address]) -> CanaryPlan:
    """No route takes the weight of a node that has left its group."""
    weights = {node: weight for node, weight in plan.weights.items() if node in nodes}
    return plan if weights == plan.weights else replace(plan, weights=weights)


def _route(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    kinds = FITTING[group.kind]
    kind = _next_route(plan, group) if rest == ["next"] else one_of("route", " ".join(rest), KINDS)
    if kind not in kinds:
        behind = "no Sentinel watches it" if kind == "sentinel" else f"no {kind} stands behind it"
        why = CLUSTER_ONLY if group.kind == "cluster" else behind
        raise BadRoute(f"{group.name} cannot be reached by the route {kind}: {why}; use one of {', '.join(kinds)}")
    found = next(one for one in KINDS if one == kind)
    consistency = (plan.consistency or MAJORITY) if kind == "sites" else ""
    writes = 0.0 if found == "balancer" else plan.writes
    others = plan.others if found == "sites" else ()
    routed = replace(plan, route=found, consistency=consistency, writes=writes, others=others)
    return replace(routed, strategy="", weights={}) if found == "sites" else routed


def _next_route(plan: CanaryPlan, group: Group) -> str:
    """Round and round, without the route sites, which wants to be told of other groups."""
    kinds = [kind for kind in FITTING[group.kind] if kind != "sites"]
    if kinds == [plan.route]:
        raise BadRoute(
            f"{group.name} has no other route than {plan.route}; sites GROUP ... makes one over several groups"
        )
    return _one("route", ["next"], kinds, plan.route)


def _strategy(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    if plan.route == "sites":
        raise BadRoute("the route sites has no strategy but its consistency: eventual, majority or strong")
    known = (PRIMARY, *STRATEGIES) if plan.route == "cluster" else tuple(STRATEGIES)
    return replace(plan, strategy=_one("strategy", rest, known, plan.strategy or known[0]))


def _consistency(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    if plan.route != "sites":
        raise BadRoute(f"only the route sites has a consistency; this one is {plan.route}")
    return replace(plan, consistency=_one("consistency", rest, LEVELS, plan.consistency))


def _rate(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    match rest:
        case ["up"]:
            return replace(plan, rate=next((rate for rate in RATES if rate > plan.rate), max(plan.rate, RATES[-1])))
        case ["down"]:
            slower = [rate for rate in RATES if rate < plan.rate]
            return replace(plan, rate=slower[-1] if slower else min(plan.rate, RATES[0]))
        case [word] if (number := _number(word.removesuffix("/s"))) is not None and 0 < number <= MOST:
            return replace(plan, rate=number)
    raise BadRoute(f"{' '.join(rest)!r} is no rate: operations a second, above 0 and up to {MOST:g}")


def _writes(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    share = _share(rest, plan.writes)
    if plan.route == "balancer" and share:
        raise BadRoute("a balancer asks any node, and replicas take no writes: only the other routes can write")
    return replace(plan, writes=share)


def _share(rest: Sequence[str], now: float) -> float:
    match rest:
        case ["on"]:
            return now or SHARE
        case ["off"]:
            return 0.0
        case ["toggle"]:
            return 0.0 if now else SHARE
        case [word] if (number := _number(word.removesuffix("%"))) is not None and 0 <= number <= 100:
            return number / 100
    raise BadRoute(f"{' '.join(rest)!r} is no share of writes: on, off, or percent from 0 to 100")


def _weight(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    if len(rest) != 2:
        raise BadRoute("a weight is given as weight ADDRESS NUMBER; 0: never asked")
    node, word = rest
    if plan.route == "sites":
        raise BadRoute("sites have no weights: the primary one is read first, all of them are written")
    if node not in nodes:
        raise BadRoute(f"{node} is no node of {plan.group}: its nodes are {', '.join(nodes)}")
    now = plan.weights.get(node, 1.0)
    number = now + 1 if word == "up" else max(0.0, now - 1) if word == "down" else _number(word)
    if number is None or number < 0:
        raise BadRoute(f"{word!r} is no weight: a number, 0 or above; 0: never asked")
    weights = {**plan.weights, node: number}
    if not any(weights.get(one, 1.0) for one in nodes):
        raise BadRoute("all weights would be 0, so that nobody would be asked")
    return replace(plan, weights=weights)


def _others(plan: CanaryPlan, rest: Sequence[str], group: Group, nodes: Sequence[Address]) -> CanaryPlan:
    others = tuple(name for name in dict.fromkeys(rest) if name != group.name)
    if not others:
        raise BadRoute(f"sites GROUP ...: the groups of the other sites, besides {group.name}")
    return replace(_route(plan, ("sites",), group, nodes), group=group.name, others=others, named={})


def with_sites(plan: CanaryPlan, sites: Sequence[tuple[str, str]], primaries: Sequence[str]) -> CanaryPlan:
    """A plan over these sites, each with its group; the group of the primary one leads. Raises BadRoute."""
    names, groups = [name for name, _ in sites], [group for _, group in sites]
    for what, words in (("site", names), ("group", groups)):
        twice = next((word for word in words if words.count(word) > 1), None)
        if twice is not None:
            raise BadRoute(f"the {what} {twice!r} is named twice: each site is another one, with a group of its own")
    if len(sites) < 2:
        raise BadRoute("the route sites needs two sites at least, each with its group")
    primary = the_primary(tuple(dict.fromkeys(primaries)), names)
    first = dict(sites)[primary]
    others = tuple(group for group in groups if group != first)
    named = {group: name for name, group in sites}
    level = plan.consistency or MAJORITY
    return replace(plan, group=first, route="sites", others=others, named=named, consistency=level, strategy="")


def led(plan: CanaryPlan, groups: Mapping[str, Group], primary: str | None) -> CanaryPlan:
    """The same sites, led by the group that stands at the site which is primary by the config, where one does."""
    there = [name for name in plan.groups if primary is not None and name in groups and groups[name].site == primary]
    if plan.route != "sites" or not there or plan.group in there:
        return plan
    return replace(plan, group=there[0], others=tuple(name for name in plan.groups if name != there[0]))


ORDERS: Mapping[str, Callable[[CanaryPlan, Sequence[str], Group, Sequence[Address]], CanaryPlan]] = {
    "route": _route,
    "strategy": _strategy,
    "weight": _weight,
    "rate": _rate,
    "writes": _writes,
    "consistency": _consistency,
    "sites": _others,
}
"""What can be changed, before it runs and while it does."""


def _one(what: str, rest: Sequence[str], known: Sequence[str], now: str) -> str:
    """One of some words; `next`: the one after the present one."""
    match rest:
        case ["next"]:
            return known[(known.index(now) + 1) % len(known)] if now in known else known[0]
    return one_of(what, " ".join(rest), known)


def one_of(what: str, word: str, known: Sequence[str]) -> str:
    """The word. Raises BadRoute where it is none of those that are known."""
    if word not in known:
        raise BadRoute(f"there is no {what} {word!r}: use one of {', '.join(known)}")
    return word


def _number(word: str) -> float | None:
    """A plain finite number; None for what is none.

    >>> [_number(word) for word in ("1.5", "nan", "1e400", "five")]
    [1.5, None, None, None]
    """
    try:
        number = float(word)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
