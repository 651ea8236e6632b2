"""Preflight of set-parameter: is it one of the safe ones, does this server have it, and what would the value do here.

What a value does is told from what is polled anyway (memory, clients, replicas); figures are rounded.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, numbers, passed, warned
from redistui.ops.parameter.table import BY_NAME, Parameter
from redistui.ops.parameter.values import canonical, why_not, wrong

SPARE_CLIENTS = 32
"""Connections that must stay free for Sentinels, replicas and operators."""


def holder(fleet: Fleet, group: Group, address: Address) -> Check:
    node = group.node(address)
    if node is not None:
        problem = answer(fleet, node)
        return failed(problem) if problem else passed(f"{address} answers, and is a {node.role or 'node'}")
    if address in {sentinel.address for sentinel in group.sentinels}:
        return failed(f"{address} is a Sentinel: `sentinel-set` is for what Sentinels go by")
    return failed(f"{address} is no node of {group.name}")


def parameter_of(group: Group, address: Address, name: str) -> Iterator[Check]:
    """Whether it may be changed, and this server has it."""
    parameter, node = BY_NAME.get(name), group.node(address)
    if parameter is None:
        yield failed(why_not(name))
        return
    if parameter.cluster and group.kind != "cluster":
        yield failed(f"{name} does something in a cluster only")
    if node is not None and (since := _since(parameter, node)):
        yield failed(f"{address} runs {node.server} {node.version}, which has no {name}; {since}")
        return
    others = sum(1 for one in group.nodes if one.address != address)
    rest = {0: "", 1: "; the other node keeps its own"}.get(others, f"; the other {others} nodes keep their own")
    yield passed(f"{name} is changed at {address} only{rest}")


def _since(parameter: Parameter, node: Node) -> str:
    """Since when the product has it, where this server is older; empty: it has it, or its version is not known."""
    version, since = numbers(node.version), parameter.valkey if node.server == "valkey" else parameter.redis
    if not version or node.server is None:
        return ""
    if since is None:
        return f"{node.server.capitalize()} has none"
    return f"{node.server.capitalize()} has it since {since[0]}.{since[1]}" if version[:2] < since else ""


def value_of(parameter: Parameter, value: str, was: str) -> Iterator[Check]:
    said = wrong(parameter, value)
    yield failed(said) if said else passed(f"{parameter.name}: {parameter.does}")
    if was and canonical(parameter, was) is None:
        yield failed(f"--was: {parameter.name} takes {parameter.takes}, not {was!r}")


def overfull(node: Node, parameter: Parameter, value: str) -> bool:
    """A limit on memory below what is in use."""
    limit, used = canonical(parameter, value), node.metric("memory_used")
    return parameter.name == "maxmemory" and isinstance(limit, int) and used is not None and 0 < limit < used


def weighed(group: Group, node: Node, parameter: Parameter, value: str) -> Iterator[Check]:
    """What this value would do at this node now."""
    meant = canonical(parameter, value)
    if not isinstance(meant, int):
        return
    match parameter.name:
        case "maxmemory":
            yield from _memory(group, node, parameter, value, meant)
        case "maxclients":
            yield _clients(node, meant)
        case "min-replicas-to-write":
            yield from _replicas(node, meant)
        case "replica-priority" if meant == 0:
            yield from _priority(group, node)


def _memory(group: Group, node: Node, parameter: Parameter, value: str, limit: int) -> Iterator[Check]:
    used = node.metric("memory_used")
    if limit and used is None:
        yield failed(f"how much memory {node.address} uses is not known")
    elif used is not None and overfull(node, parameter, value):
        yield warned(
            f"{node.address} uses about {rounded(used)}, which is more: keys are evicted, or writes fail (OOM)"
        )
    above = group.node(group.primary or "")
    full = None if above is None else above.metric("memory_used")
    if limit and node.role == "replica" and full is not None and limit < full:
        yield warned(f"the primary uses about {rounded(full)}: once promoted, {node.address} would evict or refuse")


def _clients(node: Node, limit: int) -> Check:
    now = node.metric("clients")
    if now is None:
        return failed(f"how many clients {node.address} has is not known")
    if limit < now + SPARE_CLIENTS:
        return failed(
            f"about {now:.0f} clients are connected: with {limit}, new ones would be refused, replicas, Sentinels and "
            "this console among them"
        )
    return passed(f"about {now:.0f} clients are connected")


def _replicas(node: Node, wanted: int) -> Iterator[Check]:
    seen = () if node.replication is None else node.replication.replicas
    online = sum(1 for replica in seen if replica.state == "online")
    if node.role == "primary" and wanted > online:
        yield warned(f"{online} replicas are online: writes are refused (NOREPLICAS) until there are {wanted}")
    elif node.role == "replica" and wanted:
        yield warned(f"it counts once {node.address} is promoted")


def _priority(group: Group, node: Node) -> Iterator[Check]:
    others = [
        one
        for one in group.nodes
        if one.role == "replica" and one is not node and one.replication is not None and one.replication.priority != 0
    ]
    if not others:
        yield warned(f"no other replica of {group.name} may be promoted: nobody would take over")


def rounded(size: float) -> str:
    """Bytes to two figures, so that a sentence does not change with every poll.

    >>> rounded(3_490_000_000), rounded(999)
    ('3.3 GiB', '999 bytes')
    """
    for factor, unit in ((1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")):
        if size >= factor:
            return f"{float(f'{size / factor:.2g}'):g} {unit}"
    return f"{size:.0f} bytes"
