"""METRICS: every number read of a node, one row each. A row here is all a new metric or sparkline needs.

A gauge is shown as it is. A counter only grows while the server lives; it is shown as its change per second between two
samples of one process, and starts afresh when the server restarts, so a rate is never negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import sub
from typing import Any, Literal

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


METRICS: tuple[Metric, ...] = (
    Metric("ops_per_second", "ops/s", "per second", "gauge", ("instantaneous_ops_per_sec",), "2.6",
           "Commands run per second, as the server averages it over 1.6 s."),
    Metric("memory_used", "memory", "bytes", "gauge", ("used_memory",), "2.6",
           "Bytes allocated for data and buffers."),
    Metric("memory_limit", "limit", "bytes", "gauge", ("maxmemory",), "2.6",
           "maxmemory; absent where the server has no limit."),
    Metric("memory_percent", "mem %", "percent", "gauge", (), "2.6",
           "memory_used of memory_limit; unknown without a limit."),
    Metric("memory_rss", "rss", "bytes", "gauge", ("used_memory_rss",), "2.6",
           "Bytes the operating system has given to the process."),
    Metric("clients", "clients", "count", "gauge", ("connected_clients",), "2.6",
           "Client connections, ours among them, replicas not."),
    Metric("blocked_clients", "blocked", "count", "gauge", ("blocked_clients",), "2.6",
           "Clients that wait in a blocking command."),
    Metric("cpu_percent", "cpu %", "percent", "counter", ("used_cpu_sys", "used_cpu_user"), "2.6",
           "CPU time used between two samples; 100 is one core.", 100.0),
    Metric("net_in", "net in", "bytes per second", "counter", ("total_net_input_bytes",), "2.8",
           "Bytes read from the network."),
    Metric("net_out", "net out", "bytes per second", "counter", ("total_net_output_bytes",), "2.8",
           "Bytes written to the network."),
    Metric("hits", "hits", "per second", "counter", ("keyspace_hits",), "2.6",
           "Lookups that found their key."),
    Metric("misses", "misses", "per second", "counter", ("keyspace_misses",), "2.6",
           "Lookups that did not find their key."),
    Metric("expired", "expired", "per second", "counter", ("expired_keys",), "2.6",
           "Keys that reached their time to live."),
    Metric("evicted", "evicted", "per second", "counter", ("evicted_keys",), "2.6",
           "Keys thrown out because memory was full."),
    Metric("rejected", "rejected", "per second", "counter", ("rejected_connections",), "2.6",
           "Connections refused at the maxclients limit."),
    Metric("keys", "keys", "count", "gauge", (), "2.6",
           "Keys in all databases (INFO keyspace)."),
    Metric("uptime_seconds", "uptime", "seconds", "gauge", ("uptime_in_seconds",), "2.6",
           "Seconds since the server process started."),
    Metric("replicated", "repl", "bytes per second", "counter", ("master_repl_offset",), "2.8",
           "Growth of the replication offset: what a replica must keep up with."),
    Metric("lag_bytes", "lag", "bytes", "gauge", (), "6.2",
           "Primary's offset less the replica's, both read at one instant; only where they share a history."),
    Metric("lag_seconds", "lag s", "seconds", "gauge", (), "6.2",
           "Seconds since the replica's last ACK, as its primary counts them; one a second is normal."),
)  # fmt: skip

BY_NAME: Mapping[str, Metric] = {metric.name: metric for metric in METRICS}
FIELDS: tuple[str, ...] = tuple(dict.fromkeys(field for metric in METRICS for field in metric.fields))
"""All INFO fields the table needs, each once."""

SPARKS: tuple[str, ...] = ("ops_per_second", "memory_used", "clients", "cpu_percent", "lag_bytes")
"""The metrics the sparkline screen can show, in the order it steps through them."""
_BACK = float("-inf")
KEPT: tuple[str, ...] = (*SPARKS, "memory_percent", "net_in", "net_out", "lag_seconds")
"""The metrics whose past is kept."""


def growth(before: Sequence[Any], now: Sequence[Any]) -> list[float]:
    """Of each counter; minus infinity, whatever is added to it, where one is not there or went back.

    >>> growth([1, 5, None, 7], [3, 5, 1, 0])
    [2, 0, -inf, -inf]
    """
    try:
        grown = list(map(sub, now, before))
    except TypeError:
        grown = [_BACK if a is None or b is None else b - a for a, b in zip(before, now, strict=True)]
    return grown if min(grown) >= 0 else [_BACK if one < 0 else one for one in grown]
