"""record: what it costs to record a fleet, and how much room that takes, beside the naive ways in the same run."""

from __future__ import annotations

import gc
import gzip
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from redistui.engine.engine import Engine
from redistui.engine.keyframes import keyframe
from redistui.engine.ledger import Ledger
from redistui.engine.observation import Item, Observation
from redistui.engine.recording import Recorder
from redistui.engine.recording.cadence import CHUNK, SHARE
from redistui.engine.recording.recorder import Work
from redistui.metrics import FIELDS
from redistui.model import Target
from redistui.replies.info import NUMBERS, TEXTS
from tests.bench.farm import Farm
from tests.bench.table import Table

CORE_TARGET, HOUR_TARGET = 3.0, 50.0
"""Percent of a core and MB an hour, for a thousand nodes at 1 Hz."""
SAMPLE = 4.0
"""Seconds whose observations are kept, for the naive ways."""
LEAST_SECONDS, MOST_SECONDS = 30.0, 50.0
"""Of a turn: shorter than from one key frame to the next."""
LOAD = """
import random, sys, time
from redistui.demo.wire import Wire
wires = [Wire(address) for address in sys.argv[1:]]
while True:
    for wire in wires:
        wire.ask("SET", f"k{random.randrange(1000)}", "x" * random.randrange(200))
        wire.ask("GET", f"k{random.randrange(1000)}")
    time.sleep(0.05)
"""


class Spent(NamedTuple):
    """What was spent up to a moment, or between two."""

    polls: int
    here: int
    """Nanoseconds of the recorder on the engine's thread."""
    there: int
    """And on its own."""
    whole: int
    """Nanoseconds of the engine's thread, whatever it did."""
    parts: int
    """Bytes in the file, with its stills."""
    frames: int
    seconds: float

    def less(self, before: Spent) -> Spent:
        return Spent._make(one - other for one, other in zip(self, before, strict=True))


class Metered(Recorder):
    """A recorder that knows what it costs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.here = self.there = 0
        """Nanoseconds on the engine's thread and on its own."""
        self.polls = 0
        self.whole = 0
        """Nanoseconds of the engine's thread, all it does."""
        self.file: Path = kwargs["path"]
        super().__init__(*args, **kwargs)

    def spent(self) -> Spent:
        self.flush()
        with closing(sqlite3.connect(self.file)) as file:
            (parts,) = file.execute(
                "SELECT coalesce((SELECT sum(length(body)) FROM parts), 0)"
                " + coalesce((SELECT sum(length(body)) FROM stills), 0)"
            ).fetchone()
            (frames,) = file.execute("SELECT coalesce(sum(length(body)), 0) FROM chunks").fetchone()
        return Spent(self.polls, self.here, self.there, self.whole, parts, frames, time.time())

    def take(self, item: Item, ledger: Ledger | None = None) -> None:
        began = time.thread_time_ns()
        super().take(item, ledger)
        self.here += time.thread_time_ns() - began
        self.polls += isinstance(item, Observation)
        self.whole = began

    def _do(self, work: Work) -> None:
        began = time.thread_time_ns()
        super()._do(work)
        self.there += time.thread_time_ns() - began


def measure(farm: Farm, seconds: float) -> Table:
    """`farm` idle, and under load."""
    nodes = len(farm.servers)
    table = Table(
        f"record: {nodes} nodes at 1 Hz",
        ("", "us a poll", "on the engine's thread", "% of a core", "bytes a poll", "MB an hour"),
    )
    gc.set_threshold(50_000, 20, 100)  # as redistui itself does
    lasting = min(MOST_SECONDS, max(LEAST_SECONDS, seconds))
    with TemporaryDirectory() as folder:
        sample = _ours(table, "ours, idle servers", farm, Path(folder, "idle"), lasting)
        with _load(farm):
            _ours(table, "ours, servers that work", farm, Path(folder, "busy"), lasting)
    for title, dump in (("gzip of JSON lines, wanted lines", _lines), ("gzip of JSON lines, whole replies", _whole)):
        _naive(table, title, sample, dump, nodes)
    table.notes += [
        f"Target: at most {CORE_TARGET:g} % of a core and {HOUR_TARGET:g} MB an hour for a thousand nodes. {lasting:g} "
        "s each; ours with writing the file. The naive ways are given the observations of "
        f"{SAMPLE:g} s of the same run, in one stream without a key frame.",
    ]
    return table


