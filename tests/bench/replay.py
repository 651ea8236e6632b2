"""replay: how long it takes to open a recording, to jump in it and to step, beside reading it whole from the start."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from redistui.engine.assemble import Assembler
from redistui.engine.keyframes import keyframe
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Joined, Observation
from redistui.engine.playing import Player
from redistui.engine.recording import Recorder, open_recording
from redistui.engine.scenery import Scenery
from redistui.model import Event, Target
from tests.bench.table import Table, ratio

T = TypeVar("T")
SHAPES = ((10, 3600), (100, 600), (1000, 180))
"""Servers, and seconds of recording, one poll of each a second."""
JUMPS, STEPS = 9, 60
BEGAN = 1_760_000_000.0
GROUP = 10
"""A primary and nine replicas."""


def measure() -> Iterator[Table]:
    table = Table(
        "A recording is looked at: milliseconds, medians",
        ("", "open", "first snapshot", "jump", "worst", "step", "step back", "whole", "jump beside it"),
        notes=["Jumps to places at random, each from far away. `whole`: from the start to the end without a key frame, "
               "which is what a jump to the end would cost; a snapshot is drawn at every mark."],
    )  # fmt: skip
    with TemporaryDirectory() as folder:
        for servers, seconds in SHAPES:
            path = Path(folder) / f"{servers}.rec"
            record(path, servers, seconds)
            table.add(*figures(path, servers, seconds))
    yield table


def figures(path: Path, servers: int, seconds: int) -> tuple[str, ...]:
    player, opened = timed(lambda: Player(open_recording(path)))
    _, first = timed(lambda: player.go(player.tape.first_at))
    dice, jumps = Random(6), list[float]()
    for number in range(JUMPS):
        near = BEGAN + seconds * (0.05 if number % 2 else 0.95)  # from one end to the other
        player.go(near)
        jumps.append(timed(lambda: player.go(BEGAN + dice.uniform(0.1, 0.9) * seconds))[1])
    steps = [timed(lambda: player.step(1))[1] for _ in range(STEPS)]
    back = [timed(lambda: player.step(-1))[1] for _ in range(STEPS // 2)]
    _, whole = timed(lambda: from_the_start(path))
    megabytes = path.stat().st_size / 1e6
    told = (opened, first, median(jumps), max(jumps), median(steps), median(back), whole)
    title = f"{servers} servers, {seconds // 60} min, {megabytes:.1f} MB"
    return (title, *(f"{1000 * one:.1f}" for one in told), ratio(median(jumps), whole))


def timed(work: Callable[[], T]) -> tuple[T, float]:
    began = time.perf_counter()
    done = work()
    return done, time.perf_counter() - began


def from_the_start(path: Path) -> None:
    tape = open_recording(path)
    scenery = Scenery(tape)
    for item in tape.items():
        if isinstance(item, Drawn):
            scenery.draw(item)
        else:
            scenery.take(item)


def record(path: Path, servers: int, seconds: int) -> None:
    """Imagined servers, polled once a second, their numbers on the move; a snapshot each second, an event each
    minute."""
    targets = [Target((f"10.0.{n // 250}.{n % 250}:6379",)) for n in range(0, servers, GROUP)]
    recorder, made, log = Recorder(targets, path=path), Assembler(), EventLog()
    for number in range(servers):
        joined = Joined(BEGAN, address_of(number), targets[number // GROUP])
        made.expect(joined.address, joined.target)
        recorder.take(joined)
    for second in range(seconds):
        at = BEGAN + second
        for number in range(servers):
            seen = poll(number, second, at + 0.8 * number / servers)
            made.take(seen)
            recorder.take(seen)
        if second % 60 == 30:
            event = Event(at, address_of(0), "role", "g", f"{address_of(0)} was seen at {second}")
            log.add(event)
            recorder.take(event)
        recorder.take(Drawn(at + 0.9, 1.0))
        if recorder.due(at + 0.9):
            recorder.take(keyframe(made, log, at + 0.9))
    recorder.close()


def address_of(number: int) -> str:
    return f"10.0.{number // 250}.{number % 250}:6379"


def poll(number: int, second: int, at: float) -> Observation:
    first = number - number % GROUP
    turn = second * (1 + number % 7)
    offset = 1_000_000 + 997 * second
    said: dict[str, Any] = {
        "redis_version": "7.0.15", "run_id": f"{number:040x}", "uptime_in_seconds": 1000 + second,
        "used_memory": 5_000_000 + 64 * turn, "used_memory_rss": 9_000_000, "maxmemory": 50_000_000,
        "connected_clients": 20 + turn % 5, "total_commands_processed": 90 * turn, "used_cpu_sys": 0.01 * second,
        "used_cpu_user": 0.02 * second, "total_net_input_bytes": 7000 * turn, "total_net_output_bytes": 9000 * turn,
        "keyspace_hits": 50 * turn, "keyspace_misses": 3 * turn, "master_replid": f"{first:040x}",
    }  # fmt: skip
    role: list[Any]
    if number == first:
        said |= {"role": "master", "master_repl_offset": offset, "connected_slaves": GROUP - 1}
        for slave in range(GROUP - 1):
            host, port = address_of(first + slave + 1).split(":")
            said[f"slave{slave}"] = f"ip={host},port={port},state=online,offset={offset},lag=0"
        role = [b"master", offset, []]
    else:
        host, port = address_of(first).split(":")
        said |= {"role": "slave", "master_host": host, "master_port": port, "master_link_status": "up"}
        said |= {"slave_repl_offset": offset, "master_repl_offset": offset, "slave_priority": 100}
        role = [b"slave", host.encode(), int(port), b"connected", offset]
    info = "".join(f"{name}:{value}\r\n" for name, value in said.items()).encode()
    return Observation(
        address_of(number), at, at - 0.001, "data", {"ping": b"PONG", "role": role, "info": info}, None, 0.3
    )
