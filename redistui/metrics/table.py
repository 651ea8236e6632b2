"""METRICS: every number known of a node, one row each. A row here is all a new metric or sparkline needs.

A gauge is shown as it is. A counter only grows while the server lives; it is shown as its change per second between two
samples of one process, and starts afresh when the server restarts, so a rate is never negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Unit = Literal["bytes", "percent", "count", "per second", "bytes per second", "seconds", "ms", "ratio"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One number: where it comes from and how to read it."""

    name: str
    title: str
    unit: Unit
    kind: Literal["gauge", "counter"]
    fields: tuple[str, ...]
    """INFO fields that are added up; empty: derived by us from others."""
    since: str
    """First server version that says it, in Redis' numbering unless it begins with V (Valkey)."""
    doc: str
    scale: float = 1.0
    still: bool = False
    """It stands still for long, so that it costs nothing to compare."""
    none_at: float | None = None
    """The number by which a server says that there is none."""
    source: str = "INFO"
    """Where a derived one is read."""


METRICS: tuple[Metric, ...] = (
    Metric("up", "up", "count", "gauge", (), "2.6",
           "1 where it answers our poll, 0 where it does not.", source="our polls"),
    Metric("ops_per_second", "ops/s", "per second", "gauge", ("instantaneous_ops_per_sec",), "2.6",
           "Commands run per second, as the server averages it over 1.6 s."),
    # memory
    Metric("memory_used", "memory", "bytes", "gauge", ("used_memory",), "2.6",
           "Bytes allocated for data and buffers."),
    Metric("memory_limit", "limit", "bytes", "gauge", ("maxmemory",), "2.6",
           "maxmemory; absent where the server has no limit.", still=True, none_at=0),
    Metric("memory_percent", "mem %", "percent", "gauge", (), "2.6",
           "memory_used of memory_limit; unknown without a limit.", source="memory_used / memory_limit"),
    Metric("memory_rss", "rss", "bytes", "gauge", ("used_memory_rss",), "2.6",
           "Bytes the operating system has given to the process."),
    Metric("memory_peak", "mem peak", "bytes", "gauge", ("used_memory_peak",), "2.6",
           "The most that memory_used ever was since the start."),
    Metric("fragmentation", "frag", "ratio", "gauge", ("mem_fragmentation_ratio",), "2.6",
           "memory_rss over memory_used; over 1.5 memory is wasted, under 1 it may be swapped out."),
    # clients
    Metric("clients", "clients", "count", "gauge", ("connected_clients",), "2.6",
           "Client connections, ours among them, replicas not."),
    Metric("clients_limit", "maxclients", "count", "gauge", ("maxclients",), "6.2",
           "Connections it takes at most.", still=True),
    Metric("blocked_clients", "blocked", "count", "gauge", ("blocked_clients",), "2.6",
           "Clients that wait in a blocking command."),
    Metric("pause_left", "paused", "seconds", "gauge", ("paused_timeout_milliseconds",), "V8.1",
           "Seconds for which it still holds its clients (CLIENT PAUSE, or a failover); absent where it holds nobody.",
           0.001, still=True, none_at=0),
    Metric("connections", "new conn", "per second", "counter", ("total_connections_received",), "2.6",
           "Connections accepted."),
    Metric("rejected", "rejected", "per second", "counter", ("rejected_connections",), "2.6",
           "Connections refused at the maxclients limit.", still=True),
    Metric("cpu_percent", "cpu %", "percent", "counter", ("used_cpu_sys", "used_cpu_user"), "2.6",
           "CPU time used between two samples; 100 is one core.", 100.0),
    # traffic
    Metric("net_in", "net in", "bytes per second", "counter", ("total_net_input_bytes",), "2.8",
           "Bytes read from the network."),
    Metric("net_out", "net out", "bytes per second", "counter", ("total_net_output_bytes",), "2.8",
           "Bytes written to the network."),
    Metric("errors", "errors", "per second", "counter", ("total_error_replies",), "6.2",
           "Commands answered with an error."),
    Metric("hits", "hits", "per second", "counter", ("keyspace_hits",), "2.6",
           "Lookups that found their key."),
    Metric("misses", "misses", "per second", "counter", ("keyspace_misses",), "2.6",
           "Lookups that did not find their key."),
    Metric("hit_rate", "hit %", "percent", "gauge", (), "2.6",
           "Of the lookups between two samples those that found their key; unknown while there are none.",
           source="hits / (hits + misses)"),
    Metric("expired", "expired", "per second", "counter", ("expired_keys",), "2.6",
           "Keys that reached their time to live."),
    Metric("evicted", "evicted", "per second", "counter", ("evicted_keys",), "2.6",
           "Keys thrown out because memory was full."),
    Metric("keys", "keys", "count", "gauge", (), "2.6",
           "Keys in all databases.", source="INFO keyspace"),
    # latency
    Metric("latency_mean", "latency", "ms", "gauge", (), "2.6",
           "Mean time of a command in the last minute, waiting for others not counted; without what we ask ourselves. "
           "Unknown where clients ran nothing.", source="INFO commandstats, once a minute"),
    Metric("latency_p50", "p50", "ms", "gauge", (), "7.0",
           "Half of the commands of the last minute took no longer.", source="LATENCY HISTOGRAM, once a minute"),
    Metric("latency_p99", "p99", "ms", "gauge", (), "7.0",
           "99 % of the commands of the last minute took no longer.", source="LATENCY HISTOGRAM, once a minute"),
    Metric("slowlog_length", "slow log", "count", "gauge", (), "2.6",
           "Entries in the slow log, which holds slowlog-max-len of them.", source="SLOWLOG LEN, once a minute"),
    # replication
    Metric("replicated", "repl", "bytes per second", "counter", ("master_repl_offset",), "2.8",
           "Growth of the replication offset: what a replica must keep up with."),
    Metric("lag_bytes", "lag", "bytes", "gauge", (), "6.2",
           "Primary's offset less the replica's, both read at one instant; only where they share a history.",
           source="INFO replication of both"),
    Metric("lag_seconds", "lag s", "seconds", "gauge", (), "6.2",
           "Seconds since the replica's last ACK, as its primary counts them; one a second is normal.",
           source="INFO replication of the primary"),
    Metric("replicas", "replicas", "count", "gauge", ("connected_slaves",), "2.6",
           "Replicas that are connected to it, those that still sync among them.", still=True),
    Metric("backlog_size", "backlog", "bytes", "gauge", ("repl_backlog_size",), "2.8",
           "Bytes of writes it keeps for replicas that come back.", still=True),
    Metric("backlog_held", "backlog held", "bytes", "gauge", ("repl_backlog_histlen",), "2.8",
           "Bytes of writes that stand in the backlog now."),
    Metric("backlog_first", "backlog from", "bytes", "gauge", ("repl_backlog_first_byte_offset",), "2.8",
           "The oldest replication offset that a replica may come back with and need no full sync."),
    Metric("sync_full", "full syncs", "per second", "counter", ("sync_full",), "2.8",
           "Full syncs given to replicas.", still=True),
    Metric("sync_partial", "part syncs", "per second", "counter", ("sync_partial_ok",), "2.8",
           "Replicas that came back and needed only what they had missed.", still=True),
    Metric("sync_refused", "refused syncs", "per second", "counter", ("sync_partial_err",), "2.8",
           "Replicas that came back and were refused a partial sync: each needs a full one.", still=True),
    # buffers
    Metric("clients_memory", "client mem", "bytes", "gauge", ("mem_clients_normal",), "5.0",
           "Bytes held for the buffers of clients."),
    Metric("replicas_memory", "replica mem", "bytes", "gauge", ("mem_clients_slaves",), "5.0",
           "Bytes held for the output buffers of replicas; from 7.0 on without what the backlog shares with them."),
    Metric("output_buffer_most", "out buffer", "bytes", "gauge", ("client_recent_max_output_buffer",), "5.0",
           "The longest output buffer of a client in the last seconds."),
    Metric("input_buffer_most", "in buffer", "bytes", "gauge", ("client_recent_max_input_buffer",), "5.0",
           "The longest query buffer of a client in the last seconds."),
    Metric("buffer_cuts", "buffer cuts", "per second", "counter", ("client_output_buffer_limit_disconnections",),
           "V8.0", "Clients and replicas that were cut off since their output buffer went over its limit.", still=True),
    # persistence
    Metric("unsaved", "unsaved", "count", "gauge", ("rdb_changes_since_last_save",), "2.6",
           "Changes since the last save to disk that succeeded (RDB)."),
    Metric("save_age", "save age", "seconds", "gauge", (), "2.6",
           "Seconds since the last save to disk that succeeded (RDB), or since the start.",
           source="INFO persistence: rdb_last_save_time"),
    Metric("saving", "saving", "count", "gauge", ("rdb_bgsave_in_progress",), "2.6",
           "1 while a child process saves an RDB file.", still=True),
    Metric("save_seconds", "save took", "seconds", "gauge", ("rdb_last_bgsave_time_sec",), "2.6",
           "Seconds that the last save took; unknown before the first.", still=True, none_at=-1),
    Metric("rewriting", "rewriting", "count", "gauge", ("aof_rewrite_in_progress",), "2.6",
           "1 while a child process rewrites the append-only file.", still=True),
    Metric("rewrite_seconds", "rewrite took", "seconds", "gauge", ("aof_last_rewrite_time_sec",), "2.6",
           "Seconds that the last rewrite of the append-only file took; unknown before the first.",
           still=True, none_at=-1),
    Metric("aof_size", "aof", "bytes", "gauge", ("aof_current_size",), "2.6",
           "Bytes of the append-only file; unknown where there is none."),
    Metric("aof_delayed", "aof waits", "per second", "counter", ("aof_delayed_fsync",), "2.6",
           "Writes that had to wait for a slow fsync of the append-only file.", still=True),
    Metric("fork_ms", "fork", "ms", "gauge", ("latest_fork_usec",), "2.6",
           "Time that the last fork took, in which no command was answered.", 0.001, still=True),
    Metric("forks", "forks", "per second", "counter", ("total_forks",), "6.2",
           "Child processes begun: saves, rewrites, full syncs.", still=True),
    # cluster, process
    Metric("cluster_links", "links", "count", "gauge", ("cluster_connections",), "6.2",
           "Connections of the cluster's bus, about two for each other member; 0 outside of a cluster.", still=True),
    Metric("cluster_links_memory", "link mem", "bytes", "gauge", ("mem_cluster_links",), "7.0",
           "Bytes held for the buffers of the cluster's bus.", still=True),
    Metric("uptime_seconds", "uptime", "seconds", "gauge", ("uptime_in_seconds",), "2.6",
           "Seconds since the server process started."),
    Metric("clock_ahead", "clock", "seconds", "gauge", (), "6.2",
           "The server's clock less ours, as long as the answer took uncertain; under 0 it is behind.",
           source="INFO server: server_time_usec"),
)  # fmt: skip

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
FIELDS: tuple[str, ...] = tuple(dict.fromkeys(field for metric in METRICS for field in metric.fields))
"""All INFO fields the table needs, each once."""
STILL: frozenset[str] = frozenset(field for metric in METRICS if metric.still for field in metric.fields)
"""Those of them that stand still for long."""
COUNTERS: tuple[Metric, ...] = tuple(metric for metric in METRICS if metric.kind == "counter")

SPARKS: tuple[str, ...] = ("ops_per_second", "memory_used", "clients", "cpu_percent", "lag_bytes")
"""The metrics the sparkline screen shows first, in the order it steps through them."""
KEPT: tuple[str, ...] = (
    *SPARKS, "memory_percent", "net_in", "net_out", "lag_seconds", "up", "keys", "hit_rate", "expired", "evicted",
    "rejected", "blocked_clients", "replicated", "sync_full", "latency_mean", "latency_p99",
)  # fmt: skip
"""The metrics whose past is kept."""
PRECISE: tuple[str, ...] = ("memory_used", "keys", "clients", "memory_percent")
"""Those whose means are kept to seven digits for a whole day: capacity is reckoned from them. Others to 0.4 %."""
