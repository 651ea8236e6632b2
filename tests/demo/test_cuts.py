"""The go-between that cuts servers off: what passes, what does not, and what is said of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from redistui.demo.cuts import Cuts
from redistui.demo.ports import HOST, Ports


@contextmanager
def echo() -> Iterator[int]:
    """A server that gives back what it gets; its port."""
    with socket.create_server((HOST, 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    called, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=answer, args=(called,), daemon=True).start()

        def answer(called: socket.socket) -> None:
            with called, suppress(OSError):
                while chunk := called.recv(100):
                    called.sendall(chunk)

        accepting = threading.Thread(target=serve, daemon=True)
        accepting.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        accepting.join(5)


@pytest.fixture
def ports() -> Iterator[Ports]:
    found = Ports()
    yield found
    found.release()


def says(caller: socket.socket, word: bytes) -> bool:
    """Whether it comes back within a fifth of a second."""
    caller.settimeout(0.2)
    caller.sendall(word)
    try:
        return caller.recv(100) == word
    except TimeoutError:
        return False


def test_what_is_cut_is_silent_and_goes_on_when_it_is_mended(ports: Ports) -> None:
    with echo() as behind:
        port, other = ports.take(), ports.take()
        cuts = Cuts({port: behind, other: behind}, {})
        cuts.start()
        try:
            with socket.create_connection((HOST, port)) as caller, socket.create_connection((HOST, other)) as free:
                assert says(caller, b"one")
                cuts.cut(port)
                assert not says(caller, b"two")
                assert says(free, b"free")
                with socket.create_connection((HOST, port)) as late:
                    assert not says(late, b"late")
                    cuts.mend()
                    late.settimeout(5)
                    assert late.recv(100) == b"late"
                caller.settimeout(5)
                assert caller.recv(100) == b"two"
        finally:
            cuts.end()
            cuts.end()


@pytest.mark.skipif(not hasattr(socket, "AF_NETLINK"), reason="only Linux has all of 127.0.0.0/8")
def test_whoever_is_cut_off_together_still_speaks_with_each_other(ports: Ports) -> None:
    with echo() as behind:
        mine, theirs = ports.take(), ports.take()
        cuts = Cuts({mine: behind, theirs: behind}, {"127.0.1.1": mine})
        cuts.start()
        try:
            with socket.create_connection((HOST, theirs), source_address=("127.0.1.1", 0)) as caller:
                assert says(caller, b"one")
                cuts.cut(mine)
                assert not says(caller, b"two")
                cuts.cut(mine, theirs)
                caller.settimeout(5)
                cuts.mend()
                assert caller.recv(100) == b"two"
        finally:
            cuts.end()


def test_a_port_that_is_taken_is_an_error_at_the_start() -> None:
    with socket.create_server((HOST, 0)) as taken:
        cuts = Cuts({taken.getsockname()[1]: 1}, {})
        with pytest.raises(OSError, match="in use"):
            cuts.start()
        cuts.end()
