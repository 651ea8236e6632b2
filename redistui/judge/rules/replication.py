"""Replicas and what keeps them up to date: links, lag that grows, full syncs again and again, backlog, buffers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from redistui.judge.rules.kinds import Case, Kind
from redistui.model import Finding, Group, Node, ReplicaSeen

KINDS_LINKS = (
    Kind("link-down", "A replica has no link to its primary: it shows older and older data.",
         "See whether it can reach the primary and has its password (masterauth); its own log says why."),
)  # fmt: skip
KINDS_GROWTH = (
    Kind("lag-growing", "A replica falls behind further and further: it will end in a full sync.",
         "Look at its CPU, its network and its disk; slow commands on it hold replication up.", True, settled=True),
)  # fmt: skip
KINDS_SYNCS = (
    Kind("full-sync-loop", "A primary gives full syncs again and again: each costs a fork and the whole data set.",
         "Enlarge repl-backlog-size and client-output-buffer-limit replica, or the network between them.", True),
)  # fmt: skip
KINDS_BACKLOG = (
    Kind("backlog-small", "The backlog holds only seconds of writes: a replica away for longer needs a full sync.",
         "`set-parameter NODE repl-backlog-size`: a minute of writes at least.", True),
)  # fmt: skip
KINDS_BUFFERS = (
    Kind("replica-buffer", "Output waits for a replica, near the limit at which the primary cuts it off.",
         "Raise client-output-buffer-limit for replicas, or find out why it reads so slowly.", True),
)  # fmt: skip
LOOKED = 8.0
"""Seconds of growing lag that are looked at before anything is said."""
GROWING = 0.75
"""Part of the steps in which it must have grown."""


def links(case: Case) -> Iterator[Finding]:
    for node in case.group.nodes:
        said = node.replication
        if node.role != "replica" or said is None or said.link != "down":
            continue
        seconds = said.link_down_seconds
        since = f" for {seconds} s" if seconds is not None and seconds >= 0 else ""  # -1: it never had one
        syncing = "; a full sync is under way" if said.sync_in_progress else ""
        text = f"{node.address} has no link to {said.primary}{since}{syncing}"
        yield case.finding("link-down", "warn" if said.sync_in_progress else "bad", text, node)


def lag_growing(case: Case) -> Iterator[Finding]:
    for node in case.group.nodes:
        points = case.recall.lags(node.address) if "lag_bytes" in node.metrics else ()
        if len(points) < 4 or (seconds := points[-1][0] - points[0][0]) < LOOKED:
            continue
        pace = (points[-1][1] - points[0][1]) / seconds
        steps = [later[1] > sooner[1] for sooner, later in pairwise(points)]
        over = case.exceeds("lag_growth", pace, node)
        if over is not None and sum(steps) >= GROWING * len(steps):
            text = (
                f"{node.address} falls behind by {pace:,.0f} bytes a second and is {points[-1][1]:,.0f} behind: "
                f"it does not keep up with its primary"
            )
            yield case.finding("lag-growing", over[0], text, node, pace, over[1])


def full_syncs(case: Case) -> Iterator[Finding]:
    """As many as there are replicas are what a new primary gives them, once each."""
    for node in case.group.nodes:
        given = case.recall.grown(node.address, "sync_full") if node.totals else 0.0
        if not given:
            continue
        each = given / max(1.0, node.metric("replicas") or 0.0)
        if (over := case.exceeds("full_syncs", each, node)) is not None:
            text = (
                f"{node.address} gave {given:.0f} full syncs in ten minutes: replicas are lost before they are up to "
                f"date; enlarge repl-backlog-size and the replicas' client-output-buffer-limit"
            )
            yield case.finding("full-sync-loop", over[0], text, node, each, over[1])


def backlog(case: Case) -> Iterator[Finding]:
    """Of primaries with replicas, by their mean rate of the last half minute."""
    for node in case.group.nodes:
        said, rate = node.replication, node.metrics.get("replicated")
        if not rate or said is None or not said.backlog_size or node.role != "primary" or not said.replicas:
            continue
        pace = case.recall.pace(node.address, "replicated")
        if not pace:
            continue
        seconds = said.backlog_size / pace
        if (over := case.exceeds("backlog_seconds", seconds, node)) is not None:
            text = (
                f"the backlog of {node.address} holds {seconds:.0f} s of writes ({said.backlog_size:,} bytes at "
                f"{pace:,.0f} a second): a replica away for longer needs a full sync; enlarge repl-backlog-size"
            )
            yield case.finding("backlog-small", over[0], text, node, seconds, over[1])


def buffers(case: Case) -> Iterator[Finding]:
    """What waits for one replica: the bytes it has not acknowledged, or its share of what replicas hold in memory."""
    for node in case.group.nodes:
        said = node.replication
        if said is None or not said.replicas or said.offset is None:
            continue
        waiting, who = _waiting(case.group, node, said.replicas, said.offset)
        over = case.exceeds("replica_buffer", waiting, node)
        if over is not None:
            text = (
                f"{node.address} holds {waiting:,.0f} bytes for replica {who}, which it cuts off at its "
                f"client-output-buffer-limit: raise that, or see why the replica reads so slowly"
            )
            yield case.finding("replica-buffer", over[0], text, node, waiting, over[1])


def _waiting(group: Group, node: Node, replicas: Sequence[ReplicaSeen], offset: int) -> tuple[float, str]:
    """Bytes, and for whom the most."""
    online = [one for one in replicas if one.state == "online"]
    behind = {one.address: float(offset - one.offset) if one.offset else _own_lag(group, one) for one in online}
    who = max(behind, key=behind.__getitem__, default=replicas[0].address)
    shared = (node.metric("replicas_memory") or 0.0) / len(replicas)
    return max(behind.get(who, 0.0), shared), who


def _own_lag(group: Group, seen: ReplicaSeen) -> float:
    """Of a replica that has acknowledged nothing yet the primary knows no offset, and says 0: itself it tells how far
    it is behind."""
    replica = group.node(seen.address)
    return (replica.metric("lag_bytes") if replica is not None else None) or 0.0
