"""Markers: replication lag in ms, by what goes through replication itself.

Once a second a marker goes to each primary, and each of its replicas hands it out when it has come there. The lag is
the time between the two at our clock, so it holds the way there and back as well: it is never less than the true one.

Outside a cluster a marker is a PUBLISH, which takes no key and passes a fence of writes; subscribers of a replica get
it when the replica runs it. In a cluster PUBLISH and SPUBLISH go over the cluster's bus and tell nothing of replication
(measured on Valkey 9.1, Redis 7.0 and 6.2): there it is one entry of a stream (XADD, with an expiry), and a connection
that waits at the replica with XREAD BLOCK has it in the instant in which it was replicated.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from redistui.model import Access, Address, Group
from redistui.model.canaries import NAME, SPACE
from redistui.net.client import Client, ClientLost, ClientRefused
from redistui.replies.slot import slot_of

EVERY = 1.0
"""Seconds between two markers."""
KEPT_SECONDS = 60
"""A cluster's marker is a key: it expires."""
PATIENCE = 3.0
"""Seconds for one exchange; a marker that is not out by then is late all the same."""
SILENCE = 15.0
"""Seconds without a marker after which a subscription is begun anew: the connection may be half open."""
REMEMBERED = 600
"""Markers of a primary that are remembered: a lag of ten minutes is told."""


@dataclass(frozen=True, slots=True)
class Beat:
    """A primary, who gets its markers, and the key they are under (of a cluster; else empty: a channel)."""

    primary: Address
    replicas: tuple[Address, ...]
    key: str = ""


def beats(groups: Iterable[Group], run: str) -> tuple[Beat, ...]:
    """Whom markers go to and where they come out: only nodes that answer."""
    return tuple(beat for group in groups for beat in _beats(group, run) if beat.replicas)


def _beats(group: Group, run: str) -> Iterator[Beat]:
    up = {node.address for node in group.nodes if node.seen_at is not None}
    if group.cluster is not None:
        for shard in group.cluster.shards:
            if shard.slots:
                tag = tag_in(shard.slots)
                replicas = tuple(sorted(one for one in shard.replicas if one in up))
                yield Beat(shard.primary, replicas, f"{SPACE}{{{tag}}}:{run}:marker")
    elif group.primary is not None:
        followers = (node.address for node in group.nodes if node.last_role == "replica" and node.seen_at is not None)
        yield Beat(group.primary, tuple(one for one in followers if one != group.primary))


@lru_cache(1024)
def tag_in(slots: tuple[tuple[int, int], ...]) -> str:
    """A hash tag whose slot is one of these: short and the same every time.

    >>> tag_in(((866, 866),)), tag_in(((0, 16383),))
    ('2622', '0')
    """
    return next(tag for tag in map(str, range(10_000_000)) if any(a <= slot_of(tag.encode()) <= b for a, b in slots))


@dataclass
class Sent:
    """Markers of one primary: when each went out, by time.monotonic."""

    at: dict[int, float] = field(default_factory=dict)
    last: int = 0

    def next(self, now: float) -> int:
        self.last += 1
        self.at[self.last] = now
        self.at.pop(self.last - REMEMBERED, None)
        return self.last

    def unsent(self, number: int) -> None:
        """It never reached the primary: nobody waits for it."""
        self.at.pop(number, None)

    def waiting_since(self, number: int) -> float | None:
        """When the first one after `number` went out; None: there is none."""
        return next((at for other, at in self.at.items() if other > number), None)


@dataclass
class Heard:
    """What came out at one replica."""

    number: int | None = None
    """The newest marker. None: it does not listen yet; when it begins to, those that are out already count as heard."""
    ms: float | None = None

    def begin(self, sent: Sent) -> None:
        """It listens, for the first time or again: what it missed in between is still waited for."""
        if self.number is None:
            self.number = sent.last

    def hear(self, number: int, sent: Sent, now: float) -> None:
        at = sent.at.get(number)
        if at is not None and self.number is not None and number > self.number:
            self.number, self.ms = number, (now - at) * 1000

    def lag(self, sent: Sent, now: float) -> float | None:
        """In ms: the last one's, or the age of the next one while that is more; None before it listens."""
        waiting = None if self.number is None else sent.waiting_since(self.number)
        age = 0.0 if waiting is None else (now - waiting) * 1000
        if self.ms is None:
            return age if age > EVERY * 1000 else None
        return max(self.ms, age)


