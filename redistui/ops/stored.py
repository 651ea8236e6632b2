"""Plans as the journal keeps them, so that an operation can be resumed by another process than the one that began it.

A step is stored as its class's name and its fields, and read back only by the table of classes it is given; what does
not fit (a journal of another version) is not guessed at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any

from redistui.ops.action import Aim, Danger, Plan, Spent
from redistui.ops.steps import Hole, Secret, Step

Stored = Mapping[str, Any]
PARTS = ("steps", "release", "verify")
DANGERS: tuple[Danger, ...] = ("routine", "risky", "lossy")


class NotStored(Exception):
    """What was read is no plan that this version of redistui can go on with."""


@dataclass(frozen=True, slots=True)
class Past:
    """An operation as the journal tells it: its plan, and how far it came."""

    operation: str
    action: str
    group: str
    at: str
    plan: Plan
    passed: int
    """Steps that were seen done; the next one is where it stopped."""
    notes: tuple[tuple[Hole, str], ...] = ()
    spent: tuple[Spent, ...] = ()
    """Commands of the step where it stopped that went out, and were not found to have failed."""
    also: tuple[str, ...] = ()
    released: bool = False
    """Putting back was begun: to go forward is not safe any more."""

    @property
    def sent(self) -> bool:
        """Something of the step where it stopped went out."""
        return bool(self.spent)


def dump(plan: Plan, aim: Aim) -> dict[str, Any]:
    """A plan as JSON takes it. What it resumes is not kept: its notes and spent commands are."""
    return {
        **{name: getattr(plan, name) for name in ("action", "group", "title", "danger", "loses", "undo", "confirm")},
        "point": plan.point_of_no_return,
        "also": list(aim.also),
        "notes": [[str(hole), value] for hole, value in plan.notes],
        "spent": [[list(spent.argv), spent.done, spent.reply] for spent in plan.spent],
        **{part: [_dump_step(step) for step in getattr(plan, part)] for part in PARTS},
    }


def load(stored: Stored, steps: Mapping[str, type[Step]]) -> Plan:
    """The plan that was dumped; its fingerprint is empty, since the fleet has gone on. Raises NotStored."""
    try:
        if stored["danger"] not in DANGERS:
            raise NotStored(f"danger {stored['danger']!r}")
        words = {name: str(stored[name]) for name in ("action", "group", "title", "loses", "undo", "confirm")}
        parts = {part: tuple(_load_step(row, steps) for row in stored[part]) for part in PARTS}
        rest: dict[str, Any] = {**words, **parts}
        return Plan(
            **rest,
            danger=stored["danger"],
            point_of_no_return=int(stored["point"]),
            notes=tuple((hole(word), str(value)) for word, value in stored["notes"]),
            spent=tuple(Spent(tuple(argv), bool(done), str(reply)) for argv, done, reply in stored["spent"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise NotStored(f"{type(error).__name__}: {error}") from None


def hole(word: str) -> Hole:
    """The hole that prints as this word."""
    return Hole(word[1:-1])


def _dump_step(step: Step) -> dict[str, Any]:
    return {"step": type(step).__name__, **{f.name: _dump_value(getattr(step, f.name)) for f in fields(step)}}


def _dump_value(value: Any) -> Any:
    match value:
        case Secret():
            return {"secret": [value.part, value.node]}
        case Hole():
            return {"hole": value[1:-1]}
        case tuple():
            return [_dump_value(one) for one in value]
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"a step's field cannot hold {type(value).__name__}")


def _load_step(row: Stored, steps: Mapping[str, type[Step]]) -> Step:
    sort = steps.get(str(row["step"]))
    if sort is None:
        raise NotStored(f"no step is called {row['step']!r}")
    known = {field.name: field for field in fields(sort)}
    given = {name: _load_value(value) for name, value in row.items() if name != "step"}
    missing = [f.name for f in known.values() if f.name not in given and f.default is MISSING]
    if missing or not given.keys() <= known.keys():
        raise NotStored(f"{row['step']} has other fields here")
    return sort(**given)


def _load_value(value: Any) -> Any:
    match value:
        case {"secret": [part, node]}:
            return Secret(part, node)
        case {"hole": what}:
            return Hole(what)
        case list():
            return tuple(_load_value(one) for one in value)
    return value
