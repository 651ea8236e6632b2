"""A data server: what it says of itself, and its own view of those around it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from redistui.model.places import Address, Fault, Role

Ranges = tuple[tuple[int, int], ...]
"""Runs of slots, both ends included."""


@dataclass(frozen=True, slots=True)
class ReplicaSeen:
    """One `slaveN:` line of a primary's INFO: what the primary knows of a replica."""

    address: Address
    state: str
    offset: int | None
    lag_seconds: int | None
    """Seconds since the replica's last ACK (sent once a second); None until it is online."""


@dataclass(frozen=True, slots=True)
class Replication:
    """What a node says of its own part in replication (INFO replication, ROLE; Redis >= 6.2)."""

    replid: str | None
    replid2: str | None
    offset: int | None
    """A primary's `master_repl_offset`, a replica's `slave_repl_offset`, in bytes."""
    offset_at: float | None
    """When `offset` was read: two offsets make a lag only if their times are known."""
    second_offset: int | None
    """First offset of the present history after a promotion (`second_repl_offset`); -1 where there was none."""
    primary: Address | None = None
    """Whom a replica follows; None on a primary."""
    link: Literal["up", "down"] | None = None
    """A replica's link to its primary; None on a primary."""
    link_state: str | None = None
    """ROLE's word for the link: connect, connecting, sync, connected, handshake."""
    link_down_seconds: int | None = None
    last_io_seconds: int | None = None
    """Seconds since anything came over the link. Up to 10 on an idle one: this is heartbeat age, not data lag."""
    sync_in_progress: bool | None = None
    priority: int | None = None
    read_only: bool | None = None
    replicas: tuple[ReplicaSeen, ...] = ()
    backlog_active: bool | None = None
    backlog_size: int | None = None
    failover_state: str | None = None
    """`master_failover_state`: no-failover, waiting-for-sync, failover-in-progress."""
    good_replicas: int | None = None
    """`min_slaves_good_slaves`: replicas that count for min-replicas-to-write; told only where that is set, also by a
    replica. To how many it is set no INFO tells."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """How far a primary's history had come when it last answered: what the loss of an unplanned failover is measured
    against, once it is silent."""

    replid: str
    offset: int
    """`master_repl_offset`, in bytes."""
    at: float
    pace: float | None
    """Bytes a second by which it grew at the fastest of its last five polls; None after a single poll."""
    silent_at: float | None = None
    """When it was first asked after that and did not answer; None: it still answers."""


@dataclass(frozen=True, slots=True)
class OpenSlot:
    """A slot half-way between two shards, as its own node says it (only `myself` lines tell)."""

    slot: int
    kind: Literal["migrating", "importing"]
    node: str
    """Node id that says so."""
    peer: str
    """Node id at the other end."""


@dataclass(frozen=True, slots=True)
class Peer:
    """One line of CLUSTER NODES: what the asked node believes of a member."""

    id: str
    address: Address
    """Empty host until a node has met another; `:0` when the address is lost (noaddr)."""
    flags: frozenset[str]
    """As printed, but primary and replica; `fail?` is the asked node's own opinion, `fail` the majority's."""
    primary: str | None
    """Node id of its primary, for a replica."""
    epoch: int
    link_up: bool
    slots: Ranges
    hostname: str | None = None
    bus_port: int | None = None
    """Where members talk to each other; as a rule 10,000 above the port that serves clients."""


@dataclass(frozen=True, slots=True, eq=False)
class Belief:
    """What a view says of all members, whoever looks: one object for all nodes that say the same, so that a thousand
    equal views are compared by identity and judged once."""

    peers: tuple[Peer, ...]
    """By node id; the one who looks is told apart by no flag."""
    owners: tuple[tuple[str, Ranges], ...]
    """The slot map: node ids with slots, by id."""

    def place_of(self, id_: str | None) -> Address:
        """The address of a member; empty for one that is not there."""
        where = bisect_left(self.peers, id_ or "", key=_id_of)
        found = self.peers[where] if where < len(self.peers) else None
        return found.address if found is not None and found.id == id_ else ""


def _id_of(peer: Peer) -> str:
    return peer.id


@dataclass(frozen=True, slots=True)
class BusLinks:
    """A node's own account of its links to the other members (CLUSTER LINKS, Redis >= 7.0): each pair of nodes has
    two, one that each of them opened."""

    at: float
    total: int
    """Two for each other member, where all is well."""
    one_way: tuple[tuple[str, Literal["to", "from"]], ...]
    """Node ids to (from) which alone there is a link, in this reading and in the one before it."""
    fullest: tuple[tuple[str, int], ...] = ()
    """Node ids with the bytes that wait to be sent to them, the most first; only where they are no fewer than in the
    reading before."""


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One node's own view of its cluster: what is read of CLUSTER INFO and CLUSTER NODES (redistui.replies.cluster),
    and since when it has been so."""

    myself: str | None
    peers: tuple[Peer, ...]
    open_slots: tuple[OpenSlot, ...]
    state: Literal["ok", "fail"] | None
    epoch: int | None
    my_epoch: int | None
    slots_assigned: int | None
    slots_ok: int | None
    slots_pfail: int | None
    slots_fail: int | None
    known_nodes: int | None
    at: float | None
    """When CLUSTER NODES was read; CLUSTER INFO may be younger."""
    belief: Belief | None = field(default=None, compare=False)
    """What it says of all members, shared with those that say the same; None: to be made of `peers`."""
    map_since: float | None = None
    """When its slot map came to be as it is now; None: it was so when we began to look."""
    since: float | None = None
    """When all of it was; a link or a flag that changes begins it anew."""
    handshakes: tuple[tuple[Address, float], ...] = ()
    """Addresses it tries to meet, and since when: a try that failed and was begun again counts as one."""
    links: BusLinks | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One data server. `metrics` holds the rows of redistui.metrics.METRICS that could be read, by name."""

    address: Address
    seen_at: float | None = None
    """When it last answered in full; the values below are of that moment. None: never."""
    fault: Fault | None = None
    role: Role | None = None
    """As ROLE says now; None when it does not answer, or when ROLE and INFO disagree."""
    last_role: Role | None = None
    """The last role it was seen in, for telling what a silent node was. Never to be shown as its role."""
    conflict: str | None = None
    """A sentence, when the node contradicts itself (ROLE against INFO)."""
    server: Literal["redis", "valkey"] | None = None
    version: str | None = None
    run_id: str | None = None
    replication: Replication | None = None
    cluster: ClusterView | None = None
    metrics: Mapping[str, float] = field(default_factory=dict)
    ping_ms: float | None = None
    """Of the last PING that was sent alone: at most some 5 s old in a fleet of up to a thousand."""
    zone: str | None = None
    """`availability_zone` as the server says it (Valkey >= 8.0)."""
    site: str | None = None
    last_primary: Sighting | None = None
    """Of when it last answered as a primary, kept through any silence; None on a replica. Not to be shown as its
    present state."""
    totals: Mapping[str, float] = field(default_factory=dict)
    """What the counters among METRICS have come to since the server started, by name; cpu_percent in percent of a
    core times seconds."""
    facts: Mapping[str, str] = field(default_factory=dict)
    """A few words of INFO as the server says them, by field: redistui.replies.info.FACTS."""

    @property
    def up(self) -> bool:
        """It answers us: a node that loads, is busy or refuses our user is up and has a fault."""
        return self.seen_at is not None if self.fault is None else not self.fault.down

    def metric(self, name: str) -> float | None:
        return self.metrics.get(name)
