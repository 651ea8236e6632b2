"""What a demo consists of, as data: groups, who follows whom, and at which site each server stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from redistui.demo.problems import DemoError
from redistui.model import Kind


@dataclass(frozen=True, slots=True)
class NodeShape:
    """One data server. `follows` names the node it replicates; None: a primary."""

    name: str
    follows: str | None = None
    site: str | None = None


@dataclass(frozen=True, slots=True)
class GroupShape:
    """What fails over together. `sites` are those of its Sentinels, in turn."""

    name: str
    kind: Kind
    nodes: tuple[NodeShape, ...]
    sentinels: tuple[str | None, ...] = ()
    quorum: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    """More lines for the config file of each data server."""
    sentinel_settings: Mapping[str, str] = field(default_factory=dict)
    down_after_ms: int = 2000
    failover_timeout_ms: int = 10000
    cuttable: bool = False
    """Its data servers talk through a go-between that can cut them off from each other (redistui.demo.cuts)."""

    @property
    def primaries(self) -> tuple[NodeShape, ...]:
        return tuple(node for node in self.nodes if node.follows is None)

    def with_settings(
        self, settings: Mapping[str, str] | None = None, sentinels: Mapping[str, str] | None = None
    ) -> GroupShape:
        return replace(
            self,
            settings={**self.settings, **(settings or {})},
            sentinel_settings={**self.sentinel_settings, **(sentinels or {})},
        )


def replication(name: str = "plain", replicas: int = 2, *, chained: int = 0) -> GroupShape:
    """A primary and its replicas, and under the first of these a chain of more."""
    nodes = [NodeShape(f"{name}-1", site="east")]
    nodes += [NodeShape(f"{name}-{n}", follows=f"{name}-1", site="west") for n in range(2, replicas + 2)]
    above = f"{name}-2"
    for n in range(replicas + 2, replicas + 2 + chained):
        nodes.append(NodeShape(f"{name}-{n}", follows=above, site="west"))
        above = f"{name}-{n}"
    return GroupShape(name, "replication", tuple(nodes))


def sentinel(
    name: str = "orders", replicas: int = 2, *, sentinels: int = 3, quorum: int = 2, chained: int = 0
) -> GroupShape:
    """A primary and its replicas under the eyes of Sentinels; the primary's site holds most of these."""
    plain = replication(name, replicas, chained=chained)
    sites = tuple("west" if n % 3 == 2 else "east" for n in range(sentinels))
    return replace(plain, kind="sentinel", sentinels=sites, quorum=quorum)


def cluster(name: str = "catalog", shards: int = 3, *, replicas: int = 1) -> GroupShape:
    """Shards of one primary each, named 1 to `shards`, the replicas after them."""
    nodes = [NodeShape(f"{name}-{n}", site="east") for n in range(1, shards + 1)]
    for n in range(shards + 1, shards * (replicas + 1) + 1):
        nodes.append(NodeShape(f"{name}-{n}", follows=f"{name}-{(n - 1) % shards + 1}", site="west"))
    return GroupShape(name, "cluster", tuple(nodes))


def two_sites(name: str = "sessions") -> GroupShape:
    """A primary and a replica in the east; in the west a head that follows the primary, and one more under it."""
    return GroupShape(
        name,
        "replication",
        (
            NodeShape(f"{name}-east-1", site="east"),
            NodeShape(f"{name}-east-2", follows=f"{name}-east-1", site="east"),
            NodeShape(f"{name}-west-1", follows=f"{name}-east-1", site="west"),
            NodeShape(f"{name}-west-2", follows=f"{name}-west-1", site="west"),
        ),
    )


SHAPES: Mapping[str, tuple[GroupShape, ...]] = {
    "sentinel": (sentinel(),),
    "cluster": (cluster(),),
    "sites": (two_sites(),),
    "all": (sentinel(), cluster(), two_sites()),
}
"""What `redistui demo --shape` offers."""


def shape(name: str) -> tuple[GroupShape, ...]:
    """The groups of a shape by its name; DemoError for a name that is none."""
    try:
        return SHAPES[name]
    except KeyError:
        raise DemoError(f"no demo shape is called {name!r}: use one of {', '.join(SHAPES)}") from None
