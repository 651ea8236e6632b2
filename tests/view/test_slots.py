"""The slot map: its shape, its owners, and everything that is wrong in it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.model import SLOTS, Cluster, OpenSlot
from redistui.view import slots
from redistui.view.glyphs import UNICODE
from redistui.view.slots_map import Grid, Spot, grid, letter, spots, steps_in, wrong_with, zoomed
from redistui.view.slots_shards import shards
from redistui.view.slots_walk import next_range, next_wrong, range_of
from tests import fleets
from tests.judge.short import fleet as fleet_of
from tests.judge.short import group, node


def cluster(troubled: bool = True) -> Cluster:
    found = fleets.cluster_group(troubled=troubled).cluster
    assert found is not None
    return found


@given(width=st.integers(1, 400), height=st.integers(1, 200))
def test_a_map_holds_every_slot_once_and_fits_whenever_it_can(width: int, height: int) -> None:
    shape = grid(width, height)
    assert shape.columns * shape.rows * shape.per == SLOTS
    assert shape.columns <= width
    assert shape.rows <= height or shape.rows == 1


@given(slot=st.integers(0, SLOTS - 1), width=st.integers(8, 200), height=st.integers(4, 130))
def test_a_slot_lies_in_the_cell_it_is_found_in(slot: int, width: int, height: int) -> None:
    shape = grid(width, height)
    assert slot in shape.slots_of(*shape.cell_of(slot))


def test_a_cell_has_the_owner_of_most_of_its_slots() -> None:
    found = spots(cluster(troubled=False), Grid(64, 32, 8))
    assert len(found) == 2048
    assert {found[0], found[681]} == {Spot(0)}
    assert found[682] == Spot(0)  # 5456-5463: six of the first shard, two of the second
    assert found[683] == Spot(1)


def test_a_single_wrong_slot_shows_in_a_cell_of_many() -> None:
    found = spots(cluster(), Grid(64, 8, 32))
    assert found[5461 // 32] == Spot(0, "migrating")
    assert found[10_000 // 32].wrong == "uncovered"
    assert found[10_039 // 32].wrong == "uncovered"
    assert found[-1] == Spot(2, "failing")


def test_uncovered_is_worse_than_open_and_open_worse_than_failing() -> None:
    whole = cluster()
    opened = (OpenSlot(10_001, "importing", "b" * 40, "a" * 40), OpenSlot(16_000, "importing", "c" * 40, "a" * 40))
    found = spots(replace(whole, open_slots=opened), Grid(128, 128, 1))
    assert found[10_001].wrong == "uncovered"
    assert found[16_000].wrong == "importing"
    assert found[16_001].wrong == "failing"


def test_one_slot_is_told_by_what_is_the_matter_with_it() -> None:
    whole = cluster()
    assert [wrong_with(whole, slot) for slot in (0, 5461, 10_000, 12_000)] == ["", "migrating", "uncovered", "failing"]


def test_ranges_are_walked_by_their_beginnings() -> None:
    whole = cluster()
    assert range_of(whole, 10_020) == (10_000, 10_039)
    assert [next_range(whole, 0, 1), next_range(whole, 5470, -1), next_range(whole, 5462, -1)] == [5462, 5462, 0]
    assert next_range(whole, 16_000, 1) == 16_000


def test_trouble_is_walked_run_by_run_and_around_the_end() -> None:
    whole = cluster()
    walked, slot = [], 0
    for _ in range(4):
        slot = next_wrong(whole, slot, 1) or 0
        walked.append(slot)
    assert walked == [5461, 10_000, 10_923, 5461]
    assert next_wrong(whole, 5461, -1) == 10_923
    assert next_wrong(cluster(troubled=False), 0, 1) is None


def test_the_pointer_names_slot_owner_range_and_where_an_open_slot_goes() -> None:
    first, second = ("".join(cell.text for cell in row) for row in slots.pointer(cluster(), 5461, UNICODE))
    assert first == "slot  5461  A 10.30.0.1:7000  > migrating to 10.30.0.2:7000  range 0-5461 (5,462)"
    assert second == "of 5,462 slots in 1 range · replicas 10.30.0.4:7000"


def test_the_pointer_says_when_nobody_owns_a_slot() -> None:
    first, second = ("".join(cell.text for cell in row) for row in slots.pointer(cluster(), 10_001, UNICODE))
    assert first == "slot 10001  nobody's  ! uncovered  range 10000-10039 (40)"
    assert second == "Keys of this range cannot be read or written."


def test_the_summary_puts_what_is_wrong_before_what_is_merely_so() -> None:
    text = "".join(cell.text for cell in slots.summary(cluster(), UNICODE))
    assert text == (
        "16,344/16,384 slots  ░ 40 uncovered  ╳ 5,461 failing  ◆ 1 open  ▲ views differ: 10.30.0.5:7000"
        "  3 shards  epoch 6"
    )
    assert "wrong" not in "".join(cell.text for cell in slots.summary(cluster(troubled=False), UNICODE))


def test_owners_have_letters_and_their_state_in_words() -> None:
    group = fleets.cluster_group()
    lines = shards(group, cluster(), UNICODE)
    rows = [[cell.text for cell in lines.line(index).cells] for index in range(3)]
    assert rows[0] == [
        "▲",
        "A ██",
        "10.30.0.1:7000",
        "5,462",
        "33.3",
        "401k",
        *rows[0][6:8],
        "1/1",
        "open slot",
        "0-5461",
    ]
    assert rows[1][-1] == "5462-9999 10040-10922"
    assert rows[2][-2] == "FAILING"


def test_letters_go_on_beyond_the_alphabet() -> None:
    assert "".join(letter(owner) for owner in (-1, 0, 25, 26, 51, 52, 61, 62, 900)) == ".AZaz09**"


@pytest.mark.parametrize(
    ("group", "said"), [("orders", "orders is no cluster: it has no slots."), (None, "Nothing is known yet.")]
)
def test_where_no_slots_are_a_sentence_says_why(group: str | None, said: str) -> None:
    fleet = fleets.quiet()
    found = None if group is None else fleet.group(group)
    text, way = slots.no_cluster(fleet, found, "enter")
    assert text == said
    assert way == ("enter goes to cart." if group else "")


def test_where_no_node_of_a_cluster_answers_the_slots_are_not_known_now() -> None:
    gone = group(node("a", fault="hung"), kind="cluster", name="cart")
    said = "No node of cart answers: who has which slots is not known now."
    assert slots.no_cluster(fleet_of(gone), gone, "enter") == (said, "")
    other = group(node("b"), name="orders")
    assert slots.no_cluster(fleet_of(other, gone), other, "enter")[1] == "enter goes to cart."
    begun = group(node("a", read=None), kind="cluster", name="cart")
    assert slots.no_cluster(fleet_of(begun), begun, "enter")[0].endswith("has shown its slots yet.")


def test_a_map_that_is_zoomed_in_holds_the_cursor_and_every_slot_of_its_part() -> None:
    whole = grid(74, 32)
    for slot in (0, 5000, 9001, SLOTS - 1):
        for steps in range(steps_in(whole) + 3):
            part = zoomed(whole, steps, slot)
            assert slot in part
            assert slot in part.slots_of(*part.cell_of(slot))
            assert part.per == max(1, whole.per >> steps)
            assert len(spots(cluster(), part)) == part.columns * part.rows
    assert zoomed(whole, 0, 9001) == whole


def test_a_part_of_the_map_shows_what_the_whole_shows_there() -> None:
    fine = spots(cluster(), Grid(128, 128, 1))
    part = zoomed(grid(74, 32), 3, 10_000)
    assert spots(cluster(), part) == fine[part.start : part.end]
