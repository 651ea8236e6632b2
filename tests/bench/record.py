"""record: what it costs to record a fleet, and how much room that takes, beside the naive ways in the same run."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redistui.engine.engine import Engine
from redistui.engine.keyframes import keyframe
from redistui.engine.ledger import Ledger
from redistui.engine.observation import Item, Observation
from redistui.engine.recording import Recorder, open_recording
from redistui.engine.recording.recorder import CHUNK, Work
from redistui.metrics import FIELDS
from redistui.model import Target
from redistui.replies.info import NUMBERS, TEXTS
from tests.bench.farm import Farm
from tests.bench.table import Table

CORE_TARGET, HOUR_TARGET = 3.0, 50.0
"""Percent of a core and MB an hour, for a thousand nodes at 1 Hz."""
SAMPLE = 4.0
"""Seconds whose observations are kept, for the naive ways."""
MOST_SECONDS = 90.0
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


class Metered(Recorder):
    """A recorder that knows what it costs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.here = self.there = 0
        """Nanoseconds on the engine's thread and on its own."""
        self.polls = 0
        super().__init__(*args, **kwargs)

    def take(self, item: Item, ledger: Ledger | None = None) -> None:
        began = time.thread_time_ns()
        super().take(item, ledger)
        self.here += time.thread_time_ns() - began
        self.polls += isinstance(item, Observation)

    def _do(self, work: Work) -> None:
        began = time.thread_time_ns()
        super()._do(work)
        self.there += time.thread_time_ns() - began


def measure(farm: Farm, seconds: float) -> Table:
    """`farm` idle, and under load; a chunk at least, so that key frames are in it."""
    nodes = len(farm.servers)
    table = Table(
        f"record: {nodes} nodes at 1 Hz",
        ("", "us a poll", "on the engine's thread", "% of a core", "bytes a poll", "MB an hour"),
    )
    lasting = min(MOST_SECONDS, max(seconds, CHUNK + 5.0))
    with TemporaryDirectory() as folder:
        sample = _ours(table, "ours, idle servers", farm, Path(folder, "idle"), lasting)
        with _load(farm):
            _ours(table, "ours, servers that work", farm, Path(folder, "busy"), lasting)
    for title, dump in (("gzip of JSON lines, wanted lines", _lines), ("gzip of JSON lines, whole replies", _whole)):
        _naive(table, title, sample, dump, nodes)
    table.notes += [
        f"Target: at most {CORE_TARGET:g} % of a core and {HOUR_TARGET:g} MB an hour for a thousand nodes. {lasting:g} "
        "s each; ours with its key frames and with writing the file. The naive ways are given the observations of "
        f"{SAMPLE:g} s of the same run, in one stream without a key frame.",
    ]
    return table


def _ours(table: Table, title: str, farm: Farm, path: Path, seconds: float) -> list[Observation]:
    targets = [Target((primary.address,), text=primary.address) for primary in farm.primaries]
    recorder, kept = Metered(targets, path=path), list[Observation]()
    engine = Engine(targets, recorder=recorder)
    engine.start()
    try:
        nodes = len(farm.servers)
        engine.wait(lambda fleet: fleet.complete and sum(len(one.nodes) for one in fleet.groups) == nodes, 60)
        size, polls, here, there = path.stat().st_size, recorder.polls, recorder.here, recorder.there
        began = time.time()
        engine.wait(lambda fleet: fleet.at > began + seconds, seconds + 10)
        kept = _sampled(engine, recorder)
        recorder.flush()
        polls = recorder.polls - polls
        frames = _frame_ns(engine) * seconds / CHUNK
        here, there = recorder.here - here + int(frames), recorder.there - there
        size = path.stat().st_size - size
    finally:
        engine.stop()
        recorder.close()
    with _closing(path) as tape:
        assert tape.last_at > tape.first_at
    _row(table, title, (here + there) / polls / 1000, here / polls / 1000, size / polls, len(farm.servers))
    return kept


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
    del recorder.take  # type: ignore[attr-defined]
    return kept


def _frame_ns(engine: Engine) -> float:
    began = time.thread_time_ns()
    keyframe(engine._assembler, engine._listener.log, time.time())
    return time.thread_time_ns() - began


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


@contextmanager
def _closing(path: Path) -> Iterator[Any]:
    tape = open_recording(path)
    try:
        yield tape
    finally:
        tape.close()
