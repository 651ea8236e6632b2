"""resume: an operation whose console died, or that stopped part-way, is gone on with, or put back.

Forward are the steps of its own plan, from the one where it stopped; what that step sent already is not sent again, but
found out by reading. Back is the release of its plan, and only before its point of no return: later, to go back is
another operation (its undo), and to stay in the middle is what is dangerous.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.model import Fleet
from redistui.ops.action import ITS_ID, UNDO, Action, Aim, Argument, Check, Option, Plan, way_back
from redistui.ops.checks import failed, fresh, passed, warned
from redistui.ops.cluster.reroute import absent_takers, gone_on
from redistui.ops.fingerprint import fingerprint
from redistui.ops.steps import Hole, Secret, Step
from redistui.ops.stored import Past


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    past = aim.past
    if past is None:
        yield failed(f"there is no unfinished operation {' '.join(aim.words)!r} that can be gone on with from here")
        return
    if fleet.group(aim.group) is None:
        yield failed(f"there is no group {past.group!r} here, which {past.action} was begun in")
        return
    strange = [node for node in past.plan.named() if not any(group.node(node) for group in fleet.groups)]
    sentinels = [sentinel.address for group in fleet.groups for sentinel in group.sentinels]
    if unknown := [node for node in strange if node not in sentinels]:
        yield failed(f"{', '.join(unknown)} is not known here; name it, or its group, as a target as well")
    yield from fresh(fleet)
    yield passed(f"{past.action} was begun {past.at}, and {past.passed} of {len(past.plan.steps)} steps were seen done")
    if "back" in aim.options and not past.plan.release and can_be_undone(past):
        yield failed(
            f"slots that went come back by a move of their own: `undo {past.operation}` takes them back (one that is "
            f"half-way is ended first, by `resume {past.operation}` or `fix`)"
        )
    elif "back" in aim.options and not may_go_back(past):
        yield failed(
            f"it is past its point of no return: go on with it (`resume {past.operation}`); then: "
            f"{way_back(past.plan.undo, past.operation)}"
        )
    elif "back" not in aim.options and past.released:
        yield failed(f"putting it back was begun already: `resume {past.operation} --back` finishes that")
    group = fleet.group(aim.group)
    for lost in absent_takers(group, past.plan.steps) if group is not None else ():
        yield warned(
            f"{lost} was lost while slots were on their way to it: start it again before you go on. A Valkey that "
            f"comes back later may take all its slots back, with its old keys: then only without its nodes.conf"
        )
    if past.sent:
        said = " ".join(word or '""' for word in past.spent[-1].argv)
        if past.passed < len(past.plan.steps) and past.plan.steps[past.passed].rereads:
            yield passed(f"step {past.passed + 1} reads how far it came, and sends only what is still to be done")
        else:
            yield warned(f"{said} went out already; it is not sent again, what came of it is found out by reading")


def may_go_back(past: Past) -> bool:
    """Whether its release still puts everything back; what has none can only be gone on with."""
    if not past.plan.release:
        return False
    point = past.plan.point_of_no_return
    return past.passed < point or (past.passed == point and not past.sent)


def can_be_undone(past: Past) -> bool:
    """Whether `undo` takes it back: its plan says so."""
    return way_back(UNDO + ITS_ID, past.operation) in way_back(past.plan.undo, past.operation)


def plan(fleet: Fleet, aim: Aim) -> Plan:
    past = aim.past
    assert past is not None
    common = replace(
        past.plan,
        action="resume",
        group=aim.group,
        notes=past.notes,
        resumes=past.operation,
        undo=way_back(past.plan.undo, past.operation),
        danger="risky" if past.plan.danger == "routine" else past.plan.danger,
        confirm=past.plan.confirm or aim.group,
        fingerprint=fingerprint(*(group for name in aim.groups if (group := fleet.group(name)) is not None)),
    )
    if "back" in aim.options:
        return back(common, past)
    onward, group = forward(common, past), fleet.group(aim.group)
    if group is None:
        return onward
    steps, verify = gone_on(group, onward.steps, onward.verify)
    return replace(onward, steps=steps, verify=verify)


def forward(common: Plan, past: Past) -> Plan:
    return replace(
        common,
        title=f"Go on: {common.title}",
        steps=common.steps[past.passed :],
        spent=past.spent,
        # Also where the step beyond which there is no way back went out: it may be found not to have been done.
        release=common.release if past.passed <= past.plan.point_of_no_return else (),
        point_of_no_return=common.point_of_no_return - past.passed,
    )


def back(common: Plan, past: Past) -> Plan:
    return replace(
        common,
        title=f"Put back: {common.title}",
        danger="risky",
        confirm=common.group,
        steps=tuple(step for step in common.release if may_be_filled(step, past)),
        spent=(),
        verify=(),
        release=(),
        point_of_no_return=0,
        loses="Nothing: it ends as it was before the operation.",
        undo="",
    )


def may_be_filled(step: Step, past: Past) -> bool:
    """Whether all that its commands need was found out. What was not even read was not changed either."""
    known = {hole for hole, _ in past.notes}
    words = (word for argv in step.commands() for word in argv)
    return all(word in known for word in words if isinstance(word, Hole) and not isinstance(word, Secret))


RESUME = Action(
    name="resume",
    title="Resume",
    key=None,
    danger="risky",
    kinds=("replication", "sentinel", "cluster"),
    doc="Goes on with an operation that was not finished (--back: puts everything back, where that is still safe).",
    checks=checks,
    plan=plan,
    arguments=(Argument("OPERATION"),),
    options=(Option("back", "", "put everything back instead of going on"),),
)
