"""The report of a drill: tables and sentences, for text, Markdown and dialog alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import median
from typing import NamedTuple

from redistui.model.drill import MODELS, DrillShard, Figures, Outage, Passed, Seen
from redistui.view.cells import Cell, Column, Row, Tone, show
from redistui.view.figures import UNKNOWN, latency, plural
from redistui.view.words import paragraph

WHAT_CLIENTS_DO = dict(MODELS)
LATE_MS = 50.0
P99 = "99 of 100 writes took no longer: before, during, after"


class Block(NamedTuple):
    """A table with its heading."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


COUNTS = (
    Column("ACKED", 7, "right"),
    Column("REFUSED", 7, "right"),
    Column("UNKNOWN", 7, "right"),
    Column("LOST", 6, "right"),
    Column("PHANTOM", 7, "right"),
    Column("STALE", 6, "right"),
)
TIMES = (
    Column("1ST ERR", 7, "right"),
    Column("NO WRITES", 9, "right"),
    Column("NO READS", 9, "right"),
    Column("BEFORE", 7, "right"),
    Column("DURING", 7, "right"),
    Column("AFTER", 7, "right"),
)
NAME = Column("CLIENT", 10)
SHARD = Column("SHARD", 24)
TWO = Column("DOUBLE", 7, "right")
PHASES = (Column("PHASE OR STEP", 60, grows=True), Column("TOOK", 8, "right"), Column("", 8))
SPREAD = (
    Column("OVER ALL RUNS", 34),
    Column("MIN", 9, "right"),
    Column("MEDIAN", 9, "right"),
    Column("MAX", 9, "right"),
)


def blocks(figures: Figures) -> Iterator[Block]:
    """One run."""
    yield Block(
        "what each client came to", (NAME, *COUNTS), tuple(_counted(one.client, one) for one in figures.clients)
    )
    yield Block(
        f"how long each went without; {P99}", (NAME, *TIMES), tuple(_timed(one.client, one) for one in figures.clients)
    )
    if len(figures.shards) > 1:
        named = [(_place(shard), one) for shard, one in zip(figures.shards, figures.by_shard, strict=True)]
        rows = tuple((*_counted(name, one), Cell(took(one.double_primary_ms))) for name, one in named)
        yield Block("by shard, all clients (DOUBLE: two primaries at once)", (SHARD, *COUNTS, TWO), rows)
        rows = tuple(_timed(name, one) for name, one in named)
        yield Block(f"by shard, as the aware client had it; {P99}", (SHARD, *TIMES), rows)
    passed = [*figures.phases, *(Passed(f"  {step.name}", step.ms, step.state) for step in figures.steps)]
    yield Block("phases, and the steps of the action", PHASES, tuple(_passed(one) for one in passed))


def spread(runs: Sequence[Figures]) -> Block:
    """Minimum, median and maximum of several runs."""
    whole = [run.whole for run in runs]
    counts: list[tuple[str, list[float]]] = [
        ("acknowledged writes lost", [float(one.lost) for one in whole]),
        ("phantom writes", [float(one.phantom) for one in whole]),
        ("stale reads", [float(one.stale_reads) for one in whole]),
    ]
    times: list[tuple[str, list[float]]] = [
        ("longest time without writes", [one.writes.longest_ms for one in whole]),
        ("longest time without reads", [one.reading.longest_ms for one in whole]),
        ("first error after", [one.first_error_ms for one in whole if one.first_error_ms is not None]),
        ("two primaries", [one.double_primary_ms for one in whole]),
        *((f"p99 {when}", [ms for one in whole if (ms := getattr(one.p99, when)) is not None]) for when in WHENS),
    ]
    rows = [
        *((Cell(name), *(Cell(f"{value:g}") for value in _three(values))) for name, values in counts),
        *((Cell(name), *(Cell(took(value)) for value in _three(values))) for name, values in times if values),
    ]
    return Block(plural(len(runs), "run"), SPREAD, tuple(rows))


def report_rows(figures: Figures, width: int) -> Iterator[Row]:
    """One run, for a dialog of so many cells."""
    yield from headline(figures, width)
    for block in blocks(figures):
        yield ()
        yield (Cell(block.title, "accent"),)
        yield from aligned(block, width)
    yield ()
    for text, tone in sentences(figures):
        yield from paragraph(text, width, tone)
    yield ()
    for name, text in facts(figures):
        yield from paragraph(text, width, "text", Cell(f"{name:<9}", "dim"))


def aligned(block: Block, width: int) -> Iterator[Row]:
    """Its rows with each column as wide as its contents; a first column that takes too much is cut at its end."""
    titles: Row = tuple(Cell(column.title, "dim") for column in block.columns)
    rows = [titles, *block.rows]
    sizes = [max(len(row[at].text) for row in rows) for at in range(len(block.columns))]
    sizes[0] = max(8, min(sizes[0], width - sum(size + 2 for size in sizes[1:])))
    for row in rows:
        yield tuple(
            Cell(_fitted(cell.text, size, column.align == "right", at), cell.tone)
            for at, (cell, size, column) in enumerate(zip(row, sizes, block.columns, strict=True))
        )


def _fitted(text: str, size: int, right: bool, at: int) -> str:
    text = text if len(text) <= size else text[: size - 1] + "…"
    return ("  " if at else "") + (text.rjust(size) if right else text.ljust(size))


WHENS = ("before", "during", "after")


