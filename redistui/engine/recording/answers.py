"""What of a reply is kept: what its parser reads, and nothing of what it does not. INFO is in
redistui.engine.recording.rows.

A kept reply reads the same as the whole one. So a recording holds no path and no configuration, and numbers that
nobody reads (times of pings, counts of messages) take no room.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from redistui.replies.cluster_links import reduced as reduced_links
from redistui.replies.commandstats import reduced as reduced_times

_TIMES = re.compile(rb" \d+ \d+ (?=\d+ [cd])").sub
CLUSTER_INFO = tuple(
    b"cluster_" + name + b":"
    for name in (b"state", b"current_epoch", b"my_epoch", b"slots_assigned", b"slots_ok", b"slots_pfail", b"slots_fail",
                 b"known_nodes")
)  # fmt: skip
SENTINEL = frozenset(
    b"name ip port flags runid config-epoch quorum num-other-sentinels num-slaves down-after-milliseconds "
    b"failover-timeout parallel-syncs failover-state last-ok-ping-reply master-link-status slave-priority "
    b"slave-repl-offset master-host master-port info-refresh master-link-down-time voted-leader voted-leader-epoch "
    b"last-hello-message".split()
)
"""Fields that are read of SENTINEL MASTERS, REPLICAS and SENTINELS."""


def kept(name: str, reply: Any) -> Any:
    """A reply by its name in redistui.replies.READS, without what nobody reads of it; an error as it is."""
    keep = _KEEP.get(name.partition("/")[0])
    return reply if keep is None else keep(reply)


def _cluster_info(reply: Any) -> Any:
    if not isinstance(reply, bytes):
        return reply
    return b"\r\n".join(line for line in reply.split(b"\r\n") if line.startswith(CLUSTER_INFO))


def _cluster_nodes(reply: Any) -> Any:
    return _TIMES(b" 0 0 ", reply) if isinstance(reply, bytes) else reply


def _sentinel_rows(reply: Any) -> Any:
    if not isinstance(reply, list):
        return reply
    return [_sentinel_row(row) if isinstance(row, list) and len(row) % 2 == 0 else row for row in reply]


def _sentinel_row(row: list[Any]) -> list[Any]:
    found: list[Any] = []
    for field, value in zip(row[::2], row[1::2], strict=True):
        if isinstance(field, bytes) and field in SENTINEL:
            found += (field, value)
    return found


_KEEP: dict[str, Callable[[Any], Any]] = {
    "cluster-info": _cluster_info,
    "cluster-nodes": _cluster_nodes,
    "cluster-links": reduced_links,
    "commandstats": lambda reply: reduced_times("commandstats", reply),
    "latency": lambda reply: reduced_times("latency", reply),
    "masters": _sentinel_rows,
    "replicas": _sentinel_rows,
    "sentinels": _sentinel_rows,
}
