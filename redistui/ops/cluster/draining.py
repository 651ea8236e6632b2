"""A primary with slots leaves a cluster in one plan: its slots go to the others, its replicas follow them, it is reset,
and all forget it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from redistui.judge.balance import emptied
from redistui.model import Fleet, Group
from redistui.ops.action import Aim, Check, Plan, SlotMove
from redistui.ops.checks import answer, failed, names, passed, warned
from redistui.ops.cluster.balance_checks import may_be_moved, takes_part, trouble
from redistui.ops.cluster.follow import FindNewPrimary
from redistui.ops.cluster.leave import ForgetAt, ResetNode
from redistui.ops.cluster.map import Member, members, owners, shard_of
from redistui.ops.cluster.member_checks import silent, standing
from redistui.ops.cluster.members import NobodyListsIt, StandsAlone
from redistui.ops.cluster.moving import moving_plan
from redistui.ops.cluster.same_map import AwaitEmptied
from redistui.ops.cluster.shares import moves_of, parties
from redistui.ops.steps import Step
from redistui.ops.templates import slot_count

EMPTIED_SECONDS = 15.0
FEWEST = 3
"""Primaries with slots, of which one may die and the others still are a majority."""


def drains(leaving: Member, aim: Aim) -> bool:
    return "drain" in aim.options and leaving.primary is None and leaving.slots > 0


def taken_over(fleet: Fleet, group: Group, leaving: Member) -> tuple[SlotMove, ...]:
    """Its slots to all other shards that own slots and live, so that these are as even as can be."""
    shards = [s for s in owners(group) if s.id == leaving.id or takes_part(fleet, group, s)]
    if len(shards) < 2 or leaving.node is None:
        return ()
    return moves_of(emptied(parties(shards, {}), leaving.address))


def replicas_of(group: Group, leaving: Member) -> tuple[Member, ...]:
    below = [member for member in members(group).values() if member.primary == leaving.id]
    return tuple(sorted(below, key=lambda member: member.name))


def may_be_drained(fleet: Fleet, group: Group, leaving: Member, aim: Aim) -> Iterator[Check]:
    shard = shard_of(group, leaving.id)
    if shard is None or (problem := trouble(fleet, group, shard)):
        yield failed(
            problem if shard is not None else f"{leaving.name} does not answer: its slots cannot be moved away"
        )
        return
    moves = taken_over(fleet, group, leaving)
    if not moves:
        yield failed("no other shard is there that could take its slots")
        return
    yield passed(f"{leaving.name} gives its {leaving.slots:,} slots to {names([move.target for move in moves])}")
    yield from (check for check in may_be_moved(fleet, group, moves, aim.survey) if not _is_known(check, leaving))
    yield from _followers(fleet, group, leaving, moves)
    left = len([one for one in owners(group) if one.id != leaving.id])
    if left < FEWEST:
        yield warned(
            f"{left} primaries with slots are left: when one dies, the rest is no majority, and nobody takes over"
        )
    yield from silent(group, leaving.id, f"it still lists {leaving.name} when it is back; forget it once more then")


def _is_known(check: Check, leaving: Member) -> bool:
    """That it gives all its slots is what was asked for."""
    return check.text.startswith(f"{leaving.address} gives all its slots")


def _followers(fleet: Fleet, group: Group, leaving: Member, moves: tuple[SlotMove, ...]) -> Iterator[Check]:
    """Where its replicas go."""
    below = replicas_of(group, leaving)
    silent_ = [member.name for member in below if member.node is None or answer(fleet, member.node)]
    if silent_:
        are = "its replica {} does" if len(silent_) == 1 else "its replicas {} do"
        yield failed(f"{are.format(names(silent_))} not answer: `forget` {'it' if len(silent_) == 1 else 'them'} first")
    elif below:
        who = names([member.name for member in below])
        do = f"its replica {who} stays: it follows" if len(below) == 1 else f"its replicas {who} stay: they follow"
        yield warned(
            f"{do} who takes the last slot, or {_heir(moves)}, with a full sync; `forget` takes "
            f"{'it' if len(below) == 1 else 'them'} out as well"
        )


def _heir(moves: tuple[SlotMove, ...]) -> str:
    """Who takes most."""
    return max(moves, key=lambda move: slot_count(move.ranges)).target


def drain_plan(fleet: Fleet, group: Group, aim: Aim, leaving: Member) -> Plan:
    moves = taken_over(fleet, group, leaving)
    stay = standing(group, leaving.id)
    moving = moving_plan(group, aim, "forget", f"Drain {leaving.name} and take it out of {group.name}", moves)
    everybody = (*stay, leaving.address)
    away: tuple[Step, ...] = (
        *_find_primaries(group, leaving, moves),
        AwaitEmptied(None, leaving.id, leaving.name, everybody, EMPTIED_SECONDS),
        ResetNode(leaving.address, leaving.id, replica=False),
        *(ForgetAt(node, leaving.id, leaving.name) for node in stay),
    )
    below = bool(replicas_of(group, leaving))
    return replace(
        moving,
        steps=(*moving.steps, *moving.verify, *away),
        verify=(
            NobodyListsIt(None, leaving.id, leaving.name, stay, quiet=3.0, seconds=15.0),
            StandsAlone(leaving.address, 15.0),
        ),
        loses=f"{moving.loses} A primary less is left{', and its replicas take a full sync' if below else ''}.",
        undo=f"`add-node {leaving.address} --rebalance`: it comes back with its share of the slots, not the same ones.",
    )


def _find_primaries(group: Group, leaving: Member, moves: tuple[SlotMove, ...]) -> tuple[Step, ...]:
    heir = _heir(moves)
    shard = next(shard for shard in owners(group) if shard.primary == heir)
    return tuple(
        FindNewPrimary(member.address, member.id, leaving.address, leaving.id, heir, shard.id)
        for member in replicas_of(group, leaving)
    )
