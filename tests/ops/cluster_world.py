"""A cluster as a pure model: what its servers answer, and what they do by themselves as time goes by.

Three shards of one replica each, and a node of its own outside. Only what our actions rest on, with the times that real
servers were seen to take. Clients write all the time; the model remembers the moments at which two nodes took writes to
one shard.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from redistui.net.client import ClientLost, ClientRefused
from tests.ops.clock import Clock

P1, P2, P3 = "10.0.0.1:7000", "10.0.0.2:7000", "10.0.0.3:7000"
R1, R2, R3 = "10.0.0.4:7000", "10.0.0.5:7000", "10.0.0.6:7000"
NEW = "10.0.0.7:7000"
SLOTS = {P1: "0-5460", P2: "5461-10921", P3: "10922-16383"}
TIMEOUT = 2.0
"""cluster-node-timeout."""


@dataclass
class Server:
    """One cluster node."""

    address: str
    id: str
    slots: str = ""
    primary: str | None = None
    """Node id."""
    epoch: int = 0
    keys: int = 0
    knows: set[str] = field(default_factory=set)
    banned: dict[str, float] = field(default_factory=dict)
    alive: bool = True
    hung: bool = False
    silent_since: float | None = None
    met: bool = True
    """It may talk to others. One that was reset and keeps its id waits to be introduced (Redis; Valkey 9 does not)."""
    linked_at: float = 0.0

    @property
    def runs(self) -> bool:
        return self.alive and not self.hung


@dataclass
class World(Clock):
    """The cluster at one moment."""

    now: float = 1000.0
    relearns: bool = True
    """A forgotten node that was not reset comes back by its own greetings, as with Valkey 9."""
    servers: dict[str, Server] = field(default_factory=dict)
    ghosts: dict[str, str] = field(default_factory=dict)
    """Ids that nobody answers to any more, and where they were."""
    epoch: int = 3
    order: tuple[float, str, str] | None = None
    """When, at whom, how."""
    executed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    two_writable: list[float] = field(default_factory=list)
    plans: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _settled: list[tuple[Any, ...]] = field(default_factory=list)
    """Who knew whom when there was last any gossip: equal, there is no news."""
    _settled_at: float = 0.0

    def __post_init__(self) -> None:
        ids = {address: f"{number:x}" * 40 for number, address in enumerate((P1, P2, P3, R1, R2, R3, NEW), 1)}
        for address, slots in SLOTS.items():
            self.servers[address] = Server(address, ids[address], slots, epoch=int(ids[address][0], 16), keys=100)
        for address, primary in zip((R1, R2, R3), (P1, P2, P3), strict=True):
            above = self.servers[primary]
            self.servers[address] = Server(address, ids[address], primary=above.id, epoch=above.epoch, keys=100)
        members = {server.id for server in self.servers.values()}
        for server in self.servers.values():
            server.knows = set(members)
        self.servers[NEW] = Server(NEW, ids[NEW], knows={ids[NEW]})

    # -- time -----------------------------------------------------------------------------------------------------

    def _live(self) -> None:
        all_run = True
        for server in self.servers.values():
            if server.alive and not server.hung:
                server.silent_since = None
            else:
                all_run = False
                server.silent_since = self.now if server.silent_since is None else server.silent_since
        if self.order is not None:
            self._hand_over()
        if not all_run:
            self._vote_alone()
        self._gossip()
        taking = [server.slots for server in self.servers.values() if server.slots and server.runs]
        if len(set(taking)) < len(taking):
            self.two_writable.append(self.now)

    def _hand_over(self) -> None:
        """A manual failover: 40 ms after the order, given up after 5 s."""
        if self.order is None:
            return
        at, address, how = self.order
        target = self.servers[address]
        old = self.by_id(target.primary or "")
        if self.now - at > 5.0 or old is None:
            self.order = None
        elif self.now - at > 0.04 and target.runs and (how or old.runs) and (how == "TAKEOVER" or self.majority()):
            self._promote(target, old)

    def _vote_alone(self) -> None:
        """The cluster's own failover, 0.5 s after a primary was found to have failed."""
        if not any(server.slots and self.failed(server, 0.5) for server in self.servers.values()):
            return
        for server in list(self.servers.values()):
            old = self.by_id(server.primary or "")
            if old is not None and old.slots and self.failed(old, 0.5) and server.runs and self.majority():
                self._promote(server, old)

    def _promote(self, target: Server, old: Server) -> None:
        self.order, self.epoch = None, self.epoch + 1
        target.slots, target.primary, target.epoch = old.slots, None, self.epoch

        def demote() -> None:
            if not old.runs:
                self.later(0.05, demote)
                return
            old.primary, old.linked_at = target.id, self.now + 0.3

        old.slots = ""  # it stops to serve them as soon as it runs: it hears of the higher epoch before any client
        demote()

    def _gossip(self) -> None:
        state = [(server.id, server.alive, server.hung, server.knows) for server in self.servers.values()]
        if state == self._settled and self.now < self._settled_at + 60.0:  # then bans are over
            return
        before = [(*told, set(knows)) for *told, knows in state]
        for one in self.servers.values():
            if not one.runs:
                continue
            for other in self.servers.values():
                if other is one or not other.runs or one.id not in other.knows:
                    continue
                news = {id_ for id_ in other.knows if id_ in self.ids() and one.banned.get(id_, 0.0) < self.now}
                if other.id in one.knows:  # whom it talks to
                    one.knows |= news
                elif other.id != one.id and (self.relearns or (one.met and one.banned.get(other.id, 0.0) < self.now)):
                    one.knows.add(other.id)  # it greets us still
        self._settled, self._settled_at = before, self.now

    def ids(self) -> set[str]:
        return {server.id for server in self.servers.values()}

    def by_id(self, id_: str) -> Server | None:
        for server in self.servers.values():
            if server.id == id_:
                return server
        return None

    def failed(self, server: Server, longer: float = 0.0) -> bool:
        return server.silent_since is not None and self.now - server.silent_since > TIMEOUT + longer

    def majority(self) -> bool:
        voters = [server for server in self.servers.values() if server.slots]
        return sum(server.runs for server in voters) > len(SLOTS) // 2

    # -- answering ------------------------------------------------------------------------------------------------

    def ask(self, node: str, argv: tuple[str, ...]) -> Any:
        server = self.servers[node]
        if not server.alive:
            raise ClientRefused("cannot connect: connection refused")
        if server.hung:
            self.pass_time(1.0, tick=0.1)
            raise ClientLost("no answer within 1 s", ended=False)
        match argv:
            case ("CLUSTER", "NODES"):
                return self.nodes(server)
            case ("CLUSTER", "INFO"):
                return self.info(server)
            case ("CLUSTER", "GETSLOTMIGRATIONS"):
                return []
            case ("DBSIZE",):
                return server.keys
            case ("ROLE",):
                return self._role(server)
            case ("CONFIG", "GET", "requirepass" | "masterauth" as name):
                return [name.encode(), b"" if name == "masterauth" else b"secret"]
        return self._obey(server, argv)

    def _role(self, server: Server) -> Any:
        if server.primary is None:
            return [b"master", 100, []]
        above = self.by_id(server.primary)
        host, _, port = ("" if above is None else above.address).rpartition(":")
        up = above is not None and above.runs and self.now >= server.linked_at
        return [b"slave", host.encode(), int(port or 0), b"connected" if up else b"connect", 100]

    def _obey(self, server: Server, argv: tuple[str, ...]) -> Any:
        match argv:
            case ("CLUSTER", "FAILOVER", *how):
                above = self.by_id(server.primary or "")
                if above is None:
                    raise ClientRefused("ERR You should send CLUSTER FAILOVER to a replica")
                if not how and self.failed(above):
                    raise ClientRefused("ERR Master is down or failed, please use CLUSTER FAILOVER FORCE")
                self.order = (self.now, server.address, "".join(how))
            case ("CLUSTER", "RESET", "HARD"):
                if server.primary is None and server.keys:
                    raise ClientRefused("ERR CLUSTER RESET can't be called with master nodes containing keys")
                self._reset(server)
            case ("CLUSTER", "RESET", "SOFT") | ("CLUSTER", "REPLICATE", "NO", "ONE"):
                if server.primary is None:
                    raise ClientRefused("ERR it holds keys, or is no replica")
                server.primary, server.slots, server.keys = None, "", 0
                if argv[1] == "RESET":
                    server.knows, server.met = {server.id}, False
            case ("CLUSTER", "FORGET", id_):
                self._forget(server, id_)
            case ("CLUSTER", "MEET", host, port, _):
                self.later(0.3, lambda: self._meet(server, self.servers[f"{host}:{port}"]))
            case ("CLUSTER", "REPLICATE", id_):
                self._replicate(server, id_)
            case ("CONFIG", "SET", "masteruser" | "masterauth", _):
                pass
            case _:
                raise ClientRefused(f"ERR unknown command {argv[0]}")
        self.executed.append((server.address, argv))
        return b"OK"

    def _reset(self, server: Server) -> None:
        self.ghosts[server.id] = server.address
        server.id = f"{len(self.ghosts) + 8:x}" * 40
        server.primary, server.slots, server.keys, server.epoch, server.knows = None, "", 0, 0, {server.id}

    def _forget(self, server: Server, id_: str) -> None:
        if id_ not in server.knows:
            raise ClientRefused(f"ERR Unknown node {id_}")
        if id_ == server.primary:
            raise ClientRefused("ERR Can't forget my master!")
        server.knows.discard(id_)
        server.banned[id_] = self.now + 60.0

    @staticmethod
    def _meet(server: Server, other: Server) -> None:
        if server.runs and other.runs:
            server.knows.add(other.id)
            other.knows.add(server.id)
            server.met = True

    def _replicate(self, server: Server, id_: str) -> None:
        above = self.by_id(id_)
        if id_ not in server.knows or above is None:
            raise ClientRefused(f"ERR Unknown node {id_}")
        if above.primary is not None:
            raise ClientRefused("ERR I can only replicate a master, not a replica.")
        if server.slots or (server.primary is None and server.keys):
            raise ClientRefused("ERR To set a master the node must be empty and without assigned slots.")
        server.primary, server.keys, server.linked_at = id_, above.keys, self.now + 0.8

    def nodes(self, server: Server) -> bytes:
        return "".join(f"{line}\n" for line in self._lines(server)).encode()

    def _lines(self, server: Server) -> Iterator[str]:
        for id_ in sorted(server.knows):
            other = self.by_id(id_)
            if other is None:
                host, _, port = self.ghosts[id_].rpartition(":")
                yield f"{id_} {host}:{port}@{int(port) + 10000} master,fail - 0 0 0 disconnected"
                continue
            flags = ["myself"] * (other is server) + ["master" if other.primary is None else "slave"]
            flags += ["fail"] * (other is not server and self.failed(other))
            host, _, port = other.address.rpartition(":")
            link = "connected" if other.runs or not self.failed(other) else "disconnected"
            epoch = other.epoch if other.primary is None else getattr(self.by_id(other.primary), "epoch", 0)
            where = f"{host}:{port}@{int(port) + 10000}"
            yield f"{id_} {where} {','.join(flags)} {other.primary or '-'} 0 0 {epoch} {link} {other.slots}".strip()

    def info(self, server: Server) -> bytes:
        lone = len(server.knows) == 1
        down = any(one.slots and self.failed(one) for one in self.servers.values())
        fields = {
            "cluster_state": "fail" if lone or down else "ok",
            "cluster_slots_assigned": 0 if lone else 16384,
            "cluster_known_nodes": len(server.knows),
            "cluster_current_epoch": 0 if lone else self.epoch,
            "cluster_my_epoch": server.epoch,
        }
        return "".join(f"{name}:{value}\r\n" for name, value in fields.items()).encode()

    # -- what tests look at ---------------------------------------------------------------------------------------

    def owner(self, slots: str) -> str | None:
        return next((server.address for server in self.servers.values() if server.slots == slots), None)

    def follows(self, address: str) -> str | None:
        above = self.by_id(self.servers[address].primary or "")
        return None if above is None else above.address

    def lists(self, id_: str) -> list[str]:
        """Who knows that id and runs."""
        return [server.address for server in self.servers.values() if server.runs and id_ in server.knows]
