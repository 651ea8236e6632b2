"""A program on a pseudo-terminal of its own, read all the time, with the moment at which each byte came."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType

from tests.bench.child import ROOT, Place

SIZE = (160, 48)
END_SECONDS = 10.0


class Terminal:
    """What a program paints. All moments are of time.monotonic, which all processes of a machine share."""

    def __init__(self, place: Place, argv: Sequence[str], size: tuple[int, int] = SIZE) -> None:
        self._ours, theirs = os.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        self._painted = bytearray()
        self._ends: list[int] = []
        self._moments: list[float] = []
        self._news = threading.Condition()
        self._hung_up: Future[float] = Future()
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            list(argv), stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, env=place.environment,
            start_new_session=True,
        )  # fmt: skip
        os.close(theirs)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def painted(self) -> int:
        """Bytes so far."""
        return len(self._painted)

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._ours, 65536)
            except OSError:  # Linux' way to say that nobody holds the other end any more
                piece = b""
            if not piece:
                self._hung_up.set_result(time.monotonic())
                return
            with self._news:
                self._painted += piece
                self._ends.append(len(self._painted))
                self._moments.append(time.monotonic())
                self._news.notify_all()

    def moment_of(self, pattern: bytes, after: int = 0, seconds: float = 30.0) -> float:
        """When a text was whole, looking from byte `after` on; RuntimeError when none comes in time that fits."""
        wanted = re.compile(pattern)
        with self._news:
            found = self._news.wait_for(lambda: wanted.search(self._painted, after), seconds)
            if found is None:
                raise RuntimeError(f"{pattern!r} was not painted within {seconds:g} s; last: {self._painted[-300:]!r}")
            return self._moments[bisect_left(self._ends, found.end())]

    def exited(self, seconds: float = 30.0) -> float:
        """Waits until the program has ended by itself; the moment at which it let go of the terminal."""
        return self._hung_up.result(seconds)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ends the program as a hung-up terminal would not: politely, so that it takes its threads along."""
        with suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(END_SECONDS)
        os.close(self._ours)
