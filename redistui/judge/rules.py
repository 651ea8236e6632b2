"""RULES: every verdict as one row and one pure function, from a group to its findings.

A rule says only what is known: what is unknown is no finding here, but is never shown as fine either (judge.health).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from redistui.judge import cluster_rules
from redistui.judge.half_done import half_done
from redistui.judge.half_done_words import warned
from redistui.judge.lag import related
from redistui.judge.quorum import Quorum, verdict
from redistui.judge.slots import uncovered
from redistui.judge.split import splits
from redistui.judge.topology import primaries, root_of
from redistui.model import Finding, Group, Level, Node, Sentinel

Thresholds = Mapping[str, float]
DEFAULTS: Thresholds = {
    "memory_percent.warn": 80.0,
    "memory_percent.bad": 90.0,
    "cpu_percent.warn": 80.0,
    "cpu_percent.bad": 90.0,
    "clients.warn": 1000.0,
    "ops_per_second.warn": 10000.0,
    "lag_bytes.warn": 10.0 * 1024 * 1024,
    "lag_seconds.warn": 10.0,
    "lag_seconds.bad": 30.0,
}
"""What is too much, by metric and level; a config may set each."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of finding."""

    name: str
    doc: str
    judge: Callable[[Group, Thresholds], Iterator[Finding]]


def findings(group: Group, thresholds: Thresholds) -> tuple[Finding, ...]:
    """All findings of a group, bad ones first."""
    limits = {**DEFAULTS, **thresholds}
    found = [finding for rule in RULES for finding in rule.judge(group, limits)]
    return tuple(sorted(found, key=lambda one: one.level != "bad"))


def _finding(rule: str, level: Level, group: Group, message: str, node: Node | None = None) -> Finding:
    return Finding(rule, level, group.name, message, None if node is None else node.address)


def _unasked(one: Node | Sentinel) -> bool:
    return one.seen_at is None and one.fault is None


def _nodes_down(group: Group, _: Thresholds) -> Iterator[Finding]:
    for node in group.nodes:
        if node.fault is not None:
            was = f", was {node.last_role}" if node.fault.down and node.last_role else ""
            text = f"{node.address} {node.fault.kind}{was}: {node.fault.text}"
            if node.fault.down:
                yield _finding("node-down", "bad", group, text, node)
            else:
                yield _finding("node-fault", "warn", group, text, node)


def _sentinels_down(group: Group, _: Thresholds) -> Iterator[Finding]:
    for sentinel in group.sentinels:
        if sentinel.fault is not None:
            text = f"Sentinel {sentinel.address} {sentinel.fault.kind}: {sentinel.fault.text}"
            yield Finding("sentinel-down", "warn", group.name, text, sentinel.address)


def _role_conflicts(group: Group, _: Thresholds) -> Iterator[Finding]:
    for node in group.nodes:
        if node.conflict:
            yield _finding("role-conflict", "bad", group, f"{node.address}: {node.conflict}", node)


def _two_primaries(group: Group, _: Thresholds) -> Iterator[Finding]:
    """More than one node takes writes for what is, or was, one data set.

    Under Sentinels every second primary is one too many, also one that was restarted and so began a history of its own.
    """
    if group.kind == "cluster":
        return
    leaders = primaries(group)
    for index, one in enumerate(leaders):
        for other in leaders[index + 1 :]:
            kin = related(one, other)
            if kin or group.watched_as is not None:
                stray = one if other.address == group.primary else other
                lineage = " of one lineage" if kin else ""
                text = f"two primaries{lineage}: {one.address} and {other.address} both take writes"
                yield _finding("two-primaries", "bad", group, text, stray)


def _splits(group: Group, _: Thresholds) -> Iterator[Finding]:
    """What only one of two primaries holds, and how to keep it."""
    for one in splits(group):
        text = (
            f"{one.alone:,} bytes of writes are only at {one.node}, which parted from {one.other}; "
            f"`heal {one.node} --export FILE` keeps them and ends it"
        )
        yield Finding("split", "bad", group.name, text, one.node, float(one.alone))


def _no_primary(group: Group, _: Thresholds) -> Iterator[Finding]:
    """A node that answers but tells no role might be one: busy, or closed to us. So might one not asked yet."""
    if group.kind == "cluster" or primaries(group):
        return
    might = any(node.role is None and not (node.fault is not None and node.fault.down) for node in group.nodes)
    if group.nodes and not might:
        yield _finding("no-primary", "bad", group, "no node says it is a primary: writes have nowhere to go")


def _links(group: Group, _: Thresholds) -> Iterator[Finding]:
    for node in group.nodes:
        said = node.replication
        if node.role != "replica" or said is None or said.link != "down":
            continue
        since = f" for {said.link_down_seconds} s" if said.link_down_seconds is not None else ""
        syncing = "; a full sync is under way" if said.sync_in_progress else ""
        text = f"{node.address} has no link to {said.primary}{since}{syncing}"
        yield _finding("link-down", "warn" if said.sync_in_progress else "bad", group, text, node)


_LIMITS: tuple[tuple[str, str, str], ...] = (
    ("lag-bytes", "lag_bytes", "{node} is {value:,.0f} bytes behind its primary"),
    ("lag-seconds", "lag_seconds", "{node} has not acknowledged for {value:.0f} s"),
    ("memory", "memory_percent", "{node} uses {value:.0f} % of its memory limit"),
    ("cpu", "cpu_percent", "{node} uses {value:.0f} % of a core"),
    ("clients", "clients", "{node} has {value:,.0f} clients"),
    ("ops", "ops_per_second", "{node} runs {value:,.0f} operations per second"),
)


