"""What-if in words: what an operator reads, in the width there is, and nothing that a server could slip in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from redistui.judge.forecast import Assumed, Forecast, GroupForecast, forecast
from redistui.model import Group
from redistui.view.cells import Row
from redistui.view.forecast import choice_rows, choices, heading, places, rows, stop_sentence, way_out, whole_rows
from redistui.view.glyphs import glyphs
from tests.judge.forecasts import B, C, watched, whole
from tests.judge.short import at, fleet, group, node
from tests.judge.test_forecast_cluster import cluster


def text(found: Sequence[Row]) -> str:
    return "\n".join("".join(cell.text for cell in row) for row in found)


def test_of_sentinels_it_tells_who_takes_over_and_why_not_the_other() -> None:
    said = text(list(rows(whole(fleet(watched(B, C)), "a"), 100)))
    assert "If a:1 were lost now" in said
    assert "orders  writes pause: about 3.2 s, nothing behind now" in said
    assert "takes over  b:1" in said
    assert "not         c:1: as far on as b:1, whose run id sorts first" in said
    assert "3 of the 3 Sentinels that are known are left, quorum 2, 2 votes needed" in said
    assert "Fewest further losses that stop writes: 2 (b:1, c:1)" in said


def test_of_a_cluster_it_tells_each_shard_that_changes() -> None:
    said = text(list(rows(whole(fleet(cluster(replicas=2)), "a b r s"), 200)))
    assert "WRITES STOP" in said
    assert "1 of the 3 primaries with slots is left, 2 votes are needed" in said
    said = text(list(rows(whole(fleet(cluster(replicas=2)), "a"), 200)))
    assert "shard of a:1: r:1 or s:1 takes over after about 23.4 s, nothing behind now" in said
    assert "chance decides" not in said
    said = text(list(rows(whole(fleet(cluster(replicas=1)), "a r", Assumed(node_timeout=2.0)), 200)))
    assert "shard of a:1: slots 0-5460 go dark" in said
    assert "shard of b:1" not in said


@pytest.mark.parametrize("width", [40, 76, 120])
def test_no_line_is_wider_than_there_is_room(width: int) -> None:
    for one in (watched(B, C), cluster(replicas=2), group(node("p"), node("q", "p"), name="plain")):
        everybody = [member.address for member in one.members]
        for killed in (everybody, everybody[:1], everybody[:2], ()):
            for row in rows(forecast(fleet(one), killed), width):
                assert sum(len(cell.text) for cell in row) <= width, row


def test_those_with_one_reason_stand_in_one_line() -> None:
    plain = group(node("p"), node("q", "p"), node("r", "p"), name="plain")
    assert "not         q:1, r:1: nobody promotes it" in text(list(rows(whole(fleet(plain), "p"), 100)))


def test_nothing_lost_and_nobody_known_are_said() -> None:
    assert heading(Forecast((), ())) == "Nothing is lost: how the groups stand as they are"
    assert "none of these servers is in any group" in text(list(rows(Forecast(("x:1",), ()), 80)))


def test_where_not_all_sets_were_tried_it_says_so() -> None:
    assert "there may be fewer" in stop_sentence(Forecast(("a:1",), (), ("b:1",), exact=False))


def test_what_a_server_says_of_itself_cannot_move_the_cursor() -> None:
    hostile = GroupForecast(
        "or\x1b[2Jders", "stop", "reason \x1b]0;x\x07", why_not={"a\x1b[31m:1": "\x9b1mwhy"}, notes=("\u202enote",)
    )
    for row in rows(Forecast(("\x1b[2J:1",), (hostile,), ("\x1bc:1",)), 80):
        assert "".join(cell.text for cell in row).isprintable(), row


def test_every_server_can_be_chosen_once_those_of_the_group_looked_at_first() -> None:
    plain = group(node("p", site="east"), node("q", "p", fault="hung"), name="plain")
    those = choices(fleet(watched(B, C), plain), "plain")
    assert [one.address for one in those] == [at(name) for name in "pqabcxyz"]
    listed = [text([row]) for row in choice_rows(those, frozenset({at("p")}), 1, glyphs(True), 80)]
    assert "[x] p:1  primary  plain  east" in listed[0]
    assert "[ ] q:1  replica  plain  does not answer" in listed[1]
    assert "sentinel orders" in listed[-1]


def over_two_sites() -> Group:
    there = (
        replace(node("p"), site="east"),
        replace(node("q", "p"), site="east"),
        replace(node("r", "p"), site="west"),
    )
    return group(*there, name="plain")


def test_a_site_that_is_lost_goes_by_its_name_and_the_way_out_is_told() -> None:
    plain = over_two_sites()
    said = text(list(whole_rows(fleet(plain), forecast(fleet(plain), ("p:1", "q:1")), 100)))
    assert "If east (2 servers) were lost now" in said
    assert "By hand, when it is fenced: `site-failover west --unplanned --fenced TEXT` takes over plain" in said


@pytest.mark.parametrize("lost", [(), ("p:1",), ("p:1", "q:1", "r:1"), ("p:1", "q:1", "x:1")])
def test_no_way_out_is_told_where_the_loss_is_no_site_s_or_nobody_is_left(lost: Sequence[str]) -> None:
    plain = over_two_sites()
    told = forecast(fleet(plain), lost)
    assert way_out(fleet(plain), told, places(fleet(plain))) == ""
