"""At a terminal: a password that nobody gave is asked for, and never shown; and what the dashboard needs of one."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.cli.running import environment

TAKE = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.executable, sys.argv[1:])"
"""Makes stdin the controlling terminal, so that ctrl+c is a signal and /dev/tty is ours; then becomes redistui."""


class Terminal:
    """A process at a terminal of its own."""

    def __init__(self, *words: str, env: Mapping[str, str]) -> None:
        self.master, side = pty.openpty()
        self.said = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKE, sys.executable, "-m", "redistui", *words],
            stdin=side,
            stdout=side,
            stderr=side,
            env=environment(**{"TERM": "xterm", **env}),
            start_new_session=True,
        )
        os.close(side)

    def until(self, text: str, seconds: float = 20.0) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.said:
            ready, _, _ = select.select([self.master], [], [], max(0.0, deadline - time.monotonic()))
            assert ready, f"{text!r} was not said in time; said: {self.said!r}"
            try:
                self.said += os.read(self.master, 65536).decode(errors="replace")
            except OSError:  # the process has ended and nobody else holds the terminal
                break
        assert text in self.said

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def end(self) -> int:
        """Reads what is left, and gives the exit code."""
        while True:
            try:
                rest = os.read(self.master, 65536)
            except OSError:
                rest = b""
            if not rest:
                return self.process.wait(20)
            self.said += rest.decode(errors="replace")

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.master)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Runs redistui at a terminal: `terminal("check", TARGET, TERM="xterm")`."""
    open_ones: list[Terminal] = []

    def start(*words: str, **env: str) -> Terminal:
        open_ones.append(Terminal(*words, env={"NO_COLOR": "1", **env}))
        return open_ones[-1]

    yield start
    for one in open_ones:
        one.close()


@pytest.mark.versions("valkey-9.1")
def test_a_password_is_asked_for_once_and_not_shown(terminal, replication_group):
    group = replication_group(replicas=0, settings={"requirepass": "hunter2"})
    at = terminal("check", group.target)
    at.until("Password of the Redis or Valkey servers: ")
    at.type("hunter2\n")
    at.until("OK 1 group")
    assert at.end() == 0
    assert "hunter2" not in at.said


@pytest.mark.versions("valkey-9.1")
def test_ctrl_c_at_the_prompt_is_130(terminal, replication_group):
    group = replication_group(replicas=0, settings={"requirepass": "hunter2"})
    at = terminal("status", group.target)
    at.until("Password")
    at.type("\x03")
    assert at.end() == 130


@pytest.mark.versions("valkey-9.1")
def test_a_given_password_that_is_wrong_is_not_asked_for_again(terminal, replication_group):
    group = replication_group(replicas=0, settings={"requirepass": "hunter2"})
    at = terminal("check", group.target, REDISTUI_PASSWORD="wrong")
    at.until("redistui: ")
    assert at.end() == 3
    assert "Password of" not in at.said


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_the_dashboard_refuses_a_terminal_that_cannot_show_it(terminal, term):
    at = terminal("redis://127.0.0.1:1", TERM=term)
    at.until("the dashboard needs a terminal, and TERM is")
    assert at.end() == 2
    assert "\x1b" not in at.said


def test_the_dashboard_refuses_a_pipe_as_stdin_or_stderr():
    words = [sys.executable, "-m", "redistui", "redis://127.0.0.1:1"]
    master, side = pty.openpty()
    try:
        done = subprocess.run(
            words,
            stdin=side,
            stdout=side,
            stderr=subprocess.PIPE,
            text=True,
            timeout=30,
            env=environment(),
            check=False,
        )
    finally:
        os.close(side)
        os.close(master)
    assert done.returncode == 2
    assert done.stderr == (
        "redistui: the dashboard needs a terminal, and stderr is not one; `redistui status` needs none\n"
    )


def test_colour_is_only_for_a_terminal_that_wants_it(terminal):
    at = terminal("keys", NO_COLOR="")
    at.until("app.quit")
    assert at.end() == 0
    assert "\x1b[" in at.said
    plain = terminal("keys")
    plain.until("app.quit")
    assert plain.end() == 0
    assert "\x1b" not in plain.said
