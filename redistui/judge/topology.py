"""The replication tree of a group: who follows whom, chains included, in the order in which it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from redistui.model import Address, Group, Node


@dataclass(frozen=True, slots=True)
class Branch:
    """One line of the tree. `last` tells for every ancestor level whether it is the last child, for the guides."""

    node: Node
    depth: int
    last: tuple[bool, ...]
    orphan: bool
    """It follows somebody who is not of this group, or somebody unknown."""


def upstream(node: Node) -> Address | None:
    """Whom a node says it follows."""
    return node.replication.primary if node.replication is not None else None


def refuses_writes(node: Node) -> bool:
    """A primary that is known to refuse writes (NOREPLICAS): min-replicas-to-write is set, and no replica counts for
    it. A fence of ours looks like that, and so does an old primary that its replicas have left."""
    return node.replication is not None and node.replication.good_replicas == 0


def followers(nodes: Sequence[Node]) -> Mapping[Address, list[Node]]:
    """Each node's direct replicas, by what the replicas say."""
    found: dict[Address, list[Node]] = {}
    for node in nodes:
        above = upstream(node)
        if above is not None:
            found.setdefault(above, []).append(node)
    return found


def root_of(node: Node, by_address: Mapping[Address, Node]) -> Node | None:
    """The top of a node's chain; None where the chain leads to an unknown server or in a circle."""
    if (above := upstream(node)) is None:
        return node
    found = by_address.get(above)
    if found is not None and upstream(found) is None:  # the usual case, as cheap as can be
        return found
    seen = {node.address}
    while (above := upstream(node)) is not None:
        found = by_address.get(above)
        if found is None or found.address in seen:
            return None
        seen.add(found.address)
        node = found
    return node


def tree(group: Group) -> tuple[Branch, ...]:
    """All nodes of a group, primaries first, each followed by its replicas; circles are cut and drawn flat."""
    below = followers(group.nodes)
    known = {node.address for node in group.nodes}
    tops = [node for node in group.nodes if (above := upstream(node)) is None or above not in known]
    drawn: list[Branch] = []
    seen: set[Address] = set()
    for node in sorted(tops, key=lambda one: _rank(one, group, below)):
        _grow(node, below, seen, drawn)
    for node in group.nodes:
        if node.address not in seen:
            seen.add(node.address)
            drawn.append(Branch(node, 0, (), orphan=True))
    return tuple(drawn)


def _grow(top: Node, below: Mapping[Address, list[Node]], seen: set[Address], drawn: list[Branch]) -> None:
    """A top and all under it. Without recursion: a chain may be as long as the fleet."""
    todo: list[tuple[Node, tuple[bool, ...]]] = [(top, ())]
    while todo:
        node, last = todo.pop()
        if node.address in seen:
            continue
        seen.add(node.address)
        drawn.append(Branch(node, len(last), last, orphan=not last and upstream(node) is not None))
        children = [child for child in below.get(node.address, ()) if child.address not in seen]
        todo += [(child, (*last, child is children[-1])) for child in reversed(children)]


def _rank(node: Node, group: Group, below: Mapping[Address, list[Node]]) -> tuple[int, int, str]:
    """The group's primary first, then other primaries, then whoever has followers, then the rest by name."""
    place = 0 if node.address == group.primary else 1 if "primary" in (node.role, node.last_role) else 2
    return place, 0 if below.get(node.address) else 1, node.address


def primaries(group: Group) -> tuple[Node, ...]:
    """Nodes that say they are a primary, in ROLE's own words, now."""
    return tuple(node for node in group.nodes if node.role == "primary" and node.up)
