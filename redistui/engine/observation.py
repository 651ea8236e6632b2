"""Observation: what one poll of one server brought back, raw. Recordings are made of these, and snapshots too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from redistui.model import Address, Fault

ServerKind = Literal["unknown", "data", "cluster", "sentinel"]


@dataclass(frozen=True, slots=True)
class Observation:
    """Replies by name of redistui.replies.READS (a watched name after a slash: `replicas/orders`), or a fault."""

    address: Address
    at: float
    """Unix seconds at which the answer was read (half-way between ask and answer)."""
    asked_at: float
    """Unix seconds at which it was asked."""
    kind: ServerKind = "unknown"
    answers: Mapping[str, Any] = field(default_factory=dict)
    """As hiredis gives them; an error reply is a hiredis.ReplyError."""
    fault: Fault | None = None
    ping_ms: float | None = None
    """Round trip of a PING sent alone, when this poll began with one."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A snapshot was drawn: with all observations and events up to here, the same one can be drawn again."""

    at: float
    """Unix seconds: the snapshot's own time."""
    period: float
    stalled: bool = False
