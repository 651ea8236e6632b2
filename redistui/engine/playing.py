"""Player: the fleet as it stood at any time of a recording.

It does what the engine did: the same observations into the same ledgers, and a snapshot wherever the engine drew one.
So a snapshot that is played is the one that was shown then, with its findings and alerts. It reads no clock and sends
nothing.

A jump begins at the last key frame before it. From there on the snapshots that were played are kept for a while, so
that a step back is only a look at what is there already.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from math import inf

from redistui.engine.listener import MERGE, gist_of
from redistui.engine.lookback import Lookback
from redistui.engine.observation import Drawn, Item
from redistui.engine.scenery import Scenery, Tape
from redistui.history import History
from redistui.history.until import HistoryUntil
from redistui.model import Event, Fleet

__all__ = ["Item", "NothingDrawn", "Player", "Tape", "neighbour", "told_once"]

NEAR = 90.0
"""Seconds ahead to which it plays on, with few servers; further away it begins at another key frame."""
NEAR_NODES = 10_000
"""Servers times seconds to which it plays on."""
SHORT = 2.0
"""Seconds by which a jump begins earlier, so that a snapshot follows the key frame; four times as many if none does."""
KEPT_NODES = 60_000
"""Nodes in all the snapshots that are kept: some 100 MB at most."""
KEPT_AT_LEAST = 20
BACK = 4.0
"""Seconds back in which it looks for the snapshot before; four times as many where there is none."""


class NothingDrawn(Exception):
    """The recording holds no snapshot at all."""


class Player:
    """Plays a recording, forwards and back. In the hands of one thread at a time."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape
        self._shown: list[Fleet] = []
        """Snapshots since the last key frame one came from, in order."""
        self._place = 0
        """Which of them is looked at."""
        self._since = tape.first_at
        """Where it began to read."""
        self._lookback: Lookback | None = None
        self._recalled = True
        self._marks: tuple[Event, ...] | None = None
        self._begin(tape.first_at)

    # -- where it stands ------------------------------------------------------------------------------------------

    @property
    def fleet(self) -> Fleet:
        """The snapshot that is looked at."""
        return self._shown[self._place]

    @property
    def at(self) -> float:
        """Its time, in seconds since 1970."""
        return self.fleet.at

    @property
    def history(self) -> History:
        """The past that led there, as far as it was read."""
        last = self._place + 1 == len(self._shown)
        return self._history if last else HistoryUntil(self._history, self.at)

    @property
    def marks(self) -> tuple[Event, ...]:
        """Everything that happened in the whole recording, each once, in the order of its time."""
        if self._marks is None:
            self._marks = told_once(self.tape.marks())
        return self._marks

    # -- going about ----------------------------------------------------------------------------------------------

    def go(self, at: float) -> Fleet:
        """To the last snapshot that was drawn by a time; before the first one, to that. Raises NothingDrawn."""
        if not self._shown or not self._shown[0].at <= at <= self._shown[-1].at + self._near:
            self._begin_before(at)
        while (due := self._due) is not None and due <= at:
            self._draw()
        if not self._shown:
            self._draw()
        self._place = max(0, bisect_right(self._shown, at, key=_time) - 1)
        return self.fleet

    def step(self, by: int) -> Fleet | None:
        """To the next (1) or the previous (-1) snapshot; None at the end or the beginning, and it stays there."""
        if by > 0:
            if self._place + 1 == len(self._shown) and not self._draw():
                return None
            self._place += 1
        else:
            before = self._before()
            if before is None:
                return None
            self.go(before)
        return self.fleet

    def next_at(self) -> float | None:
        """When the next snapshot was drawn; None at the end."""
        return self._shown[self._place + 1].at if self._place + 1 < len(self._shown) else self._due

    def show(self, mark: Event) -> Fleet:
        """To the first snapshot that has an event."""
        self.go(mark.at)
        while not _has(self.fleet, mark):
            following = self.next_at()
            if following is None or following > mark.at + NEAR or self.step(1) is None:
                self.go(mark.at)
                break
        return self.fleet

    def recall(self, seconds: float) -> bool:
        """Reads on in the past before the place where it began, for so long; True when there is more of it to see."""
        if self._recalled:
            return False
        if self._lookback is None:
            self._lookback = Lookback(self.tape, self._since, self._scenery.servers)
        self._recalled = self._lookback.go_on(seconds)
        if self._recalled:
            self._scenery.history = self._lookback.joined(self._history)
            self._lookback = None
        return self._recalled

    def give_up_the_past(self) -> None:
        """It cannot be read."""
        self._lookback, self._recalled = None, True

    @property
    def recalled(self) -> bool:
        """All of the past is there that will be."""
        return self._recalled

    @property
    def _near(self) -> float:
        return min(NEAR, NEAR_NODES / max(1, self._scenery.servers))

    @property
    def _history(self) -> History:
        return self._scenery.history

    def skip(self, marks: Sequence[Event], by: int) -> Event | None:
        """To the first snapshot that has the next (1) mark, or the previous (-1) one; the mark, or None: there is none,
        and it stays there. `marks` in the order of their time."""
        here = self.at
        mark = neighbour(marks, here, by)
        while mark is not None and (self.show(mark).at - here) * by <= 0:
            mark = neighbour(marks, mark.at, by)
        if mark is None:
            self.go(here)
        return mark

    def _before(self) -> float | None:
        """When the snapshot before this one was drawn."""
        if self._place:
            return self._shown[self._place - 1].at
        here, reach = self.at, BACK
        while True:
            since = max(self.tape.first_at, here - reach)
            drawn = [item.at for item in self.tape.items(since, here) if isinstance(item, Drawn) and item.at < here]
            if drawn:
                return max(drawn)
            if since <= self.tape.first_at:
                return None
            reach *= 4

    # -- playing --------------------------------------------------------------------------------------------------

    def _begin_before(self, at: float) -> None:
        """At a key frame that is followed by a snapshot no later than `at`, where there is one."""
        reach = SHORT
        while True:
            since = max(self.tape.first_at, at - reach)
            self._begin(since)
            if since <= self.tape.first_at or (self._due is not None and self._due <= at):
                return
            reach *= 4

    def _begin(self, since: float) -> None:
        """Knows nothing, and reads from a key frame on."""
        self._scenery = Scenery(self.tape)
        self._lookback = None
        self._recalled = since <= self.tape.first_at
        self._since = since
        self._shown, self._place = [], 0
        self._items = self.tape.items(since)
        self._read_on()

    def _read_on(self) -> None:
        """Reads up to the next mark of a snapshot."""
        self._ahead: list[Item] = []
        self._due: float | None = None
        for item in self._items:
            self._ahead.append(item)
            if isinstance(item, Drawn):
                self._due = item.at
                return

    def _draw(self) -> bool:
        """Plays up to the next snapshot and keeps it; False at the end. Raises NothingDrawn where there is none."""
        if self._due is None:
            if not self._shown:
                raise NothingDrawn("no snapshot was drawn while this was recorded")
            return False
        for item in self._ahead:
            if isinstance(item, Drawn):
                self._keep(self._scenery.draw(item))
            else:
                self._scenery.take(item)
        self._read_on()
        return True

    def _keep(self, fleet: Fleet) -> None:
        """The last in the row; the oldest ones go when there are too many."""
        self._shown.append(fleet)
        nodes = sum(len(group.members) for group in fleet.groups)
        most = max(KEPT_AT_LEAST, KEPT_NODES // max(1, nodes))
        if len(self._shown) > 2 * most:
            gone = len(self._shown) - most
            del self._shown[:gone]
            self._place = max(0, self._place - gone)


def _time(fleet: Fleet) -> float:
    return fleet.at


def _has(fleet: Fleet, mark: Event) -> bool:
    return any(gist_of(one) == gist_of(mark) and abs(one.at - mark.at) <= MERGE for one in fleet.events)


def told_once(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events in the order of their time; what several Sentinels announced is one event, of the first of them.

    >>> said = [Event(at, who, "+odown", "g", "x", (who,)) for at, who in ((1.5, "b"), (1.0, "a"), (60.0, "b"))]
    >>> [(one.at, one.source) for one in told_once(said)]
    [(1.0, 'a'), (60.0, 'b')]
    """
    found: list[Event] = []
    heard: dict[tuple[str, str | None, str], tuple[float, set[str]]] = {}
    for one in sorted(events, key=_when):
        at, witnesses = heard.get(gist_of(one), (-inf, set[str]()))
        if one.witnesses and one.at - at <= MERGE and one.source not in witnesses:
            witnesses.add(one.source)
        else:
            heard[gist_of(one)] = one.at, {one.source, *one.witnesses}
            found.append(one)
    return tuple(found)


def neighbour(marks: Sequence[Event], at: float, by: int) -> Event | None:
    """The next (1) or the previous (-1) mark; `marks` in the order of their time. None: there is none.

    >>> marks = [Event(at, "", "role", None, "") for at in (1.0, 2.0, 2.0, 5.0)]
    >>> neighbour(marks, 2.0, 1).at, neighbour(marks, 2.0, -1).at, neighbour(marks, 5.0, 1)
    (5.0, 1.0, None)
    """
    if by > 0:
        place = bisect_right(marks, at, key=_when)
        return marks[place] if place < len(marks) else None
    place = bisect_left(marks, at, key=_when) - 1
    return marks[place] if place >= 0 else None


def _when(event: Event) -> float:
    return event.at
