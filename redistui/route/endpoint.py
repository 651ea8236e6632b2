"""Endpoint: one node as a routed client uses it: a few connections, what is in flight there, and how it has done.

redis-py's connections do the talking, without its retries (redistui.net.client): nothing is ever sent twice by an
endpoint. Whether a call is tried elsewhere is for the route that owns it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from redistui.model import Access, Address
from redistui.net.client import Client, ClientLost, ClientRefused
from redistui.route.failures import Refused, Unknown, kind_of

Argv = tuple[str, ...]
NAME = "redistui-route"
FORGETS = 0.2
"""How much of the mean latency each new reply replaces."""


class Endpoint:
    """A node, with at most `connections` connections. `greeting`: commands that each new connection begins with
    (READONLY at a cluster's replica). All methods belong to the loop that first used it."""

    def __init__(
        self,
        address: Address,
        access: Access | None = None,
        *,
        seconds: float = 1.0,
        connections: int = 16,
        greeting: Sequence[Argv] = (),
        name: str = NAME,
    ) -> None:
        self.address = address
        self.access = access or Access()
        self.seconds = seconds
        """Deadline for each reply."""
        self.in_flight = 0
        self.requests = self.failures = 0
        self.latency_ms: float | None = None
        self.answered_at: float | None = None
        """By time.monotonic; None: it never answered."""
        self._greeting = tuple(greeting)
        self._name = name
        self._idle: list[Client] = []
        self._all: set[Client] = set()
        self._room = asyncio.Semaphore(connections)

    @property
    def connections(self) -> int:
        return len(self._all)

    async def ask(self, *argv: str, seconds: float | None = None) -> Any:
        """One command, one reply, sent at most once. Raises Refused and Unknown."""
        reply = (await self.burst((argv,), seconds=seconds))[0]
        if isinstance(reply, Refused | Unknown):
            raise reply
        return reply

    async def burst(self, argvs: Sequence[Argv], *, seconds: float | None = None) -> list[Any]:
        """Commands in one write: for each its reply, or the Refused or Unknown that it ended in."""
        self.in_flight += 1
        began = time.perf_counter()
        try:
            async with self._room:
                replies = await self._exchange(argvs, self.seconds if seconds is None else seconds)
        finally:
            self.in_flight -= 1
        self._account(replies, (time.perf_counter() - began) * 1000)
        return replies

    async def _exchange(self, argvs: Sequence[Argv], seconds: float) -> list[Any]:
        client: Client | None = None
        try:
            client = await self._client(seconds)
            replies = await client.burst(argvs, seconds)
        except ClientRefused as error:
            if client is not None:
                await self._drop(client)
            return [Refused("connect", str(error), self.address)] * len(argvs)
        except BaseException:
            if client is not None:
                await self._drop(client)
            raise
        if isinstance(replies[-1], ClientLost):
            await self._drop(client)
        else:
            self._idle.append(client)
        return [self._in_our_words(reply) for reply in replies]

    async def _client(self, seconds: float) -> Client:
        """A connection that is free, or a new one that has said its greeting."""
        if self._idle:
            return self._idle.pop()
        dial = self.access.reachable.get(self.address, self.address)
        client = Client(dial, self.access.data, self.access.tls, self._name)
        self._all.add(client)
        if self._greeting:
            try:
                replies = await client.burst(self._greeting, seconds)
            except BaseException:
                await self._drop(client)
                raise
            wrong = next((reply for reply in replies if isinstance(reply, ClientRefused | ClientLost)), None)
            if wrong is not None:
                await self._drop(client)
                raise ClientRefused(str(wrong))
        return client

    def _in_our_words(self, reply: Any) -> Any:
        if isinstance(reply, ClientRefused):
            return Refused(kind_of(str(reply)), str(reply), self.address)
        if isinstance(reply, ClientLost):
            return Unknown("closed" if reply.ended else "timeout", str(reply), self.address)
        return reply

    def _account(self, replies: Sequence[Any], ms: float) -> None:
        """A redirection is an answer: the node is well."""
        bad = sum(
            isinstance(reply, Unknown) or (isinstance(reply, Refused) and reply.cure != "redirect") for reply in replies
        )
        self.requests += len(replies)
        self.failures += bad
        if not isinstance(replies[-1], Unknown) and not (
            isinstance(replies[-1], Refused) and replies[-1].kind == "connect"
        ):
            self.answered_at = time.monotonic()
            self.latency_ms = ms if self.latency_ms is None else self.latency_ms + FORGETS * (ms - self.latency_ms)

    async def _drop(self, client: Client) -> None:
        self._all.discard(client)
        await client.close()

    def reset(self) -> None:
        """Begins counting anew; what is in flight stays, and so does the mean latency."""
        self.requests = self.failures = 0

    async def hang_up(self) -> None:
        """Ends every idle connection: after a change of roles no old one is used again. Those at work end by
        themselves."""
        idle, self._idle = self._idle, []
        for client in idle:
            await self._drop(client)

    async def close(self) -> None:
        for client in list(self._all):
            await self._drop(client)
        self._idle.clear()
