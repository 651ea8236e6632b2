"""A node that joins a cluster takes its share of the slots in the same plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.judge.balance import Party, filled
from redistui.model import Fleet, Group, Node
from redistui.ops.action import Aim, Check, Plan, SlotMove
from redistui.ops.checks import failed, passed
from redistui.ops.cluster.balance_checks import may_be_moved
from redistui.ops.cluster.map import owners
from redistui.ops.cluster.moving import moving_plan
from redistui.ops.cluster.same_map import AwaitSameMap
from redistui.ops.cluster.shares import moves_of, parties
from redistui.ops.templates import slot_count

MAP_SECONDS = 20.0


def shared_out(group: Group, new: Node, aim: Aim) -> tuple[SlotMove, ...]:
    """What the others give it, until all own as many slots. Primaries without slots stay without, and nothing moves
    between the others."""
    everybody = (*parties(owners(group), {}), Party(new.address, ()))
    most = aim.options.get("max-slots")
    return moves_of(filled(everybody, new.address, None if most is None else int(most)))


def may_take_its_share(fleet: Fleet, group: Group, new: Node, aim: Aim) -> Iterator[Check]:
    moves = shared_out(group, new, aim)
    if not moves:
        yield failed("no shard has slots to give")
        return
    gives = sum(slot_count(move.ranges) for move in moves)
    yield passed(f"{new.address} gets {gives:,} slots, from {len(moves)} shards")
    yield from may_be_moved(fleet, group, moves, aim.survey, {new.address: new})


def with_its_share(group: Group, new: Node, aim: Aim, joins: Plan) -> Plan:
    """The plan by which it joins, and then takes its share."""
    stay = tuple(dict.fromkeys(node for step in joins.steps for node in getattr(step, "nodes", ())))
    title = f"Add {new.address} to {group.name}, with its share of the slots"
    moving = moving_plan(group, aim, "add-node", title, shared_out(group, new, aim), joining={new.address: new})
    return replace(
        moving,
        steps=(*joins.steps, AwaitSameMap(None, new.address, stay, MAP_SECONDS), *moving.steps),
        verify=(*joins.verify, *moving.verify),
        fingerprint=joins.fingerprint,
        undo=f"`forget {new.address} --drain`: its slots go back to the others, not each to where it came from.",
    )
