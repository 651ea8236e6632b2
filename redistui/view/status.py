"""The text of `redistui status`: each group under its own line, its nodes, Sentinels, shards, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from redistui.model import Finding, Fleet, Group, Health, Node, Replication, Sentinel, Shard
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.figures import UNKNOWN, count, exact, latency, percent, plural, rate, size, span

NODES: tuple[Column, ...] = (
    Column("", 1),
    Column("NODE", 21),
    Column("ROLE", 7),
    Column("FOLLOWS", 21),
    Column("LINK", 4),
    Column("LAG", 6, "right"),
    Column("OFFSET", 13, "right"),
    Column("MEMORY", 6, "right"),
    Column("MEM%", 5, "right"),
    Column("CLIENTS", 7, "right"),
    Column("OPS/S", 6, "right"),
    Column("CPU", 5, "right"),
    Column("PING", 6, "right"),
    Column("UPTIME", 6, "right"),
    Column("VERSION", 12),
    Column("SITE", 6),
    Column("PRIO", 4, "right"),
    Column("READ-ONLY", 9),
    Column("BACKLOG", 7),
    Column("FAULT", 20),
)
"""PRIO, READ-ONLY and BACKLOG are filled only where they are not what they are as a rule: 100, yes, active."""
USUAL_PRIORITY = 100
SENTINELS: tuple[Column, ...] = (
    Column("", 1),
    Column("SENTINEL", 21),
    Column("SAYS PRIMARY IS", 21),
    Column("EPOCH", 5, "right"),
    Column("QUORUM", 6, "right"),
    Column("KNOWS", 22),
    Column("CKQUORUM", 8),
    Column("SCRIPTS", 7),
    Column("PING", 6, "right"),
    Column("SITE", 6),
    Column("FAULT", 20),
)
SHARDS: tuple[Column, ...] = (
    Column("SHARD", 21),
    Column("REPLICAS", 8, "right"),
    Column("SLOTS", 5, "right"),
    Column("SHARE", 5, "right"),
    Column("KEYS", 6, "right"),
    Column("RANGES", 20),
)
WORDS: dict[Health, str] = {"ok": "OK", "warn": "WARN", "bad": "BAD", "unknown": "UNKNOWN"}
RANGES = 4
"""Slot ranges of one shard that are listed; a fragmented one has hundreds."""
Letter = Literal["+", "!", "x", "?"]


def headline(group: Group, health: Health) -> Row:
    """`orders  sentinel  OK  PROD  primary 10.0.0.1:6379`."""
    return (
        Cell(group.name, "title"),
        Cell(group.kind, "dim"),
        Cell(WORDS[health], health),
        Cell(group.environment or "", "accent"),
        Cell(_summary(group)),
        Cell(f"site {group.site}" if group.site else "", "dim"),
    )


def _summary(group: Group) -> str:
    if group.cluster is None:
        return f"primary {group.primary or 'unknown'}"
    return f"{plural(len(group.cluster.shards), 'shard')}, {exact(group.cluster.slots_assigned)} slots assigned"


def node_rows(fleet: Fleet, group: Group) -> Iterator[Row]:
    for node in group.nodes:
        yield node_row(fleet, node)


def node_row(fleet: Fleet, node: Node) -> Row:
    own = node.replication
    fresh: Tone = "text" if fleet.freshness(node.seen_at) == "fresh" and node.up else "dim"
    letter, tone = _letter(node)
    figures = {name: node.metrics.get(name) for name in ("lag_bytes", "memory_used", "memory_percent", "clients")}
    return (
        Cell(letter, tone),
        Cell(node.address, fresh),
        _role(node),
        Cell((own.primary if own else None) or "", fresh),
        _link(own, fresh),
        Cell(size(figures["lag_bytes"]) if node.role == "replica" else "", fresh),
        Cell(exact(own.offset if own else None), fresh),
        Cell(size(figures["memory_used"]), fresh),
        Cell(percent(figures["memory_percent"]) if figures["memory_percent"] is not None else "", fresh),
        Cell(count(figures["clients"]), fresh),
        Cell(rate(node.metrics.get("ops_per_second")), fresh),
        Cell(percent(node.metrics.get("cpu_percent")), fresh),
        Cell(latency(node.ping_ms), fresh),
        Cell(span(node.metrics.get("uptime_seconds")), fresh),
        Cell(" ".join(filter(None, (node.server, node.version))), "dim"),
        Cell(node.site or "", "dim"),
        *_unusual(node, own),
        _fault(fleet, node),
    )


def _link(own: Replication | None, tone: Tone) -> Cell:
    """`sync` while it copies everything: its link is down until then."""
    if own is not None and own.sync_in_progress:
        return Cell("sync", "warn")
    return Cell((own.link if own else None) or "", "bad" if own and own.link == "down" else tone)


def _unusual(node: Node, own: Replication | None) -> Row:
    """Priority and read-only of a replica, the backlog of any node: blank where they are as they are as a rule."""
    if own is None:
        return (Cell(""),) * 3
    replica = node.role == "replica"
    priority = own.priority if replica and own.priority != USUAL_PRIORITY else None
    served = bool(own.replicas) and own.backlog_active is False
    return (
        Cell("" if priority is None else str(priority), "warn" if priority == 0 else "text"),
        Cell("NO" if replica and own.read_only is False else "", "warn"),
        Cell("off" if served else "", "warn"),
    )


def _letter(server: Node | Sentinel) -> tuple[Letter, Tone]:
    """Up, up with a fault, down, never seen: told by a sign as well as by colour."""
    if server.up:
        return ("+", "ok") if server.fault is None else ("!", "warn")
    return ("?", "unknown") if server.seen_at is None and server.fault is None else ("x", "bad")


def _role(node: Node) -> Cell:
    if node.role is not None:
        return Cell(node.role, node.role)
    return Cell(f"was {node.last_role}" if node.last_role else "unknown", "unknown")


def _fault(fleet: Fleet, server: Node | Sentinel) -> Cell:
    if server.fault is None:
        conflict = server.conflict if isinstance(server, Node) else None
        return Cell(conflict or "", "warn")
    since = fleet.age(server.fault.since)
    age = f" for {span(since)}" if since is not None and since >= 1 else ""
    return Cell(f"{server.fault.text}{age}", "bad" if server.fault.down else "warn")


def sentinel_rows(fleet: Fleet, group: Group) -> Iterator[Row]:
    """What each Sentinel itself believes, never a sum of them."""
    watches = {sentinel.address: watch for sentinel, watch in group.watches()}
    for sentinel in group.sentinels:
        watch = watches.get(sentinel.address)
        fresh: Tone = "text" if fleet.freshness(sentinel.seen_at) == "fresh" and sentinel.up else "dim"
        letter, tone = _letter(sentinel)
        ckquorum = watch.ckquorum if watch else None
        yield (
            Cell(letter, tone),
            Cell(sentinel.address, fresh),
            Cell(watch.primary if watch else UNKNOWN, fresh),
            Cell(exact(watch.epoch if watch else None), fresh),
            Cell(exact(watch.quorum if watch else None), fresh),
            Cell(_knows(watch.other_sentinels, watch.known_replicas) if watch else "", fresh),
            Cell(
                "TILT" if sentinel.tilt else ckquorum or UNKNOWN,
                "ok" if ckquorum == "ok" and not sentinel.tilt else "warn",
            ),
            Cell(_scripts(sentinel), fresh),
            Cell(latency(sentinel.ping_ms), fresh),
            Cell(sentinel.site or "", "dim"),
            _fault(fleet, sentinel),
        )


def _scripts(sentinel: Sentinel) -> str:
    """Scripts that run and that wait; blank while there are none, or nothing is known of them."""
    runs, wait = sentinel.running_scripts, sentinel.queued_scripts
    return f"{runs or 0} run, {wait or 0} wait" if sentinel.up and (runs or wait) else ""


def _knows(sentinels: int | None, replicas: int | None) -> str:
    others = UNKNOWN if sentinels is None else plural(sentinels, "other")
    return f"{others}, {UNKNOWN if replicas is None else plural(replicas, 'replica')}"


def shard_rows(group: Group) -> Iterator[Row]:
    for shard in group.cluster.shards if group.cluster else ():
        yield (
            Cell(shard.primary),
            Cell(str(len(shard.replicas)), "text" if shard.replicas else "warn"),
            Cell(exact(shard.slot_count)),
            Cell(percent(shard.slot_count * 100 / 16384)),
            Cell(count(shard.keys)),
            Cell(_ranges(shard), "dim"),
        )


def _ranges(shard: Shard) -> str:
    """The first slot ranges, and how many more there are."""
    named = [f"{first}-{last}" if first != last else f"{first}" for first, last in shard.slots[:RANGES]]
    more = len(shard.slots) - RANGES
    return " ".join([*named, f"and {more} more"] if more > 0 else named)


def finding_row(finding: Finding) -> Row:
    return (
        Cell(finding.level.upper(), finding.level),
        Cell(finding.group, "title"),
        Cell(finding.node or ""),
        Cell(finding.message),
        Cell(f"({finding.rule})", "dim"),
    )
