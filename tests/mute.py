"""A link that loses replies: what a client sends arrives, and what comes back for one command does not."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from redistui.model import Address, host_of, port_of


class Mute:
    """Listens in front of a server. A connection on which a command with these words passes hears nothing from then
    on; it is left open, so that the client waits."""

    def __init__(self, server: Address, words: bytes) -> None:
        self._server = server
        self._words = words
        self.swallowed = 0
        """Replies that were held back."""
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: Address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection((host_of(self._server), port_of(self._server)))
                self._sockets += [client, server]
                muted = threading.Event()
                for work in ((self._up, client, server, muted), (self._down, client, server, muted)):
                    threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        with suppress(OSError):
            while said := client.recv(65536):
                if self._words in said:
                    muted.set()
                server.sendall(said)
            server.shutdown(socket.SHUT_WR)

    def _down(self, client: socket.socket, server: socket.socket, muted: threading.Event) -> None:
        with suppress(OSError):
            while said := server.recv(65536):
                if muted.is_set():
                    self.swallowed += 1
                else:
                    client.sendall(said)
            client.shutdown(socket.SHUT_WR)
