"""A link that can be made as narrow as one likes: what goes to the client waits in the server's own buffers."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress

from redistui.model import Address, host_of, port_of

CHUNK = 16_384
_BUFFER = 65_536


class Throttle:
    """Listens in front of a primary. `pace`: bytes a second that reach a replica, None: as fast as can be, 0: none; it
    may be changed at any time. What replicas send is not held up, nor are other clients."""

    def __init__(self, server: Address) -> None:
        self.pace: float | None = None
        self._server = server
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: Address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self.pace = None
        for each in (self._listener, *self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket()
                server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
                server.connect((host_of(self._server), port_of(self._server)))
                self._sockets += [client, server]
                copies = threading.Event()
                for work in ((self._up, client, server, copies), (self._down, server, client, copies)):
                    threading.Thread(target=work[0], args=work[1:], daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, copies: threading.Event) -> None:
        with suppress(OSError):
            while said := client.recv(CHUNK):
                if b"PSYNC" in said:
                    copies.set()
                server.sendall(said)
        _end(client, server)

    def _down(self, server: socket.socket, client: socket.socket, copies: threading.Event) -> None:
        with suppress(OSError):
            while said := server.recv(CHUNK):
                while copies.is_set() and self.pace == 0:
                    time.sleep(0.02)
                if copies.is_set() and self.pace:
                    time.sleep(len(said) / self.pace)
                client.sendall(said)
        _end(client, server)


def _end(*sockets: socket.socket) -> None:
    for each in sockets:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
