"""The report as blocks: score, alerts, recommendations, groups, trends, capacity, drift."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.judge.cluster_rules import listed
from redistui.judge.recommend import Advice
from redistui.judge.report import GroupReport, Line, Report, Summary
from redistui.judge.rules.table import KINDS
from redistui.judge.trend import Trend
from redistui.metrics import BY_NAME, Unit
from redistui.model import Alert, Finding
from redistui.view import capacity, drift
from redistui.view.blocks import Block, Heading, Items, Picture, Table, Words, words
from redistui.view.capacity import signed, watched
from redistui.view.cells import Cell, Column, Row
from redistui.view.figures import UNKNOWN, count, figure, percent, plural, rate, size, span
from redistui.view.status import WORDS
from redistui.view.textplot import flat, plot, sparkline
from redistui.view.totals import TONES
from redistui.view.words import clock

LISTED = 12
"""Nodes that a table of the text shows; all are in the JSON document."""
FEW = 5
"""Samples below which a course tells nothing."""
PLOT = 72
"""Cells a picture is wide."""
SPARK = 24
GROUPS = (
    Column("GROUP", 12), Column("KIND", 11, rank=3), Column("STATE", 7), Column("NODES", 7, "right"),
    Column("SENTINELS", 9, "right", rank=1), Column("MEMORY", 6, "right"), Column("LIMIT", 6, "right"),
    Column("CLIENTS", 7, "right"), Column("OPS/S", 6, "right"), Column("CPU", 5, "right"),
    Column("KEYS", 6, "right", rank=2), Column("ALERTS", 6, "right"), Column("ADVICE", 6, "right"),
)  # fmt: skip
TRENDS = (
    Column("OF", 21), Column("NUMBER", 12), Column("FIRST", 6, "right"), Column("LAST", 6, "right"),
    Column("MIN", 6, "right"), Column("MAX", 6, "right"), Column("MEAN", 6, "right"), Column("PER HOUR", 8, "right"),
    Column("COURSE", SPARK, rank=1),
)  # fmt: skip


def blocks(report: Report) -> Iterator[Block]:
    """The whole document, in the order in which it is read."""
    yield Heading(f"Health report of {_day(report.fleet.at)}", 1)
    yield from health_blocks(report)
    yield Heading("Groups")
    yield from _tabled(GROUPS, tuple(_group_rows(report)), "No group was found.")
    yield Heading(f"Trends over {span(report.fleet.at - report.since)}")
    yield from _trends(report)
    yield Heading("Capacity")
    yield from capacity.blocks(report.capacity)
    yield Heading("Drift")
    yield from drift.blocks(report.drift)


def health_blocks(report: Report) -> Iterator[Block]:
    """What stands first: sentences and lists only."""
    yield from _verdict(report)
    yield Heading("Alerts")
    yield from _alerts(report)
    yield Heading("Recommendations")
    yield from _advice(report.recommendations)


def _day(at: float) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _tabled(columns: tuple[Column, ...], rows: tuple[Row, ...], otherwise: str) -> Iterator[Block]:
    yield Table(columns, rows) if rows else words(otherwise, "dim")


def _verdict(report: Report) -> Iterator[Block]:
    whole = report.summary
    bad = sum(finding.level == "bad" for finding, _ in report.alerts)
    parts = [
        f"{whole.nodes_up} of {plural(whole.nodes, 'node')} up",
        *([f"{whole.sentinels_up} of {plural(whole.sentinels, 'Sentinel')} up"] if whole.sentinels else []),
        f"{bad} bad and {plural(len(report.alerts) - bad, 'warning')}",
        f"watched for {watched(report.watched)}",
    ]
    yield Words((Cell(f"score {report.score} of 100: {report.status}.", TONES[report.status]), Cell(", ".join(parts))))


def _alerts(report: Report) -> Iterator[Block]:
    if not report.alerts:
        yield words("Nothing is wrong.", "ok")
        return
    now = report.fleet.at
    yield Items(tuple((_alert(one), (*_lasting(now, alert), *_remedy(one))) for one, alert in report.alerts))


def _remedy(finding: Finding) -> Row:
    """What the rule advises."""
    kind = KINDS.get(finding.rule)
    return () if kind is None else (Cell("what to do:", "dim"), Cell(kind.advice))


def _alert(finding: Finding) -> Row:
    return (
        Cell(finding.level.upper(), finding.level),
        Cell(finding.group, "title"),
        Cell(finding.message),
        Cell(f"({finding.rule})", "dim"),
    )


def _lasting(now: float, alert: Alert | None) -> Row:
    """Since when it was seen, and whether somebody knows of it."""
    if alert is None:
        return ()
    told = [f"seen since {clock(alert.since)} UTC, {span(now - alert.since)} ago"]
    told += [f"acknowledged at {clock(alert.acknowledged_at)}"] if alert.acknowledged_at is not None else []
    told += [f"silenced until {clock(alert.silenced_until)}"] if alert.silenced_until is not None else []
    return (Cell("; ".join(told) + ";", "dim"),)


def _advice(told: Sequence[Advice]) -> Iterator[Block]:
    """What is the same for several groups is said once."""
    if not told:
        yield words("There is nothing to recommend.", "ok")
        return
    alike: dict[tuple[str, str], list[str]] = {}
    for one in told:
        alike.setdefault((one.text, one.reason), []).append(one.group)
    yield Items(
        tuple(
            ((Cell(f"{listed(groups)}:", "title"), Cell(text)), (Cell(reason, "dim"),))
            for (text, reason), groups in alike.items()
        )
    )


def _group_rows(report: Report) -> Iterator[Row]:
    for one in report.groups:
        yield _group_row(one)
    if len(report.groups) > 1:
        yield _figures(("all", "", Cell("")), report.summary, str(len(report.alerts)), str(len(report.recommendations)))


def _group_row(one: GroupReport) -> Row:
    state = Cell(WORDS[one.health], one.health)
    names = (one.group.name, one.group.kind, state)
    return _figures(names, one.summary, str(one.alerts or ""), str(one.recommendations or ""))


def _figures(names: tuple[str, str, Cell], whole: Summary, alerts: str, advice: str) -> Row:
    name, kind, state = names
    return (
        Cell(name, "title"), Cell(kind, "dim"), state,
        Cell(f"{whole.nodes_up}/{whole.nodes}", "text" if whole.nodes_up == whole.nodes else "bad"),
        Cell(f"{whole.sentinels_up}/{whole.sentinels}" if whole.sentinels else "",
             "text" if whole.sentinels_up == whole.sentinels else "warn"),
        Cell(size(whole.memory_used)), Cell(size(whole.memory_limit)), Cell(count(whole.clients)),
        Cell(rate(whole.ops_per_second)), Cell(percent(whole.cpu_percent)), Cell(count(whole.keys)),
        Cell(alerts), Cell(advice),
    )  # fmt: skip


def _trends(report: Report) -> Iterator[Block]:
    if max((line.trend.samples for line in report.trends), default=0) < FEW:
        yield words("Too short a look for a trend: --trend 10m watches for ten minutes.", "dim")
    elif report.watched < 0.9 * (report.fleet.at - report.since):
        yield words(f"There is a past of {span(report.watched)} only.", "warn")
    whole = [line for line in report.trends if line.node is None]
    nodes = moved([line for line in report.trends if line.node is not None and line.trend.samples >= FEW])
    yield from _tabled(TRENDS, tuple(_trend_row(line) for line in [*whole, *nodes]), "No server told its numbers.")
    left = sum(line.node is not None for line in report.trends) - len(nodes)
    if nodes and left > 0:
        yield words(f"{plural(left, 'more course')} of nodes, which changed less, in the JSON document.", "dim")
    for line in whole:
        picture = plot(line.samples, BY_NAME[line.metric].unit, PLOT, line.trend.since, line.trend.until)
        if picture and line.trend.samples >= SPARK and not flat(line.trend.low, line.trend.high):
            yield Picture((f"{title_of(line)}, all nodes", *picture))


def moved(lines: Sequence[Line]) -> list[Line]:
    """Of the nodes' courses those that changed most, beside their mean, in the order in which they came."""

    def change(line: Line) -> float:
        return (line.trend.high - line.trend.low) / abs(line.trend.mean) if line.trend.mean else 0.0

    if len(lines) <= LISTED:
        return list(lines)
    least = sorted(map(change, lines), reverse=True)[LISTED - 1]
    return [line for line in lines if change(line) >= least][:LISTED]


def _trend_row(line: Line) -> Row:
    unit, one = BY_NAME[line.metric].unit, line.trend
    said = [Cell(figure(value, unit)) for value in (one.first, one.last, one.low, one.high, one.mean)]
    return (
        Cell(line.node or "all", "text" if line.node else "title"),
        Cell(title_of(line)),
        *said,
        Cell(_slope(one, unit)),
        Cell(sparkline(line.samples, SPARK), "dim"),
    )


def _slope(one: Trend, unit: Unit) -> str:
    """Growth an hour; with a question mark where it may well be the scatter's."""
    if one.slope is None or one.margin is None:
        return UNKNOWN
    return signed(one.slope * 3600.0, unit) + ("" if abs(one.slope) >= one.margin else "?")


def title_of(line: Line) -> str:
    return "nodes up" if line.metric == "up" and line.node is None else BY_NAME[line.metric].title
