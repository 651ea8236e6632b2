"""An incident from its snapshots: how long nobody took writes, and who said what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.incident import Outage, Watcher, gathered, heard
from redistui.judge.said import changes
from redistui.model import Event, Fleet, Node, Sentinel
from tests.judge.short import NOW, at, fleet, group, node, sentinel


def shown(second: float, *members: Node | Sentinel) -> Fleet:
    """A snapshot so many seconds later, each server read then, but for those that are silent."""
    fresh = [one if one.fault is not None else replace(one, seen_at=NOW + second) for one in members]
    return fleet(group(*fresh), now=NOW + second)


def outages(*fleets: Fleet) -> tuple[Outage, ...]:
    watcher = Watcher()
    for one in fleets:
        watcher.take(one)
    return watcher.outages


A, B = node("a", acks={"b": 0}), node("b", "a")
DEAD, TAKES = node("a", fault="refused"), node("b")


def test_an_outage_lies_between_what_was_heard_and_what_was_missed() -> None:
    (found,) = outages(shown(0, A, B), shown(1, A, B), shown(1.5, DEAD, B), shown(3, DEAD, B), shown(4, DEAD, TAKES))
    assert (found.group, found.before, found.after) == ("orders", at("a"), at("b"))
    assert (found.heard_at, found.missed_at, found.until, found.back_at) == (NOW + 1, NOW + 1.5, NOW + 3, NOW + 4)
    assert (found.shortest, found.longest) == (1.5, 3.0)


def test_one_that_is_not_over_has_no_longest() -> None:
    (found,) = outages(shown(0, A, B), shown(1, DEAD, B), shown(9, DEAD, B))
    assert (found.after, found.back_at, found.longest, found.shortest) == (None, None, None, 8.0)


def test_one_that_had_begun_before_has_no_beginning() -> None:
    (found,) = outages(shown(0, DEAD, B), shown(1, DEAD, TAKES))
    assert (found.before, found.heard_at, found.longest) == (None, None, None)


def test_where_always_somebody_took_writes_there_is_none() -> None:
    assert outages(shown(0, A, B), shown(1, node("a", "b"), TAKES)) == ()


@pytest.mark.parametrize("closed", ["noauth", "noperm"])
def test_of_servers_that_are_closed_to_us_nothing_is_said(closed: str) -> None:
    assert outages(shown(0, A, B), shown(1, node("a", fault=closed), B)) == ()  # type: ignore[arg-type]


def test_servers_that_nobody_asked_yet_are_no_outage() -> None:
    assert outages(fleet(group(node("a", read=None))), fleet(group())) == ()


VIEW = "a 0-8191 e1, b 8192-16383 e2, s<b e2"
AFTER = "a 0-8191 e1, b 8192-16383 e2 fail, s<b e2"
TAKEN = "a 0-8191 e1, s 8192-16383 e3, b<s e2 fail"


def cluster(second: float, view: str, dead: bool = False, owner: str = "b") -> Fleet:
    return shown(
        second,
        node("a", view=view),
        node("b", fault="refused" if dead else None, view=view),
        node("s", None if owner == "s" else "b", view=view),
    )


def test_of_a_cluster_only_the_slots_of_the_lost_primary_are_out() -> None:
    found = outages(cluster(0, VIEW), cluster(1, AFTER, dead=True), cluster(2, AFTER, dead=True),
                    cluster(3, TAKEN, dead=True, owner="s"))  # fmt: skip
    (one,) = [outage for outage in found if not outage.refused]
    assert (one.slots, one.before, one.after) == (((8192, 16383),), at("b"), at("s"))
    assert (one.shortest, one.longest) == (1.0, 3.0)


def test_a_cluster_that_says_fail_is_out_as_a_whole() -> None:
    found = outages(cluster(0, VIEW), cluster(1, f"{VIEW}, ~fail"), cluster(2, f"{VIEW}, ~fail"), cluster(3, VIEW))
    (one,) = found
    assert (one.refused, one.before, one.after, one.shortest, one.longest) == (True, None, None, 1.0, 3.0)


def test_a_cluster_of_which_no_node_answers_is_out_from_the_first_look_that_missed_them() -> None:
    """Nobody is left then who says how the slots are shared out; what was known of it before tells."""
    gone = [node(one, fault="refused") for one in "abs"]
    silent = [fleet(group(*gone, kind="cluster"), now=NOW + second) for second in (1, 2, 7)]
    low, high = outages(cluster(0, VIEW), *silent, cluster(9, VIEW))
    assert (low.slots, low.before, low.after) == (((0, 8191),), at("a"), at("a"))
    for one in (low, high):
        assert (one.missed_at, one.shortest, one.longest) == (NOW + 1, 6.0, 9.0)
    assert outages(*silent) == ()


def words(before: Fleet, now: Fleet) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for said in changes(before, now):
        found.setdefault(said.source.partition(":")[0], []).append(said.text)
    return found


def test_every_server_says_what_is_new_with_it() -> None:
    before = shown(0, A, B, node("c", "a"))
    now = shown(1, DEAD, TAKES, node("c", "b", link="down"))
    assert words(before, now) == {
        "a": ["refused: is refused"],
        "b": ["is primary, was replica"],
        "c": ["follows b:1, followed a:1", "its link to b:1 is down"],
    }
    assert words(now, now) == {}


def test_a_restart_is_told_by_its_run_id() -> None:
    one, other = (shown(second, replace(A, run_id=run)) for second, run in ((0, "r1"), (1, "r2")))
    assert words(one, other) == {"a": ["was restarted: it has a new run id"]}
    assert words(one, shown(1, replace(A, run_id=None))) == {}


def flagged(one: Sentinel, *flags: str, primary: str = "a", epoch: int = 1) -> Sentinel:
    watch = replace(one.watches["orders"], flags=frozenset({"primary", *flags}), primary=at(primary), epoch=epoch)
    return replace(one, watches={"orders": watch})


def test_a_sentinel_says_what_it_began_to_believe() -> None:
    calm, alarmed, leads, done = (
        shown(second, A, B, flagged(sentinel("x"), *flags, primary=primary, epoch=epoch))
        for second, flags, primary, epoch in (
            (0, (), "a", 1), (1, ("s_down", "o_down"), "a", 1), (2, ("o_down", "failover_in_progress"), "a", 2),
            (3, (), "b", 2),
        )
    )  # fmt: skip
    assert words(calm, alarmed) == {"x": ["sees the primary down", "has the quorum that the primary is down"]}
    assert words(alarmed, leads) == {"x": ["is at epoch 2, was at 1", "sees the primary up again", "leads a failover"]}
    assert words(leads, done) == {"x": ["believes in b:1 at epoch 2, before in a:1 at epoch 2"]}
    tilted = shown(4, A, B, sentinel("x", tilt=True))
    assert words(shown(3, A, B, sentinel("x")), tilted) == {"x": ["is in TILT: it only watches"]}


def test_cluster_nodes_say_whom_they_hold_for_failed() -> None:
    found = words(cluster(0, VIEW), cluster(1, f"{AFTER}, ~fail"))
    assert found["a"] == ["says cluster_state:fail", "holds for failed b:1"]


def test_an_event_that_got_witnesses_is_one_and_what_was_said_again_is_two() -> None:
    first = Event(NOW, "x", "+sdown", "orders", "primary a", ("x",), (NOW,))
    spread = replace(first, witnesses=("x", "y"), heard=(NOW, NOW + 0.2))
    again = replace(first, at=NOW + 60, heard=(NOW + 60,))
    own = Event(NOW + 1, "a:1", "role", "orders", "a:1 was replica, is primary")
    assert gathered([first, own, spread, spread, again, own]) == (spread, own, again)
    assert list(heard(spread)) == [("x", NOW), ("y", NOW + 0.2)]
    assert list(heard(own)) == [("a:1", NOW + 1)]
