"""What refuses a failover, as a table: one thing changed in a healthy group, and the words it is refused with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Event, Fault, Fleet, Group, Node
from redistui.ops.action import Aim, refusals, warnings
from redistui.ops.failover import FAILOVER
from tests import fleets

AIM = Aim("orders")
Change = Callable[[Group], Group]


def fleet(group: Group, **changes: Any) -> Fleet:
    return replace(Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group,), complete=True), **changes)


def healthy() -> Group:
    return fleets.sentinel_group("orders", chain=False)


def node(place: int, **changes: Any) -> Change:
    def change(group: Group) -> Group:
        nodes = list(group.nodes)
        nodes[place] = replace(nodes[place], **changes)
        return replace(group, nodes=tuple(nodes))

    return change


def replication(place: int, **changes: Any) -> Change:
    def change(group: Group) -> Group:
        own = group.nodes[place].replication
        assert own is not None
        return node(place, replication=replace(own, **changes))(group)

    return change


def metric(place: int, name: str, value: float | None) -> Change:
    def change(group: Group) -> Group:
        others = {key: old for key, old in group.nodes[place].metrics.items() if key != name}
        return node(place, metrics=others if value is None else {**others, name: value})(group)

    return change


def sentinel(place: int, **changes: Any) -> Change:
    def change(group: Group) -> Group:
        those = list(group.sentinels)
        those[place] = replace(those[place], **changes)
        return replace(group, sentinels=tuple(those))

    return change


def watch(place: int, **changes: Any) -> Change:
    def change(group: Group) -> Group:
        seen = group.sentinels[place].watches["orders"]
        return sentinel(place, watches={"orders": replace(seen, **changes)})(group)

    return change


def seen_replicas(**changes: Any) -> Change:
    """All replicas, as every Sentinel sees them."""

    def change(group: Group) -> Group:
        for place in range(3):
            replicas = tuple(replace(each, **changes) for each in group.sentinels[place].watches["orders"].replicas)
            group = watch(place, replicas=replicas)(group)
        return group

    return change


def both(*changes: Change) -> Change:
    def change(group: Group) -> Group:
        for one in changes:
            group = one(group)
        return group

    return change


def down(kind: Any = "hung", text: str = "no answer for 1.0 s") -> dict[str, Any]:
    return {"fault": Fault(kind, text, fleets.AT - 3)}


A, B, C = "10.20.0.11:6379", "10.20.0.12:6379", "10.20.0.13:6379"
NO_CANDIDATE = "sees no replica that could be promoted"

TABLE: list[tuple[str, Change, str]] = [
    ("two Sentinels silent", both(sentinel(0, **down()), sentinel(1, **down())), "1 of 3 Sentinels answer"),
    ("another primary named", watch(1, primary=B), "the Sentinels disagree"),
    ("another epoch", watch(1, epoch=8), "the Sentinels disagree"),
    ("epoch unknown", both(watch(0, epoch=None), watch(1, epoch=None), watch(2, epoch=None)), "disagree"),
    ("TILT", sentinel(2, tilt=True), "in TILT"),
    ("TILT unknown", sentinel(2, tilt=None), "in TILT, or it is not known"),
    ("no quorum", watch(0, ckquorum="NOQUORUM 1 usable Sentinels."), "NOQUORUM 1 usable"),
    ("CKQUORUM not asked", watch(0, ckquorum=None), "CKQUORUM was not asked"),
    ("a ghost Sentinel", watch(0, other_sentinels=3), "a ghost, or a split"),
    ("a Sentinel too few", watch(0, other_sentinels=1), "a ghost, or a split"),
    ("sdown", watch(0, flags=frozenset({"primary", "s_down"})), "flags it primary, s_down"),
    ("odown", watch(0, flags=frozenset({"primary", "s_down", "o_down"})), "they fail over by themselves"),
    ("in progress", watch(0, flags=frozenset({"primary", "failover_in_progress"})), "in progress already"),
    ("Sentinel stale", sentinel(0, seen_at=fleets.AT - 9), "more than two poll periods ago"),
    ("priority 0", seen_replicas(priority=0), NO_CANDIDATE),
    ("replica flagged down", seen_replicas(flags=frozenset({"replica", "s_down"})), NO_CANDIDATE),
    ("link down for them", seen_replicas(link_up=False), NO_CANDIDATE),
    ("ping too old", seen_replicas(last_ok_ping_ms=5001), NO_CANDIDATE),
    ("INFO too old", seen_replicas(info_refresh_ms=30_001), NO_CANDIDATE),
    ("link down for long", seen_replicas(link_down_ms=50_001), NO_CANDIDATE),
    ("one Sentinel sees none", watch(1, replicas=()), f"10.20.0.12:26379: {NO_CANDIDATE}"),
    ("primary hung", node(0, role=None, **down()), f"{A} does not answer: no answer for 1.0 s"),
    ("primary loading", node(0, **down("loading", "loads its dataset")), f"{A} does not serve: loads its dataset"),
    ("primary slow", node(0, ping_ms=1200.0), "1200 ms to answer PING"),
    ("primary's ROLE says replica", node(0, role="replica"), f"{A} says of itself that it is a replica"),
    ("primary's role unknown", node(0, role=None), "node of unknown role"),
    ("primary contradicts itself", node(0, conflict="ROLE says master, INFO slave"), "contradicts itself"),
    ("primary stale", node(0, seen_at=fleets.AT - 9), "two poll periods"),
    ("primary in a FAILOVER", replication(0, failover_state="waiting-for-sync"), "FAILOVER of its own"),
    ("primary too old", node(0, version="6.0.16"), "needs 6.2 or later"),
    ("another says primary", node(1, role="primary"), "primary as well, by its own ROLE"),
    ("primary not reached", lambda g: replace(g, primary="10.9.9.9:1"), "not among the nodes we reach"),
    ("candidate silent", node(1, **down("refused", "nothing listens there")), "the Sentinels may choose it"),
    ("candidate's link down", replication(1, link="down"), "no replica with its link up"),
    ("candidate syncs", replication(1, sync_in_progress=True), "its sync done"),
    ("candidate of another history", replication(1, replid="f" * 40), "another history"),
    ("candidate lags", metric(1, "lag_bytes", 3.0 * (1 << 20)), "lags 3.0 MiB behind"),
    ("lag unknown", metric(1, "lag_bytes", None), "its lag is not known"),
    ("candidate unknown to us", lambda g: replace(g, nodes=g.nodes[:2]), f"{C} is not among the nodes we reach"),
]

WARNINGS: list[tuple[str, Change, str]] = [
    ("one Sentinel silent", sentinel(2, **down()), "2 of 3 Sentinels answer; without one"),
    ("older replica", node(1, version="7.0.15"), "older than the primary's 9.1.2"),
    ("writable replica", replication(1, read_only=False), "takes writes of its own"),
    ("small replica", metric(1, "memory_limit", 1024.0), "less maxmemory than the primary uses"),
    ("a third replica down", both(seen_replicas(), node(2, **down())), "takes no part"),
]


def test_a_healthy_group_may_fail_over() -> None:
    assert refusals(FAILOVER, fleet(healthy()), AIM) == ()
    assert warnings(FAILOVER, fleet(healthy()), AIM) == ()


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_it_is_refused_when(change: Change, words: str) -> None:
    said = refusals(FAILOVER, fleet(change(healthy())), AIM)
    assert any(words in text for text in said), said


def without_c(group: Group) -> Group:
    """No Sentinel counts the third node in."""
    for place in range(3):
        kept = tuple(each for each in group.sentinels[place].watches["orders"].replicas if each.address != C)
        group = watch(place, replicas=kept)(group)
    return group


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in WARNINGS], ids=[row[0] for row in WARNINGS])
def test_it_is_allowed_with_a_warning_when(change: Change, words: str) -> None:
    group = change(healthy())
    if "takes no part" in words:
        group = without_c(group)
    assert refusals(FAILOVER, fleet(group), AIM) == ()
    said = warnings(FAILOVER, fleet(group), AIM)
    assert any(words in text for text in said), said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"complete": False}, "not every node has been asked"),
        ({"stalled": True}, "we stood still"),
        ({"replayed": True}, "recording"),
    ],
)
def test_a_fleet_that_is_not_fresh_refuses_it(changes: dict[str, bool], words: str) -> None:
    said = refusals(FAILOVER, fleet(healthy(), **changes), AIM)
    assert any(words in text for text in said), said


def test_a_failover_a_moment_ago_refuses_another() -> None:
    event = Event(fleets.AT - 30, "10.20.0.11:26379", "+switch-master", "orders", "a -> b")
    said = refusals(FAILOVER, fleet(healthy(), events=(event,)), AIM)
    assert said == ("the last failover was 30 s ago; wait 90 s more (twice failover-timeout)",)
    old = replace(event, at=fleets.AT - 130)
    assert refusals(FAILOVER, fleet(healthy(), events=(old,)), AIM) == ()


def test_a_failover_of_another_group_does_not() -> None:
    event = Event(fleets.AT - 30, "10.20.0.11:26379", "+switch-master", "cart", "a -> b")
    assert refusals(FAILOVER, fleet(healthy(), events=(event,)), AIM) == ()


def test_other_kinds_of_group_are_told_what_to_use() -> None:
    cluster = fleets.cluster_group("cart")
    assert "cluster-failover" in refusals(FAILOVER, fleet(cluster), Aim("cart"))[0]
    plain = Group("plain", "replication", (Node("a:1"),))
    assert "promote" in refusals(FAILOVER, fleet(plain), Aim("plain"))[0]


def test_an_unknown_group_and_a_chosen_replica_are_refused() -> None:
    assert "there is no group 'x' here; known: orders" in refusals(FAILOVER, fleet(healthy()), Aim("x"))
    said = refusals(FAILOVER, fleet(healthy()), Aim("orders", options={"to": B}))
    assert said == ("choosing the replica (--to) is not possible yet: the Sentinels choose",)
