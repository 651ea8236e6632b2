"""How far a long step has come, as rows and as one line."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.ops.tally import Part, Tally
from redistui.view.cells import Row
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.progress import PACES, Speed, Speedometer, faster, progress_line, progress_rows, share, slower

FIRST = Part("10.0.0.1:7001 to 10.0.0.4:7004", 1000, 250, 60_000, 15_000, doing="slots 250-313")
SECOND = Part("10.0.0.2:7002 to 10.0.0.4:7004", 500, 0, 30_000, 0, doing="paused")


def tally(now: float, *parts: Part, **more: object) -> Tally:
    return Tally(0.0, now, parts or (FIRST, SECOND), **more)  # type: ignore[arg-type]


def lines(rows: list[Row]) -> list[str]:
    return ["".join(cell.text for cell in row) for row in rows]


def shown(*tallies: Tally, width: int = 69) -> list[str]:
    speeds = Speedometer()
    for one in tallies:
        speeds.see(one)
    return lines(list(progress_rows(tallies[-1], speeds, ASCII, width)))


def test_several_parts_have_a_bar_each_and_one_for_all() -> None:
    said = shown(tally(1.0))
    assert [line.split("  ")[0].strip() for line in said[::2]] == ["all together", FIRST.name, SECOND.name]
    assert "###" in said[2]
    assert "25%" in said[2]
    assert "#" not in said[4]
    assert "250/1,000 slots - 15.0k/60.0k keys" in said[3]


def test_rates_are_those_of_the_last_seconds() -> None:
    speeds = Speedometer()
    for second in range(20):
        done = 100 * second if second < 10 else 1000 + 2000 * (second - 10)
        speeds.see(tally(float(second), replace(FIRST, slots_done=second, keys_done=done)))
    assert speeds.of().keys == pytest.approx(2000)
    assert speeds.of(0) == speeds.of()
    assert speeds.of().left is not None


def test_what_is_left_is_told_once_something_went_on() -> None:
    assert "left" not in shown(tally(1.0, FIRST))[0]
    went_on = replace(FIRST, slots_done=500, keys_done=30_000)
    assert shown(tally(1.0, FIRST), tally(2.0, went_on))[0].endswith("50%  2s left")
    assert shown(tally(1.0, FIRST), tally(2.0, went_on, paused=True))[0].endswith("50%  paused")


def test_another_step_has_speeds_of_its_own() -> None:
    speeds = Speedometer()
    speeds.see(tally(1.0))
    speeds.see(replace(tally(9.0), began=8.0))
    assert speeds.of() == Speed()


def test_it_is_whole_only_when_no_slot_is_left() -> None:
    assert share((replace(FIRST, slots_done=999, keys_done=90_000),)) == 99.0
    assert share((replace(FIRST, slots_done=1000, keys_done=59_000),)) == 100.0
    assert share((Part("a to b", 10, 5),)) == 50.0


def test_no_row_is_wider_than_it_may_be() -> None:
    long = replace(FIRST, name="[2001:db8:85a3:8d3:1319:8a2e:370:7348]:16379 to [2001:db8::1]:6379", bytes_done=10**12)
    for width in (40, 69, 99):
        rows = list(progress_rows(tally(1.0, long, SECOND), Speedometer(), UNICODE, width))
        assert all(sum(len(cell.text) for cell in row) <= max(width, 50) for row in rows), width


def test_names_from_servers_are_shown_harmless() -> None:
    hostile = replace(FIRST, name="a\x1b]0;x\x07 to b", doing="\x1b[31m")
    assert "\x1b" not in "".join(shown(tally(1.0, hostile)))


def test_one_line_tells_all() -> None:
    said = progress_line(tally(1.0, pace=2000), Speed(8000.0, 12.0))
    assert said == "17%: 250 of 1,500 slots, 15,000 of 90,000 keys, 8000 keys/s, at most 2,000 keys/s, about 12s left"
    assert progress_line(tally(1.0, paused=True), Speed()).endswith("15,000 of 90,000 keys, paused")


def test_paces_go_up_and_down_and_end() -> None:
    pace, seen = 0, [0]
    for _ in PACES:
        pace = slower(pace)
        seen.append(pace)
    assert seen[:3] == [0, 10_000, 5000]
    assert pace == PACES[-1]
    for _ in PACES:
        pace = faster(pace)
    assert pace == 0
