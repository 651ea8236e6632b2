"""Writers that know which of their writes were acknowledged, and can look them up again afterwards."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise

from redistui.demo.groups import RunningGroup
from redistui.demo.problems import StartFailed
from redistui.demo.wire import ErrorReply, Wire

PATIENCE = 30.0
"""Seconds a writer waits for a reply: a fence that makes it wait is no error."""
PAUSE = 0.001
"""Seconds between two writes: at full speed it would take the processor from the servers, and outrun the replicas."""


@dataclass
class Writer:
    """One sequential writer, one write in flight, on a thread of its own. `where` says whom to connect to."""

    name: str
    where: Callable[[], str]
    acked: list[tuple[str, float]] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name=self.name, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        number, wire = 0, None
        while not self._stop.is_set():
            number += 1
            key = f"{self.name}:{number}"
            try:
                wire = wire or Wire(self.where(), seconds=PATIENCE)
                wire.ask("SET", key, number)
                self.acked.append((key, time.monotonic()))
                self._stop.wait(PAUSE)
            except ErrorReply as error:
                self.errors.append(str(error))
                wire = self._left(wire)
            except (OSError, EOFError) as error:
                self.errors.append(type(error).__name__)
                wire = self._left(wire)
        self._left(wire)

    def _left(self, wire: Wire | None) -> None:
        if wire is not None:
            wire.close()
        self._stop.wait(0.005)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(PATIENCE + 5)
        assert not self._thread.is_alive()

    @property
    def gap(self) -> float:
        """The longest time between two acknowledged writes, in seconds."""
        times = [at for _, at in self.acked]
        return max((after - before for before, after in pairwise(times)), default=0.0)

    def lost(self, group: RunningGroup) -> list[str]:
        """Acknowledged writes that are not in the group's primary now."""
        keys = [key for key, _ in self.acked]
        found: list[object] = []
        with group.primary.connect() as wire:
            for first in range(0, len(keys), 500):
                found += wire.ask("MGET", *keys[first : first + 500])
        return [key for key, value in zip(keys, found, strict=True) if value is None]


@dataclass
class Canary:
    """Two writers: one stays with the primary it found first, one asks the Sentinels anew after every error; without
    Sentinels it asks the nodes."""

    group: RunningGroup

    def __post_init__(self) -> None:
        self._turn = 0
        first = self.group.primary.address
        self.sticky = Writer("sticky", lambda: first)
        self.aware = Writer("aware", self._asked)

    def _asked(self) -> str:
        if not self.group.sentinels:
            try:
                return self.group.primary.address
            except StartFailed as nobody:
                raise OSError(str(nobody)) from None
        self._turn += 1
        sentinel = self.group.sentinels[self._turn % len(self.group.sentinels)]
        host, port = sentinel.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self.group.name)
        return f"{host}:{port}"

    @property
    def writers(self) -> tuple[Writer, Writer]:
        return self.sticky, self.aware

    def goes(self, count: int = 200) -> bool:
        """Both have written enough to begin with."""
        return all(len(writer.acked) >= count for writer in self.writers)

    def goes_on(self) -> bool:
        """The one that follows the Sentinels writes again."""
        with suppress(IndexError):
            return time.monotonic() - self.aware.acked[-1][1] < 0.2
        return False

    def stop(self) -> None:
        for writer in self.writers:
            writer.stop()

    def lost(self) -> list[str]:
        return [key for writer in self.writers for key in writer.lost(self.group)]
