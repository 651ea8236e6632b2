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

from redistui.model.alerts import Alert, AlertKey, Silence
from redistui.model.fleet import Cluster, Event, Finding, Fleet, Group, Shard
from redistui.model.node import (
    Belief,
    BusLinks,
    ClusterView,
    Node,
    OpenSlot,
    Peer,
    Ranges,
    ReplicaSeen,
    Replication,
    Sighting,
)
from redistui.model.places import (
    DOWN,
    SLOTS,
    Address,
    Fault,
    FaultKind,
    Health,
    Kind,
    Level,
    Role,
    Wanted,
    host_of,
    port_of,
)
from redistui.model.sentinel import Sentinel, Watch, WatchedReplica, WatchedSentinel
from redistui.model.slots import PerSlot, SlotJob, Stray, Survey
from redistui.model.targets import Access, Login, Operator, Site, Target, Tls

__all__ = [
    "DOWN",
    "SLOTS",
    "Access",
    "Address",
    "Alert",
    "AlertKey",
    "Belief",
    "BusLinks",
    "Cluster",
    "ClusterView",
    "Event",
    "Fault",
    "FaultKind",
    "Finding",
    "Fleet",
    "Group",
    "Health",
    "Kind",
    "Level",
    "Login",
    "Node",
    "OpenSlot",
    "Operator",
    "Peer",
    "PerSlot",
    "Ranges",
    "ReplicaSeen",
    "Replication",
    "Role",
    "Sentinel",
    "Shard",
    "Sighting",
    "Silence",
    "Site",
    "SlotJob",
    "Stray",
    "Survey",
    "Target",
    "Tls",
    "Wanted",
    "Watch",
    "WatchedReplica",
    "WatchedSentinel",
    "host_of",
    "port_of",
]
