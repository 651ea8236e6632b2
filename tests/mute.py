"""A link that loses replies: what a client sends arrives, and what comes back for one command does not."""

from __future__ import annotations

from threading import Event

from redistui.model import Address
from tests.relay import Relay


class Mute(Relay):
    """Listens in front of a server. A connection on which a command with these words passes hears nothing from then
    on; it is left open, so that the client waits."""

    def __init__(self, server: Address, words: bytes) -> None:
        self._words = words
        self.swallowed = 0
        """Replies that were held back."""
        super().__init__(server)

    def up(self, said: bytes, seen: Event) -> bytes:
        if self._words in said:
            seen.set()
        return said

    def down(self, said: bytes, seen: Event) -> bytes:
        self.swallowed += seen.is_set()
        return b"" if seen.is_set() else said
