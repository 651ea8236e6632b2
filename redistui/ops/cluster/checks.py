"""Preflight of a cluster failover: what must hold at the replica, at its primary, and among those who vote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.model import Address, Fleet, Group, Node, Shard
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, passed, surprises, verdict, warned
from redistui.ops.cluster.map import FAILING, address_of, line, own, owners, shard_of, views
from redistui.ops.repeated import earlier

LAG_BYTES = 1 << 20
"""More than this, and writes would be held while the replica catches up."""
HANDOVER_SECONDS = 5.0
"""For so long a server tries a manual failover (CLUSTER_MF_TIMEOUT); a second order in that time restarts it."""
NO_OFFSET = 1
"""What INFO gives as offset of a replica that has nothing of its primary yet."""


def primary_of(group: Group, replica: Node) -> tuple[str | None, Node | None]:
    """Node id of a replica's primary, as the replica says, and the node, where it is known."""
    mine = own(replica)
    id_ = None if mine is None else mine.primary
    shard = shard_of(group, id_)
    return id_, None if shard is None else group.node(shard.primary)


def target(fleet: Fleet, group: Group, node: Node) -> Check:
    """Whether it is a replica with data, in its own words."""
    problem = answer(fleet, node)
    if problem:
        return failed(problem)
    if node.role == "primary":
        return failed(f"{node.address} is a primary: name the replica that is to take over from its primary")
    if node.role is None or own(node) is None:
        return failed(f"{node.address} does not say that it is a replica")
    id_, _ = primary_of(group, node)
    shard = shard_of(group, id_)
    if id_ is None or shard is None:
        return failed(f"{node.address} follows a primary that nobody knows")
    if not shard.slot_count:
        return failed(f"{shard.primary} owns no slots: there is nothing to take over")
    if never_synced(node):
        return failed(f"{node.address} has never finished a sync with its primary: it has nothing to serve")
    return passed(f"{node.address} is a replica of {address_of(group, id_)}, as it says itself")


def never_synced(node: Node) -> bool:
    said = node.replication
    if said is None or said.sync_in_progress:
        return True
    return said.link != "up" and (said.offset or 0) <= NO_OFFSET


def link(node: Node, old: Node) -> Check:
    """Whether the replica keeps up with its primary."""
    said, lag = node.replication, node.metric("lag_bytes")
    if said is None or said.link != "up":
        return failed(f"the link of {node.address} to its primary is down")
    if lag is None:
        return failed(f"the lag of {node.address} is not known")
    if lag > LAG_BYTES:
        return failed(f"{node.address} lags {lag / LAG_BYTES:.1f} MiB behind: writes would wait while it catches up")
    if odd := surprises(node, old):
        return warned(f"{node.address} {', '.join(odd)}")
    return passed(f"{node.address} has its link up and keeps up")


def trouble_with(fleet: Fleet, old: Node | None, node: Node) -> str:
    """Why the old primary cannot take part in a failover; empty: it can."""
    mine = own(node)
    seen = None if node.cluster is None or mine is None else line(node.cluster, mine.primary)
    if old is None or (problem := answer(fleet, old)):
        return problem if old is not None else "its primary is not among the nodes we reach"
    if seen is None or seen.flags & FAILING:
        return f"{node.address} itself holds {old.address} for failed"
    if old.role != "primary":
        return f"{old.address} says of itself that it is a {old.role or 'node of unknown role'}"
    return ""


def voters(fleet: Fleet, group: Group, node: Node) -> tuple[tuple[Shard, ...], tuple[Shard, ...]]:
    """All shards whose primary votes, and those whose primary can be counted on: it answers us, and the replica does
    not hold it for failed."""
    all_ = owners(group)
    return all_, tuple(shard for shard in all_ if _votes(fleet, group, node, shard))


def _votes(fleet: Fleet, group: Group, node: Node, shard: Shard) -> bool:
    voter = group.node(shard.primary)
    seen = None if node.cluster is None else line(node.cluster, shard.id)
    return voter is not None and not answer(fleet, voter) and seen is not None and not seen.flags & FAILING


