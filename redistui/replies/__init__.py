"""Replies as values: one module per command, pure; wire words (master, slave) become field words here, once.

READS lists every command the poll sends. A reply comes as hiredis gives it (bytes, int, None, list) without decoding;
an error reply is a `hiredis.ReplyError`, told apart by redistui.replies.errors before a parser sees it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redistui.replies.words import BadReply

__all__ = ["READS", "BadReply", "Read"]


@dataclass(frozen=True, slots=True)
class Read:
    """A command the poll sends: to which servers, and what it tells."""

    name: str
    argv: tuple[str, ...]
    of: Literal[
        "every", "data", "cluster", "sentinel", "watch", "whole", "sections", "born", "links", "spent", "histogram"
    ]
    """every server; data nodes; cluster nodes; Sentinels; Sentinels, once per watched name (appended to argv); those
    whose INFO takes one section at most; data nodes whose INFO takes several; these, on a new connection and now and
    then; cluster nodes from 7.0 on, every ten seconds or less often; data nodes, once a minute; these, from 7.0 on."""
    doc: str


SECTIONS: tuple[str, ...] = ("clients", "memory", "persistence", "stats", "replication", "cpu", "keyspace")
"""INFO sections that hold, beside `server`, every field we read; asked by name from 7.0 on, where INFO takes several.
"""

READS: tuple[Read, ...] = (
    Read("ping", ("PING",), "every", "Round trip, and the state that only PING tells (MASTERDOWN)."),
    Read("role", ("ROLE",), "data", "Role, link and offset as an array: nobody can forge it."),
    Read(
        "info", ("INFO",), "whole", "Version, run id, replication, memory, clients, CPU: of Sentinels, and before 7.0."
    ),
    Read(
        "server", ("INFO", "server"), "born", "Version and run id, which stand still while a connection does; uptime."
    ),
    Read("state", ("INFO", *SECTIONS), "sections", "Replication, memory, clients, CPU: INFO from 7.0 on."),
    Read("cluster-info", ("CLUSTER", "INFO"), "cluster", "State, epochs and slot counts."),
    Read("cluster-nodes", ("CLUSTER", "NODES"), "cluster", "The node's own view of every member; its own open slots."),
    Read("cluster-links", ("CLUSTER", "LINKS"), "links", "The node's links to the others, both ways (Redis >= 7.0)."),
    Read("commandstats", ("INFO", "commandstats"), "spent", "How long the commands of its clients take."),
    Read("latency", ("LATENCY", "HISTOGRAM"), "histogram", "The same, as it is spread (Redis >= 7.0)."),
    Read("slowlog-len", ("SLOWLOG", "LEN"), "spent", "How many entries its slow log has; nothing of what they say."),
    Read("masters", ("SENTINEL", "MASTERS"), "sentinel", "Every watched name: primary, epoch, quorum, flags."),
    Read("myid", ("SENTINEL", "MYID"), "sentinel", "The id this Sentinel votes under."),
    Read("replicas", ("SENTINEL", "REPLICAS"), "watch", "Replicas as this Sentinel sees them."),
    Read("sentinels", ("SENTINEL", "SENTINELS"), "watch", "The other Sentinels, dead and ghost ones included."),
    Read(
        "ckquorum", ("SENTINEL", "CKQUORUM"), "watch", "Whether quorum and majority can be reached, in its own words."
    ),
)
