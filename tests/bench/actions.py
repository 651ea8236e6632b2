"""actions: what each operator action costs the clients, on every server version that is installed.

Each case has a group of its own and two writers, one write in flight each: one stays with the primary that it found
first, one asks anew whom to write to after every error. `redistui do ACTION --yes --json` runs beside them. Afterwards
every acknowledged write is looked up at the primary that serves now.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from statistics import median
from typing import Any

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply
from tests import versions
from tests.bench.cases import CASES, Case
from tests.bench.child import Place
from tests.bench.table import Table
from tests.canary import Writer
from tests.waiting import eventually

WARM = 200
"""Writes of each writer before the action begins."""
SETTLE_SECONDS = 40.0
DO_SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class Cost:
    """What one run came to."""

    outcome: str
    seconds: float
    gap: float
    """The longest time between two acknowledged writes of the writer that asks anew, in seconds."""
    acked: int
    lost: int
    loses: str
    """What the plan said may be lost."""


def measure(place: Place, runs: int, only: str = "") -> Table:
    table = Table(
        "actions: what they cost two writers",
        ("action", "server", "outcome", "took s", "gap s (median, most)", "lost of acked"),
    )
    for case in (case for case in CASES if case.title.startswith(only)):
        for version, program in sorted(versions.installed().items(), reverse=True):
            if version in versions.VERSIONS and case.runs_on(version):
                row = tuple(_row(case, version, [_run(place, case, program) for _ in range(runs)]))
                print("  ".join(row), file=sys.stderr, flush=True)
                table.add(*row)
    table.notes += [
        f"{runs} runs each. Gap: the longest time between two acknowledged writes of the writer that asks anew whom to "
        "write to; it is the outage that a client sees which follows the Sentinels, the roles or the cluster's map.",
    ]
    return table


def _row(case: Case, version: str, costs: Sequence[Cost]) -> Iterator[str]:
    gaps = [cost.gap for cost in costs]
    yield case.title
    yield version
    yield "/".join(dict.fromkeys(cost.outcome for cost in costs))
    yield f"{median(cost.seconds for cost in costs):.1f}"
    yield f"{median(gaps):.2f}, {max(gaps):.2f}"
    yield f"{sum(cost.lost for cost in costs)} of {sum(cost.acked for cost in costs)}"


def _run(place: Place, case: Case, program: str) -> Cost:
    with DemoFleet(case.shapes, program, traffic=False, seconds=60.0) as fleet:
        group = fleet.groups[case.shapes[0].name]
        first = group.nodes[0].address
        writers = (Writer(f"{case.tag}sticky", lambda: first), Writer(f"{case.tag}aware", Asker(group)))
        try:
            eventually(lambda: all(len(writer.acked) >= WARM for writer in writers), 20)
            eventually(lambda: streams(group), 20)
            case.fault(group)
            began = time.monotonic()
            said = _do(place, [*case.words(fleet.groups), *case.targets(fleet.groups)])
            ended = time.monotonic()
            with suppress(AssertionError):  # nobody takes writes any more: the gap says so
                eventually(lambda: writers[1].acked[-1][1] > ended, SETTLE_SECONDS)
            stopped = time.monotonic()
        finally:
            for writer in writers:
                writer.stop()
        serving = eventually(lambda: serves(group), SETTLE_SECONDS)
        return Cost(
            outcome=str(said.get("outcome")),
            seconds=ended - began,
            gap=max(writers[1].gap, stopped - writers[1].acked[-1][1]),
            acked=sum(len(writer.acked) for writer in writers),
            lost=sum(missing(writer, serving) for writer in writers),
            loses=str(said.get("loses")),
        )


def _do(place: Place, words: Sequence[str]) -> Mapping[str, Any]:
    """Runs an action as an operator's script does; gives its document. RuntimeError when it says none."""
    journal = {"REDISTUI_JOURNAL": str(place.folder / f"journal-{os.urandom(4).hex()}.jsonl")}
    done = subprocess.run(
        [sys.executable, "-m", "redistui", "do", *words, "--yes", "--json"],
        capture_output=True,
        text=True,
        timeout=DO_SECONDS,
        env={**place.environment, **journal},
        check=False,
    )
    try:
        document = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"do {' '.join(words)}: {done.stderr.strip() or done.stdout.strip()}") from None
    if document["outcome"] != "verified":
        print(f"do {' '.join(words)}: {document['message']} {document['refusals']}", file=sys.stderr, flush=True)
    return dict(document)


@dataclass
class Asker:
    """Whom to write to now: as the Sentinels, the cluster's map or the nodes' own roles say."""

    group: RunningGroup
    turn: int = 0

    def __call__(self) -> str:
        self.turn += 1
        if self.group.sentinels:
            sentinel = self.group.sentinels[self.turn % len(self.group.sentinels)]
            host, port = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.group.name)
            return f"{host}:{port}"
        node = self.group.nodes[self.turn % len(self.group.nodes)]
        if self.group.kind == "cluster":
            rows = node.ask("CLUSTER", "SLOTS", seconds=0.5)
            return next(f"{row[2][0]}:{row[2][1]}" for row in rows if row[0] <= TAG_SLOT <= row[1])
        if str(node.ask("ROLE", seconds=0.5)[0]) != "master":
            raise ConnectionError("a replica")
        return node.address


TAG_SLOT = 3300
"""Of the tag `{b}`, by which all of a writer's keys stand in one slot, of the first shard."""


def streams(group: RunningGroup) -> bool:
    """Every replica gets what is written: a primary holds its stream back until a new replica's first ACK,
    up to 1 s after it calls it online."""
    told = [text for node in group.nodes for text in node.info("replication").values() if "state=" in text]
    return len(told) == len(group.replicas) and all("state=online" in text and "offset=0," not in text for text in told)


def serves(group: RunningGroup) -> Server | None:
    """Who serves the writers' keys now, by its own ROLE; None while that is nobody."""
    if group.kind != "cluster":
        return group.primary
    try:
        server = group.server(Asker(group, len(group.nodes) - 2)())
    except (OSError, EOFError, ErrorReply, StopIteration):
        return None
    return server if role_of(server) == "master" else None


def missing(writer: Writer, server: Server) -> int:
    """How many acknowledged writes are not there."""
    keys = [key for key, _ in writer.acked]
    found: list[object] = []
    with server.connect() as wire:
        for first in range(0, len(keys), 500):
            try:
                found += wire.ask("MGET", *keys[first : first + 500])
            except ErrorReply as error:
                raise RuntimeError(f"{server.address} does not tell what was written: {error}") from None
    return sum(value is None for value in found)
