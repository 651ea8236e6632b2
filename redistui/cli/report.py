"""Health report: score, alerts, recommendations with their reasons, groups, trends, capacity, drift.

Trends need a past. Where the fleet's config names a history file, that is read; else servers are watched for --trend
first. Growth per day is told from ten minutes on. With --replay FILE the report is that of a recording: of its end, or,
with --from and --to, of what happened in between (the incident): outage, timeline, who said what, plots.

A time is 12:03:07, 2026-03-01T12:03:07Z, -90s (before the end), +5m (after the beginning), or seconds since 1970.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from redistui.cli.exits import FINE, UNREACHED, USAGE, Quit
from redistui.cli.options import add_json, add_period, add_targets, add_timeout

if TYPE_CHECKING:
    from collections.abc import Iterable

    from redistui.engine.engine import Engine
    from redistui.judge.report import Report
    from redistui.model import Fleet
    from redistui.view.blocks import Block

POLLS = 3
"""Periods that are watched where nothing is said of a trend."""
NEARLY = 0.05
"""The part of a trend's time that may be missing."""
SOME = 900.0
"""Seconds that trends go back where nothing is said, and there is a past."""


def arguments(parser: argparse.ArgumentParser) -> None:
    from redistui.cli.replayed import let_times_go_back

    let_times_go_back(parser)
    parser.set_defaults(past="read")
    add_targets(parser)
    add_json(parser)
    parser.add_argument("--markdown", action="store_true", help="as Markdown, for a mail or a ticket")
    parser.add_argument("--trend", metavar="TIME", type=length, help="how far back trends go: 90s, 10m, 6h, 1d")
    parser.add_argument("--group", metavar="NAME", help="only this group")
    parser.add_argument("--replay", metavar="FILE", help="of a recording")
    parser.add_argument("--from", dest="since", metavar="TIME", help="with --replay: an incident from here")
    parser.add_argument("--to", dest="until", metavar="TIME", help="with --replay: up to here")
    add_period(parser)
    add_timeout(parser)


def length(text: str) -> float:
    """A length of time in seconds.

    >>> length("90"), length("10m"), length("1h30m")
    (90.0, 600.0, 5400.0)
    """
    from redistui.view.moments import SPANS, seconds_of

    seconds = seconds_of(text)
    if seconds is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time, as 90s, 10m, 6h or 1d is")
    if not 1.0 <= seconds <= 7 * SPANS["d"]:
        raise argparse.ArgumentTypeError(f"{text} is not from a second to seven days")
    return seconds


def run(args: argparse.Namespace) -> int:
    if args.json and args.markdown:
        raise Quit(USAGE, ["--json and --markdown are two shapes: one of them"])
    if args.replay is not None:
        from redistui.cli.incident import replayed

        return replayed(args)
    if args.since is not None or args.until is not None:
        raise Quit(USAGE, ["--from and --to are of a recording: name it with --replay FILE"])
    show(lived(args), args)
    return FINE


def lived(args: argparse.Namespace) -> Report:
    """The report of the running fleet, after as long a look as it needs."""
    from redistui.cli.opening import opening, reached, unreached, watching
    from redistui.cli.status import no_group, only
    from redistui.judge.report import begun, report

    with watching(args, must_reach=False, rates=True) as (engine, first):
        if not reached(first):
            raise Quit(UNREACHED, unreached(opening(args).targets, first, args.timeout))
        if args.group is not None and first.group(args.group) is None:
            raise Quit(USAGE, [no_group(first, args.group)])
        fleet = watched(engine, first, args)
        past = fleet.at - (begun(engine.history) or fleet.at)
        whole = fleet if args.group is None else only(fleet, args.group)
        seconds = args.trend or max(1.0, min(SOME, past))
        return report(whole, engine.history, seconds, opening(args).thresholds)


def watched(engine: Engine, fleet: Fleet, args: argparse.Namespace) -> Fleet:
    """The snapshot once the past is as long as was asked for; what a history file tells need not be watched."""
    from redistui.cli.opening import opening
    from redistui.judge.report import reaches

    wanted = args.trend or POLLS * engine.period
    left = wanted - reaches(engine.history, fleet.at - wanted, fleet.at)
    if left <= NEARLY * wanted:
        return fleet
    if args.trend is not None:
        print(f"redistui: watching for {left:.0f} s (--trend)", file=sys.stderr, flush=True)
        engine.set_period(args.period or opening(args).period)
    until = fleet.at + left
    return engine.wait(lambda newer: newer.at >= until, left + 10 * engine.period)


def show(report: Report, args: argparse.Namespace) -> None:
    from redistui.cli.report_document import document
    from redistui.view.report import blocks

    if args.json:
        from redistui.cli.output import put

        put(document(report))
        return
    printed_blocks(blocks(report), as_markdown=args.markdown)


def printed_blocks(blocks: Iterable[Block], *, as_markdown: bool) -> None:
    """A document on stdout."""
    from redistui.cli.paint import harmless
    from redistui.cli.written import lines
    from redistui.view.blocks import markdown

    for line in map(harmless, markdown(blocks)) if as_markdown else lines(blocks):
        print(line)
    sys.stdout.flush()
