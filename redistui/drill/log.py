"""The canary's log: one JSON object a line, from which every figure of a drill is computed, and nothing else.

Each run of a drill begins with a line `drill`. Times (`sent`, `end`, `at`) are seconds since then, by a clock that
never jumps. The lines, by `what`:

    drill    run, action, started (UTC), seed, rate, deadline_ms, expiry, versions {address: version},
             timeouts {name: ms}, shards [{tag, group, kind, primary, slot}]
    phase    name (warm, before, action, settle, after, end), at
    write    client, shard, i, sent, end, node, outcome (acked, refused, unknown), kind: SET of key number i to i
    count    the same; SET of the client's one counter to i
    read     client, shard, sent, end, node, outcome, kind, value: GET of that counter; null where it was not there
    step     text, state, ms: a step of the action's plan
    done     outcome, message: how the action ended
    settled  missing: what was not as it should be when the waiting ended; empty when all was
    back     client, shard, node, asked [[first, last]], present [[first, last]]: the numbers read back at the end
    broken   why: ended from outside

Keys are `redistui:canary:{TAG}:RUN:CLIENT:I`, and `...:count`; all expire.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redistui.model.canaries import SPACE

Line = Mapping[str, Any]
COUNT = "count"


class LogError(Exception):
    """The log cannot be written or read; a sentence that says why and what to do."""


def key_of(tag: str, run: str, client: str, number: int | str) -> str:
    """
    >>> key_of("t3", "ab12", "plain", 7)
    'redistui:canary:{t3}:ab12:plain:7'
    """
    return f"{SPACE}{{{tag}}}:{run}:{client}:{number}"


def new_path(what: str) -> Path:
    """A name for a new log in the operator's state folder."""
    import platformdirs

    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{what}.jsonl".replace("/", "_")
    return Path(platformdirs.user_state_dir("redistui", appauthor=False)) / "drills" / name


class Log:
    """A log that is being written. Any thread. It is a new file, mode 0600; one that is there is never written over."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            there = isinstance(error, FileExistsError) and path.exists()
            why = (
                "it is there already"
                if there
                else "its folder is none"
                if isinstance(error, FileExistsError)
                else error.strerror
            )
            raise LogError(f"the drill's log {path} cannot be written: {why}; name another with --log") from None
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self.empty = True

    def begin(self, **about: Any) -> None:
        """A new run; its clock begins at 0."""
        self._began = time.monotonic()
        self.say("drill", **about)

    def now(self) -> float:
        """Seconds since the run began."""
        return round(time.monotonic() - self._began, 6)

    def say(self, what: str, **words: Any) -> None:
        text = json.dumps({"what": what, **words}, ensure_ascii=True, separators=(",", ":"))
        with self._lock:
            self.empty = False
            if not self._file.closed:
                self._file.write(f"{text}\n")

    def phase(self, name: str) -> None:
        self.say("phase", name=name, at=self.now())

    def flush(self) -> None:
        """Everything said so far is in the file. Raises LogError."""
        try:
            with self._lock:
                self._file.flush()
        except OSError as error:
            raise LogError(f"the drill's log {self.path} cannot be written: {error.strerror or error}") from None

    def close(self) -> None:
        """A log in which nothing was said is taken away again."""
        with self._lock:
            self._file.close()
        if self.empty:
            self.path.unlink(missing_ok=True)


def read_log(path: Path) -> list[list[Line]]:
    """The runs of a log, each as its lines. A last line that was cut short is left out. Raises LogError."""
    try:
        with path.open(encoding="utf-8") as file:
            return split_runs(_lines(file, path))
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "it is no text"
        raise LogError(f"the drill's log {path} cannot be read: {why}") from None


def _lines(rows: Iterable[str], path: Path) -> Iterator[Line]:
    for number, row in enumerate(rows, 1):
        try:
            line = json.loads(row)
        except (ValueError, RecursionError):
            line = None
        if not isinstance(line, dict) or not isinstance(line.get("what"), str):
            if not row.endswith("\n"):
                return
            raise LogError(f"{path}, line {number}: this is no line of a drill's log")
        yield line


def split_runs(lines: Iterable[Line]) -> list[list[Line]]:
    """What stands before the first `drill` belongs to no run."""
    runs: list[list[Line]] = []
    for line in lines:
        if line["what"] == "drill":
            runs.append([])
        if runs:
            runs[-1].append(line)
    return runs
