"""Campaign: a plan for several groups. Each of its lanes is an operation of its own in the journal, with its own id, so
that it can be resumed or taken back for itself when this console dies; `part_of` names the campaign.

The lanes of different groups run side by side and meet before their points of no return (redistui.engine.meeting);
those of one group, the shards of a cluster, run one after the other.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Protocol

from redistui.engine import hooks
from redistui.engine.driver import Driver
from redistui.engine.journal import JournalError
from redistui.engine.meeting import Beyond, Meeting, Member, by_group
from redistui.engine.operation import Company, Operation, Report
from redistui.ops.action import Hook, Outcome, Plan
from redistui.ops.deed_words import NOTHING_SENT, UNCHANGED
from redistui.ops.run import Run
from redistui.ops.site_failover import as_typed


class Crew(Protocol):
    """What a campaign needs of whoever runs it (redistui.engine.runner)."""

    def driver(self, lane: Run) -> Driver: ...

    async def begun(self, lane: Run, plan: Plan) -> None:
        """Puts a lane's beginning on disk. Raises JournalError."""

    async def ended(self, lane: Run, plan: Plan) -> None:
        """Puts its end on disk, where that can be written."""

    async def hook(self, hook: Hook, state: str, said: str) -> None:
        """Puts a hook's beginning or end on disk. Raises JournalError."""

    async def again(self) -> tuple[str, ...]:
        """Reads the fleet anew; what speaks against the plan now."""


