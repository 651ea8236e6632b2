"""Past and running operations as rows: who, when, every command with its reply, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redistui.ops.action import Outcome
from redistui.ops.logged import Entry, LoggedOperation
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.confirm import OUTCOMES, command, duration
from redistui.view.words import paragraph

STATES: Mapping[str, tuple[str, Tone]] = {
    "sending": ("SENT, NO OUTCOME", "warn"),
    "done": ("done", "ok"),
    "refused": ("refused", "bad"),
    "lost": ("NO REPLY", "bad"),
    "noted": ("found", "dim"),
    "passed": ("passed", "dim"),
    "failed": ("FAILED", "bad"),
}
TONES: Mapping[str, Tone] = {"verified": "ok", "failed": "bad", "refused": "bad", "unknown": "warn"}
NOTHING: Row = (Cell("nothing was done in this run yet", "dim"),)


def rows(operations: Sequence[LoggedOperation], width: int, *, live: bool = True) -> list[Row]:
    """All of them, newest last. `live`: of this run, so that one without an end runs, and the hour alone tells when."""
    found: list[Row] = []
    for operation in operations:
        found += [*block(operation, width, live=live), ()]
    return found[:-1] or [NOTHING]


def block(operation: LoggedOperation, width: int, *, live: bool = False) -> Iterator[Row]:
    """One operation."""
    yield (
        Cell(moment(operation.at, live), "dim"),
        Cell("  "),
        Cell(f"{show(operation.action, 40) or '?'} of {show(operation.group, 64) or '?'}", "title"),
        Cell("  "),
        outcome(operation, live),
    )
    yield from paragraph(who(operation), width, "dim", Cell("  "))
    if operation.left_out:
        yield (Cell(f"  {operation.left_out} entries before these are left out", "dim"),)
    for entry in operation.entries:
        yield from entry_rows(entry, width, live)
    if operation.reason:
        yield from paragraph(show(operation.reason, 400), width, "text", Cell("  why: ", "dim"))
    if operation.message:
        yield from paragraph(show(operation.message, 2000), width, "text", Cell("  "))


def outcome(operation: LoggedOperation, live: bool) -> Cell:
    names: Mapping[Outcome, str] = OUTCOMES
    known = {str(name): text for name, text in names.items()}
    if not operation.outcome:
        return Cell("running", "accent") if live else Cell("NOT ENDED, as far as is written", "warn")
    return Cell(known.get(operation.outcome, show(operation.outcome, 40)), TONES.get(operation.outcome, "text"))


def who(operation: LoggedOperation) -> str:
    """Who did it, from where, and as which Redis users."""
    users = dict.fromkeys(entry.user or "default" for entry in operation.entries if entry.argv)
    parts = [f"operation {show(operation.operation, 40)}"]
    parts += [f"by {show(operation.user, 64)}"] if operation.user else []
    parts += [f"from {show(operation.origin, 64)}"] if operation.origin else []
    parts += [f"as Redis user {', '.join(show(user, 64) for user in users)}"] if users else []
    parts += [f"resumes {show(operation.resumes, 40)}"] if operation.resumes else []
    parts += [f"part of {show(operation.part_of, 40)}"] if operation.part_of else []
    return ", ".join(parts)


def entry_rows(entry: Entry, width: int, live: bool) -> Iterator[Row]:
    word, tone = STATES.get(entry.state, (show(entry.state, 20), "text"))
    took = "" if entry.ms is None else duration(entry.ms)
    lead = f"  {moment(entry.at, live=True)} {took:>7}  "
    if entry.argv:
        yield from paragraph(f"{command(entry.argv)} at {show(entry.node)}", width, "key", Cell(lead, "dim"))
        said = f"{word}: {show(entry.reply)}" if entry.reply and entry.reply != word else word
        if entry.many is not None:
            said, tone = show(entry.many.text, 2000), "accent" if live and entry.state == "sending" else tone
        yield from paragraph(said, width, tone, Cell(" " * len(lead)))
    elif entry.reply:
        step = "" if entry.step is None else f"step {entry.step} "
        yield from paragraph(f"{step}{word}: {show(entry.reply)}", width, tone, Cell(lead, "dim"))


def moment(at: str, live: bool) -> str:
    """The time of day to the millisecond, or with its day.

    >>> moment("2026-01-02T03:04:05.678Z", True), moment("2026-01-02T03:04:05.678Z", False)
    ('03:04:05.678', '2026-01-02T03:04:05.678Z')
    """
    return show(at[11:23] if live else at, 30)
