"""run(): one command line from its words to its exit code. Nothing that goes wrong ends in a traceback."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from traceback import extract_tb
from types import TracebackType
from typing import Any

from redistui.cli.exits import BUG, INTERRUPTED, USAGE, Quit, of_signal
from redistui.view.cells import show

FILES = ("REDISTUI_CONFIG", "REDISTUI_JOURNAL", "REDISTUI_REMARKS", "REDISTUI_RECORDINGS")
"""Variables that place a file, or a folder."""
Screens = Callable[[], Callable[..., int]]
"""Imports the screens; the command line itself knows nothing of Textual. What comes back runs them."""


def run(argv: Sequence[str], screens: Screens) -> int:
    """Does what the words say and returns the exit code."""
    try:
        code = _run(argv, screens)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as in `redistui status | head -1`. What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return of_signal(signal.SIGPIPE)
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else BUG
    except Exception as error:
        _say(_bug(error))
        return BUG
    return code


def _run(argv: Sequence[str], screens: Screens) -> int:
    from redistui.cli.parser import parse

    verb, args = parse(argv)
    args.screens = screens
    if homeless := _homeless():
        _say(homeless)
        return USAGE
    # Not at the top: `--help` needs no config.
    from redistui.config.problems import ConfigErrors

    try:
        return verb.module().run(args)
    except Quit as error:
        _say(error.sentences)
        return error.code
    except ConfigErrors as error:
        _say(map(str, error.problems))
        return USAGE


def _homeless() -> list[str]:
    """Files that the environment places in the home of a user who is not there: taken as they stand, they would come to
    be in a folder called `~somebody`, right here."""
    found = ((name, os.environ.get(name, "")) for name in FILES)
    return [
        f"{name}={show(path)}: there is no home folder of {show(path.partition('/')[0])}"
        for name, path in found
        if path.startswith("~") and os.path.expanduser(path) == path
    ]


def _say(sentences: Iterable[str]) -> None:
    for sentence in sentences:
        print(f"redistui: {sentence}", file=sys.stderr)


def _bug(error: BaseException) -> list[str]:
    """Where it happened, and nothing of what was being worked on: locals and messages can hold passwords."""
    where = [f"  {place}" for place in _places(error.__traceback__)]
    return [
        f"a bug: {type(error).__name__}. Please report it with these lines and `redistui info`:",
        *where,
    ]


def _places(trace: TracebackType | None) -> list[str]:
    frames: Any = extract_tb(trace)
    return [f"{_short(frame.filename)}:{frame.lineno} in {frame.name}" for frame in frames[-8:]]


def _short(path: str) -> str:
    """The path from the package on: where it is installed is nobody's business."""
    for part in ("site-packages", "redistui"):
        _, found, after = path.rpartition(f"{os.sep}{part}{os.sep}")
        if found:
            return after if part == "site-packages" else f"redistui{os.sep}{after}"
    return os.path.basename(path)