def has_majority(counted: tuple[Sequence[Shard], Sequence[Shard]]) -> bool:
    all_, good = counted
    return len(good) > len(all_) // 2


def majority(counted: tuple[Sequence[Shard], Sequence[Shard]], otherwise: str) -> Check:
    """Whether enough primaries are there to vote. Without, the order is answered with OK and nothing happens."""
    all_, good = counted
    said = f"{len(good)} of {len(all_)} primaries that own slots can vote"
    if not has_majority(counted):
        return failed(f"{said}: that is no majority, so it would say OK and never happen{otherwise}")
    silent = [shard.primary for shard in all_ if shard not in good]
    return warned(f"{said}; without {names(silent)}") if silent else passed(said)


def known(group: Group, node: Node) -> Check:
    """Whether those who vote know it as a replica of this primary."""
    mine = own(node)
    assert mine is not None
    electorate = {shard.id for shard in owners(group)}
    seen = [line(view, mine.id) for _, view in views(group) if view.myself in electorate]
    good = [peer for peer in seen if peer is not None and peer.primary == mine.primary]
    if len(good) > len(electorate) // 2:
        return passed(f"{len(good)} of {len(electorate)} of these know {node.address} as that primary's replica")
    return failed(f"only {len(good)} of {len(electorate)} primaries know {node.address} as a replica of its primary")


def state(group: Group, node: Node) -> Check:
    """Whether the cluster serves, as the replica and as most nodes say."""
    said = None if node.cluster is None else node.cluster.state
    most = None if group.cluster is None else group.cluster.state
    if said == most == "ok":
        return passed("cluster_state is ok")
    return failed(f"cluster_state is {said or 'not known'} at {node.address}, and {most or 'not known'} at most nodes")


def open_slots(group: Group, id_: str) -> str:
    """Slots half-way out of or into a shard, in words; empty: none."""
    slots = () if group.cluster is None else group.cluster.open_slots
    mine = sorted({opened.slot for opened in slots if id_ in (opened.node, opened.peer)})
    if not mine:
        return ""
    which = ", ".join(map(str, mine[:5])) + (f" and {len(mine) - 5} more" if len(mine) > 5 else "")
    return f"slot{'' if len(mine) == 1 else 's'} {which} of this shard {'is' if len(mine) == 1 else 'are'} open"


def recent(fleet: Fleet, group: Group, nodes: Sequence[Address]) -> Check:
    """A failover of this shard that may not be over: a second order restarts it, and each disturbs the other."""
    event = earlier(fleet, group.name, nodes, seconds=HANDOVER_SECONDS)
    if event is None:
        return passed(f"no failover of this shard within {HANDOVER_SECONDS:g} s, as far as we have seen")
    ago = fleet.at - event.at
    return failed(f"this shard failed over {ago:.0f} s ago; wait {max(1.0, HANDOVER_SECONDS - ago):.0f} s more")


def better(group: Group, node: Node) -> Iterator[Check]:
    """Other replicas of the shard that have more of its history."""
    id_, _ = primary_of(group, node)
    mine = node.replication
    for other in group.nodes:
        peer, theirs = own(other), other.replication
        if other is node or other.fault is not None or peer is None or peer.primary != id_:
            continue
        if mine is None or theirs is None or theirs.replid != mine.replid:
            continue
        ahead = (theirs.offset or 0) - (mine.offset or 0)
        if ahead > 0:
            yield warned(f"{other.address} has {ahead:,} bytes more of this shard's history than {node.address}")


def clean(group: Group, id_: str, *, lossy: bool) -> Check:
    """Open slots: a planned failover waits for the move; an unplanned one may not be able to."""
    text = open_slots(group, id_)
    if text and lossy:
        return warned(f"{text}: keys that were on their way may be on both sides, look with `redistui status`")
    return verdict([f"{text}: end that move first"] if text else [], "no slot of this shard is open")
