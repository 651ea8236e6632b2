"""Latencies of the last seconds: percentiles, worst of each second, calls a second. `now`: by time.monotonic.

Samples are kept one by one: at the rates of a canary a window holds a few thousand, and a percentile of what was
measured needs no buckets that would round it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from redistui.model.canaries import NONE_YET, Latencies

WINDOW = 30.0
"""Seconds that percentiles look back."""
SHORT = 5.0
"""Seconds that a rate looks back."""
PAST = 60
"""Seconds of which the worst is kept."""
AT_MOST = 20_000
"""Samples, whatever the rate."""


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value that `share` of them do not exceed (nearest rank); None of nothing.

    >>> percentile([1.0, 2.0, 3.0, 4.0], 0.5), percentile([1.0, 2.0, 3.0, 4.0], 0.99), percentile([], 0.5)
    (2.0, 4.0, None)
    """
    if not ordered:
        return None
    rank = -int(-share * len(ordered) // 1)
    return ordered[min(len(ordered), max(1, rank)) - 1]


class Window:
    """Answered calls, each with when it ended and what it took."""

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=AT_MOST)

    def add(self, now: float, ms: float) -> None:
        self._samples.append((now, ms))

    def clear(self) -> None:
        self._samples.clear()

    def latencies(self, now: float) -> Latencies:
        """Of the last WINDOW seconds."""
        self._forget(now)
        ordered = sorted(ms for at, ms in self._samples if now - at <= WINDOW)
        if not ordered:
            return NONE_YET
        p50, p95, p99 = (percentile(ordered, share) for share in (0.5, 0.95, 0.99))
        return Latencies(len(ordered), p50, p95, p99, ordered[-1])

    def past(self, now: float) -> tuple[float | None, ...]:
        """The worst of each of the last PAST whole seconds, oldest first."""
        worst: list[float | None] = [None] * PAST
        for at, ms in self._samples:
            place = PAST - 1 - int(now - at)
            if 0 <= place < PAST:
                worst[place] = max(ms, worst[place] or 0.0)
        return tuple(worst)

    def _forget(self, now: float) -> None:
        while self._samples and now - self._samples[0][0] > PAST:
            self._samples.popleft()


class Pace:
    """How many calls ended a second, of late, however they ended."""

    def __init__(self, now: float) -> None:
        self._began = now
        self._ends: deque[float] = deque(maxlen=AT_MOST)

    def add(self, now: float) -> None:
        self._ends.append(now)

    def per_second(self, now: float) -> float | None:
        """None within the first second."""
        while self._ends and now - self._ends[0] > SHORT:
            self._ends.popleft()
        seconds = min(SHORT, now - self._began)
        return None if seconds < 1 else len(self._ends) / seconds
