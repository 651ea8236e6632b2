"""Wire: one held connection to one node, as lean as Python allows.

An asyncio.Protocol with hiredis.Reader and no task, future or timeout object per poll: whoever owns the wire calls
`ask(payload, count)` and is called back with the replies. It owns the deadlines, too. TCP, TLS and unix sockets differ
only in how they are opened (`dial`).

A stranger may stand at the other end (an HTTP server, an SSH banner, a hostile one), so the bytes, elements and nesting
of an answer are bounded, and whatever the reader raises ends the connection as `garbage`.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import hiredis

from redistui.model import Address, host_of, port_of
from redistui.net.faults import WireFault, fault_of_error, fault_of_opening, garbage

MAX_BYTES = 8 * 1024 * 1024
"""Of one answer (all replies of one ask)."""
MAX_ELEMENTS = 1_000_000
"""Of all arrays in one answer together, as their heads announce them: the reader makes room for a head at once."""
MAX_DIGITS = 6
"""Of one array's length."""
PIECE = 64 * 1024
"""Bytes taken from a connection at once."""
_AGGREGATES = (b"*", b"%", b"~", b">", b"|")
_KEEPALIVE = (("TCP_KEEPIDLE", 10), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3))
"""A subscription may be silent for hours: that the other end is gone is noticed within half a minute."""


class WireOwner(Protocol):
    """Who is told what happens on a wire. Called on the event loop; must not block or raise."""

    def answered(self, wire: Wire, replies: list[Any]) -> None: ...

    def lost(self, wire: Wire, why: WireFault) -> None:
        """The connection is gone; said exactly once, and never after `close()`."""


def command(*argv: str) -> bytes:
    """A command in the protocol's own form.

    >>> command("PING")
    b'*1\\r\\n$4\\r\\nPING\\r\\n'
    """
    parts = [word.encode("utf-8", "surrogateescape") for word in argv]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Intake:
    """One buffer and one reader for all connections of a loop: what every answer goes through stays in the cache.

    A connection borrows them for an answer that comes whole in one piece, as nearly all do, and otherwise reads on with
    a reader of its own.
    """

    __slots__ = ("_reader", "view")

    def __init__(self) -> None:
        self.view = memoryview(bytearray(PIECE))
        self._reader = hiredis.Reader()

    def whole(self, chunk: bytes, count: int) -> list[Any] | None:
        """The `count` replies of a chunk that holds just these, else None. Raises what hiredis raises."""
        reader, clean = self._reader, False
        try:
            reader.feed(chunk)
            replies = [reader.gets() for _ in range(count)]
            clean = replies[-1] is not False and not reader.has_data()
        finally:
            if not clean:
                self._reader = hiredis.Reader()
        return replies if clean else None


class Wire(asyncio.BufferedProtocol):
    """One connection. With `stream`, replies are handed over as they come (a subscription); else one answer an ask."""

    __slots__ = (
        "_bytes", "_closed", "_elements", "_intake", "_owner", "_reader", "_replies", "_tail", "_transport", "count",
        "ended", "stream",
    )  # fmt: skip

    def __init__(self, owner: WireOwner, stream: bool = False, intake: Intake | None = None) -> None:
        """Connections of one loop may share an `intake`; of two loops, never."""
        self._owner = owner
        self._intake = intake or Intake()
        self._reader: hiredis.Reader | None = None
        self._replies: list[Any] = []
        self._bytes = self._elements = 0
        self._tail = b""
        self._closed = False
        self.ended: WireFault | None = None
        """Why the connection is gone, once it is."""
        self._transport: asyncio.Transport | None = None
        self.count = 0
        """Replies still due; 0: nothing was asked."""
        self.stream = stream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        opened = transport.get_extra_info("socket")
        if opened is not None and opened.family != socket.AF_UNIX:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for option, seconds in _KEEPALIVE:
                if hasattr(socket, option):
                    opened.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), seconds)

    def ask(self, payload: bytes, count: int) -> None:
        """Sends commands whose answer is `count` replies. One ask at a time."""
        self.count = count
        self._tail = b""
        self._bytes = self._elements = 0
        if self._transport is not None:
            self._transport.write(payload)

    @property
    def so_far(self) -> list[Any]:
        """The replies that have come of an answer that is not whole yet."""
        return self._replies

    def close(self) -> None:
        """Ends the connection without a word to the owner."""
        self._closed = True
        if self._transport is not None:
            self._transport.abort()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self._intake.view

    def buffer_updated(self, nbytes: int) -> None:
        chunk = bytes(self._intake.view[:nbytes])
        joined = self._tail + chunk
        self._bytes += nbytes
        self._elements += announced(joined, len(self._tail))
        if self._bytes > MAX_BYTES or self._elements > MAX_ELEMENTS:
            self._end(WireFault("garbage", "answers beyond all measure; is this Redis?"))
            return
        self._tail = joined[-MAX_DIGITS - 2 :]
        try:
            self._read(chunk)
        except Exception as error:  # hiredis raises ProtocolError, MemoryError and RecursionError, as it happens
            self._end(WireFault("garbage", garbage(chunk, error)))
            return
        self._judge()

    def _read(self, chunk: bytes) -> None:
        if self._reader is None and self.count and not self.stream:
            replies = self._intake.whole(chunk, self.count)
            if replies is not None:
                self._replies = replies
                return
        if self._reader is None:
            self._reader = hiredis.Reader()
        self._reader.feed(chunk)
        while (reply := self._reader.gets()) is not False:
            self._replies.append(reply)

    def _judge(self) -> None:
        """Is this what was asked for, a part of it, or something else?"""
        if self.stream:
            self._hand_over()
        elif len(self._replies) == self.count:
            self.count = 0
            self._hand_over()
        elif self._replies and not self.count and isinstance(self._replies[0], hiredis.ReplyError):
            self._end(fault_of_error(str(self._replies[0])))
        elif len(self._replies) > self.count:
            self._end(WireFault("garbage", "sends replies that nobody asked for; is this Redis?"))

    def _hand_over(self) -> None:
        if self._replies:
            replies, self._replies = self._replies, []
            self._bytes = self._elements = 0
            self._owner.answered(self, replies)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.count and self._replies and isinstance(self._replies[0], hiredis.ReplyError):
            self._end(fault_of_error(str(self._replies[0])))
        elif isinstance(exc, ssl.SSLError):  # TLS 1.3: that a client certificate is missing is said after the handshake
            self._end(fault_of_opening(exc, tls=True))
        else:
            self._end(WireFault("closed", "closed the connection"))

    def _end(self, why: WireFault) -> None:
        if not self._closed:
            self._closed = True
            self.ended = why
            if self._transport is not None:
                self._transport.abort()
            self._owner.lost(self, why)


