"""Poller: asks every known server once a period, each on a connection of its own, at most 32 at a time.

A server that hangs, refuses or lies costs its own line and nobody else's: its deadline passes, its slot is given back,
its fault is reported. Servers of one replication tree share a phase, so that their offsets are read at one instant.

A connection that ends is news: the server is dialled again at once, and its first question is ROLE. In a Sentinel
failover the connections to the promoted replica are cut 0.9 s before +switch-master, so an end means "ask", not "down".
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import hiredis

from redistui.engine.dialling import Dialling
from redistui.engine.observation import Observation, ticking
from redistui.engine.rounds import BORN_STRIDE, PING, Round, data_round, greeting, sentinel_round, takes_sections
from redistui.engine.timetable import Timetable, until_next_try
from redistui.engine.watched import Flights, Watched, beat
from redistui.model import Access, Address, Fault, FaultKind, Login
from redistui.net.faults import WireFault, cut_short
from redistui.replies import BadReply
from redistui.replies.errors import SENTENCES, kind_of, needs_no_password
from redistui.replies.info import InfoReader, InfoText

IN_FLIGHT = 32
PATIENCE = 0.2
"""Seconds of silence after which a server does not count as one of the 32 any more."""
DEADLINE = 1.0
"""Seconds for one answer, and for opening a connection."""
GIVE_UP = 5.0
"""Seconds of silence after which a connection is opened anew."""
PING_EVERY = 5.0
"""Seconds between two pings of one server, and more where there are many. A ping goes out alone, between the polls, so
that we time the network and not our own burst."""
PINGS = 200
"""A second, of all servers together: up to a thousand, each has its turn every 5 s."""
BACK_OFF: dict[FaultKind, float] = {"maxclients": 30.0, "noauth": float("inf")}
"""Seconds until the next attempt; a password that was refused once is not tried again, lest the user be locked out."""
HELD = "; yet it refuses a wrong command at once: all its clients are held (CLIENT PAUSE ALL) until that ends"
"""Until its time is over, and no sooner: CLIENT UNPAUSE is held as well."""
STALL = 3.0
"""Seconds without a tick after which everything we hold is called stale."""


class Poller:
    """Runs on the engine's loop; `observe` gets every Observation, `ended` every address whose connection ended."""

    def __init__(
        self, observe: Callable[[Observation], None], ended: Callable[[Address], None], period: float = 1.0
    ) -> None:
        self._observe = observe
        self._ended = ended
        self.period = period
        self.all_views = True
        """Every cluster node is asked for its whole view at each poll, and not only those with `Watched.view`."""
        self.stalled_until = 0.0
        self.watched: dict[Address, Watched] = {}
        self._loop = asyncio.get_running_loop()
        self._timetable = Timetable(self._loop, self._fallen_due)
        self._queue: deque[Watched] = deque()
        self._flights = Flights(IN_FLIGHT, PATIENCE)
        self._sweeper = self._loop.call_later(0.1, self._sweep)
        self._ticked = self._loop.time()
        self._reader = InfoReader()
        self._dialling = Dialling(self._opened, self._fail, DEADLINE)

    # -- who is watched -------------------------------------------------------------------------------------------

    def watch(self, address: Address, access: Access, sentinel: bool) -> None:
        """Starts to poll an address at once; known ones are left alone."""
        if address not in self.watched:
            watched = self.watched[address] = Watched(self, address, access, sentinel)
            self._enqueue(watched)

    def drop(self, address: Address) -> None:
        watched = self.watched.pop(address, None)
        if watched is not None:
            watched.due = -1.0
            self._flights.land(watched)
            self._hang_up(watched)

    def watch_names(self, address: Address, names: tuple[str, ...]) -> None:
        """The names a Sentinel watches: asked one by one from the next poll on, which is now if they are new."""
        watched = self.watched.get(address)
        if watched is not None and watched.names != names:
            watched.names = names
            self.poke(address)

    def set_phase(self, address: Address, key: str) -> None:
        """Servers with the same key are asked at the same instant."""
        watched = self.watched.get(address)
        if watched is not None:
            watched.phase = beat(key)

    def set_period(self, seconds: float) -> None:
        self.period = seconds
        for watched in self.watched.values():
            if not watched.flying and not watched.queued and not self.gave_up(watched.address):
                self._schedule(watched)

    def poke(self, address: Address) -> None:
        """Asks now, but for those given up. A server that is being asked is asked once more after its answer."""
        watched = self.watched.get(address)
        if watched is None or watched.queued or self.gave_up(address):
            return
        if watched.flying or (watched.wire is not None and watched.wire.count):
            watched.again = True
        elif self._loop.time() - watched.dialled >= 0.2 or watched.wire is not None:
            self._enqueue(watched)

    def gave_up(self, address: Address) -> bool:
        """It refused our password, or has no room: left alone until its time comes, or `retry` says so."""
        watched = self.watched.get(address)
        fault = watched.fault if watched is not None else None
        return watched is not None and fault is not None and fault.kind in BACK_OFF and watched.due > self._loop.time()

    def close(self) -> None:
        self._sweeper.cancel()
        self._timetable.close()
        for address in list(self.watched):
            self.drop(address)

    # -- pace -----------------------------------------------------------------------------------------------------

    def _schedule(self, watched: Watched, after: float | None = None) -> None:
        """Next poll: at the server's phase of the coming period, or `after` seconds from now."""
        now = self._loop.time()
        if after is None:
            earliest = now + 0.3 * self.period
            watched.due = (earliest // self.period + watched.phase) * self.period
            if watched.due < earliest:
                watched.due += self.period
        else:
            watched.due = now + after
        self._timetable.put(watched)

    def _fallen_due(self, ready: Iterable[Watched]) -> None:
        for watched in ready:
            if not watched.queued and not watched.flying:
                watched.queued = True
                self._queue.append(watched)
        self._start()

    def _enqueue(self, watched: Watched) -> None:
        watched.due = -1.0
        watched.queued = True
        self._queue.append(watched)
        self._loop.call_soon(self._start)

    def _start(self) -> None:
        queue, room = self._queue, self._flights.room
        while queue and room:
            watched = queue.popleft()
            watched.queued = False
            if watched.address in self.watched and not watched.flying:
                self._begin(watched)
                room -= 1

    def _sweep(self) -> None:
        """Ten times a second: whose deadline has passed, and did we ourselves stand still?"""
        now = self._loop.time()
        if now - self._ticked > STALL:
            self.stalled_until = now + self.period + DEADLINE
        self._ticked = now
        for watched in self._flights.overdue(now, DEADLINE):
            self._overdue(watched)
        self._start()
        self._ping_some(now)
        self._sweeper = self._loop.call_later(0.1, self._sweep)

    def _ping_some(self, now: float) -> None:
        """Pings a few of those whose turn it is and who are not being asked anything else."""
        idle = (
            one
            for one in self.watched.values()
            if one.ping_due <= now and one.wire is not None and not one.wire.count and not one.queued
        )
        every = max(PING_EVERY, len(self.watched) / PINGS)
        most = 1 + min(len(self.watched) // 25, PINGS // 5)  # twice as many as must be, so that all have their turn
        for watched in islice(idle, most):
            watched.ping_due = now + every
            watched.asked = now
            self._flights.start(watched)
            self._ask(watched, "ping", PING)

    # -- one poll -------------------------------------------------------------------------------------------------

    def _begin(self, watched: Watched) -> None:
        now = self._loop.time()
        wire = watched.wire
        if wire is not None and wire.count:  # still silent since an earlier poll
            if now - watched.asked > GIVE_UP:
                self._hang_up(watched)
            else:
                self._schedule(watched)
                return
        watched.asked = now
        self._flights.start(watched)
        if watched.wire is None:
            watched.dialled = now
            self._dialling.begin(watched)
        elif watched.kind == "unknown":  # it was busy, or closed to us, when we asked what it is
            self._greet(watched)
        else:
            self._ask(watched, "round", self._round_of(watched))

    def _opened(self, watched: Watched) -> None:
        watched.asked = self._loop.time()
        self._greet(watched)

    def _greet(self, watched: Watched) -> None:
        hung = watched.fault is not None and watched.fault.kind == "hung"
        self._ask(watched, "greeting", greeting(self._login(watched), knock=hung))

    def _login(self, watched: Watched) -> Login:
        return watched.access.sentinel if watched.sentinel else watched.access.data

    def _ask(self, watched: Watched, stage: str, round_: Round) -> None:
        watched.stage, watched.round = stage, round_
        assert watched.wire is not None
        watched.wire.ask(round_.payload, len(round_.names))

    def _round_of(self, watched: Watched, fresh: bool = False) -> Round:
        """`fresh`: the first one on a connection."""
        watched.polls += 1
        if watched.kind == "sentinel":
            return sentinel_round(watched.names)
        turn = watched.polls + watched.turn
        view, watched.view = self.all_views or watched.view, False
        born = fresh or turn % BORN_STRIDE == 0
        links = watched.takes_links(self._loop.time(), len(self.watched))
        return data_round(watched.kind, watched.sections, view, born, links, watched.takes_spent(self._loop.time()))

    def answered(self, watched: Watched, replies: list[Any]) -> None:
        """The answer to what was asked, however late."""
        now = self._loop.time()
        if watched.stage == "round":
            self._finish(watched, replies, now)
        elif watched.stage == "ping":
            self._ponged(watched, replies[0], now)
        else:
            self._greeted(watched, replies)

    def _ponged(self, watched: Watched, reply: Any, now: float) -> None:
        """A ping's answer does not disturb the pace: the poll that came due meanwhile goes out now."""
        late = not watched.flying
        if not isinstance(reply, hiredis.ReplyError) and not late:
            watched.ping_ms = round((now - watched.asked) * 1000, 3)
        self._flights.land(watched)
        if watched.again or late or watched.due <= now:
            watched.again = False
            self._enqueue(watched)

    def _greeted(self, watched: Watched, replies: list[Any]) -> None:
        assert watched.round is not None
        said = dict(zip(watched.round.names, replies, strict=True))
        auth, info = said.get("auth"), said["info"]
        if isinstance(auth, hiredis.ReplyError) and not needs_no_password(str(auth)):
            self._refuse(watched, str(auth))
        elif isinstance(info, hiredis.ReplyError) and kind_of(str(info)) in ("noperm", "error"):
            self._ask_round(watched)  # INFO is closed to us, or renamed: ROLE may tell more
        elif isinstance(info, hiredis.ReplyError):
            self._refuse(watched, str(info))
        else:
            text = InfoText(self._reader)
            try:
                text.take(info)
            except BadReply:
                self._fail(watched, "garbage", "answers INFO with something else; is this Redis?")
                return
            mode = text.text("server_mode") or text.text("redis_mode")  # Valkey 8.1 renamed it
            watched.kind = "sentinel" if mode == "sentinel" else "cluster" if mode == "cluster" else "data"
            watched.sections = takes_sections(text.text("redis_version"))
            self._ask_round(watched)

    def _ask_round(self, watched: Watched) -> None:
        watched.asked = self._loop.time()
        self._flights.start(watched)
        self._ask(watched, "round", self._round_of(watched, fresh=True))

    def _refuse(self, watched: Watched, error: str) -> None:
        """The server speaks Redis, and says no."""
        kind = kind_of(error)
        if kind in BACK_OFF:
            self._hang_up(watched)
        self._fail(watched, kind, SENTENCES[kind] if kind != "error" else error)

    def _finish(self, watched: Watched, replies: list[Any], now: float) -> None:
        assert watched.round is not None
        wall = time.time()
        took = now - watched.asked
        midway = wall - took / 2 if watched.flying else wall  # of a late answer nobody knows when it was thought of
        watched.fault, watched.cuts = None, 0
        ping, watched.ping_ms = watched.ping_ms, None
        answers = dict(zip(watched.round.names, replies, strict=True))
        watched.heed(answers)
        self._release(watched)
        at, asked_at = ticking(midway), ticking(wall - took)
        self._observe(Observation(watched.address, at, asked_at, watched.kind, answers, None, ping))

    def _release(self, watched: Watched, after: float | None = None) -> None:
        self._flights.land(watched)
        if watched.again:
            watched.again = False
            self._enqueue(watched)
        else:
            self._schedule(watched, after)
        if self._queue:
            self._start()

    # -- faults ---------------------------------------------------------------------------------------------------

    def lost(self, watched: Watched, why: WireFault) -> None:
        """The connection ended. Dial again at once, unless that was just tried; twice cut short is a fault."""
        fresh = self._loop.time() - watched.dialled < 1.0
        watched.cuts += fresh
        self._ended(watched.address)
        if why.kind != "closed":
            self._fail(watched, why.kind, why.text)
        elif fresh and watched.kind == "unknown":
            cut = cut_short(watched.access.tls)
            self._fail(watched, cut.kind, cut.text)
        elif watched.cuts > 1:
            self._fail(watched, "closed", "closes each connection before it has answered")
        elif fresh:  # the kernel was still closing a dead process' connections: once more, and it will refuse
            self._release(watched, 0.05)
        else:
            self._flights.land(watched)
            if not watched.queued:
                self._enqueue(watched)

    def _overdue(self, watched: Watched) -> None:
        text = f"connected, but silent for over {DEADLINE:g} s"
        self._fail(watched, "hung", f"{text}{HELD}" if watched.is_held else text)

    def _fail(self, watched: Watched, kind: FaultKind, text: str) -> None:
        now = time.time()
        since = watched.fault.since if watched.fault is not None and watched.fault.kind == kind else now
        fault = watched.fault = Fault(kind, text, since)
        watched.again = False
        pause = until_next_try(self._loop.time(), now - since, self.period)
        self._release(watched, BACK_OFF.get(kind, self.period if kind == "hung" else pause))
        self._observe(Observation(watched.address, now, now, watched.kind, {}, fault))

    def _hang_up(self, watched: Watched) -> None:
        if watched.connecting is not None:
            watched.connecting.cancel()
            watched.connecting = None
        if watched.wire is not None:
            watched.wire.close()
            watched.wire = None

    def retry(self, addresses: Iterable[Address]) -> None:
        """Tries again what was given up for its password or for want of room."""
        for address in addresses:
            watched = self.watched.get(address)
            if watched is not None and self.gave_up(address):
                watched.due = watched.dialled = 0.0
                self.poke(address)
