"""Errand: what one primary is asked in one survey, and the pace at which all of them are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from redistui.engine.counting import complement, count_others, count_own, holds_only, look_at_jobs, measure
from redistui.engine.sampling import AT_ONCE as SAMPLED
from redistui.engine.sampling import sample
from redistui.engine.sidewire import SideWire
from redistui.engine.told import Told

AT_ONCE = 200_000
"""Slots a second of the whole fleet, for an action: three primaries are counted in a third of a second."""
SLOWLY = 20_000
"""The same for a screen."""


class Pace:
    """A budget of slots a second, shared by all who ask, and a breath between two bursts to one server."""

    def __init__(self, urgent: Callable[[], bool], tell: Callable[[], None]) -> None:
        """`urgent` says whether somebody waits; `tell` is called now and then."""
        self._urgent, self._tell = urgent, tell
        self._next = 0.0

    async def __call__(self, slots: int) -> None:
        self._tell()
        now = asyncio.get_running_loop().time()
        rate, breath = (AT_ONCE, 0.002) if self._urgent() else (SLOWLY, 0.01)
        at = max(self._next if not self._urgent() else min(self._next, now + 0.1), now)
        self._next = at + slots / rate
        await asyncio.sleep(max(at - now, breath))


class Errand(NamedTuple):
    """What is wanted of a primary."""

    elsewhere: int
    """Slots of others to look into."""
    thorough: bool
    """At once and all, for an action."""
    trusts_sums: bool
    """A node that holds no more keys than its own slots do is not asked for others."""
    sampled: bool
    """With the memory of some keys."""
    moves: bool
    """With the moves it makes by itself."""


async def count(wire: SideWire, told: Told, own: list[int], errand: Errand, pace: Pace) -> None:
    """Its own slots, then those of others, and what else is wanted. Raises WireFault."""
    told.own(frozenset(own))
    await measure(wire, told)
    await count_own(wire, told, own, pace)
    others = _part(told, own, errand.elsewhere)
    if errand.trusts_sums and await holds_only(wire, own):
        told.nothing_else(len(others))
    else:
        await count_others(wire, told, others, pace)
    if errand.sampled and not told.memory and told.may_sample is not False:
        await sample(wire, told, pace, None if errand.thorough else SAMPLED)
    if errand.moves and told.has_jobs is not False:
        await look_at_jobs(wire, told)


def _part(told: Told, own: list[int], elsewhere: int) -> list[int]:
    """The slots of others whose turn it is."""
    others = complement(frozenset(own))
    if elsewhere >= len(others):
        return others
    start = told.reach % len(others)
    told.reach = start + elsewhere
    return sorted((others[start:] + others[:start])[:elsewhere])


def before_7(version: str | None) -> bool:
    """Redis 6.2 takes an unknown subcommand for one that our user may not run, and puts it into its ACL LOG; no server
    so old knows what slots use, or moves slots by itself."""
    major = (version or "").partition(".")[0]
    return major.isdecimal() and int(major) < 7
