"""The clock of an imagined world: time passes in small steps, and in each of them the servers live."""

from __future__ import annotations

from collections.abc import Callable

TICK = 0.01
"""Seconds."""


class Clock:
    """What every world of these tests has of time. A world has the two fields, and a `_live` of its own."""

    now: float
    plans: list[tuple[float, Callable[[], None]]]
    """What somebody does, and when."""

    def pass_time(self, seconds: float, tick: float = TICK) -> None:
        """So many seconds, in steps of `tick` seconds, 1 ms at least."""
        end, tick = self.now + seconds, max(tick, 0.001)
        while self.now < end - 1e-9:
            self.now += min(tick, end - self.now)
            if self.plans:
                self._do_what_is_due()
            self._live()

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        self.plans.append((self.now + seconds, deed))

    def _do_what_is_due(self) -> None:
        for due, deed in [one for one in self.plans if one[0] <= self.now]:
            self.plans.remove((due, deed))
            deed()

    def _live(self) -> None:
        """What happens by itself in one step."""
        raise NotImplementedError
