"""Rights: which commands each of our users needs, since which server version, and what for.

Two users a person gives us: one that watches, and one that acts; the first cannot change anything. At Sentinels they
are users of their own, because Sentinels know nothing of the data nodes' users. Two more are for servers and for
measuring: a node that takes slots logs in as `migrate`, and a drill writes as `canary`.

A word is given as narrow as the servers take it (`+client|pause`, not `+client`), and only where the server has the
command: Redis 7.0 and Valkey refuse a whole line for one word they do not know. Redis 6.2 takes any subcommand's name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from redistui.model.canaries import SPACE
from redistui.ops.steps import Argv

Product = Literal["redis", "valkey"]
Release = tuple[int, int]
RoleName = Literal["watch", "operator", "migrate", "canary", "sentinel-watch", "sentinel-operator"]
PASSWORD = ">PASSWORD"
"""Where the password goes: nobody's password stands in this program's output."""
NEVER: Release = (999, 0)


class Version(NamedTuple):
    """A server's product and release.

    >>> str(Version("valkey", (9, 1)))
    'valkey-9.1'
    """

    product: Product
    release: Release

    def __str__(self) -> str:
        return f"{self.product}-{self.release[0]}.{self.release[1]}"


TRIED: tuple[Version, ...] = (Version("valkey", (9, 1)), Version("redis", (7, 0)), Version("redis", (6, 2)))
"""The versions on which every line was accepted, found enough for what we send, and refused the rest."""


@dataclass(frozen=True, slots=True)
class Right:
    """One word of an ACL line."""

    command: str
    """`client|pause`, in lower case as ACL LIST shows it."""
    why: str
    redis: Release = (6, 2)
    """Since when Redis has it."""
    valkey: Release = (7, 2)

    def known_to(self, version: Version) -> bool:
        since = self.valkey if version.product == "valkey" else self.redis
        return version.release >= since


@dataclass(frozen=True, slots=True)
class Role:
    """One user: where it lives, what it may touch, and what it may run."""

    name: RoleName
    user: str
    at: Literal["data", "sentinel"]
    what: str
    rights: tuple[Right, ...]
    keys: str = "resetkeys"
    channels: tuple[str, ...] = ()

    def allows(self, argv: Argv, version: Version) -> bool:
        """Whether its line holds this command.

        >>> BY_NAME["watch"].allows(("CLUSTER", "NODES"), TRIED[0]), BY_NAME["watch"].allows(("KEYS", "*"), TRIED[0])
        (True, False)
        """
        words = tuple(word.lower() for word in argv)
        names = {right.command for right in self.rights if right.known_to(version)}
        return words[0] in names or "|".join(words[:2]) in names


def acl_line(role: Role, version: Version) -> Argv:
    """The command that makes the user exactly this, whatever it was before.

    >>> " ".join(acl_line(BY_NAME["migrate"], TRIED[0]))
    'ACL SETUSER migrate reset on >PASSWORD ~* resetchannels -@all +select +restore-asking'
    """
    words = (f"+{right.command}" for right in role.rights if right.known_to(version))
    opening = ("ACL", "SETUSER", role.user, "reset", "on", PASSWORD, role.keys, "resetchannels")
    return (*opening, *role.channels, "-@all", *words)


def words_for(role: Role, version: Version) -> Iterator[Right]:
    return (right for right in role.rights if right.known_to(version))


VALKEY_9 = {"redis": NEVER, "valkey": (9, 0)}

_ENTRY = (
    Right("ping", "round trip, and MASTERDOWN"),
    Right("hello", "log in (RESP3)"),
    Right("auth", "log in"),
    Right("client|setname", "CLIENT LIST tells who we are"),
)
_SENTINEL_READS = (
    Right("sentinel|masters", "what a Sentinel watches"),
    Right("sentinel|replicas", "replicas as it sees them"),
    Right("sentinel|sentinels", "the other Sentinels, ghosts among them"),
    Right("sentinel|ckquorum", "whether quorum and majority can be reached"),
)

WATCH = Role(
    "watch", "watch", "data", "polls data nodes; changes nothing",
    rights=(
        *_ENTRY,
        Right("info", "version, memory, clients, replication"),
        Right("role", "role, link and offset"),
        Right("cluster|info", "state, epochs, slot counts"),
        Right("cluster|nodes", "the node's own view of the cluster"),
        Right("cluster|links", "links between the nodes, both ways", redis=(7, 0)),
        Right("latency|histogram", "Metrics: how long commands take, once a minute", redis=(7, 0)),
        Right("slowlog|len", "Metrics: how many commands were slow, once a minute"),
        Right("slowlog|get", "Metrics, on demand: the slow log"),
        Right("commandlog|get", "Metrics, on demand: the slow log", redis=NEVER, valkey=(8, 1)),
        Right("latency|latest", "Metrics, on demand: latency events"),
        Right("client|list", "Metrics, on demand: clients and their output buffers"),
        Right("cluster|countkeysinslot", "Slots screen, plans: what each slot holds"),
        Right("cluster|slot-stats", "Slots screen: CPU and network of each slot", redis=NEVER, valkey=(8, 0)),
        Right("cluster|getslotmigrations", "Slots screen: slots that move", **VALKEY_9),
        Right("subscribe", "the Sentinels' greetings: who watches this primary"),
    ),
    channels=("&__sentinel__:hello",),
)  # fmt: skip
SENTINEL_WATCH = Role(
    "sentinel-watch", "watch", "sentinel", "polls Sentinels and hears what they announce; changes nothing",
    rights=(
        *_ENTRY,
        Right("info", "version, TILT"),
        *_SENTINEL_READS,
        Right("sentinel|myid", "the id it votes under"),
        Right("psubscribe", "what it announces"),
        Right("sentinel|master", "a canary by Sentinel: who is primary"),
        Right("subscribe", "a canary by Sentinel: who is primary now"),
    ),
    channels=("&+*", "&-*"),
)  # fmt: skip
OPERATOR = Role(
    "operator", "operator", "data", "acts on data nodes; only redistui's operations log in as it",
    rights=(
        *_ENTRY,
        Right("info", "checks before, between and after"),
        Right("role", "checks before, between and after"),
        Right("dbsize", "that a node is empty"),
        Right("command|info", "what this server can do"),
        Right("client|list", "whether another console is at work"),
        Right("client|pause", "hold writes"),
        Right("client|unpause", "let them go"),
        Right("client|kill", "cut clients off an old primary"),
        Right("config|get", "the fence's old value; parameters"),
        Right("config|set", "the min-replicas fence; parameters"),
        Right("config|rewrite", "a restarted node keeps its role"),
        Right("multi", "demote and cut off in one"),
        Right("exec", "demote and cut off in one"),
        Right("replicaof", "attach, detach, promote, demote"),
        Right("replconf", "heal: a copy of what is discarded"),
        Right("sync", "heal: a copy of what is discarded"),
        Right("failover", "promote; SENTINEL FAILOVER ... COORDINATED"),
        Right("cluster|info", "checks"),
        Right("cluster|nodes", "checks"),
        Right("cluster|myid", "checks"),
        Right("cluster|failover", "cluster-failover"),
        Right("cluster|meet", "add-node, undo of a drain"),
        Right("cluster|replicate", "add-node as a replica, undo of a drain"),
        Right("cluster|reset", "forget, undo of a drain"),
        Right("cluster|forget", "forget"),
        Right("cluster|countkeysinslot", "slot moves"),
        Right("cluster|getkeysinslot", "slot moves"),
        Right("cluster|setslot", "slot moves"),
        Right("cluster|slot-stats", "what slots hold", redis=NEVER, valkey=(8, 0)),
        Right("memory|usage", "keys too big to move in passing"),
        Right("asking", "look at a slot on its way"),
        Right("exists", "on which side of a slot move a key is"),
        Right("dump", "whether two copies of a key are equal"),
        Right("pttl", "whether two copies of a key are equal"),
        Right("migrate", "slot moves"),
        Right("del", "fix: copies of keys that the operator gives up"),
        Right("cluster|bumpepoch", "fix: whoever takes slots that nobody owns"),
        Right("select", "slot moves: the source logs in at the target as we do"),
        Right("restore-asking", "slot moves: the source logs in at the target as we do"),
        Right("cluster|migration", "slot moves by the servers themselves", redis=(8, 4), valkey=NEVER),
        Right("cluster|migrateslots", "atomic slot moves", **VALKEY_9),
        Right("cluster|getslotmigrations", "atomic slot moves", **VALKEY_9),
        Right("cluster|cancelslotmigrations", "atomic slot moves", **VALKEY_9),
    ),
    keys="~*",
)  # fmt: skip
SENTINEL_OPERATOR = Role(
    "sentinel-operator", "operator", "sentinel", "acts on Sentinels; only redistui's operations log in as it",
    rights=(
        *_ENTRY,
        Right("info", "checks before, between and after"),
        Right("role", "checks before, between and after"),
        *_SENTINEL_READS,
        Right("sentinel|master", "checks, and how far a failover is"),
        Right("sentinel|get-master-addr-by-name", "whom it names"),
        Right("sentinel|failover", "failover"),
        Right("sentinel|reset", "sentinel-reset"),
        Right("sentinel|set", "sentinel-set"),
    ),
)  # fmt: skip
MIGRATE = Role(
    "migrate", "migrate", "data", "the source of a slot move logs in as it at the target (MIGRATE ... AUTH2)",
    rights=(Right("select", "what MIGRATE begins with"), Right("restore-asking", "takes a key into a slot on its way")),
    keys="~*",
)  # fmt: skip
CANARY = Role(
    "canary", "canary", "data", "writes and reads back keys of its own, to measure what a failover loses",
    rights=(
        *_ENTRY,
        Right("role", "that it writes to a primary"),
        Right("set", "write"),
        Right("get", "read back"),
        Right("mget", "read back"),
        Right("del", "clean up"),
        Right("wait", "which writes have reached replicas"),
        Right("readonly", "read from replicas of a cluster"),
        Right("asking", "follow a slot on its way"),
        Right("command", "which commands only read"),
        Right("info", "whether a replica is fit to be read from"),
        Right("publish", "markers, which time replication"),
        Right("subscribe", "markers, as they come out at a replica"),
        Right("xadd", "markers in a cluster"),
        Right("xread", "markers in a cluster"),
        Right("expire", "markers in a cluster go away again"),
        Right("cluster|info", "whether a cluster serves"),
        Right("cluster|slots", "find the owner"),
        Right("cluster|nodes", "members that have failed"),
        Right("cluster|shards", "find the owner", redis=(7, 0)),
    ),
    keys=f"~{SPACE}*",
    channels=(f"&{SPACE}*",),
)  # fmt: skip

ROLES: tuple[Role, ...] = (WATCH, OPERATOR, SENTINEL_WATCH, SENTINEL_OPERATOR, MIGRATE, CANARY)
BY_NAME: dict[str, Role] = {role.name: role for role in ROLES}