def _ours(table: Table, title: str, farm: Farm, path: Path, seconds: float) -> list[Observation]:
    targets = [Target((primary.address,), text=primary.address) for primary in farm.primaries]
    nodes = len(farm.servers)
    recorder = Metered(targets, path=path)
    engine = Engine(targets, recorder=recorder)
    engine.start()
    try:
        engine.wait(lambda fleet: fleet.complete and sum(len(one.nodes) for one in fleet.groups) == nodes, 60)
        began = recorder.spent()
        engine.call(_frame(engine, recorder)).result(60)
        framed = recorder.spent()
        at = time.time()
        engine.wait(lambda fleet: fleet.at > at + seconds, seconds + 10)
        ended = recorder.spent()
        kept = _sampled(engine, recorder)
    finally:
        engine.stop()
        recorder.close()
    _add(table, title, framed.less(began), ended.less(framed), nodes)
    return kept


async def _frame(engine: Engine, recorder: Metered) -> None:
    """A key frame, on the engine's thread; another one is not due for a minute."""
    began = time.thread_time_ns()
    frame = keyframe(engine._assembler, engine._listener.log, time.time())
    recorder.here += time.thread_time_ns() - began
    recorder.take(frame)


def _add(table: Table, title: str, frame: Spent, parts: Spent, nodes: int) -> None:
    """Of a key frame each poll bears its share: of those from one to the next."""
    chunk = min(3 * CHUNK, max(CHUNK, SHARE * frame.frames * parts.seconds / parts.parts)) * nodes
    here = parts.here / parts.polls + frame.here / chunk
    us = here + parts.there / parts.polls + frame.there / chunk
    _row(table, title, us / 1000, here / 1000, parts.parts / parts.polls + frame.frames / chunk, nodes)
    table.notes.append(
        f"{title}: beside it the engine's thread took {(parts.whole - parts.here) / parts.polls / 1000:.0f} us a poll; "
        f"a key frame of {frame.frames / 1000:.0f} kB every {chunk / nodes:.0f} s is in the figures."
    )


def _sampled(engine: Engine, recorder: Metered) -> list[Observation]:
    """The observations of some seconds from now on."""
    kept: list[Observation] = []
    take = recorder.take

    def also(item: Item, ledger: Ledger | None = None) -> None:
        take(item, ledger)
        if isinstance(item, Observation):
            kept.append(item)

    recorder.take = also  # type: ignore[method-assign]
    began = time.time()
    engine.wait(lambda fleet: fleet.at > began + SAMPLE, SAMPLE + 10)
    del recorder.take
    return kept


def _row(table: Table, title: str, us: float, here: float | None, size: float, nodes: int) -> None:
    table.add(
        title, f"{us:.1f}", "" if here is None else f"{here:.1f}", f"{us * nodes / 1e4:.1f}", f"{size:.1f}",
        f"{size * nodes * 3600 / 1e6:.0f}",
    )  # fmt: skip


def _naive(table: Table, title: str, sample: Sequence[Observation], dump: Callable[[Any], Any], nodes: int) -> None:
    began = time.thread_time()
    text = b"".join(
        json.dumps([one.address, one.at, one.asked_at, {name: dump(reply) for name, reply in one.answers.items()}])
        .encode() + b"\n" for one in sample
    )  # fmt: skip
    size = len(gzip.compress(text, 6))
    _row(table, title, (time.thread_time() - began) / len(sample) * 1e6, None, size / len(sample), nodes)


_WANTED = {name.encode() for name in (*TEXTS, *NUMBERS, *FIELDS)}


def _lines(reply: Any) -> Any:
    if isinstance(reply, bytes):
        lines = reply.split(b"\r\n")
        return b"\r\n".join(
            line for line in lines if len(lines) < 3 or line.partition(b":")[0] in _WANTED or line[:2] == b"db"
        ).decode("latin-1")
    return [_lines(one) for one in reply] if isinstance(reply, list) else reply


def _whole(reply: Any) -> Any:
    if isinstance(reply, bytes):
        return reply.decode("latin-1")
    return [_whole(one) for one in reply] if isinstance(reply, list) else reply


@contextmanager
def _load(farm: Farm) -> Iterator[None]:
    """Writes and reads at every primary."""
    addresses = [primary.address for primary in farm.primaries]
    with subprocess.Popen([sys.executable, "-c", LOAD, *addresses]) as load:
        try:
            yield
        finally:
            load.kill()
