"""Drift: what servers of one group say differently that ought to be the same. Read of what INFO and ROLE tell anyway.

What is not known of a node is no difference. Where only some are to be alike (replicas in their priority), only those
are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from redistui.model import Address, Fleet, Group, Node

Compared = str | float | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing to compare: how to read it of a node, and why a difference matters."""

    name: str
    title: str
    of: Callable[[Node], Compared]
    why: str
    unit: str = ""
    """bytes: to be shown as such."""
    only: str | None = None
    """primary or replica: only these are compared; None: all."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One fact that differs inside a group."""

    group: str
    fact: Fact
    values: tuple[tuple[Compared, tuple[Address, ...]], ...]
    """Each value with those who have it; what most have first."""


def drifts(fleet: Fleet) -> tuple[Drift, ...]:
    """All differences of all groups."""
    return tuple(one for group in fleet.groups for one in of_group(group))


def of_group(group: Group) -> Iterator[Drift]:
    """The facts on which the group's data servers are not at one."""
    for fact in FACTS:
        said: dict[Compared, list[Address]] = {}
        for node in group.nodes:
            value = None if fact.only not in (None, node.role) else fact.of(node)
            if value is not None:
                said.setdefault(value, []).append(node.address)
        if len(said) > 1:
            ordered = sorted(said.items(), key=lambda pair: (-len(pair[1]), pair[1]))
            yield Drift(group.name, fact, tuple((value, tuple(places)) for value, places in ordered))


def _metric(name: str) -> Callable[[Node], Compared]:
    return lambda node: node.metric(name)


def _fact(name: str) -> Callable[[Node], Compared]:
    return lambda node: node.facts.get(name)


def _version(node: Node) -> Compared:
    return " ".join(word for word in (node.server, node.version) if word) or None


def _limit(node: Node) -> Compared:
    """A server without a limit says so by leaving it out, once it tells its memory at all."""
    limit = node.metric("memory_limit")
    return 0.0 if limit is None and node.metric("memory_used") is not None else limit


def _priority(node: Node) -> Compared:
    own = node.replication
    return None if own is None or own.priority is None else float(own.priority)


def _read_only(node: Node) -> Compared:
    return None if node.replication is None else node.replication.read_only


def _backlog(node: Node) -> Compared:
    own = node.replication
    return None if own is None or own.backlog_size is None else float(own.backlog_size)


def _guarded(node: Node) -> Compared:
    """min-replicas-to-write: INFO tells of it only where it is set."""
    own = node.replication
    return None if own is None or own.offset is None else own.good_replicas is not None


FACTS: tuple[Fact, ...] = (
    Fact("version", "server", _version,
         "a replica older than its primary may not be able to read what it is sent"),
    Fact("maxmemory", "maxmemory", _limit,
         "a replica with less room than its primary throws keys out, or fails, once it is promoted", "bytes"),
    Fact("maxmemory-policy", "maxmemory-policy", _fact("maxmemory_policy"),
         "after a failover keys are thrown out that were safe before, or writes are refused that were not"),
    Fact("replica-priority", "replica-priority", _priority,
         "the lowest one above 0 is promoted first, and one of 0 never is", only="replica"),
    Fact("replica-read-only", "replica-read-only", _read_only,
         "what is written to a replica is on no other node, and is lost at the next full resync", only="replica"),
    Fact("min-replicas", "min-replicas-to-write", _guarded,
         "a primary without it goes on taking writes after it was cut off from its replicas; they are lost"),
    Fact("backlog", "repl-backlog-size", _backlog,
         "after a failover the new primary's backlog decides whether the others need a full resync", "bytes"),
    Fact("appendonly", "appendonly", _fact("aof_enabled"),
         "after a failover writes are on disk no more, or all at once cost what they did not"),
    Fact("maxclients", "maxclients", _metric("clients_limit"),
         "after a failover the new primary may have no room for all clients"),
    Fact("system", "operating system", _fact("os"),
         "servers that run on different systems need not be equally fast"),
)  # fmt: skip
