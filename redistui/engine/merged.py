"""What stands in several replies of one server, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from redistui.engine.views import OwnView
from redistui.model import ClusterView, Watch
from redistui.replies.cluster import ClusterFacts
from redistui.replies.info import InfoText

Identity = tuple[Literal["redis", "valkey"] | None, str | None, str | None, str | None]
"""Make, version, availability zone, run id."""


def identity(server: InfoText) -> Identity:
    """What a server says of itself that stands still while it lives."""
    told = server.text
    valkey = told("valkey_version")
    make: Literal["redis", "valkey"] = "valkey" if valkey or told("server_name") == "valkey" else "redis"
    return make, valkey or told("redis_version"), told("availability_zone") or None, told("run_id")


def cluster_view(facts: ClusterFacts, view: OwnView) -> ClusterView:
    """A cluster node's view: CLUSTER INFO, and what it has shown of its cluster so far."""
    nodes = view.nodes
    return ClusterView(
        myself=nodes.myself,
        peers=nodes.peers,
        open_slots=nodes.open_slots,
        state=facts.state,
        epoch=facts.epoch,
        my_epoch=facts.my_epoch,
        slots_assigned=facts.slots_assigned,
        slots_ok=facts.slots_ok,
        slots_pfail=facts.slots_pfail,
        slots_fail=facts.slots_fail,
        known_nodes=facts.known_nodes,
        at=view.at,
        belief=nodes.belief,
        map_since=view.map_since,
        since=view.since,
        handshakes=view.handshakes,
        links=view.links,
    )


def whole_watch(watch: Watch, parts: Mapping[str, Any]) -> Watch:
    """A Sentinel's watch with what was asked by its name."""
    name = watch.name
    return Watch(
        name, watch.primary, watch.flags, watch.epoch, watch.quorum, watch.other_sentinels, watch.known_replicas,
        watch.down_after_ms, watch.failover_timeout_ms, watch.parallel_syncs, watch.failover_state, watch.run_id,
        parts.get(f"ckquorum/{name}"), parts.get(f"replicas/{name}", ()), parts.get(f"sentinels/{name}", ()),
        watch.last_ok_ping_ms,
    )  # fmt: skip


def flag(value: int | None) -> bool | None:
    """A number of INFO that stands for yes or no."""
    return None if value is None else value != 0
