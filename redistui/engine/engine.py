"""Engine: the thread that polls, listens and acts, with an event loop of its own.

Textual's loop stops when the terminal stops reading; a poll, and above all a half-done failover, must not. Whoever
watches gets whole frozen `Fleet` values, handed over thread-safely, the latest one wins.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from redistui.engine.assemble import Assembler
from redistui.engine.chronicle import Chronicle, acknowledgement, silencing
from redistui.engine.discover import Roster
from redistui.engine.ledger import Ledger
from redistui.engine.listener import Listener
from redistui.engine.logins import Logins
from redistui.engine.neighbours import Neighbours
from redistui.engine.observation import Drawn, Item, Observation
from redistui.engine.poller import Poller
from redistui.engine.survey import Surveyor
from redistui.engine.waiters import Waiters
from redistui.history import History
from redistui.model import Access, Address, AlertKey, Event, Fleet, Site, Survey, Target
from redistui.replies.sentinel import Hello

if TYPE_CHECKING:
    from redistui.engine.alert_hooks import AlertHooks
    from redistui.engine.recording import Recorder
    from redistui.engine.remarks import Remarks
    from redistui.engine.unfinished import Deed

T = TypeVar("T")
SOON = 0.012
"""Seconds between news and the snapshot that shows it: what happens together is shown together."""
GOSSIP = 0.2
"""Seconds after which all members of a cluster know of a new epoch: asked before, they would still show the old map."""
URGENT = frozenset({"+switch-master", "+odown", "-odown", "+promoted-slave", "+failover-end", "+sdown", "-sdown"})
"""Announcements after which everybody in the group is asked at once."""


class Engine:
    """Watches the fleets behind some targets. All methods may be called from any thread unless they say otherwise."""

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        period: float = 1.0,
        sites: Sequence[Site] = (),
        thresholds: Mapping[str, float] | None = None,
        record: Callable[[Item], None] | None = None,
        recorder: Recorder | None = None,
        history: History | None = None,
        logins: Logins | None = None,
        hooks: AlertHooks | None = None,
        remarks: Remarks | None = None,
    ) -> None:
        """Targets are where discovery starts; `period` is in seconds; `thresholds` as in judge.rules.DEFAULTS.

        `hooks` are told of alerts; `remarks` keep what operators say of them. `record` is given everything that
        snapshots are made of, and a mark where one was drawn, on the engine's thread; `recorder` too, and key frames
        when it wants one. The past is written into `history`.
        """
        self.targets = tuple(targets)
        self.history = history or History()
        self.logins = logins or Logins()
        """Of whoever acts: whoever watches is in the targets."""
        self._period = period
        self._fleet = Fleet(at=time.time(), period=period, groups=())
        self._assembler = Assembler(sites, thresholds)
        self._chronicle = Chronicle(self._assembler, record, recorder, remarks)
        self._hooks = hooks
        self._callbacks: list[Callable[[Fleet], None]] = []
        self._closers: list[Callable[[], None]] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="redistui-engine", daemon=True)
        self._drawn_at = self._cost = 0.0
        """When the last snapshot was begun, and the seconds it took: a storm of news may not draw all the time."""
        self._draw: asyncio.TimerHandle | None = None
        self._waiters = Waiters()
        self._elsewhere: list[Deed] = []
        """Deeds at servers that are not known yet."""

    # -- for every thread -----------------------------------------------------------------------------------------

    @property
    def fleet(self) -> Fleet:
        """The latest snapshot."""
        return self._fleet

    @property
    def period(self) -> float:
        return self._period

    @property
    def recorder(self) -> Recorder | None:
        """What keeps the last minutes; None: nothing does."""
        return self._chronicle.recorder

    def start(self) -> None:
        self._loop.call_soon(self._open)
        self._thread.start()

    def stop(self) -> None:
        """Ends all connections and the thread; does nothing a second time."""
        if self._thread.is_alive():
            self._soon(self._loop.stop)
            self._thread.join(5.0)
        elif not self._loop.is_closed():
            self._loop.close()
        closers, self._closers = self._closers, []
        for close in closers:
            close()

    def at_end(self, close: Callable[[], None]) -> None:
        """`close` is called once, when the engine has stopped."""
        self._closers.append(close)

    def subscribe(self, callback: Callable[[Fleet], None]) -> None:
        """`callback` gets every new snapshot, on the engine's thread; it must return at once."""
        self._callbacks.append(callback)

    def wait(self, until: Callable[[Fleet], bool], seconds: float) -> Fleet:
        """Blocks until a snapshot satisfies `until`, or `seconds` are over; the latest snapshot either way."""
        with self._news:
            self._news.wait_for(lambda: until(self._fleet), seconds)
        return self._fleet

    def set_period(self, seconds: float) -> None:
        self._period = seconds
        self._soon(lambda: self._poller.set_period(seconds))

    def poke(self, address: Address | None = None) -> None:
        """Asks one server, or all, now; also those that were given up for a refused password."""
        self._soon(lambda: self._poke(address))

    def watch(self, address: Address, like: Address) -> None:
        """Looks at one more server, which is reached in the way that `like` is; it leaves when it stays silent."""
        target = Target((address,), access=self.access_of(like), text=address)
        self._soon(lambda: self._roster.expect(address, target))

    def keep_surveying(self, group: str | None, *, moves: bool = False, sample: bool = False) -> None:
        """Counts a cluster's slots over and over, slowly, from now on, and no other's; None: nobody looks any more.

        `moves`: with those that servers make by themselves, every second; `sample`: with the memory of some keys of
        each slot, where no server tells it.
        """
        self._soon(lambda: self._surveyor.keep(group, moves=moves, sample=sample))

    def _soon(self, work: Callable[[], None]) -> None:
        """Has work done on the engine's loop; before the start and after the end there is nothing to be done."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # the loop was closed this very moment
                self._loop.call_soon_threadsafe(work)

    def call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Runs a coroutine on the engine's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def access_of(self, address: Address) -> Access:
        """How to connect to a server of the fleet."""
        target = self.target_of(address)
        return Access() if target is None else target.access

    def target_of(self, address: Address) -> Target | None:
        """By which target a server was found; None: it is not watched."""
        ledger = self._assembler.ledgers.get(self._assembler.known_as.get(address, address))
        return None if ledger is None else ledger.target

    def dial_of(self, address: Address) -> Address:
        """Where to dial for an announced address."""
        return self.access_of(address).reachable.get(address, address)

    # -- on the engine's loop -------------------------------------------------------------------------------------

    def recount(self, deeds: Sequence[Deed]) -> None:
        """Deeds of the journal, as events where they are not known yet. What was done to other servers, maybe in a
        group of the same name, is left out; which these are is known when the fleet is complete. Any thread."""
        self._soon(partial(self._recall, tuple(deeds)))

    def _recall(self, deeds: Sequence[Deed]) -> None:
        for deed in deeds:
            if deed.nodes and deed.nodes.isdisjoint(self._assembler.ledgers):
                self._elsewhere += [] if self._fleet.complete else [deed]
            elif not self._chronicle.log.knows(Event(deed.at, "", "action", deed.group, deed.text)):
                self.happened(deed.group, deed.text, deed.at)

    def happened(self, group: str, text: str, at: float | None = None) -> None:
        """An operator's deed, as an event of kind "action"; `at` in seconds since 1970, None: now."""
        self._chronicle.note(Event(time.time() if at is None else at, "", "action", group, text))
        self._surveyor.outdated(group)
        self._schedule_draw(urgent=True)

    def acknowledge(self, key: AlertKey) -> None:
        """An operator knows of an alert: it is told no more until it gets worse. Any thread."""
        self._soon(lambda: self._hear((acknowledgement(key, time.time()),)))

    def silence(self, rule: str = "*", group: str = "*", node: str = "*", *, until: float) -> None:
        """Alerts that fit (`*`, `?`) are told to nobody until then; an end that is over lifts it. Any thread."""
        self._soon(lambda: self._hear((silencing((rule, group, node), until, time.time()),)))

    def _hear(self, said: Sequence[Event]) -> None:
        self._chronicle.hear(said)
        self._schedule_draw(urgent=True)

    def _tell(self, kind: str, text: str) -> None:
        """What those who work beside the engine have to say: a hook, the recorder."""
        self._chronicle.note(Event(time.time(), "", kind, None, text))
        self._schedule_draw(urgent=True)

    async def fresh(self, *groups: str, seconds: float = 3.0) -> Fleet:
        """Asks every server of these groups now, and returns the snapshot made of answers that began after this
        call."""
        began = time.time()
        addresses = [member.address for one in self._fleet.groups if one.name in groups for member in one.members]
        for address in addresses:
            self._poller.poke(address)
        await self._waiters.until(lambda: all(self._heard_since(address, began) for address in addresses), seconds)
        self._publish()
        return self._fleet

    async def survey(self, group: str, *, sample: bool = False) -> Survey | None:
        """Counts every slot of a cluster now, within a second or three; None where there is none. The snapshot has it
        (`Group.survey`) when this returns, until somebody acts, for 20 s at most. `sample`: with the memory of some
        keys of each slot."""
        return await self._surveyor.take(group, sample=sample)

    def _heard_since(self, address: Address, moment: float) -> bool:
        ledger = self._assembler.ledgers.get(address)
        watched = self._poller.watched.get(address)
        silent = self._poller.gave_up(address) or (watched is not None and watched.hangs)
        return ledger is None or ledger.asked_at >= moment or silent

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._close()

    def _open(self) -> None:
        if self.recorder is not None:
            self.recorder.begin(lambda text: self._soon(partial(self._tell, "recording", text)))
        self._poller = Poller(self._observed, self._ended, self._period)
        self._neighbours = Neighbours(self._assembler, self._poller)
        self._listener = Listener(self._announced, self._greeted, self._neighbours.group_meant, self._chronicle.log)
        self._roster = Roster(self._assembler, self._poller, self._listener)
        self._surveyor = Surveyor(self, self._assembler.surveys, self._publish)
        for target in self.targets:
            self._roster.admit(target)
        if self._hooks is not None:
            self._hooks.begin(partial(self._tell, "hook"))
        self._chronicle.begin(lambda said: self._soon(partial(self._hear, said)))
        self._beat()

    def _close(self) -> None:
        self._poller.close()
        self._listener.close()
        self._surveyor.close()
        if self._hooks is not None:
            self._hooks.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()

    def _beat(self) -> None:
        """At least one snapshot a period, also when nobody answers: ages grow."""
        self._loop.call_later(max(0.1, self._period), self._beat)
        for address in self._roster.sweep(time.time()):
            self.history.forget(address)
        clusters = [group.cluster for group in self._fleet.groups if group.cluster is not None]
        self._roster.take_turns(frozenset(address for one in clusters for address in one.dissenters))
        if time.monotonic() - self._drawn_at >= self._period:
            self._publish()
        self._chronicle.show_remarks(time.time())

    def _poke(self, address: Address | None) -> None:
        addresses = [address] if address is not None else list(self._assembler.ledgers)
        for one in addresses:
            self._poller.poke(one)
        self._poller.retry(addresses)
        self._listener.retry()

    def _observed(self, seen: Observation) -> None:
        ledger = self._assembler.take(seen)
        if ledger is None:
            return
        self._chronicle.saw(seen, ledger)
        ledger.remember(self.history, answered=seen.fault is None)
        if ledger.changed:
            self._roster.follow(ledger)
            self._tell_change(ledger, seen)
        self._roster.hasten(ledger)
        self._waiters.look()
        self._schedule_draw(urgent=ledger.changed)

    def _schedule_draw(self, urgent: bool) -> None:
        """News at once; plain numbers as often as the size of the fleet allows, at most ten times a second."""
        calm = min(self._period, max(0.1, self._period * len(self._assembler.ledgers) / 200))
        now = self._loop.time()
        due = max(now + SOON, self._drawn_at + (4 * self._cost if urgent else calm))
        if self._draw is not None:
            if self._draw.when() <= due:
                return
            self._draw.cancel()
        self._draw = self._loop.call_at(due, self._publish)

    def _publish(self) -> None:
        if self._draw is not None:
            self._draw.cancel()
            self._draw = None
        self._drawn_at = self._loop.time()
        stalled = self._drawn_at < self._poller.stalled_until
        if self._assembler.regroup():
            self._roster.arrange()
        at = time.time()
        fleet = self._assembler.fleet(at, self._period, (), stalled)
        news = self._assembler.news
        for event in news:
            self._chronicle.note(event)
        if news and self._hooks is not None:
            self._hooks.take(news, fleet)
        fleet = replace(fleet, events=self._chronicle.log.all())
        self._chronicle.mark(Drawn(at, self._period, stalled))
        with self._news:
            self._fleet = fleet
            self._news.notify_all()
        if fleet.complete and self._elsewhere:
            deeds, self._elsewhere = self._elsewhere, []
            self._recall(deeds)
        self._cost = self._loop.time() - self._drawn_at
        for callback in self._callbacks:
            try:
                callback(fleet)
            except Exception as error:  # one watcher's bug takes the picture from nobody else
                self._loop.call_exception_handler({"message": "a subscriber failed", "exception": error})

    # -- what happens ---------------------------------------------------------------------------------------------

    def _ended(self, address: Address) -> None:
        """A connection ended: ask those around it, for they may know already."""
        self._neighbours.poke(address)

    def _announced(self, event: Event, new: bool) -> None:
        self._chronicle.heard(event)
        if event.kind in URGENT:
            self._poller.poke(event.source)
            if new:
                self._neighbours.poke(event.source)
        self._schedule_draw(urgent=True)

    def _greeted(self, hello: Hello, source: Address) -> None:
        ledger = self._assembler.ledgers.get(source)
        if ledger is not None:
            self._roster.expect(hello.sentinel, ledger.target, sentinel=True, only=hello.name)

    def _tell_change(self, ledger: Ledger, seen: Observation) -> None:
        """Role changes and faults become events of our own, beside what Sentinels announce."""
        for kind, text in self._roster.changes(ledger):
            group = self._neighbours.group_of(ledger.address)
            witnesses = (ledger.address,) if kind == "epoch" else ()  # all members tell of one and the same epoch
            event = Event(seen.at, ledger.address, kind, group, text, witnesses)
            if self._chronicle.note(event) and witnesses:
                self._neighbours.poke(ledger.address)
                self._loop.call_later(GOSSIP, self._neighbours.poke, ledger.address)
