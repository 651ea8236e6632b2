"""Route: what every routed client can do, whatever it routes by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from redistui.model import Address
from redistui.model.routes import Answer, RouteStats


class Route(Protocol):
    """A client over several nodes. Its coroutines belong to the loop that `open` ran on.

    `execute`, `read` and `write` raise redistui.route.failures.Refused (nothing was changed) or Unknown (nobody knows;
    it was not sent again).
    """

    kind: str
    """As in redistui.route.ROUTES: split, sentinel, cluster, sites, balancer."""
    strategies: tuple[str, ...]
    """Those that `use` takes; the first is the one it begins with."""

    async def open(self) -> None:
        """Finds out who is what, and begins to look after the nodes' health. Raises Refused where nobody answers."""

    async def execute(self, *argv: str) -> Answer:
        """A read or a write, as the server's own command table says; what it does not know is a write."""

    async def read(self, *argv: str) -> Answer: ...

    async def write(self, *argv: str) -> Answer: ...

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        """Another strategy, other weights, from the next call on. Raises BadRoute, and then nothing is changed."""

    def stats(self) -> RouteStats: ...

    def reset(self) -> None:
        """Counters begin anew."""

    async def close(self) -> None: ...
