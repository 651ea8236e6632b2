"""The JSON documents of `status`, `check` and `key`: keys may be added, never renamed or removed.

Every key is always there; what is unknown is null, never 0. Text from servers is left as it came: JSON escapes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from redistui.cli.remarked import Said, SaidOf, said_of, said_then
from redistui.cli.sites_document import sites_document
from redistui.judge.consensus import Consensus, Opinion, consensus
from redistui.judge.health import health
from redistui.judge.quorum import votes
from redistui.judge.score import band, score
from redistui.model import Cluster, Finding, Fleet, Group, Node, Replication, Sentinel, Watch

Document = dict[str, Any]

MEASURED = ("memory_used", "memory_limit", "memory_percent", "clients", "ops_per_second", "cpu_percent")


def time(at: float | None) -> str | None:
    """ISO 8601, UTC, milliseconds.

    >>> time(1700000000.5)
    '2023-11-14T22:13:20.500Z'
    """
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def status(fleet: Fleet, said: SaidOf | None = None) -> Document:
    """The `status --json` document of one snapshot. `said`: of its findings; None: what its own alerts have."""
    points = score(fleet)
    said = said_then(fleet) if said is None else said
    return {
        "at": time(fleet.at),
        "groups": [group_document(fleet, group) for group in fleet.groups],
        "sites": sites_document(fleet),
        "findings": [remarked_document(finding, said_of(said, finding)) for finding in fleet.findings],
        "score": points,
        "status": band(points),
    }


def group_document(fleet: Fleet, group: Group) -> Document:
    watches = {sentinel.address: watch for sentinel, watch in group.watches()}
    return {
        "name": group.name,
        "kind": group.kind,
        "site": group.site,
        "health": health(fleet, group),
        "primary": group.primary,
        "environment": group.environment,
        "nodes": [node_document(node) for node in group.nodes],
        "sentinels": [sentinel_document(one, watches.get(one.address)) for one in group.sentinels],
        "cluster": None if group.cluster is None else cluster_document(group, group.cluster),
    }


def node_document(node: Node) -> Document:
    own = node.replication
    return {
        "address": node.address,
        "role": node.role or "unknown",
        "up": node.up,
        "fault": None if node.fault is None else node.fault.text,
        "seen_at": time(node.seen_at),
        "site": node.site,
        "version": node.version,
        "server": node.server,
        "primary": None if own is None else own.primary,
        "link": None if own is None else own.link,
        "replid": None if own is None else own.replid,
        "offset": None if own is None else own.offset,
        "lag_bytes": _number(node.metrics, "lag_bytes"),
        "lag_seconds": _number(node.metrics, "lag_seconds"),
        **{name: _number(node.metrics, name) for name in MEASURED},
        "ping_ms": None if node.ping_ms is None else round(node.ping_ms, 3),
        "uptime_seconds": _number(node.metrics, "uptime_seconds"),
        **replication_document(node.replication),
    }


def replication_document(own: Replication | None) -> Document:
    """A node's part in replication, as it says itself. `replicas` are those it serves, null where it does not answer;
    `last_io_seconds` is heartbeat age, not lag; `priority` to `read_only` are null on a primary."""
    if own is None:
        names = ("last_io_seconds", "sync_in_progress", "priority", "read_only", "backlog_active", "backlog_size")
        return {"replicas": None} | dict.fromkeys(names)
    heard = own.last_io_seconds
    return {
        "replicas": [
            {"address": one.address, "state": one.state, "offset": one.offset, "lag_seconds": one.lag_seconds}
            for one in own.replicas
        ],
        "last_io_seconds": None if heard is None or heard < 0 else heard,
        "sync_in_progress": own.sync_in_progress,
        "priority": own.priority,
        "read_only": own.read_only,
        "backlog_active": own.backlog_active,
        "backlog_size": own.backlog_size,
    }


def sentinel_document(sentinel: Sentinel, watch: Watch | None) -> Document:
    """`primary` and what follows is this Sentinel's own belief of the group; null where it does not answer."""
    counted = None if watch is None else votes(watch)
    return {
        "address": sentinel.address,
        "up": sentinel.up,
        "fault": None if sentinel.fault is None else sentinel.fault.text,
        "seen_at": time(sentinel.seen_at),
        "primary": None if watch is None else watch.primary,
        "epoch": None if watch is None else watch.epoch,
        "quorum": None if watch is None else watch.quorum,
        "known_sentinels": None if counted is None else counted.known,
        "known_replicas": None if watch is None else watch.known_replicas,
        "odown": None if watch is None else "o_down" in watch.flags,
        "tilt": sentinel.tilt,
        "ckquorum": None if watch is None else watch.ckquorum,
        "majority": None if counted is None else counted.majority,
        "votes_needed": None if counted is None else counted.needed,
        "votes_usable": None if counted is None else counted.usable,
        "sdown": None if watch is None else "s_down" in watch.flags,
        "failover_state": None if watch is None else watch.failover_state,
        "running_scripts": sentinel.running_scripts,
        "queued_scripts": sentinel.queued_scripts,
    }


