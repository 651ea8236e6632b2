"""Our end of the keeper process: where servers are started and signalled, and which outlives us to clean up."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from redistui.demo import keeper_process
from redistui.demo.problems import DemoError, StartFailed
from redistui.demo.wire import Wire

END_SECONDS = 10.0


class Keeper:
    """One keeper process. Its methods may be called from any thread; `end()` twice is fine."""

    def __init__(self) -> None:
        sweep()
        program = str(Path(keeper_process.__file__).resolve())
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=tempfile.gettempdir(),
            start_new_session=True,
        )
        self._lock = threading.Lock()
        self.pid = self._process.pid
        self._directory: Path | None = None
        try:
            self._directory = Path(self._read()["directory"])
        except BaseException:
            self.end()
            raise

    @property
    def directory(self) -> Path:
        """The folder in which everything of this demo lies, each server in one of its own."""
        assert self._directory is not None
        return self._directory

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def start(self, argv: Sequence[str], folder: Path) -> int:
        """Runs a program and gives its pid."""
        return int(self._request({"do": "start", "argv": list(argv), "folder": str(folder)})["pid"])

    def signal(self, pid: int, number: int) -> bool:
        """Sends a signal to a server started here; False when it has ended already."""
        return bool(self._request({"do": "signal", "pid": pid, "number": int(number)})["sent"])

    def running(self, pid: int) -> bool:
        return bool(self._request({"do": "poll", "pid": pid})["running"])

    def end(self) -> None:
        """Ends every server and removes the folder; when it returns, both are gone."""
        with self._lock:
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            if not self._process.stdin.closed:
                with suppress(BrokenPipeError):
                    self._process.stdin.close()
                try:
                    self._process.wait(END_SECONDS)
                except subprocess.TimeoutExpired:
                    self._process.kill()
                    self._process.wait()
                self._process.stdout.close()
                if self._directory is not None:
                    keeper_process.remove(str(self._directory))

    def _request(self, request: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            assert self._process.stdin is not None
            try:
                self._process.stdin.write(json.dumps(request).encode() + b"\n")
                self._process.stdin.flush()
            except (OSError, ValueError) as error:
                raise DemoError("the demo's keeper process has ended, and its servers with it") from error
            return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise DemoError("the demo's keeper process has ended, and its servers with it")
        reply: dict[str, Any] = json.loads(line)
        if "error" in reply:
            raise StartFailed(f"a server cannot be started: {reply['error']}")
        return reply


def sweep() -> None:
    """Removes what demos left behind whose keeper was killed: our own folders whose lock nobody holds.

    Their servers are gone too, on Linux. Elsewhere they may live on: each is asked to shut down on its socket in that
    folder, which is surely its own, while a pid may be somebody else's by now.
    """
    for folder in Path(tempfile.gettempdir()).glob(keeper_process.PREFIX + "*"):
        with suppress(OSError):
            _sweep(folder)


def _sweep(folder: Path) -> None:
    about = folder.lstat()
    if about.st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
        return
    lock = folder / keeper_process.LOCK
    if not lock.exists():
        if time.time() - about.st_mtime > 600:
            keeper_process.remove(str(folder), 1.0)
        return
    handle = os.open(lock, os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for path in folder.glob("*.sock"):
            _shut_down(path)
        keeper_process.remove(str(folder), 1.0)
    finally:
        os.close(handle)


def _shut_down(path: Path) -> None:
    with suppress(OSError, EOFError), Wire(f"unix:{path}", seconds=0.5) as wire:
        wire.raw("SHUTDOWN", "NOSAVE")
