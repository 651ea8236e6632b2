"""The balance of a plan: shards before and after, and the moves, at any width."""

from __future__ import annotations

import pytest

from redistui.model import SLOTS
from redistui.ops.action import Load, Plan, SlotMove
from redistui.view.balance import balance_rows, total
from redistui.view.confirm import asking_rows, command

A, B, C = "10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000"
MOVES = (SlotMove(A, B, ((0, 99), (200, 299)), keys=1200, bytes=48_000, seconds=0.8),)
BEFORE = (Load(A, 10_000, 60_000, 2_400_000), Load(B, 3000, 18_000, 720_000), Load(C, 3384, None, None))
AFTER = (Load(A, 9800, 58_800, 2_352_000), Load(B, 3200, 19_200, 768_000), Load(C, 3384, None, None))


def plan(
    moves: tuple[SlotMove, ...] = MOVES, before: tuple[Load, ...] = BEFORE, after: tuple[Load, ...] = AFTER
) -> Plan:
    return Plan("rebalance", "cart", "Rebalance", "risky", (), (), moves=moves, before=before, after=after)


def lines(made: Plan, width: int) -> list[str]:
    return ["".join(cell.text for cell in row) for row in balance_rows(made, width)]


def test_each_shard_has_a_line_before_and_one_after_and_one_that_stays_has_one() -> None:
    text = lines(plan(), 100)
    shards = [line for line in text if "before" in line or "after" in line or "stays" in line][1:]
    assert [line.split()[:2] for line in shards] == [
        [A, "before"], ["after", "9,800"], [B, "before"], ["after", "3,200"], [C, "stays"],
    ]  # fmt: skip


def test_bars_are_as_long_as_the_shards_are_big() -> None:
    bars = [line.count("█") for line in lines(plan(), 120) if "█" in line]
    assert bars == [40, 39, 12, 13, 14]


def test_what_is_not_known_is_a_dash_and_never_0() -> None:
    (stays,) = [line for line in lines(plan(), 100) if "stays" in line]
    assert stays.split()[-3:-1] == ["–", "–"]
    uncounted = (SlotMove(A, B, ((0, 99),)),)
    assert "keys not counted" in "\n".join(lines(plan(uncounted), 100))


@pytest.mark.parametrize("width", [60, 74, 80, 120])
def test_no_line_is_wider_than_the_dialog(width: int) -> None:
    weighted = tuple(Load(load.node, load.slots, load.keys, load.bytes, 1e300) for load in BEFORE)
    for made in (plan(), plan(before=weighted)):
        assert max(map(len, lines(made, width))) <= width


def test_weights_are_shown_where_some_shard_has_one() -> None:
    drained = (Load(A, 0, 0, 0, weight=0.0), *AFTER[1:])
    assert "WEIGHT" in "\n".join(lines(plan(after=drained), 100))
    assert "WEIGHT" not in "\n".join(lines(plan(), 100))


def test_many_moves_and_many_ranges_are_told_of_by_their_number() -> None:
    many = tuple(SlotMove(A, B, tuple((slot, slot) for slot in range(n, SLOTS, 2000))) for n in range(30))
    text = "\n".join(lines(plan(many), 100))
    assert "and 18 moves more" in text
    assert "and 6 ranges more" in text


def test_moves_run_side_by_side_so_that_the_longest_tells_how_long_it_takes() -> None:
    two = (*MOVES, SlotMove(A, C, ((300, 399),), keys=600, bytes=24_000, seconds=2.5))
    assert total(two) == "300 slots, 1800 keys, 70.3K, about 2.5 s (an estimate)"


def test_a_dialog_shows_the_balance_only_of_plans_that_move_slots() -> None:
    assert balance_rows(plan(moves=()), 80) == []
    text = "\n".join("".join(cell.text for cell in row) for row in asking_rows(plan(), (), 80))
    assert "What each shard carries" in text


def test_a_command_for_hundreds_of_single_slots_is_shown_whole() -> None:
    """The plan that is shown is the plan that is sent."""
    ends = [str(slot) for slot in range(10_001, 11_001, 2) for _ in ("first", "last")]
    argv = ("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", *ends, "NODE", "a" * 40)
    assert command(argv) == " ".join(argv)
