"""The wire against strangers: every kind of nonsense ends the connection, by its name, within bounds, and once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from redistui.net.watch import (
    MAX_BYTES,
    MAX_ELEMENTS,
    Wire,
    announced,
    command,
    dial,
    payload,
)
from tests.net import strangers
from tests.net.owner import Owner
from tests.net.strangers import Behaviour, Stranger, saying

PINGS = payload([("PING",)] * 3)


@contextlib.asynccontextmanager
async def connected(address: str, *, stream: bool = False) -> AsyncIterator[tuple[Wire, Owner]]:
    owner = Owner()
    wire = await dial(address, None, lambda: Wire(owner, stream), 2.0)
    yield wire, owner
    wire.close()
    await asyncio.sleep(0)


async def ask(behave: Behaviour, said: bytes = PINGS, count: int = 3, *, stream: bool = False) -> Owner:
    """What the owner of a wire is told after one ask."""
    with Stranger(behave) as stranger:
        async with connected(stranger.address, stream=stream) as (wire, owner):
            wire.ask(said, count)
            async with asyncio.timeout(10):
                await owner.heard.wait()
            return owner


@pytest.fixture
def memory() -> Iterator[None]:
    """The test may not need more than 100 MB beyond what there was."""
    before = resident()
    yield
    assert resident() - before < 100 * 1024 * 1024


def resident() -> int:

    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


async def test_one_ask_brings_all_its_replies_at_once() -> None:
    owner = await ask(strangers.answering({"PING": b"+PONG\r\n"}))
    assert (owner.replies, owner.faults) == ([b"PONG"] * 3, [])


async def test_replies_that_come_byte_by_byte_are_whole_in_the_end() -> None:
    owner = await ask(strangers.dribbling(b"+PONG\r\n$2\r\nab\r\n*1\r\n:7\r\n", 0.001))
    assert owner.replies == [b"PONG", b"ab", [7]]


@pytest.mark.parametrize(
    ("behave", "kind", "words"),
    [
        (strangers.http, "garbage", "HTTP"),
        (strangers.ssh, "garbage", "SSH"),
        (strangers.tls_alert, "garbage", "speaks TLS"),
        (strangers.early_close, "closed", "closed the connection"),
        (saying(b"\x00\x01\x02\r\n"), "garbage", "not answer in the Redis protocol"),
        (saying(b"*-5\r\n"), "garbage", "Redis protocol"),
        (saying(b"$-7\r\n"), "garbage", "Redis protocol"),
        (saying(b":12x\r\n"), "garbage", "Redis protocol"),
        (saying(b"%1\r\n*0\r\n+x\r\n"), "garbage", "Redis protocol"),
        (saying(b"+PONG\r\n" * 4), "garbage", "nobody asked for"),
        (saying(b"*1\r\n" * 200_000), "garbage", "Redis protocol"),
        (saying(b">1\r\n" * 200_000), "garbage", "Redis protocol"),
        (saying(b"*1000000000\r\n"), "garbage", "beyond all measure"),
        (saying(b"%1000000000\r\n"), "garbage", "beyond all measure"),
        (saying(b"~1000000000\r\n"), "garbage", "beyond all measure"),
        (saying(b"|1000000000\r\n"), "garbage", "beyond all measure"),
        (saying(b"*999999\r\n" * 1000), "garbage", "beyond all measure"),
        (saying(b"*2\r\n*1\r\n+x\r\n*600000\r\n" * 2), "garbage", "beyond all measure"),
        (strangers.dribbling(b"*1000000000\r\n", 0.001), "garbage", "beyond all measure"),
        (strangers.dribbling(b"*600000\r\n*600000\r\n", 0.001), "garbage", "beyond all measure"),
        (saying(b"$2000000000\r\n" + b"x" * (MAX_BYTES + 1)), "garbage", "beyond all measure"),
        (saying(b"+" + b"x" * (MAX_BYTES + 1)), "garbage", "beyond all measure"),
        (saying(b"-ERR max number of clients reached\r\n"), None, ""),
    ],
)
async def test_a_stranger_is_named_and_left(memory: None, behave: Behaviour, kind: str | None, words: str) -> None:
    if kind is None:  # one reply of three is no answer yet
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await ask(behave)
        return
    owner = await ask(behave)
    assert owner.replies == []
    assert [fault.kind for fault in owner.faults] == [kind]
    assert words in owner.faults[0].text


async def test_an_error_before_the_end_of_the_connection_tells_why() -> None:
    def full(client: socket.socket) -> None:
        client.sendall(b"-ERR max number of clients reached\r\n")

    owner = await ask(full)
    assert [(fault.kind, fault.text) for fault in owner.faults] == [
        ("maxclients", "has no room for another connection (maxclients)")
    ]


async def test_an_error_that_comes_before_anything_was_asked_tells_why_too() -> None:
    def protected(client: socket.socket) -> None:
        client.sendall(b"-DENIED Redis is running in protected mode because " + b"no password is set. " * 90 + b"\r\n")

    with Stranger(protected) as stranger:
        async with connected(stranger.address) as (_, owner), asyncio.timeout(5):
            await owner.heard.wait()
    (fault,) = owner.faults
    assert fault.kind == "error"
    assert fault.text.startswith("DENIED Redis is running in protected mode")
    assert len(fault.text) <= 200


async def test_a_text_with_many_stars_and_digits_is_no_giant_array() -> None:
    odd = b"executable:/opt/*12345/>99999/x\r\n*3\r\n" * 2000
    owner = await ask(saying(b"$%d\r\n%s\r\n+a\r\n+b\r\n" % (len(odd), odd)))
    assert owner.replies == [odd, b"a", b"b"]


async def test_a_reply_that_nobody_asked_for_ends_the_connection_between_two_asks() -> None:
    def behave(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"+PONG\r\n" * 3)
        client.recv(65536)
        client.sendall(b"+SURPRISE\r\n" + b"+PONG\r\n" * 3)
        strangers.drain(client)

    with Stranger(behave) as stranger:
        async with connected(stranger.address) as (wire, owner), asyncio.timeout(5):
            for _ in range(2):
                wire.ask(PINGS, 3)
                owner.heard.clear()
                await owner.heard.wait()
    assert owner.replies == [b"PONG"] * 3
    assert [fault.kind for fault in owner.faults] == ["garbage"]


async def test_a_subscription_takes_a_storm_in_its_stride(memory: None) -> None:
    """Each message is handed over and gone; what never ends is bounded all the same."""
    owner = Owner()
    seen = 0

    def answered(wire: Wire, replies: list[Any]) -> None:
        nonlocal seen
        seen += len(replies)
        if seen > 300_000:
            owner.heard.set()

    owner.answered = answered  # type: ignore[method-assign]
    with Stranger(strangers.flooding(b"*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\ny\r\n")) as stranger:
        wire = await dial(stranger.address, None, lambda: Wire(owner, stream=True), 2.0)
        wire.ask(PINGS, 0)
        async with asyncio.timeout(10):
            await owner.heard.wait()
        wire.close()
        await asyncio.sleep(0)
    assert owner.faults == []


async def test_after_closing_nobody_is_told_anything() -> None:
    with Stranger(strangers.silent) as stranger:
        async with connected(stranger.address) as (wire, owner):
            wire.ask(PINGS, 3)
            wire.close()
            wire.close()
    assert (owner.replies, owner.faults) == ([], [])


async def test_no_connection_is_left_open() -> None:
    await ask(strangers.http)
    before = len(os.listdir("/proc/self/fd"))
    for behave in (strangers.http, strangers.early_close, saying(b"*1000000000\r\n"), saying(b"+x\r\n" * 9)):
        await ask(behave)
    assert len(os.listdir("/proc/self/fd")) <= before


# -- words ------------------------------------------------------------------------------------------------------------


def test_a_command_is_counted_in_bytes_not_in_letters() -> None:
    assert command("SET", "schlüssel", "\udcff") == b"*3\r\n$3\r\nSET\r\n$10\r\nschl\xc3\xbcssel\r\n$1\r\n\xff\r\n"


@pytest.mark.parametrize(
    ("data", "since", "elements"),
    [
        (b"*999999\r\n", 0, 999999),
        (b"*3\r\n%4\r\n~5\r\n>6\r\n|7\r\n", 0, 25),
        (b"*3\r\n*4\r\n", 2, 7),
        (b"*3\r\n*4\r\n", 3, 4),
        (b"*3", 0, 0),
        (b"", 0, 0),
        (b"*", 0, 0),
        (b"**5\r\n", 0, 5),
        (b"$9999999\r\n", 0, 0),
    ],
)
def test_the_heads_of_arrays_are_added_up_each_once(data: bytes, since: int, elements: int) -> None:
    assert announced(data, since) == elements


def test_a_million_is_too_many_even_before_the_line_ends() -> None:
    assert announced(b"x*1000000") > MAX_ELEMENTS
