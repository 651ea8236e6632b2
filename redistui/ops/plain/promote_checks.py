"""Preflight of a planned promotion: the primary lives, and the replica can take over without losing anything."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, passed, verdict, version_of, warned
from redistui.ops.plain.group import above, alone, busy, following, linked, older

LAG_BYTES = 1 << 20
"""More than this, and writes would be held while the replica catches up."""
ACK_SECONDS = 2
"""A replica acknowledges once a second; one that is later than this may hang."""


def planned(fleet: Fleet, group: Group, old: Node, heir: Node) -> Iterator[Check]:
    if following_each_other(old, heir) and not any(node.role == "primary" for node in group.nodes):
        yield _circle(old, heir)
        return
    yield _primary(old)
    yield alone(group, old.address)
    problem = answer(fleet, heir)
    if problem:
        yield failed(problem)
        return
    yield verdict(list(_replica(old, heir)), f"{heir.address} is a replica of {old.address}, link up")
    yield verdict(list(_lag(old, heir)), "it has nearly all, and acknowledges once a second")
    yield verdict(list(_fitness(old, heir)), "it can hold the data, and runs no older version")
    if heir.replication is not None and heir.replication.priority == 0:
        yield warned(f"{heir.address} has replica-priority 0: it was not meant to become primary")
    astray = [node.address for node in following(group, old.address) if not linked(node) and node is not heir]
    silent = [node.address for node in group.nodes if answer(fleet, node)]
    if silent or astray:
        yield warned(f"{names([*silent, *astray])} takes no part: attach it to {heir.address} when it is well")


def following_each_other(one: Node, other: Node) -> bool:
    return one.role == other.role == "replica" and above(one) == other.address and above(other) == one.address


def _circle(old: Node, heir: Node) -> Check:
    """Who has more is told, not decided: one that was restarted counts from 0, whatever it loaded."""
    held = (
        f"{node.address} holds {int(node.metric('keys') or 0)} keys at offset {_offset(node)}" for node in (old, heir)
    )
    return failed(
        f"{old.address} and {heir.address} follow each other, and nobody is primary: one of them was restarted in its "
        f"old part. {'; '.join(held)}. `detach NODE --writable`, of the one that holds the data, makes it primary; the "
        f"other then follows it, and takes its data instead of its own"
    )


def _offset(node: Node) -> int | str:
    offset = None if node.replication is None else node.replication.offset
    return "unknown" if offset is None else offset


def _primary(old: Node) -> Check:
    if version_of(old) < (6, 2):
        return failed(f"{old.address} runs {old.version or 'an unknown version'}; this needs 6.2 or later")
    if busy(old):
        return failed(busy(old))
    if old.role != "primary":
        return failed(
            f"{old.address} says that it is a {old.role}: nobody is primary; an operation may be unfinished (`resume`)"
        )
    return passed(f"{old.address} is primary, and no FAILOVER goes on")


def _replica(old: Node, heir: Node) -> Iterator[str]:
    link = heir.replication
    if heir.role != "replica" or link is None:
        yield f"{heir.address} is a {heir.role or 'node of unknown role'}"
        return
    if above(heir) != old.address:
        yield f"{heir.address} follows {above(heir)}, not the primary {old.address}: attach it there first"
        return
    if not linked(heir):
        yield f"{heir.address} has no link to its primary, or is not done syncing"
    if old.replication is not None and link.replid != old.replication.replid:
        yield f"{heir.address} has another history than {old.address} (replid)"
    if link.read_only is False:
        yield f"{heir.address} takes writes of its own, which the others have not: `replica-read-only` first"


def _lag(old: Node, heir: Node) -> Iterator[str]:
    seen = () if old.replication is None else old.replication.replicas
    listed = next((one for one in seen if one.address == heir.address), None)
    if listed is None:
        yield f"{old.address} does not list {heir.address} among its replicas"
    elif listed.state != "online":
        yield f"{old.address} says of {heir.address}: {listed.state}"
    elif listed.lag_seconds is None or listed.lag_seconds > ACK_SECONDS:
        yield f"{heir.address} has not acknowledged for {listed.lag_seconds} s: it may hang"
    lag = heir.metric("lag_bytes")
    if lag is None:
        yield f"the lag of {heir.address} is not known"
    elif lag > LAG_BYTES:
        yield f"{heir.address} lags {lag / LAG_BYTES:.1f} MiB behind: writes would be held while it catches up"


def _fitness(old: Node, heir: Node) -> Iterator[str]:
    if older(heir, old):
        yield f"{heir.address} runs {heir.version}, older than {old.version}: the others could not follow it"
    limit, used = heir.metric("memory_limit"), old.metric("memory_used")
    if limit and used is not None and used > limit:
        yield f"{heir.address} has less maxmemory than {old.address} uses"
