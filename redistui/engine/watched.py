"""Watched: one server in the poller's hands, and the beat at which it is asked. Flights: who is being asked now."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Protocol
from zlib import crc32

import hiredis

from redistui.engine.observation import ServerKind
from redistui.engine.rounds import Round
from redistui.engine.spent import EVERY, READINGS, SECOND
from redistui.judge.consensus import SWOLLEN
from redistui.model import Access, Address, Fault
from redistui.net.faults import WireFault
from redistui.net.knock import Knock
from redistui.net.watch import Wire
from redistui.replies.errors import kind_of

BEATS = 2
"""Instants in a period at which polls begin: what begins together costs one waking of the loop, not one each."""
LINKS_EVERY = 10.0
"""Seconds between two looks at a cluster node's links to the others, and more where there are many."""
LINKS_EACH = 0.3
"""Seconds of that for each member, as the reply names every one twice: of a hundred nodes each has its turn every
half a minute."""
A_LINK = 4096
"""Bytes that each of a node's links holds at rest at most (INFO's mem_cluster_links, 7.0). SWOLLEN beyond that, and
somebody does not read."""
HASTE = 20.0
"""So many times sooner are the links looked at then."""
HELD = b"\r\nmem_cluster_links:"


class Polling(Protocol):
    """Who asks: told of every answer, and of every connection that ended."""

    def answered(self, watched: Watched, replies: list[Any]) -> None: ...

    def lost(self, watched: Watched, why: WireFault) -> None: ...


class Watched:
    """One server in the poller's hands."""

    __slots__ = (
        "access", "address", "again", "asked", "connecting", "cuts", "dialled", "due", "fault", "flying", "kind",
        "link_bytes", "links_due", "names", "owner", "phase", "ping_due", "ping_ms", "polls", "queued", "readings",
        "refused", "round", "sections", "sentinel", "spent_due", "stage", "turn", "view", "wire",
    )  # fmt: skip

    def __init__(self, owner: Polling, address: Address, access: Access, sentinel: bool) -> None:
        self.owner = owner
        self.address = address
        self.access = access
        self.sentinel = sentinel
        """Somebody said that it is one: log in as to a Sentinel."""
        self.kind: ServerKind = "unknown"
        self.sections = False
        self.names: tuple[str, ...] = ()
        self.phase = beat(address)
        self.turn = crc32(address.encode("utf-8", "replace"))
        """What is not asked at every poll is asked of different servers at different polls."""
        self.view = True
        """It is to show its whole view of its cluster with the next poll: everybody once."""
        self.links_due = 0.0
        self.link_bytes = 0
        self.spent_due, self.readings = 0.0, 0
        self.refused: frozenset[str] = frozenset()
        """Of what is asked once a minute, what our user may not ask for: not asked again, since each is logged."""
        self.wire: Wire | None = None
        self.connecting: asyncio.Task[None] | Knock | None = None
        self.stage = ""
        self.round: Round | None = None
        self.asked = self.dialled = self.due = 0.0
        self.ping_due = 0.0
        self.ping_ms: float | None = None
        self.flying = self.again = self.queued = False
        self.polls = 0
        self.cuts = 0
        """Connections that ended soon after they began, since the last whole answer."""
        self.fault: Fault | None = None

    @property
    def reachable(self) -> Address:
        """Where to dial."""
        return self.access.reachable.get(self.address, self.address)

    def takes_links(self, now: float, members: int) -> bool:
        """It is this cluster node's turn to be asked for its links to the others."""
        if self.kind != "cluster":
            return False
        every = max(LINKS_EVERY, LINKS_EACH * members)
        if self.link_bytes > SWOLLEN + 2 * members * A_LINK:
            every /= HASTE
            self.links_due = min(self.links_due, now + every)
        if now < self.links_due:
            return False
        self.links_due = now + every * (1.0 if self.links_due else self.turn % 100 / 100)
        return True

    def takes_spent(self, now: float) -> frozenset[str] | None:
        """It is this data node's turn to say how long its commands take: soon after the first poll, again soon after
        that, then once a minute, each server at a time of its own. None: it is not; else those it refuses to tell."""
        if now < self.spent_due or self.kind == "sentinel":
            return None
        if not self.spent_due:
            self.spent_due = now + SECOND * (0.2 + self.turn % 100 / 100)
            return None
        self.readings += 1
        self.spent_due = now + (SECOND if self.readings == 1 else EVERY)
        return self.refused

    def heed(self, answers: Mapping[str, Any]) -> None:
        """Keeps in mind what its links hold, and what it refuses to tell of READINGS, which come in one poll, if they
        come."""
        if self.kind == "cluster" and isinstance(said := answers.get("state"), bytes):
            self.link_bytes = held_by_links(said)
        if READINGS.isdisjoint(answers):
            return
        for name in READINGS:
            reply = answers.get(name)
            if isinstance(reply, hiredis.ReplyError) and kind_of(str(reply)) in ("noperm", "error"):
                self.refused |= {name}

    @property
    def hangs(self) -> bool:
        """It was found silent and still owes that answer, so that another question would tell no more."""
        owes = self.wire is not None and self.wire.count > 0
        return owes and self.fault is not None and self.fault.kind == "hung"

    @property
    def is_held(self) -> bool:
        """Of a greeting it has refused the wrong command, and answered nothing else."""
        so_far = () if self.wire is None else self.wire.so_far
        knocked = self.stage == "greeting" and self.round is not None and self.round.names[0] == "knock"
        return knocked and len(so_far) == 1 and isinstance(so_far[0], hiredis.ReplyError)

    def answered(self, wire: Wire, replies: list[Any]) -> None:
        if wire is self.wire:
            self.owner.answered(self, replies)

    def lost(self, wire: Wire, why: WireFault) -> None:
        if wire is self.wire:
            self.wire = None
            self.owner.lost(self, why)


