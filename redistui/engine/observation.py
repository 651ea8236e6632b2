"""Observation: what one poll of one server brought back, raw. Recordings are made of these, and snapshots too.

With what else an engine's pictures depend on: who is watched, when one was drawn, and what was known before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import Any, Literal

from redistui.model import Address, Event, Fault, Target

ServerKind = Literal["unknown", "data", "cluster", "sentinel"]


TICKS = 10_000
"""Of a second, in which the times of polls are told: finer ones mean nothing, and cost a recording as much as all the
rest."""


def ticking(at: float) -> float:
    """The next tick of a time: an answer to a question is not of before it was asked.

    >>> ticking(1.00001), ticking(1.0001)
    (1.0001, 1.0001)
    """
    return ceil(at * TICKS) / TICKS


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


@dataclass(frozen=True, slots=True)
class Joined:
    """A server is watched from now on, since it is a target or since somebody spoke of it."""

    at: float
    address: Address
    target: Target
    """Whose access and title it shares."""
    sentinel: bool = False
    """Somebody said that a Sentinel stands here."""
    only: str | None = None
    """The one watched name that counts, or None for all."""


@dataclass(frozen=True, slots=True)
class Left:
    """A server is watched no more."""

    at: float
    address: Address


@dataclass(frozen=True, slots=True)
class Kept:
    """One server at a key frame."""

    joined: Joined
    past: tuple[Observation, ...]
    """The last ones that count, in order: of each reply the last two."""
    memory: Mapping[str, Any]
    """What does not follow from these, as plain values: redistui.engine.ledger.Ledger.memory."""


@dataclass(frozen=True, slots=True)
class Keyframe:
    """All that was known at a moment: whoever begins here sees what was seen by those who looked on from before."""

    at: float
    kept: tuple[Kept, ...] = ()
    """In the order in which they joined."""
    known_as: Mapping[Address, Address] = field(default_factory=dict)
    """Other addresses of these servers."""
    events: tuple[Event, ...] = ()
    """In the order in which they were heard of."""
    memory: Mapping[str, Any] = field(default_factory=dict)
    """Of rules and alerts: redistui.engine.assemble.Assembler.memory."""
    views_since: float | None = None
    """When the first view of a cluster was read."""


Item = Observation | Event | Drawn | Joined | Left | Keyframe
"""What a recording consists of."""
