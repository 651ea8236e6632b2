"""One command of a cluster client on its way: from the node that the map names to the one that answers.

What a server refused changed nothing, so it may be sent where the refusal points, or again after a pause, until the
call's time is up. What went out and was not answered ends a write at once; a read is asked once more, of another node.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from redistui.model import Address
from redistui.model.routes import Answer
from redistui.route.cluster.map import read_redirect
from redistui.route.endpoint import Argv, Endpoint
from redistui.route.failures import Refused, RouteFailed, Unknown
from redistui.route.retries import Own, wait_before

HOPS = 5
"""MOVED and ASK that are followed one after the other: more is a circle. A pause begins anew."""


class Places(Protocol):
    """What a trip asks the client for."""

    def place(self, slot: int | None, reading: bool, without: frozenset[Address]) -> tuple[Endpoint, str]:
        """Who is to be asked, and if that is not the strategy's choice, why not. Raises Refused: nobody."""

    def primary(self, node: Address) -> Endpoint: ...

    def moved(self, slot: int, node: Address) -> None:
        """The slot is at this node from now on."""

    async def learn(self) -> None:
        """Asks for the map anew; raises Refused where nobody has one."""

    def may_retry(self, own: Own | None) -> bool:
        """Whether there is room for one more try, which is then counted: retries stay a small part of all calls. `own`:
        what is left to the call of many that it belongs to; None: it belongs to none."""

    def redirected(self) -> None:
        """One MOVED, ASK or TRYAGAIN is followed."""

    def failed(self, error: RouteFailed) -> None:
        """One try failed; a redirection that is followed is none."""


class Trip:
    """`slot` None: any node will do. `patience`: seconds from now, after which nothing is tried again. `own`: repeats
    that it shares with the other commands of one call; None: it is a call by itself."""

    def __init__(
        self,
        places: Places,
        argv: Argv,
        slot: int | None,
        *,
        reading: bool,
        patience: float,
        own: Own | None = None,
    ) -> None:
        self._places = places
        self._argv = argv
        self._slot = slot
        self._reading = reading
        self._own = own
        self._until = time.monotonic() + patience
        self.began = time.perf_counter()
        self.tried: list[Address] = []
        self.redirections = 0
        self._hops = self._pauses = self._lost = 0
        self._avoided: set[Address] = set()
        self.fallback = ""
        self._next: Callable[[], Endpoint] = self._by_map
        self._asking = False

    async def run(self, failed: RouteFailed | None = None) -> Answer:
        """Goes on until there is an answer. `failed`: how it ended already, where it was sent in a burst with others.
        Raises Refused and Unknown."""
        while True:
            if failed is not None:
                await self._after(failed)
            try:
                endpoint = self._next()
                value = await self._ask(endpoint)
            except RouteFailed as error:
                failed = error
            else:
                return self.answer(value, endpoint.address)

    def answer(self, value: object, node: Address) -> Answer:
        ms = (time.perf_counter() - self.began) * 1000
        return Answer(value, node, ms, tuple(self.tried), self.fallback, self.redirections)

    async def _ask(self, endpoint: Endpoint) -> object:
        if not self._asking:
            return await endpoint.ask(*self._argv)
        _, reply = await endpoint.burst((("ASKING",), self._argv))
        if isinstance(reply, RouteFailed):
            raise reply
        return reply

    def _by_map(self) -> Endpoint:
        endpoint, self.fallback = self._places.place(self._slot, self._reading, frozenset(self._avoided))
        return endpoint

    async def _after(self, failed: RouteFailed) -> None:
        """Says where to go next, or raises: it is over."""
        if failed.node is not None and (not self.tried or self.tried[-1] != failed.node):
            self.tried.append(failed.node)
        self._next, self._asking = self._by_map, False
        redirect = read_redirect(failed.text, failed.node or "") if isinstance(failed, Refused) else None
        if redirect is not None:
            self._redirected(failed, redirect.slot, redirect.node)
        elif failed.kind == "TRYAGAIN":
            await self._until_moved(failed)
        else:
            self._places.failed(failed)
            if isinstance(failed, Unknown):
                self._after_silence(failed)
            elif isinstance(failed, Refused) and failed.cure in ("later", "elsewhere"):
                await self._again(failed)
            else:
                raise failed

    def _redirected(self, failed: RouteFailed, slot: int, node: Address) -> None:
        if self._hops == HOPS:
            text = f"sent from node to node {HOPS} times, last by {failed.text}: the nodes do not agree who serves it"
            self._places.failed(failed)
            raise Refused(failed.kind, text, failed.node) from failed
        self._hops += 1
        self._followed()
        self._asking = failed.kind == "ASK"
        if not self._asking:
            self._places.moved(slot, node)
        self._next = lambda: self._places.primary(node)

    def _after_silence(self, failed: Unknown) -> None:
        """It may have run: a read is asked once more, of another node where there is one."""
        self._lost += 1
        if not self._reading or self._lost > 1 or not self._may_retry():
            raise failed
        if failed.node is not None:
            self._avoided.add(failed.node)

    async def _until_moved(self, failed: RouteFailed) -> None:
        """Keys of one slot lie at two nodes for a moment, while the slot moves."""
        if not self._has_time():
            self._places.failed(failed)
            raise failed
        self._followed()
        await self._pause()

    async def _again(self, failed: Refused) -> None:
        """It changed nothing: another node, or the same one after a pause."""
        if not self._may_retry():
            raise failed
        node = failed.node
        if self._reading and failed.cure == "elsewhere" and node is not None and node not in self._avoided:
            self._avoided.add(node)
            return
        await self._pause()
        await self._learn()

    def _followed(self) -> None:
        self.redirections += 1
        self._places.redirected()

    def _has_time(self) -> bool:
        return time.monotonic() < self._until

    def _may_retry(self) -> bool:
        return self._has_time() and self._places.may_retry(self._own)

    async def _pause(self) -> None:
        self._hops = 0
        self._avoided.clear()
        seconds = wait_before(self._pauses)
        self._pauses += 1
        await asyncio.sleep(max(0.0, min(seconds, self._until - time.monotonic())))

    async def _learn(self) -> None:
        try:
            async with asyncio.timeout(max(0.001, self._until - time.monotonic())):
                await self._places.learn()
        except (Refused, TimeoutError):
            return  # the old map is all there is
