"""Flock: the canaries of a drill, on a thread and an event loop of their own.

Each client has at each shard one writer and one reader, each with one command in flight and a deadline for it; every
fifth write is of the counter that the reader reads. Nothing is sent in a burst to make up for lost time. All of it goes
to the log as it happens: the flock itself counts nothing but what it needs to know that a drill may go on.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any

from redistui.drill.clients import Aware, Client, Plain, Polling, Told
from redistui.drill.ground import Ground
from redistui.drill.log import COUNT, Log, key_of
from redistui.model.drill import DrillShard
from redistui.route.failures import RouteFailed
from redistui.route.route import Route

EXPIRY = 3600
"""Seconds after which the canary's keys are gone."""
DEADLINE = 0.25
EVERY_COUNT = 5
END_SECONDS = 10.0
RouteOf = Callable[[Ground, float], Route]


class Flock:
    """`with Flock(...)`: they fly. A failure of their own, as opposed to the servers', is raised by `check` and at the
    end."""

    def __init__(self, grounds: Sequence[Ground], log: Log, run: str, rate: float, route_of: RouteOf) -> None:
        """`rate`: writes a second of each client at each shard, and as many reads."""
        self._grounds = tuple(grounds)
        self._log = log
        self._run = run
        self._interval = 1 / rate
        self._route_of = route_of
        self._acked_at: dict[tuple[str, str], float] = {}
        self._acked: dict[tuple[str, str], int] = {}
        self._sent: dict[tuple[str, str], int] = {}
        self._told: dict[tuple[str, str], str] = {}
        self._ready: Future[None] = Future()
        self._ending = threading.Event()
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._fly, name="redistui-canaries", daemon=True)

    def __enter__(self) -> Flock:
        self._thread.start()
        try:
            self._ready.result(END_SECONDS)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Ends them; returns when the last command in flight has come to its outcome."""
        self._ending.set()
        self._thread.join(END_SECONDS)

    def check(self) -> None:
        """Raises what broke one of them."""
        if self._error is not None:
            raise self._error

    @property
    def numbers(self) -> dict[tuple[str, str], tuple[int, ...]]:
        """By client and shard: the numbers that were sent with a key of their own."""
        return {
            place: tuple(number for number in range(1, last + 1) if number % EVERY_COUNT)
            for place, last in self._sent.items()
        }

    def acked(self) -> int:
        """The fewest writes that any of them has had acknowledged."""
        return min(self._acked.get(place, 0) for place in self._places())

    def trouble(self) -> str:
        """Which canary has written least, and what it was told last."""
        place = min(self._places(), key=lambda place: self._acked.get(place, 0))
        why = self._told.get(place, "no answer")
        return f"the {place[0]} canary at shard {place[1]} could not write ({why})"

    def goes_on(self, since: float, client: str = "aware") -> bool:
        """This client has had a write acknowledged at every shard since a moment of time.monotonic."""
        mine = [place for place in self._places() if place[0] == client]
        return all(self._acked_at.get(place, 0.0) > since for place in mine)

    def _places(self) -> list[tuple[str, str]]:
        names = (Plain.name, Aware.name, Polling.name)
        return [(name, shard.tag) for ground in self._grounds for shard in ground.shards for name in names]

    # -- on their own thread --------------------------------------------------------------------------------------

    def _fly(self) -> None:
        try:
            asyncio.run(self._all())
        except BaseException as error:
            self._error = error
            if not self._ready.done():
                self._ready.set_exception(error)

    async def _all(self) -> None:
        routes = [self._route_of(ground, DEADLINE) for ground in self._grounds]
        clients: list[tuple[Client, DrillShard]] = []
        try:
            for ground, route in zip(self._grounds, routes, strict=True):
                await route.open()
                for shard in ground.shards:
                    for client in clients_of(ground, shard, route):
                        clients.append((client, shard))
                        await client.open()
            self._ready.set_result(None)
            await self._until_the_end([work for pair in clients for work in (self._write(*pair), self._read(*pair))])
        finally:
            for client, _ in clients:
                await client.close()
            for route in routes:
                await route.close()

    async def _until_the_end(self, works: Sequence[Any]) -> None:
        """All of them end by themselves; the first that breaks ends the others."""
        async with asyncio.TaskGroup() as group:
            for number, work in enumerate(works):
                group.create_task(self._after(number * self._interval / len(works), work))

    async def _after(self, seconds: float, work: Any) -> None:
        """They do not all send at the same moment."""
        await asyncio.sleep(seconds)
        await work

    async def _write(self, client: Client, shard: DrillShard) -> None:
        number, place = 0, (client.name, shard.tag)
        while not self._ending.is_set():
            number += 1
            self._sent[place] = number
            counts = number % EVERY_COUNT == 0
            key = key_of(shard.tag, self._run, client.name, COUNT if counts else number)
            words = {"client": client.name, "shard": shard.tag, "i": number}
            argv = ("SET", key, str(number), "EX", str(EXPIRY))
            sent, outcome = await self._one("count" if counts else "write", words, partial(client.write, *argv))
            if outcome == "acked":
                self._acked[place] = self._acked.get(place, 0) + 1
                self._acked_at[place] = time.monotonic()
            await self._rest(sent)

    async def _read(self, client: Client, shard: DrillShard) -> None:
        key = key_of(shard.tag, self._run, client.name, COUNT)
        while not self._ending.is_set():
            words = {"client": client.name, "shard": shard.tag}
            sent, _ = await self._one("read", words, partial(client.read, "GET", key))
            await self._rest(sent)

    async def _one(self, what: str, words: dict[str, Any], call: Callable[[], Awaitable[Told]]) -> tuple[float, str]:
        """One command, and its line in the log; when it was sent, and what it came to."""
        sent = self._log.now()
        kind, node, outcome = "", None, "acked"
        value: dict[str, Any] = {}
        try:
            told = await call()
            node = told.node
            value = {"value": number_of(told.value)} if what == "read" else {}
        except RouteFailed as error:
            kind, node, outcome = error.kind, error.node, error.outcome
            self._told[words["client"], words["shard"]] = str(error)
        self._log.say(what, **words, sent=sent, end=self._log.now(), node=node, outcome=outcome, kind=kind, **value)
        return sent, outcome

    async def _rest(self, sent: float) -> None:
        """Until the next is due; also then others get their turn."""
        await asyncio.sleep(max(0.0, sent + self._interval - self._log.now()))


def clients_of(ground: Ground, shard: DrillShard, route: Route) -> tuple[Client, ...]:
    return Plain(ground, shard, DEADLINE), Aware(route), Polling(ground, shard, DEADLINE)


def number_of(value: Any) -> int | None:
    """What stands in a counter; None for nothing, or what is no number.

    >>> number_of(b"12"), number_of(None)
    (12, None)
    """
    return int(value) if isinstance(value, bytes) and value.isdigit() else None
