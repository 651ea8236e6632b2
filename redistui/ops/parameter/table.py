"""PARAMETERS: what `set-parameter` may change while a server runs, one row each; and why the rest it may not.

Here stands what takes effect at once, is undone by setting it back, and neither moves a server, nor holds a secret, nor
writes files elsewhere. Names and limits as in Redis 6.2, 7.0 and Valkey 9.1 (CONFIG SET with a value beyond them is
refused, or clamped without a word: `hz 1000` reads back as 500).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from redistui.ops.action import Danger

EVICTION = (
    *("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random"),
    *("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"),
)
Sort = Literal["bytes", "number", "yes or no", "word"]
Release = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: what its values are, and what it does."""

    name: str
    sort: Sort
    does: str
    unit: str = ""
    lowest: int = 0
    highest: int | None = None
    words: tuple[str, ...] = ()
    danger: Danger = "routine"
    redis: Release | None = (6, 2)
    """Since when Redis has it; None: it has not."""
    valkey: Release = (7, 2)
    cluster: bool = False
    """Without a cluster it does nothing."""
    weigh: str = ""
    """What the operator should have thought of."""

    @property
    def takes(self) -> str:
        """What a value may be, in words.

        >>> BY_NAME["hz"].takes, BY_NAME["appendfsync"].takes
        ('a number from 1 to 500', 'always, everysec or no')
        """
        if self.sort in ("word", "yes or no"):
            words = self.values
            return f"{', '.join(words[:-1])} or {words[-1]}"
        what = (
            "a number of bytes, like 100mb," if self.sort == "bytes" else f"a number{self.unit and f' of {self.unit}'}"
        )
        return f"{what} from {self.lowest}" + (f" to {self.highest}" if self.highest is not None else " up")

    @property
    def values(self) -> tuple[str, ...]:
        """All that it may be, where they are few."""
        return ("yes", "no") if self.sort == "yes or no" else self.words


