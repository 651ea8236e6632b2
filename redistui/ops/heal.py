"""heal: after a split, the one that gives way is fenced, what only it holds is kept in a file, and it follows.

What it would discard is gone for good with REPLICAOF, so the copy comes before that, and the fence before the copy: a
write that came in between would be in neither. The copy is an RDB of all that it holds, not of the keys that differ:
a server cannot tell which these are, and a copy that leaves some out is worse than one that is too big. Whoever needs
single keys loads it into a server of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.judge.loss import amount
from redistui.judge.split import Split, parted, split_of
from redistui.judge.topology import primaries
from redistui.model import Address, Fleet, Group, Kind, Node
from redistui.ops.action import Action, Aim, Argument, Check, Option, Plan
from redistui.ops.checks import answer, failed, found, fresh, member, passed, verdict, warned
from redistui.ops.fingerprint import fingerprint
from redistui.ops.node.config_role import WriteRole
from redistui.ops.node.fence import AcceptWrites, ReadMinReplicas, RefuseWrites
from redistui.ops.node.follow import Follow, GiveLogin
from redistui.ops.node.follow_verify import AllFollow, Synced
from redistui.ops.node.last_look import LastLook
from redistui.ops.plain.attach_checks import states
from redistui.ops.plain.group import dialable, following
from redistui.ops.plain.parted import KeepCopy, MeasureSplit, OneHistory
from redistui.ops.plain.switch import CutClients
from redistui.ops.steps import Step

KINDS: tuple[Kind, ...] = ("replication", "sentinel")
INSTEAD: dict[Kind, str] = {
    "cluster": "a cluster ends a split by itself: whoever has the older epoch gives way, and loses what it wrote alone"
}


def wrong(aim: Aim) -> str:
    """Whether a copy is kept is for the operator to say, every time."""
    if ("export" in aim.options) is ("keep-nothing" in aim.options):
        return "heal wants --export FILE (it keeps a copy) or --keep-nothing: one of the two"
    return "" if aim.options.get("export", "x").isprintable() else "--export names no file: it has a control character"


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, KINDS, INSTEAD)
    node = None if group is None else (yield from member(group, aim.node))
    if group is None or node is None:
        return
    yield from fresh(fleet)
    problem = answer(fleet, node)
    split = split_of(group, node.address)
    if problem or node.role != "primary":
        yield failed(problem or f"{node.address} is no primary: nothing has to give way there")
    elif split is None:
        yield failed(_no_split(fleet, group, node))
    else:
        yield from _healed(fleet, group, node, split)


def _no_split(fleet: Fleet, group: Group, node: Node) -> str:
    """Two that were found through different targets are two groups, though they have a history in common: a copy of
    another group's data has it, too."""
    others = (other for one in fleet.groups if one is not group for other in primaries(one))
    other = next((one.address for one in others if parted(node, one) is not None), None)
    if other is not None:
        where = f"redis://{node.address},{other}"
        return (
            f"{other} comes from the same history, but belongs to another group here: name both in one target, {where}"
        )
    return (
        f"no other primary of {group.name} comes from the history of {node.address}; `attach` makes it follow one, "
        f"and discards all that it holds"
    )


def _healed(fleet: Fleet, group: Group, node: Node, split: Split) -> Iterator[Check]:
    keeps = group.node(split.other)
    assert keeps is not None
    yield passed(f"{node.address} and {keeps.address} parted at offset {split.since}, and both take writes")
    yield verdict(list(states(fleet, node, keeps)), "both answer, and the versions fit")
    yield verdict(list(_ties(group, node, keeps)), f"{node.address} can follow {keeps.address}")
    if split.alone:
        yield warned(f"{amount(split.alone)} of writes are only at {node.address}: it gives them up")
    else:
        yield passed(f"{node.address} holds nothing that {keeps.address} has not")
    if group.kind == "sentinel":
        yield warned(f"the Sentinels of {group.name} may make {node.address} follow at any moment, without any copy")
    if split.others > split.alone and group.primary == node.address:
        yield warned(f"{keeps.address} is kept, which holds {amount(split.others)} of its own")


def _ties(group: Group, node: Node, keeps: Node) -> Iterator[str]:
    if group.kind == "sentinel" and node.address == group.primary:
        yield f"the Sentinels of {group.name} believe in {node.address}: `heal {keeps.address}` is the other way round"
    if problem := dialable(keeps.address, node.address):
        yield problem


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    node = group.node(aim.node or "")
    assert node is not None
    split = split_of(group, node.address)
    assert split is not None
    path = aim.options.get("export")
    most = None if path is not None else rounded(split.alone)
    before = (*_look(group, node.address, split.other), *_kept(split, path, most))
    below = tuple(one.address for one in following(group, node.address))
    own = node.address
    made = Plan(
        action="heal",
        group=group.name,
        title=f"Heal the split of {group.name}: {own} gives way to {split.other}",
        danger="risky",
        steps=(
            *before,
            GiveLogin(own, split.other),
            Follow(own, split.other),
            CutClients(own),
            WriteRole(own, split.other),
            AcceptWrites(own),
        ),
        verify=(
            Synced(own, split.other),
            *((AllFollow(None, own, below),) if below else ()),
            OneHistory(None, split.other, (own, *below)),
        ),
        release=(AcceptWrites(own),),
        point_of_no_return=len(before) + 1,
        fingerprint=fingerprint(group),
        loses=f"Nothing for good: {path} holds all of {own}. What only {own} has is in no server afterwards.",
        undo=f"None. {path} holds what {own} had: a server that is started with it has it again.",
        confirm=group.name,
    )
    return made if most is None else _lossy(made, own, split.other, most)


def _look(group: Group, node: Address, keeps: Address) -> tuple[Step, ...]:
    return (LastLook(None, (node, keeps)),) if group.kind == "replication" else ()


def _kept(split: Split, path: str | None, most: int | None) -> Iterator[Step]:
    """The fence, what is behind it, and its copy."""
    yield ReadMinReplicas(split.node)
    yield RefuseWrites(split.node)
    yield MeasureSplit(split.node, split.other, split.history, split.since, most)
    if path is not None:
        yield KeepCopy(split.node, path)


def _lossy(made: Plan, node: Address, keeps: Address, most: int) -> Plan:
    if not most:
        return replace(made, loses=f"Nothing: {node} holds nothing that {keeps} has not.", undo="None is needed.")
    return replace(
        made,
        danger="lossy",
        loses=f"Up to {amount(most)} of writes that only {node} has, for good.",
        undo="None.",
        confirm=f"lose up to {amount(most)} of {node}",
    )


def rounded(size: int) -> int:
    """Up to the next power of two, from 1 KiB on: it takes writes until it is fenced, and the plan stands still.

    >>> rounded(0), rounded(1), rounded(1025), rounded(3 << 20)
    (0, 1024, 2048, 4194304)
    """
    return 0 if size <= 0 else max(1024, 1 << (size - 1).bit_length())


HEAL = Action(
    name="heal",
    title="Heal a split",
    key=None,
    danger="lossy",
    kinds=KINDS,
    doc="Of two primaries of one history, one gives way: what only it holds is kept in a file, and it follows.",
    checks=checks,
    plan=plan,
    arguments=(Argument("NODE", "node"),),
    options=(
        Option("export", "FILE", "a new file of this machine for all that the node holds"),
        Option("keep-nothing", "", "discard what only the node holds"),
    ),
    wrong=wrong,
)
