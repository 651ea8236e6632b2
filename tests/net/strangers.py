"""Strangers: what may stand at the other end of a connection instead of an honest server."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType

import hiredis

Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def full_port() -> Iterator[int]:
    """A port whose queue is full: further connections are neither taken nor refused."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        yield full.getsockname()[1]


class Stranger:
    """Listens on loopback and lets `behave` deal with each connection, on a thread of its own, until the end."""

    def __init__(self, behave: Behaviour) -> None:
        self._behave = behave
        self._server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._ended = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.connections = 0
        """How many were accepted so far."""
        self.port: int = self._server.getsockname()[1]
        self.address = f"127.0.0.1:{self.port}"

    def __enter__(self) -> Stranger:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            self._ended = True
            closing = [self._server, *self._open]
        for one in closing:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(5.0)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                if self._ended:
                    client.close()
                    return
                self.connections += 1
                self._open.add(client)
                thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
                self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            self._behave(client)
        with self._lock:
            self._open.discard(client)
        client.close()


# -- behaviours -------------------------------------------------------------------------------------------------------


def http(client: socket.socket) -> None:
    """A web server: it reads, does not understand, says so and hangs up."""
    client.recv(65536)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def ssh(client: socket.socket) -> None:
    """An SSH server speaks first."""
    client.sendall(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
    drain(client)


def tls_alert(client: socket.socket) -> None:
    """A TLS server that was spoken to in plain text."""
    client.recv(65536)
    client.sendall(b"\x15\x03\x01\x00\x02\x02\x46")


def silent(client: socket.socket) -> None:
    drain(client)


def early_close(client: socket.socket) -> None:
    """Accepts and hangs up, whatever is said."""


def saying(answer: bytes) -> Behaviour:
    """Answers whatever it is asked with these bytes, then is silent."""

    def behave(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(answer)
        drain(client)

    return behave


def dribbling(answer: bytes, every: float) -> Behaviour:
    """Answers byte by byte: never silent for long, never done."""

    def behave(client: socket.socket) -> None:
        client.recv(65536)
        pause = threading.Event()
        for byte in answer:
            client.sendall(bytes([byte]))
            pause.wait(every)

    return behave


def flooding(piece: bytes) -> Behaviour:
    """Sends the same over and over, as fast as it is taken."""

    def behave(client: socket.socket) -> None:
        client.recv(65536)
        burst = piece * (65536 // len(piece) + 1)
        while True:
            client.sendall(burst)

    return behave


def drain(client: socket.socket) -> None:
    while client.recv(65536):
        pass


# -- one that speaks the protocol -------------------------------------------------------------------------------------

Answer = bytes | Callable[[], bytes]
Answers = Mapping[str, Answer]


def bulk(text: str | bytes) -> bytes:
    raw = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return b"$%d\r\n%s\r\n" % (len(raw), raw)


def array(*items: bytes) -> bytes:
    return b"*%d\r\n" % len(items) + b"".join(items)


def info(**fields: object) -> bytes:
    """An INFO reply of a lonely primary of Redis 7, fields changed or added."""
    said: dict[str, object] = {
        "redis_version": "7.0.15", "redis_mode": "standalone", "run_id": "c" * 40, "uptime_in_seconds": 100,
        "connected_clients": 1, "used_memory": 1000000, "maxmemory": 0, "role": "master", "connected_slaves": 0,
        "master_replid": "d" * 40, "master_replid2": "0" * 40, "master_repl_offset": 0, "second_repl_offset": -1,
    }  # fmt: skip
    return bulk("".join(f"{name}:{value}\r\n" for name, value in (said | fields).items()))


PRIMARY: Answers = {
    "AUTH": b"+OK\r\n",
    "CLIENT": b"+OK\r\n",
    "PING": b"+PONG\r\n",
    "INFO": info(),
    "ROLE": array(bulk("master"), b":0\r\n", array()),
}
"""What a lonely primary answers, by the first word, or the first two, of what it is asked."""


def answering(answers: Answers | None = None, asked: list[list[str]] | None = None) -> Behaviour:
    """A server that answers from a table, PRIMARY's where `answers` has none; `asked` collects what it was asked."""
    table = {**PRIMARY, **(answers or {})}

    def behave(client: socket.socket) -> None:
        for words in _commands(client):
            if asked is not None:
                asked.append(words)
            found = table.get(" ".join(words[:2]).upper(), table.get(words[0].upper(), b"-ERR unknown command\r\n"))
            client.sendall(found if isinstance(found, bytes) else found())

    return behave


def _commands(client: socket.socket) -> Iterator[list[str]]:
    reader = hiredis.Reader(encoding="utf-8", errors="backslashreplace")
    while piece := client.recv(65536):
        reader.feed(piece)
        while (words := reader.gets()) is not False:
            yield words
