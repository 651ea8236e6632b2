"""Action, Plan and their outcomes: the shape that every operator action has.

Dialog, palette, footer, `:` line, `redistui plan`, `redistui do` and the journal read the same fields of one Action.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model import Address, Fleet, Kind
from redistui.ops.steps import Step

Danger = Literal["routine", "risky", "lossy"]
"""routine: y or n. risky: type the group's name. lossy: type the sentence that says what may be lost."""
Mark = Literal["pass", "warn", "fail"]
Outcome = Literal["planned", "refused", "verified", "failed", "unknown"]
StepState = Literal["planned", "running", "done", "failed", "not_sent", "skipped"]


@dataclass(frozen=True, slots=True)
class Aim:
    """What an action is pointed at: a group, and the arguments as they are named in contract.md."""

    group: str
    node: Address | None = None
    """The node under the cursor, or the first positional argument."""
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the preflight: what was looked at, and how it stands, in words. A `fail` refuses the action."""

    mark: Mark
    text: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Steps in order, pure of moving numbers: equal fleets give equal plans, and the plan shown is the plan sent."""

    action: str
    group: str
    title: str
    danger: Danger
    steps: tuple[Step, ...]
    verify: tuple[Step, ...]
    """Reads only: their sentences are what `verified` lists."""
    release: tuple[Step, ...] = ()
    """Lifts the fence when a step before `point_of_no_return` failed. Shown with the plan, journalled like a step."""
    point_of_no_return: int = 0
    """Index of the step from which on the fence is no longer simply lifted."""
    loses: str = ""
    """What can be lost, with its figure, in one sentence."""
    undo: str = ""
    """How to go back, and what that costs."""
    fingerprint: str = ""
    """Of the part of the fleet the plan rests on; another one at the moment of firing refuses it."""
    confirm: str = ""
    """What must be typed: the group's name, or the sentence of a lossy plan. Empty: y is enough."""


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


def refusals(action: Action, fleet: Fleet, aim: Aim) -> tuple[str, ...]:
    """Why it may not be done now; empty: it may."""
    return tuple(check.text for check in action.checks(fleet, aim) if check.mark == "fail")


def warnings(action: Action, fleet: Fleet, aim: Aim) -> tuple[str, ...]:
    return tuple(check.text for check in action.checks(fleet, aim) if check.mark == "warn")
