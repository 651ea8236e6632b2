"""Alerts that last, as a list, and each in full."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.rules.table import KINDS
from redistui.model import Alert, Fleet
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row, Tone, show
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, contains
from redistui.view.standing import lasted

LABEL = 14
COLUMNS: tuple[Column, ...] = (
    Column("", 1),
    Column("SINCE", 6, "right"),
    Column("GROUP", 10, rank=1),
    Column("RULE", 21, cut="end"),
    Column("WHAT", 27, grows=True),
    Column("STATE", 14),
)


def key_of(alert: Alert) -> str:
    return f"{alert.rule} {alert.group} {alert.node or ''} {alert.raised_at:.3f}"


class AlertList:
    """Alerts as lines: bad ones first, those that are over for a short while still at the end."""

    def __init__(self, fleet: Fleet, glyphs: Glyphs, wanted: str = "") -> None:
        self.columns = COLUMNS
        self._at, self._glyphs = fleet.at, glyphs
        self._alerts = [
            one for one in fleet.alerts if contains(wanted, one.rule, one.group, one.node, one.message, one.level)
        ]

    def __len__(self) -> int:
        return len(self._alerts)

    def alert(self, index: int) -> Alert:
        return self._alerts[index]

    def key(self, index: int) -> str:
        return key_of(self._alerts[index])

    def matches(self, index: int) -> bool:
        return True

    def line(self, index: int) -> Line:
        one = self._alerts[index]
        over = one.ended_at is not None
        mark = Cell(self._glyphs.up, "ok") if over else words.level_mark(one.level, self._glyphs)
        loud: Tone = "text" if one.told else "dim"
        return Line(
            (
                mark,
                Cell(figures.span(self._at - one.since), "dim"),
                Cell(one.group, "replica"),
                Cell(one.rule, "dim" if loud == "dim" else one.level),
                Cell(one.message, loud),
                state(one, self._at),
            )
        )


def state(alert: Alert, at: float) -> Cell:
    """What came of it, in at most 14 cells."""
    if alert.ended_at is not None:
        return Cell(f"over {figures.span(at - alert.ended_at)}", "ok")
    if alert.silenced_until is not None:
        return Cell(f"silent {figures.span((alert.silenced_until or at) - at)}", "dim")
    return Cell("acknowledged", "dim") if alert.acknowledged_at is not None else Cell("new", "key")


# In full


def portrait(fleet: Fleet, alert: Alert, glyphs: Glyphs, width: int) -> Iterator[Row]:
    """Everything that is known of an alert, wrapped to a width."""
    mark = words.level_mark(alert.level, glyphs) if alert.ended_at is None else Cell(glyphs.up, "ok")
    yield from words.paragraph(show(alert.message, 2000), width, mark.tone, Cell(f"{mark.text} ", mark.tone))
    yield from _fact("rule", show(alert.rule), width)
    kind = KINDS.get(alert.rule)
    if kind is not None:
        yield from _fact("it means", kind.doc, width)
        yield from _fact("do", kind.advice, width, "key")
    place = f"{alert.group}, {alert.node}" if alert.node else f"{alert.group}, as a whole"
    yield from _fact("where", show(place, 200), width)
    if alert.value is not None:
        yield from _fact("value", valued(alert.value, alert.threshold, alert.level), width)
    yield from _times(fleet, alert, width)
    if alert.flips:
        yield from _fact("it flaps", f"it came and went {alert.flips} times in the last minutes", width, "warn")


def _times(fleet: Fleet, alert: Alert, width: int) -> Iterator[Row]:
    yield from _fact("first seen", _moment(alert.since, fleet.at), width)
    yield from _fact("told", _moment(alert.raised_at, fleet.at), width)
    if alert.level_since > alert.raised_at:
        yield from _fact(f"{alert.level} since", _moment(alert.level_since, fleet.at), width, alert.level)
    if alert.ended_at is not None:
        yield from _fact("over", f"{_moment(alert.ended_at, fleet.at)}, after {lasted(alert)}", width, "ok")
    elif alert.acknowledged_at is None:
        yield from _fact("acknowledged", "by nobody yet", width, "key")
    if alert.acknowledged_at is not None:
        yield from _fact("acknowledged", _moment(alert.acknowledged_at, fleet.at), width)
    if alert.silenced_until is not None:
        until = alert.silenced_until or 0.0
        yield from _fact("silent until", f"{words.clock(until)}, {figures.span(until - fleet.at)} more", width)


def valued(value: float, threshold: float | None, level: str) -> str:
    """
    >>> valued(85.25, 80.0, "warn")
    '85.25, warn from 80 on'
    """
    return f"{value:,.6g}" + ("" if threshold is None else f", {level} from {threshold:,g} on")


def meaning(rule: str) -> str:
    """What a kind of finding means; empty for one that this version has not."""
    kind = KINDS.get(rule)
    return "" if kind is None else kind.doc


def _moment(at: float, now: float) -> str:
    return f"{words.clock(at, millis=True)}, {figures.span(now - at)} ago"


def _fact(label: str, text: str, width: int, tone: Tone = "text") -> list[Row]:
    return words.paragraph(text, width, tone, Cell(f"  {label:<{LABEL}}", "dim"))
