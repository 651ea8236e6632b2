"""Operations as the journal's lines tell them: line by line in, operation by operation out. Pure.

A command has two lines, one before it was sent and one when its outcome was known; here they are one. Lines of several
operations may stand between each other. What is missing in a line, or of another kind than it should be, is left
empty: a journal is read as it is, whatever version of redistui wrote it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from redistui.model import SLOTS
from redistui.ops.came import Came
from redistui.ops.steps import Argv, Hole
from redistui.ops.templates import Ranges, is_slot, ranges_of, ranges_text, slot_count

Line = Mapping[str, Any]
OPEN = 64
"""Operations that are followed at once; the oldest of more is given as it is."""
MOST = 2000
"""Entries kept of one operation, its last ones."""
MOST_RANGES = 12
"""Of slots, in one entry's text."""
ENDS = ("done", "refused", "lost")
"""What a command that was "sending" comes to."""


@dataclass(frozen=True, slots=True)
class Many:
    """Commands that went out in bursts, all in all."""

    bursts: int
    count: int
    slots: frozenset[int]
    keys: int
    came: Came

    @property
    def text(self) -> str:
        """
        >>> Many(2, 3, frozenset({7, 8, 9}), 0, Came(3)).text
        '3 in 2 bursts: slots 7-9: 3 done'
        """
        where = f"slots {shortened(ranges_of(self.slots))}" if self.slots else ""
        what = " ".join(filter(None, (f"{self.keys:,} keys of" if self.keys else "", where)))
        open_ = self.count - self.came.done - self.came.refused - self.came.lost
        came = ", ".join(filter(None, (str(self.came), f"{open_:,} without an outcome" if open_ else "")))
        how_many = f"{self.count:,} in {self.bursts:,} burst{'' if self.bursts == 1 else 's'}"
        return ": ".join(filter(None, (how_many, what, came)))


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
    many: Many | None = None
    """Of commands that went out in bursts: the line of the plan that they stand for is one entry, with all of them."""


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
    part_of: str = ""
    """The operation on several groups that this is one of."""
    reason: str = ""
    """Why, in the operator's words."""


@dataclass
class _Volley:
    """Commands in bursts that stand for one line of the plan, at one node."""

    first: Entry
    place: int
    sent: dict[object, tuple[int, float | None]] = field(default_factory=dict)
    """By burst that has no outcome yet: how many, and the clock when it was sent."""
    slots: set[int] = field(default_factory=set)
    bursts: int = 0
    count: int = 0
    keys: int = 0
    seconds: float = 0.0
    came: Came = field(default_factory=Came)

    def take(self, line: Line, at: float | None) -> None:
        if line.get("state") == "sending":
            self.sent[line["burst"]] = (number(line, "count"), at)
            self.bursts += 1
            self.count += number(line, "count")
            self.keys += number(line, "keys")
            self.slots |= slots_in(word(line, "slots"))
            return
        began = self.sent.pop(line["burst"], (0, None))[1]
        self.seconds += at - began if at is not None and began is not None else 0.0
        done, refused, lost = (number(line, name) for name in ENDS)
        self.came.join(Came(done, refused, lost, word(line, "error")))

    def told(self) -> Entry:
        many = Many(self.bursts, self.count, frozenset(self.slots), self.keys, replace(self.came))
        state = "sending" if self.sent else self.came.state
        if self.count == 1 and not self.slots and not self.keys:  # one command like any other
            ms = None if self.sent else round(self.seconds * 1000)
            return replace(self.first, state=state, reply=self.came.error, ms=ms)
        return replace(self.first, state=state, reply=many.text, ms=round(self.seconds * 1000), many=many)


