"""A group that nobody watches, as a pure model: what its servers answer, and what they do as time goes by.

A server's data are the list of writes it holds. A client writes all the time at every node that takes writes; the model
remembers which writes were acknowledged, and the moments at which more than one node took them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from redistui.net.client import ClientLost, ClientRefused
from tests.ops.clock import Clock

P, R1, R2, X = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379", "10.0.0.9:6379"
FENCED = 10_000
BYTES = 10
"""Of one write in the replication stream."""


@dataclass
class Server:
    """One data server."""

    role: str
    follows: str | None = None
    log: list[int] = field(default_factory=list)
    history: tuple[str, ...] = ("a",)
    """Its replication id, and the ones it comes from, the newest first."""
    left: int = -1
    """Its first offset that is not of the history before (`second_repl_offset`)."""
    alive: bool = True
    hung: bool = False
    slow: bool = False
    """Gets what it follows, but not the newest writes."""
    options: dict[str, str] = field(default_factory=dict)
    paused_until: float = 0.0
    full_syncs: int = 0
    waiting: list[tuple[str, ...]] = field(default_factory=list)
    """What was sent to it while it hung: it is run when it wakes up."""
    failover: tuple[str, float, float] | None = None
    """Target, beginning and timeout in seconds, of a FAILOVER that goes on."""

    @property
    def answers(self) -> bool:
        return self.alive and not self.hung


@dataclass
class PlainWorld(Clock):
    """The group at one moment."""

    now: float = 1000.0
    servers: dict[str, Server] = field(default_factory=dict)
    acked: set[int] = field(default_factory=set)
    executed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    two_writable: list[float] = field(default_factory=list)
    plans: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    stranger: bool = False
    """There is one more server, with data of its own."""
    copies: dict[str, list[int]] = field(default_factory=dict)
    """By the file: whole copies of what a server held, which lie on the console's machine."""

    def __post_init__(self) -> None:
        before = list(range(20))
        self.acked.update(before)
        if not self.servers:
            self.servers = {P: Server("primary", log=[*before])}
            self.servers |= {each: Server("replica", P, [*before]) for each in (R1, R2)}
        if self.stranger:
            self.servers[X] = Server("primary", log=[-1, -2], history=("x",))

    # -- time -----------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        self._wake()
        self._writers()
        for address, server in self.servers.items():
            self._failover(address, server)
        for server in self.servers.values():
            self._replicate(server)

    def writable(self) -> list[str]:
        """Of the group: a stranger's writes are its own affair until it has been attached."""
        return [a for a, s in self.servers.items() if self._takes_writes(s) and "a" in s.history]

    def _takes_writes(self, server: Server) -> bool:
        fenced = int(server.options.get("min-replicas-to-write", "0")) >= FENCED
        held = self.now < server.paused_until or server.failover is not None
        return server.answers and server.role == "primary" and not fenced and not held

    def _wake(self) -> None:
        for address, server in self.servers.items():
            while server.answers and server.waiting:
                with suppress(ClientRefused):
                    self._change(address, server, server.waiting.pop(0))

    def _writers(self) -> None:
        writable = self.writable()
        if len(writable) > 1:
            self.two_writable.append(self.now)
        for address in writable:
            number = len(self.acked) + 1000
            self.acked.add(number)
            self.servers[address].log.append(number)

    def linked(self, server: Server) -> bool:
        """Its link is up: whom it follows answers, and is a primary, or has its own link up."""
        seen: list[Server] = []
        while server.role == "replica":
            up = self.servers.get(server.follows or "")
            if up is None or not up.answers or server in seen:
                return False
            seen.append(server)
            server = up
        return True

    def _replicate(self, server: Server) -> None:
        if server.role != "replica" or not server.answers or not self.linked(server):
            return
        up = self.servers[server.follows or ""]
        if len(up.log) == len(server.log) and up.history == server.history:
            return
        if up.log[: len(server.log)] != server.log:
            server.full_syncs += 1
            server.log = []
        server.log = list(up.log[:-2] if server.slow and len(up.log) > 2 else up.log)
        server.history, server.left = up.history, up.left

    def _failover(self, address: str, server: Server) -> None:
        """Acknowledged after 0.3 s; then the old one follows, and the new one is promoted."""
        if server.failover is None:
            return
        to, begun, timeout = server.failover
        target = self.servers[to]
        if server.role == "primary":
            if self.now - begun > timeout:
                server.failover = None
            elif self.now - begun > 0.3 and target.answers and target.log == server.log:
                server.role, server.follows = "replica", to
        elif target.answers and server.answers:
            self._promote(target)
            server.failover = None

    def _promote(self, server: Server) -> None:
        if server.role == "replica":
            new = f"{server.history[0]}{len(self.executed)}"
            server.role, server.follows, server.history = "primary", None, (new, *server.history)
            server.left = len(server.log) * BYTES + 1

    # -- answering ------------------------------------------------------------------------------------------------

    def ask(self, node: str, argv: tuple[str, ...]) -> Any:
        server = self.servers[node]
        if not server.alive:
            raise ClientRefused("cannot connect: connection refused")
        if server.hung:
            if argv[:2] not in (("CONFIG", "GET"), ("CLIENT", "LIST")) and argv[0] not in ("ROLE", "INFO"):
                server.waiting.append(argv)
            self.pass_time(1.0, tick=0.05)
            raise ClientLost("no answer within 1 s", ended=False)
        match argv:
            case ("PING",):
                return b"PONG"
            case ("ROLE",):
                return self._role(server)
            case ("INFO", _):
                return self._info(server)
            case ("CONFIG", "GET", name):
                default = {"min-replicas-to-write": "0", "min-replicas-max-lag": "10"}.get(name, "")
                return [name.encode(), server.options.get(name, default).encode()]
            case ("CLIENT", "LIST", *_):
                return b"id=3 addr=10.0.0.99:5 name=redistui db=0\n"
        return self._change(node, server, argv)

    def _role(self, server: Server) -> list[Any]:
        offset = len(server.log) * BYTES
        if server.role == "primary":
            return [b"master", offset, []]
        host, _, port = (server.follows or "").rpartition(":")
        return [b"slave", host.encode(), int(port), b"connected" if self.linked(server) else b"connect", offset]

    def _info(self, server: Server) -> bytes:
        waiting = "failover-in-progress" if server.role == "replica" else "waiting-for-sync"
        below = [a for a, s in self.servers.items() if server is self.servers.get(s.follows or "")]
        replicas = [
            f"slave{n}:ip={a.rpartition(':')[0]},port={a.rpartition(':')[2]},state=online,offset=1,lag=0"
            for n, a in enumerate(below)
            if self.linked(self.servers[a])
        ]
        host, _, port = (server.follows or "").rpartition(":")
        above = [f"master_host:{host}", f"master_port:{port}"] if server.role == "replica" else []
        lines = [
            f"role:{'master' if server.role == 'primary' else 'slave'}",
            *above,
            f"slave_repl_offset:{len(server.log) * BYTES}",
            *replicas,
            f"master_failover_state:{waiting if server.failover is not None else 'no-failover'}",
            f"master_replid:{server.history[0]}",
            f"master_replid2:{server.history[1] if len(server.history) > 1 else '0' * 40}",
            f"master_repl_offset:{len(server.log) * BYTES}",
            f"second_repl_offset:{server.left}",
            f"sync_full:{sum(self.servers[a].full_syncs for a in below)}",
        ]
        return "\r\n".join(lines).encode()

    def _change(self, node: str, server: Server, argv: tuple[str, ...]) -> Any:
        self.executed.append((node, argv))
        match argv:
            case ("CONFIG", "SET", name, value):
                server.options[name] = value
            case ("CLIENT", "PAUSE", ms, "WRITE"):
                server.paused_until = max(server.paused_until, self.now + int(ms) / 1000)
            case ("CLIENT", "UNPAUSE"):
                server.paused_until = 0.0
            case ("CLIENT", "KILL", "TYPE", _):
                return 3
            case ("CONFIG", "REWRITE"):
                pass
            case ("REPLICAOF", "NO", "ONE"):
                self._promote(server)
            case ("REPLICAOF", host, port):
                server.role, server.follows = "replica", f"{host}:{port}"
            case ("FAILOVER", "TO", host, port, "TIMEOUT", ms):
                if server.failover is not None:
                    raise ClientRefused("ERR FAILOVER already in progress.")
                if server.role != "primary":
                    raise ClientRefused("ERR FAILOVER is not valid when server is a replica.")
                server.failover = (f"{host}:{port}", self.now, int(ms) / 1000)
            case _:
                raise ClientRefused(f"ERR unknown command {argv[0]}")
        return b"OK"

    # -- what tests look at ---------------------------------------------------------------------------------------

    def fenced(self) -> list[str]:
        wide = {a for a, s in self.servers.items() if int(s.options.get("min-replicas-to-write", "0")) >= FENCED}
        return sorted(wide | {a for a, s in self.servers.items() if self.now < s.paused_until})

    def roles(self) -> dict[str, str]:
        return {address: server.role for address, server in self.servers.items()}

    def primaries(self) -> list[str]:
        return [address for address, server in self.servers.items() if server.role == "primary" and server.alive]

    def lost(self, at: str) -> set[int]:
        """Acknowledged writes that a node does not have."""
        return self.acked - set(self.servers[at].log)
