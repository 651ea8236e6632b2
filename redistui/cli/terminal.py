"""What is needed of a terminal before anything is painted on it. Asked before Textual is imported."""

from __future__ import annotations

import os
import sys

from redistui.cli.exits import USAGE, Quit


def need_terminal(instead: str = "`redistui status` needs none") -> None:
    """Quits with code 2 and one sentence where the dashboard could not be used."""
    why = wanting()
    if why:
        raise Quit(USAGE, [f"the dashboard needs a terminal, and {why}; {instead}"])


def wanting() -> str:
    """What is missing; empty when all is there. The dashboard reads from stdin and paints on stderr."""
    if sys.stdin is None or not sys.stdin.isatty():
        return "stdin is not one"
    if sys.stderr is None or not sys.stderr.isatty():
        return "stderr is not one"
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        return f"TERM is {term or 'not set'}"
    return ""
