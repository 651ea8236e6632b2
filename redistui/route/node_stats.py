"""One node's row in a route's figures."""

from __future__ import annotations

from collections.abc import Collection

from redistui.model import Address
from redistui.model.places import Role
from redistui.model.routes import NodeStats
from redistui.route.endpoint import Endpoint
from redistui.route.strategy import Chooser


def node_stats(
    endpoint: Endpoint,
    chooser: Chooser,
    fit: Collection[Address],
    *,
    why_not: str = "",
    role: Role | None = None,
    chosen: bool = True,
) -> NodeStats:
    """`fit`: those that the strategy chooses from now. `chosen`: this node is one that it chooses from at all, which
    the primary of a read/write split is not."""
    node = endpoint.address
    return NodeStats(
        address=node,
        role=role,
        weight=chooser.weight(node),
        healthy=not why_not,
        why_not=why_not,
        in_flight=endpoint.in_flight,
        connections=endpoint.connections,
        requests=endpoint.requests,
        failures=endpoint.failures,
        latency_ms=endpoint.latency_ms,
        share=chooser.share(node) if chosen else None,
        wanted_share=chooser.wanted_share(node, fit) if chosen else None,
    )
