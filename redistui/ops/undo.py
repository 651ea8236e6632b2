"""undo: the slots that an operation moved go back, as far as they still stand where it put them.

What another operation has moved on since is left alone. Whoever took over from a source or a target since stands in
its place, also while that one is down. Who gave its last slot has become a replica since, and is made a primary again
first. Other operations are undone by what their plan said, not here.
"""

from __future__ import annotations

from collections.abc import Iterator

from redistui.judge.counts import counted
from redistui.model import Address, Fleet, Group, Node, Shard
from redistui.ops.action import Action, Aim, Argument, Check, Plan, SlotMove
from redistui.ops.checks import failed, fresh, passed, warned
from redistui.ops.cluster.balance_checks import may_be_moved
from redistui.ops.cluster.home_steps import brought_home
from redistui.ops.cluster.homecoming import Home, as_target, heirs_of, home_of, left_bare, may_come_home
from redistui.ops.cluster.map import members, shard_of
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.moving import moving_plan
from redistui.ops.cluster.reroute import stand_in
from redistui.ops.cluster.routes import Route, routes_in
from redistui.ops.cluster.shares import move_of, owned
from redistui.ops.rebalance import CLASSIC
from redistui.ops.stored import Past


def routes_of(past: Past) -> tuple[Route, ...]:
    """What the operation was to move."""
    steps = (step for step in past.plan.steps if isinstance(step, MoveSlots))
    return tuple(route for step in steps for route in routes_in(step.routes))


def checks(fleet: Fleet, aim: Aim) -> Iterator[Check]:
    past, group = aim.past, fleet.group(aim.group)
    if past is None:
        yield failed(f"the journal here knows of no operation {' '.join(aim.words)!r}")
        return
    routes = routes_of(past)
    if not routes:
        back = f"; its own way back is: {past.plan.undo}" if past.plan.undo else ""
        yield failed(f"{past.action} of {past.group} moved no slots{back}")
        return
    if group is None or group.cluster is None:
        yield failed(f"there is no group {past.group!r} here, whose slots it moved; name it as a target")
        return
    yield from fresh(fleet)
    wanted, there = sum(len(route.slots) for route in routes), sum(len(slots) for _, slots in standing(group, past))
    if not there:
        yield failed("none of the slots it moved stands where it put it: there is nothing to take back")
        return
    if homeless := _homeless(group, past):
        yield failed(homeless)
        return
    said = f"{past.action} was begun {past.at}; {there:,} of its {counted(wanted, 'slot')} stand where it put them"
    yield passed(said) if there == wanted else warned(f"{said}: only these go back")
    homes = homes_of(group, past)
    for home in homes:
        yield from may_come_home(fleet, group, home)
    yield from left_bare(group, homes)
    others = may_be_moved(fleet, group, planned(group, past), aim.survey, _coming(homes))
    yield from (check for check in others if not _is_copied(check, homes))


def standing(group: Group, past: Past) -> tuple[tuple[Route, tuple[int, ...]], ...]:
    """The slots of each route that its target owns now, or who has taken that one's place. None where that is the
    source itself: it took over from the target, and so has them back already."""
    found = []
    for route in routes_of(past):
        here = _shard_now(group, past, route.target_id)
        held = frozenset(() if here is None or here.id == _now(group, past, route.source_id) else owned(here))
        found.append((route, tuple(slot for slot in route.slots if slot in held)))
    return tuple(found)


def _now(group: Group, past: Past, id_: str) -> str:
    """Node id of a primary of then, or of its replica that took over if it is lost."""
    return stand_in(group, heirs_of(past), id_)


def _shard_now(group: Group, past: Past, id_: str) -> Shard | None:
    """The shard that a primary of then is in now: it may have been failed over since."""
    id_ = _now(group, past, id_)
    member = members(group).get(id_)
    return shard_of(group, id_ if member is None or member.primary is None else member.primary)


def _homeless(group: Group, past: Past) -> str:
    """Why slots cannot go back to where they came from; empty: they can."""
    for route, slots in standing(group, past):
        if slots and _shard_now(group, past, route.source_id) is None:
            return f"{route.source} is no member of {group.name} any more: `add-node` first, then `reshard`"
    return ""


def homes_of(group: Group, past: Past) -> tuple[Home, ...]:
    """Sources that gave their last slot, and follow a taker of their slots since."""
    takers: dict[str, list[str]] = {}
    for route, _ in standing(group, past):
        here, source = _shard_now(group, past, route.target_id), _now(group, past, route.source_id)
        takers.setdefault(source, []).append(route.target_id if here is None else here.id)
    wanted = dict.fromkeys(_now(group, past, route.source_id) for route, slots in standing(group, past) if slots)
    return tuple(home for id_ in wanted if (home := home_of(group, past, id_, takers[id_])) is not None)


def _coming(homes: tuple[Home, ...]) -> dict[Address, Node]:
    """As targets of moves."""
    return {home.node.address: as_target(home.node) for home in homes if home.node is not None}


def _is_copied(check: Check, homes: tuple[Home, ...]) -> bool:
    """That it has no replica yet is no news of one whose replicas follow it again before it takes anything."""
    return any(home.followers and check.text.startswith(f"{home.name} has no replica") for home in homes)


def planned(group: Group, past: Past) -> tuple[SlotMove, ...]:
    """Each route backwards."""
    comes = {home.id: home.name for home in homes_of(group, past)}
    found = []
    for route, slots in standing(group, past):
        here, home = _shard_now(group, past, route.target_id), _shard_now(group, past, route.source_id)
        back = comes.get(_now(group, past, route.source_id)) or (None if home is None else home.primary)
        if slots and here is not None and back is not None and back != here.primary:
            found.append(move_of(here.primary, back, slots))
    return tuple(found)


def plan(fleet: Fleet, aim: Aim) -> Plan:
    group, past = fleet.group(aim.group), aim.past
    assert group is not None
    assert past is not None
    homes, title = homes_of(group, past), f"Take back {past.action} {past.operation}"
    moving = moving_plan(group, aim, "undo", title, planned(group, past), joining=_coming(homes))
    return brought_home(fleet, group, homes, moving)


UNDO = Action(
    name="undo",
    title="Take an operation's slot moves back",
    key=None,
    danger="risky",
    kinds=("cluster",),
    doc="The slots that an operation moved go back, as far as they stand where it put them.",
    checks=checks,
    plan=plan,
    arguments=(Argument("OPERATION"),),
    options=(CLASSIC,),
    surveys=True,
)
