"""Sample fleets, built by hand at one fixed moment: what views and screens are drawn from in tests and benchmarks."""

from __future__ import annotations

from dataclasses import replace
from math import sin
from typing import get_args

from redistui.history import History
from redistui.model import (
    SLOTS,
    Address,
    Event,
    Fault,
    FaultKind,
    Finding,
    Fleet,
    Group,
    Level,
    Sentinel,
    SlotJob,
    Stray,
    Survey,
)
from tests.groups import AT, cluster_group, node, sentinel_group, silent
from tests.groups import REPLID as REPLID
from tests.groups import watch as watch
from tests.groups import wide_cluster as wide_cluster


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
    for seed, each in enumerate(one for group in fleet.groups for one in group.nodes):
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
