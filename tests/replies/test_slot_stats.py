"""CLUSTER SLOT-STATS: with counters and without, torn, and from strangers."""

from __future__ import annotations

from typing import Any

import hiredis
import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import SLOTS
from redistui.replies.errors import kind_of
from redistui.replies.slot_stats import SlotStats, read
from redistui.replies.words import BadReply
from tests.replies import reply
from tests.replies.strategies import bent, nested, outcome

VALKEY = "valkey-9.1"


def test_a_server_that_counts_tells_keys_cpu_and_network_of_its_own_slots() -> None:
    found = read(reply(VALKEY, "slot-stats"))
    assert list(found) == [99, 100, 101, 102]
    assert found[99] == SlotStats(0, 0, 0, 0, None)
    assert found[100].keys == 1
    assert all(counted for counted in found[100][:4])


def test_what_a_server_does_not_count_is_unknown_and_not_zero() -> None:
    assert set(read(reply(VALKEY, "slot-stats-off")).values()) == {SlotStats(0)}
    assert SlotStats(0).cpu_usec is None


@pytest.mark.parametrize("version", ["redis-7.0", "redis-6.2"])
def test_a_server_without_it_answers_with_an_error_that_names_no_fault(version: str) -> None:
    for name in ("error-slot-stats", "error-slot-migrations"):
        said = reply(version, name)
        assert isinstance(said, hiredis.ReplyError)
        assert kind_of(str(said)) == "error"


def test_memory_is_read_where_a_server_tells_it() -> None:
    assert read([[5, [b"key-count", 2, b"memory-bytes", 900]]])[5].memory == 900
    assert read([[5, {b"key-count": 2, b"cpu-usec": 7}]])[5].cpu_usec == 7


ROW = [b"key-count", 1]


@pytest.mark.parametrize(
    "said",
    [
        None,
        3,
        b"",
        [[0]],
        [[0, []]],
        [[0, ROW[:1]]],
        [[SLOTS, ROW]],
        [[-1, ROW]],
        [[b"0", ROW]],
        [[0, [*ROW[:1], b"x"]]],
    ],
)
def test_what_is_no_such_reply_is_a_bad_one(said: Any) -> None:
    with pytest.raises(BadReply):
        read(said)


@given(nested | bent(reply(VALKEY, "slot-stats")))
def test_whatever_comes_it_is_read_or_refused(said: Any) -> None:
    found = outcome(read, said)
    if not isinstance(found, BadReply):
        for slot, stats in found.items():
            assert 0 <= slot < SLOTS
            assert stats.keys >= 0
            assert all(value is None or value >= 0 for value in stats[1:])


@given(some.dictionaries(some.integers(0, SLOTS - 1), some.tuples(*[some.integers(0, 2**62)] * 4), max_size=30))
def test_what_is_written_as_servers_do_is_read_as_it_was(counted: dict[int, tuple[int, int, int, int]]) -> None:
    names = (b"key-count", b"cpu-usec", b"network-bytes-in", b"network-bytes-out")
    said = [
        [slot, [part for pair in zip(names, values, strict=True) for part in pair]] for slot, values in counted.items()
    ]
    assert read(said) == {slot: SlotStats(*values) for slot, values in counted.items()}
