"""slots: 1,000 slots with 60,000 keys moved from one shard to another, by us and by redis-cli, on fresh clusters.

A writer beside writes to keys of the slots that move and of slots that stay, one write in flight; afterwards every
write that was acknowledged is looked up, and `redis-cli --cluster check` has its say.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import cluster
from redistui.demo.wire import ErrorReply, Wire, pack
from redistui.replies.slot import slot_of
from tests import versions
from tests.bench.child import Place
from tests.bench.table import Table, ratio

SLOTS, KEYS = 1000, 60_000
RUNS = 3
"""Of each way at most: each starts a cluster of its own."""
EVERY = 0.002
"""Seconds between two writes: enough to see a stall, and no load to speak of."""
SECONDS = 240.0
REDIS_CLI = "redis-cli --cluster reshard"


@dataclass(frozen=True, slots=True)
class Cost:
    """What one move came to."""

    whole: float
    """Seconds from the command's start to its exit."""
    moving: float
    """Of these, from the first look at the servers to the last: without starting up and planning. All of it, where
    that cannot be told."""
    stall: float
    """The longest that one write took, redirections included, in seconds."""
    acked: int
    lost: int
    clean: bool
    """`redis-cli --cluster check` finds nothing wrong."""


def measure(place: Place, runs: int) -> Table:
    """All ways on all versions; the same number of fresh clusters each, turn by turn."""
    table = Table(
        f"slots: {SLOTS:,} slots with {KEYS:,} keys from one shard to another, a writer beside",
        ("way", "server", "moving s", "with start s", "faster", "worst write ms", "lost of acked", "check"),
    )
    found = shutil.which("redis-cli")
    if found is None:
        raise RuntimeError("slots wants redis-cli on PATH to compare with (Debian: apt install redis-tools)")
    for version, program in sorted(versions.installed().items(), reverse=True):
        if version in versions.wanted():
            for row in rows_of(version, compared(place, version, program, found, min(runs, RUNS))):
                print("  ".join(row), file=sys.stderr, flush=True)
                table.add(*row)
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    table.notes += [
        f"Medians of {min(runs, RUNS)} runs, a fresh cluster of three primaries each; worst write: the worst of all. "
        f"`{REDIS_CLI}` is {said}, with its own pipeline of 10. Moving: from our first look at the servers to the "
        "last, journal included; of redis-cli the whole command. Faster: its whole command over our moving.",
    ]
    return table


def compared(
    place: Place, version: str, program: str, redis_cli: str, runs: int
) -> Iterator[tuple[str, Sequence[Cost]]]:
    ways: dict[str, Callable[[RunningGroup], tuple[float, float]]] = {
        REDIS_CLI: lambda group: theirs(redis_cli, group),
        "do reshard --classic": lambda group: ours(place, group, "--classic"),
    }
    if version.startswith("valkey"):
        ways["do reshard (atomic)"] = lambda group: ours(place, group)
    costs: dict[str, list[Cost]] = {way: [] for way in ways}
    for _ in range(runs):
        for way, move in ways.items():
            costs[way].append(one(program, redis_cli, move))
    yield from costs.items()


def rows_of(version: str, found: Iterator[tuple[str, Sequence[Cost]]]) -> Iterator[tuple[str, ...]]:
    theirs_: float | None = None
    for way, costs in found:
        moving = median(cost.moving for cost in costs)
        theirs_ = moving if theirs_ is None else theirs_
        yield (
            way,
            version,
            f"{moving:.2f}",
            f"{median(cost.whole for cost in costs):.2f}",
            ratio(theirs_, moving),
            f"{1000 * max(cost.stall for cost in costs):.0f}",
            f"{sum(cost.lost for cost in costs)} of {sum(cost.acked for cost in costs)}",
            "OK" if all(cost.clean for cost in costs) else "NOT OK",
        )


def one(program: str, redis_cli: str, move: Callable[[RunningGroup], tuple[float, float]]) -> Cost:
    """One move on a cluster of its own."""
    with DemoFleet((cluster("shop", 3, replicas=0),), program, traffic=False, seconds=60.0) as fleet:
        group = fleet.groups["shop"]
        fill(group.nodes[0])
        writer = Mixed(tuple(node.address for node in group.nodes))
        try:
            writer.begun.wait(20)
            whole, moving = move(group)
        finally:
            writer.stop()
        lost = writer.missing()
        checked = subprocess.run(
            [redis_cli, "--cluster", "check", group.nodes[0].address], capture_output=True, text=True, check=False
        )
        return Cost(whole, moving, writer.worst, len(writer.acked), lost, checked.returncode == 0)


