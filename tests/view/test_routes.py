"""Routes in cells: a canary that runs, one that is off, and the nodes it was sent to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Fleet
from redistui.model.canaries import CanaryPlan, CanaryState, Latencies, Trouble
from redistui.model.routes import NodeStats, RouteStats, SiteState, WatcherStats
from redistui.view import routes
from redistui.view.cells import Row
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.source import Lines
from tests import fleets

A, B, C = "10.20.0.11:6379", "10.20.0.12:6379", "10.20.0.13:6379"
PLAN = CanaryPlan("orders", "sentinel", strategy="weighted", writes=0.2, weights={B: 3.0})
STATS = RouteStats(
    "sentinel", fleets.AT - 60, fleets.AT, "weighted",
    acked=1180, refused=2, unknown=1, reads=900, writes=283, retries=3, fallbacks=4, redirections=5,
    errors={"timeout": 1, "READONLY": 2},
    nodes=(
        NodeStats(A, "primary", 1.0, True, "", 0, 2, 283, 0, 0.6, None, None),
        NodeStats(B, "replica", 3.0, True, "", 1, 3, 690, 0, 0.4, 0.76, 0.75),
        NodeStats(C, "replica", 1.0, False, "no answer within 1 s", 4, 2, 210, 3, 12.5, 0.24, None),
    ),
)  # fmt: skip
STATE = CanaryState(
    PLAN, fleets.AT - 60, fleets.AT, "running",
    strategies=("round-robin", "weighted"), stats=STATS, per_second=19.8, past=(*[1.0] * 59, 8.0),
    reads=Latencies(900, 0.4, 1.1, 7.8, 9.0), writes=Latencies(280, 0.6, 1.2, 2.0, 2.0),
    stale_reads=6, lags={B: 0.4, C: 4200.0},
    troubles=(
        Trouble(fleets.AT - 9, "a read was refused"),
        Trouble(fleets.AT - 2, f"a read fell back to {A}: hung", 4),
    ),
)  # fmt: skip


def text(row: Row) -> str:
    return "".join(cell.text for cell in row).strip()


def lines(state: CanaryState | None, wanted: str = "", fleet: Fleet | None = None) -> Lines:
    group = (fleet or fleets.quiet()).groups[0]
    return routes.listing([group], state, {} if state is None else state.lags, UNICODE, 120, wanted)


def row(source: Lines, address: str) -> dict[str, str]:
    index = next(n for n in range(len(source)) if source.key(n) == f"node {address}")
    titles = (column.title for column in source.columns)
    return {title: cell.text for title, cell in zip(titles, source.line(index).cells, strict=True) if title}


def said(source: Lines) -> str:
    keys = [n for n in range(len(source)) if source.key(n).startswith("said")]
    return " ".join(" ".join(text(source.line(n).cells) for n in keys).split())


def test_the_headline_says_what_runs_on_what_and_since_when() -> None:
    assert text(routes.headline(STATE, PLAN, UNICODE)) == (
        "● canary orders  sentinel · weighted · 20/s · writes 20%  1m"
    )
    begins = text(routes.headline(replace(STATE, phase="opening"), PLAN, UNICODE))
    assert begins.startswith(f"{UNICODE.running} canary begins orders")
    assert "canary off - orders" in text(routes.headline(None, PLAN, ASCII))
    assert text(routes.headline(None, PLAN, ASCII, replayed=True)) == "? no recording holds what canaries saw"
    assert text(routes.headline(None, None, UNICODE)) == "? no group is known yet"


def test_sites_are_told_by_their_consistency_once() -> None:
    plan = CanaryPlan("orders", "sites", consistency="strong", others=("cart",))
    state = replace(STATE, plan=plan, stats=replace(STATS, strategy="strong"))
    assert text(routes.headline(state, plan, UNICODE)) == (
        "● canary orders  sites · strong · 20/s · writes 0% · with cart  1m"
    )


def test_percentiles_and_counters_fit_eighty_columns_and_say_what_matters() -> None:
    figures = text(routes.latencies(STATE))
    assert figures == "20/s  p50 p95 p99  reads 0.4ms 1.1ms 7.8ms  writes 0.6ms 1.2ms 2.0ms"
    counted = routes.counters(STATE)
    assert text(counted) == "1180 ok  2 refused  1 unknown  6 stale  3 retried  4 fallbacks  5 redirects"
    assert [cell.tone for cell in counted[1:4]] == ["bad", "bad", "bad"]
    assert max(len(figures), len(text(counted))) < 80
    assert text(routes.latencies(replace(STATE, phase="stopped", writes=Latencies(0, None, None, None, None)))) == (
        "–/s  p50 p95 p99  reads 0.4ms 1.1ms 7.8ms  writes –"
    )


def test_counters_and_errors_of_a_long_outage_are_not_cut_at_eighty_columns() -> None:
    stats = replace(STATS, acked=12_345, refused=128, redirections=0, errors={"UNHEALTHY": 128, "connect": 11})
    counted = text(routes.counters(replace(STATE, stats=stats)))
    assert "redirects" not in counted, "only a cluster sends a client elsewhere"
    assert "0 redirects" in text(routes.counters(replace(STATE, stats=replace(stats, kind="cluster"))))
    told = text(routes.trend(replace(STATE, stats=stats), 80, UNICODE))
    assert told.endswith("errors UNHEALTHY 128  connect 11")
    assert max(len(counted), len(told)) < 80


def test_errors_are_told_by_kind_the_most_frequent_first() -> None:
    told = text(routes.trend(STATE, 120, UNICODE))
    assert told.endswith("errors READONLY 2  timeout 1")
    assert "errors" not in text(routes.trend(replace(STATE, stats=replace(STATS, errors={})), 120, UNICODE))
    assert "worst a second" in told


def test_of_a_cluster_calls_over_several_slots_are_counted() -> None:
    cluster = replace(STATS, kind="cluster", cross_slot=237)
    told = text(routes.trend(replace(STATE, stats=cluster), 80, UNICODE))
    assert "237 cross-slot (20%)" in told
    assert len(told) < 80
    assert "cross-slot" not in text(routes.trend(STATE, 80, UNICODE))


def test_sites_and_sentinels_are_told_with_their_latency_and_what_is_wrong() -> None:
    stats = replace(
        STATS,
        sites=(
            SiteState("east", True, True, "", 0.4, True),
            SiteState("west", False, True, "", 9.0, False, "no replica is ready to take over"),
            SiteState("north", False, False, "no primary is known there", None, False),
        ),
        watchers=(
            WatcherStats("10.20.0.1:26379", "", 0.5, A, 3, False, 2, 3, "ok"),
            WatcherStats("10.20.0.2:26379", "", 0.5, A, 3, True, 2, 3, "NOQUORUM 1 usable Sentinels"),
            WatcherStats("10.20.0.3:26379", "no answer within 1 s", None),
        ),
    )
    told = said(lines(replace(STATE, stats=stats)))
    for sentence in (
        "site east, the primary one: 0.4ms, highly available",
        "site west: 9.0ms, not highly available: no replica is ready to take over",
        "site north: no primary is known there",
        f"Sentinel 10.20.0.1:26379: 0.5ms, names {A}, epoch 3, quorum 2 of 3 known Sentinel",
        "quorum 2 of 3 known, NOQUORUM 1 usable Sentinels, in TILT",
        "Sentinel 10.20.0.3:26379: no answer within 1 s",
    ):
        assert sentence in told


def test_a_node_has_its_share_beside_the_one_that_its_weight_wants() -> None:
    source = lines(STATE)
    assert row(source, B) == {
        "NODE": B, "WEIGHT": "3", "SHARE": "76%", "WANTED": "75%", "DONE": "690", "FAILED": "0", "MEAN": "0.4ms",
        "FLIGHT": "1", "CONNS": "3", "SUCCESS": "100%", "LAG": "0.4ms", "BYTES": "0B", "SITE": "", "LEFT OUT": "",
    }  # fmt: skip
    assert row(source, C)["LEFT OUT"] == "no answer within 1 s"
    assert row(source, C)["LAG"] == "4.2s"
    assert (row(source, A)["LAG"], row(source, A)["BYTES"]) == ("", ""), "a primary lags behind nobody"
    assert row(source, "10.20.0.14:6379")["DONE"] == "–", "the route does not know it"


def test_a_node_of_another_group_that_the_route_knows_is_listed_too() -> None:
    stranger = replace(STATS.nodes[0], address="10.9.9.9:1", site="west")
    source = lines(replace(STATE, stats=replace(STATS, nodes=(*STATS.nodes, stranger))))
    assert row(source, "10.9.9.9:1")["SITE"] == "west"


def test_what_went_wrong_is_told_newest_first_with_its_count() -> None:
    assert said(lines(STATE)) == f"08:53:18 a read fell back to {A}: hung (4 times) 08:53:11 a read was refused"


def test_why_it_does_not_run_and_why_there_are_no_markers_is_told() -> None:
    assert said(lines(None)) == routes.NO_CANARY
    stopped = replace(STATE, phase="stopped", said="the group orders is gone", troubles=())
    assert said(lines(stopped)) == "the group orders is gone"
    reading = replace(STATE, plan=replace(PLAN, writes=0.0), troubles=(), lags={})
    assert said(lines(reading)) == routes.NO_MARKERS
    refused = replace(STATE, lags_said="no markers at b:1: NOPERM", troubles=())
    assert said(lines(refused)) == "no markers at b:1: NOPERM"


@pytest.mark.parametrize("wanted", ["0.12", "REPLICA"])
def test_a_filter_keeps_the_nodes_that_it_is_found_in(wanted: str) -> None:
    source = lines(STATE, "0.12")
    nodes = [source.key(n) for n in range(len(source)) if source.key(n).startswith("node")]
    assert nodes == [f"node {B}"]
    assert source.matches(0)
    assert not source.matches(len(source) - 1)
