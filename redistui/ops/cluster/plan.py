"""The plan of a cluster failover: the order, the wait for it, and what must hold afterwards."""

from __future__ import annotations

from dataclasses import replace

from redistui.judge.loss import amount, bound
from redistui.model import Address, Fleet, Group, Node, Shard
from redistui.ops.action import Aim, Plan
from redistui.ops.checks import answer, numbers
from redistui.ops.cluster.checks import primary_of, voters
from redistui.ops.cluster.failover_steps import AwaitTakeover, How, LetClientsGo, NoSlotMoves, OrderPromotion
from redistui.ops.cluster.map import own, owners, shard_of, tells_migrations, views
from redistui.ops.cluster.verify import EpochRose, ReplicasFollow, ViewsShowOwner
from redistui.ops.fingerprint import fingerprint
from redistui.ops.repeated import hardened
from redistui.ops.steps import Step

SECONDS = 6.0
"""A server tries for 5 s."""
SETTLE_SECONDS = {"": 10.0, "FORCE": 20.0, "TAKEOVER": 20.0}


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    node = None if group is None else group.node(aim.node or "")
    assert group is not None
    assert node is not None
    how = how_of(aim)
    shard, old = shard_and_primary(group, node)
    steps = _steps(group, node, how)
    common = Plan(
        action="cluster-failover",
        group=group.name,
        title=f"Fail over a shard of {group.name}: {node.address} takes over from {shard.primary}",
        danger="routine",
        steps=steps,
        verify=_postconditions(fleet, group, node, how),
        point_of_no_return=next(n for n, step in enumerate(steps) if isinstance(step, OrderPromotion)),
        loses="No acknowledged write. Writes to this shard wait for less than 0.1 s as a rule.",
        undo=f"cluster-failover {shard.primary}, once it is in sync again: the same wait, and a partial resync.",
        fingerprint=fingerprint(group),
    )
    if how:
        common = _lossy(common, fleet, shard, old, node, how)
    return hardened(common, fleet, (shard.primary,))


def _lossy(plan: Plan, fleet: Fleet, shard: Shard, old: Node | None, node: Node, how: How) -> Plan:
    """What goes without the old primary may lose writes, and says so."""
    said, confirm = _known_loss(shard, old, node)
    if old is not None and not answer(fleet, old):
        said = f"What {shard.primary} acknowledges until it learns of it, as a rule for less than 0.1 s"
        confirm = f"lose the last writes of {shard.primary}"
    if how == "TAKEOVER":
        said += ". While it lives behind a partition, all that it takes there as well"
        confirm = f"{plan.group}: {shard.primary} is stopped or fenced, its last writes are lost"
    return replace(
        plan,
        danger="lossy",
        confirm=confirm,
        loses=f"{said}.",
        undo=f"cluster-failover {shard.primary}, once it is back and in sync: what was lost stays lost.",
    )


def _known_loss(shard: Shard, old: Node | None, node: Node) -> tuple[str, str]:
    """Of a silent primary: what it had acknowledged and not passed on, and the sentence to be typed."""
    loss = bound(old, (node,))
    size = "how much is not known" if loss.size is None else f"at most {amount(loss.size)}"
    return f"What {shard.primary} acknowledged and {node.address} has not got: {size}", loss.sentence(shard.primary)


def _steps(group: Group, node: Node, how: How) -> tuple[Step, ...]:
    shard, old = shard_and_primary(group, node)
    mine = own(node)
    assert mine is not None
    moves = (NoSlotMoves(old.address),) if old is not None and not how and tells_migrations(old) else ()
    held = (
        (LetClientsGo(old.address, node.address, mine.id, SECONDS),)
        if old is not None and not how and holds(old)
        else ()
    )
    return (
        *moves,
        OrderPromotion(node.address, mine.id, shard.primary, shard.id, how),
        AwaitTakeover(None, node.address, mine.id, shard.primary, shard.id, SECONDS),
        *held,
    )


def holds(node: Node) -> bool:
    """Redis before 7.0 goes on holding its clients when a manual failover is over."""
    return node.server == "redis" and numbers(node.version)[:1] < (7,)


def _postconditions(fleet: Fleet, group: Group, node: Node, how: How) -> tuple[Step, ...]:
    shard, old = shard_and_primary(group, node)
    mine = own(node)
    assert mine is not None
    seconds = SETTLE_SECONDS[how]
    there = old is not None and not answer(fleet, old)
    nodes = tuple(each.address for each, _ in views(group))
    followers = _followers(group, node, shard, old if there else None)
    epoch = max((view.epoch or 0 for _, view in views(group)), default=0)
    assigned = sum(each.slot_count for each in owners(group))
    follow = (ReplicasFollow(None, node.address, mine.id, followers, seconds),) if followers else ()
    return (
        ViewsShowOwner(None, node.address, mine.id, shard.id, shard.slots, assigned, there, nodes, seconds),
        *follow,
        EpochRose(None, nodes, epoch, serves=_serves(fleet, group, node, how), seconds=seconds),
    )


def _serves(fleet: Fleet, group: Group, node: Node, how: How) -> bool:
    """Whether cluster_state will be ok again: not while another shard is lost as well."""
    shard, _ = shard_and_primary(group, node)
    all_, good = voters(fleet, group, node)
    return how != "TAKEOVER" and all(one in good or one == shard for one in all_)


def _followers(group: Group, node: Node, shard: Shard, old: Node | None) -> tuple[Address, ...]:
    """The rest of the shard, as far as it answers: all of it follows the new primary afterwards."""
    rest = [n.address for n, _ in views(group) if n is not node and (peer := own(n)) and peer.primary == shard.id]
    return (*(() if old is None else (old.address,)), *rest)


def shard_and_primary(group: Group, node: Node) -> tuple[Shard, Node | None]:
    id_, old = primary_of(group, node)
    shard = shard_of(group, id_)
    assert shard is not None
    return shard, old


def how_of(aim: Aim) -> How:
    return "FORCE" if "force" in aim.options else "TAKEOVER" if "takeover" in aim.options else ""
