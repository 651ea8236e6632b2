"""Which of redistui's own clients stands for an application that follows failovers, for each kind of group.

A call that is refused for the moment is tried again for no longer than the canary's deadline: what an application with
more patience would wait through is an outage here.
"""

from __future__ import annotations

from redistui.drill.ground import Ground
from redistui.route.cluster.route import ClusterRoute
from redistui.route.route import Route
from redistui.route.sentinel import SentinelRoute
from redistui.route.split import SplitRoute


def route_of(ground: Ground, seconds: float) -> Route:
    """A route to a group, not open yet; `seconds` is the deadline of each call."""
    access = ground.access
    if ground.kind == "cluster":
        return ClusterRoute(ground.nodes, access, seconds=seconds, patience=seconds)
    if ground.sentinels:
        return SentinelRoute(ground.sentinels, ground.watched_as, access, seconds=seconds, patience=seconds)
    return SplitRoute(ground.nodes, access, seconds=seconds, patience=seconds)
