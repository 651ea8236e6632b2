"""A link that can be made as narrow as one likes: what goes to the client waits in the server's own buffers."""

from __future__ import annotations

import time
from threading import Event

from redistui.model import Address
from tests.relay import Relay

CHUNK = 16_384
_BUFFER = 65_536


class Throttle(Relay):
    """Listens in front of a primary. `pace`: bytes a second that reach a replica, None: as fast as can be, 0: none; it
    may be changed at any time. What replicas send is not held up, nor are other clients."""

    def __init__(self, server: Address) -> None:
        self.pace: float | None = None
        super().__init__(server, piece=CHUNK, buffer=_BUFFER)

    def close(self) -> None:
        self.pace = None
        super().close()

    def up(self, said: bytes, seen: Event) -> bytes:
        """Whoever says PSYNC is a replica."""
        if b"PSYNC" in said:
            seen.set()
        return said

    def down(self, said: bytes, seen: Event) -> bytes:
        while seen.is_set() and self.pace == 0:
            time.sleep(0.02)
        if seen.is_set() and self.pace:
            time.sleep(len(said) / self.pace)
        return said
