"""What stands in several replies of one server, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from redistui.engine.views import OwnView
from redistui.model import Address, ClusterView, Replication, Watch
from redistui.model.unfrozen import unfrozen
from redistui.replies.cluster import ClusterInfo
from redistui.replies.info import InfoText

_Replication = unfrozen(Replication)
Identity = tuple[Literal["redis", "valkey"] | None, str | None, str | None, str | None]
"""Make, version, availability zone, run id."""


def identity(server: InfoText) -> Identity:
    """What a server says of itself that stands still while it lives."""
    told = server.text
    valkey = told("valkey_version")
    make: Literal["redis", "valkey"] = "valkey" if valkey or told("server_name") == "valkey" else "redis"
    return make, valkey or told("redis_version"), told("availability_zone") or None, told("run_id")


def cluster_view(facts: ClusterInfo, view: OwnView) -> ClusterView:
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


def replication(
    info: InfoText, at: float | None, primary: Address | None, link_state: str | None, *, replica: bool
) -> Replication:
    """A data node's part in replication: INFO as read `at`, and what ROLE says of its primary and of the link."""
    told = info.values.get
    link = told("master_link_status") if replica else None
    part = _Replication(
        replid=told("master_replid"),
        replid2=told("master_replid2"),
        offset=told("slave_repl_offset" if replica else "master_repl_offset"),
        offset_at=at,
        second_offset=told("second_repl_offset"),
        primary=primary,
        link="up" if link == "up" else "down" if link else None,
        link_state=link_state,
        link_down_seconds=told("master_link_down_since_seconds") if replica else None,
        last_io_seconds=told("master_last_io_seconds_ago") if replica else None,
        sync_in_progress=flag(told("master_sync_in_progress")) if replica else None,
        priority=told("slave_priority"),
        read_only=flag(told("slave_read_only")),
        replicas=info.replicas,
        backlog_active=flag(told("repl_backlog_active")),
        backlog_size=told("repl_backlog_size"),
        failover_state=told("master_failover_state"),
        good_replicas=told("min_slaves_good_slaves"),
    )
    part.__class__ = Replication
    return part


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
