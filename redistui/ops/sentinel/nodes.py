"""Preflight at the data nodes of a Sentinel group: whether they are what the Sentinels say they are, and which of them
may become primary."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, passed, surprises, verdict, version_of, warned
from redistui.ops.sentinel.candidates import candidates, takers, unfit
from redistui.ops.sentinel.checks import Pair, believers

LAG_BYTES = 1 << 20
"""More than this, and writes would be held while a replica catches up."""
SLOW_MS = 1_000


def primary_of(group: Group) -> Node | None:
    """The one that the Sentinels name."""
    return group.node(group.primary) if group.primary is not None else None


def is_silent(group: Group) -> bool:
    """Whether the primary does not answer us: then a failover is unplanned."""
    primary = primary_of(group)
    return primary is not None and not primary.up


def checks(fleet: Fleet, group: Group, chosen: Address | None) -> Iterator[Check]:
    """Before a planned failover."""
    primary = primary_of(group)
    if primary is None:
        yield failed(f"the primary that the Sentinels name ({group.primary}) is not among the nodes we reach")
        return
    yield serves(fleet, primary)
    yield _others(group, primary)
    yield takers(group) if chosen is None else wanted(group, chosen, silent=False)
    yield from _replicas(fleet, group, primary)


def _others(group: Group, primary: Node) -> Check:
    others = [node.address for node in group.nodes if node.role == "primary" and node is not primary]
    return verdict(
        [f"{names(others)}: primary as well, by its own ROLE"] if others else [], "no other node says primary"
    )


def serves(fleet: Fleet, node: Node) -> Check:
    """Whether a primary is well, by its own word."""
    problem = answer(fleet, node)
    if problem:
        return failed(problem)
    if node.role != "primary":
        return failed(f"{node.address} says of itself that it is a {node.role or 'node of unknown role'}")
    if node.ping_ms is None or node.ping_ms >= SLOW_MS:
        return failed(f"{node.address} takes {node.ping_ms or 0:.0f} ms to answer PING: it hangs, or the network does")
    state = None if node.replication is None else node.replication.failover_state
    if state not in (None, "no-failover"):
        return failed(f"{node.address} is in a FAILOVER of its own ({state}); FAILOVER ABORT there ends it")
    if version_of(node) < (6, 2):
        return failed(f"{node.address} runs {node.version or 'an unknown version'}; this needs 6.2 or later")
    return passed(f"{node.address} says of itself that it is primary; PING {node.ping_ms:.1f} ms")


def wanted(group: Group, chosen: Address, *, silent: bool) -> Check:
    """The replica that is to become primary."""
    node = group.node(chosen)
    if chosen == group.primary:
        return failed(f"{chosen} is the primary already")
    if node is None:
        here = names([each.address for each in group.nodes if each.address != group.primary])
        return failed(f"{chosen} is no replica of {group.name}; its replicas: {here or 'none'}")
    seen = [each for _, watch in believers(group) for each in watch.replicas if each.address == chosen]
    if not seen:
        return failed(f"{chosen} is not known to the Sentinels: they know only replicas of the primary itself")
    if any(each.priority == 0 for each in seen) or (node.replication is not None and node.replication.priority == 0):
        return failed(f"{chosen} has replica-priority 0: it is never to become primary")
    against: dict[str, list[Address]] = {}
    for pair in believers(group):
        if why := _why_not(pair, chosen, silent=silent):
            against.setdefault(why, []).append(pair[0].address)
    return verdict(
        [f"{names(those)} would not take {chosen}: {why}" for why, those in against.items()],
        f"every Sentinel would take {chosen}",
    )


def _why_not(pair: Pair, chosen: Address, *, silent: bool) -> str:
    seen = next((each for each in pair[1].replicas if each.address == chosen), None)
    return "not known there" if seen is None else unfit(seen, pair, silent=silent)


def _replicas(fleet: Fleet, group: Group, primary: Node) -> Iterator[Check]:
    good = candidates(group)
    for address in good:
        yield _candidate(fleet, group.node(address), address, primary)
    for node in group.nodes:
        if node.address not in good and node is not primary and answer(fleet, node):
            yield warned(f"{answer(fleet, node)}; it takes no part and follows when it is back")


def _candidate(fleet: Fleet, node: Node | None, address: Address, primary: Node) -> Check:
    problem = f"{address} is not among the nodes we reach" if node is None else answer(fleet, node)
    if node is None or problem:
        return failed(f"{problem}, and the Sentinels may choose it")
    link, lag = node.replication, node.metric("lag_bytes")
    if node.role != "replica" or link is None or link.link != "up" or link.sync_in_progress:
        return failed(f"{address} is no replica with its link up and its sync done, and the Sentinels may choose it")
    if primary.replication is not None and link.replid != primary.replication.replid:
        return failed(f"{address} has another history than {primary.address} (replid)")
    if (state := _state_at(primary, address)) not in ("online", None):
        return failed(f"{primary.address} is still bringing {address} up to date ({state})")
    if lag is None:
        return failed(f"{address}: its lag is not known")
    if lag > LAG_BYTES:
        return failed(f"{address} lags {lag / LAG_BYTES:.1f} MiB behind: writes would be held while it catches up")
    if odd := surprises(node, primary):
        return warned(f"{node.address} {', '.join(odd)}")
    return passed(f"{node.address} has its link up, {lag:.0f} bytes behind")


def _state_at(primary: Node, address: Address) -> str | None:
    """Of a replica, as its primary lists it; None where it goes there by another address."""
    seen = () if primary.replication is None else primary.replication.replicas
    return next((each.state for each in seen if each.address == address), None)
