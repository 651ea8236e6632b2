"""Run: how far a plan has come, as one frozen value that dialog, text output, JSON and tests read alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from redistui.model import Address
from redistui.ops.action import UNDO, Outcome, Plan, StepState, way_back
from redistui.ops.steps import Argv, Step
from redistui.ops.tally import Tally

SentState = Literal["done", "refused", "lost"]
"""refused: it changed nothing. lost: no reply, so it may or may not have run."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One mutating command as it went out, holes filled; of bursts all that stand for the same line of the plan."""

    node: Address
    argv: Argv
    state: SentState
    reply: str


@dataclass(frozen=True, slots=True)
class StepRun:
    """One step and what became of it."""

    step: Step
    state: StepState = "planned"
    reply: str | None = None
    """What the step saw, or why it failed."""
    ms: float | None = None
    sent: tuple[Sent, ...] = ()
    tally: Tally | None = None
    """How far a long step has come; None: it does not tell."""


@dataclass(frozen=True, slots=True)
class Run:
    """An operation at one moment. `outcome` is "running" until it has ended."""

    action: str
    group: str
    outcome: Outcome
    plan: Plan | None = None
    operation: str = ""
    """The operation's id, as the journal and CLIENT LIST (`redistui-ops:<id>`) show it."""
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    steps: tuple[StepRun, ...] = ()
    release: tuple[StepRun, ...] = ()
    """Run only when the plan stopped short; else its steps stay "planned" or become "skipped"."""
    verify: tuple[StepRun, ...] = ()
    message: str = ""
    """How it ended, in one sentence."""
    next: str = ""
    """The next safe thing to do or send, where it did not end well."""
    left: tuple[tuple[Address, Argv], ...] = ()
    """What would lift the fence and was not seen to be done: node and command. Empty when all is put back."""

    resumable: bool = False
    """It stopped past its point of no return: `resume` goes on from there."""
    lanes: tuple[Run, ...] = ()
    """Of a plan for several groups, each one's own, in the order of its lanes. One that was not begun is "planned"
    while others run, and "refused" when all have ended."""
    doing: str = ""
    """What it waits for between two steps: the other groups, or a hook; empty: nothing."""

    @property
    def ended(self) -> bool:
        return self.outcome != "running"

    @property
    def back(self) -> str:
        """How to undo what was done, where this operation's id is needed for it; else empty."""
        undo = "" if self.plan is None or self.outcome != "verified" or self.lanes else self.plan.undo
        return way_back(undo, self.operation) if UNDO in undo else ""

    @property
    def verified(self) -> tuple[str, ...]:
        """What was seen to hold at the end."""
        return tuple(row.reply for row in self.verify if row.state == "done" and row.reply)


def planned(action: str, group: str, plan: Plan, warnings: tuple[str, ...] = ()) -> Run:
    """A plan before anything was sent."""
    return Run(
        action,
        group,
        "planned",
        plan,
        warnings=warnings,
        steps=tuple(StepRun(step) for step in plan.steps),
        release=tuple(StepRun(step) for step in plan.release),
        verify=tuple(StepRun(step) for step in plan.verify),
        lanes=tuple(planned(lane.action, lane.group, lane) for lane in plan.lanes),
    )


def refused(
    action: str, group: str, refusals: tuple[str, ...], plan: Plan | None = None, warnings: tuple[str, ...] = ()
) -> Run:
    """A plan that must not be run: nothing was sent."""
    blank = Run(action, group, "refused") if plan is None else planned(action, group, plan)
    return replace(blank, outcome="refused", refusals=refusals, warnings=warnings)
