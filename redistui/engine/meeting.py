"""Meeting: lanes of one campaign wait for each other before they hold writes, and before they cannot go back.

A lane that fails before its point of no return takes all the others with it, which put back what they did; or, where
the operator said --partial, leaves, and the others go on without it. What is behind that point is not taken back: a
lane that fails there changes nothing for the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress

from redistui.engine.driver import Driver, Stopped
from redistui.engine.operation import Alone
from redistui.ops.action import Plan
from redistui.ops.sites.meeting_places import PLACES, Place, meetings, patience
from redistui.ops.steps import StepFailed

WORDS: Mapping[Place, str] = {"fence": "ready", "beyond": "caught up"}
"""What a lane is that waits there."""


class Meeting:
    """Who has come how far. On the engine's loop."""

    def __init__(self, plans: Mapping[str, Plan], *, together: bool) -> None:
        """`plans`: the first lane of each group, by the group's name."""
        self.together = together
        self.broken = ""
        """Why nobody goes on."""
        self.seconds = patience(plans.values())
        self._going = dict.fromkeys(plans)
        """Groups that are neither beyond nor out, in the order of the plan."""
        self._drivers: dict[str, Driver] = {}
        self._came: dict[Place, set[str]] = {place: set() for place in PLACES}
        self._open: dict[Place, asyncio.Event] = {place: asyncio.Event() for place in PLACES}

    @property
    def committed(self) -> bool:
        return self._open["beyond"].is_set() and not self.broken

    def join(self, group: str, driver: Driver) -> None:
        """Its driver is told to stop when another group cannot follow."""
        self._drivers[group] = driver

    def missing(self, place: Place) -> tuple[str, ...]:
        """Groups that have not come so far."""
        return tuple(group for group in self._going if group not in self._came[place])

    async def meet(self, group: str, place: Place) -> None:
        """Returns when all that go have come here. Raises StepFailed or Stopped."""
        if group not in self._going:
            raise StepFailed("the other groups went on without it")
        self._came[place].add(group)
        self._look()
        if not self._open[place].is_set():
            await self._wait(group, place)
        if self.broken:
            raise StepFailed(self.broken)

    async def _wait(self, group: str, place: Place) -> None:
        driver = self._drivers[group]
        waits = [asyncio.ensure_future(event.wait()) for event in (self._open[place], driver.stopping)]
        try:
            await asyncio.wait(waits, timeout=self.seconds[place], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*waits, return_exceptions=True)
        if self._open[place].is_set():
            return
        if driver.stopping.is_set():
            raise Stopped(driver.why)
        self._late(place)

    def _late(self, place: Place) -> None:
        """Time is up: whoever is missing is out."""
        for late in self.missing(place):
            self.leave(late, f"was not {WORDS[place]} within {self.seconds[place]:g} s")

    def leave(self, group: str, why: str) -> None:
        """A group ends before its point of no return, or is left behind. Beyond it there is nobody to tell."""
        if group not in self._going or self.committed:
            return
        del self._going[group]
        if self.together and not self.broken:
            self.broken = f"{group} cannot follow ({why})"
            for other in self._going:
                if other in self._drivers:
                    self._drivers[other].stop(self.broken)
        self._look()

    def _look(self) -> None:
        """Opens the places that everybody has come to; all, when nobody goes on."""
        for place in PLACES:
            if self.broken or not self.missing(place):
                self._open[place].set()


class Member:
    """One group's place in a meeting, for its first lane (redistui.engine.operation.Company)."""

    def __init__(self, meeting: Meeting, group: str, plan: Plan) -> None:
        self._meeting, self._group, self._point = meeting, group, plan.point_of_no_return
        self._places = meetings(plan)

    @property
    def committed(self) -> bool:
        return self._meeting.committed

    def waits(self, index: int) -> str:
        places = self._places.get(index, ())
        return next((WORDS[place] for place in places if set(self._meeting.missing(place)) - {self._group}), "")

    async def ready(self, index: int) -> None:
        for place in self._places.get(index, ()):
            await self._meeting.meet(self._group, place)

    def failed(self, index: int, why: str) -> None:
        if index <= self._point:
            self._meeting.leave(self._group, why)


class Beyond(Alone):
    """The later lanes of a group: nobody waits any more, and what was begun is finished."""

    @property
    def committed(self) -> bool:
        return True


def by_group(lanes: Sequence[Plan]) -> dict[str, list[int]]:
    """The lanes of each group, in their order."""
    found: dict[str, list[int]] = {}
    for number, lane in enumerate(lanes):
        found.setdefault(lane.group, []).append(number)
    return found
