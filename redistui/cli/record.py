"""A fleet recorded into a file, without a terminal, until interrupted: `redistui replay FILE` shows it as it was.

A file that is a recording of the same targets is continued; any other file is left as it is. It runs as a service of
systemd (Type=exec): SIGTERM ends it with code 0, and nothing that was seen is lost; after a crash the last 5 s are.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from redistui.cli.exits import FAILED, FINE, service_code
from redistui.cli.options import add_period, add_targets, add_timeout
from redistui.view.cells import show

if TYPE_CHECKING:
    from redistui.engine.recording import Recorder
    from redistui.model import Fleet, Target

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", re.IGNORECASE)
_TIME = re.compile(r"(\d+(?:\.\d+)?)\s*([smhdw])", re.IGNORECASE)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LEAST_KEEP, LEAST_SIZE = 120.0, 1_000_000
LOOK = 1.0
"""Seconds between two looks at whether it still writes."""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="where to: a new file, or a recording to go on with")
    add_targets(parser)
    parser.add_argument("--keep", type=length, metavar="TIME", help="delete what is older: 90m, 24h, 7d")
    parser.add_argument(
        "--at-most", type=size, metavar="SIZE", help="delete the oldest beyond this size of the file: 500MB, 2GB"
    )
    parser.set_defaults(past="keep")
    add_period(parser)
    add_timeout(parser)


def run(args: argparse.Namespace) -> int:
    from redistui.cli.opening import newest_deeds, opening, reached, watching
    from redistui.demo.headless import Interrupted, interruptible

    code = FINE
    began = time.monotonic()
    recorder = opening(args).recording_to(Path(args.file), args.keep, args.at_most)
    try:
        with interruptible(), watching(args, must_reach=False, recorder=recorder) as (engine, fleet):
            _say(f"recording {_servers(fleet)} every {engine.period:g} s into {show(args.file)}; ctrl+c ends it")
            silent = not reached(fleet)
            if silent:
                _say_silence(args, engine.targets, fleet)
            deeds = newest_deeds()
            while recorder.trouble is None:
                deeds.tell(engine)
                time.sleep(LOOK)
                if silent and reached(engine.fleet):
                    silent = False
                    _say(f"an answer: recording {_servers(engine.fleet)}")
    except Interrupted as interrupted:
        code = service_code(interrupted.code)
    finally:
        recorder.close()
    return _end(recorder, args.file, time.monotonic() - began, code)


def _say_silence(args: argparse.Namespace, targets: tuple[Target, ...], fleet: Fleet) -> None:
    """Nothing answers: whoever mistyped a target would else find that out when the recording is wanted."""
    from redistui.cli.opening import unreached

    for sentence in unreached(targets, fleet, args.timeout):
        _say(sentence)
    _say("nothing answers yet; it goes on trying, and records what comes")


def _end(recorder: Recorder, file: str, seconds: float, code: int) -> int:
    if recorder.trouble is not None:
        _say(show(recorder.trouble, 1000))
        return FAILED
    size = Path(file).stat().st_size
    _say(f"{show(file)}: {size / 1e6:.1f} MB after {seconds / 60:.1f} min")
    return code


def _servers(fleet: Fleet) -> str:
    count = sum(len(group.members) for group in fleet.groups)
    return f"{count} server{'s' * (count != 1)}"


def _say(text: str) -> None:
    print(f"redistui: {text}", file=sys.stderr, flush=True)


def length(text: str) -> float:
    """A length of time in seconds.

    >>> length("90m"), length("1.5h"), length("7d")
    (5400.0, 5400.0, 604800.0)
    """
    found = _TIME.fullmatch(text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time: 90m, 24h, 7d")
    seconds = float(found[1]) * _SECONDS[found[2].lower()]
    if seconds < LEAST_KEEP:
        raise argparse.ArgumentTypeError(f"{text} is less than {LEAST_KEEP / 60:g} minutes")
    return seconds


def size(text: str) -> int:
    """A size in bytes.

    >>> size("500MB"), size("2 GB"), size("1.5g")
    (500000000, 2000000000, 1500000000)
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size: 500MB, 2GB")
    bytes_ = int(float(found[1]) * 1000 ** " kmgt".index(found[2].lower() or " "))
    if bytes_ < LEAST_SIZE:
        raise argparse.ArgumentTypeError(f"{text} is less than {LEAST_SIZE / 1e6:g} MB")
    return bytes_
