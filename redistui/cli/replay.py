"""A recording in the dashboard: every screen, at any time of it. Nothing is connected to, and no action is possible.

With --json it prints the `status` document of one time instead, and with --diff what is different between two; with
both, that as JSON: {"from", "to", "changes": [{"group", "text", "tone"}]}, where group is null for the whole fleet.
"""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from redistui.cli.dashboard import Look, check_theme
from redistui.cli.exits import FINE
from redistui.cli.options import add_json
from redistui.cli.output import put
from redistui.cli.replayed import add_at, at_of, fleet_at, go_to, player_of
from redistui.cli.terminal import need_terminal

if TYPE_CHECKING:
    from redistui.model import Fleet


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a recording: of `redistui record`, or of --record")
    add_at(parser)
    add_json(parser)
    parser.add_argument(
        "--diff", nargs=2, metavar=("T1", "T2"), help="print what is different between two times, and open nothing"
    )
    parser.add_argument("--group", metavar="NAME", help="the group to look at first")
    parser.add_argument("--theme", metavar="NAME", help="a theme of `redistui themes`")
    parser.add_argument("--ascii", action="store_true", default=None, help="draw with ASCII signs only")
    parser.add_argument("--mouse", action="store_true", help="take mouse clicks; selecting text then needs shift")


def run(args: argparse.Namespace) -> int:
    if args.diff:
        return _differ(args.file, *args.diff, as_json=args.json)
    if args.json:
        from redistui.cli.remarked import said_then
        from redistui.cli.status import show_status

        fleet = fleet_at(args.file, args.at)
        show_status(fleet, said_then(fleet), as_json=True)
        return FINE
    return _show(args)


def _differ(file: str, one: str, other: str, *, as_json: bool) -> int:
    from redistui.cli.paint import coloured, line
    from redistui.view.difference import rows

    player = player_of(file)
    first, last = sorted((one, other), key=lambda text: at_of(player, text, "--diff"))
    before, after = go_to(player, file, first), go_to(player, file, last)
    if as_json:
        put(_document(before, after))
    else:
        colour = coloured()
        for row in rows(before, after, 120):
            print(line(row, colour))
    sys.stdout.flush()
    return FINE


def _document(before: Fleet, after: Fleet) -> dict[str, Any]:
    from redistui.cli.document import time
    from redistui.view.difference import difference

    found = [{"group": one.group or None, "text": one.text, "tone": one.tone} for one in difference(before, after)]
    return {"from": time(before.at), "to": time(after.at), "changes": found}


def _show(args: argparse.Namespace) -> int:
    from redistui.cli.opening import config_of
    from redistui.engine.playback import Playback

    config = config_of(args)
    need_terminal("with --json it needs none")
    check_theme(args.theme)
    player = player_of(args.file)
    go_to(player, args.file, args.at)
    show = args.screens()
    engine = Playback(player)
    look = Look(
        config=config,
        theme=args.theme or config.theme,
        ascii=config.ascii if args.ascii is None else args.ascii,
        mouse=args.mouse,
        armed=False,
        group=args.group,
        replay=True,
        thresholds=player.tape.thresholds,
    )
    try:
        code: int = show(engine, look)
    finally:
        engine.stop()
    return code
