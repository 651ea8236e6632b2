"""What a recommendation looks at and what it is made of, with the words that many of them need."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from redistui.judge.capacity import Capacity
from redistui.judge.cluster_rules import listed
from redistui.judge.measures import BY_NAME
from redistui.judge.rules.limits import Limits
from redistui.judge.topology import primaries
from redistui.judge.trend import DAY
from redistui.model import Address, Fleet, Group, Node

UNITS = ("bytes", "KiB", "MiB", "GiB", "TiB")


@dataclass(frozen=True, slots=True)
class Advice:
    """What had better be done, and why."""

    name: str
    """Of the row that says so."""
    group: str
    nodes: tuple[Address, ...]
    """Whom it is about; empty: the group."""
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Study:
    """A group, with what its past says."""

    fleet: Fleet
    group: Group
    pace: Mapping[Address, float]
    capacity: Sequence[Capacity]
    limits: Limits

    def limit(self, measure: str, node: Address | None) -> float:
        """From where on something is recommended about a server."""
        return self.limits.of(self.group.name, node).get(f"{measure}.advise", BY_NAME[measure].advise)

    def beyond(self, measure: str, metric: str | None = None) -> list[Node]:
        """The nodes that answer and have more of a metric (None: it has the measure's name) than that."""
        return self.over(lambda node: figure(node, metric or measure) > self.limit(measure, node.address))

    def limits_of(self, measure: str, nodes: Sequence[Node]) -> str:
        """From where on it is too much, in figures; of servers with limits of their own from the least to the most."""
        found = sorted({self.limit(measure, node.address) for node in nodes})
        return " to ".join(f"{one:,g}" for one in dict.fromkeys((found[0], found[-1])))

    def advice(self, name: str, text: str, reason: str, nodes: Sequence[Node] = ()) -> Advice:
        return Advice(name, self.group.name, tuple(node.address for node in nodes), text, reason)

    def named(self, nodes: Sequence[Node]) -> str:
        """The nodes by name, or all of them in one word."""
        return "every node" if len(nodes) == len(self.group.nodes) > 1 else named(nodes)

    def over(self, test: Callable[[Node], bool]) -> list[Node]:
        """The nodes that answer and for which it holds."""
        return [node for node in self.group.nodes if node.up and test(node)]


def size(value: float) -> str:
    """
    >>> size(0), size(1536), size(2 * 1024**3)
    ('0 bytes', '1.5 KiB', '2 GiB')
    """
    power = 0
    while value >= 1024 and power < len(UNITS) - 1:
        value, power = value / 1024, power + 1
    return f"{value:.3g} {UNITS[power]}"


def named(nodes: Sequence[Node]) -> str:
    return listed([node.address for node in nodes])


def each(nodes: Sequence[Node], words: Callable[[Node], str]) -> str:
    """What is to be said of each, the longest lists cut short."""
    return listed([f"{node.address} {words(node)}" for node in nodes])


def leaders(group: Group) -> tuple[Node, ...]:
    """Those that take writes: the primaries that answer; of a cluster those with slots."""
    if group.cluster is None:
        return tuple(node for node in primaries(group) if node.up)
    found = (group.node(shard.primary) for shard in group.cluster.shards if shard.slot_count)
    return tuple(node for node in found if node is not None and node.up)


def below(group: Group, primary: Node) -> int:
    """Replicas that follow a primary, also those that are silent now."""
    if group.cluster is not None:
        return next((len(one.replicas) for one in group.cluster.shards if one.primary == primary.address), 0)
    said = len(primary.replication.replicas) if primary.replication is not None else 0
    return max(said, sum(node is not primary for node in group.nodes))


def figure(node: Node, metric: str) -> float:
    return node.metric(metric) or 0.0


def days(seconds: float) -> str:
    """
    >>> days(900), days(7200), days(3.5 * 86400)
    ('15 minutes', '2 hours', '3.5 days')
    """
    for length, word in ((DAY, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if seconds >= 2 * length or word == "minutes":
            return f"{seconds / length:.2g} {word}"
    raise AssertionError
