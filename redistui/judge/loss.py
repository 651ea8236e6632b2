"""What an unplanned failover can lose: acknowledged writes that the old primary never got out to the replica.

A primary that is gone cannot be asked for its offset. What it was when it last answered is known, how fast it grew
of late, how much more of it has reached a replica, and how long after that look it was first found silent; the bound is
made of these. It is for writes before the silence: what a hung primary takes when it comes back, before it is made a
replica, comes on top and has to be said. And a burst that began after the last look, of which no replica got anything,
shows nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from redistui.model import Node, Sighting

SURE = 2.0
"""By how much faster than it was seen to a primary may have written in its last moments."""


@dataclass(frozen=True, slots=True)
class Loss:
    """`size`: bytes of the replication stream, at most; None: it cannot be told."""

    size: int | None
    seen_at: float | None = None
    """When the old primary last told its offset."""

    def sentence(self, group: str) -> str:
        """What has to be typed.

        >>> Loss(120).sentence("orders"), Loss(5_300_000).sentence("orders"), Loss(None).sentence("orders")
        ('lose up to 120 bytes of orders', 'lose up to 5.1 MiB of orders', 'lose an unknown part of orders')
        """
        return f"lose an unknown part of {group}" if self.size is None else f"lose up to {amount(self.size)} of {group}"


def bound(old: Node | None, replicas: Iterable[Node]) -> Loss:
    """What is lost at most when the least of these replicas becomes primary.

    >>> old = Node("a:1", last_primary=Sighting("f", 1000, 5.0, 0.0))
    >>> bound(old, []), bound(None, [])
    (Loss(size=None, seen_at=5.0), Loss(size=None, seen_at=None))
    """
    last = None if old is None else old.last_primary
    if old is None or last is None:
        return Loss(None)
    have = [offset_in(node, last) for node in replicas]
    known = [offset for offset in have if offset is not None]
    if not known or len(known) != len(have) or last.pace is None:
        return Loss(None, last.at)
    silent = 0.0 if last.silent_at is None else max(0.0, last.silent_at - last.at)
    grown = max(last.pace * silent, max(known) - last.offset)
    return Loss(max(0, round(last.offset + SURE * grown) - min(known)), last.at)


def offset_in(node: Node, last: Sighting) -> int | None:
    """How far a replica has come in that history; None when it has another, or does not say."""
    own = node.replication
    return None if own is None or own.replid != last.replid else own.offset


def amount(size: int) -> str:
    """Bytes in a person's words, never less than they are.

    >>> amount(0), amount(1023), amount(1025), amount(3 << 20)
    ('0 bytes', '1023 bytes', '1.1 KiB', '3.0 MiB')
    """
    for unit, name in ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= unit:
            return f"{-(-size * 10 // unit) / 10:.1f} {name}"
    return f"{size} bytes"