def _limits(group: Group, thresholds: Thresholds) -> Iterator[Finding]:
    """Metrics over their threshold: one pass over the nodes, since there may be a thousand."""
    limits = [
        (rule, metric, words, thresholds.get(f"{metric}.bad"), thresholds.get(f"{metric}.warn"))
        for rule, metric, words in _LIMITS
    ]
    for node in group.nodes:
        metrics = node.metrics
        for rule, metric, words, bad, warn in limits:
            value = metrics.get(metric)
            if value is None:
                continue
            level: Level | None = "bad" if bad is not None and value >= bad else None
            if level is None and warn is not None and value >= warn:
                level = "warn"
            if level is not None:
                text = words.format(node=node.address, value=value)
                yield Finding(rule, level, group.name, text, node.address, value, bad if level == "bad" else warn)


def _sentinel_views(group: Group, _: Thresholds) -> Iterator[Finding]:
    if group.watched_as is None:
        return
    quorum = verdict(group)
    yield from _agreement(group, quorum)
    if quorum.lost:
        text = "; ".join(quorum.reasons)
        yield _finding("quorum-lost", "bad", group, f"no failover can be authorised: {text}")
    elif quorum.reachable and quorum.up == quorum.needed < quorum.known and not any(map(_unasked, group.sentinels)):
        text = (
            f"only {quorum.up} Sentinels can vote and {quorum.needed} are needed: one more lost and nothing fails over"
        )
        yield _finding("quorum-edge", "warn", group, text)
    for sentinel in group.sentinels:
        if sentinel.tilt:
            text = f"Sentinel {sentinel.address} is in TILT for {sentinel.tilt_seconds or 0} s: it only watches"
            yield Finding("tilt", "warn", group.name, text, sentinel.address)


def _agreement(group: Group, quorum: Quorum) -> Iterator[Finding]:
    by_address = {sentinel.address: watch for sentinel, watch in group.watches()}
    for address in quorum.dissenters:
        watch = by_address[address]
        text = (
            f"Sentinel {address} believes in {watch.primary} at epoch {watch.epoch}, "
            f"the newest view is {quorum.primary} at epoch {quorum.epoch}"
        )
        yield Finding(
            "sentinels-disagree", "bad" if watch.primary != quorum.primary else "warn", group.name, text, address
        )


def _good_replicas(group: Group, _: Thresholds) -> Iterator[Finding]:
    """Nobody to promote: no replica with its link up and a priority above 0. Said once everybody was asked."""
    if group.kind == "cluster" or not primaries(group) or any(map(_unasked, group.nodes)):
        return
    by_address = {node.address: node for node in group.nodes}
    good = [
        node
        for node in group.nodes
        if node.role == "replica"
        and node.fault is None
        and (said := node.replication) is not None
        and said.link == "up"
        and said.priority != 0
        and root_of(node, by_address) is not None
    ]
    replicas = [node for node in group.nodes if "replica" in (node.role, node.last_role)]
    if not good and (replicas or group.kind == "sentinel"):
        yield _finding(
            "no-good-replica", "bad", group, "no replica could be promoted: none is up, linked and of priority > 0"
        )


def _slots(group: Group, _: Thresholds) -> Iterator[Finding]:
    cluster = group.cluster
    if cluster is None:
        return
    bare = sum(last - first + 1 for first, last in uncovered(cluster))
    if bare:
        yield _finding("slots-uncovered", "bad", group, f"{bare} of 16384 slots have no owner")
    elif cluster.state == "fail" and not cluster.failing:
        yield _finding("cluster-state", "bad", group, "most nodes say cluster_state:fail: they serve no keys")
    if cluster.failing:
        yield _finding("slots-failing", "bad", group, f"{len(cluster.failing)} slots belong to a primary that fails")
    if cluster.open_slots:
        for one in half_done(group):
            if one.marks:
                yield _finding("open-slot", "warn", group, warned(one))


RULES: tuple[Rule, ...] = (
    Rule("node-down", "A data node that does not answer, or answers with a fault.", _nodes_down),
    Rule("sentinel-down", "A Sentinel that does not answer.", _sentinels_down),
    Rule("role-conflict", "A node whose ROLE and INFO contradict each other.", _role_conflicts),
    Rule("two-primaries", "Two nodes of one lineage that both take writes.", _two_primaries),
    Rule("split", "What only one of two primaries of one history holds.", _splits),
    Rule("no-primary", "Nobody in the group says it is a primary.", _no_primary),
    Rule("link-down", "A replica without a link to its primary.", _links),
    Rule("limits", "A metric over its threshold: lag, memory, CPU, clients, operations.", _limits),
    Rule("sentinel-views", "Sentinels that disagree, cannot reach quorum, or are in TILT.", _sentinel_views),
    Rule("no-good-replica", "No replica that could be promoted.", _good_replicas),
    Rule("slots", "Slots without owner, with a failing one, or half-way between two.", _slots),
    Rule("replicas", "Shards without a live replica, or with fewer than most.", cluster_rules.replicas),
    Rule("views", "Cluster nodes whose slot map is not the one most have.", cluster_rules.views_differ),
    Rule("claims", "Slots that two primaries say are their own.", cluster_rules.slots_claimed_twice),
    Rule("epochs", "Primaries that share a config epoch, or have none.", cluster_rules.epochs),
    Rule(
        "links",
        "Cluster nodes without their bus link to others, or with a bus buffer that grows.",
        cluster_rules.links_between,
    ),
    Rule(
        "members",
        "Cluster members known to some only, without an address, or in a handshake that hangs.",
        cluster_rules.members_in_doubt,
    ),
    Rule("hosts", "A shard, or the majority of primaries, on one host where there are others.", cluster_rules.hosts),
    Rule("orphan-keys", "Keys in slots that their node does not own.", cluster_rules.orphan_keys),
)
