"""The client models of a drill: how three kinds of application find the primary, and what they do when it moves.

None of them sends a write again: a drill counts what one sending came to. Each raises
redistui.route.failures.Refused or Unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from redistui.drill.ground import Ground
from redistui.model import Address
from redistui.model.canaries import NAME
from redistui.model.drill import DrillShard, Model
from redistui.replies.words import join
from redistui.route.endpoint import Endpoint, role_in
from redistui.route.failures import Refused, RouteFailed
from redistui.route.route import Route

CONNECTIONS = 4
EVERY = 0.5
"""Seconds between two looks of the polling client."""


class Told(NamedTuple):
    """A reply, and who gave it."""

    value: Any
    node: Address


class Client(Protocol):
    """One application's way to one shard."""

    name: Model

    async def open(self) -> None: ...

    async def write(self, *argv: str) -> Told: ...

    async def read(self, *argv: str) -> Told: ...

    async def close(self) -> None: ...


class Plain:
    """Has the primary's address in its config: connects there, and there again. It reads there too. When the primary is
    cut off from the rest, this client is on its side."""

    name: Model = "plain"

    def __init__(self, ground: Ground, shard: DrillShard, seconds: float) -> None:
        self._endpoint = Endpoint(
            shard.primary, ground.inside_access, seconds=seconds, connections=CONNECTIONS, name=NAME
        )

    async def open(self) -> None:
        return

    async def write(self, *argv: str) -> Told:
        return Told(await self._endpoint.ask(*argv), self._endpoint.address)

    read = write

    async def close(self) -> None:
        await self._endpoint.close()


class Aware:
    """Follows failovers and moved slots as they are announced: a route of redistui.route. All shards of a group share
    one; whoever opens it first opens it for all."""

    name: Model = "aware"

    def __init__(self, route: Route) -> None:
        self._route = route

    async def open(self) -> None:
        return

    async def write(self, *argv: str) -> Told:
        answer = await self._route.write(*argv)
        return Told(answer.value, answer.node)

    async def read(self, *argv: str) -> Told:
        answer = await self._route.read(*argv)
        return Told(answer.value, answer.node)

    async def close(self) -> None:
        return


class Polling:
    """Asks twice a second who is primary (a Sentinel, the slot map of a node, or the nodes' own ROLE), and sends there
    until it hears otherwise. It reads there too."""

    name: Model = "polling"

    def __init__(self, ground: Ground, shard: DrillShard, seconds: float) -> None:
        self._ground = ground
        self._shard = shard
        self._seconds = seconds
        self._primary: Address | None = shard.primary
        self._endpoints: dict[Address, Endpoint] = {}
        self._asked: dict[Address, Endpoint] = {}
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        self._task = asyncio.create_task(self._poll())

    async def write(self, *argv: str) -> Told:
        if self._primary is None:
            raise Refused("UNHEALTHY", "nobody says who is primary")
        return Told(await self._endpoint(self._primary).ask(*argv), self._primary)

    read = write

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        for endpoint in (*self._endpoints.values(), *self._asked.values()):
            await endpoint.close()

    def _endpoint(self, address: Address) -> Endpoint:
        if address not in self._endpoints:
            self._endpoints[address] = Endpoint(
                address, self._ground.access, seconds=self._seconds, connections=CONNECTIONS, name=NAME
            )
        return self._endpoints[address]

    async def _poll(self) -> None:
        while True:
            with suppress(RouteFailed):
                self._primary = await self._look() or self._primary
            await asyncio.sleep(EVERY)

    async def _look(self) -> Address | None:
        """Who is primary now, as the first says that answers; None: nobody could tell."""
        ground = self._ground
        match ground.kind:
            case "sentinel":
                argv = ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", ground.watched_as)
                return named(await self._first(ground.sentinels, *argv))
            case "cluster":
                return owner_of(self._shard.slot, await self._first(self._nodes(), "CLUSTER", "SLOTS"))
        for address in self._nodes():
            with suppress(RouteFailed):
                if role_in(await self._askable(address).ask("ROLE")) == "primary":
                    return address
        return None

    def _nodes(self) -> Sequence[Address]:
        """Whom it asks: first the one it believes in."""
        return tuple(dict.fromkeys(filter(None, (self._primary, *self._ground.nodes))))

    async def _first(self, addresses: Sequence[Address], *argv: str) -> Any:
        for address in addresses:
            with suppress(RouteFailed):
                return await self._askable(address).ask(*argv)
        return None

    def _askable(self, address: Address) -> Endpoint:
        if address not in self._asked:
            ground = self._ground
            access = ground.sentinel_access if address in ground.sentinels else ground.access
            self._asked[address] = Endpoint(address, access, seconds=self._seconds, connections=1, name=NAME)
        return self._asked[address]


def named(reply: Any) -> Address | None:
    """Whom SENTINEL GET-MASTER-ADDR-BY-NAME names; None: nobody.

    >>> named([b"10.0.0.1", b"6379"]), named(None)
    ('10.0.0.1:6379', None)
    """
    match reply:
        case [host, port]:
            return join(host, port)
    return None


def owner_of(slot: int | None, reply: Any) -> Address | None:
    """The owner of a slot in a CLUSTER SLOTS reply; None where it has none, or no address is told.

    >>> owner_of(7, [[0, 9, [b"10.0.0.1", 6379, b"id"], [b"10.0.0.2", 6379, b"id"]]]), owner_of(10, [])
    ('10.0.0.1:6379', None)
    """
    for run in reply if isinstance(reply, list) else ():
        match run:
            case [int(first), int(last), [host, port, *_], *_] if slot is not None and first <= slot <= last:
                return join(host, port)
    return None
