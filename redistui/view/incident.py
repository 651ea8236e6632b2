"""The report of an incident as blocks: outages, timeline, what was done, what each server said, plots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redistui.history import History, How, fleet_span
from redistui.judge.incident import Incident, Outage, heard
from redistui.judge.score import band, score
from redistui.metrics import BY_NAME
from redistui.model import Event, Fleet, Group, Ranges
from redistui.view.blocks import Block, Heading, Items, Picture, Table, words
from redistui.view.cells import Cell, Column, Row, Tone
from redistui.view.figures import plural
from redistui.view.moments import told
from redistui.view.report import PLOT
from redistui.view.textplot import plot
from redistui.view.votes import Voters, vote_words, voters
from redistui.view.words import clock

TIMELINE = (
    Column("TIME", 12), Column("GROUP", 12), Column("WHAT", 40), Column("SAID BY", 30),
)  # fmt: skip
SAYINGS = (Column("TIME", 12), Column("GROUP", 12), Column("TEXT", 60))
MOST = 400
"""Rows of the timeline that the text shows; all are in the JSON document."""
SIGNS: tuple[tuple[str, str, str], ...] = (
    ("action", "@", "an action"),
    ("+switch-master", "F", "a failover"),
    ("role", "F", ""),
    ("restart", "R", "a restart"),
    ("fault", "x", "a fault"),
    ("+odown", "x", ""),
    ("alert", "!", "an alert"),
)
"""Kinds of events, the signs they have below a picture, and what the legend calls them."""
PICTURES: tuple[tuple[str, How], ...] = (("ops_per_second", "sum"), ("up", "sum"), ("lag_bytes", "max"))
PICTURED = 6
"""Groups at most that have pictures."""
STEPS = 144


def blocks(incident: Incident, history: History) -> Iterator[Block]:
    """The whole document, in the order in which it is read."""
    yield Heading(f"Incident report, {told(incident.since)} to {told(incident.until)}", 1)
    yield from _short(incident)
    yield Heading("Outages")
    yield from _outages(incident)
    yield Heading("Timeline")
    yield from _timeline(incident.events, voters(incident.last))
    yield Heading("What was done")
    yield from _deeds(incident.events)
    yield Heading("What each server said")
    yield from _sayings(incident)
    yield Heading("Course")
    yield from _pictures(incident, history)


def _short(incident: Incident) -> Iterator[Block]:
    ends = (("at the beginning", incident.first), ("at the end", incident.last))
    yield Items(tuple(((Cell(when, "title"), Cell(_state(fleet))), ()) for when, fleet in ends))


def _state(fleet: Fleet) -> str:
    nodes = [node for group in fleet.groups for node in group.nodes]
    points = score(fleet)
    up = f"{sum(node.up for node in nodes)} of {plural(len(nodes), 'node')} up"
    bad = sum(finding.level == "bad" for finding in fleet.findings)
    wrong = f"{bad} bad, {plural(len(fleet.findings) - bad, 'warning')}"
    heads = [f"{group.name}: {group.primary}" for group in fleet.groups if group.primary is not None][:8]
    led = f"; primaries {', '.join(heads)}" if heads else ""
    return f"score {points} ({band(points)}), {up}, {wrong}{led}"


def _outages(incident: Incident) -> Iterator[Block]:
    if not incident.outages:
        yield words("At every look each group, and all slots of each cluster, had a primary that answered.", "ok")
        return
    yield words(
        "Times in which no primary was seen to answer, from where this was recorded. What clients saw lies between the "
        "shortest and the longest."
    )
    yield Items(tuple(map(_outage, incident.outages)))


def _outage(one: Outage) -> tuple[Row, Row]:
    """What was without a primary and for how long; below it, when, whom it lost and who answered."""
    where = ", all slots: state fail" if one.refused else f", slots {_slots(one.slots)}" if one.slots else ""
    lost = "" if one.before is None else f", {one.before}"
    moments = [] if one.heard_at is None else [f"last heard {_time(one.heard_at)}{lost};"]
    moments.append(f"first missed {_time(one.missed_at)}{lost if one.heard_at is None else ''};")
    by = "" if one.after is None else f" by {one.after}"
    moments.append("not answered yet" if one.back_at is None else f"answered again {_time(one.back_at)}{by}")
    head = (Cell(f"{one.group}{where},", "title"), Cell("for"), Cell(lasted(one), "bad"))
    return head, (Cell(" ".join(moments), "dim"),)


def _slots(slots: Ranges) -> str:
    named = [f"{a}-{b}" if a != b else f"{a}" for a, b in slots[:3]]
    return " ".join(named) + (f" and {len(slots) - 3} more" if len(slots) > 3 else "")


def lasted(one: Outage) -> str:
    """How long, as far as it was seen."""
    least = f"{one.shortest:.1f} s"
    if one.longest is not None:
        return f"{least} to {one.longest:.1f} s"
    return f"{least} or more" + ("" if one.back_at is not None else ", lasts")


def _time(at: float | None) -> str:
    return "" if at is None else clock(at, millis=True)


def _timeline(events: Sequence[Event], known: Voters) -> Iterator[Block]:
    if not events:
        yield words("Nobody announced anything.", "dim")
        return
    yield Table(TIMELINE, tuple(_event_row(event, known) for event in events[:MOST]))
    if len(events) > MOST:
        yield words(f"{len(events) - MOST} more in the JSON document.", "dim")


def _event_row(event: Event, known: Voters) -> Row:
    said = event.witnesses or ((event.source,) if event.source else ())
    more = f" and {len(said) - 3} more" if len(said) > 3 else ""
    return (
        Cell(clock(event.at, millis=True)), Cell(event.group or "", "title"),
        Cell(f"{event.kind} {vote_words(event, known)}", _tone(event)), Cell(", ".join(said[:3]) + more, "dim"),
    )  # fmt: skip


def _tone(event: Event) -> Tone:
    if event.kind == "alert":
        return "bad" if event.text.startswith("bad") else "warn" if event.text.startswith("warn") else "ok"
    return "accent" if event.kind == "action" else "bad" if event.kind in ("fault", "+odown") else "text"


def _deeds(events: Sequence[Event]) -> Iterator[Block]:
    deeds = [event for event in events if event.kind == "action"]
    if not deeds:
        yield words("No operator's action is in the recording.", "dim")
        return
    yield Items(
        tuple(((Cell(clock(one.at, millis=True)), Cell(one.group or "", "title"), Cell(one.text)), ()) for one in deeds)
    )


def _sayings(incident: Incident) -> Iterator[Block]:
    """One list a server: what it announced, and what it began to say when asked."""
    told_by = by_source(incident)
    if not told_by:
        yield words("Nobody said anything new.", "dim")
    for source, rows in told_by.items():
        yield Heading(source, 3)
        yield Table(SAYINGS, rows)


def by_source(incident: Incident) -> Mapping[str, tuple[Row, ...]]:
    """Sentinels first, then nodes, each with its own words in the order of time."""
    found: dict[tuple[bool, str], list[tuple[float, str, str]]] = {}
    watchers = {one.address for group in incident.last.groups for one in group.sentinels}
    known = voters(incident.last)
    for event in incident.events:
        for source, at in heard(event) if event.kind[:1] in ("+", "-") else ():
            row = at, event.group or "", f"{event.kind} {vote_words(event, known)}"
            found.setdefault((source not in watchers, source), []).append(row)
    for said in incident.said:
        found.setdefault((not said.sentinel, said.source), []).append((said.at, said.group, said.text))
    return {
        source: tuple(
            (Cell(clock(at, millis=True)), Cell(group, "title"), Cell(text)) for at, group, text in sorted(rows)
        )
        for (_, source), rows in sorted(found.items())
    }


def _pictures(incident: Incident, history: History) -> Iterator[Block]:
    concerned = [group for group in incident.last.groups if _concerned(incident, group)] or list(incident.last.groups)
    for group in concerned[:PICTURED]:
        marks = [(event.at, sign) for event in incident.events if event.group == group.name and (sign := _sign(event))]
        for metric, how in PICTURES:
            nodes = [node.address for node in group.nodes]
            samples = fleet_span(history, nodes, metric, incident.since, incident.until, STEPS, how)
            drawn = plot(samples, BY_NAME[metric].unit, PLOT, incident.since, incident.until, marks)
            if drawn and any(one is not None and one.high > 0 for one in samples):
                title = "nodes up" if metric == "up" else BY_NAME[metric].title
                yield Picture((f"{group.name}: {title}, {'all' if how == 'sum' else 'most'}", *drawn))
    if len(concerned) > PICTURED:
        yield words(f"{len(concerned) - PICTURED} more groups without a picture.", "dim")
    yield words("Below the pictures: " + ", ".join(f"{sign} {word}" for _, sign, word in SIGNS if word) + ".", "dim")


def _concerned(incident: Incident, group: Group) -> bool:
    named = {*(one.group for one in incident.outages), *(one.group for one in incident.said)}
    return group.name in named or any(event.group == group.name for event in incident.events)


def _sign(event: Event) -> str | None:
    return next((sign for kind, sign, _ in SIGNS if kind == event.kind), None)
