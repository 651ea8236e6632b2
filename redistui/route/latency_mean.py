"""The mean of a node's latencies, which forgets: by count where requests follow each other, by time where few do."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

FORGETS = 0.2
"""How much of the mean each new reply replaces at least."""
SECONDS = 5.0
"""After such a pause a new reply replaces two thirds of it."""


class LatencyMean:
    """`value`: in milliseconds; None: nothing measured yet.

    >>> times = iter((0.0, 0.0, 60.0))
    >>> mean = LatencyMean(clock=lambda: next(times))
    >>> for ms in (10, 20, 1): mean.take(ms)
    >>> round(mean.value, 1)
    1.0
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at: float | None = None
        self.value: float | None = None

    def take(self, ms: float) -> None:
        """A reply came after so long."""
        now = self._clock()
        if self.value is None or self._at is None:
            self.value = ms
        else:
            self.value += max(FORGETS, 1 - math.exp((self._at - now) / SECONDS)) * (ms - self.value)
        self._at = now

    def take_if_idle(self, ms: float) -> None:
        """The same of a health check: it counts only where no request was measured within the last second."""
        if self._at is None or self._clock() - self._at >= 1.0:
            self.take(ms)
