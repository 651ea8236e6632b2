"""Operations that were begun and not brought to an end, as the journal's lines tell them."""

from __future__ import annotations

import re
import socket
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from redistui.engine.identity import process_start
from redistui.model import Address
from redistui.ops.action import Plan, Spent
from redistui.ops.deed_words import begun
from redistui.ops.known_steps import STEPS
from redistui.ops.logged import LoggedOperation
from redistui.ops.resume import can_be_undone, may_go_back
from redistui.ops.site_failover import as_typed
from redistui.ops.steps import Hole
from redistui.ops.stored import NotStored, Past, hole, load

Line = Mapping[str, Any]
ADDRESS = re.compile(r"\S+:\d+")
OUTCOMES = ("done", "refused", "lost")
"""What a command that was "sending" came to."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An operation whose process is gone before it ended, or that ended part-way."""

    operation: str
    action: str
    group: str
    at: str
    last: str
    """The last command that was sent, and its state."""
    release: tuple[tuple[str, str], ...]
    """Node and command that lift the fence, as far as the values read before are known."""
    past: Past | None = None
    """What `resume` goes on from; None where its plan cannot be read any more."""
    parts: str = ""
    """Of a plan for several groups: how many of its parts were begun, where not all, and what moves the rest."""

    def __str__(self) -> str:
        by_hand = "; ".join(f"{command} at {node}" for node, command in self.release)
        ways = "" if self.past is None else f" {ways_out(self.past)}."
        return (
            f"{self.action} of {self.group}, begun {self.at}, was not finished: operation {self.operation}, last "
            f"command {self.last}.{ways}"
            + (f" {self.parts}." if self.parts else "")
            + (f" A fence may still be up; this lifts it: {by_hand}" if by_hand else "")
        )


def ways_out(past: Past) -> str:
    """How it can be gone on with, and taken back, where it can."""
    on = f"`resume {past.operation}` goes on with it"
    if may_go_back(past):
        return f"{on}, or with --back puts it back"
    return f"{on}, `undo {past.operation}` takes back what it did" if can_be_undone(past) else on


def unfinished(lines: Iterable[Line]) -> tuple[Unfinished, ...]:
    """Operations whose process is gone before they ended, and those that ended part-way or with a fence up; oldest
    first. One that was resumed is its successor's affair."""
    each: dict[str, list[Line]] = {}
    for line in lines:
        each.setdefault(str(line.get("operation")), []).append(line)
    whole = [its for its in each.values() if its[0].get("state") == "begun"]
    taken_over = {its[0].get("resumes") for its in whole} | _moot(whole)
    parts = Counter(its[0].get("part_of") for its in whole)
    found = (_unfinished(its, parts[its[0].get("operation")]) for its in whole)
    return tuple(one for one in found if one is not None and one.operation not in taken_over)


def _moot(whole: Sequence[Sequence[Line]]) -> set[Any]:
    """Plans for several groups behind which another one has come to a good end: what they left open is done."""
    each = [(its[0].get("operation"), its[-1].get("reply") == "verified") for its in whole if "lanes" in its[0]]
    good = max((place for place, (_, verified) in enumerate(each) if verified), default=0)
    return {operation for operation, _ in each[:good]}


def _unfinished(lines: Sequence[Line], parts: int = 0) -> Unfinished | None:
    """`parts`: how many other operations say that they are part of it."""
    first, end = lines[0], lines[-1] if lines[-1].get("state") == "ended" else None
    if end is None and _alive(first):
        return None
    if end is not None and not end.get("left") and not end.get("resumable"):
        return None
    if "lanes" in first:
        return _campaign(lines, parts)
    notes = notes_of(lines)
    sent = [line for line in lines if line.get("command")]
    past = past_of(lines)
    last = "nothing sent"
    if sent:
        last = f"{words(sent[-1]['command'])} at {sent[-1].get('node')}: {sent[-1].get('state')}"
    known = {**{str(word): value for word, value in (past.notes if past is not None else ())}, **notes}
    rows = end.get("left") if end is not None else first.get("release") if sent or first.get("resumes") else None
    if end is None and past is not None and not may_go_back(past):
        owed = past.plan.owed(taken=True)
        rows = [{"node": step.node, "command": argv} for step in owed for argv in step.commands()]
    release = tuple((str(row["node"]), filled(row["command"], known)) for row in rows or ())
    operation, action, group, at = (str(first.get(key)) for key in ("operation", "action", "group", "at"))
    return Unfinished(operation, action, group, at, last, release, past)


def _campaign(lines: Sequence[Line], parts: int) -> Unfinished | None:
    """A plan for several groups, each of whose parts is an operation of its own: what its hooks did is left to tell,
    and that some of its parts were never begun, which nothing else in the journal says."""
    first = lines[0]
    operation, action, group, at = (str(first.get(key)) for key in ("operation", "action", "group", "at"))
    said = [f"hook {line.get('reply')}" for line in lines if line.get("state") == "hook"]
    left = ""
    if 0 < parts < int(first["lanes"]):
        left = f"Only {parts} of its {first['lanes']} parts were begun: {as_typed(group)} moves what has not moved"
    if not said and not left:
        return None
    return Unfinished(operation, action, group, at, said[-1] if said else "none but those of its parts", (), parts=left)


def notes_of(lines: Iterable[Line]) -> dict[str, str]:
    return {str(line.get("hole")): str(line.get("reply")) for line in lines if line.get("state") == "noted"}


