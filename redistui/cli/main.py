"""run(): one command line from its words to its exit code. Nothing that goes wrong ends in a traceback."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from traceback import extract_tb
from types import TracebackType
from typing import Any

from redistui.cli import output
from redistui.cli.exits import BUG, INTERRUPTED, USAGE, Quit, of_signal
from redistui.view.cells import show

FILES = ("REDISTUI_CONFIG", "REDISTUI_JOURNAL", "REDISTUI_REMARKS", "REDISTUI_RECORDINGS")
"""Variables that place a file, or a folder."""
Screens = Callable[[], Callable[..., int]]
"""Imports the screens; the command line itself knows nothing of Textual. What comes back runs them."""
Ended = tuple[int, Sequence[str]]
"""An exit code, and the sentences that say why."""


def run(argv: Sequence[str], screens: Screens) -> int:
    """Does what the words say and returns the exit code."""
    before = output.were_put()
    try:
        with ended_by_signals() if output.wanted(argv) else nullcontext():
            call = Call(argv, screens)
            code, sentences = call.ended()
            _say(sentences)
            if output.wanted(argv) and code and output.were_put() == before:
                output.put(call.told_of(code, sentences))
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as in `redistui status | head -1`. What is still buffered has nowhere to go.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return of_signal(signal.SIGPIPE)
    return code


class Call:
    """One command line."""

    def __init__(self, argv: Sequence[str], screens: Screens) -> None:
        self._argv = argv
        self._screens = screens
        self._args: argparse.Namespace | None = None
        """None: the words were not understood."""

    def ended(self) -> Ended:
        """Does it; how that ended, whatever it was but a reader of ours that went away."""
        try:
            return self._run(), ()
        except Quit as error:
            return error.code, error.sentences
        except KeyboardInterrupt:
            return INTERRUPTED, ()
        except SystemExit as error:
            return (error.code if isinstance(error.code, int) else BUG), ()
        except BrokenPipeError:
            raise
        except Exception as error:
            return BUG, _bug(error)

    def _run(self) -> int:
        from redistui.cli.parser import parse

        verb, args = parse(self._argv)
        args.screens = self._screens
        self._args = args
        if homeless := _homeless():
            raise Quit(USAGE, homeless)
        # Not at the top: `--help` needs no config.
        from redistui.config.problems import ConfigErrors

        try:
            return verb.module().run(args)
        except ConfigErrors as error:
            raise Quit(USAGE, map(str, error.problems)) from None

    def told_of(self, code: int, sentences: Sequence[str]) -> dict[str, object]:
        """The document of a verb that came to none: why, and what else its module knows."""
        from redistui.cli.parser import split

        said = list(sentences) or ["interrupted" if code >= INTERRUPTED - 2 else "it ended without a word"]
        absent = getattr(split(self._argv)[0].module(), "absent", None)
        known = {} if absent is None else absent(self._args, code, said)
        return {**known, "error": said, "exit": code}


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Signals that would end the process at once end it as an exception does, so that it can still say so; further ones
    are ignored then. What is ignored already (nohup) stays so, and verbs that take signals themselves get them."""

    def end(number: int, _: object) -> None:
        for other in kept:
            signal.signal(other, signal.SIG_IGN)
        raise SystemExit(of_signal(number))

    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    kept = {number: handler for number, handler in kept.items() if handler is signal.SIG_DFL}
    for number in kept:
        signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


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
