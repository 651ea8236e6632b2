"""What tells a history file from any other, before it is opened."""

from __future__ import annotations

from pathlib import Path

from redistui.engine.sqlite_head import LEFT, Sort, foreign

APPLICATION = 0x72744849
"""What tells our files from other programs' ("rtHI")."""
VERSION = 1
SORT = Sort(APPLICATION, VERSION, "history", "written")

__all__ = ["APPLICATION", "LEFT", "VERSION", "BadHistory", "check_head"]


class BadHistory(Exception):
    """The file is not what it should be; one sentence."""


def check_head(path: Path) -> bool:
    """Whether there is a history at all: none, or an empty file, is a new one. Raises BadHistory for anything else."""
    try:
        why = foreign(path, SORT)
    except OSError as error:
        raise BadHistory(f"{path}: the history cannot be read: {(error.strerror or str(error)).lower()}") from None
    if why:
        raise BadHistory(why)
    return why is None
