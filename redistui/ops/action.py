"""Action, Plan and their outcomes: the shape that every operator action has.

Dialog, palette, footer, `:` line, `redistui plan`, `redistui do` and the journal read the same fields of one Action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model import Address, Fleet, Kind
from redistui.ops.steps import Hole, Step

Danger = Literal["routine", "risky", "lossy"]
"""routine: y or n. risky: type the group's name. lossy: type the sentence that says what may be lost."""
Mark = Literal["pass", "warn", "fail"]
Outcome = Literal["planned", "running", "refused", "verified", "failed", "unknown"]
"""refused: nothing was sent. verified: every postcondition was seen to hold. failed: they do not hold, and it was seen
what does. unknown: it could not be found out."""
StepState = Literal["planned", "running", "done", "failed", "not_sent", "skipped"]


@dataclass(frozen=True, slots=True)
class Aim:
    """What an action is pointed at: a group, and the arguments as they are named in contract.md."""

    group: str
    node: Address | None = None
    """The node under the cursor, or the first positional argument."""
    options: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    """All positional arguments, where an action takes more than one."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the preflight: what was looked at, and how it stands, in words. A `fail` refuses the action."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, pure of moving numbers: equal fleets give equal plans, and the plan shown is the plan sent.

    What can only be known later stands in a command as a `Hole` (redistui.ops.steps).
    """

    action: str
    group: str
    title: str
    danger: Danger
    steps: tuple[Step, ...]
    verify: tuple[Step, ...]
    """Reads only: their sentences are what `verified` lists."""
    release: tuple[Step, ...] = ()
    """Puts everything back as it was (lifts the fence) when the plan stops short: at a step before
    `point_of_no_return`, at that step when it was refused, or at a later one that found nothing changed
    (`StepFailed.unchanged`). Shown with the plan; may be sent again and again without harm, and without reading
    anything first."""
    point_of_no_return: int = 0
    """Index of the first step that cannot be taken back. From there on a plan is finished, not stopped."""
    loses: str = ""
    """What can be lost, with its figure, in one sentence."""
    undo: str = ""
    """How to go back, and what that costs."""
    fingerprint: str = ""
    """Of the part of the fleet the plan rests on; another one at the moment of firing refuses it."""
    confirm: str = ""
    """What must be typed: the group's name, or the sentence of a lossy plan. Empty: y is enough."""

    def touched(self) -> tuple[Address, ...]:
        """The nodes that commands are sent to, each once, in the order of the steps."""
        return tuple(dict.fromkeys(step.node for step in self.steps if step.node is not None and step.commands()))

    def holes(self) -> tuple[Hole, ...]:
        """What will be found out while it runs."""
        words = (word for step in (*self.steps, *self.release) for argv in step.commands() for word in argv)
        return tuple(dict.fromkeys(word for word in words if isinstance(word, Hole)))


@dataclass(frozen=True, slots=True)
class Option:
    """An option of an action: `--name METAVAR`."""

    name: str
    metavar: str
    doc: str


@dataclass(frozen=True, slots=True)
class Action:
    """An operator action, declared once."""

    name: str
    title: str
    key: str | None
    danger: Danger
    kinds: tuple[Kind, ...]
    """Kinds of group it can be pointed at."""
    usage: str
    """Arguments, as `redistui do NAME ...` takes them."""
    doc: str
    checks: Callable[[Fleet, Aim], Iterator[Check]]
    plan: Callable[[Fleet, Aim], Plan]
    """Only for a fleet that no check of this action fails."""
    arguments: tuple[str, ...] = ()
    """Names of its positional arguments, all of them needed."""
    options: tuple[Option, ...] = ()


def refusals(action: Action, fleet: Fleet, aim: Aim) -> tuple[str, ...]:
    """Why it may not be done now; empty: it may."""
    return tuple(check.text for check in action.checks(fleet, aim) if check.mark == "fail")


def warnings(action: Action, fleet: Fleet, aim: Aim) -> tuple[str, ...]:
    return tuple(check.text for check in action.checks(fleet, aim) if check.mark == "warn")
