"""Events: what happened, in order, newest last. Sentinels' words, what we saw ourselves, alerts, operators' deeds."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from redistui.model import Event
from redistui.view import words
from redistui.view.cells import Cell, Column, Tone
from redistui.view.figures import span
from redistui.view.source import Line, contains
from redistui.view.standing import fitting
from redistui.view.votes import Voters, vote_words

WIDE = 130
"""Cells from which on every kind of event is spelled out."""
COLUMNS: tuple[Column, ...] = (
    Column("UTC", 12),
    Column("AGO", 6, "right", rank=2),
    Column("GROUP", 10, rank=1),
    Column("EVENT", 20, cut="middle"),
    Column("WHAT", 34, grows=True),
    Column("SAID BY", 22, rank=4, cut="middle"),
    Column("SEEN", 4, "right", rank=3),
)
WIDE_COLUMNS: tuple[Column, ...] = tuple(
    column._replace(width=30) if column.title == "EVENT" else column for column in COLUMNS
)
TONES: Mapping[str, Tone] = {
    "+switch-master": "accent",
    "+failover-end": "ok",
    "+promoted-slave": "accent",
    "role": "accent",
    "restart": "warn",
    "action": "key",
    "acknowledged": "key",
    "silenced": "key",
    "hook": "warn",
    "remarks": "warn",
    "+sdown": "warn",
    "+odown": "bad",
    "fault": "bad",
    "down": "bad",
    "up": "ok",
    "-sdown": "ok",
    "-odown": "ok",
    "+tilt": "warn",
    "-tilt": "ok",
}
"""What stands out; a kind that is not here is told plainly, an aborted failover as bad."""
ALERT = "alert"
"""The kind of the events that tell of alerts; their first word says what came of the alert."""
NOBODY: Voters = {}
ACKNOWLEDGED, SILENCED = "acknowledged", "silenced"
ALERT_TONES: Mapping[str, Tone] = {
    "bad": "bad",
    "worse": "bad",
    "warn": "warn",
    "better": "warn",
    "flaps": "warn",
    "over": "ok",
}
SAID = re.compile(r"(\S+) ([\w.-]+): (.*)", re.DOTALL)


class EventList:
    """The events as lines, each made when it is asked for."""

    def __init__(
        self, events: Sequence[Event], at: float, width: int, wanted: str = "", voters: Voters = NOBODY
    ) -> None:
        """`voters`: Sentinels by the ids under which votes name them."""
        self.columns = WIDE_COLUMNS if width >= WIDE else COLUMNS
        self._at = at
        self._voters = voters
        sieve = sieve_of(wanted)
        self._events = [each for each in events if sieve.passes(each, voters)] if wanted else events

    def __len__(self) -> int:
        return len(self._events)

    def event(self, index: int) -> Event:
        return self._events[index]

    def key(self, index: int) -> str:
        return key_of(self._events[index])

    def matches(self, index: int) -> bool:
        return True

    def line(self, index: int) -> Line:
        each = self._events[index]
        tone = loudness(each)
        kind, text = told(each, self._voters)
        return Line(
            (
                Cell(words.clock(each.at, millis=True), "dim"),
                Cell(span(self._at - each.at), "dim"),
                Cell(each.group or "", "replica"),
                Cell(kind, tone),
                Cell(text, "text" if tone != "text" else "replica"),
                Cell(each.source, "dim"),
                Cell(str(len(each.witnesses)) if each.witnesses else "", "dim"),
            )
        )


def key_of(event: Event) -> str:
    """What an event is known by from one snapshot to the next. A witness that joins may put its time back."""
    return f"{event.kind} {event.group} {event.text} {event.at:.0f}"


class AlertWords(NamedTuple):
    """What the event of an alert says."""

    came: str
    """bad, warn: it was raised; worse, better: it came to the other level; flaps; over."""
    rule: str
    message: str


def alert_words(event: Event) -> AlertWords | None:
    """The parts of an alert's event; None for any other, and for one in words of another version.

    >>> alert_words(Event(0.0, "a:1", "alert", "orders", "bad node-down: a:1 refused: nothing listens"))
    AlertWords(came='bad', rule='node-down', message='a:1 refused: nothing listens')
    """
    found = SAID.fullmatch(event.text) if event.kind == ALERT else None
    return None if found is None else AlertWords(*found.groups())


def told(event: Event, voters: Voters = NOBODY) -> tuple[str, str]:
    """Kind and text as the list has them: of an alert, how grave it is goes with the kind; a vote names a Sentinel.

    >>> told(Event(0.0, "a:1", "alert", "orders", "over lag: caught up")), told(Event(0.0, "", "role", None, "x"))
    (('alert over', 'lag: caught up'), ('role', 'x'))
    """
    if event.kind == SILENCED and len(event.about) == 4:
        return event.kind, f"{fitting(*event.about[:3])}, {_until(event)}"
    if event.kind == ACKNOWLEDGED and len(event.about) == 6:
        return event.kind, f"{event.text}{_since(event)}"
    said = alert_words(event)
    return (
        (event.kind, vote_words(event, voters))
        if said is None
        else (f"alert {said.came}", f"{said.rule}: {said.message}")
    )


def _since(event: Event) -> str:
    """When it was said, of what was said before or elsewhere."""
    try:
        return f", at {words.clock(float(event.about[4]))} UTC"
    except ValueError:
        return ""


def _until(event: Event) -> str:
    """When a silence ends; one that has ended as it is said was lifted."""
    try:
        until = float(event.about[3])
    except ValueError:
        return "nobody knows until when"
    return f"until {words.clock(until)} UTC" if until > event.at else "no longer"


def loudness(event: Event) -> Tone:
    """How loud an event is: an alert's by what came of it, any other by its kind."""
    return ALERT_TONES.get(event.text.partition(" ")[0], "key") if event.kind == ALERT else tone_of(event.kind)


