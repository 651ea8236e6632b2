"""Preflight of a node that is to join a cluster: that it is new, and who can introduce it."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from redistui.model import Fleet, Group, Node, Peer, host_of
from redistui.ops.action import Aim, Check
from redistui.ops.checks import answer, failed, numbers, passed, warned
from redistui.ops.cluster.map import own, owners
from redistui.ops.cluster.member_checks import fits


def stranger(fleet: Fleet, aim: Aim) -> Node | None:
    """The node that is to join, in whichever group it stands so far."""
    return next((node for group in fleet.groups if (node := group.node(aim.node or "")) is not None), None)


def known_to(node: Node) -> tuple[Peer, ...]:
    return () if node.cluster is None else node.cluster.peers


def is_new(fleet: Fleet, new: Node) -> Check:
    """An empty node of a cluster of its own."""
    if problem := answer(fleet, new):
        return failed(problem)
    mine, view = own(new), new.cluster
    if view is None or mine is None:
        return failed(f"{new.address} is no cluster node: cluster-enabled yes in its config, and a restart")
    others = max(len(view.peers), view.known_nodes or 0) - 1
    if others:
        return failed(f"{new.address} knows {others} other nodes: two clusters would become one for good")
    if mine.slots or view.epoch or new.role != "primary":
        return failed(f"{new.address} was in a cluster before (epoch {view.epoch}): CLUSTER RESET HARD there first")
    keys = new.metric("keys")
    if keys is None or keys:
        held = "an unknown number of" if keys is None else f"{keys:.0f}"
        return failed(f"{new.address} holds {held} keys: only an empty node may join")
    return passed(f"{new.address} is an empty node of no cluster")


def introduced(fleet: Fleet, group: Group, new: Node) -> Iterator[Check]:
    member = introducer(fleet, group)
    mine = own(member)
    if member is None or mine is None:
        yield failed("no primary of the cluster answers: there is nobody to introduce it to")
        return
    try:
        loop = ip_address(host_of(mine.address)).is_loopback
    except ValueError:
        yield failed(f"{member.address} is announced as {mine.address}: CLUSTER MEET takes an IP address only")
        return
    if loop and not _on_loopback(new):
        yield failed(f"the members know each other by {host_of(mine.address)}: nobody reaches that from {new.address}")
        return
    if mine.bus_port is None:
        yield failed(f"the cluster bus port of {member.address} is not known")
        return
    yield passed(f"{member.address} answers and introduces it; whether their bus ports are open cannot be tested here")
    yield from fits(member, new) if numbers(new.version) else (warned(f"the version of {new.address} is not known"),)


def _on_loopback(node: Node) -> bool:
    try:
        return ip_address(host_of(node.address)).is_loopback
    except ValueError:
        return host_of(node.address) == "localhost"


def introducer(fleet: Fleet, group: Group) -> Node | None:
    """The first primary with slots, by its slots, that answers."""
    nodes = (group.node(shard.primary) for shard in owners(group))
    return next((node for node in nodes if node is not None and not answer(fleet, node)), None)
