"""The report as a value: score, alerts, totals and courses, reckoned by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.history import History
from redistui.judge.report import alerts, begun, paces, report, summary
from redistui.model import Alert, Finding, Fleet, Node, Sentinel
from tests.judge.short import NOW, at, fleet, group, node, sentinel

A, B = node("a", acks={"b": 0}), node("b", "a")
THREE = [sentinel(name) for name in "xyz"]


@pytest.mark.parametrize(
    ("members", "points", "band"),
    [
        ([A, B, *THREE], 100, "excellent"),
        # a link down and so nobody to promote: two bad findings
        ([A, node("b", "a", link="down")], 70, "fair"),
        # one of three down (10), a bad finding for it (15)
        ([A, B, node("c", "a", fault="hung")], 75, "good"),
        # one of five down (6), a warning for it (5), and one for the quorum that stands on the edge (5)
        ([A, B, *THREE[:2], sentinel("z", fault="refused")], 84, "good"),
        # both down (30), a bad finding for each and none to write to (45)
        ([node("a", fault="refused"), node("b", "a", fault="refused")], 25, "poor"),
        # the same, and a third: no more than 30 for nodes, four bad findings
        ([node("a", fault="refused"), *(node(name, "a", fault="hung") for name in "bc")], 10, "critical"),
    ],
)
def test_score_and_band_are_as_reckoned_by_hand(members: list[Node | Sentinel], points: int, band: str) -> None:
    found = report(fleet(group(*members)), History(), 60.0)
    assert (found.score, found.status) == (points, band)


def test_an_alert_stands_with_its_finding_and_one_that_flickers_is_not_lost() -> None:
    down = Finding("node-down", "bad", "orders", "b:1 hung", at("b"))
    slow = Finding("lag", "warn", "orders", "b:1 lags", at("b"))
    lasting = Alert("node-down", "bad", "orders", at("b"), "b:1 hung", NOW - 9, NOW - 7, NOW - 9)
    flickers = replace(lasting, rule="link-down", message="its link comes and goes")
    over = replace(lasting, rule="memory", ended_at=NOW - 1)
    found = alerts(Fleet(NOW, 1.0, (), (slow, down), alerts=(lasting, flickers, over)))
    assert [(finding.rule, alert) for finding, alert in found] == [
        ("node-down", lasting),
        ("link-down", flickers),
        ("lag", None),
    ]


def test_totals_are_of_those_that_answer() -> None:
    top = node(
        "a", acks={"b": 0, "c": 0}, memory_used=10.0, memory_limit=100.0, clients=4.0, cpu_percent=20.0, keys=7.0
    )
    one = node("b", "a", memory_used=20.0, memory_limit=100.0, clients=6.0, cpu_percent=40.0, keys=7.0)
    silent = node("c", "a", fault="hung", memory_used=1e9, clients=1e9)
    found = summary(fleet(group(top, one, silent, *THREE)))
    assert (found.nodes, found.nodes_up, found.sentinels, found.sentinels_up) == (3, 2, 3, 3)
    assert (found.memory_used, found.memory_limit, found.clients, found.cpu_percent) == (30.0, 200.0, 10.0, 30.0)
    assert found.keys == 7.0, "a replica's keys are its primary's"
    assert found.ops_per_second is None


def test_where_one_has_no_limit_the_fleet_has_none() -> None:
    members = node("a", memory_used=10.0, memory_limit=100.0), node("b", "a", memory_used=20.0)
    assert summary(fleet(group(*members))).memory_limit is None


def watched(seconds: int = 60) -> History:
    """a holds 100 bytes and a byte more each second; b, found 5 s later, 50; both run 10 operations a second."""
    history = History()
    for second in range(seconds):
        history.add(at("a"), NOW + second, {"memory_used": 100.0 + second, "ops_per_second": 10.0, "up": 1.0})
        if second >= 5:
            history.add(at("b"), NOW + second, {"memory_used": 50.0, "ops_per_second": 10.0, "up": 1.0})
    return history


def test_courses_are_of_the_fleet_and_of_each_node() -> None:
    now = NOW + 60
    found = report(fleet(group(A, B), now=now), watched(), 30.0)
    whole = {line.metric: line.trend for line in found.trends if line.node is None}
    assert (whole["memory_used"].first, whole["memory_used"].last) == (180.0, 209.0)
    assert whole["memory_used"].slope == pytest.approx(1.0)
    assert whole["ops_per_second"].mean == 20.0
    assert (whole["up"].low, whole["up"].high) == (2.0, 2.0)
    own = {(line.node, line.metric): line.trend for line in found.trends if line.node is not None}
    assert own[at("a"), "memory_used"].changed == 29.0
    assert own[at("b"), "memory_used"].slope == pytest.approx(0.0)
    assert found.watched == pytest.approx(30.0, abs=1.0)
    assert found.past == 60.0


def test_servers_that_were_found_one_after_the_other_are_no_growth() -> None:
    found = report(fleet(group(A, B), now=NOW + 60, period=2.0), watched(), 600.0)
    (healthy,) = [line.trend for line in found.trends if line.metric == "up" and line.node is None]
    assert (healthy.first, healthy.low) == (2.0, 2.0)


def test_without_a_past_there_are_no_courses() -> None:
    found = report(fleet(group(A, B)), History(), 60.0)
    assert (found.trends, found.watched, found.past) == ((), 0.0, 0.0)
    assert begun(History()) is None


def test_the_pace_of_writes_is_that_of_the_busiest_moment() -> None:
    history = History()
    for second in range(60):
        history.add(at("a"), NOW + second, {"replicated": 1000.0 if second == 30 else 10.0})
    assert paces(fleet(group(A, B), now=NOW + 60), history, NOW) == {at("a"): 1000.0}
