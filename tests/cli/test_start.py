"""What the command line costs to start, and what it must not import."""

from __future__ import annotations

import subprocess
import sys

import pytest

from redistui.cli.verbs import VERBS
from tests.cli.running import environment

HEAVY = {"textual", "rich", "redis", "plotext", "asyncio", "hiredis", "sqlite3", "ssl"}
"""Nothing of this is needed to print a help text."""


def imported_by(*words: str) -> set[str]:
    """The modules that are loaded when redistui ends."""
    code = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('\\n'.join(sys.modules), file=sys.stderr))\n"
        "from redistui.__main__ import main\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words], capture_output=True, text=True, timeout=60, env=environment(), check=False
    )
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], *([verb.name, "--help"] for verb in VERBS), ["--version"], ["key", "a"]])
def test_help_needs_nothing_heavy(words):
    found = imported_by(*words)
    assert "redistui.cli.main" in found
    assert not found & HEAVY


@pytest.mark.parametrize("words", [["status", "redis://127.0.0.1:1"], ["check", "redis://127.0.0.1:1"]])
def test_the_command_line_never_imports_the_screens(words):
    found = imported_by(*words)
    assert "redistui.engine.engine" in found
    assert not found & {"textual", "rich", "plotext", "redistui.tui", "redis"}


def test_the_first_paint_waits_for_neither_actions_nor_verdicts_nor_screens():
    code = "import sys, redistui.cli.dashboard, redistui.cli.opening, redistui.tui.app; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    found = set(done.stdout.split())
    assert "redistui.tui.header" in found
    assert not found & {"redistui.ops.steps", "redistui.judge.rules.table", "redistui.tui.screens"}
    assert not found & {"redistui.engine.engine", "redistui.view.offers", "plotext", "redis", "hiredis", "sqlite3"}
