"""Who says what: what a server says in one snapshot that it did not say in the one before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from redistui.model import Address, Fleet, Node, Sentinel, Watch


@dataclass(frozen=True, slots=True, order=True)
class Said:
    """What one server said of itself or of others, that it had not said before."""

    at: float
    source: Address
    group: str
    text: str
    sentinel: bool = False


def changes(before: Fleet, now: Fleet) -> Iterator[Said]:
    """What servers say now and did not say before."""
    for group in now.groups:
        old = before.group(group.name)
        if old is None:
            continue
        nodes = {node.address: node for node in old.nodes}
        watchers = {one.address: one for one in old.sentinels}
        for node in group.nodes:
            was = nodes.get(node.address)
            if was is not None and was is not node:
                yield from (Said(_when(node, now), node.address, group.name, text) for text in _of_node(was, node))
        for one in group.sentinels:
            past = watchers.get(one.address)
            if past is not None and past is not one:
                for text in _of_sentinel(past, one, group.watched_as):
                    yield Said(_when(one, now), one.address, group.name, text, sentinel=True)


def _when(server: Node | Sentinel, fleet: Fleet) -> float:
    if server.fault is not None and server.fault.since <= fleet.at:
        return server.fault.since
    return server.seen_at if server.seen_at is not None else fleet.at


def _of_node(was: Node, now: Node) -> Iterator[str]:
    yield from _faults(was, now)
    if now.run_id is not None and was.run_id is not None and now.run_id != was.run_id:
        yield "was restarted: it has a new run id"
    if now.role is not None and (was.role or was.last_role) not in (None, now.role):
        yield f"is {now.role}, was {was.role or was.last_role}"
    one, other = was.replication, now.replication
    if one is not None and other is not None and now.role == "replica":
        if other.primary != one.primary and other.primary is not None:
            yield f"follows {other.primary}" + (f", followed {one.primary}" if one.primary else "")
        if other.link != one.link and other.link is not None:
            yield f"its link to {other.primary} is {other.link}"
        if other.sync_in_progress and not one.sync_in_progress:
            yield f"takes a full sync from {other.primary}"
    if was.cluster is not None and now.cluster is not None:
        yield from _of_view(was, now)


def _of_view(was: Node, now: Node) -> Iterator[str]:
    """A cluster node on its cluster: state, epoch, whom it holds for failed."""
    one, other = was.cluster, now.cluster
    assert one is not None
    assert other is not None
    if other.state != one.state and other.state is not None:
        yield f"says cluster_state:{other.state}"
    if one.peers is other.peers:
        return
    flags = {peer.id: peer.flags for peer in one.peers}
    for peer in other.peers:
        for flag, words in (("fail?", "suspects"), ("fail", "holds for failed")):
            had = flag in flags.get(peer.id, frozenset())
            if (flag in peer.flags) is not had:
                yield f"{words} {peer.address}" if not had else f"{words} {peer.address} no more"


def _faults(was: Node | Sentinel, now: Node | Sentinel) -> Iterator[str]:
    kinds = [None if one.fault is None else one.fault.kind for one in (was, now)]
    if kinds[0] != kinds[1]:
        yield f"{now.fault.kind}: {now.fault.text}" if now.fault is not None else "answers again"


def _of_sentinel(was: Sentinel, now: Sentinel, watched: str | None) -> Iterator[str]:
    yield from _faults(was, now)
    if now.tilt != was.tilt and now.tilt is not None and was.tilt is not None:
        yield "is in TILT: it only watches" if now.tilt else "is out of TILT"
    one, other = was.watches.get(watched or ""), now.watches.get(watched or "")
    if one is not None and other is not None:
        yield from _of_watch(one, other)


FLAGS = (
    ("s_down", "sees the primary down", "sees the primary up again"),
    ("o_down", "has the quorum that the primary is down", "has no quorum for that any more"),
    ("failover_in_progress", "leads a failover", "leads no failover any more"),
)


def _of_watch(was: Watch, now: Watch) -> Iterator[str]:
    if was.primary != now.primary:
        yield f"believes in {now.primary} at epoch {now.epoch}, before in {was.primary} at epoch {was.epoch}"
    elif was.epoch != now.epoch:
        yield f"is at epoch {now.epoch}, was at {was.epoch}"
    for flag, begun, over in FLAGS:
        if flag in now.flags and flag not in was.flags:
            yield begun
        elif flag in was.flags and flag not in now.flags and was.primary == now.primary:
            yield over
    if now.failover_state != was.failover_state and now.failover_state is not None:
        yield f"its failover is at {now.failover_state}"
    if now.ckquorum != was.ckquorum and now.ckquorum is not None and was.ckquorum is not None:
        yield "could authorise a failover" if now.ckquorum == "ok" else f"could authorise no failover: {now.ckquorum}"
