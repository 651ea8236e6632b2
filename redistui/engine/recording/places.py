"""Where recordings are saved that nobody gave a name."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from os.path import expanduser
from pathlib import Path

VARIABLE = "REDISTUI_RECORDINGS"


def folder() -> Path:
    """$REDISTUI_RECORDINGS, else recordings in the operator's state folder; it need not exist."""
    if named := os.environ.get(VARIABLE):
        return Path(expanduser(named))
    import platformdirs

    return Path(platformdirs.user_state_dir("redistui", appauthor=False)) / "recordings"


def saved_at(at: float, where: Path | None = None) -> Path:
    """A file for what is saved now (seconds since 1970)."""
    return (where or folder()) / f"saved-{datetime.fromtimestamp(at, UTC):%Y%m%d-%H%M%S}.recording"
