"""Slow log, latency events and client list as values, and what becomes of replies that are none."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.replies import BadReply, client_list, latency, slowlog

LINES = (
    b"id=7 addr=10.0.0.9:51112 laddr=10.0.0.1:6379 fd=9 name=shop age=300 idle=2 flags=N db=3 sub=0 psub=0 multi=-1 "
    b"qbuf=26 qbuf-free=20448 argv-mem=10 obl=16 oll=4 omem=82000 tot-mem=104816 events=r cmd=lrange user=app "
    b"lib-name=redis-py lib-ver=8.1.0 tot-net-in=1\n"
    b"id=8 addr=10.0.0.2:6379 fd=8 name= age=9000 idle=0 flags=S db=0 qbuf=0 obl=0 oll=0 omem=0 events=r cmd=replconf\n"
)


def test_a_client_says_what_it_holds_and_an_old_server_less() -> None:
    new, old = client_list.read(LINES)
    assert (new.name, new.user, new.command, new.flags, new.database) == ("shop", "app", "lrange", "N", 3)
    assert (new.output_bytes, new.output_replies, new.query_bytes, new.total_bytes) == (82016, 4, 26, 104816)
    assert (new.idle, new.age, new.library) == (2, 300, "redis-py 8.1.0")
    assert (old.user, old.total_bytes, old.library, old.name) == (None, None, None, "")


def test_a_name_that_looks_like_fields_changes_no_other_field() -> None:
    line = client_list.read(b"id=1 addr=a:1 name=omem=99 age=1 idle=1 omem=5 id=77 cmd=get\n")[0]
    assert (line.id, line.name, line.output_bytes) == (1, "omem=99", 5)


def test_a_slow_command_keeps_its_first_words_each_cut() -> None:
    words = [b"MSET", *[b"k%d" % number for number in range(20)]]
    entry = slowlog.read([[4, 1_700_000_000, 31_000, words, b"10.0.0.9:5112", b"shop"]])[0]
    assert (entry.amount, entry.client, entry.name) == (31_000, "10.0.0.9:5112", "shop")
    assert entry.words[-1] == "(13 more)"
    assert len(slowlog.read([[1, 1, 1, [b"x" * 4000]]])[0].words[0]) == slowlog.LONGEST
    assert slowlog.read([[1, 1, 1, [b"x"]]])[0].client == ""


def test_the_longest_latency_event_comes_first_and_what_newer_servers_add_is_left_out() -> None:
    found = latency.read([[b"command", 1_700_000_000, 12, 40, 500, 20], [b"fork", 1_700_000_009, 90, 90]])
    assert [(one.event, one.latest_ms, one.most_ms) for one in found] == [("fork", 90, 90), ("command", 12, 40)]


@pytest.mark.parametrize("reply", [None, 7, [7], [[1, 2]], [[1, -1, 5, []]], [[b"x", 1, 5, 2]], {}, b"x"])
def test_what_is_no_such_reply_is_said_to_be_none(reply: Any) -> None:
    readers = (
        (slowlog.read, latency.read) if isinstance(reply, list) else (slowlog.read, latency.read, client_list.read)
    )
    for read in readers:
        with pytest.raises(BadReply):
            read(reply)


@given(st.binary(max_size=300))
def test_no_bytes_make_the_client_list_raise_anything_else(noise: bytes) -> None:
    try:
        found = client_list.read(LINES + noise)
    except BadReply:
        return
    assert found[0].name == "shop"


_NESTED = st.recursive(
    st.none() | st.integers() | st.binary(max_size=20), lambda inner: st.lists(inner, max_size=6), max_leaves=20
)


@given(_NESTED)
def test_no_reply_makes_a_log_raise_anything_else(reply: Any) -> None:
    for read in (slowlog.read, latency.read):
        try:
            found = read(reply)
        except BadReply:
            continue
        assert len(found) == len(reply)
