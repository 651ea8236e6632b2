"""Capacity as blocks: how fast servers fill up, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.judge.capacity import LEAST, Capacity
from redistui.judge.trend import DAY
from redistui.metrics import BY_NAME, Unit
from redistui.view.blocks import Block, Table, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.figures import UNKNOWN, figure, percent, plural, span

CAPACITY = (
    Column("NODE", 21), Column("NUMBER", 12), Column("NOW", 6, "right"), Column("LIMIT", 6, "right", rank=1),
    Column("USED", 5, "right"), Column("PER DAY", 8, "right"), Column("FULL IN", 7, "right"), Column("HOW SURE", 40),
)  # fmt: skip
LISTED = 12
"""Rows that the text shows; all are in the JSON document."""
HALF = 0.5
"""The part of a limit from which a number is shown though its growth is not known."""


def blocks(found: Sequence[Capacity]) -> Iterator[Block]:
    if not found:
        yield words("No server tells its numbers.", "dim")
    told = [one for one in found if one.sure != "too short" or one.full_in == 0.0]
    if len(told) < len(found):
        short = f"of {plural(len(found) - len(told), 'number')} the past is too short"
        yield words(f"Growth is told from {span(LEAST)} of one server's life on; {short}.", "dim")
    moving = [one for one in told if one.sure != "unsure"][:LISTED]
    shown = moving + [one for one in found if one not in moving and filled(one) >= HALF][: LISTED - len(moving)]
    if told and not shown:
        yield words("Nothing grows beyond its scatter, and nothing is half full.", "ok")
    if shown:
        yield Table(CAPACITY, tuple(map(_row, shown)))
    if shown and len(found) > len(shown):
        yield words(f"{len(found) - len(shown)} more in the JSON document.", "dim")


def filled(one: Capacity) -> float:
    """The part of its limit that is used; 0 where one of them is not known."""
    return one.now / one.limit if one.now is not None and one.limit else 0.0


def _row(one: Capacity) -> Row:
    unit = BY_NAME[one.metric].unit
    used = one.now / one.limit * 100 if one.now is not None and one.limit else None
    tone: Tone = "bad" if one.full_in is not None and one.full_in < DAY else "text"
    return (
        Cell(one.node), Cell(BY_NAME[one.metric].title), Cell(figure(one.now, unit)),
        Cell(figure(one.limit, unit) if one.limit else "none"), Cell(percent(used)),
        Cell(signed(one.per_day, unit) if one.per_day is not None and one.sure != "unsure" else UNKNOWN),
        Cell(span(one.full_in), tone), Cell(sentence(one), "dim"),
    )  # fmt: skip


def sentence(one: Capacity) -> str:
    """How sure the growth is, in words."""
    unit = BY_NAME[one.metric].unit
    if one.per_day is None or one.margin is None:
        return f"watched for {watched(one.watched)} only: {span(LEAST)} are needed"
    low, high = signed(one.per_day - one.margin, unit), signed(one.per_day + one.margin, unit)
    between = f"{low} to {high} a day in 95 of 100 cases, from {span(one.watched)}"
    if one.sure == "unsure" and not one.margin:
        return f"no growth at all in {span(one.watched)}"
    if one.sure == "unsure":
        end = f"; full no sooner than in {span(one.soonest)}" if one.soonest is not None else ""
        return f"no growth beyond its scatter: {between}{end}"
    if one.full_in:
        late = span(one.latest) if one.latest is not None else "ten years and more"
        far = "; far beyond what was watched" if one.full_in > 10 * one.watched else ""
        return f"{between}: full in {span(one.soonest)} to {late}{far}"
    return between


def signed(value: float, unit: Unit) -> str:
    """
    >>> signed(2048.0, "bytes"), signed(-3.0, "count")
    ('+2.00K', '-3')
    """
    return ("+" if value > 0 else "-" if value < 0 else "±") + figure(abs(value), unit)


def watched(seconds: float) -> str:
    return span(seconds) if seconds >= 1 else "a moment"
