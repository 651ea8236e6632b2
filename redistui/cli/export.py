"""OpenMetrics of the fleet for Prometheus: over HTTP until interrupted, or once on stdout.

The poll is the same that feeds the dashboard; a scrape asks no server anything. Whoever can reach the address can read
it: it is loopback unless another one is given. It runs as a service of systemd: SIGTERM ends it with code 0.
"""

from __future__ import annotations

import argparse
import sys
from functools import partial
from socket import gaierror
from typing import TYPE_CHECKING

from redistui.cli.exits import FINE, USAGE, Quit, service_code
from redistui.cli.options import add_period, add_targets, add_timeout
from redistui.model import host_of, port_of

if TYPE_CHECKING:
    from redistui.cli.scrape import Server

LISTEN = "127.0.0.1:9121"


def arguments(parser: argparse.ArgumentParser) -> None:
    add_targets(parser)
    parser.add_argument("--listen", metavar="HOST:PORT", default=LISTEN, help=f"where to serve (default {LISTEN})")
    parser.add_argument("--once", action="store_true", help="print to stdout once instead of serving")
    parser.set_defaults(past="keep")
    add_period(parser)
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import newest_deeds, watching

    if args.once:
        from prometheus_client.openmetrics.exposition import generate_latest

        from redistui.cli.scrape import Collector

        args.past = "read"  # nobody is called by a look
        with watching(args, rates=True) as (_, fleet):
            print(generate_latest(Collector(lambda: fleet)).decode(), end="")  # type: ignore[no-untyped-call]
        return FINE
    from redistui.cli.scrape import Page
    from redistui.demo.headless import Interrupted, interruptible

    try:
        with interruptible(), opened(args.listen) as server, watching(args, must_reach=False) as (engine, _):
            server.page = Page(lambda: engine.fleet)
            server.now_and_then = partial(newest_deeds().tell, engine)
            print(f"redistui: OpenMetrics at {server.url}; ctrl+c ends it", file=sys.stderr, flush=True)
            server.serve_forever()
    except Interrupted as interrupted:
        return service_code(interrupted.code)
    return FINE


def opened(listen: str) -> Server:
    """Listens there. Quits with code 2 where that cannot be."""
    from redistui.cli.scrape import Server
    from redistui.config.targets import BadTarget, parse_address
    from redistui.view.cells import show

    say = partial("--listen {}: {}".format, show(listen))
    if ":" not in listen:
        raise Quit(USAGE, [say(f"a host and its port are wanted, as in {LISTEN}")])
    try:
        address = parse_address(listen)
    except BadTarget as error:
        raise Quit(USAGE, [say(error)]) from None
    try:
        return Server(host_of(address), port_of(address))
    except gaierror:
        raise Quit(USAGE, [say("there is no such host")]) from None
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise Quit(USAGE, [say(f"cannot listen there: {why}")]) from None
