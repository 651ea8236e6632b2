"""Preflight of what changes who is in a cluster, or in which shard: forget, add-node, replicate."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, numbers, passed, warned
from redistui.ops.cluster.map import FAILING, line, members, own, shard_of, views


def standing(group: Group, without: str = "") -> tuple[Address, ...]:
    """Members that answer and know each other, but the one with that id."""
    return tuple(node.address for node, view in views(group) if len(view.peers) > 1 and view.myself != without)


def silent(group: Group, without: str, later: str) -> Iterator[Check]:
    """Members that do not take part because they do not answer."""
    there = {view.myself for _, view in views(group)}
    lost = [m.name for m in members(group).values() if m.id not in there and m.id != without]
    if lost:
        yield warned(f"{names(sorted(lost))} {'does' if len(lost) == 1 else 'do'} not answer: {later}")


def leaves_its_shard(fleet: Fleet, group: Group, node: Node) -> Iterator[Check]:
    """What its shard loses with a replica. When its primary is gone, it is what is left of that shard's data."""
    mine = own(node)
    shard = shard_of(group, None if mine is None else mine.primary)
    if shard is None:
        return
    old = group.node(shard.primary)
    if old is None or answer(fleet, old):
        yield failed(
            f"its primary {shard.primary} does not answer: {node.address} holds what is left of that shard; "
            f"`cluster-failover {node.address} --force` first"
        )
        return
    good = [
        n.address
        for n, _ in views(group)
        if n is not node and (peer := own(n)) is not None and peer.primary == shard.id
    ]
    if good:
        yield passed(f"{shard.primary} keeps {len(good)} other {'replica' if len(good) == 1 else 'replicas'}")
    else:
        yield warned(f"{shard.primary} is left without a replica: when it dies, its {shard.slot_count} slots are gone")


def may_be_followed(fleet: Fleet, group: Group, address: Address, by: Node) -> Iterator[Check]:
    """Whether that node is a primary that a replica may be given to."""
    node = group.node(address)
    if node is None or (problem := answer(fleet, node)):
        yield failed(f"{address} is no node of {group.name}" if node is None else problem)
        return
    mine = own(node)
    if node.role != "primary" or mine is None or mine.primary is not None:
        yield failed(f"{address} is a replica: name a primary")
        return
    doubts = [n.address for n, view in views(group) if (peer := line(view, mine.id)) and peer.flags & FAILING]
    if doubts:
        yield failed(f"{names(doubts)} {'holds' if len(doubts) == 1 else 'hold'} {address} for failed")
        return
    yield passed(f"{address} is a primary, and nobody holds it for failed")
    yield from fits(node, by)


def fits(primary: Node, replica: Node) -> Iterator[Check]:
    """What would work, and still be a surprise; or not work at all, since an older server reads no newer dump."""
    if numbers(replica.version)[:2] < numbers(primary.version)[:2] or replica.server != primary.server:
        ours, theirs = f"{replica.server} {replica.version}", f"{primary.server} {primary.version}"
        yield warned(
            f"{replica.address} runs {ours}, {primary.address} {theirs}: it may not be able to read its dataset"
        )
    limit, used = replica.metric("memory_limit"), primary.metric("memory_used")
    if limit and used is not None and used > limit:
        yield warned(f"{replica.address} has less maxmemory than {primary.address} uses")


def no_replicas(group: Group, id_: str, name: str, instead: str) -> Check:
    below = sorted(member.name for member in members(group).values() if member.primary == id_)
    if below:
        return failed(f"{name} has replicas ({names(below)}): {instead}")
    return passed(f"{name} has no replica")


def link_seconds(primary: Node) -> float:
    """How long a full sync is waited for: a minute, and two more for each GiB, in steps of a power of two."""
    gib = int((primary.metric("memory_used") or 0) / (1 << 30))
    return 60.0 + (120.0 * (1 << gib.bit_length()) if gib else 0.0)
