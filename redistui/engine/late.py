"""LateEngine: an engine that begins once somebody looks at it.

The dashboard's first paint does not wait for the engine's modules: they are imported on a thread of their own after it,
and the first answers come a moment later. Until then the fleet is empty, which is the truth.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, TypeVar

from redistui.engine.logins import Logins
from redistui.history import History
from redistui.model import Access, Address, AlertKey, Fleet, Survey

if TYPE_CHECKING:
    from redistui.engine.engine import Engine
    from redistui.engine.recording import Recorder
    from redistui.engine.unfinished import Deed

T = TypeVar("T")


class LateEngine:
    """Answers like redistui.engine.engine.Engine, as far as the dashboard asks."""

    def __init__(self, make: Callable[[History], Engine], period: float, logins: Logins | None = None) -> None:
        """`make` imports and starts the engine, which writes the past into the History it is given."""
        self.history = History()
        self.logins = logins or Logins()
        self._make = make
        self._period = period
        self._empty = Fleet(at=time.time(), period=period, groups=())
        self._callbacks: list[Callable[[Fleet], None]] = []
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._begin, name="redistui-begin", daemon=True)

    def subscribe(self, callback: Callable[[Fleet], None]) -> None:
        """The first one to look begins it."""
        self._callbacks.append(callback)
        if not self._thread.ident:
            self._thread.start()

    def _begin(self) -> None:
        engine = self._make(self.history)
        with self._lock:
            self._engine = engine
        engine.set_period(self._period)
        for callback in self._callbacks:
            engine.subscribe(callback)

    def _begun(self) -> Engine:
        """The engine; waits while it is on its way."""
        self._thread.join()
        assert self._engine is not None
        return self._engine

    @property
    def fleet(self) -> Fleet:
        return self._empty if self._engine is None else self._engine.fleet

    @property
    def period(self) -> float:
        return self._period

    @property
    def recorder(self) -> Recorder | None:
        """None also before it has begun."""
        return None if self._engine is None else self._engine.recorder

    def set_period(self, seconds: float) -> None:
        self._period = seconds
        if self._engine is not None:
            self._engine.set_period(seconds)

    def call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        return self._begun().call(work)

    def access_of(self, address: Address) -> Access:
        return self._begun().access_of(address)

    def dial_of(self, address: Address) -> Address:
        return self._begun().dial_of(address)

    async def fresh(self, *groups: str, seconds: float = 3.0) -> Fleet:
        return await self._begun().fresh(*groups, seconds=seconds)

    async def survey(self, group: str, *, sample: bool = False) -> Survey | None:
        return await self._begun().survey(group, sample=sample)

    def keep_surveying(self, group: str | None, *, moves: bool = False, sample: bool = False) -> None:
        if self._engine is not None:
            self._engine.keep_surveying(group, moves=moves, sample=sample)

    def recount(self, deeds: Sequence[Deed]) -> None:
        self._begun().recount(deeds)

    def happened(self, group: str, text: str, at: float | None = None) -> None:
        self._begun().happened(group, text, at)

    def acknowledge(self, key: AlertKey) -> None:
        self._begun().acknowledge(key)

    def silence(self, rule: str = "*", group: str = "*", node: str = "*", *, until: float) -> None:
        self._begun().silence(rule, group, node, until=until)

    def watch(self, address: Address, like: Address) -> None:
        self._begun().watch(address, like)

    def stop(self) -> None:
        if self._thread.ident:
            self._begun().stop()
