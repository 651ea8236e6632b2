"""Ring: the last minutes of a recording in memory, packed as they would be in a file."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.file import Chunk, Part, Thing, Writing


class Ring:
    """Any thread. It forgets whole chunks, so that it always begins with a key frame."""

    def __init__(self, seconds: float, head: Mapping[str, Any]) -> None:
        """`head` as in a file's."""
        self.seconds = seconds
        self._head = head
        self._lock = threading.Lock()
        self._things: deque[Thing] = deque()
        self.size = 0
        """Bytes."""

    def add(self, things: Sequence[Thing]) -> None:
        with self._lock:
            for thing in things:
                self._things.append(thing)
                self.size += len(thing.body)
                if isinstance(thing, Part):
                    self._forget(thing.last_at - self.seconds)

    def _forget(self, before: float) -> None:
        """The oldest chunk goes when the one after it reaches back that far."""
        chunks = ((number, thing) for number, thing in enumerate(self._things) if isinstance(thing, Chunk))
        next(chunks, None)
        second = next(chunks, None)
        if second is not None and second[1].first_at <= before:
            for _ in range(second[0]):
                self.size -= len(self._things.popleft().body)

    def save(self, path: Path) -> None:
        """Into a new file. Raises BadRecording."""
        with self._lock:
            things = list(self._things)
        if not any(isinstance(thing, Part) for thing in things):
            raise BadRecording("nothing has been seen yet: there is nothing to save")
        if isinstance(first := things[0], Chunk):
            things[0] = first._replace(fresh=True)
        file = Writing(path, self._head)
        try:
            file.add(things)
        finally:
            file.close()
