"""LATENCY LATEST: what made a server stand still for long, where it watches for that (latency-monitor-threshold)."""

from __future__ import annotations

from typing import Any, NamedTuple

from redistui.replies.words import BadReply, text


class LatencyEvent(NamedTuple):
    """One kind of event. Valkey >= 8.1 says more of each, which is not read."""

    event: str
    """The server's word: command, fast-command, fork, aof-fsync-always, expire-cycle ..."""
    at: float
    """When it happened last, in seconds since 1970, by the server's clock."""
    latest_ms: int
    most_ms: int
    """The longest since the server started or was told LATENCY RESET."""


def read(reply: Any) -> tuple[LatencyEvent, ...]:
    """Reads the events, the one that took longest first.

    >>> [one.event for one in read([[b"command", 1700000000, 12, 40], [b"fork", 1700000009, 90, 90]])]
    ['fork', 'command']
    """
    if not isinstance(reply, list):
        raise BadReply("LATENCY LATEST", reply)
    return tuple(sorted((_event(row) for row in reply), key=lambda one: -one.most_ms))


def _event(row: Any) -> LatencyEvent:
    match row:
        case [bytes(event), int(at), int(latest), int(most), *_] if at >= 0 and 0 <= latest <= most:
            return LatencyEvent(text(event), float(at), latest, most)
    raise BadReply("LATENCY LATEST", row)
