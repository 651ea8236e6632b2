"""How far a replica is behind: only where the two share a history and were read together."""

from __future__ import annotations

import pytest

from redistui.judge.lag import NO_REPLID, lag_bytes, lag_seconds, related, same_history
from redistui.model import Node
from tests.judge.short import NOW, at, node


def test_lag_is_the_difference_of_two_offsets_read_together() -> None:
    assert lag_bytes(node("a", offset=1000), node("b", "a", offset=900)) == 100
    assert lag_bytes(node("a", offset=1000), node("b", "a", offset=1000)) == 0


def test_a_replica_read_a_moment_later_is_not_ahead() -> None:
    assert lag_bytes(node("a", offset=1000), node("b", "a", offset=1010, read=NOW + 0.2)) == 0


def test_the_primarys_rate_puts_right_what_lies_between_two_readings() -> None:
    primary = node("a", offset=1000, replicated=500.0)
    assert lag_bytes(primary, node("b", "a", offset=1000, read=NOW + 1)) == 500
    assert lag_bytes(primary, node("b", "a", offset=1000, read=NOW - 1)) == 0
    assert lag_bytes(primary, node("b", "a", offset=400, read=NOW - 1)) == 100


@pytest.mark.parametrize(
    ("primary", "replica"),
    [
        (node("a"), node("b", "a", replid="two")),
        (node("a", replid=None), node("b", "a", replid=None)),
        (node("a"), node("b", "a", read=NOW + 2.5)),
        (node("a", offset=None), node("b", "a")),
        (node("a"), node("b", "a", offset=None)),
        (node("a", read=None), node("b", "a")),
        (node("a"), node("b", "a", read=None)),
    ],
)
def test_two_histories_or_two_moments_make_no_lag(primary: Node, replica: Node) -> None:
    assert lag_bytes(primary, replica) is None


def test_seconds_are_those_since_the_last_ack_as_the_upstream_counts_them() -> None:
    primary = node("a", acks={"b": 0, "c": 31})
    assert lag_seconds(primary, at("c")) == 31
    assert lag_seconds(primary, at("d")) is None
    assert lag_seconds(node("a", read=None), at("b")) is None


def test_lineage_is_a_shared_id_former_ones_too() -> None:
    old, new = node("a", replid="one"), node("b", replid="two", replid2="one")
    assert related(old, new)
    assert related(new, old)
    assert not same_history(old, new)
    assert not related(old, node("c", replid="three"))
    assert not related(node("a", replid="x", replid2=NO_REPLID), node("b", replid="y", replid2=NO_REPLID))
    assert not related(node("a", replid=None), node("b", replid=None))
