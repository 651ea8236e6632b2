"""The plan that rebalance, reshard, undo and draining have in common: slots that go, and what each shard then has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redistui.judge.counts import counted
from redistui.model import Address, Group, Node
from redistui.ops.action import ITS_ID, UNDO, Aim, Plan, SlotMove
from redistui.ops.cluster.move_plan import how_of, move_steps
from redistui.ops.cluster.routes import How
from redistui.ops.cluster.shares import after, before, figured, moved, targets, tell_replicas
from redistui.ops.fingerprint import fingerprint

SAFE = "No acknowledged write."
LOSES: Mapping[How, str] = {
    "classic": "No acknowledged write while the targets live: one that dies meanwhile takes along the keys it got "
    "last, as far as no replica has them (on Valkey all of the slot that it is just given).",
    "atomic": SAFE,
    "import": SAFE,
}
HOW_IT_GOES: Mapping[How, str] = {
    "classic": "Clients are sent after each slot (ASK, then MOVED), and wait while one of its keys is on its way.",
    "atomic": "Clients wait for less than 0.1 s when slots change hands, as a rule, and are sent after them (MOVED).",
    "import": "Clients wait for a moment when slots change hands, and are then sent after them (MOVED).",
}


def moving_plan(
    group: Group,
    aim: Aim,
    action: str,
    title: str,
    moves: Sequence[SlotMove],
    weights: Mapping[Address, float] | None = None,
    joining: Mapping[Address, Node] | None = None,
) -> Plan:
    """The plan that moves these slots, with its figures. `title` without the number of slots. `joining`: targets that
    are members only when the moves begin."""
    classic, weights = "classic" in aim.options, weights or {}
    steps, verify = move_steps(group, moves, classic=classic, joining=joining)
    how = how_of(group, moves, classic=classic, joining=joining)
    all_ = figured(moves, aim.survey, how, tell_replicas(group))
    return Plan(
        action=action,
        group=group.name,
        title=f"{title}: {summary(all_)}",
        danger="risky",
        steps=steps,
        verify=verify,
        loses=f"{LOSES[how]} {HOW_IT_GOES[how]}",
        undo=f"{UNDO}{ITS_ID}: the same slots go back, and take as long again.",
        fingerprint=fingerprint(group),
        confirm=group.name,
        moves=all_,
        before=before(group, aim.survey, weights, targets(moves)),
        after=after(group, aim.survey, weights, moves),
    )


def summary(moves: Sequence[SlotMove]) -> str:
    """`4,096 slots in 3 moves`."""
    return f"{counted(moved(moves), 'slot')} in {counted(len(moves), 'move')}"
