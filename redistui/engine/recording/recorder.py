"""Recorder: takes what an engine sees, keeps the last minutes in memory, and writes all of it to a file if it is to.

The engine's thread only looks for what changed; a thread of the recorder's own packs and writes it.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

from redistui import __version__
from redistui.engine.ledger import Ledger
from redistui.engine.observation import Drawn, Item, Joined, Keyframe, Left, Observation
from redistui.engine.recording.bad import BadRecording
from redistui.engine.recording.cadence import Cadence
from redistui.engine.recording.chunk import Seen
from redistui.engine.recording.chunk_out import Mark, Writer
from redistui.engine.recording.file import Chunk, Part, Still, Thing, Writing
from redistui.engine.recording.incidents import Incidents
from redistui.engine.recording.pasts import Pasts
from redistui.engine.recording.plain import Targets, event_out, site_out, target_out
from redistui.engine.recording.ring import Ring
from redistui.engine.recording.tracks import Tracks
from redistui.model import Event, Site, Target

PART = 5.0
"""Seconds of a part: what a crash can lose."""
RING = 900.0
"""Seconds that are kept in memory."""


@dataclass(slots=True)
class Work:
    """What is handed over: what was seen, behind a key frame where a chunk begins."""

    items: list[Seen | Mark]
    frame: Keyframe | None = None
    still: Keyframe | None = None
    """One amid a chunk, before the items."""
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
        """Why nothing is written at the moment; a sentence."""
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
        self._cadence = Cadence()
        self._grave = False
        """Something bad was raised: what there is is handed over at the next snapshot."""
        self._pasts = Pasts()
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
            self._cadence.chunk_at, self._tracks, self._told = None, Tracks(), tell

    def due(self, at: float) -> bool:
        """A key frame is wanted now. One that comes unasked begins a chunk."""
        return self._cadence.due(at)

    def take(self, item: Item, ledger: Ledger | None = None) -> None:
        """Anything that was seen, heard of, or drawn; in that order. `ledger`: that has taken an observation
        already."""
        with self._lock:
            if self._cadence.chunk_at is None:
                self._chunk(Keyframe(item.at), fresh=True)
            if isinstance(item, Observation):
                self._items.append(self._tracks.take(item, ledger))
                return
            if isinstance(item, Keyframe):
                self._frame(item)
                return
            self._items.append(item)
            self._grave = self._grave or (self._incidents is not None and self._incidents.awaits(item))
            if isinstance(item, Drawn):
                self._part_at = item.at if self._part_at is None else self._part_at
                if item.at - self._part_at >= PART or self._grave:
                    self._cut()
            elif isinstance(item, Joined | Left):
                self._tracks.forget(item.address)

    def _frame(self, frame: Keyframe) -> None:
        """A chunk begins with it; one that comes for the sake of a still is told as that."""
        if self._cadence.still_wanted:
            self._cut()
            self._cadence.take_still(frame.at)
            self._began.still = frame
        else:
            self._chunk(frame)

    def _chunk(self, frame: Keyframe, fresh: bool = False) -> None:
        self._cut()
        self._cadence.begin_chunk(frame.at)
        self._tracks.keep_only(one.joined.address for one in frame.kept)
        self._began = Work([], frame, fresh=fresh)

    def _cut(self) -> None:
        """Hands over what there is."""
        work, self._began = self._began, Work([])
        work.items, self._items, self._part_at, self._grave = self._items, [], None, False
        if work.items or work.frame is not None or work.still is not None:
            self._work.put(work)

    # -- on any thread --------------------------------------------------------------------------------------------

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
            else:
                self._do(work)
        if self._incidents is not None:
            self._incidents.end()
        if self._file is not None:
            self._file.close()

    def _do(self, work: Work) -> None:
        """Packs it and writes it; and looks whether it tells of an incident."""
        things: list[Thing] = []
        if work.frame is not None:
            things.append(self._begun(work.frame, work.fresh))
        if work.still is not None:
            things.append(Still(work.still.at, self._writer.still(work.still, self._pasts)))
        events = [one for one in work.items if isinstance(one, Event)]
        if work.items:
            things.append(self._part(work.items, events))
        for thing in things:
            self._cadence.measure(thing)
        self.ring.add(things)
        if self._file is not None:
            self._write(self._file, things)
        if work.items and self._incidents is not None:
            self._incidents.take(events, work.items[-1].at)

    def _write(self, file: Writing, things: Sequence[Thing]) -> None:
        """What could not be written leaves a gap: it goes on with the next key frame for which there is room."""
        if self.trouble is not None:
            things = _begun_anew(things)
            if not things:
                return
        try:
            file.add(things)
            file.trim(None if self._keep is None else time.time() - self._keep, self._at_most)
        except (BadRecording, OSError) as error:
            if self.trouble is None:
                self.trouble = f"nothing is recorded any more: {error}"
                self._told(self.trouble)
        else:
            if self.trouble is not None:
                self.trouble = None
                self._told(f"{file.path} is recorded again; what came meanwhile is missing")

    def _part(self, items: Sequence[Seen | Mark], events: Sequence[Event]) -> Part:
        marks = tuple((one.at, json.dumps(event_out(one))) for one in events)
        times = [one.at for one in items]
        between: list[Seen] = []
        for item in items:
            if isinstance(item, Seen):
                between.append(item)
            elif isinstance(item, Joined | Left):
                self._pasts.note(between)
                self._pasts.forget(item.address)
                between = []
        self._pasts.note(between)
        return Part(min(times), max(times), self._writer.part(items), marks)

    def _begun(self, frame: Keyframe, fresh: bool) -> Chunk:
        if fresh:
            self._pasts = Pasts()
        self._writer = Writer(self._targets)
        return Chunk(
            frame.at, fresh, self._writer.key(frame, self._pasts.told(one.joined.address for one in frame.kept))
        )


def _begun_anew(things: Sequence[Thing]) -> list[Thing]:
    """From a key frame on, which follows on nothing."""
    for number, thing in enumerate(things):
        if isinstance(thing, Chunk):
            return [thing._replace(fresh=True), *things[number + 1 :]]
    return []


def _nobody(_: str) -> None:
    """No engine has begun."""
