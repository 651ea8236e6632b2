"""Forecast: what the loss of some nodes would do, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model import Address

Writes = Literal["continue", "pause", "stop", "unknown"]
"""continue: nobody notices. pause: until somebody else was promoted. stop: nobody will be, of itself. unknown: what it
depends on could not be read."""


@dataclass(frozen=True, slots=True)
class ShardForecast:
    """One shard of a cluster."""

    primary: Address
    """As it is now."""
    writes: Writes
    promoted: Address | None
    """Who takes over; None: nobody, or nobody need to."""
    why_not: Mapping[Address, str] = field(default_factory=dict)
    """Of every other candidate, why it is not taken, in a sentence."""
    dark_slots: tuple[tuple[int, int], ...] = ()
    """Ranges that nobody will serve."""
    loss_bytes: int | None = None
    """Of acknowledged writes, at most; None: cannot be told."""
    outage_seconds: float | None = None
    equals: tuple[Address, ...] = ()
    """Replicas that may as well be the one that is promoted: chance decides between them."""


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """One group. `quorum` and `majority` are None where no Sentinels watch it and it is no cluster."""

    group: str
    writes: Writes
    reason: str
    """Why it comes so, in one sentence."""
    promoted: Address | None = None
    why_not: Mapping[Address, str] = field(default_factory=dict)
    quorum: bool | None = None
    """Enough Sentinels are left to see the primary down."""
    majority: bool | None = None
    """Enough are left to authorise a failover; of a cluster: enough primaries with slots to vote."""
    shards: tuple[ShardForecast, ...] = ()
    loss_bytes: int | None = None
    """Of acknowledged writes, at most: what those who take over have not got, or, where nobody does of itself, the one
    that is furthest on. None: it cannot be told, or nobody need to."""
    outage_seconds: float | None = None
    """Of writes, about: from the loss of the nodes until somebody else takes them. None: they stop, or none is
    foreseen, or it cannot be told; `writes` says which."""
    notes: tuple[str, ...] = ()
    """What the forecast rests on, and what could make it wrong, a sentence each."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the loss of `killed` would do to every group that they are in."""

    killed: tuple[Address, ...]
    groups: tuple[GroupForecast, ...]
    smallest_stop: tuple[Address, ...] = ()
    """The fewest nodes, of those that are left, whose loss on top would stop writes of some group; empty: they stop
    already."""
    exact: bool = True
    """No smaller set does it; False: there were too many sets to try them all."""

    def group(self, name: str) -> GroupForecast | None:
        return next((one for one in self.groups if one.group == name), None)
