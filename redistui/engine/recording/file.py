"""The file of a recording: SQLite, written in short transactions, so that a crash loses some seconds and breaks
nothing.

Whatever is not ours is never written to: the head of the file tells, before SQLite sees it.
"""

from __future__ import annotations

import fcntl
import json
import lzma
import os
import sqlite3
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.head import APPLICATION, LEFT, VERSION, check_head

SCHEMA = (
    "CREATE TABLE head (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE chunks (id INTEGER PRIMARY KEY, first_at REAL NOT NULL, fresh INTEGER NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE parts (id INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, first_at REAL NOT NULL, "
    "last_at REAL NOT NULL, body BLOB NOT NULL)",
    "CREATE TABLE marks (part INTEGER NOT NULL, at REAL NOT NULL, body TEXT NOT NULL)",
    "CREATE TABLE stills (id INTEGER PRIMARY KEY, chunk INTEGER NOT NULL, part INTEGER NOT NULL, at REAL NOT NULL, "
    "body BLOB NOT NULL)",
    "CREATE INDEX stills_of_chunk ON stills (chunk)",
    "CREATE INDEX parts_of_chunk ON parts (chunk)",
    "CREATE INDEX marks_of_part ON marks (part)",
)
LATER = tuple(line for line in SCHEMA if "stills" in line)
"""What files of version 1 lack."""
DAMAGED = (
    zlib.error,
    lzma.LZMAError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
)
"""What reading a piece raises that is not as we write them."""


class Chunk(NamedTuple):
    """A key frame, and when it was made; `fresh`: a recorder began with it, and knows nothing of what was before."""

    first_at: float
    fresh: bool
    body: bytes


class Part(NamedTuple):
    """Some seconds that follow a key frame, or another part."""

    first_at: float
    last_at: float
    body: bytes
    marks: tuple[tuple[float, str], ...]
    """Time and JSON of the events in it."""


class Still(NamedTuple):
    """A key frame amid a chunk, behind the parts that came before it."""

    at: float
    body: bytes


