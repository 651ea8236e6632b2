"""Whether a Sentinel group could fail over. Quorum is not majority; the dead and the ghosts are counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.quorum import ghosts, verdict
from redistui.model import Sentinel
from tests.judge.short import at, group, node, said, sentinel

A = node("a", acks={"b": 0})
B = node("b", "a")
NO = "NOQUORUM 1 usable Sentinels. Not enough available Sentinels to reach the majority and authorize a failover"


def three(*sentinels: Sentinel) -> list[str]:
    return [finding for finding in said(A, B, *sentinels) if "sentinel-down" not in finding]


def test_three_that_agree_can_fail_over_and_may_lose_one() -> None:
    found = verdict(group(A, B, sentinel("x"), sentinel("y"), sentinel("z")))
    assert (found.known, found.up, found.quorum, found.majority, found.needed) == (3, 3, 2, 2, 2)
    assert found.agree
    assert found.reachable
    assert (found.primary, found.epoch, found.dissenters, found.reasons) == (at("a"), 1, (), ())
    assert three(sentinel("x"), sentinel("y"), sentinel("z")) == []


def test_of_views_of_one_epoch_the_one_that_most_have_is_believed() -> None:
    """One of three was set to watch a replica, by hand and so at no newer epoch: it is the one of another mind."""
    odd = sentinel("x", "b")
    for members in ((odd, sentinel("y"), sentinel("z")), (sentinel("y"), sentinel("z"), odd)):
        found = verdict(group(A, B, *members))
        assert (found.primary, found.dissenters) == (at("a"), (at("x"),))
    newer = verdict(group(A, B, sentinel("x", "b", epoch=2), sentinel("y"), sentinel("z")))
    assert (newer.primary, newer.dissenters) == (at("b"), (at("y"), at("z")))


@pytest.mark.parametrize(
    ("known", "quorum", "majority", "needed"),
    [
        (1, 1, 1, 1), (2, 1, 2, 2), (2, 2, 2, 2), (3, 1, 2, 2), (3, 3, 2, 3), (4, 2, 3, 3), (5, 2, 3, 3), (5, 5, 3, 5),
        (6, 1, 4, 4),
    ],
)  # fmt: skip
def test_votes_needed_are_the_greater_of_quorum_and_majority(
    known: int, quorum: int, majority: int, needed: int
) -> None:
    all_ = [sentinel(f"s{number}", quorum=quorum, others=known - 1) for number in range(known)]
    found = verdict(group(A, B, *all_))
    assert (found.majority, found.needed, found.reachable) == (majority, needed, True)
    dead = [sentinel(one.address[:-2], quorum=quorum, others=known - 1, fault="refused") for one in all_]
    enough = verdict(group(A, B, *all_[:needed], *dead[needed:]))
    too_few = verdict(group(A, B, *all_[: needed - 1], *dead[needed - 1 :]))
    assert enough.reachable
    assert not too_few.reachable


def test_the_dead_count_towards_the_majority() -> None:
    """Two of five answer: both say quorum 2 could be reached, and no majority."""
    dead = [sentinel(name, fault="refused", others=4) for name in ("u", "v", "w")]
    found = verdict(group(A, B, sentinel("x", others=4, ckquorum=NO), sentinel("y", others=4, ckquorum=NO), *dead))
    assert (found.known, found.up, found.needed, found.reachable) == (5, 2, 3, False)
    assert "2 of the 3 Sentinels needed for a failover can vote" in found.reasons
    assert f"x:1: {NO}" in found.reasons


def test_a_ghost_raises_what_is_needed() -> None:
    """Three run, but they count five: two that were replaced and never forgotten."""
    running = [sentinel(name, others=4, down=("g", "h")) for name in "xyz"]
    found = verdict(group(A, B, *running))
    assert (found.known, found.needed, found.reachable) == (5, 3, True)
    assert ghosts(group(A, B, *running)) == (at("g"), at("h"))
    assert "(quorum-edge)" in three(*running)


def test_a_peer_that_answers_us_is_no_ghost_whatever_another_says() -> None:
    assert ghosts(group(A, B, sentinel("x", down=("y",)), sentinel("y"))) == ()


def test_one_in_tilt_does_not_vote_and_its_ckquorum_is_stale() -> None:
    tilted = [sentinel("x"), sentinel("y", tilt=True), sentinel("z", tilt=True)]
    found = verdict(group(A, B, *tilted))
    assert (found.up, found.reachable) == (1, False)
    assert "y:1 is in TILT: it neither votes nor updates what it says" in found.reasons
    assert three(*tilted) == ["quorum-lost", "(tilt y)", "(tilt z)"]
    assert three(sentinel("x"), sentinel("y"), sentinel("z", tilt=True)) == ["(quorum-edge)", "(tilt z)"]


def test_a_stale_no_of_one_in_tilt_does_not_count_either() -> None:
    found = verdict(group(A, B, sentinel("x"), sentinel("y"), sentinel("z", tilt=True, ckquorum=NO)))
    assert found.reachable


def test_one_that_could_lead_is_enough_whatever_the_others_want_for_themselves() -> None:
    """Two of three are set to a quorum of five: they never begin a failover, and vote for the third."""
    high = [sentinel(name, quorum=5, ckquorum=NO) for name in "xy"]
    found = verdict(group(A, B, *high, sentinel("z")))
    assert (found.reachable, found.lost, found.quorum, found.needed) == (True, False, 2, 2)
    assert found.cannot_lead == (at("x"), at("y"))
    assert three(*high, sentinel("z")) == ["(sentinel-cannot-lead x)", "(sentinel-cannot-lead y)"]
    none = verdict(group(A, B, *high, sentinel("z", quorum=5, ckquorum=NO)))
    assert (none.reachable, none.lost, none.needed) == (False, True, 5)
    assert three(*high, sentinel("z", ckquorum=NO)) == ["quorum-lost"]


def test_one_that_forgot_the_others_for_a_moment_loses_no_quorum() -> None:
    """As after its SENTINEL RESET, until their greetings come in."""
    reset = sentinel("x", others=0, ckquorum=NO)
    assert three(reset, sentinel("y"), sentinel("z")) == ["(sentinel-cannot-lead x)"]
    edge = ["(quorum-edge)", "(sentinel-cannot-lead x)"]
    assert three(reset, sentinel("y"), sentinel("z", fault="refused")) == edge


def test_the_higher_epoch_is_believed_not_the_greater_number() -> None:
    old = [sentinel(name, "a", epoch=3) for name in "xy"]
    found = verdict(group(A, B, *old, sentinel("z", "b", epoch=4)))
    assert (found.primary, found.epoch, found.agree, found.dissenters) == (at("b"), 4, False, (at("x"), at("y")))
    assert three(*old, sentinel("z", "b", epoch=4)) == ["sentinels-disagree x", "sentinels-disagree y"]


def test_the_same_primary_at_two_epochs_is_only_a_warning() -> None:
    assert three(sentinel("x"), sentinel("y"), sentinel("z", epoch=2)) == [
        "(sentinels-disagree x)",
        "(sentinels-disagree y)",
    ]


def test_different_counts_and_quorums_are_told() -> None:
    found = verdict(group(A, B, sentinel("x"), sentinel("y", others=3), sentinel("z", quorum=3)))
    assert "Sentinels know different numbers of peers: 2, 3" in found.reasons
    assert "Sentinels are set to different quorums" in found.reasons
    assert (found.known, found.quorum) == (4, 3)


def test_when_all_sentinels_are_gone_nothing_fails_over() -> None:
    gone = [sentinel(name, fault="refused") for name in "xyz"]
    found = verdict(group(A, B, *gone))
    assert (found.known, found.primary, found.agree, found.reachable) == (0, None, False, False)
    assert "no Sentinel answers" in found.reasons
    assert "quorum-lost" in three(*gone)


def test_sentinels_that_were_not_asked_yet_are_neither_lost_nor_there() -> None:
    """The first answer names two peers that nobody has dialled: no verdict, and no alarm."""
    assert said(A, B, sentinel("x", ckquorum=None)) == []
    assert said(A, B, sentinel("x", ckquorum=None), sentinel("y", read=None), sentinel("z", read=None)) == []
    found = verdict(group(A, B, sentinel("x", ckquorum=None), sentinel("y", read=None), sentinel("z", fault="hung")))
    assert not found.reachable
    assert not found.lost


def test_a_ckquorum_that_may_not_be_asked_is_no_alarm_and_no_all_clear() -> None:
    silent = [sentinel(name, ckquorum=None) for name in "xyz"]
    assert three(*silent) == []
    assert not verdict(group(A, B, *silent)).reachable
    assert "quorum-lost" in three(silent[0], *(sentinel(name, fault="refused") for name in "yz"))


def test_one_that_refuses_our_password_may_still_vote() -> None:
    found = verdict(group(A, B, sentinel("x"), sentinel("y"), sentinel("z", None, fault="noauth", read=None)))
    assert found.reachable


def test_what_one_said_before_it_refused_us_does_not_count_any_more() -> None:
    found = verdict(group(A, B, sentinel("x"), sentinel("y"), sentinel("z", "b", epoch=9, fault="noauth")))
    assert (found.primary, found.up, found.agree) == (at("a"), 2, True)


def test_the_leader_of_a_failover_is_not_ahead_of_those_who_follow_it() -> None:
    """It bears the new epoch while it still names the old primary."""
    leader = sentinel("x", "a", epoch=2)
    watch = replace(leader.watches["orders"], flags=frozenset({"primary", "failover_in_progress"}))
    found = verdict(group(A, B, replace(leader, watches={"orders": watch}), sentinel("y", "b", epoch=2)))
    assert found.primary == at("b")


def test_a_group_without_sentinels_has_no_quorum_to_speak_of() -> None:
    found = verdict(group(A, B))
    assert (found.known, found.majority, found.needed, found.reasons, found.reachable) == (0, 0, 0, (), False)
    assert said(A, B) == []


def test_a_sentinel_that_watches_another_name_has_no_say() -> None:
    found = verdict(group(A, B, sentinel("x"), sentinel("y"), sentinel("z", "b", epoch=9, watched="other")))
    assert (found.primary, found.agree, found.up) == (at("a"), True, 2)
