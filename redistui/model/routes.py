"""What a routed client (redistui.route) did: its answers, and its figures at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from redistui.model.places import Address, Role

Outcome = Literal["acked", "refused", "unknown"]
"""acked: the server said yes. refused: it said no, or was not reached: nothing was changed. unknown: the command went
out and no reply came back: it may or may not have run."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply, who gave it, and what it took."""

    value: Any
    """As hiredis gives it: bytes, int, None, or a list of these."""
    node: Address
    ms: float
    """From the call to the reply, tries elsewhere included."""
    tried: tuple[Address, ...] = ()
    """Nodes that were asked before and did not answer it, in order."""
    fallback: str = ""
    """Why another node than the strategy's choice answered, in a few words; empty: none did."""
    redirections: int = 0
    """MOVED, ASK and TRYAGAIN that were followed."""
    site: str | None = None


@dataclass(frozen=True, slots=True)
class NodeStats:
    """What a route knows of one node, and what it did there since the last reset."""

    address: Address
    role: Role | None
    weight: float
    healthy: bool
    why_not: str
    """Why it is left out; empty: it is not."""
    in_flight: int
    connections: int
    requests: int
    failures: int
    """Refused or unknown."""
    latency_ms: float | None
    """A mean that forgets; None: nothing measured yet."""
    share: float | None
    """Of the requests that the strategy gave out, from 0 to 1; None: it gave out none."""
    wanted_share: float | None
    """As its weight wants it; None: the strategy goes by no weights, or the node is left out."""
    site: str | None = None

    @property
    def success_rate(self) -> float | None:
        """From 0 to 1; None before the first request."""
        return None if not self.requests else (self.requests - self.failures) / self.requests


@dataclass(frozen=True, slots=True)
class WatcherStats:
    """What a Sentinel said to a route when it was last asked."""

    address: Address
    why_not: str
    """Why its word does not count; empty: it does."""
    latency_ms: float | None
    primary: Address | None = None
    epoch: int | None = None
    """`config-epoch`: the highest one counts."""
    tilt: bool = False
    quorum: int | None = None
    known: int | None = None
    """Sentinels that it counts in a majority, itself, dead and ghost ones included."""
    ckquorum: str | None = None
    """"ok", or its words why no failover could be agreed; None: it did not say. Stale while it is in TILT."""


@dataclass(frozen=True, slots=True)
class SiteState:
    """One site of a route over several, as it is now."""

    name: str
    primary: bool
    """The primary site."""
    healthy: bool
    """It takes writes."""
    why_not: str
    """Empty: it does."""
    latency_ms: float | None
    """A mean that forgets, of its primaries; None: nothing measured yet."""
    available: bool
    """Highly: the loss of one node of it does not end its writes."""
    why_not_available: str = ""


@dataclass(frozen=True, slots=True)
class RouteStats:
    """A route's counters since `since`, and its nodes."""

    kind: str
    """As in redistui.route.ROUTES."""
    since: float
    at: float
    """Both in seconds since 1970."""
    strategy: str
    acked: int = 0
    refused: int = 0
    unknown: int = 0
    reads: int = 0
    writes: int = 0
    retries: int = 0
    fallbacks: int = 0
    redirections: int = 0
    cross_slot: int = 0
    """Calls whose keys lay in several slots."""
    stale_reads: int = 0
    errors: Mapping[str, int] = field(default_factory=dict)
    """By kind: the first word of an error reply, or connect, timeout, closed."""
    nodes: tuple[NodeStats, ...] = ()
    watchers: tuple[WatcherStats, ...] = ()
    """The Sentinels that the route goes by; of other routes none."""
    sites: tuple[SiteState, ...] = ()
    """Of a route over sites: each of them; of other routes none."""

    @property
    def operations(self) -> int:
        return self.acked + self.refused + self.unknown

    @property
    def summary(self) -> str:
        """The route in one line: `split: 3 of 3 nodes well, 1,204 operations, 99.9 % acknowledged, slowest ...`."""
        well = sum(node.healthy for node in self.nodes)
        parts = [f"{self.kind}: {well} of {len(self.nodes)} nodes well", f"{self.operations:,} operations"]
        if self.operations:
            parts.append(f"{100 * self.acked / self.operations:.1f} % acknowledged")
        measured = [(node.latency_ms, node.address) for node in self.nodes if node.latency_ms is not None]
        if measured:
            ms, address = max(measured)
            parts.append(f"slowest {address} {ms:.1f} ms")
        return ", ".join(parts)

    @property
    def per_second(self) -> float | None:
        """Operations a second since the last reset; None within the first instant."""
        seconds = self.at - self.since
        return None if seconds <= 0 else self.operations / seconds

    @property
    def success_rate(self) -> float | None:
        """Of all operations, from 0 to 1; None before the first."""
        return self.share_of(self.acked)

    def share_of(self, count: int) -> float | None:
        """Of all operations: `stats.share_of(stats.redirections)`, `stats.share_of(stats.cross_slot)`; None before the
        first."""
        return count / self.operations if self.operations else None
