"""RULES: every verdict as one row and one pure function, from a group and its past to findings.

A rule says only what is known: what is unknown is no finding here, but is never shown as fine either (judge.health).
A row names the kinds of findings it makes, with what each means and what to do: the screens read them there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from redistui.judge import cluster_rules
from redistui.judge.recall import NOTHING, Recall
from redistui.judge.rules import answers, figures, files, paused, replication, roles, sentinels, slots, unlike
from redistui.judge.rules.calm import calm
from redistui.judge.rules.kinds import Case, Kind, Rule
from redistui.judge.rules.limits import Limits, Thresholds
from redistui.model import Finding, Group
from redistui.model import Kind as GroupKind


def findings(
    group: Group, thresholds: Thresholds | Limits, recall: Recall = NOTHING, at: float = 0.0
) -> tuple[Finding, ...]:
    """All findings of a group, bad ones first. `recall` has been told of this snapshot, of time `at`; without one only
    what the snapshot itself shows is judged."""
    limits = thresholds if isinstance(thresholds, Limits) else Limits(thresholds)
    case = Case(group, limits.within(group.target), recall, at)
    rules = (_OF_CALM if calm(case) else _OF)[group.kind]
    found = [finding for rule in rules for finding in rule.judge(case)]
    return tuple(sorted(found, key=lambda one: one.level != "bad")) if found else ()


RULES: tuple[Rule, ...] = (
    Rule("node-down", "A data node that does not answer, or answers with a fault.", answers.nodes_down,
         answers.KINDS_DOWN, calm=True),
    Rule("sentinel-down", "A Sentinel that does not answer.", sentinels.sentinels_down,
         sentinels.KINDS_DOWN, "sentinel"),
    Rule("role-conflict", "A node whose ROLE and INFO contradict each other.", answers.role_conflicts,
         answers.KINDS_CONFLICT, calm=True),
    Rule("restarts", "A server that restarts again and again.", answers.restart_loops, answers.KINDS_RESTARTS,
         calm=True),
    Rule("two-primaries", "Two nodes of one lineage that both take writes.", roles.two_primaries, roles.KINDS_TWO,
         calm=True),
    Rule("split", "What only one of two primaries of one history holds.", roles.split, roles.KINDS_SPLIT,
         calm=True),
    Rule("no-primary", "Nobody in the group says it is a primary.", roles.no_primary, roles.KINDS_NONE,
         calm=True),
    Rule("emptied", "A primary that restarted without its data.", roles.emptied, roles.KINDS_EMPTIED, calm=True),
    Rule("churn", "A primary that changes again and again.", roles.churn, roles.KINDS_CHURN, calm=True),
    Rule("link-down", "A replica without a link to its primary.", replication.links, replication.KINDS_LINKS,
         calm=True),
    Rule("lag-growing", "A replica that falls behind further and further.", replication.lag_growing,
         replication.KINDS_GROWTH, calm=True),
    Rule("full-syncs", "A primary that gives full syncs again and again.", replication.full_syncs,
         replication.KINDS_SYNCS, calm=True),
    Rule("backlog", "A backlog too small for the writes.", replication.backlog, replication.KINDS_BACKLOG),
    Rule("buffers", "Output that waits for a replica, near the limit.", replication.buffers, replication.KINDS_BUFFERS),
    Rule("limits", "A metric over its threshold: lag, memory, CPU, clients, operations, fork.", figures.limits,
         figures.KINDS_LIMITS),
    Rule("lately", "Full memory, and keys, connections or clients lost within the last minute.", figures.lately,
         figures.KINDS_LATELY),
    Rule("files", "A server that cannot write its files.", files.files, files.KINDS_FILES),
    Rule("paused", "Clients that are held by CLIENT PAUSE, which nobody sent from here.", paused.paused,
         paused.KINDS_PAUSED),
    Rule("sentinel-views", "Sentinels that disagree, cannot reach quorum, or are in TILT.", sentinels.views,
         sentinels.KINDS_VIEWS, "sentinel"),
    Rule("ghosts", "Sentinels that are counted though they are gone, or twice.", sentinels.ghosts,
         sentinels.KINDS_GHOSTS, "sentinel"),
    Rule("no-good-replica", "No replica that could be promoted, or none that follows the primary.",
         roles.good_replicas, roles.KINDS_GOOD, calm=True),
    Rule("slots", "Slots without owner, with a failing one, or half-way between two.", slots.slots,
         slots.KINDS_SLOTS, "cluster"),
    Rule("replicas", "Shards without a live replica, or with fewer than most.",
         slots.of_group(cluster_rules.replicas), slots.KINDS_REPLICAS, "cluster"),
    Rule("views", "Cluster nodes whose slot map is not the one most have.",
         slots.of_group(cluster_rules.views_differ), slots.KINDS_VIEWS, "cluster"),
    Rule("claims", "Slots that two primaries say are their own.",
         slots.of_group(cluster_rules.slots_claimed_twice), slots.KINDS_CLAIMS, "cluster"),
    Rule("epochs", "Primaries that share a config epoch, or have none.", slots.of_group(cluster_rules.epochs),
         slots.KINDS_EPOCHS, "cluster"),
    Rule("links", "Cluster nodes without their bus link to others, or with a bus buffer that grows.",
         slots.of_group(cluster_rules.links_between), slots.KINDS_BUS, "cluster"),
    Rule("members", "Cluster members known to some only, without an address, or in a handshake that hangs.",
         slots.of_group(cluster_rules.members_in_doubt), slots.KINDS_MEMBERS, "cluster"),
    Rule("hosts", "A shard, or the majority of primaries, on one host where there are others.",
         slots.of_group(cluster_rules.hosts), slots.KINDS_MAJORITY, "cluster"),
    Rule("one-host", "A primary with all its replicas on its own host.", unlike.hosts, unlike.KINDS_HOSTS),
    Rule("drift", "Servers of one group of different versions, or set up differently.", unlike.drift,
         unlike.KINDS_DRIFT),
    Rule("clocks", "Servers of one group whose clocks differ.", unlike.clocks, unlike.KINDS_CLOCKS),
    Rule("orphan-keys", "Keys in slots that their node does not own.", slots.of_group(cluster_rules.orphan_keys),
         slots.KINDS_KEYS, "cluster"),
)  # fmt: skip
KINDS: Mapping[str, Kind] = {kind.name: kind for rule in RULES for kind in rule.kinds}
"""What findings there are, by the name in `Finding.rule`."""

_OF: Mapping[GroupKind, tuple[Rule, ...]] = {
    kind: tuple(rule for rule in RULES if rule.only in (None, kind)) for kind in get_args(GroupKind)
}
_OF_CALM: Mapping[GroupKind, tuple[Rule, ...]] = {
    kind: tuple(rule for rule in rules if not rule.calm) for kind, rules in _OF.items()
}
"""Those that may find something in a group that is calm."""
