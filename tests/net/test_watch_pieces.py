"""The wire without a socket: in whatever pieces an answer comes, it is the same answer."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from redistui.net.watch import (
    Intake,
    Wire,
)
from tests.net.owner import Owner


class Socketless(asyncio.Transport):
    """Takes what is written, and the end."""

    def write(self, data: object) -> None: ...

    def abort(self) -> None: ...


def wired(intake: Intake | None = None) -> tuple[Wire, Owner]:
    owner = Owner.__new__(Owner)
    owner.replies, owner.faults, owner.heard = [], [], asyncio.Event()
    wire = Wire(owner, intake=intake)
    wire.connection_made(Socketless())
    return wire, owner


def feed(wire: Wire, data: bytes) -> None:
    """As the event loop does, in pieces of the buffer's size."""
    while data and wire.ended is None:
        buffer = wire.get_buffer(-1)
        size = min(len(buffer), len(data))
        buffer[:size] = data[:size]
        wire.buffer_updated(size)
        data = data[size:]


def encoded(reply: Any) -> bytes:
    match reply:
        case None:
            return b"$-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(reply), reply)
    return b"*%d\r\n" % len(reply) + b"".join(map(encoded, reply))


whatever = some.recursive(
    some.none() | some.integers(-(2**63), 2**63 - 1) | some.binary(max_size=30),
    lambda inner: some.lists(inner, max_size=4),
    max_leaves=8,
)


@given(some.lists(whatever, min_size=1, max_size=5), some.lists(some.integers(0, 200), max_size=6), some.booleans())
def test_an_answer_is_the_same_in_whatever_pieces_it_comes(replies: list[Any], cuts: list[int], shared: bool) -> None:
    """Also while another connection, which shares the buffer, is in the middle of an answer of its own."""
    data = b"".join(map(encoded, replies))
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(data)}), len(data)]
    wire, owner = wired(intake := Intake())
    other, others = wired(intake if shared else None)
    other.ask(b"", 2)
    feed(other, b"$5\r\nhel")
    for _ in range(2):
        wire.ask(b"", len(replies))
        for first, last in pairwise(places):
            feed(wire, data[first:last])
    feed(other, b"lo\r\n+x\r\n")
    assert (owner.replies, owner.faults) == (replies * 2, [])
    assert (others.replies, others.faults) == ([b"hello", b"x"], [])


@given(
    some.lists(whatever, min_size=1, max_size=3),
    some.sampled_from([b"+x\r\n", b"$-1\r\n", b":1\r\n+", b"*2\r\n:1\r\n:1\r\n"]),
)
def test_more_than_was_asked_for_ends_the_connection(replies: list[Any], more: bytes) -> None:
    wire, owner = wired()
    wire.ask(b"", len(replies))
    feed(wire, b"".join(map(encoded, replies)) + more)
    assert owner.replies == []
    assert [fault.kind for fault in owner.faults] == ["garbage"]


@given(
    some.lists(some.binary(max_size=60) | some.sampled_from([b"*3\r\n", b"$5\r\n", b"+OK\r\n", b"%1\r\n"]), max_size=12)
)
def test_any_bytes_are_answers_or_garbage_and_the_end_is_said_once(pieces: list[bytes]) -> None:
    wire, owner = wired()
    wire.ask(b"", 2)
    for piece in pieces:
        feed(wire, piece)
    assert len(owner.faults) <= 1
    assert len(owner.replies) in (0, 2)
