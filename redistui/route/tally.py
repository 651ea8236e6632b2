"""Tally: what a route counts, and how it becomes RouteStats."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable

from redistui.model.routes import NodeStats, RouteStats
from redistui.route.failures import RouteFailed


class Tally:
    """Counters since the last reset. Every call ends in exactly one of `acked` and `failed`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.since = time.time()
        self._began = time.monotonic()
        self.acked = self.refused = self.unknown = 0
        self.reads = self.writes = 0
        self.retries = self.fallbacks = self.redirections = self.cross_slot = 0
        self.errors: Counter[str] = Counter()

    def call(self, read: bool) -> None:
        """One call begins."""
        if read:
            self.reads += 1
        else:
            self.writes += 1

    def failed(self, failure: RouteFailed) -> None:
        """A call ended without an answer."""
        if failure.outcome == "unknown":
            self.unknown += 1
        else:
            self.refused += 1

    def tried(self, failure: RouteFailed) -> None:
        """One attempt failed, whether or not another one follows."""
        self.errors[failure.kind] += 1

    def stats(self, kind: str, strategy: str, nodes: Iterable[NodeStats]) -> RouteStats:
        return RouteStats(
            kind=kind,
            since=self.since,
            at=self.since + time.monotonic() - self._began,  # a clock that is set must not bend the rates
            strategy=strategy,
            acked=self.acked,
            refused=self.refused,
            unknown=self.unknown,
            reads=self.reads,
            writes=self.writes,
            retries=self.retries,
            fallbacks=self.fallbacks,
            redirections=self.redirections,
            cross_slot=self.cross_slot,
            errors=dict(self.errors),
            nodes=tuple(nodes),
        )
