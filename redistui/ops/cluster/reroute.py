"""A slot move that is gone on with after a source or a target was lost: whoever took over its slots takes its place.

Only a node that was its replica when the move was planned, and is a primary now, is taken for its heir.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from redistui.model import Address, Group
from redistui.ops.cluster.map import members, own, shard_of, views
from redistui.ops.cluster.move_plan import ends, heirs, primaries
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.move_verify import MovedAsPlanned
from redistui.ops.cluster.routes import Route, routes_in
from redistui.ops.steps import Step


def gone_on(group: Group, steps: Sequence[Step], verify: Sequence[Step]) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
    """The same steps for the group as it is now; others than those of slot moves stay as they are."""
    move = next((step for step in steps if isinstance(step, MoveSlots)), None)
    if move is None:
        return tuple(steps), tuple(verify)
    heir = heirs_now(group, move)
    nodes = tuple(node.address for node, _ in views(group))

    def now(step: Step) -> Step:
        match step:
            case MoveSlots():
                former = tuple(dict.fromkeys((*step.former, *heir)))
                routes = rerouted(group, step.routes, heir)
                known = tuple(sorted({*step.heirs, *heirs(group)}))
                return replace(step, routes=routes, others=primaries(group), heirs=known, former=former)
            case MovedAsPlanned():
                return replace(step, routes=rerouted(group, step.routes, heir), nodes=nodes)
        return step

    return tuple(map(now, steps)), tuple(map(now, verify))


def heirs_now(group: Group, move: MoveSlots) -> Mapping[str, Address]:
    """Node id of each end that is no primary any more, and the address of its one heir."""
    serving = {peer.id: node.address for node, _ in views(group) if (peer := own(node)) and peer.primary is None}
    lost = {id_ for route in routes_in(move.routes) for id_ in (route.source_id, route.target_id)} - serving.keys()
    found: dict[str, Address] = {}
    for id_ in sorted(lost):
        here = [serving[replica] for replica, primary in move.heirs if primary == id_ and replica in serving]
        if len(here) == 1:
            found[id_] = here[0]
    return found


def absent_takers(group: Group, steps: Sequence[Step]) -> tuple[Address, ...]:
    """Targets of a move by SETSLOT that were lost, do not answer, and are Valkey as the rest of the cluster is.

    Valkey 9.1 keeps in its nodes.conf that it was taking slots in. Started again after they were moved on, it was seen
    to take back all slots that it had, with its old keys, and its heir to delete the newer ones. Redis did not.
    """
    move = next((step for step in steps if isinstance(step, MoveSlots) and step.how == "classic"), None)
    seen = [node for node, _ in views(group)]
    if move is None or not any(node.server == "valkey" for node in seen):
        return ()
    heir, answers = heirs_now(group, move), {node.address for node in seen}
    ends_ = [route.target for route in routes_in(move.routes) if route.target_id in heir]
    return tuple(dict.fromkeys(target for target in ends_ if target not in answers))


def stand_in(group: Group, heirs: Sequence[tuple[str, str]], id_: str) -> str:
    """Node id of who stands in the place of a primary of then that owns no slot any more: its one heir that is a
    primary, where it is silent or gone, or answers as a replica and the heir has slots. Else its own id.

    One that comes back after it was replaced may follow not its heir but whoever took its other slots: Valkey and Redis
    have it follow the one of whom it hears last.
    """
    member, shard = members(group).get(id_), shard_of(group, id_)
    answers = member is not None and any(node is member.node for node, _ in views(group))
    if (answers and member is not None and member.primary is None) or (shard is not None and shard.slot_count):
        return id_
    serving = {peer.id for node, _ in views(group) if (peer := own(node)) and peer.primary is None}
    here = {replica for replica, primary in heirs if primary == id_ and replica in serving}
    if answers:
        here = {replica for replica in here if (taken := shard_of(group, replica)) is not None and taken.slot_count}
    return here.pop() if len(here) == 1 else id_


def rerouted(group: Group, rows: Sequence[Route], heir: Mapping[str, Address]) -> tuple[Route, ...]:
    routes = []
    for route in routes_in(rows):
        source, target = heir.get(route.source_id, route.source), heir.get(route.target_id, route.target)
        if (source, target) == (route.source, route.target) or source == target:
            routes.append(route)
        else:
            routes.append(Route(*_ends(group, route, source, target), route.ranges))
    return tuple(routes)


def _ends(group: Group, route: Route, source: Address, target: Address) -> tuple[Address, str, Address, str, Address]:
    """One end may be silent just now: then it keeps the name it had."""
    there = {node.address for node, _ in views(group)}
    if {source, target} <= there:
        return ends(group, source, target)
    named = {route.source: route.source_id, route.target: route.target_id} | {
        node.address: peer.id for node, _ in views(group) if (peer := own(node)) is not None
    }
    return source, named[source], target, named[target], target
