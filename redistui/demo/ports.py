"""Free ports on loopback, kept for the whole life of a demo.

A data port lies in 12000-21999 and its cluster bus port 10000 above it: below the ranges from which Linux (32768 up)
and macOS (49152 up) take the local ports of outgoing connections, so that no client sits where a server wants to come
back.

On Linux a port stays ours even while its server is down: we keep it bound, without listening. The socket is bound alone
(a port in use anywhere fails), and only then allows sharing, which servers do too (SO_REUSEADDR). BSD systems know no
such sharing, so there the look is all, and a start that finds its port taken is tried again with others.
"""

from __future__ import annotations

import random
import socket
import sys

from redistui.demo.problems import DemoError

LOWEST, HIGHEST, BUS = 12000, 21999, 10000
HOST = "127.0.0.1"


class Ports:
    """The ports of one demo."""

    def __init__(self) -> None:
        self._held: list[socket.socket] = []
        self._taken: set[int] = set()
        self._random = random.Random()

    def take(self) -> int:
        """A free port whose bus port is free as well."""
        for _ in range(1000):
            port = self._random.randint(LOWEST, HIGHEST)
            if port not in self._taken and self._hold(port):
                self._taken.add(port)
                return port
        raise DemoError(
            f"no free port on {HOST} between {LOWEST} and {HIGHEST} (each needs the one {BUS} above it too)"
        )

    def _hold(self, port: int) -> bool:
        pair = [held for held in (_bind(port), _bind(port + BUS)) if held is not None]
        if len(pair) < 2:
            for held in pair:
                held.close()
            return False
        if sys.platform == "linux":
            for held in pair:
                held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._held += pair
        else:
            for held in pair:
                held.close()
        return True

    def release(self) -> None:
        for held in self._held:
            held.close()
        self._held.clear()


def _bind(port: int) -> socket.socket | None:
    held = socket.socket()
    try:
        held.bind((HOST, port))
    except OSError:
        held.close()
        return None
    return held
