"""Scenery: what an engine has in its hands, fed from a recording: ledgers, events, alerts, history.

The same code as the engine's makes the same snapshots of the same observations.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from redistui.engine.assemble import Assembler
from redistui.engine.keyframes import restore
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Item, Joined, Keyframe, Left, Observation
from redistui.history import History
from redistui.model import Event, Fleet, Site

ALERT = "alert"
"""The kind of event that the snapshots themselves bring."""


class Tape(Protocol):
    """What is asked of a recording."""

    @property
    def sites(self) -> Sequence[Site]: ...
    @property
    def thresholds(self) -> Mapping[str, float]: ...
    @property
    def first_at(self) -> float: ...
    @property
    def last_at(self) -> float: ...
    def items(self, since: float | None = None, until: float | None = None) -> Iterator[Item]:
        """What was seen from a time on (seconds since 1970), behind a key frame from which one can begin."""

    def frame(self, at: float) -> Keyframe | None:
        """One by a time, as near as can be had cheaply."""

    def marks(self) -> Sequence[Event]:
        """Everything that happened."""


class Scenery:
    """Takes what was seen, in its order, and draws what was drawn of it."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.history = History()
        self._begin()

    def _begin(self) -> None:
        """Nobody is watched yet."""
        self._assembler, self._log = Assembler(self._tape.sites, self._tape.thresholds), EventLog()

    @property
    def servers(self) -> int:
        return len(self._assembler.ledgers)

    def take(self, item: Item) -> None:
        """Anything but a mark of a snapshot."""
        match item:
            case Observation():
                self._observe(item)
            case Event() if item.kind != ALERT:
                self._log.add(item)
                self._assembler.heed(item)
            case Joined():
                self._assembler.expect(item.address, item.target, item.sentinel, item.only)
            case Left():
                self._assembler.drop(item.address)
                self.history.forget(item.address)
            case Keyframe():  # where reading begins, and where a recorder began anew
                self._begin()
                restore(item, self._assembler, self._log)

    def _observe(self, seen: Observation) -> None:
        ledger = self._assembler.take(seen)
        if ledger is not None:
            ledger.remember(self.history, answered=seen.fault is None)

    def draw(self, mark: Drawn) -> Fleet:
        """The snapshot that was drawn then."""
        fleet = self._assembler.fleet(mark.at, mark.period, (), mark.stalled)
        for event in self._assembler.news:
            self._log.add(event)
        return replace(fleet, events=self._log.all())

    def look_at(self, frame: Keyframe) -> None:
        """What its servers said last, as a sample of each; nothing else of it."""
        for one in frame.kept:
            joined = one.joined
            self._assembler.expect(joined.address, joined.target, joined.sentinel, joined.only)
            for seen in one.past:
                ledger = self._assembler.take(seen)
            if one.past and ledger is not None:
                ledger.remember(self.history, answered=seen.fault is None)