PARAMETERS: tuple[Parameter, ...] = (
    Parameter("maxmemory", "bytes", "bytes of data and buffers it may use; 0 is no limit",
              danger="risky", weigh="a replica goes by its own value once it is promoted"),
    Parameter("maxmemory-policy", "word", "what is thrown out when memory is full",
              words=EVICTION, danger="risky",
              weigh="with allkeys-..., keys without a time to live may be thrown out as well"),
    Parameter("maxmemory-samples", "number", "keys looked at to find one to throw out", lowest=1, highest=64),
    Parameter("maxmemory-eviction-tenacity", "number", "how long throwing out may hold up clients", highest=100),
    Parameter("replica-ignore-maxmemory", "yes or no", "a replica leaves throwing out to its primary",
              danger="risky", weigh="with no, a replica throws out keys that its primary still has"),
    Parameter("repl-backlog-size", "bytes", "bytes of history kept for replicas that come back", lowest=16384),
    Parameter("repl-backlog-ttl", "number", "until the backlog is dropped when no replica is left", unit="seconds"),
    Parameter("repl-timeout", "number", "until a silent link between primary and replica is given up",
              unit="seconds", lowest=1, danger="risky",
              weigh="it must be longer than repl-ping-replica-period, or idle links are cut again and again"),
    Parameter("repl-ping-replica-period", "number", "between two pings of a primary to its replicas",
              unit="seconds", lowest=1, danger="risky",
              weigh="it must be shorter than repl-timeout, or idle links are cut again and again"),
    Parameter("repl-diskless-sync", "yes or no", "a full resync goes out without a file in between"),
    Parameter("repl-diskless-sync-delay", "number", "a full resync waits for further replicas", unit="seconds"),
    Parameter("repl-disable-tcp-nodelay", "yes or no", "fewer, larger packets to replicas, up to 40 ms later"),
    Parameter("min-replicas-to-write", "number", "writes are refused with fewer good replicas; 0 is off",
              highest=100, danger="risky"),
    Parameter("min-replicas-max-lag", "number", "until a silent replica does not count as good; 0 is off",
              unit="seconds", danger="risky"),
    Parameter("replica-priority", "number", "lowest is promoted first by Sentinels; 0 never", danger="risky"),
    Parameter("replica-announced", "yes or no", "Sentinels are told of this replica", danger="risky"),
    Parameter("replica-serve-stale-data", "yes or no", "a replica answers while its link is down",
              danger="risky", weigh="with no, a replica answers MASTERDOWN as long as its link is down"),
    Parameter("replica-lazy-flush", "yes or no", "a full resync drops the old data in the background"),
    Parameter("timeout", "number", "until an idle client is cut off; 0 is never",
              unit="seconds", danger="risky", weigh="pools of idle connections are cut as well"),
    Parameter("tcp-keepalive", "number", "between probes of idle connections; 0 is off", unit="seconds"),
    Parameter("maxclients", "number", "client connections at most", lowest=100, danger="risky"),
    Parameter("slowlog-log-slower-than", "number", "commands that take longer are logged; -1 is off",
              unit="microseconds", lowest=-1),
    Parameter("slowlog-max-len", "number", "entries the slow log keeps"),
    Parameter("latency-monitor-threshold", "number", "events that take longer are kept; 0 is off", unit="milliseconds"),
    Parameter("latency-tracking", "yes or no", "percentiles per command (INFO latencystats)", redis=(7, 0)),
    Parameter("loglevel", "word", "how much goes into the log", words=("debug", "verbose", "notice", "warning")),
    Parameter("hz", "number", "times a second that chores are done", lowest=1, highest=500),
    Parameter("active-expire-effort", "number", "how hard it looks for expired keys", lowest=1, highest=10),
    Parameter("activedefrag", "yes or no", "memory is defragmented while it runs", danger="risky"),
    Parameter("lazyfree-lazy-eviction", "yes or no", "evicted keys are freed in the background"),
    Parameter("lazyfree-lazy-expire", "yes or no", "expired keys are freed in the background"),
    Parameter("lazyfree-lazy-server-del", "yes or no", "overwritten keys are freed in the background"),
    Parameter("lazyfree-lazy-user-del", "yes or no", "DEL works like UNLINK"),
    Parameter("lazyfree-lazy-user-flush", "yes or no", "FLUSHALL works in the background"),
    Parameter("lfu-log-factor", "number", "how slowly the counter of uses grows"),
    Parameter("lfu-decay-time", "number", "until the counter of uses is lowered", unit="minutes"),
    Parameter("appendfsync", "word", "when the AOF is forced to disk",
              words=("always", "everysec", "no"), danger="risky",
              weigh="with no, a crash of the machine may lose some 30 s of writes; with always, writes wait"),
    Parameter("no-appendfsync-on-rewrite", "yes or no", "the AOF is not forced to disk while it is rewritten",
              danger="risky", weigh="with yes, a crash meanwhile may lose some 30 s of writes"),
    Parameter("auto-aof-rewrite-percentage", "number", "growth at which the AOF is rewritten; 0 is never",
              unit="percent"),
    Parameter("stop-writes-on-bgsave-error", "yes or no", "writes are refused (MISCONF) after a snapshot failed",
              danger="risky",
              weigh="with no, nobody is stopped when snapshots fail; with yes, writes stop if the last one did"),
    Parameter("cluster-node-timeout", "number", "until a silent node is taken for failed",
              unit="milliseconds", lowest=100, highest=600000, cluster=True, danger="risky",
              weigh="all nodes of a cluster should go by the same value: set it at each"),
    Parameter("cluster-require-full-coverage", "yes or no", "the whole cluster refuses while a slot is not covered",
              cluster=True, danger="risky",
              weigh="all nodes of a cluster should go by the same value: set it at each"),
    Parameter("cluster-allow-reads-when-down", "yes or no", "a node answers reads while the cluster is down",
              cluster=True, danger="risky",
              weigh="all nodes of a cluster should go by the same value: set it at each"),
    Parameter("cluster-replica-validity-factor", "number", "how old data may be promoted; 0 is any",
              cluster=True, danger="risky", weigh="with 0, a replica that has lost much may be promoted"),
    Parameter("cluster-replica-no-failover", "yes or no", "this replica does not promote itself",
              cluster=True, danger="risky"),
    Parameter("cluster-migration-barrier", "number", "replicas a primary keeps before one moves to an orphan",
              cluster=True, danger="risky"),
    Parameter("cluster-allow-replica-migration", "yes or no", "replicas move to primaries that have none",
              cluster=True, danger="risky"),
    Parameter("cluster-manual-failover-timeout", "number", "until CLUSTER FAILOVER gives up",
              unit="milliseconds", lowest=1, redis=None, valkey=(8, 1), cluster=True, danger="risky"),
    Parameter("cluster-slot-stats-enabled", "yes or no", "counts CPU and bytes per slot",
              cluster=True, redis=(8, 2), valkey=(8, 0)),
)  # fmt: skip
BY_NAME: Mapping[str, Parameter] = {parameter.name: parameter for parameter in PARAMETERS}

SECRET = (
    "a secret would stand in the shell's history, in the plan and in the journal. Set it at the server itself, and "
    "everywhere at once: clients, replicas (masterauth), Sentinels (auth-pass); or change users with ACL SETUSER"
)
PLACE = "it says where the server listens or writes: change it in the config file, and restart the node"
DURABLE = "it changes what is kept on disk, and begins or ends a rewrite: do it by hand at the server, and watch it"
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("requirepass", "masterauth", "masteruser", "primaryauth", "primaryuser", "aclfile", "user"), SECRET
    ),
    **dict.fromkeys(("tls-key-file-pass", "tls-client-key-file-pass"), SECRET),
    **dict.fromkeys(("port", "bind", "unixsocket", "tls-port", "dir", "dbfilename", "logfile", "pidfile"), PLACE),
    **dict.fromkeys(("appenddirname", "appendfilename", "cluster-config-file", "cluster-enabled", "databases"), PLACE),
    **dict.fromkeys(("appendonly", "save"), DURABLE),
    **dict.fromkeys(("replicaof", "slaveof"), "`attach` and `detach` change whom a node follows"),
    **dict.fromkeys(("replica-read-only", "slave-read-only"), "`replica-read-only` is the action for that"),
}
"""What is asked for, and is not done here, with the reason."""