def tone_of(kind: str) -> Tone:
    """How loud a kind is."""
    return "bad" if kind.startswith("-failover-abort") else TONES.get(kind, "text")


# The filter


class Sieve(NamedTuple):
    """What was typed after `/`."""

    fields: tuple[tuple[str, str], ...]
    """Field and what must be in it: all of them."""
    phrase: str
    """What must be in one of the texts."""

    def passes(self, event: Event, voters: Voters = NOBODY) -> bool:
        kind, text = told(event, voters)
        if not contains(self.phrase, kind, text, event.text, event.group, event.source, *event.witnesses):
            return False
        return all(contains(wanted, *FIELDS[name](event)) for name, wanted in self.fields)


FIELDS: Mapping[str, Callable[[Event], tuple[str | None, ...]]] = {
    "kind": lambda event: (told(event)[0],),
    "group": lambda event: (event.group,),
    "by": lambda event: (event.source, *event.witnesses),
    "node": lambda event: (event.source, event.text),
    "rule": lambda event: (said.rule,) if (said := alert_words(event)) is not None else (),
}
"""What can stand before `=` in the filter, and where it is looked for."""


def sieve_of(text: str) -> Sieve:
    """`kind=alert group=orders refused`: fields, each with what it must hold, and words that stand anywhere.

    >>> sieve_of("kind=alert was primary"), sieve_of("a=b")
    (Sieve(fields=(('kind', 'alert'),), phrase='was primary'), Sieve(fields=(), phrase='a=b'))
    """
    fields: list[tuple[str, str]] = []
    rest: list[str] = []
    for word in text.split(" "):
        name, equals, wanted = word.partition("=")
        if equals and name in FIELDS:
            fields.append((name, wanted))
        else:
            rest.append(word)
    return Sieve(tuple(fields), " ".join(rest).strip() if fields else text)