def past_of(lines: Sequence[Line]) -> Past | None:
    """An operation as its lines tell it; None where they do not begin with its beginning, or its plan is not one of
    ours."""
    if not lines or lines[0].get("state") != "begun":
        return None
    first, notes = lines[0], notes_of(lines)
    stored = first.get("stored") or {}
    also = stored.get("also") or ()
    try:
        plan = load(stored, STEPS)
    except NotStored:
        return None
    passed = len({line.get("step") for line in lines if line.get("state") == "passed"})
    held: dict[Hole, str] = {**dict(plan.notes), **{hole(word): value for word, value in notes.items()}}
    releasing = range(len(plan.steps) + 1, len(plan.steps) + len(plan.release) + 1)
    return Past(
        operation=str(first.get("operation")),
        action=str(first.get("action")),
        group=str(first.get("group")),
        at=str(first.get("at")),
        plan=plan,
        passed=passed,
        notes=tuple(held.items()),
        spent=(*(plan.spent if passed == 0 else ()), *_spent(lines, plan, passed)),
        also=tuple(map(str, also)) if isinstance(also, list | tuple) else (),
        released=any(line.get("command") and line.get("step") in releasing for line in lines),
    )


def _spent(lines: Sequence[Line], plan: Plan, passed: int) -> Iterator[Spent]:
    """Commands of the step behind those passed that may have run. One that was refused did not, nor one that was looked
    for and not found. Of a step that reads how far it came, only that something went out, and what it was."""
    its = [line for line in lines if line.get("step") == passed + 1]
    if passed < len(plan.steps) and plan.steps[passed].rereads:
        commands = (tuple(map(str, line["command"])) for line in its if _went_out(line))
        yield from (Spent(argv, False) for argv in dict.fromkeys(commands))
        return
    outcomes = iter([line for line in its if line.get("command") and line.get("state") in OUTCOMES])
    known = any(line.get("state") == "failed" and line.get("known") for line in its)
    for line in its:
        if not _went_out(line):
            continue
        outcome = next(outcomes, {})
        state = outcome.get("state", "lost")
        if state == "done" or (state == "lost" and not known):
            yield Spent(tuple(map(str, line["command"])), state == "done", str(outcome.get("reply") or ""))


def _went_out(line: Line) -> bool:
    """It says of a command that it is being sent."""
    return line.get("state") == "sending" and bool(line.get("command"))


class Deed(NamedTuple):
    """An operation that was begun, or what it came to, as the fleet's events tell it."""

    at: float
    """Seconds since 1970."""
    group: str
    text: str
    nodes: frozenset[Address] = frozenset()
    """Servers that its plan names: two fleets may each have a group of this name. Empty: not known."""


def deeds(lines: Iterable[Line], since: float, named: dict[str, frozenset[Address]] | None = None) -> tuple[Deed, ...]:
    """Operations begun and ended after a moment. `named`: by operation the servers in plans that were read before; what
    is read now is added."""
    named = {} if named is None else named
    found = []
    for line in lines:
        operation = str(line.get("operation"))
        if line.get("state") == "begun":
            nodes = named[operation] = frozenset(_addresses([line.get("words"), line.get("stored")]))
            if whole := line.get("part_of"):
                named[whole] = named.get(whole, frozenset()) | nodes
        deed = _deed(line, named.get(operation, frozenset()))
        if deed is not None and deed.at >= since:
            found.append(deed)
    return tuple(found)


def _addresses(value: object) -> Iterator[Address]:
    """Every address that stands for itself in a plan."""
    if isinstance(value, str) and ADDRESS.fullmatch(value):
        yield value
    elif isinstance(value, Mapping):
        yield from _addresses([*value, *value.values()])
    elif isinstance(value, list):
        for one in value:
            yield from _addresses(one)


def _deed(line: Line, nodes: frozenset[Address]) -> Deed | None:
    stored, text = line.get("stored"), ""
    if line.get("state") == "begun" and isinstance(stored, Mapping):
        text = begun(str(line.get("action")), str(stored.get("title")))
    elif line.get("state") == "ended":
        text = str(line.get("message") or "")
    at = moment_of(str(line.get("at")))
    return Deed(at, str(line.get("group")), text, nodes) if text and at is not None else None


def deed_of(operations: Iterable[LoggedOperation], group: str, text: str, at: float) -> LoggedOperation | None:
    """The one that an event tells of: of the operations on its group that had been begun by then, the last one, and
    where the event says that one was begun, the last one of that action."""
    found: tuple[float, LoggedOperation] | None = None
    action = text.partition(" begun: ")[0] if " begun: " in text else ""
    for one in operations:
        began = moment_of(one.at)
        if one.group != group or began is None or began > at + CLOSE or (action and one.action != action):
            continue
        if found is None or began > found[0]:
            found = began, one
    return None if found is None else found[1]


CLOSE = 2.0
"""Seconds by which an event may be told before the journal's own line of it."""


def moment_of(text: str) -> float | None:
    """A line's time in seconds since 1970; None where it is none."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        return None


def words(argv: Sequence[object]) -> str:
    """
    >>> words(("MIGRATE", "10.0.0.8", 6379, "", 0))
    'MIGRATE 10.0.0.8 6379 "" 0'
    """
    return " ".join(str(word) or '""' for word in argv)


def filled(argv: Sequence[object], notes: Mapping[str, str]) -> str:
    return words([notes.get(str(word), str(word)) for word in argv])


def _alive(first: Line) -> bool:
    """The process that began it runs still, on this machine."""
    pid = first.get("pid")
    if first.get("host") != socket.gethostname() or not isinstance(pid, int):
        return False
    return process_start(pid) == first.get("started")
