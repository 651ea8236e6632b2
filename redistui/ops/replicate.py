"""replicate: a replica moves over to another shard, or a primary without slots becomes a replica.

The node drops what it has and copies its new primary: a full sync. What it drops is a copy, but the shard it leaves has
one replica less from the first moment on, and the one it joins has one more only when the sync is done.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Fleet, Group, Kind, Node
from redistui.ops.action import Action, Aim, Argument, Check, Plan
from redistui.ops.checks import answer, failed, found, fresh, member, passed
from redistui.ops.cluster.checks import recent
from redistui.ops.cluster.follow import Replicate
from redistui.ops.cluster.map import own, shard_of
from redistui.ops.cluster.member_checks import (
    leaves_its_shard,
    link_seconds,
    may_be_followed,
    no_replicas,
    silent,
    standing,
)
from redistui.ops.cluster.members import SeenInPlace
from redistui.ops.cluster.verify import ReplicasFollow
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.follow import GiveLogin

INSTEAD: dict[Kind, str] = {
    "sentinel": "this is no cluster: `attach REPLICA PRIMARY` is for that",
    "replication": "this is no cluster: `attach REPLICA PRIMARY` is for that",
}
SETTLE_SECONDS = 15.0


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, ("cluster",), INSTEAD)
    if group is None:
        return
    node = yield from member(group, aim.node)
    if node is None:
        return
    yield from fresh(fleet)
    if problem := answer(fleet, node):
        yield failed(problem)
        return
    yield from _may_move(fleet, group, node, aim.words[1])
    yield from may_be_followed(fleet, group, aim.words[1], node)
    yield from silent(group, "", "it learns of it when it is back")


def _may_move(fleet: Fleet, group: Group, node: Node, primary: str) -> Iterator[Check]:
    mine, above = own(node), group.node(primary)
    if mine is None or node.role is None:
        yield failed(f"{node.address} does not say what it is")
        return
    theirs = own(above)
    if theirs is not None and theirs.id in (mine.id, mine.primary):
        same = theirs.id == mine.id
        yield failed(f"{node.address} is {primary}" if same else f"{node.address} is a replica of {primary} already")
        return
    yield no_replicas(group, mine.id, node.address, "move these first")
    if node.role == "replica":
        yield from leaves_its_shard(fleet, group, node)
    else:
        yield _empty(group, node)
    left = shard_of(group, mine.primary)
    yield recent(fleet, group, (primary,) if left is None else (primary, left.primary))


def _empty(group: Group, node: Node) -> Check:
    """A primary can follow another one only with nothing of its own."""
    mine = own(node)
    shard = shard_of(group, None if mine is None else mine.id)
    if shard is not None and shard.slot_count:
        return failed(f"{node.address} is a primary that owns {shard.slot_count} slots: move them away first")
    if keys := node.metric("keys"):
        return failed(f"{node.address} is a primary that holds {keys:.0f} keys, though it owns no slots")
    return passed(f"{node.address} is a primary without slots and keys")


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    node, primary = group.node(aim.node or ""), group.node(aim.words[1])
    assert node is not None
    assert primary is not None
    mine, theirs = own(node), own(primary)
    assert mine is not None
    assert theirs is not None
    left = shard_of(group, mine.primary)
    login = () if mine.primary is not None else (GiveLogin(node.address, primary.address),)
    drops = "It" if left is None else f"{left.primary} has a replica less at once; {node.address} drops its copy, and"
    back = f"forget {node.address}" if left is None else f"replicate {node.address} {left.primary}: another full sync"
    return Plan(
        action="replicate",
        group=group.name,
        title=f"Move {node.address} under {primary.address}",
        danger="risky",
        steps=(*login, Replicate(node.address, mine.id, primary.address, theirs.id, mine.primary)),
        verify=(
            ReplicasFollow(None, primary.address, theirs.id, (node.address,), link_seconds(primary)),
            SeenInPlace(None, mine.id, node.address, primary.address, theirs.id, standing(group), SETTLE_SECONDS),
        ),
        loses=f"No acknowledged write. {drops} takes a full sync.",
        undo=f"{back[0].upper()}{back[1:]}.",
        fingerprint=fingerprint(group),
        confirm=group.name,
    )


REPLICATE = Action(
    name="replicate",
    title="Move a replica to another shard",
    key=None,
    danger="risky",
    kinds=("cluster",),
    doc="A replica, or a primary without slots, becomes the replica of another shard's primary.",
    checks=checks,
    plan=plan,
    arguments=(Argument("NODE", "node"), Argument("PRIMARY", "node")),
)