Thing = Chunk | Part | Still
"""What a recording is a row of."""


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """What SQLite and the system say of a file, as BadRecording."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise BadRecording(f"{path}: {error}") from None
    except (sqlite3.Error, *DAMAGED) as error:
        raise BadRecording(f"{path} is damaged ({error}); {LEFT}") from None
    except OSError as error:
        raise BadRecording(f"{path}: {(error.strerror or str(error)).lower()}") from None


def connect(path: Path, mode: str = "rw") -> sqlite3.Connection:
    """Any thread, one at a time. Makes no file."""
    name = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(name, uri=True, timeout=10.0, isolation_level=None, check_same_thread=False)


class Writing:
    """A recording that is written to. In the hands of one thread."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        """Makes the file, readable by its owner only, or goes on with the one there is. Raises BadRecording."""
        self.path = path
        with telling(path):
            known = check_head(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._own = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
            try:
                self._claim()
                self._file = connect(path)
                (self._check if known else self._make)(head)
            except BaseException:
                os.close(self._own)
                raise

    def _claim(self) -> None:
        """Nobody else writes to it meanwhile: each part goes on from the one before it."""
        try:
            fcntl.flock(self._own, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadRecording(f"{self.path} is being written by another redistui: name another file") from None

    def _make(self, head: Mapping[str, Any]) -> None:
        self._file.execute("PRAGMA auto_vacuum = INCREMENTAL")
        self._file.execute("BEGIN IMMEDIATE")
        for line in (*SCHEMA, f"PRAGMA application_id = {APPLICATION}", f"PRAGMA user_version = {VERSION}"):
            self._file.execute(line)
        for name, value in head.items():
            self._file.execute("INSERT INTO head VALUES (?, ?)", (name, json.dumps(value)))
        self._file.execute("COMMIT")

    def _check(self, head: Mapping[str, Any]) -> None:
        """It is of the same fleet, else it is not ours to go on with."""
        known = head_of(self._file)
        if known.get("targets") != head.get("targets"):
            self._file.close()
            raise BadRecording(f"{self.path} is a recording of other targets; {LEFT}: name another file")
        if not has_stills(self._file):
            for line in ("BEGIN IMMEDIATE", *LATER, f"PRAGMA user_version = {VERSION}", "COMMIT"):
                self._file.execute(line)

    def add(self, things: Sequence[Thing]) -> None:
        """All of them or none."""
        with telling(self.path):
            self._file.execute("BEGIN IMMEDIATE")
            try:
                for thing in things:
                    self._add(thing)
                self._file.execute("COMMIT")
            except BaseException:
                self._file.execute("ROLLBACK")
                raise

    def _add(self, thing: Thing) -> None:
        run = self._file.execute
        if isinstance(thing, Chunk):
            run("INSERT INTO chunks (first_at, fresh, body) VALUES (?, ?, ?)", thing)
            return
        if isinstance(thing, Still):
            run(
                "INSERT INTO stills (chunk, part, at, body) "
                "SELECT max(id), (SELECT coalesce(max(id), 0) FROM parts), ?, ? FROM chunks",
                thing,
            )
            return
        row = (thing.first_at, thing.last_at, thing.body)
        put = run("INSERT INTO parts (chunk, first_at, last_at, body) SELECT max(id), ?, ?, ? FROM chunks", row)
        self._file.executemany("INSERT INTO marks VALUES (?, ?, ?)", ((put.lastrowid, *mark) for mark in thing.marks))

    def trim(self, before: float | None, at_most: int | None) -> None:
        """Deletes the oldest chunks: those that ended before a time, and as many as are too much for a size in bytes.
        The newest one stays."""
        with telling(self.path):
            while (oldest := self._oldest()) is not None:
                old = before is not None and oldest[1] < before
                if not old and (at_most is None or self.size <= at_most):
                    return
                self._delete(oldest[0])

    def _oldest(self) -> tuple[int, float] | None:
        """The number of the oldest chunk and when the next one begins; None where there is no next one."""
        rows = self._file.execute("SELECT id, first_at FROM chunks ORDER BY id LIMIT 2").fetchall()
        return (rows[0][0], rows[1][1]) if len(rows) == 2 else None

    def _delete(self, chunk: int) -> None:
        run = self._file.execute
        run("BEGIN IMMEDIATE")
        run("DELETE FROM marks WHERE part IN (SELECT id FROM parts WHERE chunk = ?)", (chunk,))
        run("DELETE FROM parts WHERE chunk = ?", (chunk,))
        run("DELETE FROM stills WHERE chunk = ?", (chunk,))
        run("DELETE FROM chunks WHERE id = ?", (chunk,))
        run("COMMIT")
        run("PRAGMA incremental_vacuum").fetchall()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        (pages,), (page,) = (self._file.execute(f"PRAGMA {what}").fetchone() for what in ("page_count", "page_size"))
        return int(pages) * int(page)

    def close(self) -> None:
        self._file.close()
        os.close(self._own)


def head_of(file: sqlite3.Connection) -> dict[str, Any]:
    return {name: json.loads(value) for name, value in file.execute("SELECT name, value FROM head")}


def has_stills(file: sqlite3.Connection) -> bool:
    return file.execute("SELECT 1 FROM sqlite_master WHERE name = 'stills'").fetchone() is not None


def reading(path: Path) -> sqlite3.Connection:
    """A connection that only reads. What a crash left half-done is put right first. Raises BadRecording."""
    with telling(path):
        if not check_head(path):
            raise BadRecording(f"{path} is no recording: there is nothing in it" if path.exists() else
                               f"there is no file {path}")  # fmt: skip
        try:
            return _opened(path, "ro")
        except sqlite3.OperationalError:
            with closing(_opened(path, "rw")):
                pass
            return _opened(path, "ro")


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    file = connect(path, mode)
    try:
        file.execute("SELECT count(*) FROM head").fetchone()
    except BaseException:
        file.close()
        raise
    return file
