"""What tells a recording from any other file, before it is opened."""

from __future__ import annotations

from pathlib import Path

from redistui.engine.recording.bad import BadRecording
from redistui.engine.sqlite_head import LEFT, Sort, foreign

APPLICATION = 0x72745243
"""What tells our files from other programs' ("rtRC")."""
VERSION = 2
"""The first knew no stills; it is read, and gone on with, too."""
SORT = Sort(APPLICATION, VERSION, "recording", "recorded")

__all__ = ["APPLICATION", "LEFT", "VERSION", "check_head"]


def check_head(path: Path) -> bool:
    """Whether there is a recording: False for no file or an empty one. Raises BadRecording for anything else."""
    try:
        why = foreign(path, SORT)
    except OSError as error:
        raise BadRecording(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from None
    if why:
        raise BadRecording(why)
    return why is None
