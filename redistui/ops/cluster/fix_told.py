"""What `fix` tells of half-done slots that it does not end: why, and what the operator can say or do."""

from __future__ import annotations

from collections.abc import Sequence

from redistui.judge.counts import counted
from redistui.judge.half_done import HalfDone, half_done
from redistui.judge.half_done_words import both, keys
from redistui.model import Group
from redistui.ops.cluster.fix_plan import Ending
from redistui.ops.steps import Step
from redistui.ops.templates import slots_of


def dark(group: Group, planned: Sequence[Ending]) -> str:
    """Whether keys are to be moved while the cluster serves none; empty: they can be."""
    assert group.cluster is not None
    covered = {slot for ending in planned if ending.one.kind == "uncovered" for slot in slots_of(ending.one.slots)}
    bare = {slot for one in half_done(group) if one.kind == "uncovered" for slot in slots_of(one.slots)} - covered
    keyed = any(moves_keys(step) for ending in planned for step in ending.steps)
    if not bare or not keyed or group.cluster.state != "fail":
        return ""
    return (
        f"the cluster serves no key as long as {counted(len(bare), 'slot')} "
        f"{'has' if len(bare) == 1 else 'have'} no owner, so that none can be moved: `--cover NODE` in the same plan, "
        f"without --slot"
    )


def hindrance(one: HalfDone) -> str:
    """Why it is not ended by this plan, and what the operator can say or do."""
    if one.stuck:
        return f"It is left alone: {one.stuck}"
    holders = [(one.name(id_), count) for id_, count in one.elsewhere]
    if not holders:
        they, them = ("it", "it") if one.count == 1 else ("they", "them")
        return (
            f"`--cover NODE` gives {them} to a primary: what {they} held is lost, unless the node that owned {them} "
            f"comes back first"
        )
    said = both([f"{name} ({keys(count)})" for name, count in holders])
    if len(holders) == 1:
        return f"Keys of them lie at {said}: `--cover {holders[0][0]}` gives them to it, and clients reach these again"
    return (
        f"Keys of them lie at {said}: `--cover NODE` gives them to one of these, and what the others hold goes there; "
        f"where two hold other values of one key it stops and shows both"
    )


def moves_keys(step: Step) -> bool:
    return any(argv[0] in ("MIGRATE", "DEL") for argv in step.commands())
