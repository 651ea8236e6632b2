"""Volleys: bursts of mutating commands, over one held connection per node and operation.

Nothing is ever sent twice. Where a connection is cut while replies are missing, what was sent may still stand in the
server's buffers and run later. So the next burst goes to that node only when its CLIENT LIST shows that the server has
no connection of ours left but the one that asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from redistui.engine.reach import Reach
from redistui.model import Address
from redistui.net.client import Client
from redistui.ops.steps import Argv, Lost, Refused, Reply

GONE_SECONDS = 10.0
"""For so long a server is given to be done with a connection that was cut."""
EVERY = 0.1
NOBODY_THERE = "connection refused"
"""How an attempt to connect ends where no server runs: there is nothing to wait for."""


class NotSent(Exception):
    """Nothing of the burst went out; a sentence says why."""


@dataclass
class _Held:
    """The connection to one node."""

    client: Client
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    doubtful: bool = False
    """It was cut with replies missing, and nobody has seen since that the server is done with it."""


class Volleys:
    """The held connections of one operation."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._held: dict[Address, _Held] = {}

    async def close(self) -> None:
        for held in self._held.values():
            await held.client.close()

    async def send(self, node: Address, argvs: Sequence[Argv], seconds: float) -> list[Reply]:
        """What became of each command: its reply, Refused, or Lost. Raises NotSent."""
        try:
            held = self._held.get(node) or self._held.setdefault(node, _Held(self._reach.client(node)))
            async with held.turn:
                if held.doubtful:
                    await self._wait_until_gone(node)
                    held.doubtful = False
                return await self._exchange(node, held, argvs, seconds)
        except Refused as error:
            raise NotSent(str(error)) from None

    async def _exchange(self, node: Address, held: _Held, argvs: Sequence[Argv], seconds: float) -> list[Reply]:
        held.doubtful = True  # also when we are cancelled in the middle
        try:
            replies = await self._reach.each_told(node, lambda: held.client.burst(argvs, seconds))
        except Refused:
            held.doubtful = False
            raise
        held.doubtful = any(isinstance(reply, Lost) for reply in replies)
        return replies

    async def _wait_until_gone(self, node: Address) -> None:
        """Raises Refused where it cannot be seen."""
        until = self._reach.now() + GONE_SECONDS
        said = ""
        while self._reach.now() < until:
            try:
                reply = await self._reach.read(
                    node, ("CLIENT", "LIST"), max(EVERY, min(2.0, until - self._reach.now()))
                )
                ours = count_of(reply, self._reach.name)
                if ours == 1:  # the one that asks
                    return
                said = "it does not list our own" if ours == 0 else f"it lists {ours - 1} of ours still"
            except (Refused, Lost) as error:
                said = str(error)
                if said.endswith(NOBODY_THERE):
                    break
            await self._reach.rest(EVERY)
        raise Refused(
            f"not sent: the connection to {node} was cut before, and whether the server is done with it cannot be "
            f"seen: {said}"
        )


def count_of(reply: object, name: str) -> int:
    """Connections of a name in a CLIENT LIST.

    >>> count_of(b"id=3 name=redistui-ops:1f db=0\\nid=4 name=redistui-ops:2e db=0", "redistui-ops:1f")
    1
    """
    text = reply if isinstance(reply, bytes) else b""
    return text.split().count(f"name={name}".encode())
