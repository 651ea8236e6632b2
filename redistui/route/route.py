"""Route: what every routed client can do, whatever it routes by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from redistui.model import Address
from redistui.model.routes import Answer, RouteStats
from redistui.route.words import Word


class Route(Protocol):
    """A client over several nodes. Its coroutines belong to the event loop that `open` ran on; any number of them may
    call at once.

        async with SplitRoute(nodes) as route:      # opened, and closed at the end
            answer = await route.execute("GET", "user:1")

    `execute`, `read` and `write` take a command's words (text, bytes or numbers) and raise Refused (nothing was
    changed), Unknown (nobody knows; it was not sent again), or BadRoute (the call itself is wrong; nothing was sent).
    """

    kind: str
    """As in redistui.route.ROUTES: split, sentinel, cluster, sites, balancer."""
    strategies: tuple[str, ...]
    """Those that `use` takes; the first is the one it begins with."""

    async def open(self) -> None:
        """Finds out who is what, and begins to look after the nodes' health. Raises Refused where nobody answers."""

    async def execute(self, *given: Word) -> Answer:
        """A read or a write, as the server's own command table says; what it does not know is a write."""

    async def read(self, *given: Word) -> Answer:
        """A read. Raises BadRoute for what the server's command table does not call one."""

    async def write(self, *given: Word) -> Answer:
        """A write, or a read that must see the writes before it."""

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        """Another strategy, other weights, from the next call on. Raises BadRoute, and then nothing is changed."""

    def stats(self) -> RouteStats:
        """Counters since the last reset, and how each node is; `.summary` says it in a line."""

    def reset(self) -> None:
        """Counters begin anew."""

    async def close(self) -> None:
        """For good: a write under way ends as Unknown, and whatever comes later is refused."""
