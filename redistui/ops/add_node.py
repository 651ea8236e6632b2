"""add-node: an empty node joins a cluster, as a primary without slots, as one with its share of them (--rebalance), or
as a replica (--replica-of).

A node that holds keys, or that knows other nodes, is refused: CLUSTER MEET makes one cluster of two, for good.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import SLOTS, Fleet, Group, Kind, Node, Peer
from redistui.ops.action import Action, Aim, Argument, Check, Option, Plan
from redistui.ops.checks import failed, found, fresh
from redistui.ops.cluster.follow import Replicate
from redistui.ops.cluster.join import AwaitMember, Meet
from redistui.ops.cluster.map import own
from redistui.ops.cluster.member_checks import link_seconds, may_be_followed, silent, standing
from redistui.ops.cluster.members import SeenInPlace
from redistui.ops.cluster.newcomer import introduced, introducer, is_new, known_to, stranger
from redistui.ops.cluster.share_out import may_take_its_share, with_its_share
from redistui.ops.cluster.verify import ReplicasFollow
from redistui.ops.cluster.words import BadWord, complaint, whole_in
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.follow import GiveLogin
from redistui.ops.rebalance import CLASSIC, MAX_SLOTS
from redistui.ops.steps import Step

INSTEAD: dict[Kind, str] = {
    "sentinel": "this is no cluster: `attach REPLICA PRIMARY` is for that",
    "replication": "this is no cluster: `attach REPLICA PRIMARY` is for that",
}
MEET_SECONDS = 30.0
SETTLE_SECONDS = 15.0


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, ("cluster",), INSTEAD)
    if group is None:
        return
    new = stranger(fleet, aim)
    if group.node(aim.node or "") is not None and (new is None or len(known_to(new)) > 1):
        yield failed(f"{aim.node} is a node of {group.name} already")
        return
    yield from fresh(fleet)
    if new is None:
        yield failed(f"nothing is known of {aim.node} yet: it has not been asked")
        return
    first = is_new(fleet, new)
    yield first
    if first.mark == "fail":
        return
    yield from introduced(fleet, group, new)
    above = aim.options.get("replica-of")
    if above is not None:
        yield from may_be_followed(fleet, group, above, new)
    if "rebalance" in aim.options:
        yield from may_take_its_share(fleet, group, new, aim)
    yield from silent(group, "", "it learns of the new node when it is back")


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group, new = fleet.group(aim.group), stranger(fleet, aim)
    assert group is not None
    assert new is not None
    above = group.node(aim.options.get("replica-of", ""))
    mine = own(new)
    assert mine is not None
    stay = tuple(address for address in standing(group) if address != new.address)
    followed = own(above)
    follow = () if above is None else _follow(new, mine, above)
    linked: tuple[Step, ...] = ()
    if above is not None and followed is not None:
        linked = (ReplicasFollow(None, above.address, followed.id, (new.address,), link_seconds(above)),)
    place = None if above is None else above.address, None if followed is None else followed.id
    all_ = (*stay, new.address)
    placed = SeenInPlace(None, mine.id, new.address, place[0], place[1], all_, SETTLE_SECONDS)
    what = "as a primary without slots" if above is None else f"as a replica of {above.address}"
    load = "It owns no slots until some are moved to it." if above is None else "It takes a full sync."
    joins = Plan(
        action="add-node",
        group=group.name,
        title=f"Add {new.address} to {group.name}, {what}",
        danger="risky",
        steps=(*_meet(fleet, group, new, mine, stay), *follow),
        verify=(*linked, placed),
        loses=f"Nothing: it is empty. {load}",
        undo=f"forget {new.address}{'' if above is None else ': its copy is dropped'}.",
        fingerprint=fingerprint(group, *(g for name in aim.also if (g := fleet.group(name)) is not None)),
        confirm=group.name,
    )
    return with_its_share(group, new, aim, joins) if "rebalance" in aim.options else joins


def readable(aim: Aim) -> None:
    """Raises BadWord."""
    if {"replica-of", "rebalance"} <= aim.options.keys():
        raise BadWord("--replica-of and --rebalance are two different things: a replica owns no slots")
    if "max-slots" in aim.options:
        whole_in(aim.options["max-slots"], "--max-slots", SLOTS)
        if "rebalance" not in aim.options:
            raise BadWord("--max-slots goes with --rebalance")


def _meet(fleet: Fleet, group: Group, new: Node, mine: Peer, stay: tuple[str, ...]) -> tuple[Step, ...]:
    theirs = own(introducer(fleet, group))
    assert theirs is not None
    return (
        Meet(new.address, mine.id, theirs.address, theirs.id, theirs.bus_port or 0),
        AwaitMember(None, new.address, mine.id, mine.bus_port or 0, stay, MEET_SECONDS),
    )


def _follow(new: Node, mine: Peer, above: Node) -> tuple[Step, ...]:
    theirs = own(above)
    assert theirs is not None
    return (
        GiveLogin(new.address, above.address),
        Replicate(new.address, mine.id, above.address, theirs.id, None),
    )


ADD_NODE = Action(
    name="add-node",
    title="Add a node to the cluster",
    key=None,
    danger="risky",
    kinds=("cluster",),
    doc="An empty node joins the cluster, as a primary without slots or as a replica.",
    checks=checks,
    plan=plan,
    arguments=(Argument("ADDRESS", "stranger"),),
    options=(
        Option("replica-of", "NODE", "the primary that it becomes a replica of"),
        Option("rebalance", "", "it takes its share of the slots, in the same plan"),
        MAX_SLOTS,
        CLASSIC,
    ),
    surveys=True,
    surveys_with="rebalance",
    wrong=complaint(readable),
)
