"""pause-writes and unpause: writes at a group's primary wait for so many seconds; reads go on, nothing is refused.

In a cluster each shard has a primary of its own: one is named (--node), or all are meant (--all). It ends by itself, at
the server, whatever becomes of this console. CLIENT UNPAUSE ends everybody's pause: the server does not tell them
apart.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Kind
from redistui.ops.action import Action, Aim, Argument, Check, Option, Plan
from redistui.ops.checks import failed, found, fresh
from redistui.ops.fingerprint import fingerprint
from redistui.ops.pause.checks import known_sentinels, length, milliseconds, sentinels, targets, where
from redistui.ops.pause.memory import held_for, hold_title, let_go_title, whose
from redistui.ops.pause.steps import EndPause, HoldWrites, NoPauseYet
from redistui.ops.pause.verify import WritesGoOn, WritesHeld

KINDS: tuple[Kind, ...] = ("replication", "sentinel", "cluster")
WHERE = (
    Option("node", "NODE", "the one node that is meant; needed in a cluster, where --all is not"),
    Option("all", "", "every primary of a cluster"),
)


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, KINDS, {})
    if group is None:
        return
    yield length(aim.words[0])
    yield from fresh(fleet)
    yield from where(fleet, group, aim, primary=True)
    yield from sentinels(group, aim.words[0])
    left = held_for(fleet, group.name, targets(group, aim))
    if left:
        yield failed(
            f"writes are held already, for about {left:.0f} s more, as far as is known here; `unpause` ends that"
        )


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    ms = milliseconds(aim.words[0])
    assert group is not None
    assert ms is not None
    nodes, seconds = targets(group, aim), f"{ms / 1000:g}"
    holds = tuple(HoldWrites(node, ms) for node in nodes)
    return Plan(
        action="pause-writes",
        group=group.name,
        title=hold_title(_whose(group, nodes), seconds),
        danger="risky",
        steps=(NoPauseYet(None, nodes, known_sentinels(group)), *holds),
        verify=(WritesHeld(None, nodes, ms),),
        release=tuple(EndPause(node) for node in nodes),
        point_of_no_return=1 + len(holds),
        loses="No acknowledged write. Clients that write wait (publishing, scripts and expiry as well); one that gives "
        "up waiting cannot know whether its write is done later.",
        undo=f"`unpause` ends it at once; by itself it ends {seconds} s after it began.",
        fingerprint=fingerprint(group),
        confirm=group.name,
    )


def unpause_checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    group = yield from found(fleet, aim, KINDS, {})
    if group is not None:
        yield from fresh(fleet)
        yield from where(fleet, group, aim, primary=False)


def unpause_plan(fleet: Fleet, aim: Aim) -> Plan:
    group = fleet.group(aim.group)
    assert group is not None
    nodes = targets(group, aim)
    return Plan(
        action="unpause",
        group=group.name,
        title=let_go_title(_whose(group, nodes)),
        danger="routine",
        steps=tuple(EndPause(node) for node in nodes),
        verify=(WritesGoOn(None, nodes),),
        loses="Nothing. Whoever else held writes there, for a backup or a failover, holds them no more.",
        undo="`pause-writes SECONDS` holds them again.",
        fingerprint=fingerprint(group),
    )


def _whose(group: Group, nodes: tuple[Address, ...]) -> str:
    return whose(group.name, nodes[0] if group.kind == "cluster" and len(nodes) == 1 else None)


PAUSE_WRITES = Action(
    name="pause-writes",
    title="Pause writes",
    key=None,
    danger="risky",
    kinds=KINDS,
    doc="Clients that write at the primary wait for so many seconds; nothing is refused, and it ends by itself.",
    checks=checks,
    plan=plan,
    arguments=(Argument("SECONDS"),),
    options=WHERE,
)
UNPAUSE = Action(
    name="unpause",
    title="Let writes go on",
    key=None,
    danger="routine",
    kinds=KINDS,
    doc="Ends every pause of clients at the primary, whoever began it.",
    checks=unpause_checks,
    plan=unpause_plan,
    options=WHERE,
)
