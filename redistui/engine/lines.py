"""The first and the last line of an operation in the journal: all that whoever goes on with it needs to know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from redistui.engine.gate import plan_hash
from redistui.engine.identity import process
from redistui.engine.journal import Line
from redistui.engine.masking import masked
from redistui.model import Address
from redistui.ops.action import Aim, Plan
from redistui.ops.run import Run
from redistui.ops.steps import Argv
from redistui.ops.stored import dump


class Consent(NamedTuple):
    """How a plan was confirmed, for the journal."""

    word: str
    """What was typed, or the option that stood for it."""
    reason: str | None = None


NOT_SAID = Consent("")


def begun(plan: Plan, aim: Aim, consent: Consent) -> Line:
    """Of a plan for several groups only what it was: each of its lanes stores its own."""
    stored = {"title": plan.title} if plan.lanes else dump(plan, aim)
    return {
        "state": "begun",
        "words": list(aim.words),
        "options": dict(aim.options),
        "plan": plan_hash(plan),
        "fingerprint": plan.fingerprint,
        "confirmed": consent.word,
        "reason": consent.reason,
        "release": [] if plan.lanes else rows(released(plan)),
        "stored": stored,
        "resumes": plan.resumes or None,
        **process(),
    }


def ended(run: Run) -> Line:
    left = {} if run.lanes else {"left": rows(run.left), "resumable": run.resumable}
    return {"state": "ended", "reply": run.outcome, "message": run.message, **left}


def released(plan: Plan) -> Iterator[tuple[Address | None, Argv]]:
    """Node and command of everything that lifts the fence."""
    return ((step.node, argv) for step in plan.release for argv in step.commands())


def rows(commands: Iterable[tuple[Address | None, Argv]]) -> list[dict[str, Any]]:
    return [{"node": node, "command": masked(argv)} for node, argv in commands]
