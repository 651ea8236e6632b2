"""What servers make together: shards, groups, and the whole fleet at one moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redistui.model.alerts import Alert
from redistui.model.node import Node, OpenSlot
from redistui.model.places import Address, Kind, Level
from redistui.model.sentinel import Sentinel, Watch
from redistui.model.slots import Survey
from redistui.model.targets import Site


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
    survey: Survey | None = None
    """Of a cluster, once somebody asked for it (`engine.survey`): what its slots hold."""
    target: str | None = None
    """By which target it was found, as that was written: whose thresholds hold. None: by none that is known."""

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
    """+switch-master, -sdown ..., or a word of ours: role, restart, fault, up, epoch, slots, action,
    alert."""
    group: str | None
    text: str
    witnesses: tuple[Address, ...] = ()
    """All Sentinels that said the same."""
    about: tuple[str, ...] = ()
    """The same for machines. Of an alert what became of it (raised, worse, better, flaps, over), its rule, group, node
    or nothing, level, and where there are such its value then and its threshold or nothing; of an acknowledgement rule,
    group, node, and where it was said elsewhere or before, the alert's level then, when it was said and until when it
    may be raised; of a silence the three as patterns, and its end."""
    heard: tuple[float, ...] = ()
    """When each of the witnesses said it, in their order; empty: there is one, and it said so at `at`."""


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
    slots: tuple[int, ...] = ()
    """Which slots it is about, the first hundred, where others may soon stand there instead."""


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
    sites: tuple[Site, ...] = ()
    """Those of the config. Others are known only by what servers say of their zone (`Node.site`)."""
    alerts: tuple[Alert, ...] = ()
    """Findings that have lasted, bad ones first; those that are over for a short while still, at the end."""

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
