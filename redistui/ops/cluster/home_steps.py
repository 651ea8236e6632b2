"""The steps by which primaries that gave all their slots are primaries again, before their slots come back."""

from __future__ import annotations

from dataclasses import replace

from redistui.model import Address, Fleet, Group
from redistui.ops.action import Plan
from redistui.ops.checks import names
from redistui.ops.cluster.follow import Replicate
from redistui.ops.cluster.homecoming import Home, is_met, stays
from redistui.ops.cluster.join import AwaitMember, Meet
from redistui.ops.cluster.map import own
from redistui.ops.cluster.member_checks import link_seconds, standing
from redistui.ops.cluster.members import SeenInPlace
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.newcomer import introducer
from redistui.ops.cluster.same_map import AwaitSameMap
from redistui.ops.cluster.stop_following import StopFollowing
from redistui.ops.cluster.verify import ReplicasFollow
from redistui.ops.steps import Step

MEET_SECONDS = 30.0
SETTLE_SECONDS = 15.0
MAP_SECONDS = 20.0
"""It was seen to serve 2.8 s after it was reset (Redis 6.2 and 7.0), and at once where it had not to be reset."""


def brought_home(fleet: Fleet, group: Group, homes: tuple[Home, ...], moving: Plan) -> Plan:
    """The plan by which they become primaries again, and then take their slots back."""
    if not homes:
        return moving
    comes = tuple(step for home in homes for step in _comes(fleet, group, home))
    drops = [f"{home.name} drops the copy that it holds of {home.above.name}" for home in homes if home.above]
    syncs = [one.name for home in homes for one in home.followers]
    full = f"{names(syncs)} {'takes' if len(syncs) == 1 else 'take'} a full sync"
    said = "; ".join([*drops, *([full] if syncs else [])])
    return replace(
        moving,
        steps=(*comes, *(_inherited(step, homes) for step in moving.steps)),
        verify=(*moving.verify, *(step for home in homes for step in _followed(home))),
        loses=f"{moving.loses} {said}." if said else moving.loses,
    )


def _comes(fleet: Fleet, group: Group, home: Home) -> tuple[Step, ...]:
    node, others = home.node, standing(group, home.id)
    assert node is not None
    mine = own(node)
    assert mine is not None
    stop: tuple[Step, ...] = ()
    if home.above is not None:
        stop = (StopFollowing(node.address, home.id, home.above.address, home.above.id, stays(node)),)
    meet: tuple[Step, ...] = ()
    if is_met(home, node):
        theirs = own(introducer(fleet, group))
        assert theirs is not None
        meet = (
            Meet(node.address, home.id, theirs.address, theirs.id, theirs.bus_port or 0),
            AwaitMember(None, node.address, home.id, mine.bus_port or 0, others, MEET_SECONDS),
        )
    return (
        *stop,
        *meet,
        SeenInPlace(None, home.id, node.address, None, None, (*others, node.address), SETTLE_SECONDS),
        AwaitSameMap(None, node.address, others, MAP_SECONDS),
        *(Replicate(one.address, one.id, node.address, home.id, one.primary) for one in home.followers),
    )


def _followed(home: Home) -> tuple[Step, ...]:
    if not home.followers or home.node is None:
        return ()
    nodes: tuple[Address, ...] = tuple(one.address for one in home.followers)
    return (ReplicasFollow(None, home.node.address, home.id, nodes, link_seconds(home.node)),)


def _inherited(step: Step, homes: tuple[Home, ...]) -> Step:
    """Who may stand in whose place is another one by then: who comes home is no heir of the taker any more."""
    if not isinstance(step, MoveSlots):
        return step
    new = {one.id: home.id for home in homes for one in home.followers}
    gone = {home.id for home in homes} | new.keys()
    rest = [(replica, primary) for replica, primary in step.heirs if replica not in gone]
    return replace(step, heirs=tuple(sorted((*rest, *new.items()))))
