"""The part of a plan that moves slots: from whom to whom, how, and what must hold before and after.

Rebalance, reshard, fix, draining and undo all plan their moves here, so that they move slots in one way only.

    steps, verify = move_steps(group, moves)    # LookFirst, MoveSlots; MovedAsPlanned

Whether these moves may be made now is asked in redistui.ops.cluster.balance_checks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redistui.model import Address, Group, Node
from redistui.ops.action import SlotMove
from redistui.ops.checks import numbers
from redistui.ops.cluster.map import line, members, own, together
from redistui.ops.cluster.move_look import LookFirst
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.move_verify import MovedAsPlanned
from redistui.ops.cluster.routes import How, Route
from redistui.ops.steps import Step
from redistui.ops.templates import ranges_of, slots_of

ATOMIC_SINCE = (9, 0)
"""CLUSTER MIGRATESLOTS, of Valkey, at the source."""
IMPORT_SINCE = (8, 4)
"""CLUSTER MIGRATION IMPORT, of Redis, at the target."""


def how_of(
    group: Group, moves: Sequence[SlotMove], *, classic: bool = False, joining: Mapping[Address, Node] | None = None
) -> How:
    """How these slots can be moved: by the servers themselves where every source and target can, else key by key.

    `classic`: the operator wants them moved key by key. `joining`: nodes that are no members yet, by address.
    What a server says of its version is what a plan may rest on; MoveSlots asks the server itself before it begins.
    """
    taking_part = [_node(group, end, joining or {}) for move in moves for end in (move.source, move.target)]
    if classic or not taking_part:
        return "classic"
    if all(_is(node, "valkey", ATOMIC_SINCE) for node in taking_part):
        return "atomic"
    return "import" if all(_is(node, "redis", IMPORT_SINCE) for node in taking_part) else "classic"


def move_steps(
    group: Group,
    moves: Sequence[SlotMove],
    *,
    classic: bool = False,
    joining: Mapping[Address, Node] | None = None,
) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The steps that move these slots, and the postconditions that show it: (steps, verify).

    Sources and targets are primaries of `group`, by address; those in `joining` are no members yet when the plan is
    made, and are by the time these steps run. Each slot stands in one move only. A plan of these steps has no release
    and no point of no return (0): stopped or failed, it leaves whole slots, and is gone on with by `resume`. Empty
    moves give no steps.
    """
    if not moves:
        return (), ()
    routes = routes_of(group, moves, joining)
    how = how_of(group, moves, classic=classic, joining=joining)
    nodes = tuple(dict.fromkeys((*(node.address for node, _ in together(group)), *(joining or {}))))
    wants = tuple((move.target, move.bytes) for move in moves)
    look = LookFirst(None, how, routes, nodes, wants)
    move = MoveSlots(None, how, routes, primaries(group, joining), heirs(group))
    return (look, move), (MovedAsPlanned(None, routes, nodes, 20.0),)


def routes_of(
    group: Group, moves: Sequence[SlotMove], joining: Mapping[Address, Node] | None = None
) -> tuple[Route, ...]:
    """One route for each pair of source and target, in the order of the moves."""
    slots: dict[tuple[Address, Address], list[int]] = {}
    for move in moves:
        slots.setdefault((move.source, move.target), []).extend(slots_of(move.ranges))
    return tuple(
        Route(*ends(group, source, target, joining), ranges_of(which)) for (source, target), which in slots.items()
    )


def ends(
    group: Group, source: Address, target: Address, joining: Mapping[Address, Node] | None = None
) -> tuple[Address, str, Address, str, Address]:
    """The two ends of a route: (source, its node id, target, its node id, the target as the source knows it)."""
    giver, taker = own(_node(group, source, joining or {})), own(_node(group, target, joining or {}))
    assert giver is not None, source
    assert taker is not None, target
    return source, giver.id, target, taker.id, _as_known_at(group, source, taker.id) or target


def _as_known_at(group: Group, asked: Address, id_: str) -> Address:
    node = group.node(asked)
    peer = None if node is None or node.cluster is None else line(node.cluster, id_)
    return "" if peer is None or peer.address.endswith(":0") or peer.address.startswith(":") else peer.address


def primaries(group: Group, joining: Mapping[Address, Node] | None = None) -> tuple[Address, ...]:
    """All primaries that answer, those that join among them: everybody who is told of a slot's new owner."""
    here = (node.address for node, _ in together(group) if (peer := own(node)) is not None and peer.primary is None)
    return tuple(dict.fromkeys((*here, *(joining or {}))))


def heirs(group: Group) -> tuple[tuple[str, str], ...]:
    """Node id of every replica, and of its primary: who may stand in a primary's place when a move is gone on with."""
    return tuple(sorted((m.id, m.primary) for m in members(group).values() if m.primary is not None))


def _node(group: Group, address: Address, joining: Mapping[Address, Node]) -> Node | None:
    return joining.get(address) or group.node(address)


def _is(node: Node | None, server: str, since: tuple[int, int]) -> bool:
    return node is not None and node.server == server and numbers(node.version)[:2] >= since
