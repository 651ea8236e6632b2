"""One event in full: when, who said so, what it means, what else happened then; of an alert all that is known of it, of
an operator's deed every command that was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redistui.model import Alert, Event, Fleet
from redistui.ops.logged import LoggedOperation
from redistui.view import alerts, figures, oplog, words
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.events import ALERT, alert_words, loudness, told
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines
from redistui.view.votes import voters

LABEL = 14
NEAR = 10.0
"""Seconds before and after an event in which others of its group are told beside it."""
MOST_NEAR = 12
MEANINGS: Mapping[str, str] = {
    "+sdown": "one Sentinel had no valid answer from it for down-after-milliseconds; it alone believes so yet",
    "-sdown": "it answers this Sentinel again",
    "+odown": "as many Sentinels as the quorum asks for see the primary down: a failover may begin",
    "-odown": "too few Sentinels still see the primary down",
    "+new-epoch": "a new configuration epoch began: each vote counts once in it",
    "+try-failover": "a Sentinel would like to fail over and asks the others for their votes",
    "+vote-for-leader": "a Sentinel gave its vote for who is to lead the failover",
    "+elected-leader": "a Sentinel won the vote and leads the failover",
    "+failover-state-select-slave": "the leader looks for the replica to promote",
    "+selected-slave": "the replica that is to be promoted is chosen",
    "+failover-state-send-slaveof-noone": "the chosen replica is told to be a primary",
    "+failover-state-wait-promotion": "the leader waits until the chosen replica says that it is a primary",
    "+promoted-slave": "the chosen replica says that it is a primary",
    "+failover-state-reconf-slaves": "the other replicas are told to follow the new primary",
    "+slave-reconf-sent": "a replica was told to follow the new primary",
    "+slave-reconf-inprog": "a replica follows the new primary and copies what it lacks",
    "+slave-reconf-done": "a replica is in step with the new primary",
    "+failover-end": "the failover is done",
    "+failover-end-for-timeout": "the failover ended by its timeout: some replicas may not follow the new primary yet",
    "+switch-master": "clients are sent to another primary from now on",
    "+role-change": "a node says the role again that the Sentinel expects of it",
    "-role-change": "a node says another role than the Sentinel expects of it",
    "+reboot": "its run id is another one: it was restarted",
    "+fix-slave-config": "a replica follows somebody else than it should, and is told to follow the primary",
    "-slave-reconf-sent-timeout": "a replica that was told to follow the new primary does not follow it yet",
    "+sentinel-address-switch": "a Sentinel is found at another address",
    "+sentinel-address-update": "what others say of that Sentinel's address was taken over",
    "+sentinel-invalid-addr": "a Sentinel cannot be reached where it said it is",
    "-cmd-link-reconnection": "the Sentinel's connection for commands ended and is opened again",
    "-pubsub-link-reconnection": "the Sentinel's connection for announcements ended and is opened again",
    "-script-error": "a notification or reconfiguration script ended with an error",
    "-script-timeout": "a notification or reconfiguration script ran for too long and was ended",
    "+set": "a setting of the group was changed at this Sentinel",
    "+convert-to-slave": "a node that said it was a primary is told to be a replica",
    "+slave": "a replica was found",
    "+sentinel": "another Sentinel was found",
    "+reset-master": "what the Sentinel knew of this group was forgotten, and is being found anew",
    "+tilt": "the Sentinel's clock or process stood still: for 30 s it only watches and fails nothing over",
    "-tilt": "the Sentinel trusts its clock again and acts",
    "+config-update-from": "a Sentinel took over a newer configuration from another one",
    "+monitor": "a Sentinel began to watch this group",
    "-monitor": "a Sentinel watches this group no more",
    "-failover-abort-not-elected": "no Sentinel had enough votes: nobody was promoted",
    "-failover-abort-no-good-slave": "no replica was fit to be promoted: writes have nowhere to go",
    "-failover-abort-slave-timeout": "the chosen replica did not become a primary in time",
    "-failover-abort-master-timeout": "the primary did not hand over in time: it stays the primary",
    "role": "it says of itself that it is something else than at the poll before",
    "restart": "its run id is another one: what it held in memory only is gone, its counters begin at 0",
    "fault": "its poll brought no whole answer",
    "up": "it answers again",
    "acknowledged": "an operator sees to this alert: it is told no more until it gets worse",
    "silenced": "an operator wants to be told nothing of alerts that fit, until then",
    "hook": "the command or webhook of [alerts] in the config did not do what it should",
    "remarks": "what is acknowledged or silenced is kept in a file for the next run; that cannot be read or written",
    "epoch": "a higher epoch: somebody was promoted, or slots changed their owner",
    "slots": "slots changed their owner, none was seen open: an atomic or quick move, or another node claimed them",
}
"""What a kind of event means, in words that need no manual."""
OURS: Mapping[str, str] = {
    "role": "redistui, between two polls of",
    "restart": "redistui, between two polls of",
    "fault": "redistui, at its poll of",
    "up": "redistui, at its poll of",
    "epoch": "redistui, at its poll of",
    "slots": "redistui, between two polls of",
}


def portrait(fleet: Fleet, event: Event, glyphs: Glyphs, width: int, operation: LoggedOperation | None = None) -> Lines:
    """An event's own page, wrapped to a width. `operation`: of a deed, what the journal has of it."""
    sections: tuple[tuple[str, list[Row]], ...] = (
        ("", list(_itself(fleet, event, glyphs, width))),
        ("Said by", list(_witnesses(event, width))),
        ("What was sent", [] if operation is None else list(oplog.block(operation, width))),
        (f"Within {NEAR:.0f} s of it", list(_near(fleet, event, width))),
    )
    kind, _ = told(event)
    head = Line((Cell(f" {show(kind)}", loudness(event)), Cell(f"  {show(event.group or '')}", "dim")), "band")
    return Lines((), [("title", head), *paged(sections)])


