"""crash: from kill -9 of a primary to the snapshot and to the screen, beside a plain poll once a second."""

from __future__ import annotations

import sys
import time
from random import Random
from statistics import median
from typing import NamedTuple

from tests.bench.child import Child, Place
from tests.bench.farm import Farm, Served
from tests.bench.table import Table, ratio
from tests.bench.terminal import Terminal
from tests.bench.watchers import Watch

TARGET = 0.1
REPLICAS = 2
PATIENCE = 30.0
FAULT = rb"(refused|closed) \d"
"""The fault on the screen: nobody listens any more, or the process was still being ended when we dialled."""


class Noticed(NamedTuple):
    """Seconds after one kill."""

    snapshot: float
    screen: float
    loop: float


def measure(place: Place, runs: int) -> Table:
    """Each run has servers, engine, dashboard and poll of its own; all three watch the same kill."""
    chance = Random(1)
    noticed = [_run(place, chance.uniform(1.0, 2.0)) for _ in range(runs)]
    table = Table(
        "crash: from kill -9 of a primary until it is noticed",
        ("", "ms (median)", "least", "most", "beside the poll"),
    )
    base = median(one.loop for one in noticed)
    for title, part in (("in the snapshot", "snapshot"), ("on the screen", "screen"), ("1 Hz info() poll", "loop")):
        times = [getattr(one, part) for one in noticed]
        beside = "" if part == "loop" else ratio(median(times), base)
        table.add(title, *(f"{1000 * time_:.0f}" for time_ in (median(times), min(times), max(times))), beside)
    table.notes += [
        f"Target: on the screen at most {TARGET}x the poll. {runs} kills, each at a chance moment, of a primary with "
        f"{REPLICAS} replicas; the poll is redis-py's info() with its retries off.",
    ]
    return table


def _run(place: Place, wait: float) -> Noticed:
    with Farm(1 + REPLICAS, 1 + REPLICAS) as farm:
        primary = farm.primaries[0]
        with (
            Terminal(place, [sys.executable, "-m", "redistui", farm.targets[0]]) as terminal,
            Child(place, "watchers", _watch("snapshot", primary)) as snapshot,
            Child(place, "watchers", _watch("loop", primary)) as loop,
        ):
            terminal.moment_of(f"{1 + REPLICAS}/{1 + REPLICAS} up".encode(), seconds=PATIENCE)
            for one in (snapshot, loop):
                one.hear(PATIENCE)
            time.sleep(wait)
            before, killed = terminal.painted, time.monotonic()
            farm.kill(primary)
            return Noticed(
                snapshot=snapshot.hear(PATIENCE) - killed,
                screen=terminal.moment_of(FAULT, before, PATIENCE) - killed,
                loop=loop.hear(PATIENCE) - killed,
            )


def _watch(watcher: str, primary: Served) -> Watch:
    return Watch(watcher=watcher, address=primary.address, nodes=1 + REPLICAS)
