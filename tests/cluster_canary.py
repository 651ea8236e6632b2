"""Writers into a cluster, one for each shard, which know what was acknowledged and can look it up again afterwards."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, pairwise

from redistui.demo.groups import RunningGroup
from redistui.demo.wire import ErrorReply, Wire
from redistui.replies.slot import slot_of

PATIENCE = 10.0
"""Seconds a writer waits for a reply: a handover that makes it wait is no error."""
PAUSE = 0.002
"""Seconds between two writes: at full speed three of them would take the processor from the servers."""


@dataclass
class Writer:
    """One sequential writer, one write in flight, on a thread of its own: `SET {tag}:name:i`.

    It follows MOVED, obeys ASK with ASKING and the same write where it was sent to, and asks another node after a
    connection ended. `acked` are the writes that were answered with OK, `refused` those that were answered with an
    error at last; of `unknown` nobody knows.
    """

    tag: str
    first: str
    others: tuple[str, ...]
    patience: float = PATIENCE
    acked: list[tuple[str, float]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._where = self.first
        self._turn = 0
        self._aside: Wire | None = None
        """To whom ASK sent it last."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, name=self.tag, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        wire: Wire | None = None
        for number in count(1):
            if self._stop.is_set():
                break
            key = f"{{{self.tag}}}:{number}"
            try:
                wire = wire or Wire(self._where, seconds=self.patience)
            except OSError as error:
                self._elsewhere(type(error).__name__)
                continue
            try:
                self._set(wire, key, number)
                self.acked.append((key, time.monotonic()))
                self._stop.wait(PAUSE)
            except ErrorReply as error:
                self.refused.append(key)
                wire = self._obey(wire, str(error))
            except (OSError, EOFError) as error:
                self.unknown.append(key)
                wire.close()
                wire = None
                self._leave_aside()
                self._elsewhere(type(error).__name__)
        self._leave_aside()
        if wire is not None:
            wire.close()

    def _set(self, wire: Wire, key: str, number: int) -> None:
        try:
            wire.ask("SET", key, number)
        except ErrorReply as error:
            word, *rest = str(error).split()
            if word != "ASK":
                raise
            self.errors.append(str(error))
            aside = self._aside_at(rest[1])
            aside.ask("ASKING")
            aside.ask("SET", key, number)

    def _aside_at(self, address: str) -> Wire:
        if self._aside is None or self._aside.address != address:
            self._leave_aside()
            self._aside = Wire(address, seconds=self.patience)
        return self._aside

    def _leave_aside(self) -> None:
        if self._aside is not None:
            self._aside.close()
            self._aside = None

    def _obey(self, wire: Wire, error: str) -> Wire | None:
        self.errors.append(error)
        words = error.split()
        if words[0] != "MOVED":
            self._stop.wait(0.005)
            return wire
        wire.close()
        self._where = words[2]
        return None

    def _elsewhere(self, error: str) -> None:
        self.errors.append(error)
        self._turn += 1
        self._where = self.others[self._turn % len(self.others)]
        self._stop.wait(0.005)

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(self.patience + 5)
        assert not self._thread.is_alive()

    @property
    def gap(self) -> float:
        """The longest time between two acknowledged writes, in seconds."""
        times = [at for _, at in self.acked]
        return max((after - before for before, after in pairwise(times)), default=0.0)

    def goes_on(self) -> bool:
        """It wrote a moment ago."""
        with suppress(IndexError):
            return time.monotonic() - self.acked[-1][1] < 0.2
        return False

    def there(self, keys: list[str]) -> list[bool]:
        """Whether the keys are at the present owner of their slot."""
        found: list[bool] = []
        address = self.others[0]
        while len(found) < len(keys):
            with Wire(address) as wire:
                try:
                    found += [value is not None for value in wire.ask("MGET", *keys[len(found) : len(found) + 500])]
                except ErrorReply as error:
                    word, _, address = str(error).split()[:3]
                    if word != "MOVED":
                        raise
        return found

    def lost(self) -> list[str]:
        """Acknowledged writes that are gone."""
        keys = [key for key, _ in self.acked]
        return [key for key, is_there in zip(keys, self.there(keys), strict=True) if not is_there]

    def phantoms(self) -> list[str]:
        """Refused writes that are there all the same."""
        return [key for key, is_there in zip(self.refused, self.there(self.refused), strict=True) if is_there]


class ClusterCanary:
    """One writer for each shard of a running cluster."""

    def __init__(self, group: RunningGroup, patience: float = PATIENCE) -> None:
        self.writers = [
            Writer(tag_in(first, last), address, tuple(group.addresses), patience)
            for address, first, last in shards(group)
        ]

    def goes(self, count: int = 100) -> bool:
        return all(len(writer.acked) >= count for writer in self.writers)

    def goes_on(self) -> bool:
        return all(writer.goes_on() for writer in self.writers)

    def stop(self) -> None:
        for writer in self.writers:
            writer.stop()

    def lost(self) -> list[str]:
        return [key for writer in self.writers for key in writer.lost()]

    def phantoms(self) -> list[str]:
        return [key for writer in self.writers for key in writer.phantoms()]

    @property
    def gap(self) -> float:
        return max(writer.gap for writer in self.writers)


def shards(group: RunningGroup) -> list[tuple[str, int, int]]:
    """Primary and first and last slot of each range, as the first node that answers sees it."""
    node = next(node for node in group.nodes if node.answers())
    return [(f"{row[2][0]}:{row[2][1]}", row[0], row[1]) for row in node.ask("CLUSTER", "SLOTS")]


def tag_in(first: int, last: int) -> str:
    """A hash tag whose slot lies between these two."""
    return next(tag for number in count() if first <= slot_of((tag := f"canary-{number}").encode()) <= last)
