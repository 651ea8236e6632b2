"""Fleets in short form: a node in a line, a Sentinel in a line, a cluster's view in a few words.

Servers are called by one word; `at("a")` is the address of "a", and the node id of cluster node "a" is `id_of("a")`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from redistui.judge.quorum import verdict
from redistui.judge.rules.table import findings
from redistui.judge.slots import chart
from redistui.model import (
    SLOTS,
    Address,
    ClusterView,
    Fault,
    FaultKind,
    Finding,
    Fleet,
    Group,
    Kind,
    Node,
    OpenSlot,
    Peer,
    ReplicaSeen,
    Replication,
    Role,
    Sentinel,
    Watch,
    WatchedSentinel,
)

NOW = 1000.0
LINE = re.compile(
    r"(?P<name>\w+)(?:<(?P<primary>\w+))?(?P<slots>(?: \d+(?:-\d+)?)*)(?: e(?P<epoch>\d+))?(?: (?P<flags>\S+))?"
)


def at(name: str) -> Address:
    return name if name.startswith("unix:") else f"{name}:1"


def id_of(name: str) -> str:
    return name.encode().hex().rjust(40, "0")


def fault_of(kind: FaultKind | None) -> Fault | None:
    return None if kind is None else Fault(kind, f"is {kind}", NOW - 3)


def node(
    name: str,
    follows: str | None = None,
    *,
    role: Role | None = None,
    offset: int | None = 100,
    replid: str | None = "one",
    replid2: str | None = None,
    read: float | None = NOW,
    fault: FaultKind | None = None,
    link: str | None = "up",
    priority: int | None = 100,
    acks: Mapping[str, int] | None = None,
    view: str | None = None,
    site: str | None = None,
    conflict: str | None = None,
    syncing: bool = False,
    ping: float | None = None,
    **metrics: float,
) -> Node:
    """A primary, or a replica of `follows`. `fault="hung"` and the like: silent, its former role kept.

    `read=None`: never asked. `acks`: replica -> seconds since its last ACK. `view`: what it sees of its cluster.
    """
    was: Role = role or ("replica" if follows else "primary")
    replication = Replication(
        replid=replid,
        replid2=replid2,
        offset=offset,
        offset_at=read,
        second_offset=-1,
        primary=at(follows) if follows else None,
        link=link if follows else None,  # type: ignore[arg-type]
        priority=priority,
        sync_in_progress=syncing if follows else None,
        replicas=tuple(ReplicaSeen(at(one), "online", 0, lag) for one, lag in (acks or {}).items()),
    )
    return Node(
        address=at(name),
        seen_at=read,
        fault=fault_of(fault),
        role=None if fault or read is None or conflict else was,
        last_role=was if read is not None else None,
        conflict=conflict,
        replication=replication if read is not None else None,
        cluster=None if view is None else view_of(name, view, read),
        metrics=metrics,
        ping_ms=ping,
        site=site,
    )


def view_of(me: str, text: str, read: float | None = NOW) -> ClusterView:
    """`"a 0-99 200 e1, b<a e1 fail?, [5>c]"`: members with slots, primary, epoch and flags; `[5>c]` open slots of `me`.

    `~fail` and `~7` after the members: what CLUSTER INFO says of the state and the epoch.
    """
    peers: list[Peer] = []
    opened: list[OpenSlot] = []
    state, epoch = "ok", 0
    for part in filter(None, (part.strip() for part in text.split(","))):
        if part.startswith("["):
            slot, arrow, peer = re.fullmatch(r"\[(\d+)([<>])(\w+)\]", part).groups()  # type: ignore[union-attr]
            kind = "migrating" if arrow == ">" else "importing"
            opened.append(OpenSlot(int(slot), kind, id_of(me), id_of(peer)))  # type: ignore[arg-type]
        elif part.startswith("~"):
            state, epoch = (state, int(part[1:])) if part[1:].isdecimal() else (part[1:], epoch)
        else:
            peers.append(_peer(part, me))
    epoch = max([epoch, *(peer.epoch for peer in peers)])
    mine = id_of(me) if any(peer.id == id_of(me) for peer in peers) else None
    return ClusterView(
        mine, tuple(peers), tuple(opened), None if state == "none" else state, epoch, None, SLOTS, SLOTS, 0, 0,  # type: ignore[arg-type]
        len(peers), read,
    )  # fmt: skip


def _peer(text: str, me: str) -> Peer:
    found = LINE.fullmatch(text)
    assert found, text
    name, above, epoch = found["name"], found["primary"], int(found["epoch"] or 0)
    slots = tuple((int(one.split("-")[0]), int(one.split("-")[-1])) for one in (found["slots"] or "").split())
    flags = {"replica" if above else "primary", *(found["flags"] or "").split("+")} - {""}
    above = None if above == "nobody" else above
    flags |= {"myself"} if name == me else set()
    return Peer(id_of(name), at(name), frozenset(flags), id_of(above) if above else None, epoch, True, slots)


def sentinel(
    name: str,
    says: str | None = "a",
    *,
    epoch: int | None = 1,
    quorum: int | None = 2,
    others: int | None = 2,
    ckquorum: str | None = "ok",
    tilt: bool = False,
    fault: FaultKind | None = None,
    read: float | None = NOW,
    down: Sequence[str] = (),
    watched: str = "orders",
) -> Sentinel:
    """A Sentinel that believes in `says`; `down`: peers that it lists as s_down."""
    peers = tuple(WatchedSentinel(at(one), frozenset({"sentinel", "s_down"}), one, None, 0, 0) for one in down)
    watch = Watch(
        watched, at(says or "?"), frozenset({"primary"}), epoch, quorum, others, 2, 2000, 10000, 1, None, None,
        ckquorum, (), peers,
    )  # fmt: skip
    return Sentinel(
        address=at(name),
        seen_at=read,
        fault=fault_of(fault),
        tilt=tilt,
        tilt_seconds=3 if tilt else 0,
        watches={} if says is None or read is None else {watched: watch},
    )


def group(*members: Node | Sentinel, kind: Kind | None = None, name: str = "orders") -> Group:
    """A group of these; a Sentinel group if there is a Sentinel, a cluster if a node has a view."""
    nodes = tuple(member for member in members if isinstance(member, Node))
    sentinels = tuple(member for member in members if isinstance(member, Sentinel))
    clustered = any(member.cluster is not None for member in nodes)
    made = Group(
        name=name,
        kind=kind or ("cluster" if clustered else "sentinel" if sentinels else "replication"),
        nodes=nodes,
        sentinels=sentinels,
        cluster=chart(nodes) if clustered else None,
        watched_as="orders" if sentinels else None,
    )
    leaders = [one.address for one in nodes if one.role == "primary"]
    believed = verdict(made).primary or (leaders[0] if leaders else None)
    return replace(made, primary=None if clustered else believed)


def fleet(*groups: Group, now: float = NOW + 0.5, period: float = 1.0, **thresholds: float) -> Fleet:
    limits = {name.replace("__", "."): value for name, value in thresholds.items()}
    found = tuple(finding for one in groups for finding in findings(one, limits))
    return Fleet(at=now, period=period, groups=groups, findings=found, complete=True)


def said(*members: Node | Sentinel, kind: Kind | None = None) -> list[str]:
    """The findings of a group in short: `"node-down a"`, warnings in brackets."""
    return [_short(finding) for finding in findings(group(*members, kind=kind), {})]


def _short(finding: Finding) -> str:
    text = f"{finding.rule} {finding.node.removesuffix(':1')}" if finding.node else finding.rule
    return f"({text})" if finding.level == "warn" else text
