"""Runs redistui as its users do: as a process of its own, with no terminal and nothing of ours in its environment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

OURS = (
    "REDISTUI_CONFIG", "REDISTUI_PASSWORD", "REDISTUI_SENTINEL_PASSWORD", "REDISTUI_OPERATOR_USER",
    "REDISTUI_OPERATOR_PASSWORD", "REDISTUI_SENTINEL_OPERATOR_USER", "REDISTUI_SENTINEL_OPERATOR_PASSWORD",
    "REDISTUI_CANARY_USER", "REDISTUI_CANARY_PASSWORD", "NO_COLOR",
)  # fmt: skip


@dataclass(frozen=True)
class Ended:
    """How it ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def sentences(self) -> list[str]:
        return self.err.splitlines()


def environment(**more: str) -> dict[str, str]:
    """The test's own, without anything that would lead to the config of whoever runs it."""
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    return {**kept, "REDISTUI_CONFIG": "/dev/null", **more}


def redistui(*words: str, env: Mapping[str, str] | None = None, seconds: float = 60.0, stdin: str = "") -> Ended:
    return _ended(("-m", "redistui", *words), env, seconds, stdin)


def struck(
    number: int, moment: str, command: str, *words: str, env: Mapping[str, str] | None = None, seconds: float = 90.0
) -> Ended:
    """redistui that gets a signal at that moment of the first command that begins so (tests.cli.struck)."""
    program = str(Path(__file__).with_name("struck.py"))
    return _ended(("-P", program, str(int(number)), moment, command, *words), env, seconds)


def killed(moment: str, command: str, *words: str, env: Mapping[str, str]) -> None:
    """redistui that is killed (SIGKILL) then."""
    ended = struck(signal.SIGKILL, moment, command, *words, env=env)
    assert ended.code == -signal.SIGKILL, (ended.code, ended.out, ended.err)


def _ended(words: tuple[str, ...], env: Mapping[str, str] | None, seconds: float, stdin: str = "") -> Ended:
    done = subprocess.run(
        [sys.executable, "-W", "error", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environment(**(env or {})),
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)
