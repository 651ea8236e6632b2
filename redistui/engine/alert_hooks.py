"""AlertHooks: a program or a webhook of the operator's own that is told of alerts. Off unless the config names one.

Told is what an operator is told: an alert that was raised, got worse, or keeps coming and going, of the levels wanted,
unless it is silenced; and that one is over which was told before. One call at a time for each of the two; what waits
is bounded, and so is the number of calls in a minute: what is left out is counted, and the count goes with the next.
That a call failed is an event, once until one succeeds.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from redistui.engine import hooks
from redistui.model import Alert, AlertKey, Event, Fleet, Level
from redistui.net import webhook
from redistui.ops.action import Hook

WAITING = 50
"""Calls that wait at most, for each of the two."""
MINUTE = 60.0
Document = dict[str, Any]
Call = Callable[[Document], Coroutine[Any, Any, str]]


class AlertHooks:
    """On the engine's loop, once it has begun."""

    def __init__(
        self, command: str | None, url: str | None, levels: Iterable[Level] = ("bad",), timeout: float = 10.0,
        at_most: int = 10,
    ) -> None:  # fmt: skip
        """`command`: a program with its whole path; `timeout`: seconds of one call; `at_most`: calls in a minute."""
        self._levels = frozenset(levels)
        calls: list[tuple[str, Call]] = []
        if command is not None:
            calls.append((f"the alert command {command}", partial(run, command, timeout)))
        if url is not None:
            calls.append(("the alert webhook", partial(_post, url, timeout)))
        self._lines = [_Line(name, call, at_most) for name, call in calls]
        self._told: set[AlertKey] = set()

    def begin(self, failed: Callable[[str], None]) -> None:
        """`failed` is told in a sentence when calls begin to fail."""
        for line in self._lines:
            line.begin(failed)

    def close(self) -> None:
        for line in self._lines:
            line.close()

    def take(self, news: Iterable[Event], fleet: Fleet) -> None:
        """The alert events of a new snapshot. Returns at once."""
        alerts = {alert.key: alert for alert in fleet.alerts}
        for event in news:
            change, rule, group, node, level = event.about[:5]
            key = rule, group, node or None
            alert = alerts.get(key)
            if alert is not None and self._is_told(change, key, level, alert):
                for line in self._lines:
                    line.put(document(change, alert, fleet.at))

    def _is_told(self, change: str, key: AlertKey, level: str, alert: Alert) -> bool:
        if change == "over":
            told = key in self._told
            self._told.discard(key)
            return told
        known = alert.silenced_until is not None or alert.acknowledged_at is not None
        if change == "better" or level not in self._levels or known:
            return False
        self._told.add(key)
        return True


class _Line:
    """One way to tell, call after call."""

    def __init__(self, name: str, call: Call, at_most: int) -> None:
        self._name, self._call, self._at_most = name, call, at_most
        self._waiting: deque[Document] = deque()
        self._more = asyncio.Event()
        self._begun: deque[float] = deque(maxlen=at_most)
        """When the last calls began."""
        self._left_out = 0
        self._fails = False
        self._task: asyncio.Task[None] | None = None

    def begin(self, failed: Callable[[str], None]) -> None:
        self._task = asyncio.get_running_loop().create_task(self._run(failed))

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def put(self, told: Document) -> None:
        now = asyncio.get_running_loop().time()
        full = len(self._begun) == self._at_most and now - self._begun[0] < MINUTE
        if full or len(self._waiting) >= WAITING:
            self._left_out += 1
            return
        self._begun.append(now)
        self._waiting.append({**told, "left_out": self._left_out})
        self._left_out = 0
        self._more.set()

    async def _run(self, failed: Callable[[str], None]) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            while self._waiting:
                wrong = await self._call(self._waiting.popleft())
                if wrong and not self._fails:
                    failed(f"{self._name} failed: {wrong}; further failures are not told until it succeeds")
                self._fails = bool(wrong)


def document(change: str, alert: Alert, at: float) -> Document:
    """What is told, as the JSON that a webhook gets and that REDISTUI_ALERT holds."""
    return {
        "at": _time(at),
        "change": change,
        "rule": alert.rule,
        "level": alert.level,
        "group": alert.group,
        "node": alert.node,
        "message": alert.message,
        "since": _time(alert.since),
        "value": alert.value,
        "threshold": alert.threshold,
    }


def _time(at: float) -> str:
    """
    >>> _time(0.5)
    '1970-01-01T00:00:00.500Z'
    """
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told_in_words(told: Document) -> tuple[tuple[str, str], ...]:
    """The environment of a command: REDISTUI_ALERT is all of it as JSON, REDISTUI_ALERT_RULE and the like each part."""
    parts = ((f"REDISTUI_ALERT_{name.upper()}", _plain(value)) for name, value in told.items())
    return (("REDISTUI_ALERT", json.dumps(told)), *parts)


def _plain(value: Any) -> str:
    """As one line without control characters: servers have a word in messages."""
    return "" if value is None else "".join(one if one.isprintable() else "?" for one in str(value))


async def run(command: str, seconds: float, told: Document) -> str:
    """Runs the command; why that failed, or nothing."""
    hook = Hook("alert", command, told_in_words(told))
    ended = await hooks.run(hook, hooks.environment(hook, os.environ, {}), seconds=seconds)
    return _plain(ended.wrong)


async def _post(url: str, seconds: float, told: Document) -> str:
    return _plain(await webhook.post(url, json.dumps(told).encode(), seconds))
