"""Clusters for plans that move slots: three shards of one replica each, an empty primary, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from redistui.model import SLOTS, Fleet, Survey
from redistui.ops.action import Action, Aim, Plan, refusals, warnings
from redistui.ops.aiming import again
from tests import fleets
from tests.engine.cluster_imagined import NAME, VALKEY, fleet_of
from tests.ops.cluster_world import NEW, P1, P2, P3, World

Tweak = Callable[[Fleet], Fleet]
EVEN = {P1: "0-5460", P2: "5461-10921", P3: "10922-16383"}
UNEVEN = {P1: "0-9999", P2: "10000-12999", P3: "13000-16383"}
KEYS = 10
"""In each slot, as `survey` has it."""


def world(slots: Mapping[str, str] = EVEN, *, fourth: bool = False) -> World:
    """`fourth`: a primary without slots and replicas is a member."""
    made = World()
    for address, which in slots.items():
        made.servers[address].slots = which
    if fourth:
        new = made.servers[NEW]
        ids = {server.id for server in made.servers.values()}
        for server in made.servers.values():
            server.knows = set(ids)
        new.slots = slots.get(NEW, "")
        new.epoch = 4
    return made


def survey(keys: Sequence[float | None] | None = None, size: float | None = 100.0) -> Survey:
    """Ten keys in each slot, of a hundred bytes each."""
    held = tuple(keys) if keys is not None else (float(KEYS),) * SLOTS
    memory = None if size is None else tuple(None if one is None else one * size for one in held)
    return Survey(fleets.AT - 2, fleets.AT - 1, held, memory, "average")


def fleet(world_: World, found: Survey | None = None, tweak: Tweak | None = None, **what: str) -> Fleet:
    made = fleet_of(world_, **(what or VALKEY))
    groups = tuple(replace(group, survey=found) if group.name == NAME else group for group in made.groups)
    made = replace(made, groups=groups)
    return made if tweak is None else tweak(made)


def aim(words: Sequence[str] = (), **options: str) -> Aim:
    return Aim(
        NAME,
        words[0] if words else None,
        {n.rstrip("_").replace("_", "-"): v for n, v in options.items()},
        tuple(words),
    )


def said(action: Action, fleet_: Fleet, aim_: Aim) -> str:
    """All that refuses it, in one text."""
    return "; ".join(refusals(action, fleet_, again(action, fleet_, aim_)))


def warned(action: Action, fleet_: Fleet, aim_: Aim) -> str:
    return "; ".join(warnings(action, fleet_, again(action, fleet_, aim_)))


def plan(action: Action, fleet_: Fleet, aim_: Aim) -> Plan:
    """Of a fleet that refuses nothing."""
    aim_ = again(action, fleet_, aim_)
    assert refusals(action, fleet_, aim_) == ()
    return action.plan(fleet_, aim_)


def moved(made: Plan) -> list[tuple[str, str, int]]:
    """Source, target and number of slots of each move."""
    return [(m.source, m.target, sum(last - first + 1 for first, last in m.ranges)) for m in made.moves]
