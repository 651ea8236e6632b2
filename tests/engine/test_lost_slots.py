"""Slots that a primary lost between two polls without a move that could be seen."""

from __future__ import annotations

import pytest

from redistui.engine.lost_slots import lost_slots
from redistui.replies.cluster import ClusterNodes
from redistui.replies.cluster_views import ViewReader

READER = ViewReader()
A, B = "a" * 40, "b" * 40


def shown(a: str, b: str, mark: str = "") -> ClusterNodes:
    """What `a` shows of the two."""
    lines = (
        f"{A} 10.0.0.1:6379@16379 myself,master - 0 0 1 connected {a} {mark}",
        f"{B} 10.0.0.2:6379@16379 master - 0 0 2 connected {b}",
    )
    return READER.read("".join(f"{line.strip()}\n" for line in lines).encode())


WHOLE = shown("0-9", "10-16383")


def test_what_another_node_claimed_is_told_by_slot_and_claimer() -> None:
    assert lost_slots("a:1", WHOLE, shown("0-4 6-9", "5 10-16383")) == (
        "a:1 owns slot 5 no longer, 10.0.0.2:6379 does; none was open at our polls. A quick or atomic move; where "
        "nobody moved them, a claim at the other node (SETSLOT NODE), which drops the keys they had"
    )
    many = lost_slots("a:1", WHOLE, shown("1 3 5 7-8", "0 2 4 6 9-16383"))
    assert many.startswith("a:1 owns 5 slots: 0, 2, 4 and 2 more runs no longer, 10.0.0.2:6379 does;")


@pytest.mark.parametrize(
    ("was", "now"),
    [
        (WHOLE, WHOLE),
        (WHOLE, shown("0-10", "11-16383")),
        (WHOLE, shown("0-8", "10-16383")),
        (shown("0-9", "10-16383", f"[9->-{B}]"), shown("0-8", "9-16383")),
        (WHOLE, shown("0-8", "9-16383", f"[8->-{B}]")),
        (ClusterNodes(None, (), ()), WHOLE),
    ],
    ids=["same", "won", "to nobody", "was open", "is open", "first view"],
)
def test_nothing_is_told_of_moves_that_are_seen_and_of_slots_that_nobody_took(
    was: ClusterNodes, now: ClusterNodes
) -> None:
    assert lost_slots("a:1", was, now) == ""
