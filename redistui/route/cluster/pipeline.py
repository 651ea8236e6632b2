"""Many commands at once on a cluster: one burst for each node, and the answers in the order that was asked for.

Commands of one slot keep their order, also where they have to be sent on: those that a node refused because the slot is
not there (any more) are followed one after the other. Commands of different slots have no order among each other, as
they run on different nodes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redistui.model.routes import Answer
from redistui.route.cluster.follow import Trip
from redistui.route.endpoint import Argv, Endpoint
from redistui.route.failures import RouteFailed


@dataclass(frozen=True, slots=True)
class Wanted:
    """One command of many, the slot of its keys (None: it has none), and where it stands in the call."""

    place: int
    argv: Argv
    slot: int | None
    reading: bool
    """A replica may answer it."""


Placed = Callable[[Wanted], tuple[Endpoint, str]]
"""Whom to ask, and if that is not the strategy's choice, why not; raises RouteFailed: nobody."""
Result = Answer | RouteFailed


async def run_all(wanted: Sequence[Wanted], placed: Placed, trip: Callable[[Wanted], Trip]) -> dict[int, Result]:
    """Place -> answer, or what it ended in. `trip`: a command's way on its own, after the burst refused it."""
    groups: dict[Endpoint, list[Wanted]] = {}
    found: dict[int, Result] = {}
    stray: list[tuple[Wanted, Trip, RouteFailed]] = []
    trips = {each.place: trip(each) for each in wanted}
    for each in wanted:
        try:
            endpoint, trips[each.place].fallback = placed(each)
            groups.setdefault(endpoint, []).append(each)
        except RouteFailed as nobody:
            stray.append((each, trips[each.place], nobody))
    bursts = await asyncio.gather(
        *(endpoint.burst([each.argv for each in group]) for endpoint, group in groups.items())
    )
    for (endpoint, group), replies in zip(groups.items(), bursts, strict=True):
        for each, reply in zip(group, replies, strict=True):
            if isinstance(reply, RouteFailed):
                stray.append((each, trips[each.place], reply))
            else:
                found[each.place] = trips[each.place].answer(reply, endpoint.address)
    return found | await _followed(stray)


async def _followed(stray: Sequence[tuple[Wanted, Trip, RouteFailed]]) -> dict[int, Result]:
    """Those of one slot one after the other, slots side by side."""
    by_slot: dict[Any, list[tuple[Wanted, Trip, RouteFailed]]] = {}
    for each in sorted(stray, key=lambda one: one[0].place):
        by_slot.setdefault(each[0].slot, []).append(each)

    async def in_turn(slot: list[tuple[Wanted, Trip, RouteFailed]]) -> dict[int, Result]:
        return {wanted.place: await _end_of(trip, failed) for wanted, trip, failed in slot}

    found: dict[int, Result] = {}
    for part in await asyncio.gather(*map(in_turn, by_slot.values())):
        found |= part
    return found


async def _end_of(trip: Trip, failed: RouteFailed) -> Result:
    try:
        return await trip.run(failed)
    except RouteFailed as error:
        return error
