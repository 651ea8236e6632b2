"""attach: a node becomes a replica of another one, and gets that one's data in place of its own.

The password comes before REPLICAOF: without it the link would never come up. REPLICAOF answers OK before anything has
happened; done is what the link and the primary's own list say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.model import Address, Fleet, Kind
from redistui.ops.action import Action, Aim, Argument, Check, Plan
from redistui.ops.checks import failed, found, fresh, verdict, warned
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.config_role import WriteRole
from redistui.ops.node.fence import LiftFence
from redistui.ops.node.follow import Follow, GiveLogin
from redistui.ops.node.follow_verify import Synced
from redistui.ops.node.last_look import LastLook
from redistui.ops.plain.attach_checks import data, home, loses, states, surprises, ties
from redistui.ops.steps import Step

KINDS: tuple[Kind, ...] = ("replication", "sentinel")
INSTEAD: dict[Kind, str] = {"cluster": "in a cluster `add-node` and `replicate` are for that"}


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, KINDS, INSTEAD)
    if group is None:
        return
    yield from fresh(fleet)
    own, primary = home(fleet, aim.words[0]), group.node(aim.words[1])
    replica = None if own is None else own.node(aim.words[0])
    if own is None or replica is None:
        yield failed(f"{aim.words[0]} is not known here, or has not answered yet")
    elif primary is None:
        yield failed(f"{aim.words[1]} is no node of {group.name}")
    else:
        yield verdict(list(states(fleet, replica, primary)), "both answer, and the versions fit")
        yield verdict(list(ties(own, group, replica, primary)), "nobody follows in a circle, nobody would undo it")
        for text in surprises(group, own, replica, primary):
            yield warned(text)
        yield data(replica, primary)


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group, own = fleet.group(aim.group), home(fleet, aim.words[0])
    assert group is not None
    assert own is not None
    replica, primary = own.node(aim.words[0]), group.node(aim.words[1])
    assert replica is not None
    assert primary is not None
    lost = loses(replica, primary)
    look: tuple[Step, ...] = (LastLook(None, (replica.address,)),) if own.kind == "replication" else ()
    steps = (
        *look,
        GiveLogin(replica.address, primary.address),
        Follow(replica.address, primary.address),
        LiftFence(replica.address, primary.address),
        WriteRole(replica.address, primary.address),
    )
    made = Plan(
        action="attach",
        group=group.name,
        title=f"Attach {replica.address} to {primary.address}",
        danger="risky",
        steps=steps,
        verify=(Synced(replica.address, primary.address),),
        point_of_no_return=len(look) + 1,
        fingerprint=fingerprint(*(one for one in fleet.groups if one in (group, own))),
        loses=f"Nothing: {replica.address} holds no data of its own. It cannot be read while it loads.",
        undo=f"`detach {replica.address}` lets it go, with a copy of the data.",
        confirm=group.name,
    )
    return made if lost == 0 else _lossy(made, replica.address, lost)


def _lossy(made: Plan, replica: Address, lost: int | None) -> Plan:
    """It holds data of its own."""
    many = "all keys" if lost is None else "1 key" if lost == 1 else f"up to {lost} keys"
    return replace(
        made,
        danger="lossy",
        confirm=f"lose {many} of {replica}",
        loses=f"{many[:1].upper()}{many[1:]} of {replica}, for good, unless a copy lies elsewhere.",
        undo=f"None for its data. `detach {replica}` lets it go again, with a copy of the new ones.",
    )


ATTACH = Action(
    name="attach",
    title="Attach",
    key=None,
    danger="lossy",
    kinds=KINDS,
    doc="A node becomes a replica of another one; its own data are replaced.",
    checks=checks,
    plan=plan,
    arguments=(Argument("REPLICA", "stranger"), Argument("PRIMARY", "node")),
)
