"""HeardJournal: the journal, and beside it what this run has written to it, for whoever wants to look on."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from redistui.engine.journal import Journal, JournalError, Line
from redistui.ops.logged import Gathering, LoggedOperation

KEPT = 500
"""Operations of this run that are kept, the newest ones."""


class HeardJournal(Journal):
    """A journal whose lines of this run can be read while they come. Any thread."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.count = 0
        """Lines so far: another number, another thing to show."""
        self._ended: deque[LoggedOperation] = deque(maxlen=KEPT)
        self._going = Gathering()
        self._lock = threading.Lock()

    def write(self, lines: Sequence[Line]) -> None:
        """What could not be written is heard all the same, once it has been sent."""
        try:
            super().write(lines)
        except JournalError:
            self._hear([line for line in lines if line.get("state") != "sending"])
            raise
        self._hear(lines)

    def _hear(self, lines: Sequence[Line]) -> None:
        with self._lock:
            for line in lines:
                self._ended += self._going.take(line)
            self.count += len(lines)

    def operations(self) -> tuple[LoggedOperation, ...]:
        """Those of this run, in the order they began; the one that runs has no outcome yet."""
        with self._lock:
            found = [one for one in (*self._ended, *self._going.open()) if one.action]
        return tuple(sorted(found, key=lambda one: one.at))
