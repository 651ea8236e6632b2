"""Who of a cluster's nodes is well."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from redistui.model import Address
from redistui.route.cluster.map import ClusterMap, ShardPlaces
from redistui.route.endpoint import Endpoint
from redistui.route.fitness import Bounds, why_unfit
from redistui.route.health import Seen, look

Sightings = Mapping[Address, Seen]


async def look_at_all(endpoints: Mapping[Address, Endpoint], seconds: float) -> dict[Address, Seen]:
    """Asks all nodes at once."""
    seen = await asyncio.gather(*(look(endpoint, seconds) for endpoint in endpoints.values()))
    return dict(zip(endpoints, seen, strict=True))


def why_not_read(node: Address, shard: ShardPlaces, seen: Sightings, bounds: Bounds) -> str:
    """Why a replica is not to be read from; empty: it is. Where its primary does not answer, nobody knows how far it is
    behind, and it is read from."""
    return why_unfit(node, seen.get(node), seen.get(shard.primary), bounds)


def why_not_well(node: Address, seen: Sightings) -> str:
    """Why a node serves nobody; empty: it does."""
    return seen[node].why_not if node in seen else "it was not asked yet"


def contradicts(known: ClusterMap, seen: Sightings) -> bool:
    """Whether a node has another role than the map gives it: there was a failover."""
    roles = {node: seen[node].role for shard in known.shards for node in shard.nodes if node in seen}
    return any(
        roles.get(shard.primary) == "replica" or any(roles.get(node) == "primary" for node in shard.replicas)
        for shard in known.shards
    )


def weak_shards(known: ClusterMap, seen: Sightings, bounds: Bounds) -> tuple[Address, ...]:
    """Primaries of shards that no replica could take over: none is there, or none is well."""
    return tuple(
        shard.primary
        for shard in known.shards
        if all(why_not_read(node, shard, seen, bounds) for node in shard.replicas)
    )
