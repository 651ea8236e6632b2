"""A sequential writer that follows the Sentinels, and what of its acknowledged writes is still there."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from redistui.demo.groups import RunningGroup
from redistui.demo.problems import DemoError
from redistui.demo.servers import Server
from redistui.demo.wire import ErrorReply, Wire

PAUSE = 0.001
"""Seconds between two writes: the dashboard under test shares the interpreter."""


class Writer:
    """Sets key 0, 1, 2 ... one at a time, on the same connection as long as it holds: the client that loses most."""

    def __init__(self, group: RunningGroup) -> None:
        self._group = group
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self.acknowledged: list[int] = []
        self.longest_gap = 0.0
        """Seconds between two acknowledged writes."""
        self._last: float | None = None

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def _write(self) -> None:
        while not self._stop.is_set():
            with suppress(ErrorReply, DemoError, OSError, EOFError), self._primary().connect() as wire:
                self._write_on(wire)
            self._stop.wait(0.01)

    def _write_on(self, wire: Wire) -> None:
        while not self._stop.is_set():
            number = len(self.acknowledged)
            wire.ask("SET", f"w:{number}", number)
            now = time.monotonic()
            self.longest_gap = max(self.longest_gap, now - (self._last or now))
            self._last = now
            self.acknowledged.append(number)
            self._stop.wait(PAUSE)

    def _primary(self) -> Server:
        """As a Sentinel says."""
        host, port = self._group.sentinels[0].ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", self._group.name)
        return self._group.server(f"{host}:{port}")

    def lost(self, primary: Server) -> list[int]:
        """Acknowledged writes that are not on this server."""
        with primary.connect() as wire:
            values = wire.ask("MGET", *(f"w:{number}" for number in self.acknowledged))
        return [number for number, value in zip(self.acknowledged, values, strict=True) if value is None]
