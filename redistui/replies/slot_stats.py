"""CLUSTER SLOT-STATS: what a server counts of each slot it owns (Valkey >= 8.0, Redis >= 8.2)."""

from __future__ import annotations

from typing import Any, NamedTuple

from redistui.model import SLOTS
from redistui.replies.words import BadReply, integer, pairs


class SlotStats(NamedTuple):
    """One slot. Counters begin anew when the server restarts, when its statistics are reset, and when the slot moves;
    None where the server does not count (`cluster-slot-stats-enabled no`, which is the default)."""

    keys: int
    cpu_usec: int | None = None
    """Microseconds of CPU that its commands took."""
    net_in: int | None = None
    """Bytes."""
    net_out: int | None = None
    memory: int | None = None
    """Bytes of its keys and values (Redis >= 8.2)."""


def read(reply: Any) -> dict[int, SlotStats]:
    """Reads what SLOTSRANGE gives: the asked server's own slots, and no others.

    >>> read([[7, [b"key-count", 2]], [8, [b"key-count", 0, b"cpu-usec", 5]]])
    {7: SlotStats(keys=2, cpu_usec=None, net_in=None, net_out=None, memory=None), \
8: SlotStats(keys=0, cpu_usec=5, net_in=None, net_out=None, memory=None)}
    """
    if not isinstance(reply, list) or len(reply) > SLOTS:
        raise BadReply("CLUSTER SLOT-STATS", reply)
    return dict(_row(row) for row in reply)


_COUNTERS = ("cpu-usec", "network-bytes-in", "network-bytes-out", "memory-bytes")


def _row(row: Any) -> tuple[int, SlotStats]:
    match row:
        case [int(slot), fields] if 0 <= slot < SLOTS and not isinstance(slot, bool):
            found = pairs("CLUSTER SLOT-STATS", fields)
        case _:
            raise BadReply("CLUSTER SLOT-STATS", row)
    keys = _count(found.get("key-count"))
    if keys is None:
        raise BadReply("CLUSTER SLOT-STATS", row)
    cpu, net_in, net_out, memory = (_count(found.get(name)) for name in _COUNTERS)
    return slot, SlotStats(keys, cpu, net_in, net_out, memory)


def _count(value: bytes | None) -> int | None:
    number = None if value is None else integer(value)
    return number if number is not None and number >= 0 else None
