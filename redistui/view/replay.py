"""The replay's own lines: what time is looked at, how fast it goes by, and the timeline with its marks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redistui.model import Event
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.events import loudness
from redistui.view.figures import plural, span
from redistui.view.glyphs import Glyphs
from redistui.view.words import clock

SPEEDS: tuple[float, ...] = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
BADGE = "  R E P L A Y  "
_QUIET = frozenset({"epoch"})
"""Kinds that are no place to jump to: another event stands beside each of them."""
_RANK: tuple[Tone, ...] = ("text", "dim", "ok", "key", "accent", "warn", "bad")


class Transport(NamedTuple):
    """Where a replay stands, and what it does."""

    first: float
    last: float
    """The recording's ends, in seconds since 1970."""
    at: float
    """The snapshot that is looked at."""
    playing: bool = False
    speed: float = 1.0
    seeking: bool = False
    """A jump is on its way."""
    marked: float | None = None
    """The other end of a difference."""
    marks: tuple[Event, ...] = ()
    """Everything that happened, in the order of its time."""


def next_speed(now: float, by: int) -> float:
    """The next higher (1) or lower (-1) speed.

    >>> next_speed(1.0, 1), next_speed(1.0, -1), next_speed(100.0, 1), next_speed(0.1, -1), next_speed(3.0, 1)
    (2.0, 0.5, 100.0, 0.1, 5.0)
    """
    if by > 0:
        return min((speed for speed in SPEEDS if speed > now), default=SPEEDS[-1])
    return max((speed for speed in SPEEDS if speed < now), default=SPEEDS[0])


def notable(marks: Sequence[Event]) -> tuple[Event, ...]:
    """Those worth a jump: everything but what only goes along with others, and what announces every step of a
    failover."""
    return tuple(mark for mark in marks if mark.kind not in _QUIET and loudness(mark) != "text")


def position(state: Transport, glyphs: Glyphs, width: int = 200) -> tuple[Row, Row]:
    """The upper line: on the left what time it is in the recording and how it goes by, on the right where that is. What
    there is no room for is left out whole."""
    if state.seeking:
        doing = Cell(f"{glyphs.waiting} looking for it", "warn")
    elif state.playing:
        doing = Cell(f"{glyphs.running} {state.speed:g}x", "ok")
    else:
        doing = Cell(f"{glyphs.paused} paused, {state.speed:g}x", "key")
    left = (Cell(BADGE, "bad"), Cell(f" {clock(state.at, millis=True)} UTC", "title"), Cell("  "), doing)
    room = width - sum(len(cell.text) for cell in left)
    ways = _where(state)
    return left, next((way for way in ways if sum(len(cell.text) for cell in way) <= room), ways[-1])


def _where(state: Transport) -> tuple[Row, ...]:
    """With less and less of what is also seen on the timeline."""
    length, far = state.last - state.first, state.at - state.first
    marked = () if state.marked is None else (Cell(f"  from {clock(state.marked)}", "accent"),)
    bad = sum(loudness(mark) == "bad" for mark in state.marks)
    place = Cell(f"  {span(far)} of {span(length)}", "dim")
    return (
        (*marked, place, Cell(f"  {plural(len(state.marks), 'event')}, {bad} bad", "dim")),
        (*marked, place),
        marked,
    )


def bar(state: Transport, width: int, glyphs: Glyphs) -> Row:
    """The timeline in exactly `width` cells: its ends, a sign where something happened, and where one is.

    Of several marks in one cell the loudest is drawn.
    """
    first, last = clock(state.first), clock(state.last)
    room = width - len(first) - len(last) - 2
    if room < 10:
        return (Cell(" " * max(0, width)),)
    cells: list[Cell] = [Cell(glyphs.rule, "dim")] * room
    for mark in state.marks:
        place, tone = _place(state, mark.at, room), loudness(mark)
        if cells[place].text == glyphs.rule or _RANK.index(tone) > _RANK.index(cells[place].tone):
            cells[place] = Cell(_sign(tone, glyphs), tone)
    if state.marked is not None:
        cells[_place(state, state.marked, room)] = Cell(glyphs.open_slot, "accent")
    cells[_place(state, state.at, room)] = Cell("@" if glyphs.ascii else glyphs.block, "title")
    return (Cell(f"{first} ", "dim"), *_joined(cells), Cell(f" {last}", "dim"))


def _place(state: Transport, at: float, room: int) -> int:
    length = state.last - state.first
    return 0 if length <= 0 else min(room - 1, max(0, round((at - state.first) / length * (room - 1))))


def _sign(tone: Tone, glyphs: Glyphs) -> str:
    return glyphs.bad if tone == "bad" else glyphs.warn if tone == "warn" else glyphs.rule_up


def _joined(cells: Sequence[Cell]) -> list[Cell]:
    """Neighbours of one tone as one cell."""
    found: list[Cell] = []
    for cell in cells:
        if found and found[-1].tone == cell.tone:
            found[-1] = Cell(found[-1].text + cell.text, cell.tone)
        else:
            found.append(cell)
    return found


def passed(mark: Event) -> str:
    """A mark in one sentence, for the footer."""
    group = f"{show(mark.group, 40)}: " if mark.group else ""
    return f"{clock(mark.at, millis=True)} {group}{show(mark.kind, 40)} {show(mark.text, 200)}".rstrip()
