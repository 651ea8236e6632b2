"""What a drill showed, as its log tells it: values that report, dialog and tests read alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model.places import Address, Kind

Model = Literal["plain", "aware", "polling"]
MODELS: tuple[tuple[Model, str], ...] = (
    ("plain", "stays with the primary it found first"),
    ("aware", "follows Sentinels or the slot map, as redistui.route does"),
    ("polling", "asks twice a second who is primary"),
)
"""The client models of a drill, side by side at every shard. The headline outage is that of `aware`."""


@dataclass(frozen=True, slots=True)
class Outage:
    """How long nothing was answered: gaps between answers, less the rhythm of the client, of more than 50 ms."""

    longest_ms: float = 0.0
    total_ms: float = 0.0
    over: bool = True
    """False: it lasted to the end of the run."""


@dataclass(frozen=True, slots=True)
class Slowness:
    """99 of 100 acknowledged writes took no longer, in ms; None: there was none."""

    before: float | None = None
    during: float | None = None
    """From the first command (or blow) until all views agreed again."""
    after: float | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one client saw at one shard; or all of them together: sums, and of outages the longest."""

    client: str = ""
    """Empty: all clients."""
    shard: str = ""
    """The tag in its keys; empty: all shards."""
    acked: int = 0
    refused: int = 0
    unknown: int = 0
    lost: int = 0
    """Acknowledged, and not there at the end."""
    unread: int = 0
    """Acknowledged, and nobody could be asked at the end: lost or not, nobody knows."""
    phantom: int = 0
    """Refused, and there all the same."""
    reads: int = 0
    """Those that were answered."""
    stale_reads: int = 0
    """Answered with an older value than had been acknowledged before the read was sent."""
    writes: Outage = Outage()
    reading: Outage = Outage()
    first_error_ms: float | None = None
    """From the first command (or blow) to the first write that was not acknowledged; None: every one was."""
    errors: Mapping[str, int] = field(default_factory=dict)
    """Writes by the first word of the error reply, or connect, timeout, closed."""
    read_errors: Mapping[str, int] = field(default_factory=dict)
    double_primary_ms: float = 0.0
    """Two nodes acknowledged writes of the same shard, for certain so long. Of a shard or a whole run; of one client 0.
    """
    p99: Slowness = Slowness()
    late_ms: float = 0.0
    """The longest time by which the client itself was late with its next write: what is shorter than this may be the
    machine of the drill, not the servers."""


@dataclass(frozen=True, slots=True)
class DrillShard:
    """A shard under canaries: of a cluster one of its primaries with its slots, else the whole group."""

    tag: str
    group: str
    kind: Kind
    primary: Address
    """When the drill began."""
    slot: int | None = None
    """Of its keys, in a cluster."""


@dataclass(frozen=True, slots=True)
class Passed:
    """A step of the plan, or a phase of the drill, and how long it took."""

    name: str
    ms: float | None
    state: str = "done"


@dataclass(frozen=True, slots=True)
class Figures:
    """One run of a drill."""

    run: str
    action: str
    """As it was given: `failover`, `kill primary`."""
    started: str
    """ISO 8601, UTC."""
    seed: str
    rate: float
    """Writes a second of each client at each shard."""
    deadline_ms: float
    versions: Mapping[Address, str]
    timeouts: Mapping[str, float]
    """Name -> ms, of those that rule how long a failover takes."""
    shards: tuple[DrillShard, ...]
    whole: Seen
    """All clients at all shards; outage and p99 of the `aware` client at its worst shard."""
    clients: tuple[Seen, ...]
    """Each over all shards."""
    by_shard: tuple[Seen, ...]
    """Each over all clients; outage and p99 of the `aware` one."""
    each: tuple[Seen, ...]
    """Each client at each shard."""
    phases: tuple[Passed, ...] = ()
    steps: tuple[Passed, ...] = ()
    outcome: str = "unknown"
    """Of the action, as `do` says; of a fault: struck."""
    message: str = ""
    unsettled: str = ""
    """What had not become as it should be when the waiting ended; empty: everything had."""
    broken_off: bool = False
    """The run was ended from outside: its figures are those of a torso."""
