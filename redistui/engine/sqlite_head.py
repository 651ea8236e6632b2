"""What tells one of our SQLite files before it is opened: its first hundred bytes, read without SQLite, which costs a
start-up.

Such a file has the version of its schema at byte 60 and the mark of its program at byte 68, both big-endian.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

MAGIC = b"SQLite format 3\0"
HEAD = 100
LEFT = "it was left as it is"


class Sort(NamedTuple):
    """A sort of file."""

    application: int
    """What tells it from other programs' files."""
    version: int
    """The newest that can be read."""
    what: str
    """What it is: a history, a recording."""
    made: str
    """How it came about: written, recorded."""


def foreign(path: Path, sort: Sort) -> str | None:
    """Why the file is none of that sort, in words; empty where there is no file yet or nothing in it; None: it is one.
    Raises OSError where it cannot be read."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        return ""
    if not head:
        return ""
    if head[: len(MAGIC)] != MAGIC or len(head) < HEAD:
        return f"{path} is no {sort.what} of redistui; {LEFT}"
    if int.from_bytes(head[68:72], "big") != sort.application:
        return f"{path} is a file of another program; {LEFT}"
    if int.from_bytes(head[60:64], "big") > sort.version:
        return f"{path} was {sort.made} by a newer redistui; {LEFT}"
    return None
