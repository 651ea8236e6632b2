"""From `open` to `close`: the time in which a route works, on the event loop that opened it."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from redistui.route.failures import BadRoute, Refused

CLOSED = "CLOSED"
"""The kind of a call to a route that was closed."""


class Lifetime:
    """The base of every route. Used as `async with route:` it is opened, and closed at the end."""

    _loop: asyncio.AbstractEventLoop | None = None
    """Whose `open` succeeded; None: none has yet."""
    _ended = False

    async def open(self) -> None:
        """Finds out who is what, and begins to look after the nodes' health. Raises Refused where nobody answers, and
        may then be tried again; BadRoute where a weight is of a node that is not there, or the route was closed."""
        if self._ended:
            raise BadRoute("this route was closed, for good: make a new one")
        if self._loop is None:
            await self._open()
            self._loop = asyncio.get_running_loop()

    async def close(self) -> None:
        """For good: a write under way ends as Unknown, and whatever comes later is refused."""
        self._ended = True
        await self._close()

    async def _open(self) -> None:
        raise NotImplementedError

    async def _close(self) -> None:
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        try:
            await self.open()
        except BaseException:
            await self.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _at_work(self) -> None:
        """Raises Refused once the route is closed, and BadRoute before it is open, or on another event loop."""
        if self._ended:
            raise Refused(CLOSED, "this route was closed")
        if self._loop is None:
            raise BadRoute("this route is not open: await its open() first, or write `async with route:`")
        if self._loop is not asyncio.get_running_loop():
            raise BadRoute(
                "this route was opened on another event loop, and its connections belong there: make one for each "
                "loop, or call it by asyncio.run_coroutine_threadsafe"
            )
