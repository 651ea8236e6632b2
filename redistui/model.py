"""What is known of a fleet at one moment: frozen values, no logic beyond look-ups.

Three rules hold everywhere above this module:

* None is "unknown". It is never 0, never False, never the last value passed off as fresh.
* What a node says of itself (`Node.role`, `Node.replication`) is kept beside what others say of it
  (`Watch`, `ClusterView`, `ReplicaSeen`), so that disagreement stays visible.
* Times called `at`, `since` or `seen_at` are unix seconds (float); durations say their unit in the name.

Strings that came from a server are kept as they came and are hostile: whoever prints one passes it through
`redistui.view.cells.show` first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Address = str
"""`host:port` as the fleet announces it (IPv6 keeps its colons: split at the last one), or `unix:/path`."""

Role = Literal["primary", "replica"]
Kind = Literal["replication", "sentinel", "cluster"]
Health = Literal["ok", "warn", "bad", "unknown"]
Level = Literal["warn", "bad"]
Wanted = Literal["any", "sentinel", "cluster"]
FaultKind = Literal[
    "refused",  # nothing listens there
    "unreachable",  # no route, no such name, connect timed out
    "hung",  # connected, no answer in time
    "closed",  # the connection ended and could not be opened again
    "tls",  # the handshake failed, or a certificate is not to be trusted
    "garbage",  # it answered, but not in the Redis protocol, or beyond our caps
    "loading",  # reads its dataset from disk
    "busy",  # a script or function blocks it
    "masterdown",  # a replica that serves nothing while its link is down
    "noauth",  # wants a password, or refused ours
    "noperm",  # our user may not run what we need
    "maxclients",  # no room for another connection
    "error",  # any other error reply where an answer was due
]

DOWN: frozenset[FaultKind] = frozenset({"refused", "unreachable", "hung", "closed", "tls", "garbage"})
"""Faults under which a node serves nobody, as far as can be seen from here."""

SLOTS = 16384


def host_of(address: Address) -> str:
    """The host part of an address: `host_of("::1:6379")` is `"::1"`; of a socket path, the path."""
    return address if address.startswith("unix:") else address.rpartition(":")[0]


def port_of(address: Address) -> int:
    """The port of an address; 0 for a socket path or where there is none."""
    port = address.rpartition(":")[2]
    return int(port) if port.isdecimal() and not address.startswith("unix:") else 0


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a node's last answer is missing or not whole: a kind to act on, a sentence to read, and since when."""

    kind: FaultKind
    text: str
    since: float

    @property
    def down(self) -> bool:
        return self.kind in DOWN


@dataclass(frozen=True, slots=True)
class Tls:
    """How to open a TLS connection. Verification is on unless `verify` says otherwise; None: the system's own CAs."""

    ca: str | None = None
    certificate: str | None = None
    key: str | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Login:
    """A user and its password. Never printed: the password is kept out of repr."""

    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Access:
    """Everything needed to open a connection to the nodes of one target, besides the address."""

    data: Login = Login()
    sentinel: Login = Login()
    tls: Tls | None = None
    reachable: Mapping[Address, Address] = field(default_factory=dict)
    """Announced address -> the one to dial instead (NAT, port forwarding)."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where to start looking: a few addresses of one fleet, and what the operator calls it."""

    addresses: tuple[Address, ...]
    wanted: Wanted = "any"
    only: str | None = None
    """The one Sentinel name to keep, or None for all of them."""
    title: str | None = None
    """The group's name from the config file; None: the Sentinel's name or the seed's address."""
    environment: str | None = None
    """PROD, STAGE, DEV ... : the badge on every screen and in every dialog."""
    access: Access = Access()
    text: str = ""
    """As it was written on the command line or in the config, without secrets."""


@dataclass(frozen=True, slots=True)
class Site:
    """A datacenter or zone of the config: which nodes stand there."""

    name: str
    members: tuple[str, ...]
    """`host:port`, host, CIDR, or a pattern with `*`."""


@dataclass(frozen=True, slots=True)
class ReplicaSeen:
    """One `slaveN:` line of a primary's INFO: what the primary knows of a replica."""

    address: Address
    state: str
    offset: int | None
    lag_seconds: int | None
    """Seconds since the replica's last ACK (sent once a second)."""


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
    slots: tuple[tuple[int, int], ...]
    """Ranges, both ends included."""
    hostname: str | None = None


