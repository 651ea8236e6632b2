"""A Sentinel group as a pure model: what its servers answer, and what its Sentinels do by themselves as time goes by.

Only what a failover rests on, with the times that real servers were seen to take. Two clients write all the time, at
every node that lets them; the model remembers the moments at which more than one node did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from redistui.net.client import ClientLost, ClientRefused
from tests.ops.clock import Clock

P, R1, R2 = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"
SENTINELS = ("10.0.0.7:26379", "10.0.0.8:26379", "10.0.0.9:26379")
FENCED = 10_000
OPTIONS = {"quorum": 2, "down-after-milliseconds": 30_000, "failover-timeout": 10_000, "parallel-syncs": 1}
INFO_SECONDS = 10.0
"""How often a Sentinel looks at the priorities."""
UNBLOCKED = 0.03
"""Seconds from the end of a pause until a Sentinel's own commands get through: longer than a client's writes take."""


@dataclass
class Server:
    """One data server."""

    role: str
    follows: str | None = None
    offset: int = 1000
    alive: bool = True
    hung: bool = False
    min_replicas: int = 1
    paused_until: float = 0.0
    backlog: int = 0
    """Bytes it has not applied yet; a replica catches up with them little by little."""
    priority: int = 100


@dataclass
class World(Clock):
    """The group at one moment."""

    down_after: float = 30.0
    failover_timeout: float = 10.0
    now: float = 1000.0
    servers: dict[str, Server] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=lambda: dict.fromkeys(SENTINELS, P))
    epoch: dict[str, int] = field(default_factory=lambda: dict.fromkeys(SENTINELS, 3))
    ordered_at: float | None = None
    promoted_at: float | None = None
    chosen: str = R1
    """Whom the Sentinels take where priorities do not say otherwise."""
    gone: set[str] = field(default_factory=set)
    """Sentinels that are dead."""
    busy: bool = False
    coordinated: bool = False
    executed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    two_writable: list[float] = field(default_factory=list)
    plans: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.servers = self.servers or {P: Server("primary"), R1: Server("replica", P), R2: Server("replica", P)}
        self.seen: dict[str, dict[str, int]] = {each: self._priorities() for each in SENTINELS}
        """The priorities each Sentinel knows of."""
        self.options: dict[str, dict[str, int]] = {each: dict(OPTIONS) for each in SENTINELS}
        self.known: dict[str, set[str]] = {each: self._around(each) for each in SENTINELS}
        """Replicas and other Sentinels that each knows."""
        self.looked = {each: self.now - number * 3.0 for number, each in enumerate(SENTINELS)}

    def _around(self, sentinel: str) -> set[str]:
        """Everybody that lives."""
        alive = {each for each in (R1, R2) if self.servers[each].alive}
        return alive | ({*SENTINELS} - {sentinel} - self.gone)

    def _find_again(self, sentinel: str) -> None:
        if self.servers[P].alive and not self.servers[P].hung:
            self.known[sentinel] |= self._around(sentinel)

    def _priorities(self) -> dict[str, int]:
        return {address: server.priority for address, server in self.servers.items()}

    # -- time -----------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        self._sentinels()
        self._writers()

    def is_silent(self, address: str) -> bool:
        return not self.servers[address].alive or self.servers[address].hung

    def writable(self) -> list[str]:
        return [a for a, s in self.servers.items() if s.role == "primary" and self._takes_writes(s)]

    def _takes_writes(self, server: Server) -> bool:
        answers = server.alive and not server.hung
        return answers and server.min_replicas < FENCED and self.now >= server.paused_until

    def _writers(self) -> None:
        writable = self.writable()
        if len(writable) > 1:
            self.two_writable.append(self.now)
        for address in writable:
            self.servers[address].offset += 100
        for server in self.servers.values():
            if server.role != "replica" or server.hung or not server.alive:
                continue
            above = self.servers.get(server.follows or "")
            if above is not None and above.alive:
                if above.offset - server.backlog > server.offset:
                    server.offset = above.offset - server.backlog
                if server.backlog:
                    server.backlog = max(0, server.backlog - 500)

    def _sentinels(self) -> None:
        """Promotion 0.2 s after the order; told 0.9 s later by the leader, then by the others; demotion after 10 s."""
        if self.now - min(self.looked.values()) >= INFO_SECONDS:
            for sentinel in SENTINELS:
                if self.now - self.looked[sentinel] >= INFO_SECONDS:
                    self.looked[sentinel], self.seen[sentinel] = self.now, self._priorities()
        if self.ordered_at is None:
            return
        since, new = self.now - self.ordered_at, self.servers[self.chosen]
        if self.promoted_at is None and new.alive and not new.hung and self.busy and since > 0.2:
            new.role, new.follows, self.promoted_at = "primary", None, self.now
            if self.coordinated:
                self.servers[P].role, self.servers[P].follows = "replica", self.chosen
        if self.promoted_at is None:
            self.busy = self.busy and since < self.failover_timeout
            return
        after = self.now - self.promoted_at
        for number, sentinel in enumerate(SENTINELS):
            if after > 0.9 + 0.5 * number:
                self.named[sentinel], self.epoch[sentinel] = self.chosen, 4
        if after > 1.0:
            self.busy = False
            self.servers[R2 if self.chosen == R1 else R1].follows = self.chosen
        old = self.servers[P]
        if (
            after > 10.0
            and old.role == "primary"
            and old.alive
            and not old.hung
            and self.now >= old.paused_until + UNBLOCKED
        ):
            old.role, old.follows = "replica", self.chosen

    # -- answering ------------------------------------------------------------------------------------------------

    def ask(self, node: str, argv: tuple[str, ...]) -> Any:
        if node in SENTINELS:
            return self._sentinel(node, argv)
        server = self.servers[node]
        if not server.alive:
            raise ClientRefused("cannot connect: connection refused")
        if server.hung:
            self.pass_time(1.0)
            raise ClientLost("no answer within 1 s", ended=False)
        return self._data(node, server, argv)

    def _data(self, node: str, server: Server, argv: tuple[str, ...]) -> Any:
        match argv:
            case ("ROLE",):
                if server.role == "primary":
                    return [b"master", server.offset, []]
                host, _, port = (server.follows or "").rpartition(":")
                return [b"slave", host.encode(), int(port), b"connected", server.offset]
            case ("CONFIG", "GET", "min-replicas-to-write"):
                return [b"min-replicas-to-write", str(server.min_replicas).encode()]
            case ("CONFIG", "GET", "min-replicas-max-lag"):
                return [b"min-replicas-max-lag", b"10"]
            case ("CONFIG", "GET", "replica-priority"):
                return [b"replica-priority", str(server.priority).encode()]
        self.executed.append((node, argv))
        match argv:
            case ("CONFIG", "SET", "min-replicas-to-write", value):
                server.min_replicas = int(value)
            case ("CONFIG", "SET", "replica-priority", value):
                server.priority = int(value)
            case ("CLIENT", "PAUSE", ms, "WRITE"):
                server.paused_until = max(server.paused_until, self.now + int(ms) / 1000)
            case ("CLIENT", "UNPAUSE"):
                server.paused_until = 0.0
            case ("CONFIG", "REWRITE"):
                pass
            case ("REPLICAOF", host, port):
                server.role, server.follows = "replica", f"{host}:{port}"
            case ("CLIENT", "KILL", "TYPE", _):
                return 3
            case _:
                raise ClientRefused(f"ERR unknown command {argv[0]}")
        return b"OK"

    def _sentinel(self, node: str, argv: tuple[str, ...]) -> Any:
        host, _, port = self.named[node].rpartition(":")
        if node in self.gone:
            raise ClientRefused("cannot connect: connection refused")
        match argv:
            case ("SENTINEL", "GET-MASTER-ADDR-BY-NAME", "orders"):
                return [host.encode(), port.encode()]
            case ("SENTINEL", "MASTER", "orders"):
                flags = "master,failover_in_progress" if self.busy and node == SENTINELS[0] else "master"
                fields = {"name": "orders", "ip": host, "port": port, "flags": flags, "config-epoch": self.epoch[node]}
                fields |= {**self.options[node], "num-other-sentinels": len(self.known[node] & {*SENTINELS})}
                return [str(word).encode() for pair in fields.items() for word in pair]
            case ("SENTINEL", "REPLICAS", "orders"):
                return [replica_row(each, self.seen[node][each]) for each in (R1, R2) if each in self.known[node]]
            case ("SENTINEL", "SENTINELS", "orders"):
                return [replica_row(each, 0) for each in SENTINELS if each in self.known[node]]
            case ("SENTINEL", "CKQUORUM", "orders"):
                others = self.known[node] & ({*SENTINELS} - self.gone)
                if len(others) + 1 >= max(self.options[node]["quorum"], len(self.known[node] & {*SENTINELS}) // 2 + 1):
                    return b"OK usable Sentinels"
                raise ClientRefused("NOQUORUM 1 usable Sentinels. Not enough available Sentinels")
            case ("SENTINEL", "RESET", "orders"):
                self.executed.append((node, argv))
                self.known[node] = set()
                self.later(4.0, lambda: self._find_again(node))
                return 1
            case ("SENTINEL", "SET", "orders", option, value):
                self.executed.append((node, argv))
                self.options[node][option] = int(value)
                return b"OK"
            case ("SENTINEL", "FAILOVER", "orders", *how):
                if self.busy:
                    raise ClientRefused("INPROG Failover already in progress")
                self.executed.append((node, argv))
                self.chosen = min((R1, R2), key=lambda each: (self.seen[node][each], each != self.chosen))
                self.ordered_at, self.busy, self.coordinated = self.now, True, bool(how)
                return b"OK"
        raise ClientRefused(f"ERR unknown command {argv[0]}")

    # -- what tests look at ---------------------------------------------------------------------------------------

    def fenced(self) -> list[str]:
        return [a for a, s in self.servers.items() if s.min_replicas >= FENCED or self.now < s.paused_until]

    def roles(self) -> dict[str, str]:
        return {address: server.role for address, server in self.servers.items()}

    def priorities(self) -> dict[str, int]:
        return {address: server.priority for address, server in self.servers.items() if server.alive}


def replica_row(address: str, priority: int) -> list[bytes]:
    """One row of SENTINEL REPLICAS."""
    host, _, port = address.rpartition(":")
    fields = {"ip": host, "port": port, "flags": "slave", "slave-priority": priority}
    return [str(word).encode() for pair in fields.items() for word in pair]
