"""One snapshot of everything behind the targets, as text or as JSON; with --watch again and again."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from redistui.cli.exits import FINE, UNREACHED, USAGE, Quit
from redistui.cli.options import add_json, add_period, add_targets, add_timeout
from redistui.cli.remarked import SaidOf, said_now, said_of, said_then, words
from redistui.cli.replayed import add_at, fleet_at
from redistui.model import Fleet

if TYPE_CHECKING:
    from redistui.engine.engine import Engine


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    add_json(parser)
    parser.add_argument("--watch", action="store_true", help="repeat every period, until interrupted")
    parser.add_argument("--group", metavar="NAME", help="only this group")
    add_period(parser)
    add_timeout(parser)
    parser.add_argument("--replay", metavar="FILE", help="the snapshot of a recording, instead of a fleet's")
    add_at(parser)


def run(args: argparse.Namespace) -> int:
    if args.replay is not None or args.at is not None:
        return _recorded(args)
    from redistui.cli.opening import opening, reached, unreached, watching

    with watching(args, must_reach=False, rates=not args.watch) as (engine, fleet):
        if args.group is not None and not args.watch and fleet.group(args.group) is None:
            raise Quit(USAGE, [no_group(fleet, args.group)])
        for snapshot in _snapshots(engine, fleet) if args.watch else (fleet,):
            if snapshot is not fleet and not args.json:
                print()
            shown = snapshot if args.group is None else only(snapshot, args.group)
            show_status(shown, said_now(args, shown), as_json=args.json)
        if not reached(fleet):
            raise Quit(UNREACHED, unreached(opening(args).targets, fleet, args.timeout))
    return FINE


def _recorded(args: argparse.Namespace) -> int:
    """A snapshot as it was shown while it was recorded."""
    if args.replay is None:
        raise Quit(USAGE, ["--at is a time in a recording: name that with --replay FILE"])
    if args.targets or args.watch:
        raise Quit(USAGE, ["--replay shows one snapshot of a recording: TARGET and --watch do not go with it"])
    fleet = fleet_at(args.replay, args.at)
    if args.group is not None and fleet.group(args.group) is None:
        raise Quit(USAGE, [no_group(fleet, args.group)])
    show_status(fleet if args.group is None else only(fleet, args.group), said_then(fleet), as_json=args.json)
    return FINE


def only(fleet: Fleet, name: str) -> Fleet:
    """The snapshot without the other groups."""
    from dataclasses import replace

    return replace(
        fleet,
        groups=tuple(group for group in fleet.groups if group.name == name),
        findings=tuple(finding for finding in fleet.findings if finding.group == name),
    )


def show_status(fleet: Fleet, said: SaidOf, *, as_json: bool) -> None:
    """`said`: what operators said of the findings."""
    if as_json:
        from redistui.cli.document import status
        from redistui.cli.output import put

        put(status(fleet, said))
        return
    for line in text(fleet, said):
        print(line)
    sys.stdout.flush()


def text(fleet: Fleet, said: SaidOf) -> Iterator[str]:
    """The lines of the text form; what is acknowledged or silenced is marked, and counts for the score all the same."""
    from redistui.cli.document import time
    from redistui.cli.paint import coloured, line, table
    from redistui.judge.health import health
    from redistui.judge.score import band, score
    from redistui.view import status as view
    from redistui.view.cells import Cell

    colour = coloured()
    for group in fleet.groups:
        yield line(view.headline(group, health(fleet, group)), colour)
        yield from table(view.NODES, view.node_rows(fleet, group), colour)
        if group.sentinels:
            yield from table(view.SENTINELS, view.sentinel_rows(fleet, group), colour)
        if group.cluster is not None:
            yield from table(view.SHARDS, view.shard_rows(group), colour)
        yield ""
    for finding in fleet.findings:
        yield line((*view.finding_row(finding), Cell(words(said_of(said, finding)), "dim")), colour)
    points = score(fleet)
    yield f"score {points} ({band(points)}) at {time(fleet.at)}"


def _snapshots(engine: Engine, fleet: Fleet) -> Iterator[Fleet]:
    """One snapshot a period, the newest at its time."""
    while True:
        yield fleet
        due = fleet.at + engine.period * 0.95
        fleet = engine.wait(lambda newer, due=due: newer.at >= due, 10 * engine.period)  # type: ignore[misc]


def no_group(fleet: Fleet, name: str) -> str:
    from redistui.config.problems import nearest
    from redistui.view.cells import show

    names = [show(group.name) for group in fleet.groups]
    return f"there is no group {name!r}{nearest(name, names)}; there are {', '.join(names) or 'none'}"
