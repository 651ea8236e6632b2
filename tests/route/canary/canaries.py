"""A route that answers as it is told, and canaries that are ended when a test is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from redistui.model import Access, Address, Group
from redistui.model.canaries import CanaryPlan, CanaryState
from redistui.model.routes import Answer, NodeStats, RouteStats
from redistui.route.canary.canary import Canary
from redistui.route.failures import BadRoute

A, B = "a:1", "b:1"
GROUP = Group("orders", "replication", ())


class Imagined:
    """One node that keeps what is written. `fails`: raised by every call from then on; `value`: what reads give."""

    kind = "split"
    strategies: tuple[str, ...] = ("round-robin", "weighted")

    def __init__(self) -> None:
        self.keys: dict[str, str] = {}
        self.said: list[tuple[str, ...]] = []
        self.used: list[tuple[str, Mapping[Address, float] | None]] = []
        self.fails: Exception | None = None
        self.refuses_to_open: list[Exception] = []
        self.value: Callable[[str | None], Any] = lambda kept: None if kept is None else kept.encode()
        self.fallback = ""
        self.resets = self.opened = self.closed = 0
        self.held = asyncio.Event()
        self.held.set()

    async def open(self) -> None:
        self.opened += 1
        if self.refuses_to_open:
            raise self.refuses_to_open.pop(0)

    async def execute(self, *argv: str) -> Answer:
        raise AssertionError("a canary says itself what reads and what writes")

    async def read(self, *argv: str) -> Answer:
        await self._heard(argv)
        return Answer(self.value(self.keys.get(argv[1])), B, 2.0, fallback=self.fallback)

    async def write(self, *argv: str) -> Answer:
        await self._heard(argv)
        self.keys[argv[1]] = argv[2]
        return Answer(b"OK", A, 1.0)

    async def _heard(self, argv: tuple[str, ...]) -> None:
        self.said.append(argv)
        await self.held.wait()
        if self.fails is not None:
            raise self.fails

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        if weights and set(weights) - {A, B}:
            raise BadRoute("x:1 has a weight but is no node of this route")
        self.used.append((strategy, weights))

    def stats(self) -> RouteStats:
        node = NodeStats(A, "primary", 1.0, True, "", 0, 1, len(self.said), 0, 1.0, 1.0, None)
        return RouteStats("split", time.time() - 1, time.time(), "round-robin", acked=len(self.said), nodes=(node,))

    def reset(self) -> None:
        self.resets += 1

    async def close(self) -> None:
        self.closed += 1


@contextmanager
def singing(
    route: Imagined, plan: CanaryPlan, report: Callable[[CanaryState], None] = lambda _: None
) -> Iterator[Canary]:
    """A canary on an imagined route, from its start to its end."""
    canary = Canary(plan, {GROUP.name: GROUP}, lambda *_: route, lambda _: Access(), report)
    canary.start()
    try:
        yield canary
    finally:
        canary.stop()
        canary.join()
    assert canary.state.phase == "stopped"
