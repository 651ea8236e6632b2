"""Sample nodes, Sentinels and groups, built by hand at one fixed moment: what the sample fleets are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from redistui.model import (
    DOWN,
    SLOTS,
    Address,
    Cluster,
    ClusterView,
    Fault,
    FaultKind,
    Group,
    Node,
    OpenSlot,
    Peer,
    ReplicaSeen,
    Replication,
    Role,
    Sentinel,
    Shard,
    Watch,
    WatchedReplica,
    WatchedSentinel,
)

AT = 1_760_000_000.25
"""2025-10-09 08:53:20 UTC."""
REPLID = "8d1f6f2c9a4be07e3d55c1b2a9f0e4d7c6b8a913"
OLD_REPLID = "3b7790aa61de4fd1b02c9e8877aa00d1f5e6c4b2"


def node(
    address: Address,
    role: Role | None = "primary",
    primary: Address | None = None,
    *,
    at: float = AT,
    offset: int | None = 48_213_377_104,
    lag: int | None = None,
    link: str | None = "up",
    fault: Fault | None = None,
    seed: int = 1,
    replicas: Sequence[Address] = (),
    site: str | None = None,
    server: str = "valkey",
    version: str = "9.1.2",
) -> Node:
    """A node that answers, unless `fault` says otherwise; its figures follow from `seed`."""
    replica = role == "replica"
    if replica and offset is not None:
        offset -= lag or 0
    metrics = _figures(seed, replica=replica)
    if replica and lag is not None:
        metrics |= {"lag_bytes": float(lag), "lag_seconds": 0.0 if lag < 1 << 20 else 4.0}
    return Node(
        address=address,
        seen_at=at,
        fault=fault,
        role=role,
        last_role=role,
        server=server,  # type: ignore[arg-type]
        version=version,
        run_id=f"{seed:040x}",
        replication=_replication(primary if replica else None, replicas, offset, at, link, replica=replica),
        metrics=metrics,
        ping_ms=0.2 + seed % 7 * 0.11,
        site=site,
    )


def _replication(
    primary: Address | None, replicas: Sequence[Address], offset: int | None, at: float, link: str | None, *,
    replica: bool,
) -> Replication:  # fmt: skip
    """As a primary or a replica tells it while all is well, but for the link."""
    return Replication(
        replid=REPLID,
        replid2=OLD_REPLID,
        offset=offset,
        offset_at=at,
        second_offset=-1,
        primary=primary,
        link=link if replica else None,  # type: ignore[arg-type]
        link_state=("connected" if link == "up" else "connect") if replica else None,
        link_down_seconds=12 if replica and link == "down" else None,
        last_io_seconds=0 if replica else None,
        sync_in_progress=False,
        priority=100 if replica else None,
        read_only=True if replica else None,
        replicas=tuple(ReplicaSeen(address, "online", offset, 0) for address in replicas),
        backlog_active=True,
        backlog_size=1 << 20,
        failover_state="no-failover",
    )


def _figures(seed: int, *, replica: bool) -> dict[str, float]:
    """Figures that look like those of a server, and are the same for the same seed."""
    limit = 4 * 1024**3
    used = limit * ((seed * 37) % 80 + 3) / 100
    return {
        "ops_per_second": (seed * 7919) % 18_000 / (8 if replica else 1),
        "memory_used": used,
        "memory_limit": float(limit),
        "memory_percent": used / limit * 100,
        "memory_rss": used * 1.12,
        "clients": float((seed * 53) % 900 + 3),
        "blocked_clients": 0.0,
        "cpu_percent": (seed * 29) % 85 + 0.4,
        "net_in": 182_000.0 * seed,
        "net_out": 941_000.0 * seed,
        "hits": 5100.0,
        "misses": 74.0,
        "keys": 120_331.0 * seed,
        "uptime_seconds": 86_400.0 * 12 + seed * 400,
    }


def silent(address: Address, kind: FaultKind, *, since: float = 42.0, was: Role | None = "replica") -> Node:
    """A node that has not answered for `since` seconds (or answers with an error, where the kind says so)."""
    texts = {
        "refused": "nothing listens on this port",
        "unreachable": "no route to host",
        "hung": "connected, no answer for 1.0 s",
        "closed": "the connection was closed and could not be opened again",
        "tls": "certificate verify failed: self-signed certificate",
        "garbage": "HTTP/1.1 400 Bad Request: this is no Redis or Valkey server",
        "loading": "loading the dataset, 61 % done",
        "busy": "a script has been running for 42 s",
        "masterdown": "link with its primary is down and replica-serve-stale-data is no",
        "noauth": "the server wants a password",
        "noperm": "user watch may not run 'info'",
        "maxclients": "max number of clients reached",
        "error": "ERR unknown command 'ROLE'",
    }
    up = kind not in DOWN
    return Node(
        address=address,
        seen_at=AT if up else AT - since,
        fault=Fault(kind, texts[kind], AT - since),
        role=None,
        last_role=was,
        server="redis",
        version="7.0.15",
    )


def watch(name: str, primary: Address, replicas: Sequence[Node], others: Sequence[Address], **changes: object) -> Watch:
    """What a Sentinel believes while all is well."""
    seen = tuple(
        WatchedReplica(
            address=each.address,
            flags=frozenset({"replica"}),
            run_id=each.run_id,
            link_up=True,
            priority=100,
            offset=each.replication.offset if each.replication else None,
            primary=primary,
            last_ok_ping_ms=340,
            info_refresh_ms=4200,
            link_down_ms=0,
        )
        for each in replicas
    )
    peers = tuple(
        WatchedSentinel(address, frozenset({"sentinel"}), f"{number:040x}", None, 7, 450)
        for number, address in enumerate(others)
    )
    whole = Watch(
        name=name,
        primary=primary,
        flags=frozenset({"primary"}),
        epoch=7,
        quorum=2,
        other_sentinels=len(others),
        known_replicas=len(replicas),
        down_after_ms=5000,
        failover_timeout_ms=60_000,
        parallel_syncs=1,
        failover_state=None,
        run_id="1".zfill(40),
        ckquorum="ok",
        replicas=seen,
        sentinels=peers,
    )
    return replace(whole, **changes)  # type: ignore[arg-type]


def sentinel_group(name: str = "orders", net: str = "10.20.0", *, chain: bool = True, site: str | None = None) -> Group:
    """One primary, two replicas, one more replica chained under the first, three Sentinels that agree."""
    a, b, c, d = (f"{net}.{last}:6379" for last in (11, 12, 13, 14))
    nodes = [
        node(a, replicas=(b, c), seed=3, site=site),
        node(b, "replica", a, lag=0, replicas=(d,) if chain else (), seed=5, site=site),
        node(c, "replica", a, lag=182, seed=7, site=site),
    ]
    if chain:
        nodes.append(node(d, "replica", b, lag=36_400, seed=11, site=site))
    addresses = [f"{net}.{last}:26379" for last in (11, 12, 13)]
    sentinels = tuple(
        Sentinel(
            address=address,
            seen_at=AT,
            run_id=f"{number + 77:040x}",
            server="valkey",
            version="9.1.2",
            tilt=False,
            running_scripts=0,
            queued_scripts=0,
            ping_ms=0.3,
            site=site,
            watches={name: watch(name, a, nodes[1:], [peer for peer in addresses if peer != address])},
        )
        for number, address in enumerate(addresses)
    )
    return Group(name, "sentinel", tuple(nodes), sentinels, primary=a, watched_as=name, environment="PROD", site=site)


def cluster_group(name: str = "cart", *, troubled: bool = True, site: str | None = None) -> Group:
    """3 + 3. Troubled: slot 5461 on its way from the first shard to the second, the third shard's primary hung, 40
    slots owned by nobody."""
    ranges: list[tuple[tuple[int, int], ...]] = [((0, 5461),), ((5462, 10922),), ((10923, 16383),)]
    if troubled:
        ranges[1] = ((5462, 9999), (10040, 10922))
    opened = (OpenSlot(5461, "migrating", _IDS[0], _IDS[1]), OpenSlot(5461, "importing", _IDS[1], _IDS[0]))
    failing = frozenset(range(10923, 16384)) if troubled else frozenset()
    shards = tuple(_shard(number, owned) for number, owned in enumerate(ranges))
    cluster = Cluster(
        state="ok",
        epoch=6,
        shards=shards,
        owners=owners(shards),
        open_slots=opened if troubled else (),
        failing=failing,
        agree=not troubled,
        dissenters=(_COPIES[1],) if troubled else (),
        slots_assigned=sum(shard.slot_count for shard in shards),
        slots_ok=sum(shard.slot_count for shard in shards) - len(failing),
        slots_pfail=len(failing),
        slots_fail=0,
    )
    nodes = _members(cluster, opened if troubled else (), troubled=troubled, site=site)
    return Group(name, "cluster", nodes, cluster=cluster, environment="PROD", site=site)


_LEADS = tuple(f"10.30.0.{last}:7000" for last in (1, 2, 3))
_COPIES = tuple(f"10.30.0.{last}:7000" for last in (4, 5, 6))
_IDS = tuple(letter * 40 for letter in "abcdef")


def _shard(number: int, owned: tuple[tuple[int, int], ...]) -> Shard:
    return Shard(
        id=_IDS[number],
        primary=_LEADS[number],
        replicas=(_COPIES[number],),
        slots=owned,
        slot_count=sum(last - first + 1 for first, last in owned),
        epoch=number + 1,
        keys=401_233 + number * 1733,
    )


def _members(cluster: Cluster, opened: tuple[OpenSlot, ...], *, troubled: bool, site: str | None) -> tuple[Node, ...]:
    """Its nodes in the order of their addresses, all with the same view but for their own open slots."""
    peers = tuple(_peer(number, cluster.shards, troubled=troubled) for number in range(6))
    hung = Fault("hung", "connected, no answer for 1.0 s", AT - 4.0)
    nodes = []
    for number, (lead, copy) in enumerate(zip(_LEADS, _COPIES, strict=True)):
        bad = troubled and number == 2
        first = node(lead, replicas=(copy,), seed=13 + number, site=site)
        second = node(copy, "replica", lead, lag=0, seed=23 + number, link="down" if bad else "up", site=site)
        nodes += [replace(first, fault=hung, role=None, seen_at=AT - 4.0) if bad else first, second]
    order = (*_LEADS, *_COPIES)
    numbered = [(order.index(one.address), one) for one in sorted(nodes, key=lambda one: one.address)]
    return tuple(
        replace(one, cluster=_view(number, cluster, peers, opened if number < 2 else ())) for number, one in numbered
    )


def _peer(number: int, shards: Sequence[Shard], *, troubled: bool) -> Peer:
    flags = {"primary" if number < 3 else "replica"} | ({"fail?"} if troubled and number == 2 else set())
    return Peer(
        id=_IDS[number],
        address=(*_LEADS, *_COPIES)[number],
        flags=frozenset(flags),
        primary=None if number < 3 else _IDS[number - 3],
        epoch=(number % 3) + 1,
        link_up=True,
        slots=shards[number].slots if number < 3 else (),
    )


def _view(number: int, cluster: Cluster, peers: tuple[Peer, ...], opened: tuple[OpenSlot, ...]) -> ClusterView:
    return ClusterView(
        myself=_IDS[number],
        peers=peers,
        open_slots=opened,
        state="ok",
        epoch=6,
        my_epoch=(number % 3) + 1,
        slots_assigned=cluster.slots_assigned,
        slots_ok=cluster.slots_ok,
        slots_pfail=cluster.slots_pfail,
        slots_fail=0,
        known_nodes=6,
        at=AT,
    )


def owners(shards: Sequence[Shard]) -> tuple[int, ...]:
    """Index of each slot's owner, -1 for a slot of nobody."""
    table = [-1] * SLOTS
    for index, shard in enumerate(shards):
        for first, last in shard.slots:
            table[first : last + 1] = [index] * (last - first + 1)
    return tuple(table)


def wide_cluster(name: str = "wide", count: int = 16) -> Group:
    """Many shards, each with several ranges that lie scattered: what a cluster looks like after years of moves."""
    steps = [137 + (part * 89) % 240 for part in range(count * 4)]
    bounds = [SLOTS * sum(steps[:part]) // sum(steps) for part in range(count * 4 + 1)]
    pieces = [(first, last - 1) for first, last in pairwise(bounds)]
    nodes, shards = [], []
    for number in range(count):
        primary, replica = f"10.40.{number}.1:7000", f"10.40.{number}.2:7000"
        nodes += [
            node(primary, replicas=(replica,), seed=number + 2),
            node(replica, "replica", primary, lag=0, seed=number + 5),
        ]
        mine = tuple(pieces[(number * 7 + turn * 5) % count + count * turn] for turn in range(4))
        size = sum(last - first + 1 for first, last in mine)
        shards.append(Shard(f"{number:040x}", primary, (replica,), mine, size, number + 1, 52_000 + 97 * number))
    cluster = Cluster("ok", 40, tuple(shards), owners(shards), (), frozenset(), True, (), SLOTS, SLOTS, 0, 0)
    return Group(name, "cluster", tuple(nodes), cluster=cluster, environment="DEV")
