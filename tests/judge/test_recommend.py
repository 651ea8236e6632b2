"""Recommendations: each row, when it speaks and of whom, against fleets whose figures were worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.capacity import Capacity
from redistui.judge.measures import BY_NAME, MEASURES
from redistui.judge.recommend import RECOMMENDATIONS, Advice, Past, recommendations
from redistui.judge.support import SUPPORT, ends_at
from redistui.judge.trend import DAY
from redistui.model import Fleet, Node, Sentinel
from tests.judge.short import NOW, at, fleet, group, node, sentinel

MEMORY, CONNECTIONS, OPERATIONS, BACKLOG = (
    BY_NAME[name].advise for name in ("memory_percent", "clients", "ops_per_second", "backlog_seconds")
)

B, C = node("b", "a"), node("c", "a")
THREE = [sentinel(name) for name in "xyz"]


def lead(**metrics: float) -> Node:
    """A primary with two replicas, of which nothing is to be said but what its figures give cause for."""
    top = node("a", acks={"b": 0, "c": 0}, **metrics)
    assert top.replication is not None
    return replace(top, replication=replace(top.replication, good_replicas=2))


def advised(*members: Node | Sentinel, past: Past | None = None, now: float = NOW + 0.5) -> tuple[Advice, ...]:
    return recommendations(fleet(group(*members), now=now), past)


def names(*members: Node | Sentinel, past: Past | None = None) -> list[str]:
    return [one.name for one in advised(*members, past=past)]


def test_a_fleet_without_fault_is_told_nothing() -> None:
    assert names(lead(memory_used=1.0, memory_limit=10.0, memory_percent=10.0), B, C, *THREE) == []
    assert recommendations(Fleet(NOW, 1.0, ())) == ()


@pytest.mark.parametrize(
    ("name", "metrics"),
    [
        ("memory", {"memory_percent": MEMORY + 0.1}),
        ("connections", {"clients": CONNECTIONS + 1}),
        ("connections", {"clients": 81.0, "clients_limit": 100.0}),
        ("operations", {"ops_per_second": OPERATIONS + 1}),
        ("no-limit", {"memory_used": 1.0}),
        ("fragmented", {"memory_used": 2.0**30, "memory_limit": 2.0**31, "fragmentation": 1.6}),
        ("rejected", {"rejected": 0.5}),
        ("evicting", {"evicted": 3.0}),
    ],
)
def test_a_figure_over_its_measure_is_spoken_of(name: str, metrics: dict[str, float]) -> None:
    (found,) = advised(lead(**metrics), B, C)
    assert found.name == name
    assert found.nodes == (at("a"),)
    assert "a:1" in found.text


@pytest.mark.parametrize(
    "metrics",
    [
        {"memory_percent": MEMORY},
        {"clients": CONNECTIONS},
        {"clients": 80.0, "clients_limit": 100.0},
        {"ops_per_second": OPERATIONS},
        {"memory_used": 1.0, "memory_limit": 2.0},
        {"memory_used": 2.0**20, "memory_limit": 2.0**31, "fragmentation": 9.0},
        {"rejected": 0.0, "evicted": 0.0},
    ],
)
def test_a_figure_at_its_measure_is_not(metrics: dict[str, float]) -> None:
    assert names(lead(**metrics), B, C) == []


def test_the_measures_are_those_that_were_agreed_on() -> None:
    assert (MEMORY, CONNECTIONS, OPERATIONS) == (80.0, 5_000.0, 50_000.0)


GROWING = Capacity("orders", "a:1", "memory_used", 5e8, 1e9, "grows", 7200.0, 1e8, 2e7, 5 * DAY, 4 * DAY, 6 * DAY)


@pytest.mark.parametrize(
    ("name", "metrics", "measure", "value"),
    [
        ("memory", {"memory_percent": 60.0}, "memory_percent", 50.0),
        ("connections", {"clients": 100.0}, "clients", 99.0),
        ("connections", {"clients": 50.0, "clients_limit": 100.0}, "clients_percent", 40.0),
        ("operations", {"ops_per_second": 100.0}, "ops_per_second", 99.0),
        ("fragmented", {"memory_used": 2.0**30, "memory_limit": 2.0**31, "fragmentation": 1.3}, "fragmentation", 1.2),
        ("filling", {}, "full_in_days", 90.0),
    ],
)
@pytest.mark.parametrize("scope", ["", "group:ord*/", "node:a:1/"])
def test_each_measure_can_be_set_for_all_for_groups_and_for_servers(
    name: str, metrics: dict[str, float], measure: str, value: float, scope: str
) -> None:
    shown, past = fleet(group(lead(**metrics), B, C), now=NOW), Past(capacity=[replace(GROWING, full_in=60 * DAY)])
    assert recommendations(shown, past) == ()
    (found,) = recommendations(shown, past, {f"{scope}{measure}.advise": value})
    assert found.name == name
    assert recommendations(shown, past, {f"group:else/{measure}.advise": value}) == ()
    assert recommendations(shown, past, {f"{measure}.warn": value}) == ()


def test_the_reason_names_the_measure_that_holds() -> None:
    high = {"memory_percent": 85.0, "memory_limit": 10.0}
    pair = fleet(group(lead(**high), node("b", "a", **high), C), now=NOW)
    (found,) = recommendations(pair, None, {"memory_percent.advise": 70.0})
    assert found.reason.endswith("of the memory limit, over 70 %")
    (found,) = recommendations(pair, None, {"node:a:1/memory_percent.advise": 60.0})
    assert found.reason.endswith("of the memory limit, over 60 to 80 %")


def test_each_measure_has_a_row_of_its_own() -> None:
    assert len(BY_NAME) == len(MEASURES)
    assert all(one.doc.endswith(".") and one.advise > 0 for one in MEASURES)


def test_a_full_server_that_refuses_rather_than_throws_out_is_said_to() -> None:
    full = replace(lead(memory_percent=85.0), facts={"maxmemory_policy": "noeviction"})
    (found,) = advised(full, B, C)
    assert "85 %" in found.reason
    assert "refuse writes" in found.reason


def test_servers_that_are_down_are_to_come_back() -> None:
    (found,) = advised(lead(), B, node("c", "a", fault="hung"))
    assert found.name == "nodes-down"
    assert found.nodes == (at("c"),)
    assert found.reason.startswith("1 of 3 servers does not answer")


def test_one_that_answers_with_a_fault_is_not_down() -> None:
    assert names(lead(), B, node("c", "a", fault="loading")) == []


def test_a_primary_alone_is_to_have_a_replica() -> None:
    (found,) = advised(node("a"))
    assert (found.name, found.nodes) == ("no-replica", (at("a"),))


def test_a_shard_alone_is_to_have_one_too() -> None:
    view = "a 0-5460 e1, b 5461-10922 e2, c 10923-16383 e3, r<a e1, s<b e2"
    members = [node(name, above, view=view) for name, above in
               (("a", None), ("b", None), ("c", None), ("r", "a"), ("s", "b"))]  # fmt: skip
    (found,) = advised(*members)
    assert (found.name, found.nodes) == ("no-replica", (at("c"),))


def test_two_primaries_are_no_majority_once_one_is_lost() -> None:
    view = "a 0-8191 e1, b 8192-16383 e2, r<a e1, s<b e2"
    members = [node(name, above, view=view) for name, above in (("a", None), ("b", None), ("r", "a"), ("s", "b"))]
    assert names(*members) == ["cluster-majority"]


@pytest.mark.parametrize(
    ("watchers", "words"),
    [
        ([sentinel("x", others=1, quorum=2), sentinel("y", others=1, quorum=2)], "at least three"),
        ([*THREE[:2], sentinel("z", fault="refused")], "none may be lost"),
        ([sentinel(name, others=3, quorum=2) for name in "wxyz"], "an even split"),
        ([THREE[0], sentinel("y", fault="hung"), sentinel("z", fault="hung")], "no failover can be authorised"),
    ],
)
def test_sentinels_that_cannot_lose_one_are_spoken_of(watchers: list[Sentinel], words: str) -> None:
    found = [one for one in advised(lead(), B, C, *watchers) if one.name == "sentinels"]
    assert len(found) == 1
    assert words in f"{found[0].text} {found[0].reason}"


def test_a_backlog_is_measured_against_the_busiest_time() -> None:
    """1 MiB at 64 KiB a second holds 16 s; two minutes of that are 7.5 MiB."""
    top = lead()
    assert top.replication is not None
    top = replace(top, replication=replace(top.replication, backlog_size=2**20))
    assert names(top, B, C, past=Past({at("a"): 2**20 / BACKLOG})) == []
    (found,) = advised(top, B, C, past=Past({at("a"): 65_536.0}))
    assert found.name == "backlog"
    assert "to 7.5 MiB or more" in found.text
    assert "16 s of writes" in found.reason


@pytest.mark.parametrize(
    ("facts", "metrics", "speaks"),
    [
        ({"aof_enabled": "0"}, {"uptime_seconds": 9000.0, "save_age": 9000.0, "unsaved": 5.0}, True),
        ({"aof_enabled": "1"}, {"uptime_seconds": 9000.0, "save_age": 9000.0, "unsaved": 5.0}, False),
        ({"aof_enabled": "0"}, {"uptime_seconds": 9000.0, "save_age": 60.0, "unsaved": 5.0}, False),
        ({"aof_enabled": "0"}, {"uptime_seconds": 900.0, "save_age": 900.0, "unsaved": 5.0}, False),
        ({"aof_enabled": "0"}, {"uptime_seconds": 9000.0, "save_age": 9000.0, "unsaved": 0.0}, False),
        ({}, {"uptime_seconds": 9000.0, "save_age": 9000.0, "unsaved": 5.0}, False),
    ],
)
def test_a_primary_that_keeps_nothing_on_disk_is_spoken_of_once_that_is_sure(
    facts: dict[str, str], metrics: dict[str, float], speaks: bool
) -> None:
    assert names(replace(lead(**metrics), facts=facts), B, C) == (["persistence"] if speaks else [])


def test_a_primary_that_would_write_on_while_cut_off_is_spoken_of_where_it_has_two_replicas() -> None:
    assert names(node("a", acks={"b": 0, "c": 0}), B, C) == ["unguarded"]
    assert names(node("a", acks={"b": 0}), B) == []


def test_a_replica_that_takes_writes_is_spoken_of() -> None:
    assert B.replication is not None
    loose = replace(B, replication=replace(B.replication, read_only=False))
    (found,) = advised(lead(), loose, C)
    assert (found.name, found.nodes) == ("writable-replica", (at("b"),))


def test_several_versions_are_to_become_one() -> None:
    old, new = {"server": "redis", "version": "6.2.14"}, {"server": "valkey", "version": "9.1.2"}
    found = advised(replace(lead(), **old), replace(B, **new), replace(C, **new))
    assert [one.name for one in found] == ["one-version"]
    assert "1 redis 6.2.14, 2 valkey 9.1.2" in found[0].reason


@pytest.mark.parametrize(("days", "words"), [(-10.0, "ended 10 days ago"), (100.0, "end in 100 days"), (200.0, None)])
def test_a_version_near_its_end_is_spoken_of(days: float, words: str | None) -> None:
    end = ends_at(("valkey", "8.0"))
    assert end is not None
    now = end - days * DAY
    members = [replace(one, server="valkey", version="8.0.6", seen_at=now) for one in (lead(), B, C)]
    found = [one.reason for one in advised(*members, now=now)]
    assert found == ([] if words is None else [f"repairs of valkey 8.0 {words}"])


def test_every_line_of_servers_ends_on_a_day_that_there_is() -> None:
    assert all(ends_at(line) is not None for line in SUPPORT)


def test_what_will_be_full_within_a_month_is_spoken_of() -> None:
    soon = Capacity("orders", at("a"), "memory_used", 5.0, 9.0, "grows", 4 * 3600.0, 2.0**30, 1.0, 3.5 * DAY)
    late = replace(soon, full_in=31 * DAY)
    (found,) = advised(lead(), B, C, past=Past(capacity=[soon, late]))
    assert found.name == "filling"
    assert "within 3.5 days" in found.text
    assert "1 GiB a day" in found.reason
    assert "4 hours" in found.reason


def test_of_a_server_that_is_silent_no_old_figure_is_used() -> None:
    silent = replace(lead(), fault=node("x", fault="hung").fault, metrics={"clients": 9e9})
    assert "connections" not in names(silent, B, C)


def test_every_row_has_a_name_of_its_own_and_a_sentence() -> None:
    assert len({row.name for row in RECOMMENDATIONS}) == len(RECOMMENDATIONS)
    assert all(row.doc.endswith(".") for row in RECOMMENDATIONS)