class Markers:
    """Sends and hears markers while it is open. All of it on one loop."""

    def __init__(self, access_of: Callable[[Address], Access], run: str) -> None:
        """`access_of(node).data` is as whom it logs in. `run` tells our markers from those of others."""
        self._access_of, self._run = access_of, run
        self._beats: dict[Beat, tuple[Sent, dict[Address, Heard], list[asyncio.Task[None]]]] = {}
        self._closed = False
        self.said = ""
        """Why there are none, or not of all; a sentence, empty when all is well."""

    @property
    def channel(self) -> str:
        return f"{SPACE}{self._run}:marker"

    def look(self, groups: Iterable[Group]) -> None:
        """From now on the markers of these groups, as they are now; no groups: no markers. Once closed: never any."""
        if self._closed:
            return
        wanted = beats(groups, self._run)
        if set(wanted) != set(self._beats):
            self.said = ""
        for beat in [beat for beat in self._beats if beat not in wanted]:
            for task in self._beats.pop(beat)[2]:
                task.cancel()
        for beat in wanted:
            if beat not in self._beats:
                self._begin(beat)

    def lags(self) -> dict[Address, float]:
        """In ms, of each replica that a marker has reached."""
        now = time.monotonic()
        pairs = ((one, heard.lag(sent, now)) for sent, ears, _ in self._beats.values() for one, heard in ears.items())
        return {one: ms for one, ms in pairs if ms is not None}

    async def close(self) -> None:
        self._closed = True
        tasks = [task for _, _, tasks in self._beats.values() for task in tasks]
        self._beats.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, beat: Beat) -> None:
        sent, ears = Sent(), {replica: Heard() for replica in beat.replicas}
        hear = self._read_stream if beat.key else self._subscribe
        tasks = [asyncio.create_task(self._for_ever(beat.primary, lambda client: self._send(client, beat, sent)))]
        for replica, heard in ears.items():
            tasks.append(asyncio.create_task(self._listen(replica, heard, sent, hear, beat)))
        self._beats[beat] = (sent, ears, tasks)

    async def _listen(self, replica: Address, heard: Heard, sent: Sent, hear: Any, beat: Beat) -> None:
        await self._for_ever(replica, lambda client: hear(client, beat, heard, sent))

    async def _for_ever(self, address: Address, work: Callable[[Client], Any]) -> None:
        """Does the work on a connection; when that ends, anew after a second."""
        access = self._access_of(address)
        while True:
            client = Client(access.reachable.get(address, address), access.data, access.tls, NAME)
            try:
                await work(client)
            except ClientRefused as error:
                self.said = f"no markers at {address}: {error}"
            except ClientLost:
                pass
            finally:
                await client.close()
            await asyncio.sleep(EVERY)

    async def _send(self, client: Client, beat: Beat, sent: Sent) -> None:
        while True:
            number = sent.next(time.monotonic())
            try:
                replies = await client.burst(self._marker(beat, number), PATIENCE)
            except ClientRefused:
                sent.unsent(number)
                raise
            wrong = next((reply for reply in replies if isinstance(reply, ClientRefused | ClientLost)), None)
            if wrong is not None:
                sent.unsent(number)
                raise wrong
            self.said = ""
            await asyncio.sleep(EVERY)

    def _marker(self, beat: Beat, number: int) -> list[tuple[str, ...]]:
        if not beat.key:
            return [("PUBLISH", self.channel, str(number))]
        return [("XADD", beat.key, "MAXLEN", "1", "*", "n", str(number)), ("EXPIRE", beat.key, str(KEPT_SECONDS))]

    async def _subscribe(self, client: Client, beat: Beat, heard: Heard, sent: Sent) -> None:
        await client.ask(("SUBSCRIBE", self.channel), PATIENCE)
        heard.begin(sent)
        while True:
            message = await client.hear(SILENCE)
            if isinstance(message, list) and len(message) == 3 and message[0] == b"message":
                self._heard(message[2], heard, sent)

    async def _read_stream(self, client: Client, beat: Beat, heard: Heard, sent: Sent) -> None:
        await client.ask(("READONLY",), PATIENCE)
        heard.begin(sent)
        last = "$"
        while True:
            reply = await client.ask(("XREAD", "BLOCK", "1000", "STREAMS", beat.key, last), PATIENCE)
            with suppress(TypeError, IndexError, UnicodeDecodeError):  # nothing came, or it is none of ours
                (_, entries) = reply[0]
                last = entries[-1][0].decode()
                self._heard(entries[-1][1][1], heard, sent)

    def _heard(self, number: bytes, heard: Heard, sent: Sent) -> None:
        with suppress(ValueError):
            heard.hear(int(number), sent, time.monotonic())
