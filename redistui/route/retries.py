"""How often and when something safe is tried again: a budget for the whole route, and waits that grow, with jitter.

The waits are redis-py's (FullJitterBackoff). Its Retry is not used: it repeats what timed out, too. It has no budget
either, without which every client of a sick server multiplies its load.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

SHARE = 0.1
"""Of all calls, how many may be repeated."""
RESERVE = 10.0
"""Repeats that are allowed before that share has come together, refilled once in ten seconds."""
MOST = 100.0
FEW = 3
"""Repeats that any call may take at least, as long as there are any."""
BASE, CAP = 0.01, 0.5
"""Seconds: of the first wait at most, of any wait at most."""


class Budget:
    """Repeats that may still be made.

    >>> budget = Budget(clock=lambda: 0.0)
    >>> [budget.take() for _ in range(11)].count(True)
    10
    >>> for _ in range(10): budget.earn()
    >>> budget.take(), budget.take()
    (True, False)
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = RESERVE
        self._at = clock()

    def earn(self) -> None:
        """A call begins."""
        self._left = min(MOST, self._left + SHARE)

    def take(self) -> bool:
        """Whether one more repeat may be made; then it is one less."""
        now = self._clock()
        if self._left < RESERVE:
            self._left = min(RESERVE, self._left + now - self._at)
        self._at = now
        if self._left < 1 - 1e-9:
            return False
        self._left -= 1
        return True


class Own:
    """What one call of many commands may take of its route's repeats: as much as it has brought itself, and a few. A
    large call to a shard that is down would leave nothing to the others.

    >>> budget = Budget(clock=lambda: 0.0)
    >>> own = Own(budget, commands=2)
    >>> [own.take() for _ in range(11)].count(True), budget.take()
    (3, True)
    """

    def __init__(self, budget: Budget, commands: int) -> None:
        self._budget = budget
        self._left = max(FEW, int(commands * SHARE))

    def take(self) -> bool:
        if not self._left or not self._budget.take():
            return False
        self._left -= 1
        return True


def wait_before(attempt: int) -> float:
    """Seconds to wait before the repeat of this number, the first being 0: anything from 0 to a bound that doubles."""
    return float(_backoff().compute(min(attempt, 20)))


@cache
def _backoff() -> Any:
    from redis.backoff import FullJitterBackoff

    return FullJitterBackoff(cap=CAP, base=BASE)
