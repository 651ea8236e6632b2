"""SentinelRoute: a read/write split whose primary is whom the Sentinels name, from the moment that they name it.

redis-py's Sentinel client keeps its open connections to a primary that was demoted: under a forced failover of a
healthy primary more than half of the acknowledged writes of ten seconds were lost through it. Here an announced
failover, or one READONLY, ends all of them at once, and each new one proves by ROLE that it leads to a primary.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from redistui.model import Access, Address
from redistui.model.routes import RouteStats
from redistui.route.endpoint import NAME
from redistui.route.failures import BadRoute, Refused
from redistui.route.given import checked_nodes
from redistui.route.health import CHECK_SECONDS, EVERY, Rounds
from redistui.route.pair import Manner, PrimaryAndReplicas
from redistui.route.split import SplitRoute
from redistui.route.strategy import Chooser
from redistui.route.watchers import SELECTED, SWITCHED, Watchers, Word, newest, nodes_of

LEAVES = 3.0
"""Seconds for which a primary gets no writes because its failover was announced, while the Sentinels still name it: by
then it has failed over, or hardly will."""


class SentinelRoute(SplitRoute):
    """A client of the group that `sentinels` watch as `name`; other Sentinels of it are found by themselves.

    `access.sentinel` is who asks them. `weights` are those of nodes that the Sentinels know: strangers are refused when
    it opens. `client_name`: of its connections. `manner`: as of SplitRoute; a `patience` of some seconds more than the
    group's down-after lets a write wait for the end of a failover.
    """

    kind = "sentinel"

    def __init__(
        self,
        sentinels: Sequence[Address],
        name: str,
        access: Access | None = None,
        *,
        strategy: str = "round-robin",
        weights: Mapping[Address, float] | None = None,
        client_name: str = NAME,
        **manner: Unpack[Manner],
    ) -> None:
        given = checked_nodes(sentinels)
        if not given:
            raise BadRoute("a Sentinel route needs at least one Sentinel")
        PrimaryAndReplicas.__init__(self, Chooser((), strategy), access, name=client_name, **manner)
        self._weights = weights
        self._epoch = -1
        """The highest config-epoch that was followed."""
        self.demoting: Address | None = None
        self._demoting_until = 0.0
        """Who is about to be demoted, and until when (time.monotonic) it gets no writes for that."""
        self._watchers = Watchers(
            given, name, access or Access(), max(CHECK_SECONDS, self._seconds), self._told, client_name
        )
        self._asking = Rounds(self._ask, manner.get("every", EVERY))

    async def _open(self) -> None:
        await self._ask()
        if not self._endpoints:
            raise self._watchers.why_none()
        if self._weights is not None:
            self.use(self._chooser.name, self._weights)
        self._watchers.listen()
        await self._look_at_all()
        await self._learn_from_any()
        self._asking.begin()
        self._rounds.begin()

    async def _ask(self) -> None:
        words = await self._watchers.ask_all()
        word = newest(words)
        if word is not None:
            failing_over = any("failover_in_progress" in one.watch.flags for one in words)
            if word.watch.primary != self.demoting or not failing_over or time.monotonic() > self._demoting_until:
                await self._follow(word, nodes_of(words, word))
        self._changed.set()

    async def _follow(self, word: Word, nodes: Sequence[Address]) -> None:
        """An older word than the one followed counts only once the primary of that one is not well any more: epochs
        begin anew where a Sentinel is told to watch anew."""
        primary, epoch = word.watch.primary, word.watch.epoch or 0
        if epoch < self._epoch and self._well_primary() is not None:
            return
        kept = [self.primary] if self.primary is not None and self.primary not in nodes else []
        self._know([*nodes, *kept])
        if primary != self.primary:
            await self._look_at(self._endpoints[primary])
            if self._seen[primary].role == "primary":
                self._appoint(primary)
        if primary == self.primary:
            self._epoch = epoch
            self._know(nodes)

    def _told(self, event: str, words: str) -> None:
        """A Sentinel announced a failover: who is primary gets no further write, even before we know who will be.

        Between SELECTED and SWITCHED lies the second in which a promoted replica and a healthy old primary both take
        writes, of which the old one's are lost.
        """
        if event == SELECTED and self.primary is not None and self.primary not in words.split(" "):
            self.demoting, self._demoting_until = self.primary, time.monotonic() + LEAVES
            self._appoint(None)
        elif event == SWITCHED and words.startswith(f"{self.primary} -> "):
            self._appoint(None)
        self._hurry(news=True)

    def _hurry(self, news: bool = False) -> None:
        self._rounds.hurry(news)
        self._asking.hurry(news)

    def _decide(self) -> None:
        """The Sentinels do: that a node calls itself a primary is not enough."""
        self._changed.set()

    def _no_primary(self) -> Refused:
        if self.primary is None and not any(not stats.why_not for stats in self._watchers.stats()):
            return self._watchers.why_none()
        return super()._no_primary()

    def stats(self) -> RouteStats:
        return replace(super().stats(), watchers=self._watchers.stats())

    async def _close(self) -> None:
        await self._asking.end()
        await self._watchers.close()
        await super()._close()
