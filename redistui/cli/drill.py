"""Runs an action, or a fault, under canaries, and reports the outage and the acknowledged writes that were lost.

Three clients write and read at every shard, each in its own way: one stays with the primary it found first, one
follows Sentinels or the slot map, one asks twice a second. They write only keys under redistui:canary:, which expire
after an hour, about 100 writes a second at each shard in all. An action is the one of `redistui do`, with the same
checks, journal and verification. What is reported is computed from the canaries' log alone, which is kept.

--kill, --hang and --partition strike servers of a demo fleet that the drill starts itself, never others. So does
plain-sentinel-failover: SENTINEL FAILOVER without a fence, to see what that loses.

Exit code 0, or 4 when the objective (--max-lost, --max-outage) was missed; that of `do` where the action itself
did not end well.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from os.path import expanduser
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.cli.acting import PAST, add_options
from redistui.cli.exits import FAILED, FINE, REFUSED, UNHEALTHY, UNKNOWN, UNREACHED, USAGE, Quit, masked
from redistui.cli.options import add_json, add_target_option, add_timeout, seconds

if TYPE_CHECKING:
    from redistui.cli.drilled import Objective
    from redistui.cli.parser import Parser
    from redistui.demo.fleet import DemoFleet
    from redistui.drill.log import Log
    from redistui.engine.engine import Engine

SHAPES = ("sentinel", "cluster", "sites", "all")
PLAIN = "plain-sentinel-failover"
CODES = {"verified": FINE, "struck": FINE, "refused": REFUSED, "failed": FAILED, "unknown": UNKNOWN}


def arguments(parser: Parser) -> None:
    parser.add_argument("action", nargs="?", metavar="ACTION", help=f"an action of `redistui do`, or {PLAIN}")
    parser.add_argument(
        "words", nargs="*", default=[], metavar="ARG", help="the action's own arguments, then any TARGETs"
    )
    parser.add_argument("--yes", action="store_true", help="run it without asking")
    parser.add_argument("--repeat", type=number(1, 1000), default=1, metavar="N", help="so many runs, min/median/max")
    parser.add_argument("--max-lost", type=number(0, 10**9), metavar="N", help="objective: acknowledged writes lost")
    parser.add_argument("--max-outage", type=seconds, metavar="2s", help="objective: longest time without writes")
    parser.add_argument("--markdown", action="store_true", help="the report as Markdown")
    parser.add_argument("--log", metavar="FILE", help="where the canaries' log goes (a new file)")
    parser.add_argument("--read", metavar="FILE", help="the report of a log that is there; nothing is run")
    parser.add_argument("--rate", type=rate, metavar="N", help="writes a second of each client at each shard (33)")
    parser.add_argument("--calm", type=seconds, default=2.0, metavar="SECONDS", help="before and after (default 2)")
    fault = parser.add_argument_group("at a demo fleet of the drill's own")
    fault.add_argument("--demo", action="store_true", help="run the action there")
    fault.add_argument("--kill", metavar="NAME", help="kill -9 the primary, a replica, or a server by its name")
    fault.add_argument("--hang", metavar="NAME", help="the same with SIGSTOP")
    fault.add_argument("--partition", action="store_true", help="cut the primary and one client off from the rest")
    fault.add_argument("--shape", choices=SHAPES, default="sentinel", help="of the demo fleet (default sentinel)")
    fault.add_argument("--engine", metavar="PATH", help="the server program of the demo fleet")
    fault.add_argument("--seed", metavar="TEXT", help="repeats the choices of an earlier run")
    add_options(parser)
    add_target_option(parser)
    add_json(parser)
    add_timeout(parser)
    parser.set_defaults(period=None, theme=None, pace=0, reason=None)


def number(least: int, most: int) -> Callable[[str], int]:
    def whole(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) < 12 and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return int(text)

    return whole


def rate(text: str) -> float:
    """
    >>> rate("50")
    50.0
    """
    return float(number(1, 1000)(text))


def run(args: argparse.Namespace) -> int:
    from redistui.cli.drilled import Objective
    from redistui.drill.log import LogError

    outage = None if args.max_outage is None else 1000 * args.max_outage
    objective = Objective(args.max_lost, outage)
    try:
        if args.read:
            return report(args, objective, Path(expanduser(args.read)), FINE)
        check(args)
        return drilled(args, objective)
    except LogError as error:
        raise Quit(USAGE, [str(error)]) from None


def check(args: argparse.Namespace) -> None:
    """Quits with code 2 where the words do not make one drill."""
    from redistui.cli.acting import chosen
    from redistui.cli.opening import person_here

    faults = [name for name in ("kill", "hang", "partition") if getattr(args, name)]
    if len(faults) + bool(args.action) != 1:
        what = "one action, or one of --kill, --hang, --partition"
        raise Quit(USAGE, [f"a drill is of {what}; see redistui drill --help"])
    args.fault = faults[0] if faults else ""
    args.own = bool(faults) or args.demo or args.action == PLAIN
    if args.action in PAST:
        raise Quit(USAGE, [f"{args.action} goes on with what was begun, and is no drill"])
    args.chosen = None if args.action in (None, PLAIN) else chosen(args)
    if args.own and (args.targets or (args.words and args.chosen is None)):
        who = f"--{args.fault}" if args.fault else "--demo" if args.demo else PLAIN
        raise Quit(USAGE, [f"{who} takes no target: only servers that the drill has started itself may be struck"])
    if not args.yes and (args.own or not person_here()):
        raise Quit(USAGE, ["a drill writes to the servers and runs an action: say --yes, or run it at a terminal"])
    if args.markdown and args.json:
        raise Quit(USAGE, ["--json and --markdown: one of them"])


def drilled(args: argparse.Namespace, objective: Objective) -> int:
    """All runs, one after the other, into one log; then the report of those that were flown."""
    from redistui.drill.log import Log
    from redistui.engine.logins import NoPassword
    from redistui.route.failures import BadRoute
    from redistui.view.cells import show

    log = Log(log_path(args))
    try:
        code = flown(args, log)
    except (NoPassword, BadRoute) as error:
        raise Quit(USAGE, [show(str(error), 2000)]) from None
    except BaseException:
        if not log.empty:
            args.kept = str(log.path)
            tell(f"ended early; what was flown is in {log.path}")
        raise
    finally:
        log.close()
    return report(args, objective, log.path, code)


def flown(args: argparse.Namespace, log: Log) -> int:
    """The runs; the exit code of the first that did not end well. Quits where there was not even one."""
    from redistui.cli.drill_deeds import Again, NotDone, next_deed
    from redistui.drill.drill import NotFlying, fly
    from redistui.drill.ground import NoGround
    from redistui.route.failures import RouteFailed
    from redistui.view.cells import show

    again, code = Again(), FINE
    with ground_of(args) as (engine, demo):
        for turn in range(args.repeat):
            try:
                setting, deed = next_deed(args, engine, demo, again, turn)
                fly(engine, setting, deed, log, tell)
            except (NotDone, NotFlying, NoGround, RouteFailed) as error:
                code = REFUSED if isinstance(error, NotDone) else UNREACHED
                sentence = show(str(error), 4000)
                if not turn:
                    raise Quit(code, [sentence]) from None
                tell(f"no run {turn + 1}: {sentence}")
                return code
            code = CODES.get(deed.outcome, UNKNOWN)
            if code:
                return code
    return code


def log_path(args: argparse.Namespace) -> Path:
    """--log, else a new name in the operator's state folder."""
    if args.log:
        return Path(expanduser(args.log))
    from redistui.drill.log import new_path

    return new_path(args.action or args.fault)


