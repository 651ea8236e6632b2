"""CLUSTER GETSLOTMIGRATIONS: moves of whole slots that servers make by themselves (Valkey >= 9.0).

Each end has a list of its own, kept in memory, the newest first; a job has the same name at both ends.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from redistui.model import SLOTS, SlotJob
from redistui.replies.words import BadReply, integer, rows, text

_COMMAND = "CLUSTER GETSLOTMIGRATIONS"


class Told(NamedTuple):
    """A job as one end tells of it."""

    job: SlotJob
    leaves: bool
    """Told by its source."""


def read(reply: Any) -> tuple[Told, ...]:
    """Reads a node's list; a replica's tells neither source nor target, and is left out."""
    found = (_told(row) for row in rows(_COMMAND, reply))
    return tuple(one for one in found if one.job.source and one.job.target)


def _told(row: dict[str, bytes]) -> Told:
    if "name" not in row or "slot_ranges" not in row or "state" not in row:
        raise BadReply(_COMMAND, ", ".join(row))
    job = SlotJob(
        name=text(row["name"]),
        slots=tuple(_range(part) for part in row["slot_ranges"].split()),
        source=text(row.get("source_node", b"")),
        target=text(row.get("target_node", b"")),
        state=text(row["state"]),
        message=" ".join(text(row.get("message", b"")).split()),
        left=integer(row.get("remaining_repl_size")),
        at=integer(row.get("last_update_time")),
    )
    return Told(job, row.get("operation") == b"EXPORT")


def _range(part: bytes) -> tuple[int, int]:
    """`7-9`, or `7`."""
    first, dash, last = part.partition(b"-")
    low = integer(first)
    high = integer(last) if dash else low
    if low is None or high is None or not 0 <= low <= high < SLOTS:
        raise BadReply(_COMMAND, part)
    return low, high
