"""Cluster nodes that move slots, as a pure model: keys, open slots, MIGRATE, gossip, replicas, clients that write.

Three shards of one replica each, with four slots and a handful of keys a slot. What servers were seen to do is in here:
SETSLOT NODE at the target takes the slot at once, and whoever gave it away deletes the keys it still has of it as soon
as it hears; MIGRATING is overwritten without a word; MIGRATE may leave keys on both sides; a promoted replica knows of
open slots only where SETSLOT is replicated (Valkey); a primary that lost its last slot becomes a replica.

Clients write between any two commands of ours and follow MOVED and ASK; the model keeps what was acknowledged to them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from redistui.net.client import ClientLost, ClientRefused
from redistui.ops.templates import ranges_of, raw, slots_of
from redistui.replies.slot import slot_of
from tests.ops.clock import Clock
from tests.ops.slot_server import (
    GOSSIP,
    ID,
    P1,
    P2,
    P3,
    R1,
    R2,
    R3,
    SLOTS,
    TIMEOUT,
    Down,
    Keys,
    Redirected,
    Server,
    key,
)


@dataclass
class World(Clock):
    """The cluster at one moment."""

    valkey: bool = False
    """SETSLOT is replicated."""
    now: float = 1000.0
    per_slot: int = 5
    servers: dict[str, Server] = field(default_factory=dict)
    executed: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    acked: Keys = field(default_factory=dict)
    """What clients were told was written; the newest value of each key."""
    doubtful: set[bytes] = field(default_factory=set)
    """Keys of which a write went to a server that died: another value may be right as well."""
    ioerr: int = 0
    """So many MIGRATE from now on end with IOERR after the target took the keys."""
    refuses: str = ""
    """What the target answers to each key that comes."""
    two_values: list[bytes] = field(default_factory=list)
    epoch: int = 10
    writes: int = 0
    quiet: bool = False
    """Clients do nothing."""
    before: Callable[[str, tuple[str, ...]], None] | None = None
    """What happens right before a command of ours is carried out, besides clients' writes."""
    beaten: float = 0.0
    plans: list[tuple[float, Callable[[], None]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        owners = {slot: ID[(P1, P2, P3)[slot // 4]] for slot in range(SLOTS)}
        epochs = {slot: slot // 4 + 1 for slot in range(SLOTS)}
        for address, id_ in ID.items():
            self.servers[address] = Server(address, id_, dict(owners), dict(epochs))
        for replica, primary in ((R1, P1), (R2, P2), (R3, P3)):
            self.servers[replica].primary = ID[primary]
        for slot in range(SLOTS):
            for number in range(self.per_slot):
                self.by_id(owners[slot]).held(slot)[key(slot, number)] = 0
                self.acked[key(slot, number)] = 0

    # -- looking --------------------------------------------------------------------------------------------------

    def by_id(self, id_: str) -> Server:
        return next(server for server in self.servers.values() if server.id == id_)

    def primaries(self) -> list[Server]:
        return [server for server in self.servers.values() if server.primary is None and server.alive]

    def owner(self, slot: int) -> Server | None:
        """Who serves it: a running primary that takes it for its own."""
        return next((s for s in self.primaries() if s.runs and s.owners[slot] == s.id), None)

    def wrong(self) -> list[str]:
        """All that must not be once a move is over; empty: each key is where it belongs, nothing is open, all agree."""
        said = []
        for one in self.servers.values():
            if not one.runs:
                continue
            said += [f"slot {slot} is open at {one.address}" for slot in (*one.migrating, *one.importing)]
            said += [
                f"{one.address} sees another owner of slot {slot}"
                for slot in range(SLOTS)
                if (owner := self.owner(slot)) is None or one.owners[slot] != owner.id
            ]
        return said + self.lost() + self.astray()

    def lost(self) -> list[str]:
        """Acknowledged writes that are not to be had."""
        said = []
        for name, value in self.acked.items():
            slot = slot_of(name)
            owner = self.owner(slot)
            found = None if owner is None else owner.held(slot).get(name)
            if owner is not None and slot in owner.migrating and found is None:  # a client is sent on
                found = self.by_id(owner.migrating[slot]).held(slot).get(name)
            if found != value and name not in self.doubtful:
                said.append(f"key {name!r} is {found}, {value} was acknowledged")
        return said

    def astray(self) -> list[str]:
        """Keys at a primary that they do not belong to."""
        return [
            f"{one.address} holds {len(its)} keys of slot {slot}"
            for one in self.primaries()
            for slot, its in one.keys.items()
            if its and one.runs and one.owners[slot] != one.id and slot not in one.importing
        ]

    # -- time -----------------------------------------------------------------------------------------------------

    def pass_time(self, seconds: float, tick: float = 0.05) -> None:
        super().pass_time(seconds, tick)

    def _live(self) -> None:
        self._vote()
        self._beat()
        if not self.quiet:
            self.write()

    def _vote(self) -> None:
        for one in list(self.servers.values()):
            if one.runs:
                one.silent_since = None
                continue
            one.silent_since = self.now if one.silent_since is None else one.silent_since
            heir = next((s for s in self.servers.values() if s.primary == one.id and s.runs), None)
            if one.primary is None and heir is not None and self.now - one.silent_since > TIMEOUT + 0.5:
                self.promote(heir, one)

    def _beat(self) -> None:
        """Everybody hears again and again what each primary says of itself."""
        if self.now < self.beaten + 0.5:
            return
        self.beaten = self.now
        for one in self.primaries():
            for slot, owner in one.owners.items():
                if one.runs and owner == one.id:
                    for other in self.servers.values():
                        self.hear(other, slot, owner, one.epochs[slot])

    def promote(self, heir: Server, old: Server) -> None:
        """The heir takes over; it has every key that the old one had, and knows of open slots where these were
        replicated."""
        self.epoch += 1
        heir.primary, heir.keys = None, {slot: dict(its) for slot, its in old.keys.items()}
        if self.valkey:
            heir.migrating, heir.importing = dict(old.migrating), dict(old.importing)
        mine = [slot for slot, owner in old.owners.items() if owner == old.id]
        for one in self.servers.values():
            for slot in mine:
                if one.runs and one.epochs[slot] < self.epoch and (self.valkey or slot not in one.importing):
                    one.owners[slot], one.epochs[slot] = heir.id, self.epoch
        old.primary, old.keys, old.migrating, old.importing = heir.id, {}, {}, {}

    def revive(self, address: str) -> None:
        one = self.servers[address]
        one.alive, one.hung, one.silent_since = True, False, None
        newest = max((s for s in self.servers.values() if s.runs), key=lambda s: sum(s.epochs.values()))
        for slot in range(SLOTS):
            self.hear(one, slot, newest.owners[slot], newest.epochs[slot])

    def gossip(self, slot: int, owner: str, epoch: int) -> None:
        for one in self.servers.values():
            self.later(GOSSIP, lambda one=one: self.hear(one, slot, owner, epoch))  # type: ignore[misc]

    def hear(self, one: Server, slot: int, owner: str, epoch: int) -> None:
        if not one.runs or epoch <= one.epochs[slot] or (not self.valkey and slot in one.importing):
            return  # the owner of a slot that a Redis takes in stays as it is
        mine = one.primary is None and one.owners[slot] == one.id
        one.owners[slot], one.epochs[slot] = owner, epoch
        one.importing.pop(slot, None)
        if not mine:
            return
        one.keys.pop(slot, None)  # what it still has of it is deleted
        if one.id not in one.owners.values():
            one.primary, one.keys, one.migrating, one.importing = owner, {}, {}, {}
            for replica in self.servers.values():
                if replica.primary == one.id:
                    replica.primary = owner

    # -- clients --------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """One client's SET of the next key in turn."""
        self.writes += 1
        slot, number = self.writes * 5 % SLOTS, self.writes * 7 % (self.per_slot + 2)
        name = key(slot, number)
        where: Server | None = self.owner(slot)
        asking = False
        for _ in range(5):
            if where is None or not where.runs:
                return
            try:
                self._set(where, slot, name, asking)
            except Redirected as error:
                word, id_ = str(error).split()
                where, asking = self.by_id(id_), word == "ASK"
                continue
            except Down:
                return
            return

    def _set(self, one: Server, slot: int, name: bytes, asking: bool) -> None:
        if self.down(one):
            raise Down
        if one.primary is not None:
            raise Redirected(f"MOVED {one.owners[slot]}")
        mine = one.owners[slot] == one.id
        if mine and slot in one.migrating and name not in one.held(slot):
            raise Redirected(f"ASK {one.migrating[slot]}")
        if not mine and not (asking and slot in one.importing):
            raise Redirected(f"MOVED {one.owners[slot]}")
        one.held(slot)[name] = self.acked[name] = self.writes

    # -- answering ------------------------------------------------------------------------------------------------

    def ask(self, node: str, argv: tuple[str, ...]) -> Any:
        if not self.quiet:
            self.write()
        if self.before is not None:
            self.before(node, argv)
        server = self.servers[node]
        if not server.alive:
            raise ClientRefused("cannot connect: connection refused")
        if server.hung:
            self.pass_time(1.0, tick=0.1)
            raise ClientLost("no answer within 1 s", ended=False)
        match argv:
            case ("CLUSTER", "NODES"):
                return "".join(f"{line}\n" for line in self._lines(server)).encode()
            case ("CLUSTER", "INFO"):
                state = "fail" if self.down(server) else "ok"
                return f"cluster_state:{state}\r\ncluster_slots_assigned:12\r\ncluster_known_nodes:6\r\n".encode()
            case ("CLUSTER", "COUNTKEYSINSLOT", slot):
                return len(server.held(int(slot)))
            case ("CLUSTER", "GETKEYSINSLOT", slot, number):
                return sorted(server.held(int(slot)))[: int(number)]
            case ("CLUSTER", "GETSLOTMIGRATIONS"):
                return []
            case ("MEMORY", "USAGE", name):
                return 100 if raw(name) in server.held(slot_of(raw(name))) else None
            case ("DUMP", name):
                value = server.held(slot_of(raw(name))).get(raw(name))
                return None if value is None else b"value %d" % value
            case ("COMMAND", "INFO", *_):
                return [[b"migrate"]]
            case ("CLIENT", "LIST"):
                return b"id=1 name=redistui-ops:0badcafe"
            case ("INFO", *_) | ("ASKING",) | ("DBSIZE",):
                return b""
        return self._obey(server, argv)

    def _obey(self, server: Server, argv: tuple[str, ...]) -> Any:
        self.executed.append((server.address, argv))
        match argv:
            case ("CLUSTER", "SETSLOT", slot, *rest):
                self._setslot(server, int(slot), rest)
                return b"OK"
            case ("MIGRATE", host, port, "", "0", _, *rest):
                return self._migrate(server, f"{host}:{port}", rest)
        raise ClientRefused(f"ERR unknown command {argv[0]}")

    def _setslot(self, server: Server, slot: int, rest: list[str]) -> None:
        if server.primary is not None:
            raise ClientRefused("ERR Please use SETSLOT only with masters.")
        match rest:
            case ["MIGRATING", id_]:
                if server.owners[slot] != server.id:
                    raise ClientRefused(f"ERR I'm not the owner of hash slot {slot}")
                server.migrating[slot] = id_
            case ["IMPORTING", id_]:
                if server.owners[slot] == server.id:
                    raise ClientRefused(f"ERR I'm already the owner of hash slot {slot}")
                server.importing[slot] = id_
            case ["STABLE"]:
                server.migrating.pop(slot, None)
                server.importing.pop(slot, None)
            case ["NODE", id_]:
                self._give(server, slot, id_)

    def _give(self, server: Server, slot: int, id_: str) -> None:
        if server.owners[slot] == server.id and id_ != server.id and server.held(slot):
            raise ClientRefused(
                f"ERR Can't assign hashslot {slot} to a different node while I still hold keys for this hash slot."
            )
        server.migrating.pop(slot, None)
        if id_ == server.id and slot in server.importing:
            del server.importing[slot]
            self.epoch += 1
            server.epochs[slot] = self.epoch
            self.gossip(slot, id_, self.epoch)
        server.owners[slot] = id_

    def _migrate(self, server: Server, address: str, rest: list[str]) -> Any:
        target, replace = self.servers[address], "REPLACE" in rest
        names = [raw(word) for word in rest[rest.index("KEYS") + 1 :]]
        there = [name for name in names if name in server.held(slot_of(name))]
        if not there:
            return b"NOKEY"
        if not target.runs:
            self.pass_time(1.0, tick=0.1)
            raise ClientRefused("IOERR error or timeout connecting to the client")
        error = ""
        cut = self.ioerr > 0
        self.ioerr -= cut
        for name in there:
            error = self._restore(server, target, name, replace, cut) or error
        if error:
            raise ClientRefused(f"ERR Target instance replied with error: {error}")
        if cut:
            raise ClientRefused("IOERR error or timeout reading to target instance")
        return b"OK"

    def _restore(self, server: Server, target: Server, name: bytes, replace: bool, cut: bool) -> str:
        slot = slot_of(name)
        if self.refuses:
            return self.refuses
        if self.down(target):
            return "CLUSTERDOWN The cluster is down"
        if target.primary is not None or (target.owners[slot] != target.id and slot not in target.importing):
            return f"MOVED {slot} somewhere"
        if name in target.held(slot) and not replace:
            return "BUSYKEY Target key name already exists."
        target.held(slot)[name] = server.held(slot)[name]
        if not cut:
            del server.held(slot)[name]
        return ""

    def _lines(self, server: Server) -> Iterator[str]:
        for other in self.servers.values():
            me = other is server
            flags = ["myself"] * me + ["slave" if other.primary else "master"]
            flags += ["fail"] * (not me and not other.runs and self._failed(other))
            host, _, port = other.address.rpartition(":")
            slots = () if other.primary else [slot for slot, id_ in server.owners.items() if id_ == other.id]
            words = [str(a) if a == b else f"{a}-{b}" for a, b in ranges_of(slots)]
            if me:
                words += [f"[{slot}->-{id_}]" for slot, id_ in server.migrating.items()]
                words += [f"[{slot}-<-{id_}]" for slot, id_ in server.importing.items()]
            yield " ".join(
                [other.id, f"{host}:{port}@17000", ",".join(flags), other.primary or "-", "0 0 1 connected", *words]
            )

    def down(self, one: Server) -> bool:
        """It holds a failed node for the owner of a slot, and serves nobody."""
        return any(self._failed(self.by_id(owner)) for owner in set(one.owners.values()))

    def _failed(self, one: Server) -> bool:
        return one.silent_since is not None and self.now - one.silent_since > TIMEOUT


def slots(ranges: Iterable[tuple[int, int]]) -> list[int]:
    return slots_of(tuple(ranges))
