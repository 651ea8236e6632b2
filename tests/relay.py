"""A link with somebody in the middle, who sees all that passes and may hold it back."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

from redistui.model import Address, host_of, port_of

Work = Callable[[bytes, threading.Event], bytes]
PIECE = 65_536
"""Bytes taken from a side at once, at the most."""


class Relay:
    """Listens at `address` in front of a server, and hands on what either side says; what becomes of it on the way is
    the subclass' `up` and `down`. The event they share is of one connection."""

    def __init__(self, server: Address, *, piece: int = PIECE, buffer: int | None = None) -> None:
        """`buffer`: bytes that the kernel keeps of what the server says; None: as many as it likes."""
        self._server = server
        self._piece = piece
        self._buffer = buffer
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: Address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def up(self, said: bytes, seen: threading.Event) -> bytes:
        """What the server hears of what a client said."""
        return said

    def down(self, said: bytes, seen: threading.Event) -> bytes:
        """What the client hears of what the server said; may take its time."""
        return said

    def close(self) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket()
                if self._buffer is not None:
                    server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._buffer)
                server.connect((host_of(self._server), port_of(self._server)))
                self._sockets += [client, server]
                seen = threading.Event()
                for way in ((client, server, self.up, seen), (server, client, self.down, seen)):
                    threading.Thread(target=self._hand_on, args=way, daemon=True).start()

    def _hand_on(self, source: socket.socket, sink: socket.socket, work: Work, seen: threading.Event) -> None:
        with suppress(OSError):
            while said := source.recv(self._piece):
                if left := work(said, seen):
                    sink.sendall(left)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)
