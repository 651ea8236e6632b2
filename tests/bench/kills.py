"""KILLS: real losses that are foreseen first, one row each: a group, what is done to it before, and who is killed.

Servers are called by their number in the group's shape: `n1` is its first node, `s1` its first Sentinel; `p` is who is
primary by then (of a cluster: of slot 0).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from redistui.demo.forming import fields
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import GroupShape, cluster, sentinel
from redistui.judge.forecast import Assumed
from tests.waiting import eventually

Preparing = Callable[[RunningGroup], None]
NODE_TIMEOUT = 2.0
"""Of the demo's clusters."""
DEMO = Assumed(node_timeout=NODE_TIMEOUT, ping_period=1.0)
TILT_AFTER = 4.0
"""Seconds of standing still; from 2 s on a Sentinel falls into TILT."""
WRITES = 200
"""After which who does not get them is well behind."""


def server(group: RunningGroup, name: str) -> Server:
    """`n1`, `s1`, `p`."""
    if name == "p":
        return _owner(group) if group.kind == "cluster" else group.primary
    return (group.nodes if name[0] == "n" else group.sentinels)[int(name[1:]) - 1]


def _owner(group: RunningGroup) -> Server:
    """Who serves slot 0, as the last of the nodes says."""
    rows = group.nodes[-1].ask("CLUSTER", "SLOTS")
    return next(group.server(f"{row[2][0]}:{row[2][1]}") for row in rows if row[0] == 0)


@dataclass(frozen=True)
class Kill:
    """One loss: who is killed, after what was done before. `assumed`: settings of the group that no snapshot holds."""

    title: str
    shape: GroupShape
    killed: tuple[str, ...]
    before: tuple[Preparing, ...] = ()
    assumed: Assumed = DEMO
    patience: float = 0.0
    """Seconds for which, at least, is looked whether nobody takes over."""


# What is done before


def priority(name: str, value: int) -> Preparing:
    def prepare(group: RunningGroup) -> None:
        server(group, name).ask("CONFIG", "SET", "replica-priority", value)

    return prepare


def cut_off(name: str, above: str = "n1", seconds: int = 0) -> Preparing:
    """Its link is down, for so long at least, since it says a password that its primary does not take; and behind."""

    def prepare(group: RunningGroup) -> None:
        replica, primary = server(group, name), server(group, above)
        replica.ask("CONFIG", "SET", "masteruser", "nobody")
        replica.ask("CONFIG", "SET", "masterauth", "wrong")
        eventually(lambda: _is_cut(replica, primary), 20, otherwise=f"the link of {name} is not down")
        _write(primary)
        eventually(lambda: int(replica.info("replication")["master_link_down_since_seconds"]) >= seconds, 30)

    return prepare


def _is_cut(replica: Server, primary: Server) -> bool:
    primary.ask("CLIENT", "KILL", "TYPE", "replica")
    return replica.info("replication")["master_link_status"] == "down"


def _write(primary: Server) -> None:
    """Values of one key, of a slot that the first shard of a cluster owns."""
    with primary.connect() as wire:
        for number in range(WRITES):
            wire.ask("SET", "{b}canary", f"{number:>100}")


def dead(name: str) -> Preparing:
    return lambda group: server(group, name).kill()


def hung(name: str) -> Preparing:
    return lambda group: server(group, name).hang()


def never(name: str) -> Preparing:
    def prepare(group: RunningGroup) -> None:
        server(group, name).ask("CONFIG", "SET", "cluster-replica-no-failover", "yes")

    return prepare


def writes(name: str = "n1") -> Preparing:
    return lambda group: _write(server(group, name))


def tilted(*names: str) -> Preparing:
    """They stood still for longer than 2 s: for 30 s they see nothing."""

    def prepare(group: RunningGroup) -> None:
        for name in names:
            server(group, name).hang()
        time.sleep(TILT_AFTER)
        for name in names:
            server(group, name).resume()
        eventually(lambda: all(_in_tilt(server(group, name)) for name in names), 10, otherwise="they fell into no TILT")

    return prepare


def _in_tilt(one: Server) -> bool:
    return one.info("sentinel")["sentinel_tilt"] == "1"


def quorum(name: str, value: int) -> Preparing:
    return lambda group: server(group, name).ask("SENTINEL", "SET", group.name, "quorum", value)


def succeeded(replicas: int) -> Preparing:
    """Somebody else has taken over, everybody says so, and the other replicas that run are linked to it."""

    def prepare(group: RunningGroup) -> None:
        gone = group.nodes[0]
        eventually(lambda: server(group, "p") is not gone, 60, otherwise=f"nobody has taken over in {group.name}")
        eventually(lambda: linked(group, server(group, "p")) == replicas, 60, otherwise="they do not follow")
        heir = server(group, "p")
        eventually(lambda: all(_sees(one, group.name, heir) for one in group.sentinels), 60)

    return prepare


def linked(group: RunningGroup, primary: Server) -> int:
    told = [node.info("replication") for node in group.nodes if node.running and node is not primary]
    return sum(one.get("master_link_status") == "up" and one.get("master_port") == str(primary.port) for one in told)


def _sees(sentinel: Server, name: str, primary: Server) -> bool:
    """It names the new primary, and has read of each replica that runs whom it follows."""
    _, port = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", name)
    told = [fields(row) for row in sentinel.ask("SENTINEL", "REPLICAS", name)]
    return int(port) == primary.port and any(
        row["master-link-status"] == "ok" and row["master-port"] == port and row["flags"] == "slave" for row in told
    )


