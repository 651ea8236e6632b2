"""history: what the past of a fleet takes in memory and in time, beside the naive ways to keep it.

Each way fills up in a process of its own, whose resident memory is read before and after. Ours is filled whole; the
naive ones with as many nodes as there is room for, and are then reckoned up, which the table says.
"""

from __future__ import annotations

import gc
import os
import random
import time
from array import array
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, Protocol

from redistui.engine.annals import Annals
from redistui.history import STEPS, History
from redistui.history.rows import LENGTH
from redistui.metrics import KEPT
from tests.bench.table import Table

NOW = 1_700_000_040.0
NODES = 1000
QUARTER, DAY = 900, 86_400
TARGETS = {QUARTER: 100e6, DAY: 0.5 * 2**30}
FEW = 4
"""Nodes of a way that cannot be filled whole."""


class Past(Protocol):
    """Whatever keeps samples."""

    def add(self, node: str, at: float, metrics: Mapping[str, float]) -> None: ...


class Lists:
    """A dictionary of lists of floats: all samples, as they came."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str], list[tuple[float, float]]] = {}

    def add(self, node: str, at: float, metrics: Mapping[str, float]) -> None:
        for name in KEPT:
            self._series.setdefault((node, name), []).append((at, metrics[name]))


class Floats:
    """The same tiers as ours with lowest, mean and highest as whole float32, one array for each series."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, str, int], tuple[array[float], ...]] = {}

    def add(self, node: str, at: float, metrics: Mapping[str, float]) -> None:
        second = int(at)
        for name in KEPT:
            value = metrics[name]
            for step, length, parts in ((1, LENGTH, 1), *((step, length, 3) for step, length in STEPS)):
                found = self._series.get((node, name, step))
                if found is None:
                    found = tuple(array("f", bytes(4 * length)) for _ in range(parts))
                    self._series[node, name, step] = found
                for part in found:  # of each slot the lowest and highest would have to be found besides
                    part[second // step % length] = value


WAYS: Mapping[str, Callable[[], Past]] = {"ours": History, "float32": Floats, "lists": Lists}
TITLES = {
    "ours": "ours: rows, then halves of float32",
    "float32": "tiers of float32 arrays",
    "lists": "dict of lists of (time, float), all kept",
}


class Filled(NamedTuple):
    """What one way came to."""

    bytes: float
    us: float
    """CPU time for one sample of one node, in microseconds."""


def samples(nodes: int) -> tuple[list[str], list[dict[str, float]]]:
    """Names, and some rows of numbers that differ."""
    dice = random.Random(7)
    rows = [{name: dice.random() * 10 ** dice.randrange(9) for name in KEPT} for _ in range(97)]
    return [f"10.0.{index // 250}.{index % 250}:6379" for index in range(nodes)], rows


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fill(way: str, nodes: int, seconds: int, every: float) -> Filled:
    """Runs in a process of its own."""
    names, rows = samples(nodes)
    past = WAYS[way]()
    gc.collect()
    before, cpu = resident(), time.process_time()
    count = int(seconds / every)
    for turn in range(count):
        for index, name in enumerate(names):
            past.add(name, NOW + turn * every + index / nodes, rows[(turn + index) % 97])
    took = time.process_time() - cpu
    return Filled(resident() - before, 1e6 * took / (count * nodes))


def read(nodes: int) -> tuple[float, float, float, float]:
    """Seconds: the last samples of 200 nodes, a day of one node in 300 steps, a minute written to a file, and all of
    ten minutes read back."""
    names, rows = samples(nodes)
    history = History()
    for turn in range(660):
        for index, name in enumerate(names):
            history.add(name, NOW + turn, rows[(turn + index) % 97])
    times = []
    for work in (
        lambda: [history.last(name, "clients", 60) for name in names[:200]],
        lambda: history.span(names[0], "clients", NOW + 660 - DAY, NOW + 660, 300),
    ):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    with TemporaryDirectory() as folder:
        annals = Annals(Path(folder) / "history")
        annals.load(History(), NOW)
        annals.write(history, NOW + 660)
        for turn in range(660, 720):
            for index, name in enumerate(names):
                history.add(name, NOW + turn, rows[(turn + index) % 97])
        began = time.perf_counter()
        annals.write(history, NOW + 720)
        times.append(time.perf_counter() - began)
        began = time.perf_counter()
        Annals(annals.path).load(History(), NOW + 720)
        times.append(time.perf_counter() - began)
    return times[0], times[1], times[2], times[3]


def measure() -> Iterator[Table]:
    table = Table(
        f"history: {NODES:,} nodes x {len(KEPT)} metrics",
        ("", "15 min (MB)", "24 h (MiB)", "filled with", "us a sample", "ms a second"),
    )
    for way, title in TITLES.items():
        nodes = NODES if way == "ours" else FEW if way == "lists" else 100
        quarter: Filled = _apart(fill, way, max(nodes, 100), QUARTER, 1.0)
        day: Filled = _apart(fill, way, nodes, DAY, 1.0 if way == "lists" else 60.0)
        table.add(
            title,
            f"{quarter.bytes * NODES / max(nodes, 100) / 1e6:,.0f}",
            f"{day.bytes * NODES / nodes / 2**20:,.0f}",
            "all" if nodes == NODES else f"{nodes} nodes, reckoned up",
            f"{quarter.us:.1f}",
            f"{quarter.us * NODES / 1000:.1f}",
        )
    table.notes += [
        f"Targets: {TARGETS[QUARTER] / 1e6:.0f} MB and {TARGETS[DAY] / 2**20:.0f} MiB. Samples once a second; the day "
        f"of the tiers is filled by one a minute, which fills every slot as well. Time is CPU at 1 Hz.",
    ]
    yield table
    last, span, wrote, loaded = _apart(read, NODES)
    table = Table(f"history: reading and keeping, {NODES:,} nodes", ("", "ms"))
    table.add("the last 60 samples of 200 nodes", f"{last * 1e3:.2f}")
    table.add("a day of one node in 300 steps", f"{span * 1e3:.2f}")
    table.add("a minute of all nodes into the file", f"{wrote * 1e3:.0f}")
    table.add("eleven minutes of all nodes back from it", f"{loaded * 1e3:.0f}")
    yield table


def _apart(work: Callable[..., Any], *words: object) -> Any:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *words).result()
