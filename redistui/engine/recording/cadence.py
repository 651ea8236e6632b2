"""Cadence: when a recording wants a key frame: one that begins a chunk, or a still amid it.

Both cost a look at the whole fleet, so that they come as seldom as the bytes between them allow: where little happens,
little lies between two of them.
"""

from __future__ import annotations

from math import inf

from redistui.engine.recording.file import Chunk, Still, Thing

CHUNK = 60.0
"""Seconds between two key frames at least; three times as long at most."""
SHARE = 8
"""The parts of a chunk are so many times as long as its key frame, if that can be."""
STILL = 15.0
"""Seconds between two stills at least; twice as long at most."""
STILL_SHARE = 8
"""The parts between two are so many times as long as the last one was, if that can be."""


class Cadence:
    """`due` and what began are of the engine's thread; `measure` is told of what was packed, on the recorder's."""

    def __init__(self) -> None:
        self.chunk_at: float | None = None
        """When the chunk began; None: nothing is recorded yet."""
        self.still_wanted = False
        """The key frame that comes next is for the sake of a still."""
        self._still_at = 0.0
        self._sizes = [0, 0]
        """Bytes of the last key frame, and of the parts behind it."""
        self._still_sizes = [0, 0]
        """Bytes of the last still, and of the parts behind it."""

    def due(self, at: float) -> bool:
        """A key frame is wanted now. One that comes unasked begins a chunk."""
        chunk = self._chunk_due(at)
        self.still_wanted = not chunk and self._still_due(at)
        return chunk or self.still_wanted

    def begin_chunk(self, at: float) -> None:
        self.chunk_at = self._still_at = at

    def take_still(self, at: float) -> None:
        self.still_wanted, self._still_at = False, at

    def measure(self, thing: Thing) -> None:
        size = len(thing.body)
        if isinstance(thing, Chunk):
            self._sizes = [size, 0]
            self._still_sizes = [size // STILL_SHARE, 0]  # as long as nobody knows
        elif isinstance(thing, Still):
            self._still_sizes = [size, 0]
        else:
            self._sizes[1] += size
            self._still_sizes[1] += size

    def _chunk_due(self, at: float) -> bool:
        age = inf if self.chunk_at is None else at - self.chunk_at
        return age >= 3 * CHUNK or (age >= CHUNK and self._sizes[1] >= SHARE * self._sizes[0])

    def _still_due(self, at: float) -> bool:
        age = at - self._still_at
        return age >= 2 * STILL or (age >= STILL and self._still_sizes[1] >= STILL_SHARE * self._still_sizes[0])
