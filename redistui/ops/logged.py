"""Operations as the journal's lines tell them: line by line in, operation by operation out. Pure.

A command has two lines, one before it was sent and one when its outcome was known; here they are one. Lines of several
operations may stand between each other. What is missing in a line, or of another kind than it should be, is left
empty: a journal is read as it is, whatever version of redistui wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from redistui.ops.steps import Argv

Line = Mapping[str, Any]
OPEN = 64
"""Operations that are followed at once; the oldest of more is given as it is."""
MOST = 2000
"""Entries kept of one operation, its last ones."""
ENDS = ("done", "refused", "lost")
"""What a command that was "sending" comes to."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, or (without argv) a sentence that a step said."""

    at: str
    step: int | None
    state: str
    """sending: nobody has seen an outcome. done, refused, lost: of a command. noted, passed, failed: of a step."""
    node: str = ""
    argv: Argv = ()
    reply: str = ""
    ms: int | None = None
    """From its sending to its reply; None: not known."""
    user: str = ""
    """The Redis user it was sent as; empty: none, or the default one."""


@dataclass(frozen=True, slots=True)
class LoggedOperation:
    """One operation, as far as the lines tell."""

    operation: str
    action: str
    group: str
    at: str
    user: str
    origin: str
    """Where the person came from; empty: this machine."""
    entries: tuple[Entry, ...] = ()
    left_out: int = 0
    """Entries before those."""
    outcome: str = ""
    """Empty: it runs, or was never ended."""
    message: str = ""
    resumes: str = ""
    reason: str = ""
    """Why, in the operator's words."""


@dataclass
class _Story:
    """An operation whose lines are still coming."""

    head: LoggedOperation
    entries: list[Entry] = field(default_factory=list)
    sending: dict[tuple[object, ...], list[tuple[int, float | None]]] = field(default_factory=dict)
    """Step, node and command -> places of those that have no outcome yet, and the clock when they were sent."""
    left_out: int = 0

    def told(self) -> LoggedOperation:
        return replace(self.head, entries=tuple(self.entries[-MOST:]), left_out=self.left_out)

    def take(self, line: Line) -> None:
        entry, clock = entry_of(line), line.get("monotonic")
        at = float(clock) if isinstance(clock, int | float) else None
        key = (entry.step, entry.node, entry.argv)
        if entry.argv and entry.state in ENDS and self.sending.get(key):
            place, began = self.sending[key].pop(0)
            if place - self.left_out >= 0:
                ms = round((at - began) * 1000) if at is not None and began is not None else None
                first = self.entries[place - self.left_out]
                self.entries[place - self.left_out] = replace(first, state=entry.state, reply=entry.reply, ms=ms)
            return
        if entry.argv and entry.state == "sending":
            self.sending.setdefault(key, []).append((self.left_out + len(self.entries), at))
        self.entries.append(entry)
        if len(self.entries) > 2 * MOST:
            del self.entries[:MOST]
            self.left_out += MOST


def gather(lines: Iterable[Line]) -> Iterator[LoggedOperation]:
    """Each operation when its end is read; at the end those that have none. Oldest first, as far as that goes.

    >>> rows = [{"operation": "a", "state": "begun"}, {"operation": "a", "state": "ended", "reply": "verified"}]
    >>> [one.outcome for one in gather(rows)]
    ['verified']
    """
    stories: dict[str, _Story] = {}
    for line in lines:
        operation, state = word(line, "operation"), word(line, "state")
        story = stories.get(operation)
        if story is None:
            story = stories[operation] = _Story(head_of(line))
        if state == "ended":
            story.head = replace(story.head, outcome=word(line, "reply"), message=word(line, "message"))
            yield stories.pop(operation).told()
        elif state != "begun":
            story.take(line)
        if len(stories) > OPEN:
            yield stories.pop(next(iter(stories))).told()
    yield from (story.told() for story in stories.values())


def head_of(line: Line) -> LoggedOperation:
    return LoggedOperation(
        operation=word(line, "operation"),
        action=word(line, "action"),
        group=word(line, "group"),
        at=word(line, "at"),
        user=word(line, "user"),
        origin=word(line, "from"),
        resumes=word(line, "resumes"),
        reason=word(line, "reason"),
    )


def entry_of(line: Line) -> Entry:
    argv, step, state = line.get("command"), line.get("step"), word(line, "state")
    said = word(line, "reply")
    return Entry(
        at=word(line, "at"),
        step=step if isinstance(step, int) else None,
        state=state,
        node=word(line, "node"),
        argv=tuple(map(str, argv)) if isinstance(argv, list | tuple) else (),
        reply=f"{word(line, 'hole')} is {said}" if state == "noted" else said,
        user=word(line, "redis_user"),
    )


def word(line: Line, key: str) -> str:
    """A line's text; empty where it is null, missing, or no text."""
    value = line.get(key)
    return value if isinstance(value, str) else ""
