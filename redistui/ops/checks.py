"""Preflight lines that every action needs: is what we see fresh, complete, and of a group this action is for."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from redistui.model import Address, Fleet, Group, Kind, Node
from redistui.ops.action import Aim, Check


def passed(text: str) -> Check:
    return Check("pass", text)


def warned(text: str) -> Check:
    return Check("warn", text)


def failed(text: str) -> Check:
    return Check("fail", text)


def verdict(problems: list[str], fine: str) -> Check:
    """One line for a question with several answers: all that is wrong, or that it is fine."""
    return failed("; ".join(problems)) if problems else passed(fine)


def found(
    fleet: Fleet, aim: Aim, kinds: tuple[Kind, ...], instead: dict[Kind, str]
) -> Generator[Check, None, Group | None]:
    """The group an action is for. None, and why: it is not there, or of another kind; `instead` says what then."""
    group = fleet.group(aim.group)
    if group is not None and group.kind in kinds:
        return group
    if group is not None:
        yield failed(instead[group.kind])
    elif not aim.group and aim.node is not None:
        yield failed(f"{aim.node} is no node of any group here; `redistui status` lists them")
    else:
        known = ", ".join(sorted(group.name for group in fleet.groups)) or "none"
        yield failed(f"there is no group {aim.group!r} here; known: {known}")
    return None


def member(group: Group, address: Address | None) -> Generator[Check, None, Node | None]:
    """The node an action is for. None, and why: the group has no such node."""
    node = group.node(address or "")
    if node is None:
        yield failed(f"{address or 'nothing'} is no node of {group.name}")
    return node


def fresh(fleet: Fleet) -> Iterator[Check]:
    """What an action must not rest on: a recording, a half-read fleet, or one read before we ourselves stood still."""
    if fleet.replayed:
        yield failed("this is a recording: there is nobody to send a command to")
    elif fleet.stalled:
        yield failed("we stood still for more than 3 s ourselves; wait for the next whole poll")
    elif not fleet.complete:
        yield failed("not every node has been asked yet; wait a moment")
    else:
        yield passed("every node was asked just now")


def answer(fleet: Fleet, node: Node) -> str:
    """Why a node cannot be relied on just now; empty: it answers, in full."""
    if node.fault is not None:
        return f"{node.address} {'does not answer' if node.fault.down else 'does not serve'}: {node.fault.text}"
    if node.conflict is not None:
        return f"{node.address} contradicts itself: {node.conflict}"
    if fleet.freshness(node.seen_at) != "fresh":
        return f"{node.address} was not heard of for more than two poll periods"
    return ""


def names(addresses: list[Address]) -> str:
    return ", ".join(addresses)


def follows_directly(group: Group, node: Node) -> bool:
    """A replica of the group's primary itself, not of another replica."""
    above = None if node.replication is None else node.replication.primary
    return above is None or above == group.primary or group.node(above) is None


def version_of(node: Node) -> tuple[int, ...]:
    """A version to compare with; () when it is not known.

    >>> version_of(Node("a:1", version="7.0.15")), version_of(Node("a:1"))
    ((7, 0, 15), ())
    """
    return numbers(node.version)


def numbers(version: str | None) -> tuple[int, ...]:
    parts = (version or "").split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else ()


def surprises(heir: Node, old: Node) -> list[str]:
    """What would work when this replica takes over, and still be a surprise."""
    found = []
    if heir.replication is not None and heir.replication.read_only is False:
        found.append("takes writes of its own (replica-read-only no)")
    if numbers(heir.version)[:2] < numbers(old.version)[:2]:
        found.append(f"runs {heir.version}, older than the primary's {old.version}")
    limit, used = heir.metric("memory_limit"), old.metric("memory_used")
    if limit and used is not None and used > limit:
        found.append("has less maxmemory than the primary uses")
    return found
