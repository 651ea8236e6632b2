"""Asked: what a node said on demand, as lines; and what it cost, before and after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from redistui.model import Node
from redistui.model.asked import Asked, Subject
from redistui.replies.client_list import ClientLine
from redistui.replies.latency import LatencyEvent
from redistui.replies.slowlog import LoggedCommand
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.figures import count, latency, plural, size, span
from redistui.view.glyphs import Glyphs
from redistui.view.questions import Question, command_for, questions_for
from redistui.view.source import Line, Lines, text_lines
from redistui.view.words import clock, paragraph

MOST = 2000
"""Lines that are shown of a client list."""
_LOGGED = (
    Column("UTC", 8), Column("TOOK", 6, "right"), Column("CLIENT", 21, cut="middle", rank=1),
    Column("NAME", 12, rank=2), Column("COMMAND", 24, grows=True),
)  # fmt: skip
_LARGE = tuple(column._replace(title="SIZE") if column.title == "TOOK" else column for column in _LOGGED)
_LATENCY = (
    Column("EVENT", 24, grows=True), Column("MOST", 7, "right"), Column("LATEST", 7, "right"), Column("UTC", 8),
)  # fmt: skip
_CLIENTS = (
    Column("CLIENT", 21, grows=True, cut="middle"), Column("NAME", 12, rank=2), Column("USER", 8, rank=3),
    Column("OUTPUT", 7, "right"), Column("REPLIES", 7, "right", rank=7), Column("QUERY", 7, "right", rank=6),
    Column("MEMORY", 7, "right", rank=4), Column("IDLE", 6, "right"), Column("AGE", 6, "right", rank=5),
    Column("DB", 3, "right", rank=9), Column("FLAGS", 5, rank=8), Column("COMMAND", 12),
    Column("LIBRARY", 14, rank=10),
)  # fmt: skip


class Sort(NamedTuple):
    """One way to sort clients: the most first."""

    title: str
    of: Callable[[ClientLine], float | None]


SORTS: tuple[Sort, ...] = (
    Sort("output", lambda one: one.output_bytes),
    Sort("memory", lambda one: one.total_bytes),
    Sort("query", lambda one: one.query_bytes),
    Sort("idle", lambda one: one.idle),
    Sort("age", lambda one: one.age),
)


def sort_of(subject: str) -> int:
    """How the clients are sorted at first: the biggest buffers, or the oldest connections."""
    return 0 if subject == "buffers" else len(SORTS) - 1


def tabs(node: Node, chosen: Question) -> Row:
    """What this node can be asked, the chosen one in brackets."""
    cells = [Cell(" ")]
    for row in questions_for(node):
        here = row.subject == chosen.subject
        cells += [Cell(f"[{row.title}]" if here else f" {row.title} ", "accent" if here else "dim"), Cell(" ")]
    return tuple(cells)


def before(question: Question, node: Node) -> tuple[Row, ...]:
    """What will be asked and what it costs, before it is."""
    private = "What it shows is of your users: it is kept nowhere, and no recording holds it."
    lines: list[Row] = [
        (Cell("would send  ", "dim"), Cell(" ".join(command_for(question, node)), "title"),
         Cell("  once, on a connection of its own", "dim")),
        (Cell("costs       ", "dim"), Cell(question.cost(node))),
    ]  # fmt: skip
    return (*lines, (Cell(private, "dim"),)) if question.private else tuple(lines)


def after(asked: Asked) -> Row:
    """What it cost, as measured, or why there is no answer."""
    if asked.refusal is not None:
        return (Cell(f" {' '.join(asked.command)}: no answer, at {clock(asked.at)} UTC", "dim"),)
    ms, bytes_ = latency(asked.ms), size(asked.bytes)
    said = f" {' '.join(asked.command)}: {_noun(asked)}, {bytes_} in {ms}, at {clock(asked.at)} UTC"
    return (Cell(said, "dim"),)


def _noun(asked: Asked) -> str:
    one, many = {
        "latency": ("event", "events"), "buffers": ("connection", "connections"),
        "clients": ("connection", "connections"),
    }.get(asked.subject, ("entry", "entries"))  # fmt: skip
    return plural(len(asked.rows), one, many)


_NOTHING: Mapping[Subject, str] = {
    "slow": "The slow log is empty: no command took longer than slowlog-log-slower-than says (10 ms unless it is set).",
    "large requests": "None: no request was larger than commandlog-request-larger-than says (1 MB unless it is set).",
    "large replies": "None: no reply was larger than commandlog-reply-larger-than says (1 MB unless it is set).",
    "latency": "None: nothing was slow; or latency-monitor-threshold is 0, as it is unless it is set, and the server "
    "does not look.",
}


def listing(asked: Asked, sort: int, width: int, glyphs: Glyphs) -> Lines:
    """The answer as lines; a sentence where there is none, or nothing in it."""
    if asked.refusal is not None:
        return _sentence(f"{asked.node} {asked.refusal}", width, "bad")
    if not asked.rows:
        return _sentence(_NOTHING.get(asked.subject, "There is no connection."), width, "dim")
    if asked.subject in ("buffers", "clients"):
        return _clients(asked.rows, SORTS[sort % len(SORTS)], glyphs)
    if asked.subject == "latency":
        return Lines(_LATENCY, [(f"{number}", Line(_event(one))) for number, one in enumerate(asked.rows)])
    large = asked.subject != "slow"
    lines = [(f"{one.number}", Line(_logged(one, large))) for one in asked.rows]
    return Lines(_LARGE if large else _LOGGED, lines)


def _sentence(text: str, width: int, tone: Tone) -> Lines:
    return Lines((), text_lines(tuple(replaced(row, tone)) for row in paragraph(text, width - 2)))


def replaced(row: Row, tone: Tone) -> Row:
    """The same in another tone."""
    return tuple(Cell(cell.text, tone) for cell in row)


def _logged(one: LoggedCommand, large: bool) -> Row:
    took = size(one.amount) if large else latency(one.amount / 1000)
    tone: Tone = "warn" if not large and one.amount >= 100_000 else "text"
    return (
        Cell(clock(one.at), "dim"), Cell(took, tone), Cell(one.client, "dim"), Cell(one.name, "replica"),
        Cell(" ".join(one.words)),
    )  # fmt: skip


def _event(one: LatencyEvent) -> Row:
    tone: Tone = "warn" if one.most_ms >= 100 else "text"
    return Cell(one.event), Cell(latency(one.most_ms), tone), Cell(latency(one.latest_ms)), Cell(clock(one.at), "dim")


def _clients(rows: Sequence[ClientLine], sort: Sort, glyphs: Glyphs) -> Lines:
    """The most first; unknown ones last."""
    ranked = sorted(rows, key=lambda one: -1.0 if (value := sort.of(one)) is None else value, reverse=True)
    lines = [(f"{one.id}", Line(_client(one))) for one in ranked[:MOST]]
    if len(ranked) > MOST:
        lines.append(("more", Line((Cell(f"  {count(len(ranked) - MOST)} more", "dim"),), "text")))
    return Lines(_columns(sort, glyphs.sorted_down), lines)


@lru_cache(32)
def _columns(sort: Sort, sign: str) -> tuple[Column, ...]:
    """The same tuple for the same order; the sorted column bears the sign and is always shown."""
    return tuple(
        column._replace(title=f"{column.title}{sign}", rank=0) if column.title.casefold() == sort.title else column
        for column in _CLIENTS
    )


def _client(one: ClientLine) -> Row:
    waiting: Tone = "warn" if (one.output_bytes or 0) >= 1024 * 1024 else "text"
    database = "" if one.database is None else str(one.database)
    return (
        Cell(one.address),
        Cell(one.name, "replica"),
        Cell(one.user or "", "dim"),
        Cell(size(one.output_bytes), waiting),
        Cell(count(one.output_replies), "dim"),
        Cell(size(one.query_bytes), "dim"),
        Cell(size(one.total_bytes)),
        Cell(span(one.idle)),
        Cell(span(one.age), "dim"),
        Cell(database, "dim"),
        Cell(one.flags, "dim"),
        Cell(one.command),
        Cell(one.library or "", "dim"),
    )