def theirs(redis_cli: str, group: RunningGroup) -> tuple[float, float]:
    source, target = group.nodes[0], group.nodes[1]
    ids = [str(node.ask("CLUSTER", "MYID")) for node in (source, target)]
    words = ["--cluster-from", ids[0], "--cluster-to", ids[1], "--cluster-slots", str(SLOTS), "--cluster-yes"]
    began = time.monotonic()
    done = subprocess.run(
        [redis_cli, "--cluster", "reshard", source.address, *words],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    took = time.monotonic() - began
    if done.returncode:
        raise RuntimeError(f"{REDIS_CLI}: {done.stdout[-400:]}")
    return took, took


def ours(place: Place, group: RunningGroup, *options: str) -> tuple[float, float]:
    source, target = group.nodes[0].address, group.nodes[1].address
    words = ["--from", source, "--to", target, "--slots", f"0-{SLOTS - 1}", *options, "--target", group.target]
    journal = {"REDISTUI_JOURNAL": str(place.folder / f"journal-{os.urandom(4).hex()}.jsonl")}
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "redistui", "do", "reshard", *words, "--yes", "--json"],
        capture_output=True, text=True, timeout=SECONDS, env={**place.environment, **journal}, check=False,
    )  # fmt: skip
    took = time.monotonic() - began
    try:
        said: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"do reshard: {done.stderr.strip()}") from None
    if said["outcome"] != "verified":
        raise RuntimeError(f"do reshard: {said['message']} {said['refusals']}")
    return took, sum(row["ms"] for row in (*said["steps"], *said["verify"])) / 1000


def tags(slots: int) -> list[str]:
    """A hash tag for each of the first slots."""
    found: dict[int, str] = {}
    number = 0
    while len(found) < slots:
        slot = slot_of(str(number).encode())
        if slot < slots:
            found.setdefault(slot, str(number))
        number += 1
    return [found[slot] for slot in range(slots)]


def fill(node: Server) -> None:
    names = [f"{{{tag}}}:{number}" for tag in tags(SLOTS) for number in range(KEYS // SLOTS)]
    with Wire(node.address, seconds=30.0) as wire:
        for first in range(0, len(names), 1000):
            wire.send(b"".join(pack("SET", name, "x" * 32) for name in names[first : first + 1000]))
            for _ in names[first : first + 1000]:
                wire.read()


@dataclass
class Mixed:
    """One sequential writer into slots that move and some that stay; it follows MOVED and ASK."""

    nodes: tuple[str, ...]
    acked: dict[str, int] = field(default_factory=dict)
    worst: float = 0.0
    begun: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._tags = tags(SLOTS + 20)[::20]
        self._owners: dict[str, str] = {}
        self._wires: dict[str, Wire] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)

    def missing(self) -> int:
        """Acknowledged writes that are not there any more."""
        gone = sum(self._ask(key.partition(":")[0], "GET", key) != str(value) for key, value in self.acked.items())
        for wire in self._wires.values():
            wire.close()
        return gone

    def _write(self) -> None:
        number = 0
        while not self._stop.wait(EVERY):
            number += 1
            tag = f"{{{self._tags[number % len(self._tags)]}}}"
            key = f"{tag}:w{number}"
            began = time.monotonic()
            if self._ask(tag, "SET", key, str(number)) == "OK":
                self.acked[key] = number
            self.worst = max(self.worst, time.monotonic() - began)
            if number == 100:
                self.worst = 0.0
                self.begun.set()

    def _ask(self, tag: str, *words: str) -> Any:
        """To whoever owns the slot, as a cluster's client does it. None: not within 10 s."""
        until, where, asking = time.monotonic() + 10, self._owners.get(tag, self.nodes[0]), False
        while time.monotonic() < until:
            wire = self._wires.setdefault(where, Wire(where, seconds=10.0))
            with suppress(ErrorReply):
                if asking:
                    wire.ask("ASKING")
            try:
                return wire.ask(*words)
            except ErrorReply as error:
                said = str(error).split()
                if said[0] in ("MOVED", "ASK"):
                    where, asking = said[2], said[0] == "ASK"
                    if not asking:
                        self._owners[tag] = where
        return None
