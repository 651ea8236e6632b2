"""Figures of slots: the scale, its steps, what stands under the map, and the lists beside it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import SLOTS, Cluster, Group, OpenSlot, SlotJob, Stray, Survey
from redistui.view import slots_legend
from redistui.view.cells import Row
from redistui.view.glyphs import ASCII, UNICODE
from redistui.view.slots_heat import (
    HOTTEST,
    MODES,
    NOTHING,
    UNKNOWN,
    heat_of,
    hot_spots,
    hottest,
    marks,
    scale_of,
    sign_of,
    values_of,
)
from redistui.view.slots_hot import hot_slots
from redistui.view.slots_map import Grid, Spot
from redistui.view.slots_moves import moves
from redistui.view.slots_picture import QUIET, Figures, Moving, Owners
from tests import fleets

SHAPE = Grid(64, 32, 8)
values = some.lists(some.none() | some.floats(0, 1e12, allow_nan=False), max_size=60)


def text(row: Row) -> str:
    return "".join(cell.text for cell in row)


def survey(**known: object) -> Survey:
    return replace(fleets.survey(), **known)  # type: ignore[arg-type]


def cart(**known: object) -> tuple[Group, Cluster]:
    group = fleets.cluster_group(troubled=False)
    assert group.cluster is not None
    return replace(group, survey=survey(**known)), group.cluster


@given(values)
def test_a_hotter_slot_never_has_a_lower_step(found: list[float | None]) -> None:
    scale = scale_of(found)
    known = sorted(value for value in found if value is not None)
    steps = [scale.step(value) for value in known]
    assert steps == sorted(steps)
    assert all(NOTHING <= step <= HOTTEST for step in steps)
    assert all((step == NOTHING) == (value == 0) for step, value in zip(steps, known, strict=True))
    assert scale.step(None) == UNKNOWN
    if known and known[-1]:
        assert steps[-1] == HOTTEST


def test_steps_stand_still_while_figures_move_a_little() -> None:
    assert scale_of([3.0, 60.0, 100.0]) == scale_of([3.0, 70.0, 120.0])


def test_the_steps_are_as_narrow_as_the_spread_allows() -> None:
    assert [scale_of([1.0, high]).factor for high in (100.0, 10_000.0, 10.0**7)] == [2, 4, 10]


def test_many_slots_with_little_are_told_from_those_with_more() -> None:
    scale = scale_of([1.0] * 900 + [float(keys) for keys in range(2, 800)])
    assert scale.step(1.0) < scale.step(7.0) < scale.step(700.0)


def test_a_cell_shows_its_hottest_slot_and_what_nobody_owns() -> None:
    steps = bytearray(SLOTS)
    steps[0:8] = bytes([1, 1, 5, 1, 1, 1, 0, 1])
    bare = [False] * SLOTS
    bare[9] = True
    found = hot_spots(bytes(steps), bare, SHAPE)
    assert found[:3] == [Spot(0, "", 5), Spot(-1, "uncovered"), Spot(0, "", UNKNOWN)]
    assert len(found) == 2048


def test_every_step_has_a_sign_of_its_own_in_both_sets() -> None:
    for signs in (UNICODE, ASCII):
        found = [sign_of(step, signs) for step in range(HOTTEST + 1)]
        assert len(set(found)) == len(found)
        assert all(len(sign) == 1 for sign in found)
    assert all(sign_of(step, ASCII).isascii() for step in range(HOTTEST + 1))


def test_the_scale_names_only_steps_that_occur() -> None:
    keys = (0.0, 3.0, 60.0, 100.0) + (None,) * (SLOTS - 4)
    heat = heat_of("keys", survey(keys=keys))
    assert heat is not None
    assert [mark.text for mark in marks(heat)] == ["not known", "0", "2", "32", "64"]
    assert hottest(heat) == [3, 2, 1]


def test_network_is_both_ways_together_and_unknown_where_one_is() -> None:
    both = survey(net_in=(1.0, None, 3.0), net_out=(10.0, 20.0, None))
    assert values_of("net", both) == (11.0, None, None)
    assert values_of("net", survey(net_in=None)) is None
    assert values_of("keys", None) is None


@pytest.mark.parametrize(
    ("mode", "known", "said"),
    [
        ("keys", None, "The slots are being counted."),
        ("cpu", {"cpu": None, "unmetered": ("a:1", "b:1", "c:1")},
         "slot-stats off at 3 nodes: :set-parameter NODE cluster-slot-stats-enabled yes"),
        ("net", {"net_in": None}, "No node of this cluster counts CPU and network per slot (Valkey >= 8.0 can)."),
    ],
)  # fmt: skip
def test_where_nothing_is_known_a_sentence_says_why_and_what_to_do(mode, known, said) -> None:
    found = None if known is None else survey(**known)
    parts = slots_legend.scale(mode, heat_of(mode, found), found, UNICODE)
    assert text(tuple(cell for _, cell in parts)) == said
    assert len(said) < 80


def test_the_head_says_how_old_a_survey_is_and_what_is_wrong_with_it() -> None:
    found = survey(strays=(Stray("a:1", 3, 2), Stray("a:1", 4, 1)), unasked=("b:1",), at=100.0)
    assert text(slots_legend.title("keys", found, 104.0)) == (
        "keys  counted 4s ago  3 orphan keys in 2 slots  b:1 not counted  "
    )
    assert text(slots_legend.title("keys", survey(progress=0.25), 104.0)) == "keys  counting, 25% so far  "
    assert text(slots_legend.title("keys", None, 104.0)) == "keys  counting  "
    assert text(slots_legend.title("keys", None, 104.0, replayed=True)) == (
        "keys  no recording holds this: it is counted while one looks  "
    )
    assert slots_legend.title("owner", found, 104.0) == ()
    assert text(slots_legend.title("cpu", replace(found, cpu=None, strays=(), unasked=()), 104.0)) == "cpu  "


def test_memory_says_where_it_comes_from() -> None:
    for by, said in (("server", ""), ("sample", "by samples"), ("average", "keys x mean key of the node")):
        found = survey(memory_by=by)
        parts = slots_legend.scale("memory", heat_of("memory", found), found, UNICODE)
        assert text(tuple(cell for _, cell in parts)).rpartition("  ")[2] == said


def test_the_hottest_slots_come_first_with_their_part_of_all() -> None:
    group, whole = cart(keys=(5.0, 0.0, 15.0) + (None,) * (SLOTS - 3))
    lines = hot_slots(whole, heat_of("keys", group.survey), "keys")
    rows = [[cell.text for cell in lines.line(index).cells] for index in range(len(lines))]
    assert rows == [["1", "2", "15", "75.0", "A", "10.30.0.1:7000"], ["2", "0", "5", "25.0", "A", "10.30.0.1:7000"]]
    assert len(hot_slots(whole, None, "keys")) == 0


def test_moves_list_jobs_open_slots_and_orphan_keys() -> None:
    group, whole = cart(
        keys=(7.0,) * SLOTS,
        strays=(Stray("10.30.0.3:7000", 9, 4),),
        arriving=(Stray("10.30.0.2:7000", 5, 3),),
        jobs=(
            SlotJob("x", ((0, 3), (8, 8)), "a" * 40, "b" * 40, "snapshotting", "", 0, 9.0),
            SlotJob("y", ((20, 20),), "a" * 40, "d" * 40, "failed", "no such place", 0, 1.0),
        ),
    )
    whole = replace(
        whole,
        open_slots=(
            OpenSlot(5, "migrating", "a" * 40, "b" * 40),
            OpenSlot(5, "importing", "b" * 40, "a" * 40),
            OpenSlot(6, "migrating", "a" * 40, "c" * 40),
        ),
    )
    lines = moves(replace(group, cluster=whole), whole)
    one, two, three, four = (f"10.30.0.{last}:7000" for last in (1, 2, 3, 4))
    assert [[cell.text for cell in lines.line(index).cells] for index in range(len(lines))] == [
        ["0-3 +1", one, two, "snapshotting", "–"],
        ["5", one, two, "open, 3 moved", "7"],
        ["6", one, three, "only FROM says so", "7"],
        ["9", three, one, "orphan keys", "4"],
        ["20", one, four, "failed: no such place", "–"],
    ]


def test_a_map_of_moves_is_quiet_but_for_them() -> None:
    group, whole = cart(
        strays=(Stray("10.30.0.3:7000", 900, 4),),
        jobs=(SlotJob("x", ((0, 15),), "a" * 40, "b" * 40, "snapshotting", "", 0, 9.0),),
    )
    opened = replace(whole, open_slots=(OpenSlot(3, "migrating", "a" * 40, "b" * 40),))
    found = Moving(opened, group.survey).spots(SHAPE)
    assert {index: spot.wrong for index, spot in enumerate(found) if spot != QUIET} == {
        0: "migrating",
        1: "moving",
        112: "stray",
    }


def test_pictures_are_alike_only_where_they_show_the_same() -> None:
    group, whole = cart()
    heat = heat_of("keys", group.survey)
    assert Figures(whole, heat).key == Figures(whole, heat_of("keys", group.survey)).key
    assert Figures(whole, heat).key != Figures(whole, None).key
    assert len({str(kind) for kind in (Owners(whole).key[0], Moving(whole, None).key[0])}) == 2  # type: ignore[index]


@pytest.mark.parametrize("mode", MODES)
def test_every_mode_has_a_line_for_each_state_of_a_survey(mode) -> None:
    for found in (None, survey(), survey(progress=0.5)):
        heat = heat_of(mode, found)
        assert slots_legend.scale(mode, heat, found, ASCII) is not None
        assert "\n" not in text(slots_legend.title(mode, found, 1.0))
        assert text(slots_legend.figure_at(heat, 0)) == "" or heat is not None
