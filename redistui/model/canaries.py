"""A canary: a routed client that works on a group to show how it does. What it was told to do, and what it has seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model.places import Address
from redistui.model.routes import RouteStats

RouteKind = Literal["split", "sentinel", "cluster", "sites", "balancer"]
SPACE = "redistui:canary:"
"""What all keys and channels of canaries begin with; they write nowhere else, and every key expires."""
NAME = "redistui-canary"
"""What their connections are called (CLIENT LIST)."""
Phase = Literal["opening", "running", "stopped"]
"""opening: its route looks for who is what. stopped: it ended by itself or was ended; `said` tells why."""


@dataclass(frozen=True, slots=True)
class CanaryPlan:
    """What a canary does, and to whom."""

    group: str
    route: RouteKind
    strategy: str = ""
    """Empty: the route's own first one."""
    consistency: str = ""
    """Of sites: eventual, majority or strong."""
    others: tuple[str, ...] = ()
    """Of sites: the groups that stand for the other sites; the one in `group` is the primary site's."""
    named: Mapping[str, str] = field(default_factory=dict)
    """Of sites: group -> its site's name. Of one that is not here: that of the site where it stands."""
    rate: float = 20.0
    """Operations a second."""
    writes: float = 0.0
    """Share of them that write, from 0 to 1."""
    weights: Mapping[Address, float] = field(default_factory=dict)
    """Of nodes (of sites: names) that have another than 1."""

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.group, *self.others)


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of the calls of the last WINDOW seconds that were answered; in ms, from the call to its reply."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    worst: float | None


NONE_YET = Latencies(0, None, None, None, None)


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that went wrong, as one sentence; what repeats itself is counted."""

    at: float
    """When it was last seen, in seconds since 1970."""
    text: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class CanaryState:
    """A canary at one moment. Counters run since it began, was reset, or was given another strategy or weights."""

    plan: CanaryPlan
    began: float
    at: float
    """Both in seconds since 1970."""
    phase: Phase = "opening"
    said: str = ""
    """Why it does not run, or not as it was told to; a sentence."""
    strategies: tuple[str, ...] = ()
    stats: RouteStats | None = None
    per_second: float | None = None
    """Calls that ended, over the last seconds; None: too early to tell."""
    past: tuple[float | None, ...] = ()
    """The worst latency of each of the last seconds in ms, oldest first; None: nothing was answered in it."""
    reads: Latencies = NONE_YET
    writes: Latencies = NONE_YET
    stale_reads: int = 0
    """Reads that gave an older value than one that was acknowledged before they began."""
    lags: Mapping[Address, float] = field(default_factory=dict)
    """Of each replica that markers reach, in ms: from sending a marker to the primary until it came out here."""
    lags_said: str = ""
    """Why there are none, or not of all; a sentence."""
    troubles: tuple[Trouble, ...] = ()
    """Newest last, bounded."""

    @property
    def runs(self) -> bool:
        return self.phase != "stopped"
