"""Spending: how long a server's commands take, from what it has counted since its start, asked about once a minute.

Each reading is compared with the one before it, so that the figures are those of the last minute and not of a month.
"""

from __future__ import annotations

from typing import Any

from redistui.replies.commandstats import Histogram, Spent, percentile, read, read_histogram
from redistui.replies.words import BadReply, integer

READINGS = frozenset(("commandstats", "latency", "slowlog-len"))
"""Names in redistui.replies.READS."""
EVERY = 60.0
"""Seconds between two readings of one server: they cost it several times what a poll costs."""
SECOND = 10.0
"""Seconds from the first reading to the second, without which there is nothing to compare."""
KEEPS = 2.5 * EVERY
"""Seconds after which a figure is too old to be shown."""

_NEVER = (float("-inf"), 0.0)
"""A figure that could not be reckoned."""


class Spending:
    """Of one server. Mutable, and only in the hands of its meter."""

    __slots__ = ("_classes", "_found", "_spent")

    def __init__(self) -> None:
        self._spent: Spent | None = None
        self._classes: Histogram | None = None
        self._found: dict[str, tuple[float, float]] = {}
        """Metrics with the times of their readings."""

    def take(self, name: str, reply: Any, at: float) -> None:
        """One of READINGS. Raises BadReply."""
        match name:
            case "commandstats":
                self._take_spent(read(reply), at)
            case "latency":
                self._take_classes(read_histogram(reply), at)
            case "slowlog-len":
                length = integer(reply)
                if length is None:
                    raise BadReply("SLOWLOG LEN", reply)
                self._found["slowlog_length"] = (at, float(length))

    def _take_spent(self, spent: Spent, at: float) -> None:
        before, self._spent = self._spent, spent
        self._found["latency_mean"] = _NEVER
        if before is not None and spent.calls > before.calls and spent.usec >= before.usec:
            mean = (spent.usec - before.usec) / (spent.calls - before.calls)
            self._found["latency_mean"] = (at, mean / 1000)

    def _take_classes(self, classes: Histogram, at: float) -> None:
        before, self._classes = self._classes, classes
        for name in ("latency_p50", "latency_p99"):
            self._found[name] = _NEVER
        if before is None or any(classes.get(most, 0) < count for most, count in before.items()):
            return  # it was restarted, or its statistics were
        since = {most: count - before.get(most, 0) for most, count in classes.items()}
        for name, share in (("latency_p50", 0.5), ("latency_p99", 0.99)):
            if (usec := percentile(since, share)) is not None:
                self._found[name] = (at, usec / 1000)

    def show(self, metrics: dict[str, Any], now: float) -> None:
        """Puts those read not too long ago among the metrics of a server, and takes the older ones away."""
        for name, (at, value) in self._found.items():
            if now - at <= KEEPS:
                metrics[name] = value
            else:
                metrics.pop(name, None)
