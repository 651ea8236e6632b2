"""Recommendations on what would be lost if something happened: replicas, Sentinels, disks, versions."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.cluster_rules import listed
from redistui.judge.quorum import verdict
from redistui.judge.recommend.study import Advice, Study, below, leaders, named, size
from redistui.judge.support import SOON, ends_at, line_of
from redistui.judge.trend import DAY
from redistui.model import Node

SETTLED = 3900.0
"""Seconds after which a server of the default configuration that is written to has saved a snapshot."""


def nodes_down(study: Study) -> Iterator[Advice]:
    down = [member for member in study.group.members if member.fault is not None and member.fault.down]
    if down:
        many = len(down) > 1
        yield Advice(
            "nodes-down", study.group.name, tuple(one.address for one in down),
            f"bring back {listed([one.address for one in down])}, or `forget` what is gone for good",
            f"{len(down)} of {len(study.group.members)} servers {'do' if many else 'does'} not answer; until then the "
            f"group can afford to lose fewer",
        )  # fmt: skip


def no_replica(study: Study) -> Iterator[Advice]:
    alone = [node for node in leaders(study.group) if below(study.group, node) == 0]
    if alone:
        yield study.advice(
            "no-replica",
            f"give {named(alone)} a replica" + (" (`add-node`)" if study.group.kind == "cluster" else " (`attach`)"),
            "nobody could take over: when it is lost, so is what it holds",
            alone,
        )  # fmt: skip


def sentinels(study: Study) -> Iterator[Advice]:
    """Counted are those that the Sentinels themselves know."""
    group = study.group
    votes = verdict(group)
    if group.watched_as is None or not votes.known:
        return
    spare = votes.up - votes.needed
    if votes.known < 3:
        yield study.advice(
            "sentinels", "run at least three Sentinels, on hosts that do not fail together",
            f"there are {votes.known}, and a failover needs {votes.needed} of them: the loss of one stops it",
        )  # fmt: skip
    elif spare <= 0:
        yield study.advice(
            "sentinels", "bring back the Sentinels that are down, or lower the quorum (`sentinel-set quorum N`)",
            f"{votes.up} of {votes.known} can vote and {votes.needed} are needed"
            + (": none may be lost" if spare == 0 else ": no failover can be authorised"),
        )  # fmt: skip
    elif votes.known % 2 == 0:
        yield study.advice(
            "sentinels", f"run {votes.known + 1} Sentinels, or {votes.known - 1}",
            f"of {votes.known} no more may be lost than of {votes.known - 1}, and an even split elects nobody",
        )  # fmt: skip


def cluster_majority(study: Study) -> Iterator[Advice]:
    cluster = study.group.cluster
    owners = [shard for shard in cluster.shards if shard.slot_count] if cluster is not None else []
    if 0 < len(owners) < 3:
        yield study.advice(
            "cluster-majority", "spread the slots over at least three primaries, on hosts of their own",
            f"{len(owners)} of them vote: when one is lost no majority is left to promote its replica",
        )  # fmt: skip


def backlog(study: Study) -> Iterator[Advice]:
    for node in leaders(study.group):
        own, pace = node.replication, study.pace.get(node.address, node.metric("replicated"))
        if own is None or not own.backlog_size or not pace or not below(study.group, node):
            continue
        held, wanted = own.backlog_size / pace, study.limit("backlog_seconds", node.address)
        if held < wanted:
            yield study.advice(
                "backlog", f"raise repl-backlog-size of {node.address} to {size(pace * 2 * wanted)} or more",
                f"it holds {size(own.backlog_size)}, which is {held:.0f} s of writes at {size(pace)} a second: a "
                f"replica that is away for longer copies everything anew",
                (node,),
            )  # fmt: skip


def persistence(study: Study) -> Iterator[Advice]:
    """Neither an append-only file nor a snapshot since it began, long after one would have been due. Without a save its
    age is counted from the start."""
    bare = [node for node in leaders(study.group) if below(study.group, node) and _keeps_nothing(node)]
    if bare:
        yield study.advice(
            "persistence",
            f"turn on appendonly (or snapshots) on {named(bare)}, or see to it that nothing restarts it by itself",
            "it keeps nothing on disk: restarted before a replica is promoted it comes back empty, and its replicas "
            "empty themselves after it",
            bare,
        )  # fmt: skip


def _keeps_nothing(node: Node) -> bool:
    alive, age, unsaved = node.metric("uptime_seconds"), node.metric("save_age"), node.metric("unsaved")
    if node.facts.get("aof_enabled") != "0" or alive is None or age is None or not unsaved:
        return False
    return age >= alive - 5 and alive > SETTLED


def unguarded(study: Study) -> Iterator[Advice]:
    """Only where two replicas are there: with one, its loss would stop all writes."""
    bare = [
        node
        for node in leaders(study.group)
        if below(study.group, node) >= 2
        and node.replication is not None
        and node.replication.offset is not None
        and node.replication.good_replicas is None
    ]
    if bare and study.group.kind != "cluster":
        yield study.advice(
            "unguarded", f"set min-replicas-to-write 1 (and min-replicas-max-lag 3) on {named(bare)} and its replicas",
            "cut off from its replicas it goes on taking writes, all of which are lost once another is promoted",
            bare,
        )  # fmt: skip


def writable_replica(study: Study) -> Iterator[Advice]:
    open_ = study.over(
        lambda node: node.role == "replica" and node.replication is not None and node.replication.read_only is False
    )
    if open_:
        yield study.advice(
            "writable-replica", f"make {named(open_)} read-only (`replica-read-only NODE on`)",
            "what is written there is on no other node, and is lost at its next full resync", open_,
        )  # fmt: skip


def one_version(study: Study) -> Iterator[Advice]:
    said: dict[str, list[Node]] = {}
    for node in study.group.nodes:
        if node.version is not None:
            said.setdefault(f"{node.server} {node.version}", []).append(node)
    if len(said) > 1:
        parts = [f"{len(nodes)} {version}" for version, nodes in sorted(said.items())]
        yield study.advice(
            "one-version", f"bring {study.group.name} to one version, replicas before their primary",
            f"there are {', '.join(parts)}: an older replica may not read what a newer primary sends",
        )  # fmt: skip


def support(study: Study) -> Iterator[Advice]:
    lines = {line for node in study.group.nodes if (line := line_of(node)) is not None}
    for line in sorted(lines):
        end = ends_at(line)
        if end is None or end - study.fleet.at > SOON:
            continue
        old = [node for node in study.group.nodes if line_of(node) == line]
        days_left = (end - study.fleet.at) / DAY
        when = f"ended {-days_left:,.0f} days ago" if days_left < 0 else f"end in {days_left:,.0f} days"
        yield study.advice(
            "support",
            f"plan to upgrade {study.named(old)} from {' '.join(line)}",
            f"repairs of {' '.join(line)} {when}",
            old,
        )
