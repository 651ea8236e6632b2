"""Playback: a recording in the place of an engine. The dashboard looks at it as it looks at servers.

A thread of its own plays it, so that a long jump holds up no screen: orders wait in a row, and of jumps that nobody
has waited for only the last one is made. It sends nothing anywhere.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from redistui.engine.logins import Logins
from redistui.engine.playing import NothingDrawn, Player
from redistui.engine.recording import BadRecording
from redistui.history import History
from redistui.model import Access, Address, AlertKey, Event, Fleet, Survey

if TYPE_CHECKING:
    from redistui.engine.unfinished import Deed

T = TypeVar("T")
Order = Callable[[Player], Fleet | None]
FRAME = 0.1
"""Seconds between two pictures at least: what is drawn faster is passed over."""
GAP = 90.0
"""Seconds without a snapshot that are passed over."""
LEAP = 0.5
"""Seconds of reading after which a picture is shown in any case, at speeds that the machine cannot follow."""


class Playback:
    """Answers like redistui.engine.engine.Engine, as far as the dashboard asks. Any thread."""

    def __init__(self, player: Player) -> None:
        """Begins where the player stands; it has gone somewhere already."""
        self._player = player
        self.fleet = replace(player.fleet, replayed=True)
        self.history: History = player.history
        self.logins = Logins()
        self.recorder = None
        """Nothing new is recorded."""
        self.first_at, self.last_at = player.tape.first_at, player.tape.last_at
        self.marks: tuple[Event, ...] = player.marks
        self.trouble = ""
        """What is wrong with the recording, where that was found out on the way; a sentence."""
        self.playing = False
        self.speed = 1.0
        self._base = (0.0, 0.0)
        """Our own clock and the recording's, at one and the same moment."""
        self._orders: list[tuple[Order, Callable[[bool], None]]] = []
        self._news = threading.Condition()
        self._callbacks: list[Callable[[Fleet], None]] = []
        self._shown_at = 0.0
        self._over = False
        self._thread = threading.Thread(target=self._run, name="redistui-replay", daemon=True)

    # -- what the dashboard asks of an engine ---------------------------------------------------------------------

    @property
    def period(self) -> float:
        """Of the polls that were recorded."""
        return self.fleet.period

    def subscribe(self, callback: Callable[[Fleet], None]) -> None:
        self._callbacks.append(callback)
        if not self._thread.ident:
            self._thread.start()

    def stop(self) -> None:
        with self._news:
            self._over = True
            self._news.notify_all()
        if self._thread.ident:
            self._thread.join(5.0)

    def call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Nothing is done in a recording."""
        work.close()
        future: Future[T] = Future()
        future.cancel()
        return future

    def set_period(self, seconds: float) -> None:
        """The polls are over."""

    def poke(self, address: Address | None = None) -> None:
        """Nobody can be asked."""

    def watch(self, address: Address, like: Address) -> None:
        """Nobody can be asked."""

    def keep_surveying(self, group: str | None, *, moves: bool = False, sample: bool = False) -> None:
        """Nobody can be asked."""

    def recount(self, deeds: Sequence[Deed]) -> None:
        """The journal of today is no part of it."""

    def happened(self, group: str, text: str, at: float | None = None) -> None:
        """Nothing happens in a recording."""

    def acknowledge(self, key: AlertKey) -> None:
        """Who knows of an alert is in the recording."""

    def silence(self, *patterns: object, until: float = 0.0) -> None:
        """The same."""

    def access_of(self, address: Address) -> Access:
        return Access()

    def dial_of(self, address: Address) -> Address:
        return address

    async def fresh(self, *groups: str, seconds: float = 3.0) -> Fleet:
        return self.fleet

    async def survey(self, group: str, *, sample: bool = False) -> Survey | None:
        return None

    # -- going about ----------------------------------------------------------------------------------------------

    @property
    def seeking(self) -> bool:
        """Some order is not done yet."""
        return bool(self._orders)

    def go(self, at: float, done: Callable[[bool], None] = lambda moved: None) -> None:
        """To the last snapshot by a time; `done` is told, on this thread, whether that is another one than before."""
        self._order(lambda player: player.go(at), done)

    def skip(self, marks: Sequence[Event], by: int, done: Callable[[Event | None], None]) -> None:
        """To what shows the next (1) or the previous (-1) of some events, and stays there; `done` is told, on this
        thread, which one it is."""
        self.pause()

        def look(player: Player) -> Fleet:
            done(player.skip(marks, by))
            return player.fleet

        self._order(look, lambda moved: None)

    def step(self, by: int, done: Callable[[bool], None] = lambda moved: None) -> None:
        """To the next (1) or the previous (-1) snapshot, and stays there."""
        self.pause()
        self._order(lambda player: player.step(by), done)

    def play(self, speed: float | None = None) -> None:
        """Goes on, at so many times the speed at which it happened."""
        with self._news:
            self.speed = speed or self.speed
            self.playing = True
            self._base = (time.monotonic(), self.fleet.at)
            self._news.notify_all()

    def pause(self) -> None:
        with self._news:
            self.playing = False
            self._news.notify_all()

    def set_speed(self, speed: float) -> None:
        if self.playing:
            self.play(speed)
        else:
            self.speed = speed

    def compare(self, at: float, other: float, done: Callable[[Fleet, Fleet], None]) -> None:
        """The snapshots of two times, told on this thread; it stays where it is."""

        def look(player: Player) -> Fleet:
            here = player.at
            pair = player.go(at), player.go(other)
            player.go(here)
            done(*pair)
            return player.fleet

        self._order(look, lambda moved: None)

    def _order(self, order: Order, done: Callable[[bool], None]) -> None:
        with self._news:
            self._orders.append((order, done))
            self._news.notify_all()

    # -- on its thread --------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while True:
            with self._news:
                if not self._orders and not self._over:
                    self._news.wait(self._idle() if self._player.recalled else 0.0)
                if self._over:
                    return
                order = self._orders[0] if self._orders else None
            if order is not None:
                self._obey(*order)
                continue
            with self._telling():
                if self.playing:
                    self._play_on()
                if self._player.recall(FRAME / 2):
                    self._publish()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """What is wrong with the recording stops it, and is told once."""
        try:
            yield
        except (BadRecording, NothingDrawn) as error:
            self.playing = False
            self.trouble = str(error)
            self._player.give_up_the_past()
            self._publish()

    def _idle(self) -> float | None:
        """Seconds until there is something to show; None: nothing, until somebody orders it."""
        following = self._player.next_at() if self.playing else None
        if following is None:
            self.playing = False
            return None
        if following - self.fleet.at > GAP:  # nobody recorded meanwhile: there is nothing to wait for
            self._base = (time.monotonic() - GAP / self.speed, following)
        began, base = self._base
        due = began + (following - base) / self.speed
        return max(FRAME / 4, max(due, self._shown_at + FRAME) - time.monotonic())

    def _obey(self, order: Order, done: Callable[[bool], None]) -> None:
        before = self.fleet.at
        found: Fleet | None = None
        with self._telling():
            found = order(self._player)
        with self._news:
            self._orders.pop(0)
            self._base = (time.monotonic(), self._player.at)
        if found is not None:
            self._publish()
        done(found is not None and self._player.at != before)

    def _play_on(self) -> None:
        """Up to what is due by now; one picture of it."""
        began, base = self._base
        until = time.monotonic() + LEAP
        due = base + (time.monotonic() - began) * self.speed
        moved = False
        while (following := self._player.next_at()) is not None and following <= due and not self._orders:
            moved = self._player.step(1) is not None
            if time.monotonic() > until:  # it cannot be read that fast: time goes by more slowly
                self._base = (time.monotonic(), self._player.at)
                break
        if moved:
            self._publish()

    def _publish(self) -> None:
        self._shown_at = time.monotonic()
        self.history = self._player.history
        self.fleet = fleet = replace(self._player.fleet, replayed=True)
        for callback in self._callbacks:
            callback(fleet)
