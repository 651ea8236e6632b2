"""Recorder: takes what an engine sees, keeps the last minutes in memory, and writes all of it to a file if it is to.

The engine's thread only looks for what changed; a thread of the recorder's own packs and writes it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from pathlib import Path
from queue import SimpleQueue

from redistui import __version__
from redistui.engine.ledger import Ledger
from redistui.engine.observation import Drawn, Item, Joined, Keyframe, Left, Observation
from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.chunk import Seen
from redistui.engine.recording.chunk_out import Mark, Writer
from redistui.engine.recording.file import Chunk, Part, Writing
from redistui.engine.recording.incidents import Incidents
from redistui.engine.recording.plain import Targets, event_out, site_out, target_out
from redistui.engine.recording.ring import Ring
from redistui.engine.recording.tracks import Tracks
from redistui.model import Event, Site, Target

PART = 5.0
"""Seconds of a part: what a crash can lose."""
CHUNK = 60.0
"""Seconds between two key frames at least; three times as long at most."""
SHARE = 4
"""The parts of a chunk are so many times as long as its key frame, if that can be."""
RING = 900.0
"""Seconds that are kept in memory."""


@dataclass(slots=True)
class Work:
    """What is handed over: what was seen, behind a key frame where a chunk begins."""

    items: list[Seen | Mark]
    frame: Keyframe | None = None
    pasts: Sequence[Sequence[Seen]] = ()
    """Of each server in the frame what it said last."""
    fresh: bool = False
    """An engine began here, and knew nothing of what was before."""


class Recorder:
    """`begin`, `due` and `take` on the engine's thread, the rest on any."""

    def __init__(
        self, targets: Sequence[Target], sites: Sequence[Site] = (), path: Path | None = None, *, ring: float = RING,
        thresholds: Mapping[str, float] | None = None, keep: float | None = None, at_most: int | None = None,
        folder: Path | None = None, incidents: int = 0,
    ) -> None:  # fmt: skip
        """`path`: the file to write to, None: none; `ring`: seconds to keep in memory; `keep` (seconds) and `at_most`
        (bytes): beyond these the oldest of the file is deleted; `folder`: where things are saved, the last `incidents`
        of them by themselves. Raises BadRecording where the file is not ours."""
        self.folder = folder
        self.trouble: str | None = None
        """Why nothing is written any more; a sentence."""
        head = {
            "version": __version__, "began": time.time(), "targets": [target_out(one) for one in targets],
            "sites": [site_out(one) for one in sites], "thresholds": dict(thresholds or {}),
        }  # fmt: skip
        self._file = Writing(path, head) if path is not None else None
        self._keep, self._at_most = keep, at_most
        self.ring = Ring(ring, head)
        self._writer = Writer(Targets(targets))
        self._targets = Targets(targets)
        self._tracks = Tracks()
        self._items: list[Seen | Mark] = []
        self._began = Work([])
        self._part_at: float | None = None
        self._chunk_at: float | None = None
        self._sizes = [0, 0]
        """Bytes of the last key frame, and of the parts behind it."""
        self._lock = threading.Lock()
        self._work: SimpleQueue[Work | threading.Event | None] = SimpleQueue()
        self._told: Callable[[str], None] = _nobody
        self._incidents: Incidents | None = None
        if folder is not None and incidents:
            self._incidents = Incidents(folder, self.ring.save, lambda text: self._told(text), incidents)  # noqa: PLW0108
        self._thread = threading.Thread(target=self._run, name="redistui-recorder", daemon=True)
        self._thread.start()

    # -- on the engine's thread -----------------------------------------------------------------------------------

    def begin(self, tell: Callable[[str], None]) -> None:
        """An engine begins, and knows nothing of what was before; `tell` is given sentences for its timeline."""
        with self._lock:
            self._cut()
            self._chunk_at, self._tracks, self._told = None, Tracks(), tell

    def due(self, at: float) -> bool:
        """A key frame is wanted now."""
        age = inf if self._chunk_at is None else at - self._chunk_at
        return age >= 3 * CHUNK or (age >= CHUNK and self._sizes[1] >= SHARE * self._sizes[0])

    def take(self, item: Item, ledger: Ledger | None = None) -> None:
        """Anything that was seen, heard of, or drawn; in that order. `ledger`: that has taken an observation
        already."""
        with self._lock:
            if self._chunk_at is None:
                self._chunk(Keyframe(item.at), fresh=True)
            if isinstance(item, Observation):
                self._items.append(self._tracks.take(item, ledger))
                return
            if isinstance(item, Keyframe):
                self._chunk(item)
                return
            self._items.append(item)
            if isinstance(item, Drawn):
                self._part_at = item.at if self._part_at is None else self._part_at
                if item.at - self._part_at >= PART:
                    self._cut()
            elif isinstance(item, Joined | Left):
                self._tracks.forget(item.address)

    def _chunk(self, frame: Keyframe, fresh: bool = False) -> None:
        self._cut()
        self._chunk_at = frame.at
        self._began = Work([], frame, self._tracks.pasts(frame), fresh)

    def _cut(self) -> None:
        """Hands over what there is."""
        work, self._began = self._began, Work([])
        work.items, self._items, self._part_at = self._items, [], None
        if work.items or work.frame is not None:
            self._work.put(work)

    # -- on any thread --------------------------------------------------------------------------------------------

    @property
    def minutes(self) -> float:
        """How many of them are kept in memory."""
        return self.ring.seconds / 60

    def save(self, path: Path) -> None:
        """Writes what is in memory to a new file. Raises BadRecording: it is there already, or cannot be written."""
        if path.exists():
            raise BadRecording(f"{path} is there already: name another file")
        self.flush()
        self.ring.save(path)

    def flush(self) -> None:
        """Returns when everything taken so far is packed, and written if it is to be."""
        done = threading.Event()
        with self._lock:
            self._cut()
            self._work.put(done)
        while self._thread.is_alive() and not done.wait(0.2):
            pass

    def close(self) -> None:
        """Writes the rest. Does nothing a second time."""
        with self._lock:
            self._cut()
            self._work.put(None)
        self._thread.join(30.0)

    # -- on its own thread ----------------------------------------------------------------------------------------

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            if isinstance(work, threading.Event):
                work.set()
            elif self.trouble is None:
                try:
                    self._do(work)
                except (BadRecording, OSError) as error:
                    self.trouble = f"nothing is recorded any more: {error}"
                    self._told(self.trouble)
        if self._incidents is not None:
            self._incidents.end()
        if self._file is not None:
            self._file.close()

    def _do(self, work: Work) -> None:
        """Packs it and writes it; and looks whether it tells of an incident."""
        things: list[Chunk | Part] = []
        if work.frame is not None:
            self._writer = Writer(self._targets)
            things.append(Chunk(work.frame.at, work.fresh, self._writer.key(work.frame, work.pasts)))
        if work.items:
            events = [one for one in work.items if isinstance(one, Event)]
            marks = tuple((one.at, json.dumps(event_out(one))) for one in events)
            times = [one.at for one in work.items]
            things.append(Part(min(times), max(times), self._writer.part(work.items), marks))
        for thing in things:
            if isinstance(thing, Chunk):
                self._sizes = [len(thing.body), 0]
            else:
                self._sizes[1] += len(thing.body)
        self.ring.add(things)
        if self._file is not None:
            self._file.add(things)
            self._file.trim(None if self._keep is None else time.time() - self._keep, self._at_most)
        if work.items and self._incidents is not None:
            self._incidents.take(events, work.items[-1].at)


def _nobody(_: str) -> None:
    """No engine has begun."""
