"""A primary and its replicas: who is which, who may be asked, and what happens at a change of roles."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Any, TypedDict

from redistui.model import Access, Address
from redistui.route.calls import NOBODY, NodeCalls, is_nodes_own
from redistui.route.endpoint import CONNECTIONS, NAME, Endpoint
from redistui.route.failures import Refused, RouteFailed
from redistui.route.fitness import Bounds, why_unfit
from redistui.route.given import checked_connections, checked_seconds
from redistui.route.health import CHECK_SECONDS, EVERY, Seen, look
from redistui.route.lifetime import CLOSED
from redistui.route.own_writes import OwnWrites
from redistui.route.strategy import Chooser


class Manner(TypedDict, total=False):
    """How a split does its work."""

    bounds: Bounds | None
    """How far behind a replica that answers reads may be."""
    patience: float
    """Seconds within which a call that was refused for the moment is tried again, or waits for a primary."""
    own_writes: bool
    """A read sees what this route has written before; each write then costs a ROLE more."""
    seconds: float
    """Deadline of each reply."""
    every: float
    """Seconds between two checks of a node."""
    connections: int
    """At most, to each node."""


class PrimaryAndReplicas(NodeCalls):
    """What SplitRoute and SentinelRoute know of their nodes. Its words are those of Manner; more go to Endpoint."""

    def __init__(
        self,
        chooser: Chooser,
        access: Access | None,
        *,
        bounds: Bounds | None = None,
        patience: float = 1.0,
        own_writes: bool = False,
        seconds: float = 1.0,
        every: float = EVERY,
        connections: int = CONNECTIONS,
        name: str = NAME,
    ) -> None:
        checked_seconds(patience=patience, seconds=seconds, every=every)
        super().__init__(chooser, every)
        self._access = access
        self._bounds = bounds or Bounds()
        self._patience = patience
        self.own_writes = OwnWrites() if own_writes else None
        self._seconds = seconds
        self._connections, self._name = checked_connections(connections), name
        self._seen: dict[Address, Seen] = {}
        self.primary: Address | None = None
        """Who takes the writes; None: nobody is known to."""
        self._changed = asyncio.Event()
        self._leaving: set[asyncio.Task[None]] = set()

    # -- who is what --------------------------------------------------------------------------------------------------

    def _know(self, nodes: Collection[Address]) -> None:
        """These are the nodes now: new ones are to be asked, those that are gone are hung up on."""
        for node in nodes:
            if node not in self._endpoints:
                self._endpoints[node] = Endpoint(
                    node, self._access, seconds=self._seconds, connections=self._connections, name=self._name
                )
        for node in [node for node in self._endpoints if node not in nodes]:
            self._seen.pop(node, None)
            self._suspected.pop(node, None)
            self._in_background(self._endpoints.pop(node).close())
        self._chooser.know(list(self._endpoints))

    async def _look_at_all(self) -> None:
        await asyncio.gather(*(self._look_at(endpoint) for endpoint in list(self._endpoints.values())))
        self._decide()

    async def _look_at(self, endpoint: Endpoint) -> None:
        seen = await look(endpoint, max(CHECK_SECONDS, self._seconds))
        node = endpoint.address
        if node not in self._endpoints:
            return
        self._seen[node] = seen
        self._suspected.pop(node, None)
        if node == self.primary and seen.role == "replica":
            self._appoint(None)
        if node != self.primary and seen.role == "replica":
            endpoint.must_be = "replica"  # one that was restarted without its config is an empty primary

    def _decide(self) -> None:
        """Who is primary: who was, while it says so; else the one that says so. Of two that say so nobody can tell."""
        primaries = [node for node, seen in self._seen.items() if seen.role == "primary" and not seen.why_not]
        if self.primary not in primaries and len(primaries) == 1:
            self._appoint(primaries[0])
        self._changed.set()

    def _appoint(self, primary: Address | None) -> None:
        """From now on writes go there. No connection of before is used again, neither to the old one nor to the new."""
        if primary == self.primary:
            return
        for node in (self.primary, primary):
            endpoint = self._endpoints.get(node) if node else None
            if endpoint is not None:
                endpoint.must_be = "primary" if node == primary else None
                self._in_background(endpoint.hang_up())
        self.primary = primary
        self._changed.set()

    def _in_background(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    def _suspect(self, endpoint: Endpoint, failure: RouteFailed) -> None:
        if failure.kind == "READONLY" and endpoint.address == self.primary:
            self._appoint(None)
        elif is_nodes_own(failure) or failure.kind == "READONLY":
            self._suspected[endpoint.address] = failure.text
        else:
            return
        self._hurry()

    def _hurry(self, news: bool = False) -> None:
        """Something may have changed, or (`news`) has: look soon, or at once."""
        self._rounds.hurry(news)

    # -- who is asked -------------------------------------------------------------------------------------------------

    def why_not(self, node: Address) -> str:
        """Why a node is left out now; empty: it is asked. Of the primary: why writes are not sent there."""
        seen = self._seen.get(node)
        if node in self._suspected:
            return self._suspected[node]
        if node == self.primary:
            return "" if seen is None else seen.why_not
        return why_unfit(node, seen, self._seen.get(self.primary or ""), self._bounds)

    def _fit(self, without: Collection[Address] = ()) -> list[Endpoint]:
        """Replicas that reads may go to."""
        return [
            endpoint
            for node, endpoint in self._endpoints.items()
            if node != self.primary and node not in without and not self.why_not(node)
        ]

    def _nobody(self) -> Refused:
        reasons = "; ".join(f"{node}: {self.why_not(node) or 'it is a replica'}" for node in self._endpoints)
        return Refused(NOBODY, f"no node can be asked ({reasons})")

    def _no_primary(self) -> Refused:
        primaries = [node for node, seen in self._seen.items() if seen.role == "primary" and not seen.why_not]
        if self.primary is not None:
            return Refused(NOBODY, f"the primary is not well: {self.why_not(self.primary)}", self.primary)
        if len(primaries) > 1:
            return Refused(NOBODY, f"several nodes say that they are the primary: {', '.join(primaries)}")
        return Refused(NOBODY, f"no primary is known among {', '.join(self._endpoints) or 'no nodes'}")

    def _well_primary(self) -> Endpoint | None:
        primary = self.primary
        return None if primary is None or self.why_not(primary) else self._endpoints.get(primary)

    async def _close(self) -> None:
        self._changed.set()  # whoever waits for a primary waits no longer
        await super()._close()

    async def _primary_by(self, deadline: float) -> Endpoint:
        """The primary, once there is one that is well. Raises Refused at the deadline (of time.perf_counter)."""
        while (endpoint := self._well_primary()) is None:
            if self._ended:
                raise Refused(CLOSED, "this route was closed")
            self._changed.clear()
            self._hurry()
            try:
                async with asyncio.timeout(deadline - time.perf_counter()):
                    await self._changed.wait()
            except TimeoutError:
                raise self._no_primary() from None
        return endpoint