def cluster_document(group: Group, cluster: Cluster) -> Document:
    said = consensus(group)
    addresses = {peer.id: peer.address for node in group.nodes if node.cluster for peer in node.cluster.peers}
    addresses |= {node.cluster.myself: node.address for node in group.nodes if node.cluster and node.cluster.myself}
    return {
        "state": cluster.state,
        "epoch": cluster.epoch,
        "slots_assigned": cluster.slots_assigned,
        "slots_ok": cluster.slots_ok,
        "slots_pfail": cluster.slots_pfail,
        "slots_fail": cluster.slots_fail,
        "open_slots": [
            {
                "slot": one.slot,
                "kind": one.kind,
                "node": addresses.get(one.node, one.node),
                "peer": addresses.get(one.peer, one.peer),
            }
            for one in cluster.open_slots
        ],
        "agree": cluster.agree,
        "views": [view_document(one, said) for one in said.opinions],
        "shards": [
            {
                "id": shard.id,
                "primary": shard.primary,
                "replicas": list(shard.replicas),
                "slots": [list(pair) for pair in shard.slots],
                "slot_count": shard.slot_count,
                "keys": shard.keys,
            }
            for shard in cluster.shards
        ],
    }


def view_document(one: Opinion, said: Consensus) -> Document:
    """What one node believes; `agrees` is null while that is not known, and so is all else of a silent node."""
    known = one.tally is not None
    ok, suspected, failed, meeting, lost = one.sees
    counts = {"ok": ok, "suspected": suspected, "failed": failed, "handshake": meeting, "noaddr": lost}
    return {
        "node": one.node,
        "agrees": one.agrees,
        "epoch": one.epoch,
        "state": one.state,
        "differs": [[run.first, run.last] for run in one.differs],
        "gives": [
            {"slots": [run.first, run.last], "to": said.named(run.to), "instead_of": said.named(run.instead_of)}
            for run in one.differs
        ],
        "members": counts if known else None,
        "no_link_to": [said.name(id_) for id_ in dict.fromkeys((*one.cut, *one.one_way))] if known else None,
        "at": time(one.at),
    }


def finding_document(finding: Finding) -> Document:
    return {
        "rule": finding.rule,
        "level": finding.level,
        "group": finding.group,
        "node": finding.node,
        "message": finding.message,
        "value": finding.value,
        "threshold": finding.threshold,
    }


def remarked_document(finding: Finding, said: Said) -> Document:
    """A finding with what operators said of it; null: nobody acknowledged it, it is not silenced."""
    return {
        **finding_document(finding),
        "acknowledged_at": time(said.acknowledged_at),
        "silenced_until": time(said.silenced_until),
    }


def _number(metrics: Mapping[str, float], name: str) -> float | int | None:
    """A metric as a script wants it: whole numbers whole, others to a thousandth; never nan."""
    value = metrics.get(name)
    if value is None or value != value or value in (float("inf"), float("-inf")):
        return None
    return int(value) if value == int(value) else round(value, 3)
