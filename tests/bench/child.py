"""Programs of their own for what is measured: each alone in its process, in one and the same environment."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DROPPED = ("NO_COLOR", "COLORTERM", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH")


class Place:
    """A folder for what the programs write, gone when it is left, and the environment that leads them there.

    Bytecode is kept in it too: every program is compiled once, whoever installed it, and then starts at its best.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="redistui-bench-"))
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in DROPPED and not name.startswith(("REDISTUI_", "TEXTUAL", "LC_", "XDG_"))
        }
        self.environment: Mapping[str, str] = kept | {
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder),
            "PYTHONPYCACHEPREFIX": str(self.folder / "bytecode"),
        }

    def __enter__(self) -> Place:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


class Child:
    """A module of this package run as a program: takes one JSON value on stdin, answers with one a line on stdout."""

    def __init__(self, place: Place, module: str, request: Any) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.{module}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=place.environment,
            start_new_session=True,  # so that ctrl+c is ours to handle
        )
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put(b"")

    def hear(self, seconds: float) -> Any:
        """The next value it says; RuntimeError when it ends or is silent for so long."""
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            line = b""
        if not line:
            raise RuntimeError(f"{self._process.args!r} said nothing within {seconds:g} s, or ended")
        return json.loads(line)

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()


def request() -> Any:
    """In a child: what it is asked to do."""
    return json.loads(sys.stdin.readline())


def say(value: Any) -> None:
    """In a child: an answer."""
    print(json.dumps(value), flush=True)
