"""Recording: what stands in a file, read piece by piece as it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path

from redistui.engine.observation import Item, Keyframe
from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.chunk_in import Reader
from redistui.engine.recording.file import head_of, reading, telling
from redistui.engine.recording.head import LEFT
from redistui.engine.recording.plain import Targets, event_in, site_in, target_in
from redistui.model import Event


class Recording:
    """A file that is read. In the hands of one thread at a time; more may be recorded into it meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises BadRecording."""
        self.path = path
        self._file = reading(path)
        with telling(path):
            head = head_of(self._file)
            self.targets = tuple(target_in(one) for one in head["targets"])
            """Without what is needed to log in."""
            self.sites = tuple(site_in(one) for one in head["sites"])
            self.thresholds: dict[str, float] = dict(head["thresholds"])
            self.version = str(head["version"])
            """Of the redistui that began it."""
            self._targets = Targets(self.targets)
            first, last = self._file.execute("SELECT min(first_at), max(last_at) FROM parts").fetchone()
            if first is None:
                raise BadRecording(f"{path} is a recording of nothing: it ended before anything was seen")
            self.first_at, self.last_at = float(first), float(last)

    def close(self) -> None:
        self._file.close()

    def items(self, since: float | None = None, until: float | None = None) -> Iterator[Item]:
        """Everything in the order in which it was seen, from the last key frame before `since` on, which is what comes
        first, to `until` or the end. Another key frame comes where a recorder began anew. Raises BadRecording."""
        began = self._chunk_before(self.first_at if since is None else since)
        chunk: int | None = None
        reader = Reader(self._targets)
        for part, of in self._parts(began, inf if until is None else until):
            if of != chunk:
                reader = Reader(self._targets)
                frame, fresh = self._keyframe(reader, of)
                if fresh or chunk is None:
                    yield frame
                chunk = of
            yield from self._items(reader, part)

    def marks(self, since: float | None = None, until: float | None = None) -> Sequence[Event]:
        """What happened, without reading the rest: the events, in the order in which they were heard of."""
        with telling(self.path):
            rows = self._file.execute(
                "SELECT body FROM marks WHERE at BETWEEN ? AND ? ORDER BY rowid",
                (-inf if since is None else since, inf if until is None else until),
            )
            return [event_in(json.loads(body)) for (body,) in rows]

    def _chunk_before(self, at: float) -> int:
        """The last one that began by then, else the first."""
        with telling(self.path):
            (found,) = self._file.execute("SELECT max(id) FROM chunks WHERE first_at <= ?", (at,)).fetchone()
            if found is None:
                (found,) = self._file.execute("SELECT min(id) FROM chunks").fetchone()
            if found is None:
                raise BadRecording(f"{self.path} is damaged: it has no key frame; {LEFT}")
            return int(found)

    def _parts(self, chunk: int, until: float) -> Iterator[tuple[int, int]]:
        """Numbers of parts with those of their chunks."""
        last = -1
        while True:
            with telling(self.path):
                row = self._file.execute(
                    "SELECT id, chunk, first_at FROM parts WHERE chunk >= ? AND id > ? ORDER BY id LIMIT 1",
                    (chunk, last),
                ).fetchone()
            if row is None or row[2] > until:
                return
            last = row[0]
            yield row[0], row[1]

    def _keyframe(self, reader: Reader, chunk: int) -> tuple[Keyframe, bool]:
        with telling(self.path):
            fresh, body = self._file.execute("SELECT fresh, body FROM chunks WHERE id = ?", (chunk,)).fetchone()
            return reader.key(body), bool(fresh)

    def _items(self, reader: Reader, part: int) -> list[Item]:
        with telling(self.path):
            (body,) = self._file.execute("SELECT body FROM parts WHERE id = ?", (part,)).fetchone()
            return list(reader.part(body))


def open_recording(path: Path) -> Recording:
    """Raises BadRecording: no file, not ours, damaged, or of a newer version."""
    return Recording(path)