def alert_page(fleet: Fleet, alert: Alert, glyphs: Glyphs, width: int) -> Lines:
    """An alert's own page."""
    rows = list(alerts.portrait(fleet, alert, glyphs, width))
    lasting = "lasts" if alert.ended_at is None else "is over"
    head = Line((Cell(f" {show(alert.rule)}", alert.level), Cell(f"  {lasting}", "dim")), "band")
    began = Event(alert.since, alert.node or "", "alert", alert.group, "")
    sections = (("", rows), (f"Within {NEAR:.0f} s of its beginning", list(_near(fleet, began, width))))
    return Lines((), [("title", head), *paged(sections)])


def paged(sections: Sequence[tuple[str, list[Row]]]) -> Iterator[tuple[str, Line]]:
    """Sections that have rows, each under its title, a blank line before it."""
    for title, rows in sections:
        if title and rows:
            yield f"{title} gap", Line((), "text")
            yield f"{title} head", Line((Cell(title, "title"),), "text")
        for number, row in enumerate(rows):
            yield f"{title} {number}", Line(row, "text")


def _fact(label: str, text: str, width: int, tone: Tone = "text") -> list[Row]:
    return words.paragraph(text, width, tone, Cell(f"  {label:<{LABEL}}", "dim"))


def _itself(fleet: Fleet, event: Event, glyphs: Glyphs, width: int) -> Iterator[Row]:
    said = alert_words(event)
    alert = None if said is None else alert_of(fleet, event)
    when = f"{words.clock(event.at, millis=True)} UTC, {figures.span(fleet.at - event.at)} ago"
    if alert is not None:
        yield from _fact("when", when, width)
        yield from alerts.portrait(fleet, alert, glyphs, width)
        return
    yield from words.paragraph(show(told(event, voters(fleet))[1], 4000), width, loudness(event))
    yield from _fact("when", when, width)
    meaning = MEANINGS.get(event.kind, "") if said is None else alerts.meaning(said.rule)
    if meaning:
        yield from _fact("it means", meaning, width)
    value = "" if said is None else _valued(event.about)
    if value:
        yield from _fact("value then", value, width)
    if event.witnesses and event.kind not in OURS:
        yield from _fact("in its words", show(f"{event.kind} {event.text}", 4000), width, "dim")


def _valued(about: Sequence[str]) -> str:
    """The number that an alert's event was about, with its threshold; empty where there was none."""
    try:
        level, value, threshold = about[4:7]
        return alerts.valued(float(value), float(threshold) if threshold else None, show(level))
    except ValueError:
        return ""


def alert_of(fleet: Fleet, event: Event) -> Alert | None:
    """The alert that an event tells of, where it lasts still or is over since a short while."""
    said = alert_words(event)
    if said is None:
        return None
    key = (said.rule, event.group, event.source or None)
    return next((one for one in fleet.alerts if one.key == key and one.since <= event.at + 1.0), None)


def _witnesses(event: Event, width: int) -> Iterator[Row]:
    """Everybody who said so, the first one first, each with how much later it was. An alert is a verdict of ours."""
    if event.kind == ALERT:
        return
    times = event.heard or (event.at,) * len(event.witnesses)
    rows = sorted(zip(times, event.witnesses, strict=False))
    if event.kind in OURS:
        yield from _fact("seen by", f"{OURS[event.kind]} {show(event.source)}", width)
    if len(rows) < 2 and event.kind in OURS:
        return
    for at, who in rows:
        later = "" if at <= rows[0][0] else f"  {1000 * (at - rows[0][0]):,.0f} ms after the first"
        yield (
            Cell(f"  {words.clock(at, millis=True)}  ", "dim"),
            Cell(show(who), "sentinel"),
            Cell(later, "dim"),
        )
    if not rows and event.source and event.kind not in OURS:
        yield from _fact("node", show(event.source), width)


def _near(fleet: Fleet, event: Event, width: int) -> Iterator[Row]:
    """What else happened in the group around then."""
    close = [
        one
        for one in fleet.events
        if one.group == event.group and abs(one.at - event.at) <= NEAR and (one.kind, one.text) != _gist(event)
    ]
    close.sort(key=lambda one: abs(one.at - event.at))
    known = voters(fleet)
    for one in sorted(close[:MOST_NEAR], key=lambda one: one.at):
        kind, text = told(one, known)
        lead = Cell(f"  {one.at - event.at:+7.3f} s  {show(kind)[:20]:<20} ", "dim")
        yield from words.paragraph(show(text, 300), width, loudness(one), lead)


def _gist(event: Event) -> tuple[str, str]:
    return event.kind, event.text
