"""Sentinels that are made to hurry."""

from __future__ import annotations

from contextlib import suppress

from redistui.demo.groups import RunningGroup
from redistui.demo.wire import ErrorReply


def look_often(group: RunningGroup, ms: int = 1000) -> None:
    """Has its Sentinels ask for INFO every second instead of every ten: they hear ten times as soon of a new priority,
    and that a link is up again. Redis 6.2 does not know the command, and shows what it is like without."""
    for sentinel in group.sentinels:
        with suppress(ErrorReply):
            sentinel.ask("SENTINEL", "DEBUG", "info-period", ms)