class Campaign:
    """Runs the lanes of one plan. `run` is what they have come to; every change is reported."""

    def __init__(self, run: Run, plan: Plan, crew: Crew, report: Report, environ: Mapping[str, str]) -> None:
        self.run = replace(run, outcome="running")
        self._plan, self._crew, self._report, self._environ = plan, crew, report, environ
        self._groups = by_group(plan.lanes)
        firsts = {group: plan.lanes[numbers[0]] for group, numbers in self._groups.items()}
        self._meeting = Meeting(firsts, together=plan.together)
        self._drivers: dict[str, Driver] = {}
        self._stopping = asyncio.Event()
        self._vetoed = False

    # -- what others order ------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Taken back, as long as nobody is beyond the point of no return; then it is finished."""
        self._stopping.set()
        if not self._meeting.committed:
            for driver in self._drivers.values():
                driver.stop()

    def order(self, *, pace: int | None = None, paused: bool | None = None) -> None:
        """No lane takes any."""

    # -- from the first hook to the last ----------------------------------------------------------------------------

    async def finish(self) -> Run:
        """Raises nothing."""
        if against := await self._before():
            self._end("refused", f"{NOTHING_SENT}: {'; '.join(against)}.", against)
        else:
            ends = await asyncio.gather(*(self._group(group) for group in self._groups), return_exceptions=True)
            broken = next((end for end in ends if isinstance(end, BaseException)), None)
            self._sum_up(broken)
        if any(hook.phase == "before" for hook in self._plan.hooks) or self.run.outcome != "refused":
            await self._after()
        return self.run

    async def _before(self) -> tuple[str, ...]:
        """Why no lane is begun: the hook's veto, or what changed while it ran."""
        for hook in self._plan.hooks:
            if hook.phase == "before":
                ended = await self._hook(hook, self._stopping)
                if ended.wrong:
                    self._vetoed = True
                    return (f"the hook {hook.path} does not let it begin: {ended.text}",)
                if against := await self._crew.again():
                    return against
        return ("stopped on request",) if self._stopping.is_set() else ()

    async def _after(self) -> None:
        """What the hook before did may have to be taken back, so the one after is told of a failure as well; not of
        its fellow's own veto."""
        for hook in self._plan.hooks:
            if hook.phase != "after" or self._vetoed:
                continue
            ended = await self._hook(hook, None, REDISTUI_OUTCOME=self.run.outcome)
            if ended.wrong:
                outcome: Outcome = "failed" if self.run.outcome == "verified" else self.run.outcome
                text = f"{self.run.message} But the hook {hook.path} failed: {ended.text}."
                next_ = f"{self.run.next} Do by hand what {hook.path} should have done.".strip()
                self.run = replace(self.run, outcome=outcome, message=text, next=next_)

    async def _hook(self, hook: Hook, stopping: asyncio.Event | None, **more: str) -> hooks.Ended:
        environ = hooks.environment(hook, self._environ, {"REDISTUI_OPERATION": self.run.operation, **more})
        self._report(replace(self.run, outcome="running", doing=f"the hook {hook.path}"))
        try:
            await self._crew.hook(hook, "begins", "")
            ended = await hooks.run(hook, environ, stopping)
            await self._crew.hook(hook, "failed" if ended.wrong else "done", ended.text)
        except JournalError as error:
            return hooks.Ended(f"the journal cannot be written: {error}", "")
        return ended

    # -- the lanes --------------------------------------------------------------------------------------------------

    async def _group(self, group: str) -> None:
        """Its lanes, one after the other, until one does not come to its end."""
        for place, number in enumerate(self._groups[group]):
            plan = self._plan.lanes[number]
            company: Company = Beyond() if place else Member(self._meeting, group, plan)
            end = await self._lane(number, plan, company)
            if place == 0 and end.outcome != "verified":
                self._meeting.leave(group, end.message)
            if end.outcome != "verified" and (place == 0 or self._plan.together):
                return

    async def _lane(self, number: int, plan: Plan, company: Company) -> Run:
        operation = secrets.token_hex(4)
        lane = replace(self.run.lanes[number], operation=operation)
        driver = self._crew.driver(lane)
        self._drivers[plan.group] = driver
        self._meeting.join(plan.group, driver)
        if self._meeting.broken or (self._stopping.is_set() and not company.committed):
            driver.stop(self._meeting.broken)
        try:
            await self._crew.begun(lane, plan)
            work = Operation(lane, plan, driver, self._told(number), company)
            lane = await work.finish()
            await self._crew.ended(lane, plan)
        except JournalError as error:
            lane = replace(lane, outcome="refused", message=f"{NOTHING_SENT}: the journal cannot be written: {error}.")
        finally:
            await driver.close()
        self._told(number)(lane)
        return lane

    def _told(self, number: int) -> Callable[[Run], None]:
        """Takes a lane's news into the whole."""

        def told(lane: Run) -> None:
            lanes = [*self.run.lanes[:number], lane, *self.run.lanes[number + 1 :]]
            rows: dict[str, Any] = {
                part: tuple(row for one in lanes for row in getattr(one, part))
                for part in ("steps", "release", "verify")
            }
            self.run = replace(self.run, lanes=tuple(lanes), **rows)
            self._report(self.run)

        return told

    # -- how it ended -----------------------------------------------------------------------------------------------

    def _sum_up(self, broken: BaseException | None) -> None:
        lanes = tuple(unbegun(lane) for lane in self.run.lanes)
        self.run = replace(self.run, lanes=lanes, left=tuple(row for lane in lanes for row in lane.left))
        outcomes = {lane.outcome for lane in lanes}
        if broken is not None:
            self._end("unknown", f"a bug: {type(broken).__name__}: {broken}.")
        elif outcomes == {"verified"}:
            later = " ".join(f"{lane.group}: {lane.next}" for lane in lanes if lane.next)
            self._end("verified", f"{self._plan.title}: done, and verified.", next_=later)
        elif outcomes == {"refused"}:
            against = tuple(dict.fromkeys(f"{lane.group}: {text}" for lane in lanes for text in lane.refusals))
            self._end("refused", f"{NOTHING_SENT}: {self._why(lanes)}.", against)
        else:
            same = "verified" not in outcomes and not any(lane.resumable or lane.left for lane in lanes)
            moved = [lane.group for lane in lanes if lane.outcome == "verified"]
            head = f"{UNCHANGED}" if same else f"Moved: {', '.join(dict.fromkeys(moved)) or 'none'}"
            outcome: Outcome = "unknown" if "unknown" in outcomes else "failed"
            self._end(outcome, f"{head}. {self._why(lanes)}.", next_=advice(lanes, self._plan.group))

    def _why(self, lanes: tuple[Run, ...]) -> str:
        """Of the groups that did not move; first of the one that the others could not go without."""
        firsts = {lane.group: lane.message for lane in reversed(lanes) if lane.outcome != "verified"}
        said = [f"{group}: {text.removesuffix('.')}" for group, text in reversed(firsts.items())]
        own = [text for text in said if not self._meeting.broken or self._meeting.broken not in text]
        return "; ".join(own or said)

    def _end(self, outcome: Outcome, message: str, refusals: tuple[str, ...] = (), *, next_: str = "") -> None:
        resumable = any(lane.resumable for lane in self.run.lanes)
        self.run = replace(
            self.run, outcome=outcome, message=message, refusals=refusals, next=next_, resumable=resumable, doing=""
        )


def unbegun(lane: Run) -> Run:
    """A lane that nobody began is one of which nothing was sent."""
    if lane.outcome != "planned":
        return lane
    return replace(lane, outcome="refused", message=f"{NOTHING_SENT}: it was not begun.")


def advice(lanes: tuple[Run, ...], site: str) -> str:
    """What to do with each that did not end well; one that is as before goes with the next try."""
    each = [f"`resume {lane.operation}` goes on with {lane.group}" for lane in lanes if lane.resumable]
    each += [f"{lane.group}: {lane.next}" for lane in lanes if lane.left and lane.next]
    again = f"{as_typed(site)} moves what has not moved" if lanes else ""
    return "; then ".join(filter(None, ("; ".join(each), again))) + "."
