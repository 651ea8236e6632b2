"""A driver among imagined servers that only remember what they were sent; for bursts, and scripts side by side."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redistui.engine.driver import Driver
from redistui.engine.journal import JournalError, Line
from redistui.model import Access, Address
from redistui.net.client import ClientLost, ClientRefused
from redistui.ops.steps import Argv, Script, Step

A, B = "10.0.0.1:7001", "10.0.0.2:7002"


@dataclass
class Server:
    """What one server was sent, and how it answers."""

    executed: list[Argv] = field(default_factory=list)
    answer: Callable[[Argv], Any] = lambda argv: b"OK"
    """An exception is the outcome: ClientLost cuts the burst there, though the server runs it."""
    lingering: int = 0
    """Of connections of ours that were cut: so often does CLIENT LIST show one more."""
    unnamed: bool = False
    """It lets nobody give his connection a name."""
    down: bool = False
    bursts: list[int] = field(default_factory=list)


@dataclass
class FakeClient:
    """A connection to a Server."""

    server: Server
    name: str

    async def ask(self, argv: Argv, seconds: float) -> Any:
        reply = (await self.burst((argv,), seconds))[0]
        if isinstance(reply, ClientRefused | ClientLost):
            raise reply
        return reply

    async def burst(self, argvs: Sequence[Argv], seconds: float) -> list[Any]:
        await asyncio.sleep(0)
        if self.server.down:
            raise ClientRefused("cannot connect: connection refused")
        if argvs == [("CLIENT", "LIST")] or argvs == (("CLIENT", "LIST"),):
            return [self._listed()]
        self.server.bursts.append(len(argvs))
        replies: list[Any] = []
        for argv in argvs:
            self.server.executed.append(tuple(argv))
            replies.append(self.server.answer(tuple(argv)))
        lost = next((at for at, reply in enumerate(replies) if isinstance(reply, ClientLost)), len(replies))
        return replies[:lost] + [ClientLost("the connection ended", ended=True)] * (len(replies) - lost)

    async def close(self) -> None:
        """Nothing is open."""

    def _listed(self) -> bytes:
        ours = 0 if self.server.unnamed else 1 + bool(self.server.lingering)
        self.server.lingering = max(0, self.server.lingering - 1)
        return b"\n".join([b"id=1 name=somebody"] + [f"id=2 name={self.name}".encode()] * ours)


@dataclass
class Stage:
    """A driver, its servers, and its journal."""

    servers: dict[Address, Server] = field(default_factory=lambda: {A: Server(), B: Server()})
    lines: list[Line] = field(default_factory=list)
    writes: list[int] = field(default_factory=list)
    """How many lines went to disk at once."""
    full: bool = False
    """The journal cannot be written."""
    access: Access = field(default_factory=Access)

    def __post_init__(self) -> None:
        self.driver = StageDriver(self)

    async def write(self, lines: Sequence[Line]) -> None:
        if self.full:
            raise JournalError("no space left on device")
        self.lines += lines
        self.writes.append(len(lines))

    async def drive(self, script: Callable[[], Script], *commands: Argv, heeds: bool = False, **more: Any) -> str:
        sort = Heeding if heeds else Scripted
        said = await self.driver.drive(sort(None, script, commands), 1, **more)
        await self.driver.stands(1, "passed", said)
        return said

    def mutations(self, node: Address = A) -> list[Argv]:
        return self.servers[node].executed


class StageDriver(Driver):
    """The driver with such servers in place of the network, and a clock that only rests move."""

    def __init__(self, stage: Stage) -> None:
        super().__init__(_House(stage), "0badcafe", frozenset(), stage.write)  # type: ignore[arg-type]
        self.stage, self.time = stage, 0.0

    def _client(self, node: Address) -> Any:
        self._login(node)
        return FakeClient(self.stage.servers[node], self.name)

    async def rest(self, seconds: float) -> None:
        self.time += seconds

    def _now(self) -> float:
        self.time += 0.001
        return self.time


@dataclass
class _House:
    stage: Stage

    def access_of(self, address: Address) -> Access:
        return self.stage.access

    @property
    def logins(self) -> Any:
        return self.stage

    def dial_of(self, address: Address) -> Address:
        return address


@dataclass(frozen=True)
class Scripted(Step):
    """A step made of any script."""

    node: None
    made: Callable[[], Script]
    shown: tuple[Argv, ...]
    rereads = True

    @property
    def text(self) -> str:
        return "Do as the test says"

    def commands(self) -> tuple[Argv, ...]:
        return self.shown

    def script(self) -> Script:
        return self.made()


@dataclass(frozen=True)
class Heeding(Scripted):
    """One that ends by itself."""

    heeds = True
