"""The wire's words and numbers: what is a number, what is an address, and that bytes never break anything."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.replies.words import BadReply, flags, integer, join, number, pairs, rows, text
from tests.replies.strategies import nested, outcome


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        (b"0", 0), (b"-1", -1), (b"18446744073709551615", 18446744073709551615), (b"007", 7), (12, 12),
        (b"", None), (b"-", None), (b"--1", None), (b"+1", None), (b" 1", None), (b"1 ", None), (b"1_0", None),
        (b"1e3", None), (b"1.0", None), (b"nan", None), (b"inf", None), (b"0x10", None), ("٣".encode(), None),
        (b"9" * 21, None), (None, None), ("1", None), ([b"1"], None), (1.5, None),
    ],
)  # fmt: skip
def test_a_whole_number_is_what_servers_print_and_nothing_else(printed: object, read: int | None) -> None:
    assert integer(printed) == read


@pytest.mark.parametrize(
    ("printed", "read"),
    [
        (b"0", 0), (b"-1", -1), (b"0.25", 0.25), (b"-0.5", -0.5), (b"12.00", 12.0), (b"9" * 20, int("9" * 20)),
        (b"", None), (b".", None), (b".5", None), (b"1.", None), (b"1,5", None), (b"1e9", None), (b"nan", None),
        (b"-nan", None), (b"inf", None), (b"1.5.5", None), (b"0.25%", None), ("٣".encode(), None), (b"9" * 41, None),
    ],
)  # fmt: skip
def test_a_decimal_number_has_a_point_and_no_comma_no_exponent_no_nan(printed: bytes, read: float | None) -> None:
    assert number(printed) == read


def test_a_whole_number_stays_whole_below_zero_too() -> None:
    assert isinstance(number(b"-1"), int)
    assert isinstance(number(b"7"), int)


@pytest.mark.parametrize(
    ("host", "port", "address"),
    [
        (b"10.0.0.1", b"6379", "10.0.0.1:6379"),
        (b"::1", 6379, "::1:6379"),
        (b"fe80::1%eth0", b"1", "fe80::1%eth0:1"),
        (b"redis-0.redis.svc", b"65535", "redis-0.redis.svc:65535"),
        (b"", b"6379", None),
        (b"?", b"6379", None),
        (b"10.0.0.1", b"0", None),
        (b"10.0.0.1", b"65536", None),
        (b"10.0.0.1", b"-1", None),
        (b"10.0.0.1", b"63 79", None),
        (b"10.0.0.1", None, None),
        (None, b"6379", None),
        ([b"10.0.0.1"], b"6379", None),
        ({}, 6379, None),
        (b"h" * 256, 6379, None),
    ],
)
def test_an_address_is_a_host_and_a_port_that_exist(host: object, port: object, address: str | None) -> None:
    assert join(host, port) == address


def test_flags_come_in_field_words() -> None:
    assert flags(b"slave,s_down,disconnected") == {"replica", "s_down", "disconnected"}
    assert flags(b"myself,master,fail?") == {"myself", "primary", "fail?"}
    assert flags(b"") == flags(b",") == frozenset()


def test_of_two_equal_fields_the_first_wins() -> None:
    assert pairs("X", [b"ip", b"10.0.0.1", b"ip", b"6.6.6.6"]) == {"ip": b"10.0.0.1"}
    assert pairs("X", {b"ip": b"10.0.0.1", b"n": 3, b"odd": [b"x"]}) == {"ip": b"10.0.0.1", "n": b"3"}


@pytest.mark.parametrize("reply", [[b"name"], b"name", None, 7, [b"a", b"b", b"c"]])
def test_what_is_no_list_of_pairs_is_a_bad_reply(reply: object) -> None:
    with pytest.raises(BadReply):
        pairs("SENTINEL MASTERS", reply)


def test_a_bad_reply_says_which_command_and_shows_little_of_it() -> None:
    bad = BadReply("CLUSTER NODES", b"x" * 1000)
    assert str(bad).startswith("CLUSTER NODES: cannot read 'xxx")
    assert len(str(bad)) < 120
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    assert len(str(BadReply("ROLE", deep))) < 120


@given(nested)
def test_any_value_at_all_has_a_text(value: object) -> None:
    assert isinstance(text(value), str)
    assert len(str(BadReply("X", value))) < 1000, "80 characters, each escaped"


@given(some.binary())
def test_bytes_keep_what_they_said_when_they_become_text(value: bytes) -> None:
    try:
        assert text(value) == value.decode()
    except UnicodeDecodeError:
        assert "\\x" in text(value)


@given(nested)
def test_pairs_and_rows_read_or_refuse_anything(reply: object) -> None:
    for read in (pairs, rows):
        found = outcome(partial(read, "X"), reply)
        assert found.command == "X" if isinstance(found, BadReply) else isinstance(found, dict | list)