def _watched(
    title: str,
    killed: str,
    *before: Preparing,
    replicas: int = 2,
    sentinels: int = 3,
    quorum: int = 2,
    chained: int = 0,
    down_after_ms: int = 2000,
    patience: float = 0.0,
) -> Kill:
    shape = sentinel("orders", replicas, sentinels=sentinels, quorum=quorum, chained=chained)
    return Kill(title, replace(shape, down_after_ms=down_after_ms), tuple(killed.split()), before, patience=patience)


def _clustered(title: str, killed: str, *before: Preparing, shards: int = 3, replicas: int = 1,
               settings: dict[str, str] | None = None, assumed: Assumed = DEMO) -> Kill:  # fmt: skip
    shape = cluster("catalog", shards, replicas=replicas).with_settings(settings)
    return Kill(title, shape, tuple(killed.split()), before, assumed)


STALE = replace(DEMO, validity_factor=1)
"""Data may be 2 + 1 seconds old."""
SENTINELS: tuple[Kill, ...] = (
    _watched("equal replicas", "n1", replicas=3),
    _watched("equal replicas, after writes", "n1", writes()),
    _watched("a preferred replica", "n1", priority("n3", 10)),
    _watched("priority 0", "n1", priority("n2", 0)),
    _watched("all at priority 0", "n1", priority("n2", 0), priority("n3", 0)),
    _watched("a replica behind", "n1", cut_off("n2")),
    _watched("another replica behind", "n1", cut_off("n3")),
    _watched("a preferred replica behind", "n1", priority("n3", 10), cut_off("n3")),
    _watched("behind for more than 10 times down-after", "n1", priority("n3", 10), cut_off("n3", seconds=21)),
    _watched("a dead replica", "n1", dead("n2")),
    _watched("a hung replica", "n1", hung("n3")),
    _watched("the primary and one replica", "n1 n2"),
    _watched("the primary and all replicas", "n1 n2 n3"),
    _watched("a chained replica alone is left", "n1 n2", replicas=1, chained=1),
    _watched("a replica only", "n2"),
    _watched("Sentinels only", "s1 s2"),
    _watched("primary and majority", "n1 s1 s2"),
    _watched("primary and one of three", "n1 s3"),
    _watched("4 Sentinels, two lost", "n1 s1 s2", sentinels=4),
    _watched("4 Sentinels, one lost", "n1 s4", sentinels=4, quorum=3),
    _watched("5 Sentinels, two lost", "n1 s1 s2", sentinels=5, quorum=3),
    _watched("5 Sentinels, two dead before, one lost", "n1 s3", dead("s1"), dead("s2"), sentinels=5),
    _watched("2 Sentinels, one lost", "n1 s1", sentinels=2, quorum=1),
    _watched("2 Sentinels", "n1", sentinels=2, quorum=2),
    _watched("quorum 1, one of three lost", "n1 s1", quorum=1),
    _watched("quorum 1, two of three lost", "n1 s1 s2", quorum=1),
    _watched("quorum 5 of 5", "n1", sentinels=5, quorum=5),
    _watched("quorum 5 of 5, one lost", "n1 s5", sentinels=5, quorum=5),
    _watched("quorum 1, a single Sentinel", "n1", sentinels=1, quorum=1),
    _watched("quorums differ, one lost", "n1 s3", quorum("s1", 3)),
    _watched("the successor", "p", dead("n1"), succeeded(1)),
    _watched("all in TILT for longer than a link may be down", "n1", tilted("s1", "s2", "s3"), patience=80.0),
    _watched("all in TILT, down-after 6 s", "n1", tilted("s1", "s2", "s3"), down_after_ms=6000),
    _watched("one in TILT, one lost", "n1 s2", tilted("s1")),
)
CLUSTERS: tuple[Kill, ...] = (
    _clustered("a primary", "n1"),
    _clustered("a primary and its replica", "n1 n4"),
    _clustered("two of three primaries", "n1 n2"),
    _clustered("a replica", "n4"),
    _clustered("a replica behind", "n1", cut_off("n4"), replicas=2),
    _clustered("the other replica behind", "n1", cut_off("n7"), replicas=2),
    _clustered("a primary and one of its replicas", "n1 n4", replicas=2),
    _clustered("a primary and the other of its replicas", "n1 n7", replicas=2),
    _clustered("equal replicas", "n1", replicas=2),
    _clustered("a replica that never takes over", "n1", never("n4")),
    _clustered("a replica that never takes over, and another", "n1", never("n4"), replicas=2),
    _clustered("a dead replica", "n1", dead("n4")),
    _clustered("a hung replica", "n1", hung("n4"), replicas=2),
    _clustered("data too old", "n1", cut_off("n4", seconds=5),
               settings={"cluster-replica-validity-factor": "1"}, assumed=STALE),
    _clustered("two of five primaries", "n1 n2", shards=5),
    _clustered("three of five primaries", "n1 n2 n3", shards=5),
    _clustered("two of four primaries", "n1 n2", shards=4),
    _clustered("one of four primaries", "n3", shards=4),
    _clustered("the successor", "p", dead("n1"), succeeded(1), replicas=2),
    _clustered("the successor, who has no replica", "p", dead("n1"), succeeded(0)),
    _clustered("a shard dark before, and another primary", "n2", dead("n1"), dead("n4")),
    _clustered("a shard dark before, and one of the other four", "n2", dead("n1"), dead("n6"), shards=5),
)  # fmt: skip
KILLS = (*SENTINELS, *CLUSTERS)
