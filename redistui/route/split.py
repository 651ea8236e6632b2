"""SplitRoute: writes to the primary, reads to its replicas.

Which is which comes from the nodes' own ROLE, at every check and on every connection that writes go over. A write is
sent again only if it was refused in a way that passes; a read may go to another replica, and then to the primary.

redis-py reads from replicas only as its Sentinel or cluster client does: without a look at their lag, and by turns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Unpack

from redistui.model import Access, Address
from redistui.model.routes import Answer, NodeStats, RouteStats
from redistui.route.calls import Call, failure_of, few_words, may_repeat_read
from redistui.route.endpoint import NAME, Endpoint
from redistui.route.failures import BadRoute, Refused
from redistui.route.given import checked_nodes
from redistui.route.node_stats import node_stats
from redistui.route.pair import Manner, PrimaryAndReplicas
from redistui.route.retries import wait_before
from redistui.route.strategy import Chooser

REPLICAS_TRIED = 2


class SplitRoute(PrimaryAndReplicas):
    """A read/write split over `nodes`: a primary and its replicas, in any order.

    `strategy`, `weights`: among the replicas. `name`: of its connections. And by keyword (redistui.route.pair.Manner):
    `patience`, seconds within which what was refused for the moment is tried again (1); `seconds`, deadline of each
    reply (1); `bounds`, how far behind a replica may be; `own_writes`, whether reads see this route's own writes;
    `every`, seconds between two checks of a node (1); `connections`, to each node at most (16).
    """

    kind = "split"

    def __init__(
        self,
        nodes: Sequence[Address],
        access: Access | None = None,
        *,
        strategy: str = "round-robin",
        weights: Mapping[Address, float] | None = None,
        name: str = NAME,
        **manner: Unpack[Manner],
    ) -> None:
        known = checked_nodes(nodes)
        if not known:
            raise BadRoute("a read/write split needs at least a primary")
        super().__init__(Chooser(known, strategy, weights), access, name=name, **manner)
        self._know(known)

    async def _open(self) -> None:
        await self._look_at_all()
        await self._learn_from_any()
        self._rounds.begin()

    async def _learn_from_any(self) -> None:
        well = [node for node, seen in self._seen.items() if not seen.why_not]
        if not well:
            raise self._nobody()
        well.sort(key=lambda node: node != self.primary)
        await self._learn_commands([self._endpoints[node] for node in well])

    # -- calls --------------------------------------------------------------------------------------------------------

    async def _write(self, call: Call) -> Answer:
        deadline = call.began + self._patience
        while True:
            endpoint = await self._primary_by(deadline)
            answer = await self._attempt(call, endpoint)
            if answer is not None:
                return answer
            failure = failure_of(call)
            if not isinstance(failure, Refused) or failure.cure not in ("elsewhere", "later"):
                raise failure
            await self._again(call, deadline)

    async def _again(self, call: Call, deadline: float) -> None:
        """Waits before the next attempt. Raises what the last one ended in when there is to be none."""
        wait = wait_before(len(call.tried) - 1)
        if self._ended or time.perf_counter() + wait > deadline or not self._budget.take():
            raise failure_of(call)
        self._tally.retries += 1
        await asyncio.sleep(wait)

    async def _read(self, call: Call) -> Answer:
        deadline = call.began + self._patience
        while True:
            answer = await self._read_once(call, deadline)
            if answer is not None:
                return answer
            if not may_repeat_read(call.last):
                raise failure_of(call)
            await self._again(call, deadline)

    async def _read_once(self, call: Call, deadline: float) -> Answer | None:
        """A replica, another one, the primary. None: all of them failed."""
        asked: list[Address] = []
        for _ in range(REPLICAS_TRIED):
            replica = self._chooser.choose(self._fit(without=asked), counted=not asked)
            if replica is None or (asked and not self._budget.take()):
                break
            self._tally.retries += bool(asked)
            asked.append(replica.address)
            answer = await self._attempt(call, replica)
            if answer is not None or not may_repeat_read(call.last):
                return answer
            call.fallback = few_words(call.last)
        call.fallback = call.fallback or "no replica is fit"
        primary = await self._primary_by(deadline)
        return await self._attempt(call, primary)

    async def _send(self, call: Call, endpoint: Endpoint) -> Any:
        if self.own_writes is None:
            return await endpoint.ask(*call.argv)
        seen = self._seen.get(endpoint.address)
        replid = None if seen is None else seen.replid
        if endpoint.address != self.primary:
            return await self.own_writes.read(endpoint, call.argv, replid)
        return await self.own_writes.write(endpoint, call.argv, replid)

    # -- figures ------------------------------------------------------------------------------------------------------

    def stats(self) -> RouteStats:
        fit = [endpoint.address for endpoint in self._fit() if self._chooser.weight(endpoint.address) > 0]
        return self._tally.stats(self.kind, self._chooser.name, [self._row(node, fit) for node in self._endpoints])

    def _row(self, node: Address, fit: Collection[Address]) -> NodeStats:
        seen = self._seen.get(node)
        role = "primary" if node == self.primary else None if seen is None else seen.role
        return node_stats(
            self._endpoints[node],
            self._chooser,
            fit,
            why_not=self.why_not(node),
            role=role,
            chosen=node != self.primary,
        )

    async def _close(self) -> None:
        await super()._close()
        await asyncio.gather(*self._leaving, return_exceptions=True)
