"""A terminal for tests: a program on a pty, what it wrote byte for byte, and how it left the terminal."""

from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from fcntl import ioctl
from pathlib import Path
from select import select
from struct import pack
from typing import Any

from tests.waiting import eventually

ROOT = Path(__file__).resolve().parents[2]
SGR = re.compile(rb"\x1b\[([0-9;:]*)m")
SEQUENCE = re.compile(
    rb"\x1b\[[0-9;:?<=>]*[ $]?[@-~]|\x1b\][0-9]+;[^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[=>78()][0B]?|\x1bP[^\x1b]*\x1b\\"
)
"""The control sequences that Textual writes."""


LEADER = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)
"""Takes the terminal as its own before it becomes the program: closing it then hangs the program up."""

SHADOWS = ("NO_COLOR", "TERM_PROGRAM", "COLUMNS", "LINES")
"""Of the environment around the tests, what would speak for our terminal; pytest-xdist sets a size."""


class Terminal:
    """Runs `python ARGS` as the leader of a session on a terminal of its own. Use as a context."""

    def __init__(
        self, args: Sequence[str], environ: Mapping[str, str] | None = None, *, size: tuple[int, int] = (80, 24)
    ) -> None:
        self._args = (sys.executable, "-c", LEADER, *args)
        self._environ = {
            **{name: value for name, value in os.environ.items() if name not in SHADOWS},
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            **(environ or {}),
        }
        self._size = size
        self._raw = bytearray()
        self._ended = threading.Event()
        self._reading = threading.Event()
        self._reading.set()

    def __enter__(self) -> Terminal:
        self._ours, theirs = pty.openpty()
        ioctl(theirs, termios.TIOCSWINSZ, pack("HHHH", self._size[1], self._size[0], 0, 0))
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        self._process = subprocess.Popen(
            self._args,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env=self._environ,
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait(10)
        self._close()

    def _close(self) -> None:
        """Once. The reader ends first: the next terminal is given the same number, and its output is not ours."""
        if not self._ended.is_set():
            self._ended.set()
            self._reader.join()
            os.close(self._theirs)
            os.close(self._ours)

    def _read(self) -> None:
        while not self._ended.is_set():
            if self._reading.wait(0.05) and select([self._ours], [], [], 0.05)[0]:
                try:
                    self._raw += os.read(self._ours, 65536)
                except OSError:
                    return

    @property
    def raw(self) -> bytes:
        """All that was written so far."""
        return bytes(self._raw)

    @property
    def text(self) -> str:
        """The same without control sequences."""
        return SEQUENCE.sub(b"", self.raw).decode("utf-8", "replace")

    def stop_reading(self) -> None:
        """As a terminal does whose link hangs."""
        self._reading.clear()

    def wait_for(self, text: str, seconds: float = 20.0) -> None:
        eventually(lambda: text in self.text, seconds, otherwise=f"{text!r} was not written: {self.text[-2000:]!r}")

    def quiet(self, seconds: float = 20.0) -> None:
        """Waits until nothing has been written for a quarter of a second: what was asked for has been drawn."""
        eventually(self._silent, seconds, otherwise="it did not stop writing")

    def _silent(self) -> bool:
        before = len(self._raw)
        time.sleep(0.25)
        return len(self._raw) == before

    def press(self, *keys: str) -> None:
        """One after another, each when the one before it has been drawn."""
        for key in keys:
            self.send(key)
            self.quiet()

    def send(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._process.pid, number)

    def resize(self, columns: int, rows: int) -> None:
        ioctl(self._theirs, termios.TIOCSWINSZ, pack("HHHH", rows, columns, 0, 0))
        self.signal(signal.SIGWINCH)

    def hang_up(self) -> None:
        """Closes the terminal, as a window that is closed or a link that is cut."""
        self._close()

    def exit_code(self, seconds: float = 20.0) -> int:
        code = self._process.wait(seconds)
        time.sleep(0.05)  # The reader takes the last bytes.
        return code

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    @property
    def stopped(self) -> bool:
        """Suspended by job control."""
        return Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(") ")[2][0] == "T"

    @property
    def attributes(self) -> list[Any]:
        return termios.tcgetattr(self._theirs)

    @property
    def colours(self) -> set[bytes]:
        """The parameters of SGR sequences that set a colour."""
        found = set()
        for parameters in SGR.findall(self.raw):
            numbers = [int(number or 0) for number in re.split(rb"[;:]", parameters)]
            if any(30 <= n <= 38 or 40 <= n <= 48 or 90 <= n <= 107 for n in numbers):
                found.add(parameters)
        return found
