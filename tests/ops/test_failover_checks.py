"""What refuses a failover, as a table: one thing changed in a healthy group, and the words it is refused with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Event, Fault, Fleet, Group, Node
from redistui.ops.action import Aim, refusals, warnings
from redistui.ops.deed_words import begun
from redistui.ops.failover import FAILOVER
from tests import fleets
from tests.ops.changed import Change, metric, node, replication

AIM = Aim("orders")


def fleet(group: Group, **changes: Any) -> Fleet:
    return replace(Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group,), complete=True), **changes)


def healthy() -> Group:
    return fleets.sentinel_group("orders", chain=False)


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


def listed(**changes: Any) -> Change:
    """The first replica, as the primary lists it."""

    def change(group: Group) -> Group:
        own = group.nodes[0].replication
        assert own is not None
        return replication(0, replicas=(replace(own.replicas[0], **changes), *own.replicas[1:]))(group)

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
    ("candidate not online", listed(state="wait_bgsave"), f"{A} is still bringing {B} up to date (wait_bgsave)"),
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


def test_a_failover_that_was_ordered_from_here_counts_as_one() -> None:
    event = Event(fleets.AT - 30, "", "action", "orders", begun("failover", "Fail over orders"))
    assert "wait 90 s more" in refusals(FAILOVER, fleet(healthy(), events=(event,)), AIM)[0]
    other = replace(event, text=begun("sentinel-set", "Set quorum"))
    assert refusals(FAILOVER, fleet(healthy(), events=(other,)), AIM) == ()
    in_vain = replace(event, at=event.at + 2, text="Nothing has changed: stopped on request; everything was put back.")
    assert refusals(FAILOVER, fleet(healthy(), events=(event, in_vain)), AIM) == ()


def test_an_unknown_group_is_refused() -> None:
    assert refusals(FAILOVER, fleet(healthy()), Aim("x")) == ("there is no group 'x' here; known: orders",)


# -- a chosen replica --------------------------------------------------------------------------------------------------

NOT_CHOSEN: list[tuple[str, Change, str, str]] = [
    ("the primary", lambda g: g, A, f"{A} is the primary already"),
    ("nobody's address", lambda g: g, "10.9.9.9:1", f"10.9.9.9:1 is no replica of orders; its replicas: {B}, {C}"),
    ("no address at all", lambda g: g, "second", "second is no replica of orders"),
    ("of priority 0", replication(1, priority=0), B, f"{B} has replica-priority 0: it is never to become primary"),
    ("of priority 0, for a Sentinel", seen_replicas(priority=0), B, "replica-priority 0"),
    ("link down for them", seen_replicas(link_up=False), B, f"would not take {B}"),
    ("flagged down", seen_replicas(flags=frozenset({"replica", "s_down"})), B, f"would not take {B}"),
    ("unknown to one", watch(1, replicas=()), B, f"10.20.0.12:26379 would not take {B}"),
]


def to(address: str) -> Aim:
    return Aim("orders", options={"to": address})


def test_every_replica_that_the_sentinels_would_take_can_be_chosen() -> None:
    for address in (B, C):
        assert refusals(FAILOVER, fleet(healthy()), to(address)) == ()


@pytest.mark.parametrize(
    ("change", "chosen", "words"), [row[1:] for row in NOT_CHOSEN], ids=[row[0] for row in NOT_CHOSEN]
)
def test_it_cannot_be_chosen_when_it_is(change: Change, chosen: str, words: str) -> None:
    said = refusals(FAILOVER, fleet(change(healthy())), to(chosen))
    assert any(words in text for text in said), said


def test_a_replica_that_no_sentinel_knows_is_refused() -> None:
    chained = fleets.sentinel_group("orders", chain=True)
    for place in range(3):
        known = tuple(r for r in chained.sentinels[place].watches["orders"].replicas if r.address in (B, C))
        chained = watch(place, replicas=known)(chained)
    said = refusals(FAILOVER, fleet(chained), to("10.20.0.14:6379"))
    assert said == ("10.20.0.14:6379 is not known to the Sentinels: they know only replicas of the primary itself",)


# -- unplanned ---------------------------------------------------------------------------------------------------------


def seen_primary(**changes: Any) -> Change:
    """The primary, as every Sentinel sees it."""
    return both(*(watch(place, **changes) for place in range(3)))


SDOWN = frozenset({"primary", "s_down", "disconnected"})
DEAD = both(node(0, role=None, **down("refused", "nothing listens there")), seen_primary(last_ok_ping_ms=4000))
UNPLANNED: list[tuple[str, Change, str]] = [
    ("it answers them", seen_primary(last_ok_ping_ms=900), "may be unreachable from here only"),
    ("it answers two of them", both(watch(0, last_ok_ping_ms=900), watch(1, last_ok_ping_ms=0)), "from here only"),
    ("nobody knows", seen_primary(last_ok_ping_ms=None), "may be unreachable from here only"),
    ("odown", watch(0, flags=frozenset({"primary", "s_down", "o_down"})), "they fail over by themselves"),
    ("in progress", watch(0, flags=frozenset({"primary", "failover_in_progress"})), "in progress already"),
    ("a minority", both(sentinel(0, **down()), sentinel(1, **down())), "that is no majority"),
    ("no quorum", watch(0, ckquorum="NOQUORUM 1 usable Sentinels."), "NOQUORUM 1 usable"),
    ("TILT", sentinel(2, tilt=True), "in TILT"),
    ("another says primary", node(1, role="primary"), f"{B} is primary by its own ROLE"),
    ("no candidate", seen_replicas(priority=0), NO_CANDIDATE),
    (
        "INFO too old",
        both(seen_primary(flags=SDOWN), seen_replicas(info_refresh_ms=31_200)),
        "INFO was not read for 31 s",
    ),
    ("candidate silent", node(1, **down("refused", "nothing listens there")), "the Sentinels may choose it"),
    ("candidate syncs", replication(1, sync_in_progress=True), "its sync done"),
    ("two histories", replication(1, replid="f" * 40), "different histories"),
]


def test_with_a_dead_primary_it_is_allowed_and_the_loss_is_weighed() -> None:
    for change in (DEAD, both(DEAD, seen_replicas(link_up=False)), both(DEAD, seen_primary(flags=SDOWN))):
        assert refusals(FAILOVER, fleet(change(healthy())), AIM) == ()
    said = warnings(FAILOVER, fleet(DEAD(healthy())), AIM)
    assert [text.partition(":")[0] for text in said[:1]] == ["10.20.0.11"]
    assert "this is an unplanned failover" in said[0]
    assert said[1] == "How many acknowledged writes are lost is not known"
    assert f"should {A} come back, it takes writes until it is made a replica" in said[2]


def test_an_info_too_old_for_the_sentinel_now_is_waited_for() -> None:
    """Sentinels ask every 10 s and take what is 5 s old: no plan may come and go with that."""
    old, new = (both(DEAD, seen_primary(flags=SDOWN), seen_replicas(info_refresh_ms=ms))(healthy()) for ms in (9900, 0))
    assert refusals(FAILOVER, fleet(old), AIM) == ()
    assert FAILOVER.plan(fleet(old), AIM) == FAILOVER.plan(fleet(new), AIM)
    assert f"heard of {B} or" in FAILOVER.plan(fleet(old), AIM).steps[0].text


@pytest.mark.parametrize("seen", [SDOWN, frozenset({"primary", "disconnected"})])
def test_a_sentinel_that_lost_it_need_not_wait_for_its_pings(seen: frozenset[str]) -> None:
    group = seen_primary(last_ok_ping_ms=100, flags=seen)(DEAD(healthy()))
    assert refusals(FAILOVER, fleet(group), AIM) == ()


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in UNPLANNED], ids=[row[0] for row in UNPLANNED])
def test_with_a_dead_primary_it_is_refused_when(change: Change, words: str) -> None:
    said = refusals(FAILOVER, fleet(change(DEAD(healthy()))), AIM)
    assert any(words in text for text in said), said


def long_dead(server: str) -> Group:
    """Down-after is 5 s; called down for 230 s, and the replicas without their link for as long."""
    seen = both(seen_primary(flags=SDOWN, last_ok_ping_ms=236_000), seen_replicas(link_up=False, link_down_ms=230_000))
    return both(DEAD, seen, *(sentinel(place, server=server) for place in range(3)))(healthy())


def test_for_how_long_replicas_may_have_been_without_a_primary_that_is_dead_hangs_on_the_server() -> None:
    """Redis goes on counting how long it is down; an order of Valkey's begins that anew, and is given up at once."""
    assert refusals(FAILOVER, fleet(long_dead("redis")), AIM) == ()
    said = refusals(FAILOVER, fleet(long_dead("valkey")), AIM)
    assert any("no link to the primary for 230 s, at most 50 s count" in text for text in said), said
    assert any("`sentinel-set down-after-milliseconds 47000` first" in text for text in said), said
    chosen = refusals(FAILOVER, fleet(long_dead("valkey")), Aim("orders", options={"to": B}))
    assert any(f"would not take {B}: no link" in text for text in chosen), chosen


