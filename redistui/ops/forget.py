"""forget: a node leaves a cluster. One that owns slots or has replicas does not: these are moved away first, with
--drain in the same plan.

A node that answers is reset before the others forget it, else it would be learnt again from its own greetings; a
replica drops its data by that. A node that is gone, or a ghost whose address is lost, is forgotten only. It is named by
its address, or by its node id, as CLUSTER NODES shows it: a ghost has no other name.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Fleet, Group, Kind
from redistui.ops.action import Action, Aim, Argument, Check, Option, Plan
from redistui.ops.checks import answer, failed, found, fresh, names, passed, warned
from redistui.ops.cluster.draining import drain_plan, drains, may_be_drained
from redistui.ops.cluster.leave import ForgetAt, ResetNode
from redistui.ops.cluster.map import FAILING, Member, address_of, line, named, own, views
from redistui.ops.cluster.member_checks import leaves_its_shard, no_replicas, silent, standing
from redistui.ops.cluster.members import NobodyListsIt, StandsAlone
from redistui.ops.fingerprint import fingerprint
from redistui.ops.rebalance import CLASSIC

INSTEAD: dict[Kind, str] = {
    "sentinel": "Sentinels watch this group: `sentinel-reset` makes them forget a node",
    "replication": "this is no cluster: `detach REPLICA` is for that",
}
GONE = FAILING | {"noaddr", "handshake"}
QUIET_SECONDS = 3.0
"""A node that was forgotten in the wrong order was seen to be back after 2.1 s (Valkey 9)."""
SECONDS = 15.0


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, ("cluster",), INSTEAD)
    if group is None:
        return
    yield from fresh(fleet)
    meant = named(group, aim.node or "")
    if not meant:
        yield failed(f"{aim.node} is no node of {group.name}: name one by its address, or by its node id")
    elif len(meant) > 1:
        ids = names([member.id for member in meant])
        yield failed(f"more than one node was known at {aim.node}: name one by its node id: {ids}")
    else:
        drained = drains(meant[0], aim)
        yield from may_be_drained(fleet, group, meant[0], aim) if drained else _may_leave(fleet, group, meant[0])


def _may_leave(fleet: Fleet, group: Group, leaving: Member) -> Iterator[Check]:
    if leaving.slots:
        yield failed(f"{leaving.name} owns {leaving.slots} slots: move them to other shards first (--drain)")
    else:
        yield passed(f"{leaving.name} owns no slots")
    yield no_replicas(group, leaving.id, leaving.name, "move them to other shards, or forget them, first")
    if alive(leaving):
        yield from _drops(fleet, group, leaving)
    else:
        yield _is_gone(group, leaving)
    if leaving.node is not None and leaving.node.fault is not None and leaving.node.up:
        yield failed(f"{answer(fleet, leaving.node)}: wait until it answers, or stop it")
    if not standing(group, leaving.id):
        yield failed("no other node of the cluster answers")
    yield from silent(group, leaving.id, f"it still lists {leaving.name} when it is back; forget it once more then")


def _drops(fleet: Fleet, group: Group, leaving: Member) -> Iterator[Check]:
    """Of a node that answers: what goes with it."""
    assert leaving.node is not None
    if leaving.primary is not None:
        yield from leaves_its_shard(fleet, group, leaving.node)
    elif leaving.slots:
        return
    elif keys := leaving.node.metric("keys"):
        yield failed(f"{leaving.name} holds {keys:.0f} keys, though it owns no slots: it cannot be reset; see to them")
    else:
        yield passed(f"{leaving.name} is a primary without keys")


def _is_gone(group: Group, leaving: Member) -> Check:
    """One that the others still hear is not gone, whatever we see from here: it would be back at once."""
    lines = [(node.address, line(view, leaving.id)) for node, view in views(group)]
    hear = [address for address, peer in lines if peer is not None and peer.link_up and not peer.flags & GONE]
    if hear:
        which = f"{names(hear)} {'hears' if len(hear) == 1 else 'hear'} it well"
        return failed(f"{leaving.name} does not answer us, but {which}: it would be learnt again; stop it first")
    return warned(
        f"{leaving.name} does not answer: should it come back, it still thinks it is a member; "
        f"CLUSTER RESET HARD there before it is used again"
    )


def alive(member: Member) -> bool:
    """It answers, under that id."""
    mine = own(member.node)
    return member.node is not None and member.node.fault is None and mine is not None and mine.id == member.id


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    (leaving,) = named(group, aim.node or "")
    if drains(leaving, aim):
        return drain_plan(fleet, group, aim, leaving)
    here, replica = alive(leaving), leaving.primary is not None
    stay = standing(group, leaving.id)
    reset = (ResetNode(leaving.address, leaving.id, replica),) if here else ()
    alone = (StandsAlone(leaving.address, SECONDS),) if here else ()
    lossy = here and replica
    return Plan(
        action="forget",
        group=group.name,
        title=f"Take {leaving.name} out of {group.name}",
        danger="lossy" if lossy else "risky",
        steps=(*reset, *(ForgetAt(node, leaving.id, leaving.name) for node in stay)),
        verify=(NobodyListsIt(None, leaving.id, leaving.name, stay, QUIET_SECONDS, SECONDS), *alone),
        loses=_loses(group, leaving, lossy=lossy),
        undo=_undo(group, leaving, here=here),
        fingerprint=fingerprint(group),
        confirm=f"drop the data of {leaving.name}" if lossy else group.name,
    )


def _loses(group: Group, leaving: Member, *, lossy: bool) -> str:
    if lossy:
        of = address_of(group, leaving.primary or "")
        return (
            f"No acknowledged write. The copy that {leaving.name} holds of {of} is dropped, and a replica less is left."
        )
    return "No acknowledged write: it owns no slots."


def _undo(group: Group, leaving: Member, *, here: bool) -> str:
    how = "" if leaving.primary is None else f" --replica-of {address_of(group, leaving.primary)}, with a full sync"
    if here:
        return f"add-node {leaving.address}{how}."
    return f"When it is back: CLUSTER RESET HARD there, then add-node{how}."


FORGET = Action(
    name="forget",
    title="Take a node out of the cluster",
    key=None,
    danger="lossy",
    kinds=("cluster",),
    doc="A node without slots leaves the cluster: it is reset where it answers, and all others forget it.",
    checks=checks,
    plan=plan,
    arguments=(Argument("NODE", "node"),),
    options=(Option("drain", "", "its slots go to the other shards first, in the same plan"), CLASSIC),
    surveys=True,
    surveys_with="drain",
)
