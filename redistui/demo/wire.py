"""One blocking connection to one server: all that the demo needs to ask, so that it starts without redis-py.

Not for watching a fleet (that is redistui.net): no reconnects, no TLS, one command at a time.
"""

from __future__ import annotations

import socket
from types import TracebackType
from typing import Any

import hiredis

Reply = Any
"""str, int, None, or a list of these; bulk strings are decoded, odd bytes kept as `\\xNN`."""


class ErrorReply(Exception):
    """The server answered with an error; `str()` is its text."""


def pack(*words: str | bytes | int) -> bytes:
    r"""A command as it goes over the wire.

    >>> pack("GET", "a")
    b'*2\r\n$3\r\nGET\r\n$1\r\na\r\n'
    """
    parts = [word if isinstance(word, bytes) else str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


class Wire:
    """A connection to `host:port` or `unix:/path`; `seconds` bounds connecting and each wait for more of a reply.

    Raises OSError where the network fails (TimeoutError among them, EOFError when the server hangs up).
    """

    def __init__(self, address: str, *, seconds: float = 2.0, user: str | None = None, password: str | None = None):
        self.address = address
        if address.startswith("unix:"):
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(seconds)
            try:
                self._socket.connect(address.removeprefix("unix:"))
            except OSError:
                self._socket.close()
                raise
        else:
            host, _, port = address.rpartition(":")
            self._socket = socket.create_connection((host, int(port)), timeout=seconds)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._reader = hiredis.Reader(encoding="utf-8", errors="backslashreplace")
        if password is not None:
            self.ask(*(("AUTH", user, password) if user else ("AUTH", password)))

    def ask(self, *words: str | bytes | int) -> Reply:
        """Sends one command and waits for its reply; an error reply is raised as ErrorReply."""
        self.send(pack(*words))
        return self.read()

    def read(self) -> Reply:
        """The next reply, or the next message of a subscription."""
        while (reply := self._reader.gets()) is False:
            self._reader.feed(self.receive())
        if isinstance(reply, hiredis.ReplyError):
            raise ErrorReply(str(reply))
        return reply

    def raw(self, *words: str | bytes | int) -> bytes:
        """Sends one command and gives its reply as the bytes that came, error or not."""
        self.send(pack(*words))
        received = b""
        while True:
            piece = self.receive()
            received += piece
            self._reader.feed(piece)
            if self._reader.gets() is not False:
                return received

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def receive(self) -> bytes:
        """What has come, as bytes; waits for some. They are the caller's then: do not mix with `ask`."""
        piece = self._socket.recv(65536)
        if not piece:
            raise EOFError(f"{self.address} closed the connection")
        return piece

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
