"""What tells a history file before it is opened: its first hundred bytes, read without SQLite, which costs a start-up.

An SQLite file has the version of its schema at byte 60 and the mark of its program at byte 68, both big-endian.
"""

from __future__ import annotations

from pathlib import Path

APPLICATION = 0x72744849
"""What tells our files from other programs' ("rtHI")."""
VERSION = 1
MAGIC = b"SQLite format 3\0"
HEAD = 100
LEFT = "it was left as it is"


class BadHistory(Exception):
    """The file is not what it should be; one sentence."""


def check_head(path: Path) -> bool:
    """Whether there is a history at all: none, or an empty file, is a new one. Raises BadHistory for anything else."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BadHistory(f"{path}: the history cannot be read: {(error.strerror or str(error)).lower()}") from None
    if not head:
        return False
    if head[: len(MAGIC)] != MAGIC or len(head) < HEAD:
        raise BadHistory(f"{path} is no history of redistui; {LEFT}")
    if int.from_bytes(head[68:72], "big") != APPLICATION:
        raise BadHistory(f"{path} is a file of another program; {LEFT}")
    version = int.from_bytes(head[60:64], "big")
    if version > VERSION:
        raise BadHistory(f"{path} was written by a newer redistui; {LEFT}")
    return True
