"""BalancerRoute: calls spread over any nodes, whatever they are: replicas, proxies, servers without replication.

redis-py has no balancer: its pool has one address, and its cluster client chooses by the slot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from redistui.model import Access, Address
from redistui.model.routes import Answer, RouteStats
from redistui.route.calls import NOBODY, Call, NodeCalls, failure_of, few_words, is_nodes_own, may_repeat_read
from redistui.route.commands import checked_cursor
from redistui.route.endpoint import CONNECTIONS, NAME, Argv, Endpoint
from redistui.route.failures import BadRoute, Refused, RouteFailed
from redistui.route.given import checked_connections, checked_nodes, checked_seconds
from redistui.route.health import CHECK_SECONDS, EVERY, Seen, ping
from redistui.route.node_stats import node_stats
from redistui.route.strategy import Chooser


class BalancerRoute(NodeCalls):
    """A balancer over `nodes`. A node that fails a call or a check is left out, and comes back with the next check that
    finds it well. A read is tried once more, on another node; a write is sent once.

    `weights`: per node, 1 where nothing is said. `seconds`: deadline of each reply. `every`: seconds between checks.
    `connections`: to each node at most. `name`: of these connections.
    """

    kind = "balancer"

    def __init__(
        self,
        nodes: Sequence[Address],
        access: Access | None = None,
        *,
        strategy: str = "round-robin",
        weights: Mapping[Address, float] | None = None,
        seconds: float = 1.0,
        every: float = EVERY,
        connections: int = CONNECTIONS,
        name: str = NAME,
    ) -> None:
        known = checked_nodes(nodes)
        if not known:
            raise BadRoute("a balancer needs at least one node")
        if len(set(known)) < len(known):
            raise BadRoute(f"a node is named twice: {', '.join(known)}")
        checked_seconds(seconds=seconds, every=every)
        most = checked_connections(connections)
        super().__init__(Chooser(known, strategy, weights), every)
        self._endpoints = {node: Endpoint(node, access, seconds=seconds, connections=most, name=name) for node in known}
        self._why_not: dict[Address, str] = dict.fromkeys(known, "it was not asked yet")
        """As the last check of each found it."""

    async def _open(self) -> None:
        await self._look_at_all()
        fit = self._fit()
        if not fit:
            raise self._nobody()
        await self._learn_commands(fit)
        self._rounds.begin()

    async def _look_at_all(self) -> None:
        await asyncio.gather(*(self._check(endpoint) for endpoint in self._endpoints.values()))

    async def _check(self, endpoint: Endpoint) -> None:
        seen: Seen = await ping(endpoint, max(CHECK_SECONDS, endpoint.seconds))
        self._why_not[endpoint.address] = seen.why_not
        self._suspected.pop(endpoint.address, None)

    def _fit(self, without: Sequence[Address] = ()) -> list[Endpoint]:
        """Those that can be asked. Where only suspected ones are left, these: one failed call proves little."""
        well = [
            endpoint
            for node, endpoint in self._endpoints.items()
            if not self._why_not[node] and node not in without and self._chooser.weight(node) > 0
        ]
        return [endpoint for endpoint in well if endpoint.address not in self._suspected] or well

    def why_not(self, node: Address) -> str:
        """Why a node is left out; empty: it is not."""
        return self._suspected.get(node) or self._why_not[node]

    def _nobody(self) -> Refused:
        reasons = "; ".join(f"{node}: {self.why_not(node) or 'its weight is 0'}" for node in self._endpoints)
        return Refused(NOBODY, f"no node can be asked ({reasons})")

    def _checked(self, argv: Argv) -> None:
        if len(self._endpoints) > 1:
            checked_cursor(argv)

    async def _read(self, call: Call) -> Answer:
        return await self._once(call, repeat=True)

    async def _write(self, call: Call) -> Answer:
        return await self._once(call, repeat=False)

    async def _once(self, call: Call, repeat: bool) -> Answer:
        endpoint = self._chooser.choose(self._fit())
        if endpoint is None:
            raise self._nobody()
        answer = await self._attempt(call, endpoint)
        if answer is None and repeat and may_repeat_read(call.last):
            answer = await self._elsewhere(call)
        if answer is None:
            raise failure_of(call)
        return answer

    async def _elsewhere(self, call: Call) -> Answer | None:
        other = self._chooser.choose(self._fit(without=call.tried), counted=False)
        if other is None or not self._budget.take():
            return None
        self._tally.retries += 1
        call.fallback = few_words(call.last)
        return await self._attempt(call, other)

    def _suspect(self, endpoint: Endpoint, failure: RouteFailed) -> None:
        if is_nodes_own(failure):
            self._suspected[endpoint.address] = failure.text
            self._rounds.hurry()

    def stats(self) -> RouteStats:
        fit = [endpoint.address for endpoint in self._fit()]
        nodes = (
            node_stats(endpoint, self._chooser, fit, why_not=self.why_not(node))
            for node, endpoint in self._endpoints.items()
        )
        return self._tally.stats(self.kind, self._chooser.name, nodes)