FEW = Aim("orders", options={"minority": "yes"})
GONE = both(DEAD, sentinel(0, **down()), sentinel(1, **down()), watch(2, ckquorum="NOQUORUM 1 usable Sentinels."))


def test_a_minority_acts_only_when_the_operator_answers_for_the_other_side() -> None:
    gone = fleet(GONE(healthy()))
    assert any("that is no majority" in text for text in refusals(FAILOVER, gone, AIM))
    assert refusals(FAILOVER, gone, FEW) == ()
    assert sum("majority" in text or "NOQUORUM" in text for text in warnings(FAILOVER, gone, FEW)) == 2
    made = FAILOVER.plan(gone, FEW)
    assert made.danger == "lossy"
    assert made.confirm == f"{A} and its Sentinels are fenced, lose an unknown part of orders"
    agreed = both(GONE, watch(2, flags=frozenset({"primary", "s_down", "o_down"})))
    assert refusals(FAILOVER, fleet(agreed(healthy())), FEW) == ()


@pytest.mark.parametrize("change", [lambda group: group, DEAD, both(sentinel(0, **down()), sentinel(1, **down()))])
def test_without_need_no_minority_acts(change: Change) -> None:
    said = refusals(FAILOVER, fleet(change(healthy())), FEW)
    assert "--minority is for a primary that is dead, and most of its Sentinels with it" in said