def tell(text: str) -> None:
    from redistui.view.cells import show

    print(f"redistui: {show(text)}", file=sys.stderr, flush=True)


def absent(args: argparse.Namespace | None, code: int, sentences: Sequence[str]) -> dict[str, object]:
    """The document of a drill that came to no report; `log`: what was flown until then, where something was."""
    action = getattr(args, "action", None) or getattr(args, "fault", None)
    return {
        "action": action and masked(action),
        "runs": [],
        "objective": None,
        "passed": False,
        "log": getattr(args, "kept", None),
    }


def report(args: argparse.Namespace, objective: Objective, path: Path, code: int) -> int:
    """Computes the figures from the log, prints them, and gives the exit code."""
    from redistui.cli.drilled import document, markdown, missed, print_text
    from redistui.cli.output import put
    from redistui.drill.figures import figures
    from redistui.drill.log import LogError, read_log

    try:
        runs = [figures(lines) for lines in read_log(path)]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LogError(f"{path}: this is no drill's log, or not a whole one ({type(error).__name__})") from None
    if not runs:
        raise LogError(f"{path}: there is no run of a drill in it")
    if args.json:
        put(document(runs, objective, path))
    elif args.markdown:
        print("\n".join(markdown(runs, objective, path)), flush=True)
    else:
        print_text(runs, objective, path)
    return code or (UNHEALTHY if any(missed(one, objective) for one in runs) else FINE)


@contextmanager
def ground_of(args: argparse.Namespace) -> Iterator[tuple[Engine, DemoFleet | None]]:
    """The fleet that is drilled: one of the operator's, or of our own making."""
    from redistui.cli.opening import watching

    if args.own:
        with own_fleet(args) as found:
            yield found
        return
    with watching(args) as (engine, _):
        yield engine, None


@contextmanager
def own_fleet(args: argparse.Namespace) -> Iterator[tuple[Engine, DemoFleet | None]]:
    from redistui.cli.demo import demo_opening
    from redistui.cli.opening import config_of
    from redistui.demo import DemoError, DemoFleet
    from redistui.demo.headless import Interrupted, interruptible
    from redistui.demo.problems import StartFailed
    from redistui.demo.shapes import SHAPES as SHAPES_OF

    tell(f"starting a demo fleet ({args.shape})")
    try:
        shape = tuple(replace(group, cuttable=args.partition) for group in SHAPES_OF[args.shape])
        with interruptible(), DemoFleet(shape, args.engine, traffic=False) as demo:
            engine = demo_opening(args, demo, config_of(args)).engine()
            try:
                engine.wait(lambda fleet: fleet.complete, args.timeout)
                yield engine, demo
            finally:
                engine.stop()
    except Interrupted as interrupted:
        raise Quit(interrupted.code) from None
    except StartFailed as error:
        raise Quit(UNREACHED, [str(error)]) from None
    except DemoError as error:
        raise Quit(USAGE, [str(error)]) from None
