"""A route that is open within a block, and calls made by several callers at once."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

from redistui.route.route import Route

R = TypeVar("R", bound=Route)


@asynccontextmanager
async def opened(route: R) -> AsyncIterator[R]:
    try:
        await route.open()
        yield route
    finally:
        await route.close()


async def answered(route: Route, count: int, callers: int = 1) -> Counter[str]:
    """So many GETs by so many callers, each waiting for its answers: who answered how many."""
    nodes: Counter[str] = Counter()

    async def calling(own: int) -> None:
        for _ in range(own):
            nodes[(await route.execute("GET", "a")).node] += 1

    await asyncio.gather(*(calling(count // callers) for _ in range(callers)))
    return nodes
