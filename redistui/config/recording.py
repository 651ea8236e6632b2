"""`[recording]`: what becomes of the last minutes that the dashboard keeps in memory.

[recording]
minutes = 15
incidents = true
folder = "~/recordings"
kept = 10
"""

from __future__ import annotations

from redistui.config.section import Section
from redistui.config.values import RecordingConfig

DEFAULT = RecordingConfig()
MINUTES = (1, 240)
KEPT = (1, 1000)
"""Files."""


def read_recording(table: Section) -> RecordingConfig:
    incidents = table.flag("incidents")
    config = RecordingConfig(
        minutes=table.number("minutes", *MINUTES, "minutes") or DEFAULT.minutes,
        incidents=DEFAULT.incidents if incidents is None else incidents,
        folder=table.path("folder"),
        kept=int(table.number("kept", *KEPT, "files") or DEFAULT.kept),
    )
    table.finish()
    return config
