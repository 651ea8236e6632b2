"""Nodes of a cluster that answer as a test tells them to, and remember what they were sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from redistui.model import Address
from redistui.route.cluster.follow import Trip
from redistui.route.endpoint import Argv
from redistui.route.failures import Refused, RouteFailed, Unknown, kind_of
from redistui.route.retries import Own

A, B, C = "10.0.0.1:7001", "10.0.0.2:7002", "10.0.0.3:7003"
TIMEOUT = Unknown("timeout", "no answer within 1 s")


@dataclass(eq=False)
class Node:
    """`says`: one after the other for each command, the last for ever. Text is an error reply; an Unknown is no reply;
    anything else is one."""

    address: Address
    says: list[Any] = field(default_factory=lambda: [b"OK"])
    sent: list[Argv] = field(default_factory=list)

    async def ask(self, *argv: str, seconds: float | None = None) -> Any:
        (reply,) = await self.burst([argv])
        if isinstance(reply, RouteFailed):
            raise reply
        return reply

    async def burst(self, argvs: Sequence[Argv], *, seconds: float | None = None) -> list[Any]:
        return [self._reply(argv) for argv in argvs]

    def _reply(self, argv: Argv) -> Any:
        self.sent.append(argv)
        if argv == ("ASKING",):
            return b"OK"
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if callable(said):
            said = said(argv)
        if isinstance(said, str):
            return Refused(kind_of(said), said, self.address)
        return Unknown(said.kind, said.text, self.address) if isinstance(said, Unknown) else said


@dataclass
class World:
    """A primary A, with B and C as its replicas, or as primaries that redirections name."""

    nodes: dict[Address, Node] = field(default_factory=lambda: {name: Node(name) for name in (A, B, C)})
    replicas: tuple[Address, ...] = ()
    owner: Address = A
    learnt: int = 0
    on_learn: Callable[[], None] = lambda: None
    retries: int = 100
    redirections: int = 0
    errors: list[RouteFailed] = field(default_factory=list)

    def place(self, slot: int | None, reading: bool, without: frozenset[Address]) -> tuple[Any, str]:
        fit = [name for name in self.replicas if reading and name not in without]
        return self.nodes[fit[0] if fit else self.owner], "not the first" if reading and without else ""

    def primary(self, node: Address) -> Any:
        return self.nodes[node]

    def moved(self, slot: int, node: Address) -> None:
        self.owner = node

    async def learn(self) -> None:
        self.learnt += 1
        self.on_learn()

    def may_retry(self, own: Own | None) -> bool:
        self.retries -= 1
        return self.retries >= 0

    def redirected(self) -> None:
        self.redirections += 1

    def failed(self, error: RouteFailed) -> None:
        self.errors.append(error)

    def trip(self, *argv: str, reading: bool = False, patience: float = 30.0, slot: int = 7) -> Trip:
        return Trip(self, argv, slot, reading=reading, patience=patience)
