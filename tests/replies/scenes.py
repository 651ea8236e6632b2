"""What is recorded: each scene brings real servers into a state and takes down what they say in it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import GroupShape, cluster, replication, sentinel
from redistui.demo.wire import Wire, pack
from tests.waiting import eventually

if TYPE_CHECKING:
    from tests.replies.record import Tape

SECTIONS = ("server", "clients", "memory", "stats", "replication", "cpu", "keyspace", "persistence")


@contextlib.contextmanager
def running(tape: Tape, shape: GroupShape, **settings: str) -> Iterator[RunningGroup]:
    settings = {name.replace("_", "-"): value for name, value in settings.items()}
    with DemoFleet((shape.with_settings(settings),), tape.engine, traffic=False) as fleet:
        yield fleet.groups[shape.name]


def knows(tape: Tape, *version: int) -> bool:
    product, _, number = tape.version.partition("-")
    return product == "valkey" or tuple(map(int, number.split("."))) >= version


def data(tape: Tape, who: str, server: Server) -> None:
    """What the poll asks of a data node."""
    tape.take(f"{who}-ping", server, "PING")
    tape.take(f"{who}-role", server, "ROLE")
    tape.take(f"{who}-info", server, "INFO")
    if knows(tape, 7, 0):
        tape.take(f"{who}-info-sections", server, "INFO", *SECTIONS)


def spent(tape: Tape, who: str, server: Server) -> None:
    """What the poll asks of a data node once a minute, after some commands."""
    for number in range(200):
        server.ask("SET", f"k{number}", "x")
        server.ask("GET", f"k{number}")
    tape.take(f"{who}-commandstats", server, "INFO", "commandstats")
    tape.take(f"{who}-slowlog-len", server, "SLOWLOG", "LEN")
    if knows(tape, 7, 0):
        tape.take(f"{who}-latency-histogram", server, "LATENCY", "HISTOGRAM")


def member(tape: Tape, who: str, server: Server) -> None:
    """What the poll asks of a cluster node."""
    for command in ("INFO", "NODES", "SLOTS", "MYID", *(("SHARDS",) if knows(tape, 7, 0) else ())):
        tape.take(f"{who}-cluster-{command.lower()}", server, "CLUSTER", command)


def links(tape: Tape, who: str, server: Server, total: int) -> None:
    """CLUSTER LINKS, where there is such a command, once it names so many."""
    if knows(tape, 7, 0):
        eventually(lambda: len(server.ask("CLUSTER", "LINKS")) == total)
        tape.take(f"{who}-cluster-links", server, "CLUSTER", "LINKS")


def watcher(tape: Tape, who: str, server: Server, name: str) -> None:
    """What the poll asks of a Sentinel."""
    tape.take(f"{who}-ping", server, "PING")
    tape.take(f"{who}-role", server, "ROLE")
    tape.take(f"{who}-info", server, "INFO")
    tape.take(f"{who}-masters", server, "SENTINEL", "MASTERS")
    tape.take(f"{who}-myid", server, "SENTINEL", "MYID")
    for command in ("MASTER", "REPLICAS", "SENTINELS", "CKQUORUM"):
        tape.take(f"{who}-{command.lower()}", server, "SENTINEL", command, name)


# -- replication ------------------------------------------------------------------------------------------------------


def plain_replication(tape: Tape) -> None:
    with running(tape, replication(replicas=2, chained=1)) as group:
        first, second, third, chained = group.nodes
        first.ask("CONFIG", "SET", "maxmemory", "100mb")
        first.ask("MSET", "a", 1, "b", 2, "c", 3)
        first.ask("SET", "d", 4, "EX", 1000)
        with first.connect() as wire:
            wire.ask("SELECT", 1)
            wire.ask("SET", "e", 5)
        eventually(lambda: chained.info("keyspace").get("db1"))
        for who, server in (("primary", first), ("replica", second), ("chained", chained)):
            data(tape, who, server)
        first.kill()
        eventually(lambda: third.info("replication").get("master_link_status") == "down")
        data(tape, "link-down", third)
        second.ask("REPLICAOF", "NO", "ONE")
        eventually(lambda: chained.info("replication").get("master_link_status") == "up")
        data(tape, "promoted", second)
        third.ask("CONFIG", "SET", "replica-serve-stale-data", "no")
        tape.take("error-masterdown-ping", third, "PING")
        tape.take("error-masterdown-get", third, "GET", "a")
        tape.take("error-readonly", chained, "SET", "a", "1")


def alone(tape: Tape) -> None:
    with running(tape, replication(replicas=0)) as group:
        server = group.nodes[0]
        data(tape, "lonely", server)
        spent(tape, "lonely", server)
        tape.take("error-unknown-command", server, "NOSUCH", "argument")
        tape.take("error-unknown-subcommand", server, "CLIENT", "NOSUCH")
        tape.take("error-auth-without-password", server, "AUTH", "x")
        tape.take("error-cluster-disabled", server, "CLUSTER", "INFO")
        tape.take("error-failover-no-replicas", server, "FAILOVER")
        server.ask("CONFIG", "SET", "min-replicas-to-write", 1)
        tape.take("error-noreplicas", server, "SET", "a", "1")


def access(tape: Tape) -> None:
    with running(tape, replication(replicas=0), requirepass="opensesame") as group:
        server = group.nodes[0]
        with Wire(server.address) as stranger:
            for command in ("PING", "INFO", "ROLE"):
                tape.take(f"error-noauth-{command.lower()}", stranger, command)
            tape.take("error-wrongpass", stranger, "AUTH", "wrong")
            tape.take("error-wrongpass-user", stranger, "AUTH", "nobody", "wrong")
            tape.take("auth", stranger, "AUTH", "opensesame")
        server.ask("ACL", "SETUSER", "guest", "on", ">guest", "+ping", "+auth")
        with Wire(server.address, user="guest", password="guest") as guest:
            for command in ("INFO", "ROLE"):
                tape.take(f"error-noperm-{command.lower()}", guest, command)


def crowded(tape: Tape) -> None:
    with running(tape, replication(replicas=0)) as group, group.nodes[0].connect() as wire:
        wire.ask("CONFIG", "SET", "maxclients", 1)
        with socket.create_connection(("127.0.0.1", group.nodes[0].port), timeout=2) as refused:
            tape.keep("error-maxclients", refused.recv(1000))


def busy(tape: Tape) -> None:
    with running(tape, replication(replicas=0), lua_time_limit="50") as group:
        server = group.nodes[0]
        with server.connect(30) as scripting, server.connect() as asking:
            script = threading.Thread(target=lambda: scripting.raw("EVAL", "while true do end", "0"))
            script.start()
            eventually(lambda: asking.raw("PING").startswith(b"-BUSY"))
            for command in ("PING", "INFO", "ROLE"):
                tape.take(f"error-busy-{command.lower()}", asking, command)
            asking.ask("SCRIPT", "KILL")
            script.join()


def loading(tape: Tape) -> None:
    """A server that reads its dataset so slowly that it can be asked meanwhile."""
    slow = {"key_load_delay": "200", "rdbcompression": "no"}
    with running(tape, replication(replicas=0), **slow) as group:
        server = group.nodes[0]
        server.ask("DEBUG", "POPULATE", 20000, "key", 2000, seconds=10)
        server.ask("SAVE", seconds=10)
        server.kill()
        server.start()
        eventually(lambda: b"LOADING" in asked(server, "PING"))
        tape.take("error-loading-ping", server, "PING")
        tape.take("loading-role", server, "ROLE")
        tape.take("loading-info", server, "INFO")
        if knows(tape, 7, 0):
            tape.take("loading-info-sections", server, "INFO", *SECTIONS)


def asked(server: Server, *words: str) -> bytes:
    with server.connect() as wire:
        return wire.raw(*words)


# -- cluster ----------------------------------------------------------------------------------------------------------


def whole_cluster(tape: Tape) -> None:
    with running(tape, cluster()) as group:
        first, second, third, replica = group.nodes[:4]
        for server in group.nodes:
            eventually(partial(knows_all, server, 6))
        data(tape, "cluster-primary", first)
        member(tape, "cluster-primary", first)
        links(tape, "cluster-primary", first, 10)
        data(tape, "cluster-replica", replica)
        member(tape, "cluster-replica", replica)
        tape.take("error-moved", first, "GET", "foo")
        slot_stats(tape, first)
        ids = [server.ask("CLUSTER", "MYID") for server in group.nodes]
        second.ask("CLUSTER", "SETSLOT", 100, "IMPORTING", ids[0])
        first.ask("CLUSTER", "SETSLOT", 100, "MIGRATING", ids[1])
        for who, server in (("migrating", first), ("importing", second), ("bystander", third)):
            member(tape, who, server)
        tape.take("error-ask", first, "GET", key_of(first, 100))
        if tape.version.startswith("valkey"):
            first.ask("CLUSTER", "SETSLOT", 100, "STABLE")
            second.ask("CLUSTER", "SETSLOT", 100, "STABLE")
            slot_moves(tape, first, second)


def slot_stats(tape: Tape, server: Server) -> None:
    """Of slot 100 with one key, and its neighbours; the key is gone again."""
    asked = ("CLUSTER", "SLOT-STATS", "SLOTSRANGE", "99", "102")
    if not tape.version.startswith("valkey"):
        tape.take("error-slot-stats", server, *asked)
        tape.take("error-slot-migrations", server, "CLUSTER", "GETSLOTMIGRATIONS")
        return
    key = key_of(server, 100)
    tape.take("slot-stats-off", server, *asked)
    server.ask("CONFIG", "SET", "cluster-slot-stats-enabled", "yes")
    server.ask("SET", key, "x")
    tape.take("slot-stats", server, *asked)
    server.ask("DEL", key)


def slot_moves(tape: Tape, source: Server, target: Server) -> None:
    """A move that worked, told by both ends."""
    ids = [server.ask("CLUSTER", "MYID") for server in (source, target)]
    source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", "0", "10", "20", "20", "NODE", ids[1])
    eventually(lambda: "success" in source.ask("CLUSTER", "GETSLOTMIGRATIONS")[0])
    eventually(lambda: "success" in target.ask("CLUSTER", "GETSLOTMIGRATIONS")[0])
    tape.take("slot-migrations-source", source, "CLUSTER", "GETSLOTMIGRATIONS")
    tape.take("slot-migrations-target", target, "CLUSTER", "GETSLOTMIGRATIONS")


def knows_all(server: Server, members: int) -> bool:
    return bool(server.ask("CLUSTER", "NODES").count(" connected") == members)


def key_of(server: Server, slot: int) -> str:
    """A key of that slot."""
    with server.connect() as wire:
        return next(f"key{n}" for n in range(10**6) if wire.ask("CLUSTER", "KEYSLOT", f"key{n}") == slot)


def failing_cluster(tape: Tape) -> None:
    with running(tape, cluster(replicas=0)) as group:
        first, _, third = group.nodes
        third.hang()
        eventually(lambda: "fail?" in first.ask("CLUSTER", "NODES"), every=0.005)
        tape.take("suspecting-cluster-nodes", first, "CLUSTER", "NODES")
        eventually(lambda: "cluster_state:fail" in first.ask("CLUSTER", "INFO"))
        eventually(lambda: "master,fail " in first.ask("CLUSTER", "NODES"))
        member(tape, "failed", first)
        links(tape, "failed", first, 3)
        tape.take("error-clusterdown", first, "GET", "foo")


def lonely_members(tape: Tape) -> None:
    with running(tape, cluster(shards=1, replicas=0)) as group, running(tape, fresh_member()) as other:
        first, fresh = group.nodes[0], other.nodes[0]
        member(tape, "fresh", fresh)
        fresh.kill()
        first.ask("CLUSTER", "MEET", "127.0.0.1", fresh.port)
        eventually(lambda: "handshake" in first.ask("CLUSTER", "NODES"))
        tape.take("stuck-cluster-nodes", first, "CLUSTER", "NODES")


def fresh_member() -> GroupShape:
    """A cluster node that nobody has met and that owns nothing."""
    return replication("fresh", replicas=0).with_settings({"cluster-enabled": "yes"})


# -- Sentinel ---------------------------------------------------------------------------------------------------------


def sentinels(tape: Tape) -> None:
    with running(tape, sentinel()) as group:
        first, second, third = group.sentinels
        watcher(tape, "sentinel", first, "orders")
        tape.take("error-no-such-master", first, "SENTINEL", "MASTER", "nosuch")
        second.kill()
        third.kill()
        group.nodes[0].hang()
        group.nodes[2].kill()
        eventually(lambda: "s_down" in first.ask("SENTINEL", "MASTER", "orders")[9], 20)
        eventually(lambda: "s_down" in str(first.ask("SENTINEL", "SENTINELS", "orders")), 20)
        eventually(lambda: "s_down" in str(first.ask("SENTINEL", "REPLICAS", "orders")), 20)
        watcher(tape, "sdown", first, "orders")
        tape.take("no-such-master-address", first, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "nosuch")


def tilting(tape: Tape) -> None:
    """A Sentinel that stood still for more than two seconds trusts nobody, itself first."""
    with running(tape, sentinel(replicas=1, sentinels=1, quorum=1)) as group:
        only = group.sentinels[0]
        only.hang()
        threading.Event().wait(3.0)
        only.resume()
        eventually(lambda: "sentinel_tilt:1" in only.ask("INFO", "sentinel"))
        watcher(tape, "tilt", only, "orders")


def failovers_refused(tape: Tape) -> None:
    with running(tape, sentinel(replicas=0, sentinels=1, quorum=1)) as group:
        tape.take("error-failover-no-good-replica", group.sentinels[0], "SENTINEL", "FAILOVER", "orders")
    with running(tape, sentinel(replicas=1, sentinels=1, quorum=1)) as group:
        tape.take("failover", group.sentinels[0], "SENTINEL", "FAILOVER", "orders")
        tape.take("error-failover-in-progress", group.sentinels[0], "SENTINEL", "FAILOVER", "orders")


def failover_events(tape: Tape) -> None:
    """All that the three Sentinels announce while they replace a killed primary, and the old one comes back."""
    with running(tape, sentinel()) as group, contextlib.ExitStack() as open_wires:
        wires = [open_wires.enter_context(server.connect(30)) for server in group.sentinels]
        heard = [wire.raw("PSUBSCRIBE", "+*") + wire.raw("PSUBSCRIBE", "-*") for wire in wires]
        ears = [Ear(wire) for wire in wires]
        old = group.primary
        old.kill()
        eventually(lambda: all(b"+switch-master" in ear.heard for ear in ears), 30)
        old.start()
        eventually(lambda: any(b"+convert-to-slave" in ear.heard for ear in ears), 30)
        for number, (before, ear) in enumerate(zip(heard, ears, strict=True), 1):
            tape.keep(f"events-{number}", before + ear.stop())
        watcher(tape, "switched", group.sentinels[0], "orders")


class Ear:
    """Collects what comes over a subscription, up to the answer of one last PING."""

    def __init__(self, wire: Wire) -> None:
        self.heard = b""
        self._wire = wire
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while not self.heard.endswith(PONG):
            self.heard += self._wire.receive()

    def stop(self) -> bytes:
        self._wire.send(pack("PING"))
        self._thread.join()
        return self.heard.removesuffix(PONG)


PONG = b"*2\r\n$4\r\npong\r\n$0\r\n\r\n"
"""What PING brings on a connection that is subscribed."""

Scene = Callable[["Tape"], None]
SCENES: tuple[Scene, ...] = (
    plain_replication,
    alone,
    access,
    crowded,
    busy,
    loading,
    whole_cluster,
    failing_cluster,
    lonely_members,
    sentinels,
    tilting,
    failovers_refused,
    failover_events,
)
