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
import socket
import stat
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from redistui.engine.identity import os_user, process_start

VARIABLE = "REDISTUI_JOURNAL"
TAIL = 4 * 1024 * 1024
"""Bytes at the end of the journal in which unfinished operations are looked for."""

Line = Mapping[str, Any]


class JournalError(Exception):
    """The journal cannot be written; the text says why and what to do."""


def journal_path(environ: Mapping[str, str]) -> Path:
    """$REDISTUI_JOURNAL, else journal.jsonl in the operator's state folder."""
    if environ.get(VARIABLE):
        return Path(environ[VARIABLE]).expanduser()
    import platformdirs

    return Path(platformdirs.user_state_dir("redistui", appauthor=False)) / "journal.jsonl"


@dataclass(frozen=True, slots=True)
class Unfinished:
    """An operation that was begun and not ended by a process that is gone."""

    operation: str
    action: str
    group: str
    at: str
    last: str
    """The last command that was sent, and its state."""
    release: tuple[tuple[str, str], ...]
    """Node and command that lift the fence, as far as the values read before are known."""

    def __str__(self) -> str:
        by_hand = "; ".join(f"{command} at {node}" for node, command in self.release)
        return (
            f"{self.action} of {self.group}, begun {self.at}, was not finished: operation {self.operation}, last "
            f"command {self.last}." + (f" A fence may still be up; this lifts it: {by_hand}" if by_hand else "")
        )


class Journal:
    """The journal file. Safe to use from several processes; blocking, so the engine calls it in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, lines: Sequence[Line]) -> None:
        """Appends lines and returns when they are on disk. Raises JournalError."""
        try:
            with self._locked() as descriptor:
                os.write(descriptor, self._chained(descriptor, lines))
                os.fsync(descriptor)
        except OSError as error:
            raise JournalError(f"{self.path}: {error.strerror or error}; set ${VARIABLE} to a place to write") from None

    def unfinished(self) -> tuple[Unfinished, ...]:
        """Operations whose process is gone before they ended, and those that ended with a fence up; oldest first."""
        lines: dict[str, list[dict[str, Any]]] = {}
        for line in self._tail():
            lines.setdefault(str(line.get("operation")), []).append(line)
        found = (_unfinished(its) for its in lines.values() if its[0].get("state") == "begun")
        return tuple(one for one in found if one is not None)

    def dismiss(self, operation: str) -> None:
        """The operator has seen to it: it is not shown again."""
        self.write([{"at": now(), "operation": operation, "state": "ended", "reply": "dismissed", "user": os_user()}])

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
            with self.path.open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL))
                rows = file.read().splitlines()
        except OSError:
            return
        for row in rows:
            try:
                line = json.loads(row)
            except ValueError:
                continue
            if isinstance(line, dict):
                yield line


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


def _last_line(descriptor: int) -> tuple[bytes, bool]:
    """The last line without its end, and whether the end is missing (a crash while writing)."""
    size = os.fstat(descriptor).st_size
    length = min(size, 64 * 1024)
    tail = os.pread(descriptor, length, size - length)
    torn = bool(tail) and not tail.endswith(b"\n")
    return tail.rstrip(b"\n").rpartition(b"\n")[2], torn


def _unfinished(lines: list[dict[str, Any]]) -> Unfinished | None:
    begun, end = lines[0], lines[-1] if lines[-1].get("state") == "ended" else None
    if (end is not None and not end.get("left")) or (end is None and _alive(begun)):
        return None
    notes = {str(line.get("hole")): str(line.get("reply")) for line in lines if line.get("state") == "noted"}
    sent = [line for line in lines if line.get("command")]
    last = "nothing sent"
    if sent:
        last = f"{words(sent[-1]['command'])} at {sent[-1].get('node')}: {sent[-1].get('state')}"
    rows = end.get("left") if end is not None else begun.get("release") if sent else None
    release = tuple((str(row["node"]), filled(row["command"], notes)) for row in rows or ())
    operation, action, group, at = (str(begun.get(key)) for key in ("operation", "action", "group", "at"))
    return Unfinished(operation, action, group, at, last, release)


def words(argv: Sequence[object]) -> str:
    return " ".join(map(str, argv))


def filled(argv: Sequence[object], notes: Mapping[str, str]) -> str:
    return words([notes.get(str(word), str(word)) for word in argv])


def _alive(begun: Mapping[str, Any]) -> bool:
    """The process that began it runs still, on this machine."""
    pid = begun.get("pid")
    if begun.get("host") != socket.gethostname() or not isinstance(pid, int):
        return False
    return process_start(pid) == begun.get("started")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
