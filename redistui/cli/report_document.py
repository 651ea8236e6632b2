"""The JSON document of `report`: keys may be added, never renamed or removed; what is unknown is null, never 0."""

from __future__ import annotations

from typing import Any

from redistui.cli.document import Document, finding_document, time
from redistui.judge.capacity import Capacity
from redistui.judge.drift import Drift
from redistui.judge.recommend import Advice
from redistui.judge.report import GroupReport, Line, Report, Summary
from redistui.judge.rules.table import KINDS
from redistui.judge.trend import Trend
from redistui.model import Alert, Finding
from redistui.view.capacity import sentence


def document(report: Report) -> Document:
    return {
        "at": time(report.fleet.at),
        "score": report.score,
        "status": report.status,
        "alerts": [alert_document(finding, alert) for finding, alert in report.alerts],
        "recommendations": [advice_document(one) for one in report.recommendations],
        "summary": summary_document(report.summary),
        "trends": trends_document(report),
        "capacity": [capacity_document(one) for one in report.capacity],
        "drift": [drift_document(one) for one in report.drift],
        "groups": [group_document(one) for one in report.groups],
        "watched_seconds": round(report.past, 3),
    }


def alert_document(finding: Finding, alert: Alert | None) -> Document:
    """A finding with what to do about it; `since` and what follows are null until it has lasted for a while."""
    return {
        **finding_document(finding),
        "advice": None if (kind := KINDS.get(finding.rule)) is None else kind.advice,
        "since": None if alert is None else time(alert.since),
        "acknowledged_at": None if alert is None else time(alert.acknowledged_at),
        "silenced_until": None if alert is None else time(alert.silenced_until),
    }


def advice_document(one: Advice) -> Document:
    return {"text": one.text, "reason": one.reason, "name": one.name, "group": one.group, "nodes": list(one.nodes)}


def summary_document(whole: Summary) -> Document:
    return {
        "nodes": whole.nodes,
        "nodes_up": whole.nodes_up,
        "sentinels": whole.sentinels,
        "sentinels_up": whole.sentinels_up,
        "memory_used": number(whole.memory_used),
        "memory_limit": number(whole.memory_limit),
        "clients": number(whole.clients),
        "ops_per_second": number(whole.ops_per_second),
        "cpu_percent": number(whole.cpu_percent),
        "keys": number(whole.keys),
    }


def trends_document(report: Report) -> Document:
    """By metric of the fleet, and by node and metric; `watched_seconds`: how much past there was of what was asked."""
    nodes: dict[str, dict[str, Any]] = {}
    for line in report.trends:
        if line.node is not None:
            nodes.setdefault(line.node, {})[line.metric] = trend_document(line.trend)
    return {
        "since": time(report.since),
        "until": time(report.fleet.at),
        "watched_seconds": round(report.watched, 3),
        "fleet": {line.metric: {**trend_document(line.trend), "points": points(line)}
                  for line in report.trends if line.node is None},
        "nodes": nodes,
    }  # fmt: skip


def trend_document(one: Trend) -> Document:
    """`slope` a second, and what is to be added to it and taken off it to be right 95 times in 100."""
    return {
        "first": number(one.first),
        "last": number(one.last),
        "min": number(one.low),
        "max": number(one.high),
        "mean": number(one.mean),
        "slope": one.slope,
        "margin": one.margin,
        "since": time(one.since),
        "until": time(one.until),
        "samples": one.samples,
    }


def points(line: Line) -> list[list[Any]]:
    """Time and mean of each step that is known."""
    return [[time(one.at), number(one.mean)] for one in line.samples if one is not None]


def capacity_document(one: Capacity) -> Document:
    return {
        "group": one.group,
        "node": one.node,
        "metric": one.metric,
        "now": number(one.now),
        "limit": number(one.limit),
        "growth": one.sure,
        "per_day": number(one.per_day),
        "margin_per_day": number(one.margin),
        "full_in_seconds": number(one.full_in),
        "soonest_seconds": number(one.soonest),
        "latest_seconds": number(one.latest),
        "watched_seconds": round(one.watched, 3),
        "text": sentence(one),
    }


def drift_document(one: Drift) -> Document:
    return {
        "group": one.group,
        "name": one.fact.name,
        "values": [{"value": value, "nodes": list(places)} for value, places in one.values],
        "reason": one.fact.why,
    }


def group_document(one: GroupReport) -> Document:
    return {
        "name": one.group.name,
        "kind": one.group.kind,
        "site": one.group.site,
        "health": one.health,
        "primary": one.group.primary,
        "alerts": one.alerts,
        "recommendations": one.recommendations,
        **summary_document(one.summary),
    }


def number(value: float | None) -> float | int | None:
    """Whole numbers whole, others to a thousandth; never nan or infinite."""
    if value is None or value != value or value in (float("inf"), float("-inf")):
        return None
    return int(value) if value == int(value) else round(value, 3)
