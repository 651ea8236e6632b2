"""The journal read back, a line at a time: a file of any size takes no more memory than its longest line.

Each line holds the hash of the one before it. `verify` follows that chain through the whole file: a line that was
changed, taken out or put in makes the one behind it not fit. Lines cut off at the very end do not show.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

Line = Mapping[str, Any]
LONGEST = 16 * 1024 * 1024
"""Bytes of a line that is read; a longer one is no line of ours."""
RECENT = 4096
"""Operations remembered while reading, so that a line that does not name its group finds it."""


class Unreadable(Exception):
    """The journal cannot be read; the text says which file and why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file."""

    number: int
    digest: str
    line: Line | None
    """None: it is broken, as a crash while writing leaves it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which operations are asked for; an empty one asks for all."""

    operation: str = ""
    group: str | None = None
    last: int | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """What following the chain came to."""

    lines: int
    broken: int
    misfit: int | None = None
    """The number of the first line that does not fit the one before it."""


def rows(path: Path) -> Iterator[Row]:
    """Every line of the journal; nothing where there is no journal. Raises Unreadable."""
    try:
        file = opened(path)
        if file is None:
            return
        with file:
            number = 0
            while head := file.readline(LONGEST):
                number += 1
                yield row_of(number, head, file)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None


def row_of(number: int, head: bytes, file: BinaryIO) -> Row:
    digest, piece = hashlib.sha256(head.removesuffix(b"\n")), head
    while piece and not piece.endswith(b"\n"):  # the rest of one too long
        piece = file.readline(LONGEST)
        digest.update(piece.removesuffix(b"\n"))
    return Row(number, digest.hexdigest(), parsed(head) if piece is head or not piece else None)


def opened(path: Path) -> BinaryIO | None:
    """The file for reading; None where there is none. Does not wait for the writer of a fifo."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "is no regular file")
    return os.fdopen(descriptor, "rb")


def parsed(raw: bytes) -> Line | None:
    """A line's object; None for what is none, or holds a number that JSON does not have."""
    try:
        line = json.loads(raw, parse_constant=finite, parse_float=finite)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def finite(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        raise ValueError(f"{text} is no number")
    return value


def lines(path: Path, wanted: Wanted, broken: Callable[[int], None]) -> Iterator[Line]:
    """The lines of the operations that are wanted, in the file's order; `broken` is told the number of each other one.

    Raises Unreadable.
    """
    newest = None if wanted.last is None else last_begun(path, wanted)
    ours: deque[str] = deque(maxlen=RECENT)
    for row in rows(path):
        if row.line is None:
            broken(row.number)
            continue
        operation = str(row.line.get("operation"))
        if belongs(row.line, wanted, ours) and (newest is None or operation in newest):
            ours.append(operation)
            yield row.line


def belongs(line: Line, wanted: Wanted, ours: deque[str]) -> bool:
    """A line without a group (that an operation was dismissed, say) belongs to its operation's."""
    operation, group = str(line.get("operation")), line.get("group")
    if wanted.operation and operation != wanted.operation:
        return False
    return wanted.group is None or group == wanted.group or (group is None and operation in ours)


def last_begun(path: Path, wanted: Wanted) -> frozenset[str]:
    """The operations that were begun last, among those that are wanted otherwise."""
    found: deque[str] = deque(maxlen=wanted.last)
    for row in rows(path):
        if row.line is not None and row.line.get("state") == "begun" and belongs(row.line, wanted, deque()):
            found.append(str(row.line.get("operation")))
    return frozenset(found)


def verify(path: Path) -> Chain:
    """Follows the chain from the first line to the first that does not fit, or to the end. Raises Unreadable.

    A broken line cannot say what stood before it; the one behind it still must hold its hash.
    """
    before: str | None = None
    count = broken = 0
    for row in rows(path):
        count += 1
        if row.line is None:
            broken += 1
        elif row.line.get("previous") != before:
            return Chain(count, broken, row.number)
        before = row.digest
    return Chain(count, broken)
