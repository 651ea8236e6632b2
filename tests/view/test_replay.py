"""The replay's own lines: times as they are typed, the timeline, and what is different between two snapshots."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.model import Event, Fleet, Group, Node
from redistui.view.difference import difference, rows
from redistui.view.events import loudness
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.moments import BadMoment, moment, told
from redistui.view.replay import SPEEDS, Transport, bar, next_speed, notable, position
from tests import fleets

FIRST, LAST = 1_760_000_000.0, 1_760_000_600.0
"""2025-10-09 08:53:20 to 09:03:20 UTC."""
MARKS = tuple(
    Event(FIRST + after, "", kind, "orders", text)
    for after, kind, text in (
        (60, "+sdown", "x"), (61, "alert", "bad node-down: x"), (62, "+vote-for-leader", "x"),
        (300, "alert", "warn lag: x"), (310, "alert", "over lag: x"), (400, "epoch", "cluster epoch 3"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "here", "after"),
    [
        ("08:53:30", None, 10), ("09:00", None, 400), ("08:53:20.5", None, 0.5), ("09:03:20Z", None, 600),
        ("2025-10-09T08:54:20", None, 60), ("2025-10-09 10:54:20+02:00", None, 60), ("1760000007.5", None, 7.5),
        ("-90s", None, 510), ("+5m", None, 300), ("-1m30s", 200, 110), ("+30", 200, 230), ("start", 200, 0),
        ("end", None, 600), ("-1h", 200, 0), ("+1h", 200, 600), (" 08:53:30 ", None, 10),
    ],
)  # fmt: skip
def test_a_time_is_read_as_a_person_types_it(text: str, here: float | None, after: float) -> None:
    assert moment(text, FIRST, LAST, None if here is None else FIRST + here) == FIRST + after


@pytest.mark.parametrize(
    "text", ["", "-", "+x", "25:00", "08:61", "8h", "nan", "inf", "-inf", "99", "1e300", "08:53:99"]
)
def test_what_is_no_time_says_what_is_one(text: str) -> None:
    with pytest.raises(BadMoment, match="no time"):
        moment(text, FIRST, LAST)


@pytest.mark.parametrize("text", ["08:00", "10:00", "2024-01-01", "-11m", "+601s", "1759999999"])
def test_a_time_outside_says_what_is_inside(text: str) -> None:
    with pytest.raises(BadMoment, match="from 2025-10-09 08:53:20Z to 2025-10-09 09:03:20Z"):
        moment(text, FIRST, LAST)


@given(st.text(max_size=20))
def test_any_text_is_a_time_inside_or_a_sentence(text: str) -> None:
    found = FIRST
    with suppress(BadMoment):
        found = moment(text, FIRST, LAST)
    assert FIRST - 0.001 <= found <= LAST + 0.001


def test_a_time_of_day_is_the_last_one_by_the_end() -> None:
    midnight = 1_760_054_400.0
    assert told(moment("23:59:50", midnight - 3600, midnight + 60)) == "2025-10-09 23:59:50Z"
    assert told(moment("00:00:10", midnight - 3600, midnight + 60)) == "2025-10-10 00:00:10Z"


@given(st.integers(1, 200), st.floats(FIRST, LAST), st.sampled_from((UNICODE, ASCII)))
def test_the_timeline_is_as_wide_as_there_is_room(width: int, at: float, signs: object) -> None:
    line = bar(Transport(FIRST, LAST, at, marks=MARKS), width, signs)  # type: ignore[arg-type]
    assert sum(len(cell.text) for cell in line) == width


def test_of_several_marks_in_one_place_the_loudest_is_drawn() -> None:
    line = bar(Transport(FIRST, LAST, FIRST, marks=notable(MARKS)), 78, ASCII)
    assert [cell.tone for cell in line if cell.text.strip("-")] == ["dim", "title", "bad", "warn", "dim"]
    assert "".join(cell.text for cell in line)[:20] == "08:53:20 @-----#----"


def test_only_what_stands_out_is_a_mark() -> None:
    assert [(mark.kind, loudness(mark)) for mark in notable(MARKS)] == [
        ("+sdown", "warn"), ("alert", "bad"), ("alert", "warn"), ("alert", "ok"),
    ]  # fmt: skip


def test_the_line_above_says_what_is_looked_at_and_how_it_goes_by() -> None:
    def said(**changes: object) -> str:
        state = Transport(FIRST, LAST, FIRST + 125.25, marks=MARKS)._replace(**changes)  # type: ignore[arg-type]
        return " ".join("".join(cell.text for cell in part) for part in position(state, UNICODE))

    assert "R E P L A Y" in said()
    assert "08:55:25.250 UTC" in said()
    assert "2m05s of 10m  6 events, 1 bad" in said()
    assert "▸ 2x" in said(playing=True, speed=2.0)
    assert "looking" in said(seeking=True)
    assert "from 08:53:20" in said(marked=FIRST)


@pytest.mark.parametrize(
    ("width", "right"),
    [
        (120, "  from 08:53:20  2m05s of 10m  6 events, 1 bad"),
        (80, "  from 08:53:20  2m05s of 10m"),
        (60, "  from 08:53:20"),
    ],
)
def test_in_a_narrow_line_what_the_timeline_also_shows_is_left_out_whole(width: int, right: str) -> None:
    state = Transport(FIRST, LAST, FIRST + 125.25, marks=MARKS, marked=FIRST)
    assert "".join(cell.text for cell in position(state, UNICODE, width)[1]) == right


def test_speeds_go_from_a_tenth_to_a_hundred() -> None:
    assert (SPEEDS[0], SPEEDS[-1]) == (0.1, 100.0)
    assert [next_speed(speed, 1) for speed in SPEEDS] == [*SPEEDS[1:], SPEEDS[-1]]


# What is different


def changed(before: Fleet, after: Fleet) -> list[str]:
    return [change.text for change in difference(before, after)]


def test_nothing_is_different_in_the_same_fleet_later() -> None:
    fleet = fleets.quiet()
    assert changed(fleet, replace(fleet, at=fleet.at + 60)) == []
    assert "nothing is different" in str(list(rows(fleet, fleet, 80)))


def test_a_failover_is_told_by_what_came_of_it() -> None:
    fleet = Fleet(fleets.AT, 1.0, (fleets.sentinel_group(chain=False),))
    (group,) = fleet.groups
    old, new = group.nodes[0], group.nodes[1]
    silent = fleets.silent(old.address, "refused", was="primary")
    led = replace(new, role="primary", last_role="primary")
    moved = replace(group, nodes=(silent, led, *group.nodes[2:]), primary=new.address)
    said = changed(fleet, replace(fleet, groups=(moved,)))
    assert f"primary: {old.address} -> {new.address}" in said
    assert f"{new.address} was replica, is primary" in said
    assert f"{old.address}: {silent.fault.text}" in said  # type: ignore[union-attr]
    back = changed(replace(fleet, groups=(moved,)), fleet)
    assert f"{old.address} answers" in back


def test_a_role_that_was_not_known_meanwhile_is_compared_with_the_last_one() -> None:
    fleet = Fleet(fleets.AT, 1.0, (fleets.sentinel_group(chain=False),))
    (group,) = fleet.groups
    lost = replace(group.nodes[0], role=None, last_role="primary")
    other = replace(group.nodes[0], role="replica", last_role="replica")
    before, after = (replace(fleet, groups=(replace(group, nodes=(one, *group.nodes[1:])),)) for one in (lost, other))
    assert f"{other.address} was primary, is replica" in changed(before, after)


def test_slots_that_moved_are_told_as_runs() -> None:
    group = fleets.cluster_group(troubled=False)
    cluster = group.cluster
    assert cluster is not None
    owners = list(cluster.owners)
    first = owners[0]
    other = next(number for number in range(len(cluster.shards)) if number != first)
    owners[10:20] = [other] * 10
    owners[30] = -1
    after = replace(group, cluster=replace(cluster, owners=tuple(owners)))
    said = changed(Fleet(fleets.AT, 1.0, (group,)), Fleet(fleets.AT + 5, 1.0, (after,)))
    names = [shard.primary for shard in cluster.shards]
    assert said == [
        f"10 slots (10-19): {names[first]} -> {names[other]}", f"1 slot (30): {names[first]} -> nobody",
    ]  # fmt: skip


def test_who_came_and_who_went_is_told() -> None:
    fleet = fleets.quiet()
    fewer = replace(fleet, groups=fleet.groups[1:])
    assert changed(fleet, fewer)[0] == "the group is gone"
    assert changed(fewer, fleet)[0] == "the group came into view"
    nobody_asked = Group("10.9.9.9:6379", "replication", (Node("10.9.9.9:6379"),))
    more = replace(fleet, groups=(*fleet.groups, nobody_asked))
    assert {change.group for change in (*difference(more, fleet), *difference(fleet, more))} <= {""}
    (group, *others) = fleet.groups
    without = replace(fleet, groups=(replace(group, nodes=group.nodes[:-1]), *others))
    assert changed(fleet, without) == [f"{group.nodes[-1].address} is gone"]


def test_what_is_wrong_now_and_what_is_over_is_told_with_the_score() -> None:
    calm, troubled = fleets.quiet(), fleets.troubled()
    said = changed(replace(troubled, findings=()), troubled)
    assert sum(text.startswith(("bad: ", "warn: ")) for text in said) == len(troubled.findings)
    assert any(text.startswith("score: ") for text in said)
    assert sum(text.startswith("over: ") for text in changed(troubled, replace(troubled, findings=()))) == len(
        troubled.findings
    )
    assert calm.groups


def test_what_servers_say_is_made_harmless() -> None:
    fleet = fleets.quiet()
    (group, *others) = fleet.groups
    evil = replace(group, nodes=(*group.nodes, fleets.node("evil\x1b[31m:1")))
    said = "".join(cell.text for row in rows(fleet, replace(fleet, groups=(evil, *others)), 80) for cell in row)
    assert "\x1b" not in said
    assert "evil" in said
