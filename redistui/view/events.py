"""Events: what happened, in order, newest last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redistui.model import Event
from redistui.view import words
from redistui.view.cells import Cell, Column, Tone
from redistui.view.figures import span
from redistui.view.source import Line, contains

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
    "action": "key",
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


class EventList:
    """The events as lines, each made when it is asked for."""

    def __init__(self, events: Sequence[Event], at: float, width: int, wanted: str = "") -> None:
        self.columns = WIDE_COLUMNS if width >= WIDE else COLUMNS
        self._at = at
        self._events = [each for each in events if contains(wanted, each.kind, each.text, each.group, each.source)]

    def __len__(self) -> int:
        return len(self._events)

    def event(self, index: int) -> Event:
        return self._events[index]

    def key(self, index: int) -> str:
        each = self._events[index]
        return f"{each.at:.3f} {each.kind} {each.text}"

    def matches(self, index: int) -> bool:
        return True

    def line(self, index: int) -> Line:
        each = self._events[index]
        tone = tone_of(each.kind)
        return Line(
            (
                Cell(words.clock(each.at, millis=True), "dim"),
                Cell(span(self._at - each.at), "dim"),
                Cell(each.group or "", "replica"),
                Cell(each.kind, tone),
                Cell(each.text, "text" if tone != "text" else "replica"),
                Cell(each.source, "dim"),
                Cell(str(len(each.witnesses)) if each.witnesses else "", "dim"),
            )
        )


def tone_of(kind: str) -> Tone:
    """How loud an event is."""
    if kind.startswith("-failover-abort"):
        return "bad"
    return TONES.get(kind, "text")
