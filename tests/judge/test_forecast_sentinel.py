"""What a Sentinel group does when some of it are lost: who may vote, who is taken, and why not the others."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from redistui.judge.forecast import forecast
from redistui.model import Event, Group, Sighting
from tests.judge.forecasts import A, B, C, guarded, juror, run_id, seen, short, told, watched, whole
from tests.judge.short import NOW, at, fleet, group, node


def test_the_loss_of_a_replica_goes_unnoticed_and_tells_what_comes_next() -> None:
    found = told(watched(B, C), "b")
    assert (found.writes, found.promoted, found.quorum, found.majority) == ("continue", None, True, True)
    assert found.notes == ("if the primary went next, c:1 would be promoted",)


@pytest.mark.parametrize(
    ("sentinels", "quorum", "killed", "writes", "quorum_holds", "majority_holds"),
    [
        ("xyz", 2, "a", "pause", True, True),
        ("xyz", 2, "a x", "pause", True, True),
        ("xyz", 2, "a x y", "stop", False, False),
        ("xyz", 1, "a x y", "stop", True, False),
        ("xyz", 1, "a x", "pause", True, True),
        ("xy", 1, "a x", "stop", True, False),
        ("xy", 1, "a", "pause", True, True),
        ("wxyz", 2, "a w x", "stop", True, False),
        ("wxyz", 2, "a w", "pause", True, True),
        ("vwxyz", 3, "a v w", "pause", True, True),
        ("vwxyz", 5, "a v", "stop", False, False),
        ("vwxyz", 5, "a", "pause", True, True),
        ("x", 1, "a", "pause", True, True),
        ("xyz", 2, "x y", "continue", False, False),
    ],
)
def test_quorum_sees_and_a_majority_of_all_known_allows(
    sentinels: str, quorum: int, killed: str, writes: str, quorum_holds: bool, majority_holds: bool
) -> None:
    found = told(watched(B, C, sentinels=sentinels, quorum=quorum), killed)
    assert (found.writes, found.quorum, found.majority) == (writes, quorum_holds, majority_holds)
    assert short(found.promoted) == ("b" if writes == "pause" else None)


def test_ghosts_raise_what_is_needed() -> None:
    ghostly = watched(B, C, ghosts="pq")
    assert told(ghostly, "a").writes == "pause"
    found = told(ghostly, "a x")
    assert found.writes == "stop"
    assert "2 of the 5 Sentinels that are known are left, 3 votes are needed" in found.reason


def test_a_sentinel_that_is_down_already_votes_no_more() -> None:
    views = (seen(B), seen(C))
    jury = (juror("x", "xyz", views, down=True), juror("y", "xyz", views), juror("z", "xyz", views))
    assert told(group(A, B, C, *jury), "a").writes == "pause"
    assert told(group(A, B, C, *jury), "a y").writes == "stop"


def test_in_tilt_it_takes_half_a_minute_longer() -> None:
    usual, late = (told(watched(B, C, tilt=tilt, down_after_ms=5_000), "a") for tilt in (False, True))
    assert (usual.outage_seconds, late.outage_seconds) == (6.2, 28.2)
    assert any("TILT" in note for note in late.notes)


def test_tilt_may_outlast_what_a_replicas_link_may_be_down_for() -> None:
    """Then nobody is ever taken: both times grow alike afterwards."""
    found = told(watched(B, C, tilt=True), "a")
    assert (found.writes, found.promoted, found.majority) == ("stop", None, True)
    assert found.why_not["b:1"].startswith(
        "its link will have been down for 27 s when the Sentinels call the primary down"
    )
    views = (seen(B), seen(C))
    jury = (juror("x", "xyz", views, tilt=True), juror("y", "xyz", views), juror("z", "xyz", views))
    mixed = told(group(A, B, C, *jury), "a z")
    assert (mixed.writes, mixed.promoted, mixed.outage_seconds) == ("pause", "b:1", 28.2)
    assert any("would take nobody" in note for note in mixed.notes)


def test_sentinels_that_are_set_to_different_quorums_count_each_for_itself() -> None:
    views = (seen(B), seen(C))
    jury = (juror("x", "xyz", views, quorum=3), juror("y", "xyz", views), juror("z", "xyz", views))
    assert told(group(A, B, C, *jury), "a z").writes == "pause"
    assert told(group(A, B, C, *jury), "a y z").writes == "stop"


ELECTION = [
    # b, c, who is taken, why not the other
    ({}, {}, "b", "as far on as b:1, whose run id sorts first"),
    ({"priority": 10}, {"priority": 100}, "b", "its replica-priority is 100; b:1 has 10, and the lowest wins"),
    ({"priority": 100}, {"priority": 10}, "c", "its replica-priority is 100; c:1 has 10, and the lowest wins"),
    ({"priority": 0}, {}, "c", "its replica-priority is 0: it is never taken"),
    ({"offset": 5_000}, {"offset": 90_000}, "c", "it is 85,000 bytes behind c:1"),
    ({"offset": 90_000}, {"offset": 89_900}, "b", "as far on as b:1, whose run id sorts first"),
    ({"offset": 89_900}, {"offset": 90_000}, "b", "as far on as b:1, whose run id sorts first"),
    ({"offset": 90_000, "link": "down"}, {"offset": 89_999}, "b", "it is 1 byte behind b:1"),
    ({"fault": "hung"}, {}, "c", "it does not answer (hung)"),
    ({"read": None}, {}, "c", "it has not answered yet"),
]  # fmt: skip


@pytest.mark.parametrize(("b", "c", "taken", "why_not"), ELECTION)
def test_priority_comes_before_offset_and_offset_before_run_id(
    b: dict[str, object], c: dict[str, object], taken: str, why_not: str
) -> None:
    found = told(watched(node("b", "a", **b), node("c", "a", **c)), "a")  # type: ignore[arg-type]
    assert short(found.promoted) == taken
    assert found.why_not == {at("c" if taken == "b" else "b"): why_not}


def test_nobody_is_taken_when_all_have_priority_0() -> None:
    found = told(watched(node("b", "a", priority=0), node("c", "a", priority=0)), "a")
    assert (found.writes, found.promoted, found.quorum, found.majority) == ("stop", None, True, True)
    assert set(found.why_not) == {"b:1", "c:1"}


SEEN = [
    ({"flags": frozenset({"replica", "s_down"})}, "the Sentinels hold it to be down"),
    ({"flags": frozenset({"replica", "disconnected"})}, "the Sentinels have no connection to it"),
    ({"last_ok_ping_ms": 7_000}, "it has not answered the Sentinels' PING for 7 s"),
    ({"info_refresh_ms": 40_000}, "it has not answered the Sentinels' INFO for 40 s"),
]


@pytest.mark.parametrize(("changed", "why_not"), SEEN)
def test_whom_the_sentinels_see_badly_is_left_out(changed: dict[str, object], why_not: str) -> None:
    views = (seen(B, **changed), seen(C))
    found = told(group(A, B, C, *(juror(name, "xyz", views) for name in "xyz")), "a")
    assert (short(found.promoted), found.why_not) == ("c", {"b:1": why_not})


@pytest.mark.parametrize(("seconds", "taken"), [(17, "b"), (18, "b"), (19, "c"), (300, "c")])
def test_a_link_that_was_down_for_more_than_ten_times_down_after_is_too_old(seconds: int, taken: str) -> None:
    cut = node("b", "a", priority=1, link="down")
    assert cut.replication is not None
    cut = replace(cut, replication=replace(cut.replication, link_down_seconds=seconds))
    found = told(watched(cut, C), "a")
    assert short(found.promoted) == taken
    assert ("more than 10 times down-after (2 s)" in found.why_not.get("b:1", "")) == (taken == "c")


def test_a_preferred_replica_that_is_behind_is_taken_all_the_same_and_that_is_said() -> None:
    found = told(watched(node("b", "a", priority=1, offset=1_000, link="down"), node("c", "a", offset=9_000),
                         primary=node("a", offset=9_000)), "a")  # fmt: skip
    assert (short(found.promoted), found.loss_bytes) == ("b", 8_000)
    assert "priority comes before data: b:1 is 8,000 bytes behind c:1 and taken anyway" in found.notes


def test_a_chained_replica_is_not_known_to_the_sentinels() -> None:
    chained = node("d", "b")
    views = (seen(B),)
    found = told(group(A, B, chained, *(juror(name, "xyz", views) for name in "xyz")), "a b")
    assert (found.writes, found.why_not["d:1"]) == (
        "stop", "the Sentinels do not know it: it follows b:1, not the primary",
    )  # fmt: skip


def test_who_is_cut_off_from_the_primary_alone_does_not_call_it_lost() -> None:
    """We get no answer, but the Sentinels just had theirs."""
    silent = node("a", fault="unreachable")
    assert told(watched(B, C, primary=silent), "b").writes == "continue"
    gone = watched(B, C, primary=silent, last_ok_ping_ms=9_000)
    assert told(gone, "b").promoted == "c:1"


def test_the_loss_when_the_primary_is_silent_already_is_reckoned_from_its_last_sighting() -> None:
    silent = replace(node("a", fault="hung"), last_primary=Sighting("one", 500, NOW - 3, 10.0, NOW - 2))
    found = told(watched(node("b", "a", offset=450), primary=silent, last_ok_ping_ms=9_000), "x")
    assert (found.promoted, found.loss_bytes) == ("b:1", 500 + 2 * 10 - 450)


def test_where_sentinels_do_not_see_alike_the_most_common_choice_is_told_with_the_other() -> None:
    fine, bad = seen(B), seen(B, flags=frozenset({"replica", "s_down"}))
    jury = (juror("x", "xyz", (bad, seen(C))), juror("y", "xyz", (fine, seen(C))), juror("z", "xyz", (fine, seen(C))))
    found = told(
        group(replace(A, run_id="0"), replace(B, run_id=run_id("b")), replace(C, run_id=run_id("c")), *jury), "a"
    )
    assert short(found.promoted) == "b"
    assert any("would take c:1" in note for note in found.notes)


def test_after_a_failover_that_was_given_up_the_next_one_waits() -> None:
    aborted = Event(NOW - 5, at("x"), "-failover-abort-no-good-slave", "orders", "primary a:1")
    known = fleet(watched(B, C))
    late = whole(replace(known, events=(aborted,)), "a").groups[0]
    assert late.outage_seconds == pytest.approx(20 - 5.5 + 1.2)
    done = Event(NOW - 4, at("x"), "+switch-master", "orders", "a:1 -> b:1")
    assert whole(replace(known, events=(aborted, done)), "a").groups[0].outage_seconds == 3.2


def test_a_group_whose_sentinels_name_nobody_is_not_known() -> None:
    assert told(replace(watched(B), primary=None), "b").writes == "unknown"


@some.composite
def any_group(draw: some.DrawFn) -> Group:
    """Up to three replicas and four Sentinels, who need not see alike, nor know each other, nor all be up."""
    nodes = [
        node(name, "a", priority=draw(some.sampled_from((0, 1, 100)))) for name in "bcd"[: draw(some.integers(1, 3))]
    ]
    names = "wxyz"[: draw(some.integers(1, 4))]
    jury = []
    for name in names:
        known = "".join(one for one in names if one == name or draw(some.integers(0, 4)))
        flags = [frozenset({"replica", "s_down"} if draw(some.integers(0, 5)) == 0 else {"replica"}) for _ in nodes]
        views = tuple(seen(one, flags=flag) for one, flag in zip(nodes, flags, strict=True))
        down = draw(some.integers(0, 6)) == 0
        jury.append(juror(name, known, views, quorum=draw(some.integers(1, 4)), down=down))
    guards = [name for name in "abcd" if draw(some.integers(0, 3)) == 0]
    return guarded(group(A, *nodes, *jury), *guards)


def test_min_replicas_to_write_stops_writes_when_no_replica_is_left() -> None:
    one = guarded(watched(B, C), "a", "b", "c")
    assert told(one, "b").writes == "continue"
    found = told(one, "b c")
    assert (found.writes, found.majority) == ("stop", True)
    assert "its primary a:1 refuses writes: its min-replicas-to-write is set" in found.reason
    assert told(watched(B, C), "b c").writes == "continue"
    assert told(one, "a").writes == "pause"
    left = told(one, "a b")
    assert (left.writes, left.promoted, left.outage_seconds) == ("stop", "c:1", None)
    assert whole(fleet(one), "").smallest_stop in (("b:1", "c:1"), ("a:1", "c:1"), ("a:1", "b:1"))


# -- the fewest -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("replicas", "sentinels", "quorum", "fewest"),
    [("b", "xyz", 2, 2), ("bc", "xyz", 2, 3), ("bcd", "xyz", 2, 3), ("bcd", "vwxyz", 2, 4), ("bcd", "vwxyz", 5, 2),
     ("", "xyz", 2, 1)],
)  # fmt: skip
def test_the_fewest_losses_that_stop_writes(replicas: str, sentinels: str, quorum: int, fewest: int) -> None:
    one = watched(*(node(name, "a") for name in replicas), sentinels=sentinels, quorum=quorum)
    found = whole(fleet(one), "")
    assert (len(found.smallest_stop), found.exact) == (fewest, True)
    assert at("a") in found.smallest_stop


@settings(max_examples=30)
@given(some.data())
def test_no_smaller_set_stops_writes_than_the_one_that_is_told(data: some.DataObject) -> None:
    one = data.draw(any_group())
    found = forecast(fleet(one), ())
    everybody = [member.address for member in one.members]
    least = next(
        (size for size in range(len(everybody) + 1)
         if any(_stops(one, killed) for killed in combinations(everybody, size))), None,
    )  # fmt: skip
    if least == 0:
        assert found.smallest_stop == ()
    else:
        assert least == len(found.smallest_stop)
        assert _stops(one, found.smallest_stop)


@settings(max_examples=30)
@given(some.data())
def test_more_losses_never_help(data: some.DataObject) -> None:
    one = data.draw(any_group())
    everybody = [member.address for member in one.members]
    few = data.draw(some.sets(some.sampled_from(everybody)))
    more = few | data.draw(some.sets(some.sampled_from(everybody)))
    assert not _stops(one, few) or _stops(one, more)


def _stops(one: Group, killed: object) -> bool:
    return forecast(fleet(one), killed).groups[0].writes == "stop" if killed else _as_is(one)  # type: ignore[arg-type]


def _as_is(one: Group) -> bool:
    return forecast(fleet(one), ()).groups[0].writes == "stop"
