"""A Sentinel, and what it believes of every group it watches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model.places import Address, Fault


@dataclass(frozen=True, slots=True)
class WatchedReplica:
    """A replica as one Sentinel sees it (SENTINEL REPLICAS)."""

    address: Address
    flags: frozenset[str]
    """slave, s_down, o_down, disconnected ... as printed, master and slave as primary and replica."""
    run_id: str | None
    link_up: bool | None
    priority: int | None
    offset: int | None
    primary: Address | None
    last_ok_ping_ms: int | None
    info_refresh_ms: int | None
    link_down_ms: int | None


@dataclass(frozen=True, slots=True)
class WatchedSentinel:
    """Another Sentinel as one Sentinel sees it (SENTINEL SENTINELS)."""

    address: Address
    flags: frozenset[str]
    run_id: str | None
    voted_leader: str | None
    voted_epoch: int | None
    last_hello_ms: int | None


@dataclass(frozen=True, slots=True)
class Watch:
    """What one Sentinel believes of one group it watches (SENTINEL MASTERS, REPLICAS, SENTINELS, CKQUORUM)."""

    name: str
    primary: Address
    flags: frozenset[str]
    """As printed, with master as primary: s_down, o_down, disconnected, failover_in_progress ..."""
    epoch: int | None
    """`config-epoch`: of two Sentinels that disagree, the higher one is newer."""
    quorum: int | None
    other_sentinels: int | None
    known_replicas: int | None
    down_after_ms: int | None
    failover_timeout_ms: int | None
    parallel_syncs: int | None
    failover_state: str | None
    run_id: str | None
    ckquorum: str | None
    """"ok", or the server's own words why not; None: not asked yet. Stale while the Sentinel is in TILT."""
    replicas: tuple[WatchedReplica, ...] = ()
    sentinels: tuple[WatchedSentinel, ...] = ()
    last_ok_ping_ms: int | None = None
    """Since the primary last answered this Sentinel's PING, which it sends once a second."""


@dataclass(frozen=True, slots=True)
class Sentinel:
    """One Sentinel process and all it watches."""

    address: Address
    seen_at: float | None = None
    fault: Fault | None = None
    run_id: str | None = None
    """Its Sentinel id (SENTINEL MYID), the one that votes."""
    server: Literal["redis", "valkey"] | None = None
    version: str | None = None
    tilt: bool | None = None
    tilt_seconds: int | None = None
    running_scripts: int | None = None
    queued_scripts: int | None = None
    ping_ms: float | None = None
    site: str | None = None
    watches: Mapping[str, Watch] = field(default_factory=dict)

    @property
    def up(self) -> bool:
        return self.seen_at is not None if self.fault is None else not self.fault.down
