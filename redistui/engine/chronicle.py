"""Chronicle: what happens is written down, as events for the screens, and all that snapshots are made of in a recording
where one is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from redistui.engine.assemble import Assembler
from redistui.engine.keyframes import keyframe
from redistui.engine.ledger import Ledger
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Item, Joined, Left, Observation
from redistui.model import Address, AlertKey, Event

if TYPE_CHECKING:
    from redistui.engine.recording import Recorder
    from redistui.engine.remarks import Remarks


class Chronicle:
    """Only in the engine's hands. `record` is given every item; a `recorder` also key frames, whenever it wants one."""

    def __init__(
        self, assembler: Assembler, record: Callable[[Item], None] | None, recorder: Recorder | None,
        remarks: Remarks | None = None,
    ) -> None:  # fmt: skip
        self.log = EventLog()
        self.recorder = recorder
        self._remarks = remarks
        self._assembler = assembler
        self._record = record if recorder is None else recorder.take
        if self._record is not None:
            assembler.joined, assembler.left = self._joined, self._left

    def saw(self, seen: Observation, ledger: Ledger) -> None:
        """An observation, which the ledger has taken."""
        if self.recorder is not None:
            self.recorder.take(seen, ledger)
        elif self._record is not None:
            self._record(seen)

    def heard(self, event: Event) -> None:
        """An event that is in the log already."""
        if self._record is not None:
            self._record(event)

    def note(self, event: Event) -> bool:
        """An event of our own; True if it is new."""
        self.heard(event)
        if event.kind == "action":
            self._assembler.heed(event)
        return self.log.add(event)

    def begin(self, hear: Callable[[tuple[Event, ...]], None]) -> None:
        """`hear` is given what operators said of alerts before, and say elsewhere, on any thread."""
        if self._remarks is not None:
            self._remarks.begin(hear)

    def hear(self, said: Sequence[Event]) -> None:
        """What operators say of alerts."""
        for event in said:
            self._assembler.heed(event)
            self.note(event)
        self.show_remarks(time.time())

    def show_remarks(self, at: float) -> None:
        """What is acknowledged and silenced now is to be kept."""
        if self._remarks is not None:
            self._remarks.see(at, self._assembler.acknowledged, self._assembler.silences)

    def mark(self, drawn: Drawn) -> None:
        """The snapshot of this moment can be made of what was written down so far."""
        if self._record is not None:
            self._record(drawn)
        if self.recorder is not None and self.recorder.due(drawn.at):
            self.recorder.take(keyframe(self._assembler, self.log, drawn.at))

    def _joined(self, ledger: Ledger) -> None:
        assert self._record is not None
        self._record(Joined(time.time(), ledger.address, ledger.target, ledger.hinted, ledger.only))

    def _left(self, address: Address) -> None:
        assert self._record is not None
        self._record(Left(time.time(), address))


def acknowledgement(key: AlertKey, at: float) -> Event:
    """That an operator knows of an alert."""
    rule, group, node = key
    return Event(at, "", "acknowledged", group, f"{rule}: {node or group}", about=(rule, group, node or ""))


def silencing(patterns: tuple[str, str, str], until: float, at: float) -> Event:
    """That an operator wants to hear nothing of alerts that fit, until then."""
    rule, group, node = patterns
    words = f"rule {rule}, group {group}, node {node}"
    return Event(at, "", "silenced", None, words, about=(*patterns, repr(float(until))))
