"""A primary that gave its last slot, and became a replica of who took it, takes its slots back: it is made a primary
without slots first, and its replicas of then follow it again.

Servers make it a replica by themselves: Redis 7.0 and Valkey unless cluster-allow-replica-migration is no, Redis 6.2
nearly always.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from redistui.model import Address, Fleet, Group, Node
from redistui.ops.action import Check
from redistui.ops.checks import answer, failed, names, numbers, passed, warned
from redistui.ops.cluster.map import Member, members
from redistui.ops.cluster.move_slots import MoveSlots
from redistui.ops.cluster.newcomer import introduced
from redistui.ops.stored import Past

NO_ONE_SINCE = (9, 0)
"""CLUSTER REPLICATE NO ONE, of Valkey."""


class Home(NamedTuple):
    """Who is to be a primary again."""

    id: str
    name: str
    node: Node | None
    above: Member | None
    """Whom it follows. None: an operation that came no further has made it a primary already."""
    alone: bool
    """It was reset, and nobody has introduced it since."""
    followers: tuple[Member, ...]
    """Its replicas of then, which are to follow it again."""
    others: tuple[str, ...]
    """In words: its replicas of then, which are left where they are."""


def home_of(group: Group, past: Past, id_: str, takers: Iterable[str]) -> Home | None:
    """What is to be done with a source of then, `takers` being the primaries by now that its slots went to; None:
    nothing, it is a primary, or another stands in its place."""
    everybody = members(group)
    member, takers = everybody.get(id_), set(takers)
    if member is None:
        return None
    if member.primary is None:
        home = _home(everybody, past, member, None, takers)
        return home if home.alone or (home.followers and not member.slots) else None
    above = everybody.get(member.primary)
    if member.primary not in takers and (above is None or above.name not in _primaries(past)):
        return None
    return _home(everybody, past, member, above, takers | {member.primary})


def _alone(member: Member) -> bool:
    """The others list it, and it lists nobody."""
    node = member.node
    return node is not None and node.fault is None and node.cluster is not None and len(node.cluster.peers) == 1


def _home(everybody: Mapping[str, Member], past: Past, member: Member, above: Member | None, takers: set[str]) -> Home:
    below = {replica for replica, primary in heirs_of(past) if primary == member.id}
    followers, others = [], []
    for one in sorted((everybody[id_] for id_ in below if id_ in everybody), key=lambda each: each.name):
        if one.primary == member.id:
            continue
        if one.node is None or one.node.fault is not None:
            others.append(f"{one.name} does not answer: `replicate {one.name} {member.name}` when it is back")
        elif one.primary is None:
            others.append(f"{one.name} is a primary by now")
        elif one.primary in takers:
            followers.append(one)
        else:
            now = everybody.get(one.primary)
            others.append(f"{one.name} follows {one.primary[:8] if now is None else now.name} by now, and stays there")
    return Home(member.id, member.name, member.node, above, _alone(member), tuple(followers), tuple(others))


def heirs_of(past: Past) -> tuple[tuple[str, str], ...]:
    """Who was whose replica when the slots went away: node ids."""
    return tuple(pair for step in past.plan.steps if isinstance(step, MoveSlots) for pair in step.heirs)


def _primaries(past: Past) -> frozenset[Address]:
    """Who was a primary then: nobody's replica that took over since."""
    return frozenset(node for step in past.plan.steps if isinstance(step, MoveSlots) for node in step.others)


def may_come_home(fleet: Fleet, group: Group, home: Home) -> Iterator[Check]:
    if home.node is None or (problem := answer(fleet, home.node)):
        yield failed(f"{home.name} is not among the nodes we reach" if home.node is None else problem)
        return
    if home.alone:
        yield warned(f"{home.name} stands alone: it was reset, and is introduced again")
    if home.above is not None:
        yield from _stops(fleet, home, home.above)
    if is_met(home, home.node):
        yield from introduced(fleet, group, home.node)
    if home.followers:
        who = names([one.name for one in home.followers])
        yield passed(
            f"{who} followed it then, and {'does' if len(home.followers) == 1 else 'do'} so again: a full sync"
        )
    yield from (warned(f"of the replicas that {home.name} had, {said}") for said in home.others)


def _stops(fleet: Fleet, home: Home, above: Member) -> Iterator[Check]:
    if above.node is None or (problem := answer(fleet, above.node)):
        yield failed(
            f"{above.name}, which {home.name} follows, is not among the nodes we reach"
            if above.node is None
            else f"{problem}: {home.name} holds a copy of it, which must not be dropped now"
        )
        return
    assert home.node is not None
    became = f"{home.name} is a replica of {above.name} since it gave its last slot: it is made a primary again"
    if stays(home.node):
        yield passed(became)
    else:
        yield warned(f"{became} by CLUSTER RESET SOFT, and answers CLUSTERDOWN for some 3 s")


def left_bare(group: Group, homes: Iterable[Home]) -> Iterator[Check]:
    """Primaries that lose their last replica to it."""
    homes = tuple(homes)
    gone = {home.id for home in homes} | {one.id for home in homes for one in home.followers}
    everybody = members(group)
    lose = {above for id_ in gone if (above := everybody[id_].primary) is not None}
    bare = [id_ for id_ in lose if not any(m.primary == id_ and m.id not in gone for m in everybody.values())]
    if bare:
        who = sorted(everybody[id_].name for id_ in bare if id_ in everybody)
        yield warned(f"{names(who)} {'is' if len(who) == 1 else 'are'} left without a replica")


def stays(node: Node) -> bool:
    """It can be made a primary without leaving the cluster."""
    return node.server == "valkey" and numbers(node.version)[:2] >= NO_ONE_SINCE


def is_met(home: Home, node: Node) -> bool:
    """It has to be introduced: it stands alone, or will."""
    return home.alone or (home.above is not None and not stays(node))


def as_target(node: Node) -> Node:
    """The node as it will be: what it holds now is dropped before it takes anything."""
    return replace(node, metrics={**node.metrics, "memory_used": 0.0})
