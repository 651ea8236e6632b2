"""Recording: what stands in a file, read piece by piece as it is asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path

from redistui.engine.observation import Item, Keyframe
from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.chunk_in import Reader
from redistui.engine.recording.file import has_stills, head_of, reading, telling
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
            (began,) = self._file.execute("SELECT min(first_at) FROM chunks").fetchone()
            # what operators did before it began is in it as well, as events of that time
            self.first_at, self.last_at = max(float(first), float(began or first)), float(last)

    def close(self) -> None:
        self._file.close()

    def items(self, since: float | None = None, until: float | None = None) -> Iterator[Item]:
        """Everything in the order in which it was seen, from the last key frame or still before `since` on (which comes
        first) to `until` or the end. Another key frame comes where a recorder began anew. Raises BadRecording."""
        since = self.first_at if since is None else since
        chunk = self._chunk_before(since)
        reader = Reader(self._targets)
        frame, part = self._begun(reader, chunk, since)
        yield frame
        for one, of in self._parts(chunk, part, inf if until is None else until):
            if of != chunk:
                chunk, reader = of, Reader(self._targets)
                frame, fresh = self._keyframe(reader, of)
                if fresh:
                    yield frame
            yield from self._items(reader, one)

    def frame(self, at: float) -> Keyframe:
        """The last key frame by a time that stands for itself. Raises BadRecording."""
        return self._keyframe(Reader(self._targets), self._chunk_before(at))[0]

    def _begun(self, reader: Reader, chunk: int, since: float) -> tuple[Keyframe, int]:
        """The last key frame or still of a chunk by a time, and the number of the last part before it."""
        stills = self._stills_before(chunk, since)
        if not stills:
            return self._keyframe(reader, chunk)[0], -1
        *passed, (last, still) = stills
        with telling(self.path):
            (body,) = self._file.execute("SELECT body FROM chunks WHERE id = ?", (chunk,)).fetchone()
            reader.begin(body)
            for _, body in passed:
                reader.look(body)
            rows = self._file.execute("SELECT body FROM parts WHERE chunk = ? AND id <= ? ORDER BY id", (chunk, last))
            for (body,) in rows:
                reader.skim(body)
            return reader.still(still), last

    def _stills_before(self, chunk: int, at: float) -> list[tuple[int, bytes]]:
        """With the number of the part before each."""
        with telling(self.path):
            if not has_stills(self._file):
                return []
            ask = "SELECT part, body FROM stills WHERE chunk = ? AND at <= ? ORDER BY id"
            return self._file.execute(ask, (chunk, at)).fetchall()

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

    def _parts(self, chunk: int, last: int, until: float) -> Iterator[tuple[int, int]]:
        """Numbers of parts behind the `last` one, with those of their chunks."""
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
