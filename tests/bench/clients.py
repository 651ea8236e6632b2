"""The clients that are measured, each in a process of its own (see child.py): they poll, paced, and tell what it cost.

Those of a poll ask at the same instants, so that what differs is what a poll costs and not how often the loop wakes up.
None cleans up: the answer is all that is wanted of the process, and whoever started it ends it.
"""

from __future__ import annotations

import asyncio
import resource
import selectors
import socket
import time
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from redistui.engine.assemble import Assembler
from redistui.engine.engine import Engine
from redistui.engine.observation import Observation
from redistui.engine.poller import IN_FLIGHT, Poller
from redistui.engine.rounds import data_round
from redistui.engine.watched import BEATS, beat
from redistui.history import LENGTH
from redistui.model import Access, Address, Fleet, Target, host_of, port_of
from tests.bench import child, usage

PERIOD = 1.0


class Request(TypedDict):
    """What a client is asked to do."""

    client: str
    addresses: list[str]
    nodes: int
    """Servers that are found in the end; without discovery, as many as there are addresses."""
    warm: float
    """Seconds it runs before it is measured, from the moment on at which every server has answered."""
    seconds: float


class Cost(TypedDict):
    """What it came to."""

    polls: int
    seconds: float
    user: float
    system: float
    peak_mb: float


class Meter:
    """Counts polls, and the CPU time of the process while it is open."""

    def __init__(self, request: Request) -> None:
        self.polls = 0
        self._request = request
        self._awaited = set(request["addresses"])
        self._warm = asyncio.Event()

    def count(self, address: str) -> None:
        """A poll of that server was answered."""
        self.polls += 1
        self._awaited.discard(address)
        if not self._awaited:
            self._warm.set()

    def open(self) -> None:
        self.polls = 0
        self._cpu, self._at = usage.own(), time.monotonic()

    def cost(self) -> Cost:
        used, seconds = usage.own().since(self._cpu), time.monotonic() - self._at
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        return Cost(polls=self.polls, seconds=seconds, user=used.user, system=used.system, peak_mb=peak)

    async def measured(self) -> Cost:
        """Warms up, from the moment on at which every server has answered, then measures."""
        await asyncio.wait_for(self._warm.wait(), 60)
        await asyncio.sleep(self._request["warm"])
        self.open()
        await asyncio.sleep(self._request["seconds"])
        return self.cost()


async def ours(request: Request) -> Cost:
    """Poller and Assembler: what a poll brought stands in the ledgers, as values."""
    meter, target, assembler = Meter(request), Target(()), Assembler()

    def observe(seen: Observation) -> None:
        assembler.take(seen)
        if seen.fault is None:
            meter.count(seen.address)

    poller = Poller(observe, lambda address: None, PERIOD)
    for address in request["addresses"]:
        assembler.expect(address, target)
        poller.watch(address, Access(), False)
    return await meter.measured()


async def spread(request: Request) -> Cost:
    """The same, each server at an instant of its own: a client that knows no beats."""
    places = {address: place / request["nodes"] for place, address in enumerate(request["addresses"])}
    return await redis_py(request, places.__getitem__)


async def redis_py(request: Request, place_of: Callable[[Address], float] = beat) -> Cost:
    """redis-py's asyncio client with hiredis: `info()` on a held connection to each server."""
    from redis.asyncio import Redis

    meter, limit = Meter(request), asyncio.Semaphore(IN_FLIGHT)

    async def watch(address: str) -> None:
        held = Redis(host=host_of(address), port=port_of(address), single_connection_client=True)
        while True:
            async with limit:
                await held.info()
            meter.count(address)
            now = time.monotonic()
            await asyncio.sleep(_next(place_of(address), now) - now)

    tasks = [asyncio.create_task(watch(address)) for address in request["addresses"]]
    cost = await meter.measured()
    for task in tasks:
        if task.done():
            task.result()
    return cost


def _next(place: float, now: float) -> float:
    """When a server that is asked at this place in the period, from 0 to 1, is due again."""
    due = (now // PERIOD + place) * PERIOD
    return due if due > now + 0.3 * PERIOD else due + PERIOD


async def floor(request: Request) -> Cost:
    """No client at all: an epoll loop that sends the bytes of our poll and throws away what comes. Blocks the loop."""
    meter, payload = Meter(request), data_round("data", True, True).payload
    beats: list[list[socket.socket]] = [[] for _ in range(BEATS)]
    selector = selectors.DefaultSelector()
    for address in request["addresses"]:
        opened = socket.create_connection((host_of(address), port_of(address)))
        selector.register(opened, selectors.EVENT_READ)
        beats[int(beat(address) * BEATS)].append(opened)
    _run(meter, selector, beats, payload, max(2.0, request["warm"]))
    meter.open()
    _run(meter, selector, beats, payload, request["seconds"])
    return meter.cost()


def _run(
    meter: Meter,
    selector: selectors.BaseSelector,
    beats: Sequence[Sequence[socket.socket]],
    payload: bytes,
    for_: float,
) -> None:
    began = time.monotonic()
    number = 0
    while (now := time.monotonic()) < began + for_:
        due = began + number * PERIOD / BEATS
        if now >= due:
            for each in beats[number % BEATS]:
                each.send(payload)
            meter.polls += len(beats[number % BEATS])
            number += 1
        else:
            for key, _ in selector.select(due - now):
                key.fileobj.recv(262144)  # type: ignore[union-attr]


async def engine(request: Request) -> Cost:
    """The whole engine, which finds the replicas by itself and draws snapshots, with nobody looking at them."""
    watched = Engine([Target((address,)) for address in request["addresses"]], period=PERIOD)
    meter = Meter(request)
    watched.start()
    found = await asyncio.to_thread(watched.wait, lambda fleet: _whole(fleet, request["nodes"]), 60.0)
    await asyncio.sleep(request["warm"])
    before = _samples(watched, found)
    meter.open()
    await asyncio.sleep(request["seconds"])
    cost = meter.cost()
    cost["polls"] = _samples(watched, found) - before
    return cost


def _samples(watched: Engine, fleet: Fleet) -> int:
    """Polls that were answered, by what is kept of each: one sample."""
    addresses = [node.address for group in fleet.groups for node in group.nodes]
    return sum(len(watched.history.last(address, "clients", LENGTH)) for address in addresses)


def _whole(fleet: Fleet, nodes: int) -> bool:
    return fleet.complete and sum(len(group.nodes) for group in fleet.groups) >= nodes


CLIENTS: dict[str, Callable[[Request], Any]] = {
    "ours": ours,
    "redis-py": redis_py,
    "spread": spread,
    "floor": floor,
    "engine": engine,
}


async def answer(request: Request) -> None:
    child.say(await CLIENTS[request["client"]](request))


if __name__ == "__main__":
    asyncio.run(answer(child.request()))
