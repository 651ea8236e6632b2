"""Telling: how far a long step has come, passed on to whoever looks on, a few times a second at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from redistui.ops.tally import Tally

EVERY = 0.2
"""Seconds between two reports."""


class Telling:
    """Of one operation. What is told between two reports is not lost: the last of it follows when it is time."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.tally: Tally | None = None
        """The last that the step at work told; None: nothing."""
        self.heard: Callable[[Tally], None] = lambda _: None
        self._now = now
        self._last: float | None = None
        self._later: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        self.tally = None

    def tell(self, tally: Tally) -> None:
        self.tally = tally
        wait = 0.0 if self._last is None else self._last + EVERY - self._now()
        if wait <= 0:
            self._pass_on()
        elif self._later is None:
            self._later = asyncio.get_running_loop().call_later(wait, self._pass_on)

    def end(self) -> None:
        """The step has ended; its last tally is for whoever tells how it ended."""
        if self._later is not None:
            self._later.cancel()
            self._later = None

    def _pass_on(self) -> None:
        self.end()
        self._last = self._now()
        if self.tally is not None:
            self.heard(self.tally)
