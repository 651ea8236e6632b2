"""A group that nobody watches: who follows whom in it, and what must be so before anything is done there."""

from __future__ import annotations

from collections.abc import Generator

from redistui.model import Address, Fleet, Group, Kind, Node, host_of
from redistui.ops.action import Aim, Check
from redistui.ops.checks import answer, failed, found, member, names, passed, version_of

KINDS: tuple[Kind, ...] = ("replication",)
IDLE = (None, "no-failover")


def named(fleet: Fleet, aim: Aim, instead: dict[Kind, str]) -> Generator[Check, None, tuple[Group, Node] | None]:
    """The group and the node that are meant. None, and why: somebody else watches over it, or it has no such node."""
    group = yield from found(fleet, aim, KINDS, instead)
    node = None if group is None else (yield from member(group, aim.node))
    return None if group is None or node is None else (group, node)


def above(node: Node) -> Address | None:
    """Whom a replica follows."""
    return None if node.replication is None else node.replication.primary


def following(group: Group, primary: Address) -> tuple[Node, ...]:
    """Its direct replicas, by what they say, in the order of their addresses."""
    return tuple(node for node in group.nodes if node.role == "replica" and above(node) == primary)


def up_to(group: Group, node: Node) -> tuple[Address, ...]:
    """All that a node follows, the nearest first; ends where the chain leaves the group or closes to a circle."""
    chain: list[Address] = []
    one: Node | None = node
    while one is not None and (up := above(one)) is not None and up not in chain:
        chain.append(up)
        one = group.node(up)
    return tuple(chain)


def linked(node: Node) -> bool:
    """A replica with its link up and no sync under way."""
    said = node.replication
    return node.role == "replica" and said is not None and said.link == "up" and not said.sync_in_progress


def alone(group: Group, primary: Address | None) -> Check:
    """Whether there is one primary only: two of one history are a split that no promotion mends."""
    others = [node.address for node in group.nodes if node.role == "primary" and node.address != primary]
    if others:
        return failed(
            f"{names(others)} is a primary as well, of the same history: decide for one, and `attach` the other to it"
        )
    return passed("no other node says primary")


def unwell(fleet: Fleet, node: Node) -> str:
    """Why a node cannot be relied on, when its primary may be dead; empty: it can. A replica that serves no reads
    without its primary (MASTERDOWN) obeys all the same."""
    cut_off = node.fault is not None and node.fault.kind == "masterdown" and node.conflict is None
    return "" if cut_off and fleet.freshness(node.seen_at) == "fresh" else answer(fleet, node)


def busy(node: Node) -> str:
    """That a FAILOVER goes on there; empty: it does not."""
    state = None if node.replication is None else node.replication.failover_state
    return "" if state in IDLE else f"{node.address} is in a FAILOVER already ({state})"


def dialable(address: Address, there: Address) -> str:
    """Why a node cannot reach another under the address we know it by; empty: as far as can be told, it can."""
    if address.startswith("unix:"):
        return f"{address} is a socket on that machine: a replica needs a host and a port"
    if loopback(address) and not loopback(there):
        return f"{address} means {there}'s own machine to it: name it as the other one sees it"
    return ""


def loopback(address: Address) -> bool:
    """
    >>> loopback("127.0.0.1:6379"), loopback("::1:6379"), loopback("10.0.0.1:6379")
    (True, True, False)
    """
    host = host_of(address)
    return host in ("localhost", "::1") or host.startswith("127.")


def older(node: Node, other: Node) -> bool:
    """Of an older release than another one: it cannot read what that writes."""
    return version_of(node)[:2] < version_of(other)[:2] if version_of(node) and version_of(other) else False
