"""Who leads: two primaries or none, one that came back or came back empty, nobody to follow it, and too much change."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.lag import related
from redistui.judge.recall import CHURN
from redistui.judge.rules.kinds import Case, Kind
from redistui.judge.split import splits
from redistui.judge.topology import primaries, refuses_writes, root_of, upstream
from redistui.model import Finding, Group, Node, Sentinel

KINDS_TWO = (
    Kind("two-primaries", "Two servers take writes for what is, or was, one data set: each has writes the other lacks.",
         "Fence the one that clients should not use (`heal` does it and keeps what only that one has)."),
    Kind("resurrected-primary", "A former primary is back and still thinks it leads: what is written to it is lost.",
         "Sentinels make it a replica some ten seconds later; without them `heal` or `attach` it to the present one."),
)  # fmt: skip
KINDS_SPLIT = (
    Kind("split", "Writes that only one of two primaries of one history has.", "`heal NODE --export FILE` keeps them."),
)
KINDS_NONE = (
    Kind("no-primary", "No server of the group says that it is a primary: writes have nowhere to go.",
         "Wait for a failover where one is under way, else `promote` the best replica. Of a cluster: no node answers; "
         "start them again, or see whether the network to them is cut."),
)  # fmt: skip
KINDS_GOOD = (
    Kind("no-good-replica", "No replica could be promoted: none is up, linked and of a priority above 0.",
         "Bring a replica back or `attach` one; look at its link and its replica-priority."),
    Kind("orphan-primary", "A primary that no replica follows, though the group's replicas follow somebody else.",
         "`attach` the replicas to it, or find out whom clients write to before anything is promoted."),
)  # fmt: skip
KINDS_EMPTIED = (
    Kind("emptied-primary", "A primary restarted without its data: its replicas copy the empty data set.",
         "Detach a replica that still holds the keys, at once, and promote that one."),
)  # fmt: skip
KINDS_CHURN = (
    Kind("failover-churn", "The primary changes again and again.",
         "Look for what the servers that led have in common: memory, disk, network; down-after may be too short."),
)  # fmt: skip
HELD = 0.1
"""Part of its keys with which a restarted primary counts as emptied."""
WORTH = 10
"""Keys that a primary must have held for their loss to be told."""
EMPTY = 3600.0
"""Seconds for which it is told; then it is as it was meant to be."""


def two_primaries(case: Case) -> Iterator[Finding]:
    """More than one node takes writes for what is, or was, one data set. One too many that refuses them is a warning.

    Under Sentinels every second primary is one too many, also one that was restarted and so began a history of its own.
    """
    group = case.group
    if group.kind == "cluster":
        return
    leaders = primaries(group)
    for index, one in enumerate(leaders):
        for other in leaders[index + 1 :]:
            kin = related(one, other)
            if kin or group.watched_as is not None:
                stray = one if other.address == group.primary else other
                lineage = " of one lineage" if kin else ""
                text = f"two primaries{lineage}: {_who_takes_writes(one, other)}"
                yield case.finding("two-primaries", "warn" if _harmless(stray, one, other) else "bad", text, stray)
                back = _resurrected(one, other)
                led = other if back is one else one
                if (
                    back is not None and led.address == group.primary and not refuses_writes(back)
                ):  # else the promoted one is the stray
                    yield case.finding("resurrected-primary", "warn", _back(back, led, group), back)


def _who_takes_writes(one: Node, other: Node) -> str:
    shut = [node.address for node in (one, other) if refuses_writes(node)]
    if not shut:
        return f"{one.address} and {other.address} both take writes"
    why = "min-replicas-to-write is set, and no replica counts for it"
    if len(shut) == 2:
        return f"{one.address} and {other.address} both refuse writes ({why})"
    return f"{other.address if shut == [one.address] else one.address} takes writes, {shut[0]} refuses them ({why})"


def _harmless(stray: Node, one: Node, other: Node) -> bool:
    """The one too many refuses writes, the other one takes them."""
    return refuses_writes(stray) and not refuses_writes(other if stray is one else one)


def _resurrected(one: Node, other: Node) -> Node | None:
    """The one whose history the other went on with: it was promoted in its place."""
    for old, new in ((one, other), (other, one)):
        ours, theirs = old.replication, new.replication
        if ours is None or theirs is None or ours.replid is None:
            continue
        if ours.replid == theirs.replid2 and ours.replid != theirs.replid:
            return old
    return None


def _back(old: Node, new: Node, group: Group) -> str:
    text = f"{old.address} was primary until {new.address} was promoted, and is back as one: writes to it will be lost"
    end = "Sentinels demote it within some ten seconds" if group.watched_as else f"`heal {old.address}` ends it"
    return f"{text}; {end}"


def split(case: Case) -> Iterator[Finding]:
    """What only one of two primaries holds, and how to keep it."""
    for one in splits(case.group):
        if not one.alone:
            continue
        text = (
            f"{one.alone:,} bytes of writes are only at {one.node}, which parted from {one.other}; "
            f"`heal {one.node} --export FILE` keeps them and ends it"
        )
        yield case.finding("split", "bad", text, one.node, float(one.alone))


def no_primary(case: Case) -> Iterator[Finding]:
    """A node that answers but tells no role might be one: busy, or closed to us. So might one not asked yet."""
    group = case.group
    if group.kind == "cluster":
        if group.nodes and all(node.fault is not None and node.fault.down for node in group.nodes):
            yield case.finding(
                "no-primary", "bad", "no node of the cluster answers: no slot is served, as seen from here"
            )
        return
    if primaries(group):
        return
    might = any(node.role is None and not (node.fault is not None and node.fault.down) for node in group.nodes)
    if group.nodes and not might:
        yield case.finding("no-primary", "bad", "no node says it is a primary: writes have nowhere to go")


def unasked(one: Node | Sentinel) -> bool:
    return one.seen_at is None and one.fault is None


def good_replicas(case: Case) -> Iterator[Finding]:
    """Nobody to promote: no replica with its link up and a priority above 0. Said once everybody was asked."""
    group = case.group
    if group.kind == "cluster" or not (leaders := primaries(group)) or any(map(unasked, group.nodes)):
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
        yield case.finding(
            "no-good-replica", "bad", "no replica could be promoted: none is up, linked and of priority > 0"
        )
    elsewhere = {upstream(node) for node in replicas if node.up} - {None}
    followed = {root.address for node in replicas if (root := root_of(node, by_address)) is not None}
    for leader in leaders:
        if elsewhere and leader.address == group.primary and leader.address not in followed:
            text = (
                f"no replica follows {leader.address}, the primary: they follow "
                f"{', '.join(sorted(map(str, elsewhere)))}; `attach` them to it"
            )
            yield case.finding("orphan-primary", "warn", text, leader)


def emptied(case: Case) -> Iterator[Finding]:
    """It lasts until the keys are back, it leads no more, or an hour is over. Where another leads, they are there."""
    group = case.group
    for node in group.nodes:
        restarts = case.recall.restarts(node.address)
        if not restarts or node.role != "primary" or node.fault is not None:
            continue
        if group.kind != "cluster" and node.address != group.primary:
            continue
        at, held = restarts[-1]
        keys = node.metric("keys")
        if held is None or keys is None or held < WORTH or keys > HELD * held or case.at - at > EMPTY:
            continue
        followers = [one for one in group.nodes if upstream(one) == node.address]
        text = f"{node.address} restarted with {keys:,.0f} keys and had {held:,.0f}"
        yield case.finding("emptied-primary", "bad", text + _still(followers, keys), node, keys, held)


def _still(followers: list[Node], keys: float) -> str:
    if not followers:
        return ": it has no replica; restore a backup before clients fill it anew"
    rich = max(followers, key=lambda one: one.metric("keys") or 0.0)
    most = rich.metric("keys") or 0.0
    if most > keys and rich.up:
        return f": its replicas copy that; {rich.address} still has {most:,.0f}: `detach {rich.address}` at once"
    return ": its replicas have copied that, or cannot be asked; look for one that has not, and for a backup"


def churn(case: Case) -> Iterator[Finding]:
    count, leader = case.recall.switches(case.group.name, case.at)
    if count and (over := case.exceeds("failovers", float(count))) is not None:
        which = f"the primary of {leader}'s shard" if case.group.kind == "cluster" and leader else "the primary"
        text = f"{which} changed {count} times in {CHURN / 60:.0f} minutes: something drives it from node to node"
        yield case.finding("failover-churn", over[0], text, None, float(count), over[1])
