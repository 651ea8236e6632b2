"""A writer into slots that move: it follows MOVED and ASK as a cluster client does, and knows what was acknowledged."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from redistui.demo.wire import ErrorReply, Wire
from redistui.replies.slot import slot_of
from tests.waiting import eventually

PAUSE = 0.001
"""Seconds between two writes: at full speed it would take the processor from the servers."""


def tag_of(slot: int) -> str:
    """A hash tag of that slot."""
    return next(tag for number in count() if slot_of((tag := f"w{number}").encode()) == slot)


@dataclass
class SlotWriter:
    """Writes a rising number to a handful of keys in turn, on a thread of its own."""

    addresses: tuple[str, ...]
    keys: tuple[str, ...]
    patience: float = 5.0
    anew: bool = False
    """A new key each time, never one that was written before."""
    good: dict[str, set[str | None]] = field(default_factory=dict)
    """By key: the value that was acknowledged last (None: none was), and those of later writes that nobody knows of."""
    acked: int = 0
    worst: float = 0.0
    """The longest time between two acknowledged writes, in seconds."""
    errors: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._where: dict[int, str] = {}
        self._wires: dict[str, Wire] = {}
        self._last = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def _write(self) -> None:
        for number in count(1):
            if self._stop.is_set():
                break
            key = self.keys[number % len(self.keys)]
            self._one(f"{key}:{number}" if self.anew else key, str(number))
            self._stop.wait(PAUSE)
        for wire in self._wires.values():
            wire.close()

    def _one(self, key: str, value: str) -> None:
        slot, asking = slot_of(key.encode()), False
        where = self._where.setdefault(slot, self.addresses[0])
        for _ in range(6):
            try:
                self._set(where, key, value, asking)
                return
            except ErrorReply as error:
                words = str(error).split()
                self.errors[words[0]] = self.errors.get(words[0], 0) + 1
                if words[0] not in ("MOVED", "ASK"):
                    self._stop.wait(0.002)
                    return
                where, asking = words[2], words[0] == "ASK"
                if not asking:
                    self._where[slot] = where
            except (OSError, EOFError) as error:
                self.errors[type(error).__name__] = self.errors.get(type(error).__name__, 0) + 1
                self._drop(where)
                others = [address for address in self.addresses if address != where]
                self._where[slot] = others[self.acked % len(others)]
                self._stop.wait(0.01)
                return

    def _set(self, where: str, key: str, value: str, asking: bool) -> None:
        wire = self._wires.get(where) or self._wires.setdefault(where, Wire(where, seconds=self.patience))
        if asking:
            wire.ask("ASKING")
        self.good.setdefault(key, {None}).add(value)  # until it is answered, nobody knows
        try:
            wire.ask("SET", key, value)
        except ErrorReply:
            self.good[key].discard(value)
            raise
        self.good[key] = {value}
        now = time.monotonic()
        self.worst = max(self.worst, now - self._last) if self._last else 0.0
        self._last = now
        self.acked += 1

    def _drop(self, where: str) -> None:
        wire = self._wires.pop(where, None)
        if wire is not None:
            wire.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(self.patience + 5)
        assert not self._thread.is_alive()

    def lost(self) -> list[str]:
        """Keys whose value is none that may be right."""
        where: dict[int, str] = {}
        wires: dict[str, Wire] = {}
        wrong = []
        try:
            for key, good in self.good.items():
                (found,) = eventually(partial(self._served, key, where, wires), 20)
                if found not in good:
                    wrong.append(f"{key} is {found}, not {good}")
        finally:
            for wire in wires.values():
                wire.close()
        return wrong

    def _served(self, key: str, where: dict[int, str], wires: dict[str, Wire]) -> tuple[str | None]:
        """What is read; whose cluster is down for a moment after a failover says no, and is asked again."""
        return (self._get(key, slot_of(key.encode()), where, wires),)

    def _get(self, key: str, slot: int, where: dict[int, str], wires: dict[str, Wire]) -> str | None:
        """As the slot's owner has it."""
        for address in (*filter(None, [where.get(slot)]), *self.addresses * 2):
            asked = address
            for _ in range(4):
                try:
                    wire = wires.get(asked) or wires.setdefault(asked, Wire(asked))
                    value = wire.ask("GET", key)
                    where[slot] = asked
                    return None if value is None else str(value)
                except ErrorReply as error:
                    words = str(error).split()
                    if words[0] != "MOVED":
                        raise
                    asked = words[2]
                except (OSError, EOFError):
                    break
        return "nobody answers"