def _three(values: Sequence[float]) -> tuple[float, float, float]:
    return min(values), median(values), max(values)


def headline(figures: Figures, width: int) -> list[Row]:
    """What was drilled, how the action ended, and the two figures that matter most."""
    whole = figures.whole
    tone: Tone = "bad" if whole.lost or figures.outcome not in ("verified", "struck") else "title"
    groups = ", ".join(dict.fromkeys(show(shard.group) for shard in figures.shards))
    lost = f"{whole.lost} of {plural(whole.acked, 'acknowledged write')} lost"
    lost += f" and {whole.unread} not read back" if whole.unread else ""
    ended = f"{show(figures.action)} of {groups}: {show(figures.outcome)}"
    return paragraph(f"{ended}; {lost}, {outage(whole.writes)} without writes", width, tone)


def sentences(figures: Figures) -> Iterator[tuple[str, Tone]]:
    """What the tables do not say by themselves."""
    whole = figures.whole
    if figures.broken_off:
        yield "The run was ended before its end: these are the figures of a torso.", "bad"
    if figures.message:
        yield show(figures.message, 2000), "text"
    if figures.unsettled:
        yield f"When the waiting ended, not all was well: {show(figures.unsettled)}.", "bad"
    if whole.unread:
        what = plural(whole.unread, "acknowledged write")
        yield f"{what} could not be read back: nobody who owns the keys answered. Lost or not is not known.", "bad"
    yield from _of_loss(figures)
    if whole.double_primary_ms:
        yield f"Two nodes acknowledged writes of one shard for {took(whole.double_primary_ms)} at least.", "bad"
    for what, errors in (("Writes", whole.errors), ("Reads", whole.read_errors)):
        if errors:
            kinds = ", ".join(f"{show(kind)} {number}" for kind, number in errors.items())
            yield f"{what} that were not answered, by kind, all clients: {kinds}.", "text"
    if whole.late_ms > LATE_MS:
        late = took(whole.late_ms)
        yield f"This machine was late with a write by {late}: outages and p99 of that size may be its own.", "warn"


def _of_loss(figures: Figures) -> Iterator[tuple[str, Tone]]:
    losers = [one for one in figures.each if one.lost]
    for one in losers:
        what = f"The {one.client} client, which {WHAT_CLIENTS_DO.get(one.client, '')}," if one.client else "A client"  # type: ignore[call-overload]
        yield f"{what} lost {one.lost} of {plural(one.acked, 'acknowledged write')} at {_where(figures, one)}.", "bad"
    if not losers and not figures.whole.unread:
        yield "0 lost here: that is what this run saw, not a promise for a slower network.", "dim"


def _where(figures: Figures, seen: Seen) -> str:
    shard = next((shard for shard in figures.shards if shard.tag == seen.shard), None)
    return f"shard {show(seen.shard)}" if shard is None else _place(shard)


def facts(figures: Figures) -> Iterator[tuple[str, str]]:
    """Under what circumstances, for the foot of the report."""
    versions: dict[str, int] = {}
    for version in figures.versions.values():
        versions[version] = versions.get(version, 0) + 1
    yield "servers", ", ".join(f"{number} x {show(version)}" for version, number in versions.items()) or UNKNOWN
    yield "timeouts", ", ".join(f"{show(name)} {took(ms)}" for name, ms in figures.timeouts.items()) or "not known"
    rate, deadline = f"{figures.rate:g} a second and client at each shard", took(figures.deadline_ms)
    yield "writes", f"{rate}, one in flight, deadline {deadline}"
    yield "run", f"{show(figures.run)}, seed {show(figures.seed)}, begun {show(figures.started)}"


def took(ms: float | None) -> str:
    """
    >>> took(0.0), took(None), took(45.2), took(1234.5)
    ('0', '–', '45ms', '1.2s')
    """
    return "0" if ms == 0 else latency(ms)


def outage(one: Outage) -> str:
    """The longest; with a > where it was not over when the run ended.

    >>> outage(Outage(1234.5, 2000.0, over=False)), outage(Outage())
    ('>1.2s', '0')
    """
    return took(one.longest_ms) if one.over else f">{took(one.longest_ms)}"


def _place(shard: DrillShard) -> str:
    return show(shard.group) if shard.slot is None else show(shard.primary)


def _counted(name: str, one: Seen) -> Row:
    lost = Cell(f"{one.lost}" + ("+?" if one.unread else ""), "bad" if one.lost or one.unread else "ok")
    phantom = Cell(f"{one.phantom}", "bad" if one.phantom else "dim")
    stale = Cell(f"{one.stale_reads}", "warn" if one.stale_reads else "dim")
    return Cell(name), Cell(f"{one.acked}"), Cell(f"{one.refused}"), Cell(f"{one.unknown}"), lost, phantom, stale


def _timed(name: str, one: Seen) -> Row:
    first = Cell("none" if one.first_error_ms is None else took(one.first_error_ms))
    gaps = [Cell(outage(each), "text" if each.over else "bad") for each in (one.writes, one.reading)]
    return Cell(name), first, *gaps, *(Cell(took(getattr(one.p99, when))) for when in WHENS)


def _passed(one: Passed) -> Row:
    tone: Tone = "bad" if one.state == "failed" else "text" if one.state == "done" else "dim"
    return Cell(show(one.name), tone), Cell(took(one.ms)), Cell("" if one.state == "done" else show(one.state), tone)
