"""What refuses a promotion, as tables: one thing changed in a healthy or a headless group, and the words it is refused
with."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from redistui.model import Event, Fault, Fleet, Group, ReplicaSeen, Sighting
from redistui.ops.action import Aim, Plan, refusals, warnings
from redistui.ops.failover import FAILOVER
from redistui.ops.promote import PROMOTE, best
from tests import fleets
from tests.ops.changed import Change, metric, node
from tests.ops.changed import replication as link

A, B, C = "10.20.0.11:6379", "10.20.0.12:6379", "10.20.0.13:6379"
OFFSET = 48_213_377_104


def aim(heir: str = B, **options: str) -> Aim:
    return Aim("plain", heir, options, (heir,))


def fleet(group: Group, **changes: Any) -> Fleet:
    return replace(Fleet(at=fleets.AT + 0.1, period=1.0, groups=(group,), complete=True), **changes)


def healthy() -> Group:
    """A primary and two replicas: the first has everything, the second lacks 182 bytes."""
    nodes = (
        fleets.node(A, replicas=(B, C), seed=3, server="redis", version="7.0.15"),
        fleets.node(B, "replica", A, lag=0, seed=5, server="redis", version="7.0.15"),
        fleets.node(C, "replica", A, lag=182, seed=7, server="redis", version="7.0.15"),
    )
    return Group("plain", "replication", nodes, primary=A)


def listed(**changes: Any) -> Change:
    """B, as the primary lists it."""
    return link(0, replicas=(replace(ReplicaSeen(B, "online", OFFSET, 0), **changes),))


def down(kind: Any = "refused", text: str = "connection refused") -> dict[str, Any]:
    return {"fault": Fault(kind, text, fleets.AT - 7), "role": None}


def headless(seconds: int = 12, pace: float | None = 100.0) -> Group:
    """The primary is dead for so long; it was last seen 1000 bytes ahead of the first replica."""
    group = healthy()
    for place in (1, 2):
        group = link(place, link="down", link_state="connect", link_down_seconds=seconds)(group)
    last = Sighting(fleets.REPLID, OFFSET + 1000, fleets.AT - 8, pace, silent_at=fleets.AT - 7)
    return node(0, **down(), replication=None, metrics={}, seen_at=fleets.AT - 8, last_primary=last)(group)


PLANNED: list[tuple[str, Change, str]] = [
    ("primary loads", node(0, **down("loading", "loads its dataset")), "neither well nor dead"),
    ("primary too old", node(0, version="6.0.16"), "needs 6.2 or later"),
    ("primary in a FAILOVER", link(0, failover_state="waiting-for-sync"), "in a FAILOVER already"),
    ("two primaries", node(2, role="primary"), f"{C} is a primary as well"),
    ("replica silent", node(1, **down()), f"{B} does not answer"),
    ("replica stale", node(1, seen_at=fleets.AT - 9), "two poll periods"),
    ("replica of another", link(1, primary=C), f"follows {C}, not the primary {A}"),
    ("role unknown", node(1, role=None), f"{B} is a node of unknown role"),
    ("primary says replica", node(0, role="replica"), f"{A} says that it is a replica: nobody is primary"),
    ("link down", link(1, link="down"), "no link to its primary"),
    ("syncing", link(1, sync_in_progress=True), "not done syncing"),
    ("another history", link(1, replid="f" * 40), "another history"),
    ("writable replica", link(1, read_only=False), "takes writes of its own"),
    ("not listed", link(0, replicas=()), f"{A} does not list {B}"),
    ("not online", listed(state="wait_bgsave"), "wait_bgsave"),
    ("does not acknowledge", listed(lag_seconds=9), "has not acknowledged for 9 s"),
    ("lags", metric(1, "lag_bytes", 3.0 * (1 << 20)), "lags 3.0 MiB behind"),
    ("lag unknown", metric(1, "lag_bytes", None), f"the lag of {B} is not known"),
    ("older", node(1, version="6.2.14"), "runs 6.2.14, older than 7.0.15"),
    ("small", metric(1, "memory_limit", 1024.0), "less maxmemory"),
    ("primary unknown", lambda g: replace(link(1, primary=None)(g), primary=None), "which node is the primary"),
]

DEAD: list[tuple[str, Change, str]] = [
    ("a replica hears it", link(2, link="up"), f"{C} still hears it"),
    (
        "a replica heard it just now",
        link(2, link="up", last_io_seconds=4),
        "cannot be reached from here, but is not dead",
    ),
    (
        "a link that nobody gave up yet",
        link(2, link="up", last_io_seconds=40),
        f"{C} still hears it by a link that is up",
    ),
    ("how long a link is silent", link(2, link="up", last_io_seconds=40), "nothing has come for 40 s"),
    ("just gone", link(1, link_down_seconds=2), "lost it only 2 s ago"),
    ("replicas of two histories", link(2, replid="f" * 40), "not of one history"),
    ("another has more", link(2, offset=OFFSET + 77), f"{C} has 77 bytes more than {B}: promote {C}"),
    ("a primary already", node(2, role="primary"), f"{C} is a primary already"),
    ("chosen one silent", node(1, **down()), f"{B} does not answer"),
    ("chosen one chained", link(1, primary=C), f"{B} follows {C}, not {A}"),
    ("offset unknown", link(1, offset=None), "is not known"),
]


def test_a_replica_of_a_healthy_group_may_be_promoted() -> None:
    assert refusals(PROMOTE, fleet(healthy()), aim()) == ()
    assert warnings(PROMOTE, fleet(healthy()), aim()) == ()


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in PLANNED], ids=[row[0] for row in PLANNED])
def test_it_is_refused_when(change: Change, words: str) -> None:
    said = refusals(PROMOTE, fleet(change(healthy())), aim())
    assert any(words in text for text in said), said


@pytest.mark.parametrize(("change", "words"), [row[1:] for row in DEAD], ids=[row[0] for row in DEAD])
def test_a_dead_primary_is_not_succeeded_when(change: Change, words: str) -> None:
    said = refusals(PROMOTE, fleet(change(headless())), aim())
    assert any(words in text for text in said), said


@pytest.mark.parametrize("heir", [A, B])
def test_where_two_follow_each_other_it_is_said_how_that_ends(heir: str) -> None:
    """One of them was restarted in its old part in the middle of a promotion, with nothing or with its old data."""
    group = node(0, role="replica")(link(0, primary=B, link="down", offset=0)(healthy()))
    for empty in (group, replace(group, primary=None)):
        (said,) = (text for text in refusals(PROMOTE, fleet(empty), aim(heir)) if "follow each other" in text)
        assert "`detach NODE --writable`, of the one that holds the data" in said
        assert f"{A} holds " in said
        assert f"{B} holds " in said
        assert "at offset 0" in said


def test_the_primary_itself_and_strangers_are_refused() -> None:
    assert refusals(PROMOTE, fleet(healthy()), aim(A)) == (f"{A} is the primary already",)
    assert refusals(PROMOTE, fleet(healthy()), aim("10.9.9.9:1")) == ("10.9.9.9:1 is no node of plain",)
    assert "there is no group" in refusals(PROMOTE, fleet(healthy()), Aim("x", B, {}, (B,)))[0]


def test_where_others_watch_it_is_told_what_to_use() -> None:
    watched = fleets.sentinel_group("plain")
    assert "would undo it: `failover --to REPLICA`" in refusals(PROMOTE, fleet(watched), aim())[0]
    cluster = fleets.cluster_group("plain")
    assert "cluster-failover" in refusals(PROMOTE, fleet(cluster), aim())[0]


def test_a_second_promotion_within_ten_minutes_has_to_be_typed() -> None:
    event = Event(fleets.AT - 60, "", "action", "plain", "promote begun: Promote x")
    assert made().confirm == "plain"
    again = PROMOTE.plan(fleet(healthy(), events=(event,)), aim())
    assert (again.danger, again.confirm) == ("risky", "fail plain over again")


# -- plans ------------------------------------------------------------------------------------------------------------


def made(group: Group | None = None, **options: str) -> Plan:
    return PROMOTE.plan(fleet(group or healthy()), aim(**options))


def commands(plan: Plan) -> list[str]:
    return [f"{step.node} {' '.join(argv)}" for step in plan.steps for argv in step.commands()]


FILES = [f"{C} CONFIG REWRITE", f"{A} CONFIG REWRITE", f"{B} CONFIG REWRITE"]
MOVED = f"{C} REPLICAOF 10.20.0.12 6379"


def test_the_server_hands_over_by_itself() -> None:
    plan = made()
    assert commands(plan) == [f"{A} FAILOVER TO 10.20.0.12 6379 TIMEOUT 5000", MOVED, *FILES]
    assert (plan.danger, plan.point_of_no_return, plan.release) == ("risky", 2, ())
    assert plan.steps[2].commands()


def test_the_fast_switch_steps_down_before_it_takes_over() -> None:
    plan = made(fast="yes")
    assert commands(plan) == [
        f"{A} CLIENT PAUSE 3000 WRITE",
        f"{A} REPLICAOF 10.20.0.12 6379",
        f"{B} REPLICAOF NO ONE",
        f"{A} CLIENT UNPAUSE",
        MOVED,
        f"{A} CLIENT KILL TYPE normal",
        f"{A} CLIENT KILL TYPE pubsub",
        *FILES,
    ]
    assert plan.steps[plan.point_of_no_return].commands() == (("REPLICAOF", "NO", "ONE"),)
    back = [f"{step.node} {' '.join(argv)}" for step in plan.release for argv in step.commands()]
    assert back == [f"{A} REPLICAOF NO ONE", f"{A} CLIENT UNPAUSE"]
    assert [step.commands() for step in plan.owed(taken=True)] == [(("CLIENT", "UNPAUSE"),)]
    assert made(fast="yes") != made()


def test_a_dead_primary_is_asked_for_nothing_and_what_is_lost_has_to_be_typed() -> None:
    plan = made(headless())
    assert commands(plan) == [f"{B} REPLICAOF NO ONE", MOVED, f"{C} CONFIG REWRITE", f"{B} CONFIG REWRITE"]
    assert plan.danger == "lossy"
    assert plan.confirm == f"{A} is stopped, lose up to 1.2 KiB of plain"
    assert f"`attach {A} {B}`" in plan.undo
    unseen = node(0, last_primary=None)(headless())
    assert made(unseen).confirm == f"{A} is stopped, lose an unknown part of plain"
    assert any("cannot be told" in text for text in warnings(PROMOTE, fleet(unseen), aim()))


def test_replicas_that_serve_nothing_without_their_primary_are_promoted_all_the_same() -> None:
    group = headless()
    for place in (1, 2):
        group = node(place, fault=Fault("masterdown", "serves nothing while its link is down", fleets.AT - 7))(group)
    assert refusals(PROMOTE, fleet(group), aim()) == ()
    assert MOVED in commands(made(group))


def test_the_best_replica_has_most_of_a_dead_primary_and_is_the_preferred_one_of_a_live_one() -> None:
    assert best(fleet(headless()), headless()) == B
    ahead = link(2, offset=OFFSET + 1)(headless())
    assert best(fleet(ahead), ahead) == C
    preferred = link(2, priority=10)(healthy())
    assert best(fleet(preferred), preferred) == C
    never = link(2, priority=0)(link(1, offset=OFFSET - 182)(headless()))
    assert best(fleet(never), never) == B
    gone = node(1, **down())(node(2, **down())(healthy()))
    assert best(fleet(gone), gone) is None


def test_a_plan_stays_the_same_while_numbers_move() -> None:
    moved = metric(1, "lag_bytes", 17.0)(link(0, offset=99_999_999_999)(healthy()))
    for options in ({}, {"fast": "yes"}):
        assert PROMOTE.plan(fleet(moved, at=fleets.AT + 1), aim(**options)) == made(**options)
    older = fleet(link(1, link_down_seconds=99)(headless()), at=fleets.AT + 0.9)
    assert PROMOTE.plan(older, aim()) == made(headless())


def test_siblings_that_are_not_well_and_those_in_a_chain_are_left_where_they_are() -> None:
    astray = link(2, link="down")(healthy())
    assert MOVED not in commands(made(astray))
    assert any(f"{C} takes no part" in text for text in warnings(PROMOTE, fleet(astray), aim()))
    chained = link(2, primary=B)(healthy())
    assert MOVED not in commands(made(chained))


def test_a_replica_that_is_still_synced_is_not_told_to_follow_itself() -> None:
    syncing = link(1, link="down")(healthy())
    assert not any("takes no part" in text for text in warnings(PROMOTE, fleet(syncing), aim()))


def test_with_chains_the_replicas_at_the_old_site_stay_under_the_old_primary() -> None:
    group = node(0, site="east")(node(1, site="west")(node(2, site="east")(healthy())))
    assert f"{C} REPLICAOF {B.replace(':', ' ')}" in commands(made(group))
    stays = made(group, chains="yes")
    assert all(not text.startswith(C) for text in commands(stays))
    assert all(C not in step.text for step in stays.verify)
    assert PROMOTE.wrong is not None
    assert "--chains is for a hand-over by the server" in PROMOTE.wrong(aim(fast="yes", chains="yes"))


def test_one_that_was_not_meant_to_become_primary_is_warned_of() -> None:
    for group in (healthy(), headless()):
        noted = warnings(PROMOTE, fleet(link(1, priority=0)(group)), aim())
        assert any("replica-priority 0" in text for text in noted)


def test_one_that_may_have_more_than_the_heir_of_a_dead_primary_is_warned_of() -> None:
    noted = warnings(PROMOTE, fleet(node(2, **down())(headless())), aim())
    assert f"{C} cannot be asked: it may have more of the data than {B}" in noted


def test_failover_of_a_plain_group_is_refused_for_what_promote_is_refused_for() -> None:
    """`failover` is the word for it wherever it is; the checks are those of the action that does it."""
    to = Aim("plain", options={"to": B})
    assert refusals(FAILOVER, fleet(healthy()), to) == ()
    for _, change, words in PLANNED:
        assert words in "; ".join(refusals(FAILOVER, fleet(change(healthy())), to))
