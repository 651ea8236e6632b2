"""Incidents: when an alert of level bad is raised, what led to it is saved by itself, once for each incident.

An incident begins with the first bad alert and ends when the last one has been over for a while. Its file is written at
once, since nobody knows what comes next, and again when it is over or when the ring would begin to forget it.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from redistui.engine.recording.bad import BadRecording
from redistui.model import Event

CALM = 30.0
"""Seconds without a bad alert after which an incident is over."""
AFTER = 600.0
"""Seconds after its beginning at which its file is written for the last time."""
KEPT = 10
"""Files."""
_NAME = re.compile(r"incident-\d{8}-\d{6}\.recording")
Save = Callable[[Path], None]


class Incidents:
    """In the hands of the recorder's thread, unless it says otherwise."""

    def __init__(self, folder: Path, save: Save, tell: Callable[[str], None], kept: int = KEPT) -> None:
        """`save` writes what is in memory to a file and raises BadRecording; `tell` is given a sentence."""
        self._folder, self._save, self._tell, self._kept = folder, save, tell, kept
        self._bad: set[tuple[str, ...]] = set()
        self._began: float | None = None
        self._calm_since = 0.0
        self._path: Path | None = None
        """Of the incident that lasts, while there is more to be written."""

    def awaits(self, item: object) -> bool:
        """Whether it may begin an incident: nobody should wait for the end of a part then. On any thread."""
        return (
            self._began is None
            and isinstance(item, Event)
            and item.kind == "alert"
            and item.about[:1] != ("over",)
            and item.about[4:5] == ("bad",)
        )

    def take(self, events: Iterable[Event], now: float) -> None:
        """What happened in the last seconds, and the time that is now, by the clock of the events."""
        cause = None
        for event in events:
            if event.kind == "alert" and len(event.about) >= 5:
                cause = self._count(event) or cause
        if self._bad:
            self._calm_since = now
        if self._began is None:
            if cause is not None:
                self._begin(cause, now)
        elif now - self._calm_since >= CALM:
            self.end()
            self._began = None
        elif now - self._began >= AFTER:
            self.end()

    def end(self) -> None:
        """The file of the incident that lasts is written for the last time; nothing where there is none."""
        path, self._path = self._path, None
        if path is not None:
            self._write(path)

    def _count(self, event: Event) -> Event | None:
        """The event, where it tells of something that is bad now."""
        change, *key, level = event.about[:5]
        if change != "over" and level == "bad":
            self._bad.add(tuple(key))
            return event
        self._bad.discard(tuple(key))
        return None

    def _begin(self, cause: Event, now: float) -> None:
        self._began = now
        path = self._folder / f"incident-{datetime.fromtimestamp(now, UTC):%Y%m%d-%H%M%S}.recording"
        if self._write(path):
            self._path = path
            self._tell(f"the last minutes are saved in {path}: {cause.text}")
            self._drop_oldest()

    def _write(self, path: Path) -> bool:
        """Whole or not at all: the last one stays until there is another. Two consoles may save the same incident."""
        half = path.with_suffix(f".{secrets.token_hex(4)}.half")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._save(half)
            os.replace(half, path)
        except (BadRecording, OSError) as error:
            with suppress(OSError):
                half.unlink(missing_ok=True)
            self._tell(f"the incident could not be saved: {error}")
            return False
        return True

    def _drop_oldest(self) -> None:
        files = sorted(one for one in self._folder.iterdir() if _NAME.fullmatch(one.name))
        for path in files[: -self._kept]:
            path.unlink(missing_ok=True)
