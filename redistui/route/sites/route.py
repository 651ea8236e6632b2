"""SitesRoute: a client of several sites, each with data of its own, reached by a route of its own.

    sites = [site("east", "sentinel", ["10.0.0.1:26379"], primary=True, watched="orders"),
             site("west", "cluster", ["10.1.0.1:6379"])]
    route = SitesRoute(sites, consistency="majority", local="west")
    await route.open()
    answer = await route.write("SET", "a", "1")       # answer.outcomes: site by site
    answer = await route.read("GET", "a")             # answer.site: who gave it

A write goes to all sites at once, and counts once as many took it as its consistency wants; else it is WriteIncomplete.
Sites do not know of each other: what one took stays there, also when the write as a whole failed, and counters (INCR)
may drift apart. `put` and `get` keep a version with each value, by which the newest is found.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from redistui.model import Address
from redistui.model.routes import RouteStats, SiteState
from redistui.route.calls import CANCELLED
from redistui.route.commands import CommandTable, checked, checked_cursor
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown
from redistui.route.given import checked_seconds
from redistui.route.health import EVERY, Rounds
from redistui.route.lifetime import Lifetime
from redistui.route.sites.consistency import EVENTUAL, LEVELS, SiteOutcome, SitesAnswer, checked_level, judged, needed
from redistui.route.sites.reads import compared, nearest, undecided
from redistui.route.sites.site import Site, checked_sites, state_of
from redistui.route.sites.versions import Versions, read_stamp, stamped
from redistui.route.tally import Tally
from redistui.route.words import Word, word


class Versioned(NamedTuple):
    """What `get` found. version 0 and no origin: the value carries none, or there is none."""

    value: bytes | None
    version: int
    origin: str
    answer: SitesAnswer


class SitesRoute(Lifetime):
    """`sites`: exactly one of them primary. `consistency`: of writes, and of reads: `eventual` reads the `local` site
    first (the primary one where none is named) and others where that does not answer; `majority` and `strong` ask the
    primaries of all sites and compare. `patience`: seconds after which a site that has not answered counts as of
    unknown outcome. Raises BadRoute."""

    kind = "sites"
    strategies: tuple[str, ...] = LEVELS

    def __init__(
        self,
        sites: Sequence[Site],
        *,
        consistency: str = EVENTUAL,
        local: str | None = None,
        patience: float = 5.0,
        every: float = EVERY,
    ) -> None:
        self._sites, self._primary, self._local = checked_sites(sites, local)
        self._level = checked_level(consistency)
        checked_seconds(patience=patience, every=every)
        self._patience = patience
        self._tally = Tally()
        self._stale = 0
        self._closed: dict[str, str] = dict.fromkeys(self._sites, "it has not been opened yet")
        """Site -> why its route is not open."""
        self._versions = Versions()
        self._rounds = Rounds(self._open_closed, every)
        self._late: set[asyncio.Task[SiteOutcome]] = set()

    # -- a route ------------------------------------------------------------------------------------------------------

    async def _open(self) -> None:
        """Opens every site; one that cannot be opened is tried again and again. Raises Refused where none can."""
        await self._open_closed()
        if len(self._closed) == len(self._sites):
            reasons = "; ".join(f"{name}: {why}" for name, why in self._closed.items())
            raise Refused("UNHEALTHY", f"no site can be reached ({reasons})")
        self._rounds.begin()

    async def _close(self) -> None:
        await self._rounds.end()
        for late in self._late:
            late.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        await asyncio.gather(*(site.route.close() for site in self._sites.values()))

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        """`strategy`: a consistency. Raises BadRoute, and then nothing is changed."""
        if weights:
            raise BadRoute("sites have no weights: the local one is read first, all are written")
        self._level = checked_level(strategy)

    @property
    def commands(self) -> CommandTable:
        """The command table of the first site that has told it."""
        tables = (getattr(site.route, "commands", CommandTable()) for site in self._sites.values())
        return next((table for table in tables if table.known), CommandTable())

    async def execute(self, *given: Word) -> SitesAnswer:
        """A read or a write, as the server's own command table says; what it does not know is a write."""
        argv = checked(given)
        return await (self.read(*argv) if self.commands.is_read(argv) else self.write(*argv))

    async def write(self, *given: Word) -> SitesAnswer:
        """At all sites at once. Raises WriteIncomplete."""
        argv = checked(given)
        self._at_work()
        self._tally.call(read=False)
        began = time.perf_counter()
        try:
            outcomes = await asyncio.gather(*(self._at(name, "write", argv) for name in self._sites))
            return self._told(judged(self._level, outcomes, self._primary), began)
        except RouteFailed as error:
            self._tally.failed(error)
            raise
        except asyncio.CancelledError:
            self._tally.failed(CANCELLED)
            raise

    async def read(self, *given: Word) -> SitesAnswer:
        """A read, of the local site or of as many as the consistency wants. Raises Refused or Unknown where too few
        sites answer."""
        argv = checked(given)
        self._at_work()
        self.commands.checked_read(argv)
        if len(self._sites) > 1:
            checked_cursor(argv)
        self._tally.call(read=True)
        began = time.perf_counter()
        way = self._nearest if self._level == EVENTUAL else self._compared
        try:
            return self._told(await way(argv), began)
        except RouteFailed as error:
            self._tally.failed(error)
            raise
        except asyncio.CancelledError:
            self._tally.failed(CANCELLED)
            raise

    # -- values with versions -----------------------------------------------------------------------------------------

    async def put(self, key: Word, value: Word, *, expiry: int | None = None) -> SitesAnswer:
        """Sets a key to a value that carries a version and its origin; `expiry` in seconds. Raises WriteIncomplete."""
        words = ("EX", str(expiry)) if expiry is not None else ()
        return await self.write("SET", key, stamped(word(value), self._versions.next(), self._local), *words)

    async def get(self, key: Word) -> Versioned:
        """The newest value of those that the consistency asks for, without its stamp."""
        answer = await self.read("GET", key)
        stamp = read_stamp(answer.value)
        if stamp is None:
            return Versioned(answer.value, 0, "", answer)
        self._versions.seen(stamp.version)
        return Versioned(stamp.value, stamp.version, stamp.origin, answer)

    # -- sites --------------------------------------------------------------------------------------------------------

    def sites(self) -> tuple[SiteState, ...]:
        """How each one is, in the order in which they were given."""
        return tuple(state_of(site, self._closed.get(name)) for name, site in self._sites.items())

    @property
    def highly_available(self) -> bool:
        """Whether any one site may be lost and writes still reach the consistency."""
        well = sum(state.healthy for state in self.sites())
        return well - 1 >= needed(self._level, len(self._sites))

    async def _open_closed(self) -> None:
        await asyncio.gather(*map(self._open_site, tuple(self._closed)))

    async def _open_site(self, name: str) -> None:
        try:
            await self._sites[name].route.open()
        except (RouteFailed, BadRoute) as error:
            self._closed[name] = str(error)
        else:
            del self._closed[name]

    async def _at(self, name: str, how: str, argv: Sequence[str]) -> SiteOutcome:
        """One site's part of a call. Never raises RouteFailed."""
        if name in self._closed:
            return self._failed(name, Refused("connect", f"not reached: {self._closed[name]}"))
        try:
            async with asyncio.timeout(self._patience):
                answer = await getattr(self._sites[name].route, how)(*argv)
        except TimeoutError:
            return self._failed(name, Unknown("timeout", f"no answer within {self._patience:g} s"))
        except RouteFailed as error:
            return self._failed(name, error)
        return SiteOutcome(name, answer)

    def _failed(self, name: str, error: RouteFailed) -> SiteOutcome:
        self._tally.tried(error)
        return SiteOutcome(name, None, error)

    async def _nearest(self, argv: Sequence[str]) -> SitesAnswer:
        states = {state.name: state for state in self.sites()}
        answer = await nearest(self._order(states), lambda name: self._at(name, "read", argv))
        if answer.fallback or answer.site == self._local:
            return answer
        return replace(answer, fallback=f"{self._local} is not well: {states[self._local].why_not}")

    def _order(self, states: Mapping[str, SiteState]) -> list[str]:
        """The local site, the primary one, the others, quickest first; those that are not well at the end."""

        def turn(name: str) -> tuple[bool, bool, bool, float]:
            state = states[name]
            return not state.healthy, name != self._local, name != self._primary, state.latency_ms or 0.0

        return sorted(self._sites, key=turn)

    async def _compared(self, argv: Sequence[str]) -> SitesAnswer:
        """Asks the primaries of all sites, which alone have what was acknowledged there, and waits for as many as the
        consistency wants; the others may answer late."""
        wanted = needed(self._level, len(self._sites))
        waiting = {asyncio.ensure_future(self._at(name, "write", argv)) for name in self._sites}
        outcomes: list[SiteOutcome] = []
        try:
            while waiting and (
                sum(each.error is None for each in outcomes) < wanted or undecided(outcomes, self._primary)
            ):
                done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                outcomes += [task.result() for task in done]
        finally:  # also where nobody waits for the call any more
            for late in waiting:
                self._late.add(late)
                late.add_done_callback(self._late.discard)
        return compared(self._level, outcomes, len(self._sites), self._primary)

    # -- figures ------------------------------------------------------------------------------------------------------

    def _told(self, answer: SitesAnswer, began: float) -> SitesAnswer:
        self._tally.acked += 1
        self._tally.fallbacks += bool(answer.fallback)
        self._tally.redirections += answer.redirections
        self._stale += bool(answer.behind)
        return replace(answer, ms=(time.perf_counter() - began) * 1000)

    def stats(self) -> RouteStats:
        """Counters since the last reset, and how each site is. Calls and their outcomes are those over all sites;
        retries and nodes are those within the sites."""
        within = {name: site.route.stats() for name, site in self._sites.items() if name not in self._closed}
        nodes = [replace(node, site=name) for name, stats in within.items() for node in stats.nodes]
        retries = sum(stats.retries for stats in within.values())
        told = self._tally.stats(self.kind, self._level, nodes)
        return replace(told, stale_reads=self._stale, retries=retries, sites=self.sites())

    def reset(self) -> None:
        """Counters begin anew, also within the sites."""
        self._tally.reset()
        self._stale = 0
        for name, site in self._sites.items():
            if name not in self._closed:
                site.route.reset()