def test_a_minority_of_nobody_is_refused() -> None:
    nobody = both(GONE, sentinel(2, **down()))(healthy())
    assert any("that is no majority" in text for text in refusals(FAILOVER, fleet(nobody), FEW))


def test_a_failover_a_moment_ago_does_not_refuse_an_unplanned_one_but_is_told() -> None:
    event = Event(fleets.AT - 30, "10.20.0.11:26379", "+switch-master", "orders", "a -> b")
    dead = fleet(DEAD(healthy()), events=(event,))
    assert refusals(FAILOVER, dead, AIM) == ()
    assert any("the Sentinels begin another in 90 s at the earliest" in text for text in warnings(FAILOVER, dead, AIM))


# -- where no Sentinel watches -----------------------------------------------------------------------------------------


def test_a_cluster_wants_to_know_which_shard() -> None:
    said = refusals(FAILOVER, fleet(fleets.cluster_group("cart", troubled=False)), Aim("cart"))
    assert (
        "a cluster fails over shard by shard (`cluster-failover`): which one? --to 10.30.0.4:7000 (for 10.30.0.1:7000)"
        in said[0]
    )


def test_a_group_without_sentinels_and_without_replicas_has_nobody_to_fail_over_to() -> None:
    plain = Group("plain", "replication", (Node("a:1"),))
    assert refusals(FAILOVER, fleet(plain), Aim("plain")) == ("plain has no replica that answers",)
