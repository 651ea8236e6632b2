"""What-if over a fleet: plain groups, sites, and which groups are told of."""

from __future__ import annotations

from dataclasses import replace

from redistui.judge.forecast import forecast, members_at
from tests.judge.forecasts import A, B, C, guarded, short, told, watched, whole
from tests.judge.short import at, fleet, group, node

PLAIN = group(node("p", offset=500), node("q", "p", offset=400), node("r", "p", offset=300), name="plain")


def test_nobody_is_promoted_where_nobody_watches_and_the_best_one_is_named() -> None:
    found = told(PLAIN, "p")
    assert (found.writes, found.promoted, found.quorum, found.majority) == ("stop", None, None, None)
    assert found.why_not == {"q:1": "nobody promotes it", "r:1": "nobody promotes it"}
    assert found.loss_bytes == 100
    assert "`promote q:1`" in found.notes[0]


def test_a_lost_replica_of_a_plain_group_changes_nothing_but_for_those_below_it() -> None:
    chained = group(node("p"), node("q", "p"), node("r", "q"), name="plain")
    found = told(chained, "q")
    assert found.writes == "continue"
    assert found.notes == ("r:1 follows q:1, and would get nothing any more",)
    assert told(chained, "r").notes == ()


def test_a_direct_replica_is_named_before_a_chained_one_that_is_as_far_on() -> None:
    chained = group(node("p"), node("b", "z"), node("z", "p"), name="plain")
    assert "`promote z:1`" in told(chained, "p").notes[0]


def test_a_primary_that_was_never_seen_is_no_basis() -> None:
    assert told(group(node("q", "p"), name="plain"), "q").writes == "unknown"
    unseen = replace(PLAIN, nodes=(node("p", read=None), *PLAIN.nodes[1:]))
    assert told(unseen, "p").writes == "unknown"


def test_a_primary_that_is_silent_counts_as_lost() -> None:
    dead = group(node("p", fault="refused"), node("q", "p"), name="plain")
    assert told(dead, "q").writes == "stop"


def test_min_replicas_to_write_stops_writes_when_no_replica_is_left() -> None:
    one = guarded(PLAIN, "p")
    assert [told(one, killed).writes for killed in ("q", "q r")] == ["continue", "stop"]
    assert told(PLAIN, "q r").writes == "continue"


def test_only_groups_that_somebody_is_lost_of_are_told_of_and_all_when_nobody_is() -> None:
    both = fleet(PLAIN, watched(B, C))
    assert [one.group for one in whole(both, "a").groups] == ["orders"]
    assert [one.group for one in whole(both, "a q").groups] == ["plain", "orders"]
    assert [one.group for one in whole(both, "").groups] == ["plain", "orders"]
    assert whole(both, "nobody").groups == ()
    assert whole(both, "").smallest_stop == (at("p"),)


def test_nothing_is_left_to_find_where_writes_stop_already() -> None:
    assert whole(fleet(PLAIN), "p").smallest_stop == ()


def test_a_site_is_everything_that_stands_there() -> None:
    east = group(replace(A, site="east"), replace(B, site="west"), name="plain")
    assert members_at(fleet(east), "east") == ("a:1",)
    assert members_at(fleet(east), "north") == ()


def test_what_was_named_twice_is_lost_once() -> None:
    assert forecast(fleet(PLAIN), ["q:1", "q:1"]).killed == ("q:1",)


def test_pace_makes_the_bound_of_the_loss_greater() -> None:
    busy = group(node("p", offset=500, replicated=1_000.0), node("q", "p", offset=500), name="plain")
    found = told(busy, "p")
    assert found.loss_bytes == 100
    assert short(found.notes[0].split()[2].rstrip(";")) == "q"
