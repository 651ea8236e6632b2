"""CLUSTER GETSLOTMIGRATIONS: both ends of a job, and what strangers may send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from redistui.replies.slot_migrations import read
from redistui.replies.words import BadReply
from tests.replies import reply
from tests.replies.strategies import bent, nested, outcome

VALKEY = "valkey-9.1"
ROW = [b"name", b"x", b"slot_ranges", b"7 9-11", b"state", b"failed", b"source_node", b"a", b"target_node", b"b"]


def test_both_ends_tell_of_the_same_job() -> None:
    (left,), (right,) = (read(reply(VALKEY, f"slot-migrations-{end}")) for end in ("source", "target"))
    assert (left.leaves, right.leaves) == (True, False)
    assert left.job.name == right.job.name
    assert left.job.slots == right.job.slots == ((0, 10), (20, 20))
    assert (left.job.source, left.job.target) == (right.job.source, right.job.target)
    assert left.job.state == right.job.state == "success"
    assert left.job.left == 0


def test_a_server_that_never_moved_a_slot_tells_of_none() -> None:
    assert read([]) == ()


def test_a_replica_that_names_neither_end_tells_nothing() -> None:
    assert read([ROW[:6]]) == ()


def test_a_message_is_one_line() -> None:
    (told,) = read([[*ROW, b"message", b"-ERR no:\r\n  not now\r\n"]])
    assert told.job.message == "-ERR no: not now"
    assert told.job.slots == ((7, 7), (9, 11))


@pytest.mark.parametrize("ranges", [b"5-3", b"16384", b"-1", b"a", b"1-", "٣".encode()])
def test_what_is_no_range_makes_the_reply_bad(ranges: bytes) -> None:
    with pytest.raises(BadReply):
        read([[*ROW[:3], ranges, *ROW[4:]]])


@given(nested | bent(reply(VALKEY, "slot-migrations-source")))
def test_whatever_comes_it_is_read_or_refused(said: Any) -> None:
    found = outcome(read, said)
    if not isinstance(found, BadReply):
        assert all(0 <= first <= last < 16384 for told in found for first, last in told.job.slots)
