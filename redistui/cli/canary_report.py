"""What `redistui canary` prints: a line while it runs, and at its end the figures of the Routes screen or a document.

    {"group", "groups": [GROUP], "route", "strategy", "consistency": null|LEVEL, "rate", "write_percent", "seconds",
     "operations", "acked", "refused", "unknown", "reads", "writes", "retries", "fallbacks", "redirections",
     "cross_slot", "stale_reads", "success_rate", "redirection_rate", "cross_slot_rate", "errors": {KIND: COUNT},
     "per_second", "latency_ms": {"reads": LATENCIES, "writes": LATENCIES}, "nodes": [NODE], "sentinels": [SENTINEL],
     "sites": [SITE], "troubles": [{"at", "text", "count"}], "said"}
    LATENCIES {"count", "p50", "p95", "p99", "worst"}: of the last 30 s
    NODE      {"address", "role", "site", "weight", "share", "wanted_share", "requests", "failures", "success_rate",
               "latency_ms", "in_flight", "connections", "healthy", "why_not", "lag_ms"}

Shares and rates are from 0 to 1; reads and writes count calls, and of a call over several slots each slot.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from redistui.cli.document import time
from redistui.cli.output import put
from redistui.cli.paint import coloured, harmless, painted, table, unicode_out
from redistui.model import Fleet
from redistui.model.canaries import CanaryState, Latencies
from redistui.model.routes import NodeStats, RouteStats
from redistui.view import figures, routes
from redistui.view.cells import Row
from redistui.view.glyphs import ASCII, UNICODE

Document = dict[str, Any]
COUNTED = (
    "operations", "acked", "refused", "unknown", "reads", "writes", "retries", "fallbacks", "redirections",
    "cross_slot", "success_rate",
)  # fmt: skip


def progress(state: CanaryState) -> str:
    stats = state.stats
    counted = "" if stats is None else f", {stats.acked} acknowledged, {stats.refused} refused, {stats.unknown} unknown"
    worst = ", ".join(
        f"{what} p99 {figures.latency(seen.p99)}"
        for what, seen in (("reads", state.reads), ("writes", state.writes))
        if seen.count
    )
    said = f"; {state.said}" if state.said else ""
    return f"canary, {figures.span(state.at - state.began)}{counted}{', ' if worst else ''}{worst}{said}"


def report(state: CanaryState, fleet: Fleet, *, as_json: bool) -> None:
    if as_json:
        put(document(state))
    else:
        print_text(state, fleet)


def document(state: CanaryState) -> Document:
    plan, stats = state.plan, state.stats or RouteStats(state.plan.route, state.began, state.at, "")
    return {
        "group": plan.group,
        "groups": list(plan.groups),
        "route": plan.route,
        "strategy": stats.strategy,
        "consistency": plan.consistency or None,
        "rate": plan.rate,
        "write_percent": 100 * plan.writes,
        "seconds": round(state.at - state.began, 3),
        **{name: getattr(stats, name) for name in COUNTED},
        "redirection_rate": stats.share_of(stats.redirections),
        "cross_slot_rate": stats.share_of(stats.cross_slot),
        "stale_reads": state.stale_reads + stats.stale_reads,
        "errors": dict(stats.errors),
        "per_second": state.per_second,
        "latency_ms": {"reads": _latencies(state.reads), "writes": _latencies(state.writes)},
        "nodes": [_node(node, state.lags) for node in stats.nodes],
        "sentinels": [asdict(one) for one in stats.watchers],
        "sites": [asdict(one) for one in stats.sites],
        "troubles": [{"at": time(one.at), "text": one.text, "count": one.count} for one in state.troubles],
        "said": state.said or state.lags_said,
    }


def _latencies(seen: Latencies) -> Document:
    return asdict(seen)


def _node(node: NodeStats, lags: Mapping[str, float]) -> Document:
    return {**asdict(node), "success_rate": node.success_rate, "lag_ms": lags.get(node.address)}


def print_text(state: CanaryState, fleet: Fleet) -> None:
    """The figures of the Routes screen, as they stood at the end."""
    glyphs = UNICODE if unicode_out() else ASCII
    width = max(60, min(160, shutil.get_terminal_size((120, 24)).columns))
    for row in (
        routes.headline(state, state.plan, glyphs),
        routes.latencies(state),
        routes.counters(state),
        routes.trend(state, width, glyphs),
    ):
        _print(row)
    groups = [group for group in fleet.groups if group.name in state.plan.groups]
    source = routes.listing(groups, state, state.lags, glyphs, width)
    lines = [source.line(index) for index in range(len(source))]
    for text in table(source.columns, [line.cells for line in lines if line.shape == "row"], coloured()):
        print(text)
    for line in lines:
        if line.shape == "text":
            _print(line.cells)


def _print(row: Row) -> None:
    print("".join(painted(harmless(cell.text), cell.tone, coloured()) for cell in row).rstrip(), flush=True)
