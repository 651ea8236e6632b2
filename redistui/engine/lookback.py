"""Lookback: the past that led to the place where a player began, read while there is nothing else to do.

A jump shows the fleet at once, for that needs only the last key frame; sparklines and plots want what was before it,
too: of the last quarter of an hour everything, of the day before that what its key frames tell.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

from redistui.engine.observation import Drawn
from redistui.engine.scenery import Scenery, Tape
from redistui.history import History
from redistui.history.until import append

NEAR = 900.0
"""Seconds of which everything is read: as long as samples are kept as they came."""
FAR = 86_400.0
"""Seconds of which the key frames are."""
APART = 60.0
"""Seconds from one key frame to the next."""
MOST_NEAR, MOST_FAR = 400_000, 100_000
"""Servers times seconds, and servers times key frames: of a large fleet the past is shorter, or coarser."""
DRAWN_AT_MOST = 0.3
"""Of the time it takes, the part that goes into snapshots: without them no lag is known."""


class Lookback:
    """Fills a history of its own up to a time, some at once."""

    def __init__(self, tape: Tape, until: float, servers: int) -> None:
        """`until`: where the player began; `servers`: how many there are about."""
        self._tape, self._until = tape, until
        self._servers = max(1, servers)
        self._scenery = Scenery(tape)
        self._work = self._read()

    def go_on(self, seconds: float) -> bool:
        """Reads for so long; True when it has come to the end."""
        until = time.monotonic() + seconds
        return all(time.monotonic() <= until for _ in self._work)

    def joined(self, later: History) -> History:
        """With the samples that the player took meanwhile."""
        append(self._scenery.history, later)
        return self._scenery.history

    def _read(self) -> Iterator[None]:
        """A little at a time."""
        first = self._tape.first_at
        near = max(first, self._until - min(NEAR, MOST_NEAR / self._servers))
        yield from self._look_far(max(first, self._until - FAR), near)
        began = drawing = 0.0
        began = time.monotonic()
        for number, item in enumerate(self._tape.items(near, self._until)):
            if item.at > self._until:
                return
            if not isinstance(item, Drawn):
                self._scenery.take(item)
            elif drawing <= DRAWN_AT_MOST * (time.monotonic() - began):
                at = time.monotonic()
                self._scenery.draw(item)
                drawing += time.monotonic() - at
            if number % 8 == 7:
                yield

    def _look_far(self, since: float, until: float) -> Iterator[None]:
        """What the key frames tell, as if each were one more poll."""
        frames = max(1.0, (until - since) / APART)
        apart = APART * max(1.0, frames * self._servers / MOST_FAR)
        at, last = since, None
        while at < until:
            frame = self._tape.frame(at)
            if frame is not None and frame.at < until and frame.at != last:
                last = frame.at
                self._scenery.look_at(frame)
            at += apart
            yield
