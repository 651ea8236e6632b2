"""Servers of one group that ought to be alike and are not: versions, settings, clocks; and those too close together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median

from redistui.judge.cluster_rules import listed, machine
from redistui.judge.drift import FACTS, Compared, Drift, Fact, of_group
from redistui.judge.rules.kinds import Case, Kind
from redistui.judge.topology import upstream
from redistui.model import Finding, Node

KINDS_DRIFT = (
    Kind("version-drift", "Servers of one group run different versions.",
         "Finish the upgrade; replicas go first, since an older one may not be able to read its primary's data."),
    Kind("config-drift", "Servers of one group are set up differently: a failover changes how the group behaves.",
         "`set-parameter` makes them alike; the report's drift table names every value."),
)  # fmt: skip
KINDS_CLOCKS = (
    Kind("clock-skew", "The clocks of servers of one group differ: keys expire at different times, Sentinels go into "
         "TILT. Clocks are read at every tenth poll.", "See whether their machines keep time (NTP)."),
)  # fmt: skip
KINDS_HOSTS = (
    Kind("one-host", "A primary and all its replicas stand on one host where there are others.",
         "`attach` a replica on another host; in a cluster `replicate` one."),
)  # fmt: skip
QUIET = ("system", "replica-priority", "backlog")
"""What is told in the report only: it may well be meant so."""
_TOLD = tuple(fact for fact in FACTS if fact.name not in QUIET)


def drift(case: Case) -> Iterator[Finding]:
    """One finding for the versions, and one for all settings that differ."""
    nodes = case.group.nodes
    if len(nodes) < 2 or all(_alike(fact, nodes) for fact in _TOLD):
        return
    found = [one for one in of_group(case.group) if one.fact.name not in QUIET]
    for one in found:
        if one.fact.name == "version":
            yield case.finding("version-drift", "warn", f"different versions: {_told(one)}; {one.fact.why}")
    rest = [one for one in found if one.fact.name != "version"]
    if rest:
        text = "; ".join(f"{one.fact.title}: {_told(one)}" for one in rest)
        yield case.finding("config-drift", "warn", f"not all set up alike: {text}")


def _alike(fact: Fact, nodes: Sequence[Node]) -> bool:
    """The usual case, found out as cheaply as can be: there may be a thousand nodes."""
    of, only, seen = fact.of, fact.only, None
    for node in nodes:
        if only is None or node.role == only:
            value = of(node)
            if seen is None:
                seen = value
            elif value is not None and value != seen:
                return False
    return True


def _told(one: Drift) -> str:
    return ", ".join(f"{_said(value, one.fact.unit)} on {listed(places)}" for value, places in one.values)


def _said(value: Compared, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.0f} {unit}".rstrip()
    return str(value)


def clocks(case: Case) -> Iterator[Finding]:
    """Against the middle one of the group; of two nobody knows which is wrong."""
    ahead = {node.address: skew for node in case.group.nodes if (skew := node.metrics.get("clock_ahead")) is not None}
    if len(ahead) < 2 or max(ahead.values()) - min(ahead.values()) < 0.5:
        return
    middle = median(ahead.values())
    if len(ahead) == 2:
        one, other = ahead
        apart = abs(ahead[one] - ahead[other])
        if (over := case.exceeds("clock_skew", apart)) is not None:
            text = f"the clocks of {one} and {other} are {apart:.1f} s apart: see whether their machines keep time"
            yield case.finding("clock-skew", over[0], text, None, apart, over[1])
        return
    for node in case.group.nodes:
        apart = ahead.get(node.address, middle) - middle
        over = case.exceeds("clock_skew", abs(apart), node)
        if over is not None:
            way = "ahead of" if apart > 0 else "behind"
            text = f"the clock of {node.address} is {abs(apart):.1f} s {way} the group's: see whether it keeps time"
            yield case.finding("clock-skew", over[0], text, node, abs(apart), over[1])


def hosts(case: Case) -> Iterator[Finding]:
    """Only what could be otherwise is said: a group that stands on one host altogether is left in peace."""
    group = case.group
    if group.kind == "cluster" or group.primary is None:
        return
    host = machine(group.primary)
    if host is None or all(machine(member.address) == host for member in group.members):
        return
    replicas = [node.address for node in group.nodes if upstream(node) is not None and node.address != group.primary]
    if not replicas or any(machine(one) != host for one in replicas):
        return
    text = (
        f"{group.primary} has all its replicas on its own host {host}: the data goes with that machine; "
        f"`attach` one on another host"
    )
    yield case.finding("one-host", "warn", text, group.primary)
