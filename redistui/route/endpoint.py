"""Endpoint: one node as a routed client uses it: a few connections, what is in flight there, and how it has done.

redis-py's connections do the talking, without its retries (redistui.net.client): nothing is ever sent twice by an
endpoint. Whether a call is tried elsewhere is for the route that owns it.

A connection that has ended while it was idle is noticed before anything goes out on it, so that a write does not end as
Unknown for nothing. A connection is never opened again by itself: a new one says its greeting, and proves its node's
role, before it is used.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

from redistui.model import Access, Address
from redistui.model.places import Role
from redistui.net.client import Client, ClientLost, ClientRefused, ready
from redistui.replies import BadReply
from redistui.replies.role import read as read_role
from redistui.route.failures import CURES, Refused, Unknown, kind_of
from redistui.route.latency_mean import LatencyMean

Argv = tuple[str, ...]
NAME = "redistui-route"
CONNECTIONS = 16
"""To one node at most, unless told otherwise: further calls wait for one that is free."""
ROLE: Argv = ("ROLE",)
FOR_THE_REPLY = 0.25
"""Of the time for a call, what must be left when it is sent: what is sent too late ends as Unknown, what is not sent as
Refused."""

GONE = "its connections were closed: the route was, or the node left it"


class Endpoint:
    """A node, with at most `connections` connections. `greeting`: commands that each new connection begins with
    (READONLY at a cluster's replica). All methods belong to the loop that first used it."""

    def __init__(
        self,
        address: Address,
        access: Access | None = None,
        *,
        seconds: float = 1.0,
        connections: int = CONNECTIONS,
        greeting: Sequence[Argv] = (),
        name: str = NAME,
        must_be: Role | None = None,
    ) -> None:
        self.address = address
        self.access = access or Access()
        self.seconds = seconds
        """Deadline for each reply, the wait for a free connection included."""
        self.must_be = must_be
        """What ROLE must say on each new connection; None: anything. After a change, `hang_up`."""
        self.in_flight = 0
        self.requests = self.failures = 0
        self._mean = LatencyMean()
        self._greeting = tuple(greeting)
        self._name = name
        self._idle: list[Client] = []
        self._all: set[Client] = set()
        self._stale: set[Client] = set()
        """At work when we hung up: of no use afterwards."""
        self._room = asyncio.Semaphore(connections)
        self._closed = False
        self._checker: Client | None = None
        self._checking = asyncio.Lock()

    @property
    def connections(self) -> int:
        return len(self._all)

    @property
    def latency_ms(self) -> float | None:
        """A mean of its replies that forgets; None: it never answered."""
        return self._mean.value

    async def ask(self, *argv: str, seconds: float | None = None) -> Any:
        """One command, one reply, sent at most once. Raises Refused and Unknown."""
        reply = (await self.burst((argv,), seconds=seconds))[0]
        if isinstance(reply, Refused | Unknown):
            raise reply
        return reply

    async def burst(self, argvs: Sequence[Argv], *, seconds: float | None = None) -> list[Any]:
        """Commands in one write: for each its reply, or the Refused or Unknown that it ended in."""
        limit = self.seconds if seconds is None else seconds
        self.in_flight += 1
        try:
            await ready()
            replies = await self._in_turn(argvs, limit)
        finally:
            self.in_flight -= 1
        self._account(replies)
        return replies

    async def _in_turn(self, argvs: Sequence[Argv], limit: float) -> list[Any]:
        deadline = time.monotonic() + limit
        ready_by = deadline - limit * FOR_THE_REPLY
        try:
            async with asyncio.timeout(ready_by - time.monotonic()):
                await self._room.acquire()
        except TimeoutError:
            return [Refused("connect", f"no connection was free in time ({limit:g} s)", self.address)] * len(argvs)
        try:
            return await self._exchange(argvs, ready_by, deadline)
        finally:
            self._room.release()

    async def _exchange(self, argvs: Sequence[Argv], ready_by: float, deadline: float) -> list[Any]:
        client: Client | None = None
        try:
            client = await self._client(ready_by)
            replies = await self._timed(client, argvs, deadline)
        except ClientRefused as error:
            if client is not None:
                await self._drop(client)
            return [self._not_connected(error)] * len(argvs)
        except Refused as error:
            return [error] * len(argvs)
        except BaseException:
            if client is not None:
                await self._drop(client)
            raise
        if isinstance(replies[-1], ClientLost) or client in self._stale:
            await self._drop(client)
        else:
            self._idle.append(client)
        return [self._in_our_words(reply) for reply in replies]

    async def _timed(self, client: Client, argvs: Sequence[Argv], deadline: float) -> list[Any]:
        """The exchange itself: neither connecting nor waiting for a connection is the node's latency. That it let us
        wait in vain counts as that long, at least."""
        began = time.perf_counter()
        replies = await client.burst(argvs, left(deadline))
        last = replies[-1]
        if not isinstance(last, ClientLost) or not last.ended:
            self._mean.take((time.perf_counter() - began) * 1000)
        return replies

    async def _client(self, deadline: float) -> Client:
        """A connection that is free and still open, or a new one that has said its greeting."""
        while self._idle:
            client = self._idle.pop()
            if client.is_quiet:
                return client
            await self._drop(client)
        if self._closed:
            raise Refused("connect", GONE, self.address)
        client = self._new(self._name)
        self._all.add(client)
        try:
            await client.open(left(deadline))
            await self._greet(client, left(deadline))
            if time.monotonic() > deadline:
                raise ClientRefused("cannot connect: it took too long")
        except BaseException:
            await self._drop(client)
            raise
        return client

    def _new(self, name: str) -> Client:
        dial = self.access.reachable.get(self.address, self.address)
        return Client(dial, self.access.data, self.access.tls, name)

    async def _greet(self, client: Client, seconds: float) -> None:
        """Raises ClientRefused, and Refused where the node is not what it must be."""
        argvs = [*self._greeting, *([ROLE] if self.must_be else [])]
        if not argvs:
            return
        replies = await client.burst(argvs, seconds)
        wrong = next((reply for reply in replies if isinstance(reply, ClientRefused | ClientLost)), None)
        if wrong is not None:
            raise ClientRefused(str(wrong))
        if self.must_be and (role := role_in(replies[-1])) != self.must_be:
            raise Refused("READONLY", f"it is no {self.must_be}: its ROLE says {role}", self.address)

    def _not_connected(self, error: ClientRefused) -> Refused:
        """Of kind `connect`, except where the node was reached and said no to who we are: nobody else would say yes."""
        said = kind_of(str(error).removeprefix("cannot connect: "))
        return Refused(said if CURES.get(said) == "never" else "connect", str(error), self.address)

    def _in_our_words(self, reply: Any) -> Any:
        if isinstance(reply, ClientRefused):
            return Refused(kind_of(str(reply)), str(reply), self.address)
        if isinstance(reply, ClientLost):
            return Unknown("closed" if reply.ended else "timeout", str(reply), self.address)
        return reply

    def _account(self, replies: Sequence[Any]) -> None:
        """A redirection is an answer: the node is well."""
        bad = sum(
            isinstance(reply, Unknown) or (isinstance(reply, Refused) and reply.cure != "redirect") for reply in replies
        )
        self.requests += len(replies)
        self.failures += bad

    async def check(self, *argvs: Argv, seconds: float = 1.0) -> list[Any]:
        """A health check, on a connection of its own, so that it waits for nobody; in no statistics.

        For each command its reply, Refused or Unknown. It measures the latency of a node that is idle.
        """
        if self._closed:
            return [Refused("connect", GONE, self.address)] * len(argvs)
        client = self._checker = self._checker or self._new(f"{self._name}-check")
        await ready()
        async with self._checking:
            deadline = time.monotonic() + seconds
            try:
                await client.open(left(deadline))
                began = time.perf_counter()
                replies = await client.burst(argvs, left(deadline))
            except ClientRefused as error:
                return [self._not_connected(error)] * len(argvs)
        if not self.in_flight and not isinstance(replies[-1], ClientLost):
            self._mean.take_if_idle((time.perf_counter() - began) * 1000)
        return [self._in_our_words(reply) for reply in replies]

    async def _drop(self, client: Client) -> None:
        self._all.discard(client)
        self._stale.discard(client)
        await client.close()

    def reset(self) -> None:
        """Begins counting anew; what is in flight stays, and so does the mean latency."""
        self.requests = self.failures = 0

    async def hang_up(self) -> None:
        """After a change of roles no old connection is used again: idle ones end now, those at work once they have
        their reply."""
        idle, self._idle = self._idle, []
        self._stale |= self._all.difference(idle)
        for client in idle:
            await self._drop(client)

    async def close(self) -> None:
        """For good: what is under way ends as Unknown, and what comes later is refused."""
        self._closed = True
        for client in list(self._all):
            await self._drop(client)
        self._idle.clear()
        if self._checker is not None:
            await self._checker.close()


def left(deadline: float) -> float:
    """Seconds until then (time.monotonic); a little in any case, so that what is ready now is still taken."""
    return max(0.01, round(deadline - time.monotonic(), 2))


def role_in(reply: Any) -> str:
    """What a reply to ROLE says: primary, replica, sentinel, or `something else`."""
    try:
        return read_role(reply).role
    except BadReply:
        return "something else"
