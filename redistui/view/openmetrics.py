"""OpenMetrics of a snapshot: every number of METRICS as a family of samples, beside what we ourselves judge.

Names follow the format's customs: base units at their end, counters as they were counted. Labels hold addresses, roles,
sites, versions and names of groups and rules, and nothing that a user of a server has put into it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from redistui.judge.score import score
from redistui.metrics import METRICS, Metric
from redistui.model import Fleet, Group, Node
from redistui.view.cells import show

Labels = tuple[str, ...]
NODE: Labels = ("group", "node", "role", "site")
FINDING: Labels = ("group", "rule", "level")


class Family(NamedTuple):
    """One metric: its samples by the values of its labels."""

    name: str
    """Without the `_total` of a counter."""
    kind: Literal["gauge", "counter"]
    unit: str
    doc: str
    labels: Labels
    samples: Sequence[tuple[Labels, float]]


UNITS = {
    "bytes": "bytes", "percent": "percent", "seconds": "seconds", "ms": "seconds", "ratio": "ratio",
    "bytes per second": "bytes",
}  # fmt: skip
"""Ours to those of the format; others have none."""
CPU = "redistui_cpu_seconds"
"""CPU time is counted in seconds; as a rate we show percent of a core."""


def families(fleet: Fleet) -> Iterator[Family]:
    """All there is to tell of a snapshot. Of a server that has been silent for five periods only that it is down."""
    nodes = [(group, node) for group in fleet.groups for node in group.nodes]
    yield from _ours(fleet)
    yield Family("redistui_up", "gauge", "", "1 where it answers, 0 where it does not.", NODE,
                 [(_node_labels(group, node), float(node.up)) for group, node in nodes])  # fmt: skip
    known = [(group, node) for group, node in nodes if fleet.freshness(node.seen_at) != "unknown"]
    for metric in METRICS:
        family = _family(metric, known)
        if family is not None:
            yield family
    yield Family("redistui_node_version", "gauge", "", "1; its make and version are in the labels.",
                 (*NODE, "server", "version"),
                 [((*_node_labels(group, node), node.server or "", show(node.version or "")), 1.0)
                  for group, node in known])  # fmt: skip
    yield from _sentinels(fleet)
    yield from _clusters(fleet)


def name_of(metric: Metric) -> tuple[str, str]:
    """A metric's name and unit in this format.

    >>> from redistui.metrics import BY_NAME
    >>> [name_of(BY_NAME[name])[0] for name in ("memory_used", "latency_p99", "lag_bytes", "cpu_percent")]
    ['redistui_memory_used_bytes', 'redistui_latency_p99_seconds', 'redistui_lag_bytes', 'redistui_cpu_seconds']
    """
    if metric.name == "cpu_percent":
        return CPU, "seconds"
    unit = UNITS.get(metric.unit, "")
    name = metric.name.removesuffix("_ms")
    return f"redistui_{name}" if not unit or name.endswith(f"_{unit}") else f"redistui_{name}_{unit}", unit


def _family(metric: Metric, known: Sequence[tuple[Group, Node]]) -> Family | None:
    if metric.name == "up":
        return None
    name, unit = name_of(metric)
    counter = metric.kind == "counter"
    scale = 0.01 if metric.name == "cpu_percent" else 0.001 if metric.unit == "ms" else 1.0
    samples = []
    for group, node in known:
        value = node.totals.get(metric.name) if counter else node.metrics.get(metric.name)
        if value is not None:
            samples.append((_node_labels(group, node), value * scale))
    return Family(name, metric.kind, unit, metric.doc, NODE, samples) if samples else None


def _node_labels(group: Group, node: Node) -> Labels:
    return show(group.name), show(node.address), node.role or "unknown", show(node.site or "")


def _ours(fleet: Fleet) -> Iterator[Family]:
    """What we judge, and how old it is."""
    yield Family("redistui_score", "gauge", "", "Health of the fleet, from 0 to 100.", (), [((), float(score(fleet)))])
    yield Family("redistui_snapshot_timestamp_seconds", "gauge", "seconds", "When this was seen, since 1970.", (),
                 [((), fleet.at)])  # fmt: skip
    yield Family("redistui_stalled", "gauge", "", "1 while redistui itself stood still and nothing is fresh.", (),
                 [((), float(fleet.stalled))])  # fmt: skip
    found: Counter[Labels] = Counter((show(one.group), one.rule, one.level) for one in fleet.findings)
    yield Family("redistui_findings", "gauge", "", "Findings of this moment.", FINDING, _counted(found))
    lasting: Counter[Labels] = Counter(
        (show(one.group), one.rule, one.level, "yes" if one.acknowledged_at is not None else "no")
        for one in fleet.alerts
        if one.ended_at is None
    )
    yield Family("redistui_alerts", "gauge", "", "Alerts that last.", (*FINDING, "acknowledged"), _counted(lasting))


def _counted(found: Counter[Labels]) -> list[tuple[Labels, float]]:
    return [(labels, float(count)) for labels, count in sorted(found.items())]


def _sentinels(fleet: Fleet) -> Iterator[Family]:
    labels = ("group", "sentinel", "site")
    rows: defaultdict[str, list[tuple[Labels, float]]] = defaultdict(list)
    for group in fleet.groups:
        for one in group.sentinels:
            who = (show(group.name), show(one.address), show(one.site or ""))
            rows["up"].append((who, float(one.up)))
            if one.tilt is not None:
                rows["tilt"].append((who, float(one.tilt)))
    for name, doc in (("up", "1 where the Sentinel answers."), ("tilt", "1 while the Sentinel is in TILT.")):
        if rows[name]:
            yield Family(f"redistui_sentinel_{name}", "gauge", "", doc, labels, rows[name])


def _clusters(fleet: Fleet) -> Iterator[Family]:
    clusters = [(show(group.name), group.cluster) for group in fleet.groups if group.cluster is not None]
    if not clusters:
        return
    yield Family("redistui_cluster_slots_assigned", "gauge", "", "Slots that have an owner, of 16,384.", ("group",),
                 [((name,), float(one.slots_assigned)) for name, one in clusters])  # fmt: skip
    yield Family("redistui_cluster_open_slots", "gauge", "", "Slots half-way between two shards.", ("group",),
                 [((name,), float(len(one.open_slots))) for name, one in clusters])  # fmt: skip
    yield Family("redistui_cluster_agree", "gauge", "", "1 while all members tell the same owner of every slot.",
                 ("group",), [((name,), float(one.agree)) for name, one in clusters])  # fmt: skip
