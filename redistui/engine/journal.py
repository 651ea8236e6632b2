"""Journal: every mutating command of every operation, on disk before it is sent and again when its reply is known.

One JSON object a line, appended and fsynced, mode 0600. Each line holds the hash of the one before it, so that a line
that was changed or taken out shows. No secret gets here: commands are masked before they are written.

A journal that cannot be written refuses the action: nothing is sent that is not on disk first.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from os.path import expanduser
from pathlib import Path
from typing import Any, BinaryIO

from redistui.engine.identity import os_user
from redistui.engine.journal_lines import newest, objects
from redistui.engine.past import opened
from redistui.engine.unfinished import Deed, Unfinished, deed_of, deeds, past_of, unfinished
from redistui.model import Address
from redistui.ops.logged import LoggedOperation, gather
from redistui.ops.stored import Past

VARIABLE = "REDISTUI_JOURNAL"
TAIL = 4 * 1024 * 1024
"""Bytes of the newest lines in which unfinished operations are looked for; of bursts only a few lines count."""
SCANNED = 256 * 1024 * 1024
"""Bytes at the end of the journal that these lines are looked for in."""

Line = Mapping[str, Any]


class JournalError(Exception):
    """The journal cannot be written; the text says why and what to do."""


def journal_path(environ: Mapping[str, str]) -> Path:
    """$REDISTUI_JOURNAL, else journal.jsonl in the operator's state folder."""
    if environ.get(VARIABLE):
        return Path(expanduser(environ[VARIABLE]))
    import platformdirs

    return Path(platformdirs.user_state_dir("redistui", appauthor=False)) / "journal.jsonl"


class Journal:
    """The journal file. Safe to use from several processes; blocking, so the engine calls it in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, lines: Sequence[Line]) -> None:
        """Appends lines and returns when they are on disk. Raises JournalError."""
        try:
            with self._locked() as descriptor:
                _append(descriptor, self._chained(descriptor, lines))
        except OSError as error:
            raise JournalError(f"{self.path}: {error.strerror or error}; set ${VARIABLE} to a place to write") from None

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Operations whose process is gone before they ended, and those that ended with a fence up; oldest first."""
        return unfinished(self._tail())

    def past(self, operation: str) -> Past | None:
        """An operation of any age, finished or not; None where the journal has none of that id, or its plan is not one
        that this version knows. The journal is read from its beginning."""
        marked = json.dumps({"operation": operation}, separators=(",", ":"))[1:-1].encode()
        try:
            with self._read() as file:
                lines = list(objects(newest((row for row in file if marked in row), None)))
        except OSError:
            return None
        its = [line for line in lines if line.get("operation") == operation]
        return past_of(its)

    def deeds(self, seconds: float, named: dict[str, frozenset[Address]] | None = None) -> tuple[Deed, ...]:
        """What operators began in the last so many seconds, oldest first. `named`: as for `deeds_from`."""
        return deeds(self._tail(), time.time() - seconds, named)

    def logged(self, group: str, text: str, at: float) -> LoggedOperation | None:
        """The operation that an event of kind "action" tells of: what it said, and when (seconds since 1970).

        None where the newest part of the journal has it not."""
        return deed_of(gather(self._tail()), group, text, at)

    def size(self) -> int:
        """Bytes; 0 where there is none."""
        try:
            return self.path.stat().st_size
        except OSError:
            return 0

    def deeds_from(
        self, offset: int, seconds: float, named: dict[str, frozenset[Address]] | None = None
    ) -> tuple[tuple[Deed, ...], int]:
        """What was written behind so many bytes: the deeds of the last so many seconds in it, and where its last whole
        line ends. Of very much only the end is read. `named`: as for redistui.engine.unfinished.deeds."""
        try:
            with self._read() as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(0 if offset > end else offset, end - TAIL))
                read = file.read(TAIL)
        except OSError:
            return (), offset
        whole = read[: read.rfind(b"\n") + 1]
        lines = objects(newest(whole.splitlines(), None))
        return deeds(lines, time.time() - seconds, named), end - len(read) + len(whole)

    def dismiss(self, operation: str) -> None:
        """The operator has seen to it: it is not shown again."""
        known = next((one for one in self.unfinished() if one.operation == operation), None)
        what = {} if known is None else {"action": known.action, "group": known.group}
        ended = {"state": "ended", "reply": "dismissed", "user": os_user()}
        self.write([{"at": now(), "operation": operation, **what, **ended}])

    def unreadable(self) -> str:
        """Why it cannot be read; empty: it can be, or there is none yet."""
        try:
            self._read().close()
        except FileNotFoundError:
            return ""
        except OSError as error:
            return f"{self.path}: {error.strerror or error}"
        return ""

    def _read(self) -> BinaryIO:
        """Open for reading. Raises OSError."""
        found = opened(self.path)
        if found is None:
            raise FileNotFoundError(self.path)
        return found

    def _locked(self) -> _Locked:
        return _Locked(self.path)

    def _chained(self, descriptor: int, lines: Sequence[Line]) -> bytes:
        last, torn = _last_line(descriptor)
        out = [b"\n"] if torn else []
        for line in lines:
            previous = hashlib.sha256(last).hexdigest() if last else None
            last = json.dumps({**line, "previous": previous}, ensure_ascii=True, separators=(",", ":")).encode()
            out += [last, b"\n"]
        return b"".join(out)

    def _tail(self) -> Iterator[dict[str, Any]]:
        try:
            with self._read() as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - SCANNED))
                yield from objects(newest(file, TAIL))
        except OSError:
            return


class _Locked:
    """The journal open for appending, held against other processes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = -1

    def __enter__(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
        self._descriptor = os.open(self._path, flags, 0o600)
        try:
            _own_and_private(self._descriptor)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(self._descriptor)
            raise
        return self._descriptor

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def _own_and_private(descriptor: int) -> None:
    """A regular file of ours that nobody else reads; one left open by its mode is closed."""
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise OSError(0, "is no regular file")
    if found.st_uid != os.geteuid():
        raise OSError(0, "belongs to another user")
    if found.st_mode & 0o077:
        os.fchmod(descriptor, 0o600)


def _append(descriptor: int, text: bytes) -> None:
    """All of it on disk, or, where there is no room for all, none of it. Raises OSError."""
    size = os.fstat(descriptor).st_size
    try:
        left = memoryview(text)
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    except OSError:
        with suppress(OSError):
            os.ftruncate(descriptor, size)
        raise


def _last_line(descriptor: int) -> tuple[bytes, bool]:
    """The last line without its end, and whether the end is missing (a crash while writing)."""
    size = os.fstat(descriptor).st_size
    length = min(size, 64 * 1024)
    tail = os.pread(descriptor, length, size - length)
    while length < size and b"\n" not in tail.rstrip(b"\n"):
        length = min(size, 4 * length)
        tail = os.pread(descriptor, length, size - length)
    torn = bool(tail) and not tail.endswith(b"\n")
    return tail.rstrip(b"\n").rpartition(b"\n")[2], torn


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
