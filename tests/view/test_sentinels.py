"""What each Sentinel believes, whether they could act, and how they differ."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Fleet
from redistui.view.cells import Cell
from redistui.view.glyphs import UNICODE
from redistui.view.sentinels import sentinels
from redistui.view.source import Lines
from tests import fleets


def screen(fleet: Fleet, group: str | None = "orders", wide: bool = False, wanted: str = "") -> Lines:
    found = None if group is None else fleet.group(group)
    return sentinels(fleet, found, UNICODE, 160 if wide else 80, wide, wanted)


def row(lines: Lines, key: str) -> dict[str, Cell]:
    index = next(index for index in range(len(lines)) if lines.key(index) == key)
    return dict(zip((column.title for column in lines.columns), lines.line(index).cells, strict=True))


def said(lines: Lines) -> list[str]:
    return ["".join(cell.text for cell in lines.line(index).cells).rstrip() for index in range(len(lines))]


def test_while_all_is_well_the_verdict_says_that_a_failover_is_possible() -> None:
    text = said(screen(fleets.quiet()))
    assert text[1] == "✔ Failover possible: 3 can vote, 2 needed (quorum 2, majority 2 of 3)"
    assert "✔ All Sentinels agree on primary, epoch and each other." in text


def test_every_sentinel_has_a_row_with_what_it_believes() -> None:
    belief = row(screen(fleets.quiet()), "sentinel 10.20.0.12:26379")
    assert [belief[name].text for name in ("PRIMARY", "EPOCH", "Q", "VOTES", "FLAGS", "CKQUORUM", "TILT")] == [
        "10.20.0.11:6379", "7", "2", "3/3", "ok", "ok", "no",
    ]  # fmt: skip


def test_a_sentinel_with_an_old_view_stands_out_and_is_named() -> None:
    lines = screen(fleets.troubled())
    belief = row(lines, "sentinel 10.20.0.12:26379")
    assert belief["PRIMARY"] == Cell("10.20.0.12:6379", "bad")
    assert belief["EPOCH"] == Cell("6", "warn")
    assert belief["FLAGS"] == Cell("s_down", "bad")
    assert any("10.20.0.12:26379 believes in 10.20.0.12:6379" in text for text in said(lines))


def test_what_ckquorum_said_before_tilt_is_marked_as_old() -> None:
    belief = row(screen(fleets.troubled(), wide=True), "sentinel 10.20.0.12:26379")
    assert belief["CKQUORUM"] == Cell("old: NOQUORUM 1 usable Sentinels", "unknown")
    assert belief["TILT"] == Cell("TILT 12s", "warn")


def test_of_a_silent_sentinel_nothing_is_passed_off_as_its_view() -> None:
    belief = row(screen(fleets.troubled()), "sentinel 10.20.0.13:26379")
    assert {belief[name].text for name in ("PRIMARY", "EPOCH", "Q", "VOTES")} == {"–"}
    assert belief["FLAGS"] == Cell("refused", "bad")


def test_votes_leave_out_those_that_are_down() -> None:
    assert row(screen(fleets.troubled()), "sentinel 10.20.0.11:26379")["VOTES"] == Cell("2/3", "warn")


def test_without_a_majority_the_verdict_says_no() -> None:
    assert said(screen(fleets.troubled()))[1].startswith("■ NO failover possible: 1 can vote, 2 needed")


def told(fleet: Fleet, *said: str | None) -> Fleet:
    """The group as it would be if CKQUORUM had said this, Sentinel by Sentinel."""
    group = fleet.group("orders")
    assert group is not None
    sentinels = tuple(
        replace(one, watches={name: replace(watch, ckquorum=ckquorum) for name, watch in one.watches.items()})
        for one, ckquorum in zip(group.sentinels, said, strict=True)
    )
    return replace(fleet, groups=(replace(group, sentinels=sentinels),))


def test_where_ckquorum_may_not_be_asked_the_verdict_is_not_known() -> None:
    assert said(screen(told(fleets.quiet(), None, None, None)))[1].startswith("? Not known whether a failover is possi")


def test_one_that_could_not_lead_does_not_make_a_failover_impossible() -> None:
    text = said(screen(told(fleets.quiet(), "ok", "NOQUORUM 1 usable", "ok")))
    assert text[1].startswith("✔ Failover possible: 3 can vote, 2 needed")
    assert "▲ 10.20.0.12:26379: NOQUORUM 1 usable" in text


def test_replicas_are_told_with_how_many_see_them_up() -> None:
    lines = screen(fleets.quiet())
    assert row(lines, "replica 10.20.0.13:6379")["VOTES"] == Cell("3/3", "text")
    assert "  REPLICA" in "  ".join(said(lines))


def test_scripts_that_run_or_wait_are_told_narrow_and_wide() -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]
    busy = replace(group.sentinels[0], running_scripts=1, queued_scripts=3)
    fleet = replace(fleet, groups=(replace(group, sentinels=(busy, *group.sentinels[1:])), *fleet.groups[1:]))
    told = f"{busy.address} runs 1 script, 3 wait in its queue"
    assert any(told in text for text in said(screen(fleet)))
    assert not any("script" in text for text in said(screen(fleets.quiet())))
    assert row(screen(fleet, wide=True), f"sentinel {busy.address}")["SCRIPTS"] == Cell("1+3", "warn")
    idle = group.sentinels[1].address
    assert row(screen(fleet, wide=True), f"sentinel {idle}")["SCRIPTS"] == Cell("0", "dim")


def test_sentinels_that_differ_on_a_replica_are_named() -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]
    first = group.sentinels[0]
    belief = first.watches["orders"]
    down = replace(belief.replicas[0], flags=frozenset({"replica", "s_down"}))
    first = replace(first, watches={"orders": replace(belief, replicas=(down, *belief.replicas[1:]))})
    group = replace(group, sentinels=(first, *group.sentinels[1:]))
    lines = screen(replace(fleet, groups=(group,)))
    assert row(lines, "replica 10.20.0.12:6379")["VOTES"] == Cell("2/3", "warn")
    assert any("10.20.0.12:6379 is down for 10.20.0.11:26379 and up for the others" in text for text in said(lines))


def test_a_group_without_sentinels_says_so_and_the_watched_ones_are_listed() -> None:
    lines = screen(fleets.quiet(), "cart")
    assert said(lines)[0].strip() == "cart is a cluster: no Sentinel watches it."
    assert "group orders" in [lines.key(index) for index in range(len(lines))]


def test_nothing_is_known_of_no_group() -> None:
    assert len(screen(Fleet(at=fleets.AT, period=1.0, groups=()), None)) == 0


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("fleet", [fleets.quiet(), fleets.troubled(), fleets.two_sites()])
def test_rows_fit_their_columns_and_text_the_width(fleet: Fleet, wide: bool) -> None:
    lines = screen(fleet, wide=wide)
    for index in range(len(lines)):
        line = lines.line(index)
        if line.shape == "row":
            assert len(line.cells) == len(lines.columns)
        else:
            assert sum(len(cell.text) for cell in line.cells) < (160 if wide else 80)