def announced(data: bytes, since: int = 0) -> int:
    """How many elements those array heads announce that end at `since` or later; beyond all measure from a million on.

    What looks like a head inside a text counts, too: that is rare, and adds little.

    >>> announced(b"*3\\r\\n:1\\r\\n*20\\r\\n"), announced(b"*3\\r\\n*20\\r\\n", 4), announced(b"$12345678\\r\\n")
    (23, 20, 0)
    >>> announced(b"*1000000") > MAX_ELEMENTS
    True
    """
    total = 0
    for sign in _AGGREGATES:
        at = data.find(sign)
        while at >= 0:
            count = _SHORT_HEADS.get(data[at + 1 : at + 4]) if at >= since else None
            total += count if count is not None else _head(data[at + 1 : at + 3 + MAX_DIGITS], since - at - 1)
            at = data.find(sign, at + 1)
    return total


_SHORT_HEADS = {b"%d\r\n" % count: count for count in range(10)} | {b"%d\r" % count: count for count in range(10, 100)}
"""Nearly all of them, so that they are not taken apart."""


def _head(data: bytes, since: int) -> int:
    """What a head announces, from behind its sign on, if it ends at `since` or later."""
    digits, end, _ = data.partition(b"\r")
    if not digits.isdigit():
        return 0
    if len(digits) > MAX_DIGITS:
        return MAX_ELEMENTS + 1
    return int(digits) if end and len(digits) >= since else 0


Dial = Callable[[], Wire]


async def dial(
    address: Address, tls: ssl.SSLContext | None, make: Dial, seconds: float, opened: socket.socket | None = None
) -> Wire:
    """Opens a connection within `seconds`, or goes on with a socket that is `opened`. Raises WireFault, whose text says
    what went wrong and never who we are."""
    made: list[Wire] = []

    def making() -> Wire:
        made.append(make())
        return made[-1]

    try:
        async with asyncio.timeout(seconds):
            return await _connected(address, tls, making, opened)
    except (OSError, TimeoutError, ValueError, OverflowError) as error:
        _give_up(made)
        raise fault_of_opening(error, tls is not None) from None
    except asyncio.CancelledError:
        _give_up(made)
        raise


async def _connected(address: Address, tls: ssl.SSLContext | None, make: Dial, opened: socket.socket | None) -> Wire:
    loop = asyncio.get_running_loop()
    if address.startswith("unix:"):
        _, wire = await loop.create_unix_connection(make, address.removeprefix("unix:"))
    else:
        host = host_of(address)
        name = host if tls else None
        if opened is not None:
            _, wire = await loop.create_connection(make, sock=opened, ssl=tls, server_hostname=name)
        else:
            _, wire = await loop.create_connection(make, host, port_of(address), ssl=tls, server_hostname=name)
    return wire


def _give_up(made: Sequence[Wire]) -> None:
    """Of a connection that is given up when its TLS handshake is just over, asyncio would wait for the other's goodbye:
    longer than the loop may live."""
    for wire in made:
        wire.close()


def payload(commands: Sequence[Sequence[str]]) -> bytes:
    """Several commands in one write."""
    return b"".join(command(*argv) for argv in commands)
