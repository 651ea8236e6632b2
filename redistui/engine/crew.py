"""Crew: drivers, journal and a second look, for the lanes of a campaign (redistui.engine.campaign)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from redistui.engine.driver import Driver
from redistui.engine.gate import difference
from redistui.engine.house import House, Writer
from redistui.engine.journal import JournalError
from redistui.engine.lines import Consent, begun, ended
from redistui.model import Address, Fleet
from redistui.ops.action import Action, Aim, Hook, Plan, refusals
from redistui.ops.deed_words import begun as deed
from redistui.ops.run import Run


class Crew:
    """Of one campaign."""

    def __init__(
        self, house: House, writer: Callable[[Mapping[str, Any]], Writer], run: Run, action: Action, aim: Aim,
        plan: Plan, consent: Consent,
    ) -> None:  # fmt: skip
        self._house, self._writer = house, writer
        self._action, self._aim, self._plan, self._consent = action, aim, plan, consent
        self._own = writer({"operation": run.operation, "action": run.action, "group": run.group})
        self._part_of = run.operation

    def driver(self, lane: Run) -> Driver:
        sentinels = sentinels_of(self._house.fleet, (lane.group,))
        return Driver(self._house, lane.operation, sentinels, self._writer(who(lane)))

    async def begun(self, lane: Run, plan: Plan) -> None:
        """Raises JournalError. What was said of the other site's fence stands with every lane."""
        first = begun(plan, Aim(plan.group), self._consent)
        fenced = self._aim.options.get("fenced")
        said = {"fenced": fenced} if fenced else {}
        await self._writer(who(lane))([{**first, "part_of": self._part_of, **said}])
        self._house.happened(plan.group, deed(plan.action, plan.title))

    async def ended(self, lane: Run, plan: Plan) -> None:
        with suppress(JournalError):
            await self._writer(who(lane))([ended(lane)])
        self._house.happened(plan.group, lane.message)

    async def hook(self, hook: Hook, state: str, said: str) -> None:
        """Raises JournalError."""
        reply = f"{hook.path} ({hook.phase}) {state}" + (f": {said}" if said else "")
        await self._own([{"state": "hook", "hook": hook.path, "phase": hook.phase, "reply": reply}])

    async def again(self) -> tuple[str, ...]:
        """Time has gone by: the same questions as before the first command."""
        fleet = await self._house.fresh(*self._aim.groups)
        if against := refusals(self._action, fleet, self._aim):
            return against
        plan = self._action.plan(fleet, self._aim)
        return () if plan == self._plan else (difference(self._plan, plan),)


def who(lane: Run) -> dict[str, str]:
    return {"operation": lane.operation, "action": lane.action, "group": lane.group}


def sentinels_of(fleet: Fleet, groups: Sequence[str]) -> frozenset[Address]:
    return frozenset(sentinel.address for group in fleet.groups if group.name in groups for sentinel in group.sentinels)