@dataclass(frozen=True, slots=True)
class ClusterView:
    """One node's own view of the cluster (CLUSTER INFO, CLUSTER NODES)."""

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
    zone: str | None = None
    """`availability_zone` as the server says it (Valkey >= 8.0)."""
    site: str | None = None

    @property
    def up(self) -> bool:
        """It answers us: a node that loads, is busy or refuses our user is up and has a fault."""
        return self.seen_at is not None and (self.fault is None or not self.fault.down)

    def metric(self, name: str) -> float | None:
        return self.metrics.get(name)


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
        return self.seen_at is not None and (self.fault is None or not self.fault.down)


@dataclass(frozen=True, slots=True)
class Shard:
    """One primary with its slots and replicas, as the owners themselves say (else as most others do)."""

    id: str
    """Node id of the primary."""
    primary: Address
    replicas: tuple[Address, ...]
    slots: tuple[tuple[int, int], ...]
    slot_count: int
    epoch: int | None
    keys: int | None = None


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster as a whole, drawn from every node's own view."""

    state: Literal["ok", "fail"] | None
    epoch: int | None
    shards: tuple[Shard, ...]
    owners: tuple[int, ...]
    """For each of the 16,384 slots the index into `shards`, or -1 where nobody owns it."""
    open_slots: tuple[OpenSlot, ...]
    failing: frozenset[int]
    """Slots whose owner is suspected or failed."""
    agree: bool
    """All fresh views name the same owner for every slot."""
    dissenters: tuple[Address, ...]
    """Nodes whose own view differs from the picture drawn here."""
    slots_assigned: int
    slots_ok: int | None
    slots_pfail: int | None
    slots_fail: int | None


@dataclass(frozen=True, slots=True)
class Group:
    """A primary with its replicas, a Sentinel group, or a cluster: what fails over together."""

    name: str
    kind: Kind
    nodes: tuple[Node, ...]
    sentinels: tuple[Sentinel, ...] = ()
    cluster: Cluster | None = None
    primary: Address | None = None
    """Of a cluster: None. Of a Sentinel group: the Sentinels' newest belief. Else: the one ROLE primary."""
    watched_as: str | None = None
    """The name Sentinels know it by (SENTINEL MASTERS); the group's own name may come from the config."""
    environment: str | None = None
    site: str | None = None
    """The site of its primary, where sites are known."""

    @property
    def members(self) -> tuple[Node | Sentinel, ...]:
        return (*self.nodes, *self.sentinels)

    def node(self, address: Address) -> Node | None:
        return next((node for node in self.nodes if node.address == address), None)

    def watches(self) -> tuple[tuple[Sentinel, Watch], ...]:
        """What each Sentinel that answers believes of this group."""
        name = self.watched_as
        return tuple((s, s.watches[name]) for s in self.sentinels if name is not None and name in s.watches)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, as a Sentinel announced it or as we saw it between two polls."""

    at: float
    source: Address
    """Who said it first."""
    kind: str
    """+switch-master, -sdown ..., or a word of ours: role, down, up, epoch, action."""
    group: str | None
    text: str
    witnesses: tuple[Address, ...] = ()
    """All Sentinels that said the same."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A verdict that somebody should act on."""

    rule: str
    level: Level
    group: str
    message: str
    node: Address | None = None
    value: float | None = None
    threshold: float | None = None


@dataclass(frozen=True, slots=True)
class Fleet:
    """One snapshot: everything known, at one moment."""

    at: float
    period: float
    """Seconds between two polls of one node: the measure of what is stale."""
    groups: tuple[Group, ...]
    findings: tuple[Finding, ...] = ()
    events: tuple[Event, ...] = ()
    """Newest last, bounded."""
    complete: bool = False
    """Every address known so far was asked at least once."""
    stalled: bool = False
    """We ourselves stood still for more than 3 s: nothing here is fresh until the next whole poll."""
    replayed: bool = False

    def group(self, name: str) -> Group | None:
        return next((group for group in self.groups if group.name == name), None)

    def age(self, seen_at: float | None) -> float | None:
        """Seconds since a value was read; None if it never was."""
        return None if seen_at is None else max(0.0, self.at - seen_at)

    def freshness(self, seen_at: float | None) -> Literal["fresh", "stale", "unknown"]:
        """Over two poll periods old is stale; over five is unknown.

        >>> fleet = Fleet(at=100.0, period=1.0, groups=())
        >>> [fleet.freshness(at) for at in (99.5, 97.5, 94.0, None)]
        ['fresh', 'stale', 'unknown', 'unknown']
        """
        if seen_at is None or self.at - seen_at > 5 * self.period:
            return "unknown"
        return "stale" if self.stalled or self.at - seen_at > 2 * self.period else "fresh"