@dataclass
class _Story:
    """An operation whose lines are still coming."""

    head: LoggedOperation
    entries: list[Entry] = field(default_factory=list)
    sending: dict[tuple[object, ...], list[tuple[int, float | None]]] = field(default_factory=dict)
    """Step, node and command -> places of those that have no outcome yet, and the clock when they were sent."""
    left_out: int = 0
    volleys: dict[tuple[object, ...], _Volley] = field(default_factory=dict)
    """Step, node and command -> what went out in bursts; the place of its entry is the one of the first burst."""

    def told(self) -> LoggedOperation:
        for volley in self.volleys.values():
            if volley.place >= self.left_out:
                self.entries[volley.place - self.left_out] = volley.told()
        return replace(self.head, entries=tuple(self.entries[-MOST:]), left_out=self.left_out)

    def take(self, line: Line) -> None:
        entry, clock = entry_of(line), line.get("monotonic")
        at = float(clock) if isinstance(clock, int | float) else None
        key = (entry.step, entry.node, entry.argv)
        if isinstance(line.get("burst"), int):
            if key in self.volleys:
                self.volleys[key].take(line, at)
                return
            self.volleys[key] = _Volley(entry, self.left_out + len(self.entries))
            self.volleys[key].take(line, at)
            entry = replace(entry, state="burst")  # its place; `told` puts the whole of it there
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


class Gathering:
    """Lines in, one by one; operations out when they have ended."""

    def __init__(self) -> None:
        self._stories: dict[str, _Story] = {}

    def take(self, line: Line) -> Iterator[LoggedOperation]:
        """One more line; gives the operation that it ends, and the oldest of too many that go on."""
        operation, state = word(line, "operation"), word(line, "state")
        story = self._stories.get(operation)
        if story is None:
            story = self._stories[operation] = _Story(head_of(line))
        if state == "ended":
            story.head = replace(story.head, outcome=word(line, "reply"), message=word(line, "message"))
            yield self._stories.pop(operation).told()
        elif state != "begun":
            story.take(line)
        if len(self._stories) > OPEN:
            yield self._stories.pop(next(iter(self._stories))).told()

    def open(self) -> Iterator[LoggedOperation]:
        """Those that have no end yet."""
        return (story.told() for story in self._stories.values())


def gather(lines: Iterable[Line]) -> Iterator[LoggedOperation]:
    """Each operation when its end is read; at the end those that have none. Oldest first, as far as that goes.

    >>> rows = [{"operation": "a", "state": "begun"}, {"operation": "a", "state": "ended", "reply": "verified"}]
    >>> [one.outcome for one in gather(rows)]
    ['verified']
    """
    gathering = Gathering()
    for line in lines:
        yield from gathering.take(line)
    yield from gathering.open()


def head_of(line: Line) -> LoggedOperation:
    return LoggedOperation(
        operation=word(line, "operation"),
        action=word(line, "action"),
        group=word(line, "group"),
        at=word(line, "at"),
        user=word(line, "user"),
        origin=word(line, "from"),
        resumes=word(line, "resumes"),
        part_of=word(line, "part_of"),
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
        argv=words_in(argv, "burst" in line) if isinstance(argv, list | tuple) else (),
        reply=f"{word(line, 'hole')} is {said}" if state == "noted" else said,
        user=word(line, "redis_user"),
    )


def words_in(argv: Iterable[object], template: bool) -> Argv:
    """A command's words; those of a line of the plan that stand for slots or keys are holes, as they were there."""
    words = map(str, argv)
    return tuple(Hole(w[1:-1]) if template and w[:1] == "<" and w[-1:] == ">" else w for w in words)


def word(line: Line, key: str) -> str:
    """A line's text; empty where it is null, missing, or no text."""
    value = line.get(key)
    return value if isinstance(value, str) else ""


def number(line: Line, key: str) -> int:
    """A line's figure; 0 where it is missing, or none."""
    value = line.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def shortened(ranges: Ranges) -> str:
    """Of many ranges the first ones.

    >>> shortened(((0, 99), (200, 200)))
    '0-99 200'
    """
    rest = slot_count(ranges[MOST_RANGES:])
    return ranges_text(ranges[:MOST_RANGES]) + (f" and {rest:,} more" if rest else "")


def slots_in(text: str) -> set[int]:
    """The slots of a line; what is none is left out.

    >>> sorted(slots_in("0-2 7 x 5-"))
    [0, 1, 2, 7]
    """
    found: set[int] = set()
    for word_ in text.split():
        first, dash, last = word_.partition("-")
        if is_slot(first) and (is_slot(last) if dash else True):
            found.update(range(int(first), min(int(last) if dash else int(first), SLOTS - 1) + 1))
    return found
