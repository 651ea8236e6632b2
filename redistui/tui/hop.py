"""The hop from the engine's thread to the screen's loop: the latest snapshot wins, and at most one is on its way."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from redistui.model import Fleet


class Latest:
    """Holds one snapshot. While the screen is slow, or its terminal does not read, newer ones replace it in place."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._lock = Lock()
        self._fleet: Fleet | None = None

    def offer(self, fleet: Fleet) -> None:
        """On the engine's thread: returns at once."""
        with self._lock:
            waiting, self._fleet = self._fleet is not None, fleet
        if not waiting:
            self._wake()

    def take(self) -> Fleet | None:
        """On the screen's loop."""
        with self._lock:
            fleet, self._fleet = self._fleet, None
        return fleet
