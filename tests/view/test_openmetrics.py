"""OpenMetrics: what Prometheus is told of a snapshot, checked by its own library's parser."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from redistui.cli.scrape import Collector
from redistui.metrics import BY_NAME, METRICS
from redistui.model import Alert, Fault, Finding, Fleet, Group, Node, Sentinel
from redistui.view.openmetrics import families, name_of

NOW = 1_700_000_000.0
NODE = Node(
    "10.0.0.1:6379", NOW, role="primary", server="valkey", version="9.1.2", site="paris",
    metrics={"memory_used": 1000.0, "latency_p99": 2.5, "memory_percent": 50.0, "ops_per_second": 7.0, "hits": 3.5},
    totals={"hits": 100.0, "cpu_percent": 250.0, "net_in": 4096.0},
)  # fmt: skip
FLEET = Fleet(NOW, 1.0, (Group("orders", "replication", (NODE,)),), (Finding("memory", "warn", "orders", "full"),))


def read(fleet: Fleet) -> dict[str, Any]:
    """The families as the parser of prometheus_client understands what its encoder wrote."""
    text = generate_latest(Collector(lambda: fleet)).decode()  # type: ignore[no-untyped-call]
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(fleet: Fleet, family: str, **labels: str) -> float | None:
    found = [one.value for one in read(fleet)[family].samples if labels.items() <= one.labels.items()]
    return found[0] if found else None


def test_a_node_is_told_in_base_units_with_who_it_is() -> None:
    who = {"group": "orders", "node": "10.0.0.1:6379", "role": "primary", "site": "paris"}
    assert value(FLEET, "redistui_up", **who) == 1.0
    assert value(FLEET, "redistui_memory_used_bytes", **who) == 1000.0
    assert value(FLEET, "redistui_latency_p99_seconds", **who) == 0.0025
    assert value(FLEET, "redistui_memory_percent", **who) == 50.0
    assert value(FLEET, "redistui_ops_per_second", **who) == 7.0
    assert value(FLEET, "redistui_node_version", server="valkey", version="9.1.2", **who) == 1.0


def test_a_counter_is_told_as_it_was_counted_and_not_as_a_rate() -> None:
    found = read(FLEET)
    assert [one.name for one in found["redistui_hits"].samples] == ["redistui_hits_total"]
    assert (found["redistui_hits"].type, value(FLEET, "redistui_hits")) == ("counter", 100.0)
    assert value(FLEET, "redistui_cpu_seconds") == 2.5
    assert value(FLEET, "redistui_net_in_bytes") == 4096.0
    assert "redistui_misses" not in found, "what is not known is not told"


def test_what_we_judge_is_told_too() -> None:
    alert = Alert("lag", "bad", "orders", NODE.address, "far behind", NOW, NOW, NOW)
    over, known = replace(alert, ended_at=NOW), replace(alert, rule="cpu", acknowledged_at=NOW)
    fleet = replace(FLEET, alerts=(alert, over, known))
    assert value(fleet, "redistui_score") == 95.0
    assert value(fleet, "redistui_findings", group="orders", rule="memory", level="warn") == 1.0
    assert value(fleet, "redistui_alerts", group="orders", rule="lag", level="bad", acknowledged="no") == 1.0
    assert value(fleet, "redistui_alerts", rule="cpu", acknowledged="yes") == 1.0
    assert value(fleet, "redistui_snapshot_timestamp_seconds") == NOW


def test_a_silent_node_is_down_and_says_nothing_more() -> None:
    gone = replace(NODE, seen_at=NOW - 60, role=None, fault=Fault("refused", "nobody listens", NOW - 60))
    fleet = replace(FLEET, groups=(Group("orders", "replication", (gone,)),))
    found = read(fleet)
    assert value(fleet, "redistui_up", node="10.0.0.1:6379", role="unknown") == 0.0
    assert [name for name in found if "memory" in name] == []


@pytest.mark.parametrize("name", ['a"b\\c\nd', "\x1b[31mred", "\u202ename", "", "# EOF", "x} 1"])
def test_a_hostile_name_is_a_label_and_nothing_else(name: str) -> None:
    sentinel = Sentinel("10.0.0.9:26379", NOW, tilt=False)
    group = Group(name, "sentinel", (replace(NODE, version=name),), (sentinel,), watched_as=name)
    fleet = Fleet(NOW, 1.0, (group,), (Finding("memory", "bad", name, "full"),))
    found = read(fleet)
    (sample,) = found["redistui_memory_used_bytes"].samples
    assert sample.labels["group"].isprintable()
    assert set(found) == set(read(replace(fleet, groups=(replace(group, name="orders"),))))
    assert value(fleet, "redistui_sentinel_up", sentinel="10.0.0.9:26379") == 1.0


def test_every_metric_has_a_name_of_its_own() -> None:
    names = [name_of(metric)[0] for metric in METRICS]
    assert len(set(names)) == len(names)
    every = {metric.name: 1.0 for metric in METRICS}
    fleet = replace(FLEET, groups=(Group("orders", "replication", (replace(NODE, metrics=every, totals=every),)),))
    told = {family.name for family in families(fleet)}
    assert set(names) <= told
    assert set(names) <= set(read(fleet))
    assert name_of(BY_NAME["fork_ms"]) == ("redistui_fork_seconds", "seconds")
