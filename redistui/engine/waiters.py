"""Waiters: those on the engine's loop who wait until an observation makes something true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Waiters:
    """On the engine's loop only."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Callable[[], bool], asyncio.Future[None]]] = []

    async def until(self, condition: Callable[[], bool], seconds: float) -> None:
        """Returns when `condition` is true at a `look`, or after `seconds`."""
        if condition():
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((condition, future))
        try:
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            pass
        finally:
            self._waiting = [pair for pair in self._waiting if pair[1] is not future]

    def look(self) -> None:
        """Something was observed: who has what they waited for goes on."""
        for condition, future in self._waiting:
            if not future.done() and condition():
                future.set_result(None)
