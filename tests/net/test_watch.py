"""The wire against strangers: every kind of nonsense ends the connection, by its name, within bounds, and once."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import Tls
from redistui.net.watch import (
    MAX_BYTES,
    MAX_ELEMENTS,
    Intake,
    Wire,
    WireFault,
    announced,
    command,
    dial,
    payload,
    tls_context,
)
from tests.net import strangers
from tests.net.strangers import Behaviour, Stranger, saying

PINGS = payload([("PING",)] * 3)


class Owner:
    """Takes down what it is told."""

    def __init__(self) -> None:
        self.replies: list[Any] = []
        self.faults: list[WireFault] = []
        self.heard = asyncio.Event()

    def answered(self, wire: Wire, replies: list[Any]) -> None:
        self.replies += replies
        self.heard.set()

    def lost(self, wire: Wire, why: WireFault) -> None:
        self.faults.append(why)
        self.heard.set()


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


# -- in whatever pieces it comes ---------------------------------------------------------------------------------------


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


# -- opening ----------------------------------------------------------------------------------------------------------


def unused_port() -> int:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return int(held.getsockname()[1])


async def fault_at(address: str, tls: ssl.SSLContext | None = None, seconds: float = 0.5) -> tuple[str, str]:
    with pytest.raises(WireFault) as caught:
        await dial(address, tls, lambda: Wire(Owner()), seconds)
    return caught.value.kind, caught.value.text


@pytest.mark.parametrize(
    ("address", "kind", "words"),
    [
        ("127.0.0.1:{unused}", "refused", "nothing listens there"),
        ("localhost:{unused}", "refused", "nothing listens there"),
        ("no-such-host.invalid:6379", "unreachable", "name not known"),
        ("a..b:6379", "unreachable", ""),
        ("host\x00name:6379", "unreachable", ""),
        ("x" * 300 + ":6379", "unreachable", ""),
        ("127.0.0.1:0", None, ""),
        ("127.0.0.1:65536", "unreachable", "no such port"),
        ("127.0.0.1:99999999999999999999", "unreachable", "no such port"),
        ("127.0.0.1", None, ""),
        ("unix:/nowhere/socket", "refused", "no such socket"),
        ("unix:", None, ""),
        ("unix:/\x00x", None, ""),
        ("unix:/" + "x" * 200, None, ""),
    ],
)
async def test_an_address_where_nobody_stands_is_named(address: str, kind: str | None, words: str) -> None:
    found, text = await fault_at(address.replace("{unused}", str(unused_port())))
    assert found == kind or (kind is None and found in ("refused", "unreachable"))
    assert words in text
    assert text


async def test_two_addresses_of_one_name_that_both_refuse_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """localhost is ::1 and 127.0.0.1 on most machines; asyncio then wraps the two errors into one of no number."""
    loop, port = asyncio.get_running_loop(), unused_port()

    async def both(host: str, port_: int, **_: object) -> list[tuple[Any, ...]]:
        kinds = (socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(socket.AF_INET, *kinds, ("127.0.0.1", port_)), (socket.AF_INET, *kinds, ("127.0.0.2", port_))]

    monkeypatch.setattr(loop, "getaddrinfo", both)
    assert await fault_at(f"two-faced:{port}") == ("refused", "connection refused: nothing listens there")


async def test_a_socket_that_is_not_ours_to_open_is_named(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    path.write_text("no socket at all")
    kind, _ = await fault_at(f"unix:{path}")
    assert kind == "refused"


async def test_a_host_that_never_answers_is_given_up_in_time() -> None:
    """A listener whose queue is full: further connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        kind, text = await fault_at(f"127.0.0.1:{port}", seconds=0.3)
    assert (kind, text) == ("unreachable", "no answer to the connection")


async def test_tls_to_a_port_that_stays_silent_is_named_after_tls() -> None:
    with Stranger(strangers.silent) as stranger:
        kind, text = await fault_at(stranger.address, tls_context(Tls()), seconds=0.3)
    assert kind == "tls"
    assert "does the port speak TLS?" in text


@pytest.mark.parametrize("behave", [strangers.early_close, strangers.http, saying(b"-ERR unknown command\r\n")])
async def test_tls_to_a_port_that_speaks_plain_text_is_named_after_tls(behave: Behaviour) -> None:
    with Stranger(behave) as stranger:
        kind, text = await fault_at(stranger.address, tls_context(Tls()))
    assert kind == "tls"
    assert text


def test_a_tls_context_trusts_nobody_without_reason() -> None:
    strict, lax = tls_context(Tls()), tls_context(Tls(verify=False))
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert strict.minimum_version == lax.minimum_version == ssl.TLSVersion.TLSv1_2
    assert (lax.verify_mode, lax.check_hostname) == (ssl.CERT_NONE, False)
    with pytest.raises(OSError, match=r".+"):
        tls_context(Tls(ca="/nowhere/ca.pem"))


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
