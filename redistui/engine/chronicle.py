"""Chronicle: what happens is written down, as events for the screens, and all that snapshots are made of in a recording
where one is made."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from redistui.engine.assemble import Assembler
from redistui.engine.keyframes import keyframe
from redistui.engine.ledger import Ledger
from redistui.engine.listener import EventLog
from redistui.engine.observation import Drawn, Item, Joined, Left, Observation
from redistui.model import Address, Event

if TYPE_CHECKING:
    from redistui.engine.recording import Recorder


class Chronicle:
    """Only in the engine's hands. `record` is given every item; a `recorder` also key frames, whenever it wants one."""

    def __init__(
        self, assembler: Assembler, record: Callable[[Item], None] | None, recorder: Recorder | None
    ) -> None:  # fmt: skip
        self.log = EventLog()
        self.recorder = recorder
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
        return self.log.add(event)

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
