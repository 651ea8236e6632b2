"""Timetable: whose poll is due when. One timer for all servers, which wakes when the next one is."""

from __future__ import annotations

import asyncio
import heapq
import math
import random
from collections.abc import Callable

from redistui.engine.watched import Watched

GRAIN = 0.004
"""Seconds that a waking is put off at least, so that what is due together is taken together."""

LONG_AWAY = 60.0
"""Seconds after which a server that cannot be connected to is tried less often."""
TOGETHER = 0.05
"""Seconds: attempts are put off to the next multiple, since a waking of the loop for each costs as much again."""


class Timetable:
    """`due` is called with those whose time has come, on the loop. A server that was put down again counts with its
    latest time only (`Watched.due`)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, due: Callable[[list[Watched]], None]) -> None:
        self._loop = loop
        self._due = due
        self._heap: list[tuple[float, int, Watched]] = []
        self._serial = 0
        """Of equal times, the one put down first comes first."""
        self._timer: asyncio.TimerHandle | None = None

    def put(self, watched: Watched) -> None:
        """Down for `watched.due`, in seconds of the loop's clock; infinity: not before it is put down again."""
        if watched.due == float("inf"):
            return
        self._serial += 1
        heapq.heappush(self._heap, (watched.due, self._serial, watched))
        if self._heap[0][2] is watched:
            self._arm()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if self._heap:
            at = max(self._heap[0][0], self._loop.time() + GRAIN)
            self._timer = self._loop.call_at(at, self._wake)

    def _wake(self) -> None:
        now, heap, ready = self._loop.time(), self._heap, []
        self._timer = None
        while heap and heap[0][0] <= now:
            due, _, watched = heapq.heappop(heap)
            if watched.due == due:
                ready.append(watched)
        self._due(ready)
        self._arm()


def until_next_try(now: float, away: float, period: float) -> float:
    """Seconds until a server that could not be connected to is tried again, after it was `away` for so many; `now` on
    the loop's clock. Not all at one instant, and soon enough for its return to be seen within two polls."""
    apart = (1.5, 1.9) if away > LONG_AWAY else (1.0, 1.3)
    after = max(period, 1.0) * random.uniform(*apart)
    return math.ceil((now + after) / TOGETHER) * TOGETHER - now
