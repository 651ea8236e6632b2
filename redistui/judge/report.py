"""Report: the health of a fleet as one value, from a snapshot and the past that led to it. Text, Markdown and JSON are
made of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from redistui.history import History, How, Sample, bounds_of
from redistui.history.spans import samples, together
from redistui.judge.capacity import Capacity, capacities
from redistui.judge.drift import Drift, drifts
from redistui.judge.health import health
from redistui.judge.recommend import Advice, Past, recommendations
from redistui.judge.recommend.study import leaders
from redistui.judge.rules.limits import Thresholds
from redistui.judge.score import band, score
from redistui.judge.trend import Trend, trend
from redistui.model import Address, Alert, Finding, Fleet, Group, Health

POINTS = 120
"""Steps of time that a trend is read in, and its plot drawn from."""
TRENDS: tuple[tuple[str, How], ...] = (
    ("memory_used", "sum"),
    ("clients", "sum"),
    ("ops_per_second", "sum"),
    ("up", "sum"),
)
"""What is followed, and how the fleet's total is made of its nodes."""
SETTLING = 3.0
"""Periods in which a fleet is still being found when watching begins."""


@dataclass(frozen=True, slots=True)
class Line:
    """One number over the time that was looked at."""

    group: str | None
    """None: of the whole fleet."""
    node: Address | None
    """None: of all together."""
    metric: str
    trend: Trend
    samples: tuple[Sample | None, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """Totals of all data servers that answer; None: nobody tells."""

    nodes: int
    nodes_up: int
    sentinels: int
    sentinels_up: int
    memory_used: float | None
    memory_limit: float | None
    """None also where one of them has no limit."""
    clients: float | None
    ops_per_second: float | None
    cpu_percent: float | None
    """The mean."""
    keys: float | None


@dataclass(frozen=True, slots=True)
class GroupReport:
    """One group in short."""

    group: Group
    health: Health
    summary: Summary
    alerts: int
    recommendations: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that is to be told."""

    fleet: Fleet
    since: float
    """From when on trends were asked for."""
    watched: float
    """Seconds of past that there are within."""
    past: float
    """Seconds of past that growth was read from."""
    score: int
    status: str
    alerts: tuple[tuple[Finding, Alert | None], ...]
    """What is wrong now, bad first; with its alert, where it has lasted long enough to be one."""
    recommendations: tuple[Advice, ...]
    summary: Summary
    trends: tuple[Line, ...]
    """Of the fleet first."""
    capacity: tuple[Capacity, ...]
    drift: tuple[Drift, ...]
    groups: tuple[GroupReport, ...]


def report(
    fleet: Fleet, history: History, seconds: float, thresholds: Thresholds | None = None, *, trends: bool = True
) -> Report:
    """`seconds`: how far back trends go. Growth is read from all the past there is. `thresholds` as a config has them:
    from where on something is recommended. Without `trends` none is reckoned, which of many nodes is half of the work;
    all else is told."""
    since = fleet.at - seconds
    oldest = begun(history) or fleet.at
    room = capacities(fleet, history, oldest, fleet.at)
    told = recommendations(fleet, Past(paces(fleet, history, since), room), thresholds)
    courses = tuple(lines(fleet, history, since)) if trends else ()
    points = score(fleet)
    return Report(
        fleet=fleet,
        since=since,
        watched=max((fleet.at - line.trend.since for line in courses), default=0.0)
        if trends
        else reaches(history, since, fleet.at),
        past=fleet.at - oldest,
        score=points,
        status=band(points),
        alerts=alerts(fleet),
        recommendations=told,
        summary=summary(fleet),
        trends=courses,
        capacity=room,
        drift=drifts(fleet),
        groups=tuple(_group(fleet, group, told) for group in fleet.groups),
    )


def begun(history: History) -> float | None:
    """When the oldest past there is begins, in seconds since 1970; None: there is none."""
    return min((at for node in history.nodes if (at := history.since(node)) is not None), default=None)


def reaches(history: History, since: float, until: float) -> float:
    """Seconds before `until` from which on anything is known of a time; 0 where nothing is."""
    found = 0.0
    for node in history.nodes:
        first = next((one.at for one in history.span(node, "up", since, until, POINTS) if one is not None), until)
        found = max(found, until - first)
    return found


def alerts(fleet: Fleet) -> tuple[tuple[Finding, Alert | None], ...]:
    """Every finding with its alert; and alerts that last while their finding is not there at this very moment."""
    lasting = {alert.key: alert for alert in fleet.alerts if alert.ended_at is None}
    found = [(one, lasting.pop((one.rule, one.group, one.node), None)) for one in fleet.findings]
    found += [(_finding(alert), alert) for alert in lasting.values()]
    return tuple(sorted(found, key=lambda pair: pair[0].level != "bad"))


def _finding(alert: Alert) -> Finding:
    return Finding(alert.rule, alert.level, alert.group, alert.message, alert.node, alert.value, alert.threshold)


def _group(fleet: Fleet, group: Group, told: Sequence[Advice]) -> GroupReport:
    one = Fleet(fleet.at, fleet.period, (group,))
    return GroupReport(
        group=group,
        health=health(fleet, group),
        summary=summary(one),
        alerts=sum(finding.group == group.name for finding in fleet.findings),
        recommendations=sum(advice.group == group.name for advice in told),
    )


def summary(fleet: Fleet) -> Summary:
    """Of whatever groups it has."""
    nodes = [node for group in fleet.groups for node in group.nodes]
    watchers = {one.address: one for group in fleet.groups for one in group.sentinels}
    said = {
        name: [node.metrics[name] for node in nodes if node.up and name in node.metrics]
        for name in ("memory_used", "memory_limit", "clients", "ops_per_second", "cpu_percent")
    }
    limited = len(said["memory_limit"]) == len(said["memory_used"])
    heads = [node for group in fleet.groups for node in leaders(group)]
    keys = [node.metrics["keys"] for node in heads if "keys" in node.metrics]
    return Summary(
        nodes=len(nodes),
        nodes_up=sum(node.up for node in nodes),
        sentinels=len(watchers),
        sentinels_up=sum(one.up for one in watchers.values()),
        memory_used=_sum(said["memory_used"]),
        memory_limit=_sum(said["memory_limit"]) if limited else None,
        clients=_sum(said["clients"]),
        ops_per_second=_sum(said["ops_per_second"]),
        cpu_percent=sum(said["cpu_percent"]) / len(said["cpu_percent"]) if said["cpu_percent"] else None,
        keys=_sum(keys),
    )


def _sum(values: Sequence[float]) -> float | None:
    return sum(values) if values else None


def paces(fleet: Fleet, history: History, since: float) -> Mapping[Address, float]:
    """Bytes a second that each primary wrote to its replicas, at the busiest; those that never told are left out."""
    found = {}
    for node in (node for group in fleet.groups for node in leaders(group)):
        said = [one.mean for one in history.span(node.address, "replicated", since, fleet.at, POINTS) if one]
        if said:
            found[node.address] = max(said)
    return found


def lines(fleet: Fleet, history: History, since: float) -> Iterator[Line]:
    """The fleet's own first, then each node's; what nobody told is left out."""
    nodes = [(group.name, node.address) for group in fleet.groups for node in group.nodes]
    settled = settled_at(history, since, SETTLING * fleet.period)
    bounds = bounds_of(since, fleet.at, POINTS)
    if not (nodes and bounds):
        return
    rows = {metric: [history.columns(node, metric, bounds) for _, node in nodes] for metric, _ in TRENDS}
    for metric, how in TRENDS:
        whole = samples(together(rows[metric], how), bounds)
        yield from _line(None, None, metric, tuple(one if one and one.at >= settled else None for one in whole))
    for place, (group, node) in enumerate(nodes):
        for metric, _ in TRENDS:
            yield from _line(group, node, metric, tuple(samples(rows[metric][place], bounds)))


def _line(group: str | None, node: Address | None, metric: str, course: tuple[Sample | None, ...]) -> Iterator[Line]:
    found = trend(course)
    if found is not None:
        yield Line(group, node, metric, found, course)


def settled_at(history: History, since: float, settling: float) -> float:
    """From when totals mean something: servers that are being found one after the other are no growth."""
    first = [at for node in history.nodes if (at := history.since(node)) is not None]
    begun = min(first, default=since)
    found = max((at for at in first if at <= begun + settling), default=begun)
    return max(since, found)
