"""What would happen if these servers were lost now: who takes over and why not the others, whether enough Sentinels or
primaries are left to vote, which slots nobody would serve, what would be lost, and how long writes would fail.

Nothing is sent but reads. All of them are taken to go at the same moment. Exit code 0, whatever the answer is.
"""

from __future__ import annotations

import argparse
from math import isfinite
from typing import TYPE_CHECKING, Any

from redistui.cli.exits import FINE, USAGE, Quit
from redistui.cli.options import add_json, add_targets, add_timeout, seconds
from redistui.model import Address, Fleet

if TYPE_CHECKING:
    from redistui.engine.engine import Engine
    from redistui.judge.forecast import Assumed, Forecast, GroupForecast, ShardForecast

HELLO_SECONDS = 3.0
"""Sentinels greet each other through the nodes they watch every 2 s: only then is it known that there are any."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    parser.add_argument(
        "--kill", metavar="ADDRESS,...", action="append", default=[], help="servers, Sentinels too, as host:port"
    )
    parser.add_argument("--site", metavar="SITE", help="everything that stands at this site")
    parser.add_argument(
        "--node-timeout", type=seconds, metavar="SECONDS",
        help="cluster-node-timeout, which no watch user may read (default 15)",
    )  # fmt: skip
    parser.add_argument(
        "--validity-factor", type=factor, metavar="N", help="cluster-replica-validity-factor (default 10)"
    )
    parser.add_argument(
        "--partial-coverage", action="store_true", help="the clusters have cluster-require-full-coverage no"
    )
    add_json(parser)
    parser.set_defaults(period=None)
    add_timeout(parser)


def factor(text: str) -> int:
    """A whole number, 0 for no limit.

    >>> factor("3")
    3
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 6):
        raise argparse.ArgumentTypeError(f"{text!r} is no factor: a whole number, 0 for no limit")
    return int(text)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import watching
    from redistui.judge.forecast import forecast

    args.seeds = addresses = named(args)
    with watching(args, rates=True) as (engine, first):
        fleet = known_sentinels(engine, first, args.timeout)
        killed = checked(fleet, addresses) if args.site is None else at_site(fleet, args.site)
        told = forecast(fleet, killed, assumed(args))
    if args.json:
        from redistui.cli.output import put

        put(document(told))
    else:
        _print(told, fleet)
    return FINE


def known_sentinels(engine: Engine, fleet: Fleet, timeout: float) -> Fleet:
    """A snapshot by which Sentinels have been heard of where there are any, and asked."""

    def watched(fleet: Fleet) -> bool:
        return fleet.complete and all(group.kind != "replication" for group in fleet.groups)

    if watched(fleet):
        return fleet
    engine.wait(watched, HELLO_SECONDS)
    return engine.wait(lambda fleet: fleet.complete, timeout)


def named(args: argparse.Namespace) -> list[Address]:
    """The servers that --kill names. Quits with code 2 for what is no address, and for anything but one of the two."""
    from redistui.config.targets import BadTarget, parse_address
    from redistui.view.cells import show

    words = [word.strip() for given in args.kill for word in given.split(",")]
    if bool(words) == (args.site is not None):
        raise Quit(USAGE, ["say what is lost: either --kill ADDRESS,... or --site SITE"])
    found = []
    for word in words:
        try:
            found.append(parse_address(word))
        except BadTarget as error:
            raise Quit(USAGE, [f"--kill: {show(word) or 'an empty word'}: {error}"]) from None
    return list(dict.fromkeys(found))


def checked(fleet: Fleet, addresses: list[Address]) -> list[Address]:
    """The same, if all of them are known. Quits with code 2."""
    from redistui.config.problems import nearest
    from redistui.view.cells import show

    known = [member.address for group in fleet.groups for member in group.members]
    wrong = [address for address in addresses if address not in known]
    if wrong:
        shown = [show(address) for address in dict.fromkeys(known)]
        near = nearest(wrong[0], shown) or f"; there are {', '.join(shown)}"
        raise Quit(USAGE, [f"--kill: no server {show(wrong[0])} is known behind this target{near}"])
    return addresses


def at_site(fleet: Fleet, site: str) -> tuple[Address, ...]:
    """All that stands there. Quits with code 2 where nothing does."""
    from redistui.config.problems import nearest
    from redistui.judge.forecast import members_at
    from redistui.view.cells import show

    found = members_at(fleet, site)
    if not found:
        sites = sorted({show(m.site) for group in fleet.groups for m in group.members if m.site is not None})
        there = (
            f"there are {', '.join(sites)}" if sites else "no site is known: name them as [sites.NAME] in the config"
        )
        raise Quit(USAGE, [f"--site: nothing stands at {show(site)!r}{nearest(site, sites)}; {there}"])
    return found


def assumed(args: argparse.Namespace) -> Assumed:
    from redistui.judge.forecast import Assumed

    usual = Assumed()
    timeout = usual.node_timeout if args.node_timeout is None else args.node_timeout
    return Assumed(
        node_timeout=timeout if isfinite(timeout) else usual.node_timeout,
        validity_factor=usual.validity_factor if args.validity_factor is None else args.validity_factor,
        full_coverage=not args.partial_coverage,
    )


def document(told: Forecast) -> dict[str, Any]:
    """The `whatif --json` document; `exact`: no smaller set than `smallest_stop` does it."""
    return {
        "killed": list(told.killed),
        "groups": [_group(group) for group in told.groups],
        "smallest_stop": list(told.smallest_stop),
        "exact": told.exact,
    }


def _group(group: GroupForecast) -> dict[str, Any]:
    return {
        "group": group.group,
        "writes": group.writes,
        "reason": group.reason,
        "promoted": group.promoted,
        "why_not": dict(group.why_not),
        "quorum": group.quorum,
        "majority": group.majority,
        "shards": [_shard(shard) for shard in group.shards],
        "loss_bytes": group.loss_bytes,
        "outage_seconds": group.outage_seconds,
        "notes": list(group.notes),
    }


def _shard(shard: ShardForecast) -> dict[str, Any]:
    return {
        "primary": shard.primary,
        "writes": shard.writes,
        "promoted": shard.promoted,
        "equals": list(shard.equals),
        "why_not": dict(shard.why_not),
        "dark_slots": [list(pair) for pair in shard.dark_slots],
        "loss_bytes": shard.loss_bytes,
        "outage_seconds": shard.outage_seconds,
    }


def _print(told: Forecast, fleet: Fleet) -> None:
    import shutil

    from redistui.cli.paint import coloured, harmless, painted
    from redistui.view.forecast import whole_rows

    colour, width = coloured(), max(40, min(120, shutil.get_terminal_size((100, 24)).columns))
    for row in whole_rows(fleet, told, width):
        print("".join(painted(harmless(cell.text), cell.tone, colour) for cell in row).rstrip())
