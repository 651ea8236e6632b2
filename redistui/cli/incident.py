"""Reports of a recording: of its fleet at the end, or of an incident between two times."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from redistui.cli.document import Document, status, time
from redistui.cli.exits import FINE, USAGE, Quit
from redistui.cli.replayed import player_of, readable
from redistui.cli.report_document import number
from redistui.judge.incident import heard
from redistui.model import Event, Fleet
from redistui.view.cells import show as show_text

if TYPE_CHECKING:
    from redistui.engine.playing import Player, Tape
    from redistui.judge.incident import Incident, Outage
    from redistui.judge.said import Said


def replayed(args: argparse.Namespace) -> int:
    """Prints what --replay asks for. Quits with code 2 where the file or a time will not do."""
    if args.targets:
        raise Quit(USAGE, ["--replay FILE tells of what was recorded: name no target with it"])
    player = player_of(args.replay)
    with readable(args.replay):
        if args.since is None and args.until is None:
            of_the_end(player, args)
        else:
            of_an_incident(player, args)
    return FINE


def of_the_end(player: Player, args: argparse.Namespace) -> None:
    """The health report as it would have been at the end of the recording."""
    from redistui.cli.report import SOME, show
    from redistui.cli.status import no_group, only
    from redistui.judge.report import report

    tape = player.tape
    seconds = args.trend or max(1.0, min(SOME, tape.last_at - tape.first_at))
    player.go(max(tape.first_at, tape.last_at - seconds))
    fleet = player.fleet
    for fleet in steps(player, tape.last_at):  # noqa: B007 - the last one counts, and the past that all of them leave
        pass
    if args.group is not None and fleet.group(args.group) is None:
        raise Quit(USAGE, [no_group(fleet, args.group)])
    whole = fleet if args.group is None else only(fleet, args.group)
    show(report(whole, player.history, seconds, tape.thresholds), args)


def of_an_incident(player: Player, args: argparse.Namespace) -> None:
    from redistui.cli.report import printed_blocks
    from redistui.view.incident import blocks

    since, until = times(player.tape, args)
    player.go(since)
    incident = watched(player, since, until, args.group)
    if args.json:
        from redistui.cli.output import put

        put(document(incident))
        return
    printed_blocks(blocks(incident, player.history), as_markdown=args.markdown)


def times(tape: Tape, args: argparse.Namespace) -> tuple[float, float]:
    """From and to, in seconds since 1970; what is not named is the recording's own end."""
    from redistui.view.moments import BadMoment, moment

    def read(option: str, text: str | None, end: float) -> float:
        try:
            return end if text is None else moment(text, tape.first_at, tape.last_at)
        except BadMoment as error:
            raise Quit(USAGE, [f"{option}: {show_text(str(error), 1000)}"]) from None

    since, until = read("--from", args.since, tape.first_at), read("--to", args.until, tape.last_at)
    if since >= until:
        raise Quit(USAGE, [f"--from {time(since)} is not before --to {time(until)}"])
    return since, until


def steps(player: Player, until: float) -> Iterator[Fleet]:
    """The snapshot that is looked at, and all that follow up to a time."""
    fleet: Fleet | None = player.fleet
    while fleet is not None and fleet.at <= until:
        yield fleet
        fleet = player.step(1)


def watched(player: Player, since: float, until: float, group: str | None = None) -> Incident:
    """Goes through all snapshots of a time. `group`: only this one counts; quits with code 2 where it never was."""
    from redistui.cli.status import no_group, only
    from redistui.judge.incident import Incident, Watcher, gathered

    watcher, first, last = Watcher(), player.fleet, player.fleet
    events: list[Event] = []
    for last in steps(player, until):
        first = last if last.complete and not first.complete else first  # servers were still being found
        watcher.take(last)
        events += [event for event in last.events if since <= event.at <= until]
    if group is not None and last.group(group) is None:
        raise Quit(USAGE, [no_group(last, group)])
    return Incident(
        since=since,
        until=until,
        first=first if group is None else only(first, group),
        last=last if group is None else only(last, group),
        outages=tuple(one for one in watcher.outages if group in (None, one.group)),
        said=tuple(sorted(one for one in watcher.said if group in (None, one.group) and one.at >= since)),
        events=tuple(event for event in gathered(events) if group in (None, event.group)),
    )


def document(incident: Incident) -> Document:
    """The JSON document of an incident."""
    return {
        "since": time(incident.since),
        "until": time(incident.until),
        "outages": [outage_document(one) for one in incident.outages],
        "events": [event_document(one) for one in incident.events],
        "said": [said_document(one) for one in incident.said],
        "first": status(incident.first),
        "last": status(incident.last),
    }


def outage_document(one: Outage) -> Document:
    """What clients saw lies between `shortest` and `longest` seconds; null: not known, or it is not over."""
    return {
        "group": one.group,
        "slots": [list(pair) for pair in one.slots],
        "refused": one.refused,
        "before": one.before,
        "after": one.after,
        "heard_at": time(one.heard_at),
        "missed_at": time(one.missed_at),
        "back_at": time(one.back_at),
        "shortest": number(one.shortest),
        "longest": number(one.longest),
    }


def event_document(event: Event) -> Document:
    return {
        "at": time(event.at),
        "source": event.source or None,
        "kind": event.kind,
        "group": event.group,
        "text": event.text,
        "witnesses": [{"source": source, "at": time(at)} for source, at in heard(event)],
    }


def said_document(one: Said) -> Document:
    return {
        "at": time(one.at),
        "source": one.source,
        "group": one.group,
        "text": one.text,
        "sentinel": one.sentinel,
    }
