"""Sample fleets, built by hand at one fixed moment: what views and screens are drawn from in tests and benchmarks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from math import sin
from typing import get_args

from redistui.history import History
from redistui.model import (
    DOWN,
    SLOTS,
    Address,
    Cluster,
    ClusterView,
    Event,
    Fault,
    FaultKind,
    Finding,
    Fleet,
    Group,
    Level,
    Node,
    OpenSlot,
    Peer,
    ReplicaSeen,
    Replication,
    Role,
    Sentinel,
    Shard,
    SlotJob,
    Stray,
    Survey,
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
    seen = tuple(ReplicaSeen(address, "online", offset, 0) for address in replicas)
    replication = Replication(
        replid=REPLID,
        replid2=OLD_REPLID,
        offset=offset,
        offset_at=at,
        second_offset=-1,
        primary=primary if replica else None,
        link=link if replica else None,  # type: ignore[arg-type]
        link_state=("connected" if link == "up" else "connect") if replica else None,
        link_down_seconds=12 if replica and link == "down" else None,
        last_io_seconds=0 if replica else None,
        sync_in_progress=False,
        priority=100 if replica else None,
        read_only=True if replica else None,
        replicas=seen,
        backlog_active=True,
        backlog_size=1 << 20,
        failover_state="no-failover",
    )
    limit = 4 * 1024**3
    used = limit * ((seed * 37) % 80 + 3) / 100
    metrics = {
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
        replication=replication,
        metrics=metrics,
        ping_ms=0.2 + seed % 7 * 0.11,
        site=site,
    )


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
    primaries = [f"10.30.0.{last}:7000" for last in (1, 2, 3)]
    replicas = [f"10.30.0.{last}:7000" for last in (4, 5, 6)]
    ids = [f"{letter * 40}" for letter in "abcdef"]
    ranges: list[tuple[tuple[int, int], ...]] = [((0, 5461),), ((5462, 10922),), ((10923, 16383),)]
    if troubled:
        ranges[1] = ((5462, 9999), (10040, 10922))
    opened = (
        OpenSlot(5461, "migrating", ids[0], ids[1]),
        OpenSlot(5461, "importing", ids[1], ids[0]),
    )
    hung = Fault("hung", "connected, no answer for 1.0 s", AT - 4.0)
    nodes: list[Node] = []
    for number, (primary, replica) in enumerate(zip(primaries, replicas, strict=True)):
        bad = troubled and number == 2
        lead = node(primary, replicas=(replica,), seed=13 + number, site=site)
        follow = node(replica, "replica", primary, lag=0, seed=23 + number, link="down" if bad else "up", site=site)
        if bad:
            lead = replace(lead, fault=hung, role=None, seen_at=AT - 4.0)
        nodes += [lead, follow]
    nodes.sort(key=lambda each: each.address)
    flags = {address: {"primary"} for address in primaries} | {address: {"replica"} for address in replicas}
    if troubled:
        flags[primaries[2]] = {"primary", "fail?"}
    peers = tuple(
        Peer(
            id=ids[number],
            address=address,
            flags=frozenset(flags[address]),
            primary=None if number < 3 else ids[number - 3],
            epoch=(number % 3) + 1,
            link_up=True,
            slots=ranges[number] if number < 3 else (),
        )
        for number, address in enumerate(primaries + replicas)
    )
    assigned = sum(last - first + 1 for owned in ranges for first, last in owned)
    failing = frozenset(range(10923, 16384)) if troubled else frozenset()
    views = [
        ClusterView(
            myself=ids[number],
            peers=peers,
            open_slots=opened if troubled and number < 2 else (),
            state="ok",
            epoch=6,
            my_epoch=(number % 3) + 1,
            slots_assigned=assigned,
            slots_ok=assigned - len(failing),
            slots_pfail=len(failing),
            slots_fail=0,
            known_nodes=6,
            at=AT,
        )
        for number in range(6)
    ]
    order = primaries + replicas
    nodes = [replace(each, cluster=views[order.index(each.address)]) for each in nodes]
    shards = tuple(
        Shard(
            id=ids[number],
            primary=primaries[number],
            replicas=(replicas[number],),
            slots=ranges[number],
            slot_count=sum(last - first + 1 for first, last in ranges[number]),
            epoch=number + 1,
            keys=401_233 + number * 1733,
        )
        for number in range(3)
    )
    cluster = Cluster(
        state="ok",
        epoch=6,
        shards=shards,
        owners=owners(shards),
        open_slots=opened if troubled else (),
        failing=failing,
        agree=not troubled,
        dissenters=(replicas[1],) if troubled else (),
        slots_assigned=assigned,
        slots_ok=assigned - len(failing),
        slots_pfail=len(failing),
        slots_fail=0,
    )
    return Group(name, "cluster", tuple(nodes), cluster=cluster, environment="PROD", site=site)


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


def events() -> tuple[Event, ...]:
    """A Sentinel failover as three Sentinels tell it, and what we saw ourselves."""
    first, second, third = (f"10.20.0.{last}:26379" for last in (11, 12, 13))
    move = "orders 10.20.0.12 6379 10.20.0.11 6379"
    rows: tuple[tuple[float, Address, str, str, tuple[Address, ...]], ...] = (
        (61.2, "10.20.0.12:6379", "down", "10.20.0.12:6379: refused", ()),
        (57.9, first, "+sdown", "primary orders 10.20.0.12 6379", (first, second, third)),
        (57.8, second, "+odown", "primary orders 10.20.0.12 6379 #quorum 2/2", (second,)),
        (57.8, second, "+new-epoch", "7", (first, second, third)),
        (57.7, second, "+elected-leader", "primary orders 10.20.0.12 6379", (second,)),
        (57.4, second, "+selected-slave", "replica 10.20.0.11:6379", (second,)),
        (56.6, second, "+promoted-slave", "replica 10.20.0.11:6379", (second,)),
        (56.1, "10.20.0.11:6379", "role", "10.20.0.11:6379 is a primary now (was a replica)", ()),
        (55.5, first, "+switch-master", move, (first, second, third)),
        (32.0, "10.20.0.12:6379", "up", "10.20.0.12:6379 answers again after 29 s", ()),
        (30.4, first, "-sdown", "replica 10.20.0.12:6379", (first, second)),
        (12.0, third, "+tilt", "#tilt mode entered", (third,)),
    )
    return tuple(Event(AT - ago, source, kind, "orders", text, seen) for ago, source, kind, text, seen in rows)


def quiet() -> Fleet:
    """A Sentinel group and a cluster, both well."""
    groups = (sentinel_group(), cluster_group(troubled=False))
    return Fleet(at=AT, period=1.0, groups=groups, events=events(), complete=True)


def troubled() -> Fleet:
    """The same two groups: two Sentinels that disagree (one in TILT), one that is gone, a link that is down, open,
    uncovered and failing slots."""
    group = sentinel_group()
    a, b, c, d = group.nodes
    c = replace(
        node(c.address, "replica", a.address, link="down", lag=None, seed=7, offset=48_201_000_000),
        metrics={**c.metrics},
    )
    d = replace(d, seen_at=AT - 7.0)
    first, second, third = group.sentinels
    belief = second.watches["orders"]
    old = replace(
        belief,
        primary=b.address,
        epoch=6,
        ckquorum="NOQUORUM 1 usable Sentinels",
        flags=frozenset({"primary", "s_down"}),
    )
    second = replace(second, watches={"orders": old}, tilt=True, tilt_seconds=12)
    third = Sentinel(
        third.address, AT - 95.0, Fault("refused", "nothing listens on this port", AT - 95.0), third.run_id, watches={}
    )
    gone = frozenset({"sentinel", "s_down", "disconnected"})
    mine = first.watches["orders"]
    peers = tuple(replace(peer, flags=gone) if peer.address == third.address else peer for peer in mine.sentinels)
    first = replace(first, watches={"orders": replace(mine, sentinels=peers)})
    group = replace(group, nodes=(a, b, c, d), sentinels=(first, second, third))
    cart = cluster_group()
    return Fleet(at=AT, period=1.0, groups=(group, cart), findings=findings(), events=events(), complete=True)


def findings() -> tuple[Finding, ...]:
    """Verdicts on `troubled`, in the order a judge gives them."""
    disagree = (
        "Sentinel 10.20.0.12:26379 believes in 10.20.0.12:6379 at epoch 6, the newest view is 10.20.0.11:6379 at 7"
    )
    lost = "no failover can be authorised: 1 of the 2 Sentinels needed for a failover can vote"
    rows: tuple[tuple[str, Level, str, Address | None, str], ...] = (
        ("sentinels-disagree", "bad", "orders", "10.20.0.12:26379", disagree),
        ("quorum-lost", "bad", "orders", None, lost),
        ("link-down", "bad", "orders", "10.20.0.13:6379", "10.20.0.13:6379 has no link to 10.20.0.11:6379 for 12 s"),
        ("sentinel-down", "warn", "orders", "10.20.0.13:26379", "Sentinel 10.20.0.13:26379 refused: nothing listens"),
        (
            "tilt",
            "warn",
            "orders",
            "10.20.0.12:26379",
            "Sentinel 10.20.0.12:26379 is in TILT for 12 s: it only watches",
        ),
        ("node-down", "bad", "cart", "10.30.0.3:7000", "10.30.0.3:7000 hung, was primary: no answer for 1.0 s"),
        ("slots-uncovered", "bad", "cart", None, "40 of 16384 slots have no owner"),
        ("slots-failing", "bad", "cart", None, "5461 slots belong to a primary that fails"),
        ("open-slot", "warn", "cart", None, "slot 5461 is open: it leaves 10.30.0.1:7000 for 10.30.0.2:7000"),
        ("views-differ", "warn", "cart", None, "views of the slot map differ: 10.30.0.5:7000"),
    )
    return tuple(Finding(rule, level, group, message, where) for rule, level, group, where, message in rows)


def faulty() -> Fleet:
    """One group with a node for every kind of fault, one whose ROLE and INFO disagree, and two primaries."""
    a, other = "10.50.0.1:6379", "10.50.0.2:6379"
    kinds: tuple[FaultKind, ...] = get_args(FaultKind)
    nodes = [node(a, seed=3), node(other, seed=4)]
    nodes += [silent(f"10.50.0.{10 + number}:6379", kind) for number, kind in enumerate(kinds)]
    split = replace(
        node("10.50.0.40:6379", None, a, seed=9), conflict="ROLE says replica, INFO says primary", last_role="replica"
    )
    lagging = node("10.50.0.41:6379", "replica", a, lag=734_003_200, seed=10)
    orphan = node("10.50.0.42:6379", "replica", "10.99.0.1:6379", link="down", seed=12)
    hostile = node("\x1b]0;x\x07[@click=app.quit]:6379", "replica", a, lag=0, seed=14)
    nodes += [split, lagging, orphan, hostile]
    group = Group("[/]sessions\u202e", "replication", tuple(nodes), primary=None, environment="PROD")
    found = tuple(
        Finding(
            "node-down" if each.fault.down else "node-fault",
            "bad" if each.fault.down else "warn",
            group.name,
            f"{each.address} {each.fault.kind}: {each.fault.text}",
            each.address,
        )
        for each in nodes
        if each.fault is not None
    )
    found += (
        Finding(
            "two-primaries", "bad", group.name, f"two primaries of one lineage: {a} and {other} both take writes", other
        ),
        Finding("role-conflict", "bad", group.name, f"{split.address}: {split.conflict}", split.address),
        Finding(
            "lag-bytes",
            "warn",
            group.name,
            f"{lagging.address} is 734,003,200 bytes behind its primary",
            lagging.address,
            734_003_200.0,
        ),
    )
    return Fleet(at=AT, period=1.0, groups=(group,), findings=found, complete=True)


def two_sites() -> Fleet:
    """Two datacenters: a Sentinel group chained from the first into the second, and a cluster in each."""
    orders = sentinel_group("orders", "10.1.0", site="fra")
    away = tuple(
        replace(each, site="ams", ping_ms=11.2 + number) if number >= 2 else each
        for number, each in enumerate(orders.nodes)
    )
    orders = replace(orders, nodes=away)
    sessions = sentinel_group("sessions", "10.2.0", chain=False, site="ams")
    sessions = replace(sessions, nodes=tuple(replace(each, ping_ms=11.8) for each in sessions.nodes))
    down = silent("10.2.0.13:6379", "unreachable")
    sessions = replace(sessions, nodes=(*sessions.nodes[:2], replace(down, site="ams")))
    cart = cluster_group(troubled=False, site="fra")
    cart = replace(
        cart,
        nodes=tuple(replace(each, site="fra" if number < 3 else "ams") for number, each in enumerate(cart.nodes)),
    )
    found = (
        Finding(
            "node-down",
            "bad",
            "sessions",
            "10.2.0.13:6379 unreachable, was replica: no route to host",
            "10.2.0.13:6379",
        ),
    )
    return Fleet(at=AT, period=1.0, groups=(orders, sessions, cart), findings=found, complete=True)


def large(count: int = 1000, at: float = AT, turn: int = 0) -> Fleet:
    """`count` nodes in groups of one primary and four replicas; each `turn` moves the figures of all of them."""
    groups = []
    for number in range(count // 5):
        first = f"10.{60 + number // 250}.{number % 250}.1:6379"
        nodes = [node(first, seed=number + 1 + turn, at=at, offset=9_000_000 + turn * 1000)]
        nodes += [
            node(
                f"10.{60 + number // 250}.{number % 250}.{last}:6379",
                "replica",
                first,
                at=at,
                lag=(last + turn) % 7 * 40,
                offset=9_000_000 + turn * 1000,
                seed=number + last + turn,
            )
            for last in range(2, 6)
        ]
        groups.append(Group(f"set-{number:03d}", "replication", tuple(nodes), primary=first))
    return Fleet(at=at, period=1.0, groups=tuple(groups), complete=True)


def history(fleet: Fleet, samples: int = 300, length: int = 900) -> History:
    """A past for every node: waves around its present figures, a gap of ten samples in the middle."""
    past = History(length)
    for seed, each in enumerate(node for group in fleet.groups for node in group.nodes):
        for tick in range(samples):
            missing = samples // 2 <= tick < samples // 2 + 10
            wave = 1 + 0.35 * sin(tick / (19 + seed % 7) + seed) + 0.06 * sin(tick * 0.9 + seed)
            waved = {name: max(0.0, value * wave) for name, value in each.metrics.items()}
            past.add(each.address, fleet.at - samples + 1 + tick, {} if missing else waved)
    return past


def survey(at: float = AT - 3.0) -> Survey:
    """Counted three seconds ago: some regions hold many keys, some few, a few slots very many, every eleventh none;
    those of the third shard take more CPU."""
    keys = tuple(
        0.0 if slot % 11 == 0 else float(int(1.075 ** (slot // 96 * 7919 % 83)) + slot * 7919 % 3)
        for slot in range(SLOTS)
    )
    keys = tuple(count * 40 + 2000 if slot % 1999 == 5 else count for slot, count in enumerate(keys))
    cpu = tuple(count * 2.5 if slot > 10922 else count / 8 for slot, count in enumerate(keys))
    return Survey(
        began=at - 0.4,
        at=at,
        keys=keys,
        memory=tuple(count * 130 for count in keys),
        memory_by="average",
        cpu=cpu,
        net_in=tuple(value * 40 for value in cpu),
        net_out=tuple(value * 700 for value in cpu),
    )


def surveyed(*, troubled: bool = False) -> Fleet:
    """A cluster alone, and what its slots hold. Troubled: orphan keys, slots that move, and a shard that is silent."""
    group = cluster_group(troubled=troubled)
    found = survey()
    if troubled:
        two, three = (f"10.30.0.{last}:7000" for last in (2, 3))
        ids = [letter * 40 for letter in "abc"]
        found = replace(
            found,
            keys=tuple(count if slot < 10923 else None for slot, count in enumerate(found.keys)),
            strays=(Stray(two, 77, 12),),
            arriving=(Stray(two, 5461, 3),),
            unasked=(three,),
            unmetered=(two,),
            jobs=(
                SlotJob("1" * 40, ((1200, 1299),), ids[0], ids[1], "snapshotting", "", 81920, AT - 1.0),
                SlotJob("2" * 40, ((9000, 9015),), ids[1], ids[0], "failed", "Connection lost to target", 0, AT - 90.0),
            ),
        )
    return replace(quiet(), groups=(replace(group, survey=found),))
