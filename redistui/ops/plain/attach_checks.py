"""Preflight of `attach`: who may follow whom, and what is lost at the node that is to follow."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, names, passed, version_of, warned
from redistui.ops.plain.group import above, busy, dialable, following, linked, older, unwell, up_to


def home(fleet: Fleet, address: Address) -> Group | None:
    """The group that a node is in; None: nobody knows it."""
    return next((group for group in fleet.groups if group.node(address) is not None), None)


def ties(own: Group, group: Group, replica: Node, primary: Node) -> Iterator[str]:
    """What somebody else would undo, or the server refuse."""
    if replica.cluster is not None or own.kind == "cluster":
        yield f"{replica.address} runs in cluster mode: `replicate` is for that"
    if replica.address == primary.address or (replica.run_id is not None and replica.run_id == primary.run_id):
        yield f"{replica.address} and {primary.address} are one and the same server"
        return
    if replica.address in up_to(group, primary):
        yield f"{primary.address} follows {replica.address}: they would follow each other in a circle"
    if own.kind == "sentinel" and (own is not group or replica.address == own.primary):
        yield f"Sentinels watch {replica.address} in {own.name}, and would undo it"
    elif own.kind == "sentinel" and known_to_sentinels(own, replica) and primary.address != own.primary:
        yield f"the Sentinels of {own.name} make {replica.address} follow the primary {own.primary} again"
    if above(replica) == primary.address and linked(replica):
        yield f"{replica.address} follows {primary.address} already, link up"
    if problem := dialable(primary.address, replica.address):
        yield problem


def known_to_sentinels(group: Group, node: Node) -> bool:
    return any(seen.address == node.address for _, watch in group.watches() for seen in watch.replicas)


def states(fleet: Fleet, replica: Node, primary: Node) -> Iterator[str]:
    """Whether both are well."""
    for node, problem in ((replica, unwell(fleet, replica)), (primary, answer(fleet, primary))):
        if problem:
            yield problem
        elif node.role is None:
            yield f"{node.address} does not say what it is"
        elif busy(node):
            yield busy(node)
    if primary.role == "replica" and not linked(primary):
        yield f"{primary.address} is a replica without a link to its own primary: it has nothing to give"
    if older(replica, primary):
        yield f"{replica.address} runs {replica.version}, and cannot read what {primary.version} sends"


def surprises(group: Group, own: Group, replica: Node, primary: Node) -> Iterator[str]:
    """What works, and should be known before."""
    if primary.role == "replica":
        yield f"{primary.address} is a replica itself: a chain, which breaks when that one does"
    below = following(own, replica.address)
    if below:
        yield f"{names([node.address for node in below])} follow{'s' * (len(below) == 1)} it along, by a full resync"
    limit, used = replica.metric("memory_limit"), primary.metric("memory_used")
    if limit and used is not None and used > limit:
        yield f"{replica.address} has less maxmemory than {primary.address} uses"
    if not version_of(replica) or not version_of(primary):
        yield "a version is not known: an older server cannot read what a newer one sends"
    if replica.role == "primary":
        yield f"{replica.address} is a primary now: clients that write there are refused (READONLY) afterwards"


def data(replica: Node, primary: Node) -> Check:
    """What becomes of what it holds."""
    lost = loses(replica, primary)
    if lost is None:
        return warned(f"how many keys {replica.address} holds is not known: they are lost")
    if not lost:
        return passed(f"{replica.address} holds nothing that {primary.address} has not")
    return warned(
        f"the keys of {replica.address} ({replica.metrics['keys']:.0f}) are lost: it gets those of the primary"
    )


def loses(replica: Node, primary: Node) -> int | None:
    """Keys that it holds of its own, rounded up to two digits so that a plan does not change with each of them; None:
    not known. A replica of the same history holds a copy only.

    >>> loses(Node("a:1", metrics={"keys": 120331.0}), Node("b:1"))
    130000
    """
    mine, its = replica.replication, primary.replication
    if replica.role == "replica" and mine is not None and its is not None and mine.replid == its.replid:
        return 0
    keys = replica.metric("keys")
    return None if keys is None else rounded_up(int(keys))


def rounded_up(count: int) -> int:
    step: int = 10 ** max(0, len(str(count)) - 2)
    return -(-count // step) * step
