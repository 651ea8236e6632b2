"""SideWire: one more connection to a server, for questions that are too long for a poll.

It logs in as whoever watches, on the poll's own lean wire, and is closed as soon as its owner has asked all. Its
questions wait for nobody: a server that is silent beyond its deadline loses the connection, and is not asked again by
itself.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Any

import hiredis

from redistui.engine.rounds import greeting
from redistui.model import Access, Address
from redistui.net.faults import WireFault, cut_short, fault_of_error
from redistui.net.tls import context_of
from redistui.net.watch import Wire, dial
from redistui.replies.errors import needs_no_password

CONNECT_SECONDS = 2.0


class SideWire:
    """One connection to a data node. One question at a time; raises WireFault."""

    def __init__(self, address: Address, access: Access) -> None:
        self.address = address
        self._access = access
        self._wire: Wire | None = None
        self._due: asyncio.Future[list[Any]] | None = None

    async def open(self) -> None:
        """Connects, logs in and says who we are (CLIENT SETNAME redistui); does nothing when that was done."""
        if self._wire is not None and self._wire.ended is None:
            return
        address = self._access.reachable.get(self.address, self.address)
        try:
            self._wire = await dial(address, context_of(self._access.tls), lambda: Wire(self), CONNECT_SECONDS)
        except (OSError, ssl.SSLError) as error:
            raise WireFault("tls", f"certificate files cannot be used: {error.strerror or error}") from None
        hello = greeting(self._access.data)
        said = dict(zip(hello.names, await self.ask(hello.payload, len(hello.names)), strict=True))
        auth = said.get("auth")
        if isinstance(auth, hiredis.ReplyError) and not needs_no_password(str(auth)):
            self.close()
            raise fault_of_error(str(auth))

    async def ask(self, payload: bytes, count: int, seconds: float = CONNECT_SECONDS) -> list[Any]:
        """Sends commands whose answer is `count` replies; error replies stand in their places."""
        if self._wire is None or self._wire.ended is not None:
            raise (self._wire and self._wire.ended) or cut_short(self._access.tls)
        self._due = asyncio.get_running_loop().create_future()
        self._wire.ask(payload, count)
        try:
            async with asyncio.timeout(seconds):
                return await self._due
        except TimeoutError:
            self.close()
            raise WireFault("hung", f"connected, but silent for over {seconds:g} s") from None
        except asyncio.CancelledError:  # an answer is still to come, and would be taken for the next question's
            self.close()
            raise
        finally:
            self._due = None

    def close(self) -> None:
        """Ends the connection; `open` makes a new one."""
        wire, self._wire = self._wire, None
        if wire is not None:
            wire.close()

    def answered(self, wire: Wire, replies: list[Any]) -> None:
        if wire is self._wire and self._due is not None and not self._due.done():
            self._due.set_result(replies)

    def lost(self, wire: Wire, why: WireFault) -> None:
        if self._due is not None and not self._due.done():
            self._due.set_exception(why)
