"""Runs redistui as its users do: as a process of its own, with no terminal and nothing of ours in its environment."""

from __future__ import annotations

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

ROOT = Path(__file__).resolve().parents[2]

OURS = (
    "REDISTUI_CONFIG", "REDISTUI_PASSWORD", "REDISTUI_SENTINEL_PASSWORD", "REDISTUI_OPERATOR_USER",
    "REDISTUI_OPERATOR_PASSWORD", "REDISTUI_SENTINEL_OPERATOR_USER", "REDISTUI_SENTINEL_OPERATOR_PASSWORD",
    "REDISTUI_CANARY_USER", "REDISTUI_CANARY_PASSWORD", "NO_COLOR",
)  # fmt: skip

AT_START = ("PYTHON", "LC_", "LANG")
"""What begins so in the environment speaks to Python as it starts: for these a new one is started."""


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
    if any(name.startswith(AT_START) for name in env or {}):
        return _started(words, environment(**(env or {})), seconds, stdin)
    return _forked(words, environment(**(env or {})), seconds, stdin)


def signalled(number: int, *words: str, env: Mapping[str, str] | None = None, seconds: float = 90.0) -> Ended:
    """redistui that gets a signal when it has connected to the target that stands behind these words: a server that
    takes the connection and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(seconds)
        held: list[socket.socket] = []

        def strike(pid: int) -> None:
            held.append(listener.accept()[0])
            os.kill(pid, number)

        url = f"redis://127.0.0.1:{listener.getsockname()[1]}"
        try:
            return _forked((*words, url), environment(**(env or {})), seconds, begun=strike)
        finally:
            for one in held:
                one.close()


def struck(
    number: int, moment: str, command: str, *words: str, env: Mapping[str, str] | None = None, seconds: float = 90.0
) -> Ended:
    """redistui that gets a signal at that moment of the first command that begins so (tests.cli.struck)."""
    return _forked(words, environment(**(env or {})), seconds, strike=(int(number), moment, command))


def killed(moment: str, command: str, *words: str, env: Mapping[str, str]) -> None:
    """redistui that is killed (SIGKILL) then."""
    ended = struck(signal.SIGKILL, moment, command, *words, env=env)
    assert ended.code == -signal.SIGKILL, (ended.code, ended.out, ended.err)


def _started(words: tuple[str, ...], environ: Mapping[str, str], seconds: float, stdin: str) -> Ended:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "redistui", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=environ,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def _forked(
    words: tuple[str, ...],
    environ: Mapping[str, str],
    seconds: float,
    stdin: str = "",
    strike: tuple[int, str, str] | None = None,
    begun: Callable[[int], None] = lambda pid: None,
) -> Ended:
    """By the process that has redistui imported (tests.cli.warm): most of what a start costs is its imports."""
    ours, theirs = socket.socketpair()
    with ours, theirs, _holding(stdin) as said, TemporaryFile() as out, TemporaryFile() as err:
        call = {"words": words, "environ": environ, "folder": os.getcwd(), "strike": strike}
        ours.sendall(json.dumps(call).encode() + b"\n")
        ends = [theirs.fileno(), said.fileno(), out.fileno(), err.fileno()]
        _Warm.get().fork(ends)
        ours.settimeout(seconds)
        with ours.makefile("r") as answers:
            pid = int(answers.readline())
            begun(pid)
            try:
                code = int(answers.readline())
            except TimeoutError:
                os.kill(pid, signal.SIGKILL)
                raise subprocess.TimeoutExpired(words, seconds, _read(out), _read(err)) from None
        return Ended(code, _read(out), _read(err))


class _Warm:
    """The process that forks; it ends with the one that started it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", "-m", "tests.cli.warm", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                cwd=ROOT,
                env=environment(),
            )
        atexit.register(self._end)

    @staticmethod
    @cache
    def get() -> _Warm:
        return _Warm()

    def fork(self, ends: list[int]) -> None:
        with self._lock:
            socket.send_fds(self._asked, [b"."], ends)

    def _end(self) -> None:
        self._asked.close()
        self._process.wait(20)


def _holding(text: str) -> IO[bytes]:
    """A pipe that holds the text and then ends."""
    ours, theirs = os.pipe()
    with open(theirs, "wb") as end:
        end.write(text.encode())
    return open(ours, "rb")


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode().replace("\r\n", "\n")