def held_by_links(said: bytes) -> int:
    """As INFO says; 0 where it says nothing of it.

    >>> held_by_links(b"# Memory\\r\\nmem_cluster_links:2144\\r\\nx:1"), held_by_links(b"")
    (2144, 0)
    """
    _, there, rest = said.partition(HELD)
    number = rest[:20].split(b"\r", 1)[0] if there else b""
    return int(number) if number.isdigit() else 0


class Flights:
    """Who is being asked now. At most `limit` at a time, so that our own burst is not what we measure.

    Whoever was down before, or stays silent for a while, does not count: a hundred dead servers may not hold up the
    living ones.
    """

    def __init__(self, limit: int, patience: float) -> None:
        """`patience`: seconds of silence after which a server gives its place to another."""
        self._limit = limit
        self._patience = patience
        self._counted: dict[Watched, None] = {}
        self._patient: dict[Watched, None] = {}

    @property
    def room(self) -> int:
        """How many more may be asked now. They go out in volleys, once half of the last one has landed, and not one for
        each that lands: what is sent and read in one go costs less."""
        counted = len(self._counted)
        return self._limit - counted if counted <= self._limit // 2 else 0

    def start(self, watched: Watched) -> None:
        if watched.flying:
            self.land(watched)
        watched.flying = True
        down = watched.fault is not None and watched.fault.down
        (self._patient if down else self._counted)[watched] = None

    def land(self, watched: Watched) -> None:
        watched.flying = False
        self._counted.pop(watched, None)
        self._patient.pop(watched, None)

    def overdue(self, now: float, deadline: float) -> list[Watched]:
        """Those who were asked more than `deadline` seconds ago. To be called a few times within `patience`."""
        for watched in [one for one in self._counted if now - one.asked > self._patience]:
            del self._counted[watched]
            self._patient[watched] = None
        return [one for one in self._patient if now - one.asked > deadline and one.connecting is None]


def beat(key: str) -> float:
    """Where in the period servers of this key are asked: from 0 to 1, in steps of a beat."""
    return crc32(key.encode("utf-8", "replace")) % BEATS / BEATS
