"""What tells a recording before it is opened: its first hundred bytes, read without SQLite, which costs a start-up.

An SQLite file has the version of its schema at byte 60 and the mark of its program at byte 68, both big-endian.
"""

from __future__ import annotations

from pathlib import Path

from redistui.engine.recording.bad import BadRecording

APPLICATION = 0x72745243
"""What tells our files from other programs' ("rtRC")."""
VERSION = 1
MAGIC = b"SQLite format 3\0"
HEAD = 100
LEFT = "it was left as it is"


def check_head(path: Path) -> bool:
    """Whether there is a recording: False for no file or an empty one. Raises BadRecording for anything else."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise BadRecording(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if not head:
        return False
    if head[: len(MAGIC)] != MAGIC or len(head) < HEAD:
        raise BadRecording(f"{path} is no recording of redistui; {LEFT}")
    if int.from_bytes(head[68:72], "big") != APPLICATION:
        raise BadRecording(f"{path} is a file of another program; {LEFT}")
    if int.from_bytes(head[60:64], "big") > VERSION:
        raise BadRecording(f"{path} was recorded by a newer redistui; {LEFT}")
    return True
