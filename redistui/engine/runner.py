"""Runner: whether a confirmed plan may be fired, and its firing, one at a time per group.

Between the moment a plan is shown and the moment it is confirmed, the fleet goes on living, and a second operator may
be at work. So nothing is sent unless, right now: actions are armed; no other plan runs here or (by the names of
connections at the nodes) from elsewhere; the journal can be written; the fleet, read anew, gives no refusal and the
very same plan.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from redistui.engine.admission import turned_away
from redistui.engine.campaign import Campaign
from redistui.engine.clock import clock
from redistui.engine.crew import Crew, sentinels_of
from redistui.engine.driver import Driver
from redistui.engine.gate import gate, others_at
from redistui.engine.house import House, Writer
from redistui.engine.identity import identity
from redistui.engine.journal import Journal, JournalError, Line, journal_path, now
from redistui.engine.lines import NOT_SAID, begun, ended
from redistui.engine.lines import Consent as Consent
from redistui.engine.lines import released as released
from redistui.engine.lines import rows as rows
from redistui.engine.operation import Operation, Report
from redistui.ops.action import Action, Aim, Plan
from redistui.ops.deed_words import begun as deed
from redistui.ops.run import Run, refused


class Runner:
    """Fires plans. Its coroutines run on the engine's loop (`engine.call`)."""

    def __init__(
        self, house: House, journal: Journal | None = None, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self.journal = journal or Journal(journal_path(self._environ))
        self._house = house
        self._running: dict[str, Driver | Campaign | None] = {}

    @property
    def busy(self) -> tuple[str, ...]:
        """Groups in which an operation runs. Any thread."""
        return tuple(self._running)

    def stop(self) -> None:
        """Every operation ends at its next safe point: before its point of no return it is taken back, after it
        finished. On the engine's loop (from another thread: `loop.call_soon_threadsafe`, or `await stopped()` by
        `engine.call`)."""
        for driver in self._running.values():
            if driver is not None:
                driver.stop()

    def order(self, group: str, *, pace: int | None = None, paused: bool | None = None, stop: bool = False) -> None:
        """Orders for the operation that runs in a group, where it is one that heeds them: keys a second at most (0: as
        many as go), whether it rests, and whether it ends at its next safe point. None: as before. On the engine's
        loop, like `stop`."""
        driver = self._running.get(group)
        if driver is not None:
            driver.order(pace=pace, paused=paused)
            if stop:
                driver.stop()

    async def stopped(self) -> None:
        """Stops, and returns when nothing runs any more."""
        while self._running:
            self.stop()
            await asyncio.sleep(0.02)

    async def run(
        self,
        action: Action,
        aim: Aim,
        confirmed: Plan,
        *,
        armed: bool,
        report: Report | None = None,
        consent: Consent = NOT_SAID,
        pace: int = 0,
    ) -> Run:
        """Fires a confirmed plan; gives its outcome, and tells `report` of every change on the way (engine's thread).
        `pace`: keys a second at most to begin with, for a step that heeds it; 0: as many as go.

        A caller that is cancelled does not end the operation in the middle: it is stopped at a safe point first.
        """
        if not armed:
            return refused(action.name, aim.group, ("read-only: actions are not armed",), confirmed)
        busy = next((group for group in aim.groups if group in self._running), None)
        if busy is not None:
            return refused(action.name, aim.group, (f"another operation runs in {busy}",), confirmed)
        self._running |= dict.fromkeys(aim.groups)
        work = asyncio.ensure_future(self._run(action, aim, confirmed, report or (lambda _: None), consent, pace))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            while not work.done():
                self.stop()
                await asyncio.wait((work,), timeout=0.05)
            raise
        finally:
            for group in aim.groups:
                self._running.pop(group, None)

    async def _run(self, action: Action, aim: Aim, confirmed: Plan, report: Report, consent: Consent, pace: int) -> Run:
        operation = secrets.token_hex(4)
        who = {"operation": operation, "action": action.name, "group": action.about(aim)}
        driver = Driver(self._house, operation, sentinels_of(self._house.fleet, aim.groups), self.writer(who))
        driver.order(pace=pace)
        self._running |= dict.fromkeys(aim.groups, driver)
        try:
            # First our name at the nodes, then the look at the fleet: of two consoles at least one sees the other.
            others = await turned_away(driver, confirmed, self._house, aim.groups)
            others = others or await others_at(driver, confirmed, self._house.fleet, aim.groups)
            fleet = await self._house.fresh(*aim.groups)
            found = gate(action, aim, fleet, confirmed, others)
            run = replace(found, operation=operation, group=action.about(aim))
            if run.outcome != "refused":
                run = await self._fire(run, action, aim, confirmed, driver, report, consent)
        finally:
            await driver.close()
        report(run)
        return run

    async def _fire(
        self, run: Run, action: Action, aim: Aim, plan: Plan, driver: Driver, report: Report, consent: Consent
    ) -> Run:
        if not plan.lanes:
            return await self._finished(run, plan, aim, consent, Operation(run, plan, driver, report).finish)
        # This driver only keeps its name at the nodes: each lane has one of its own.
        crew = Crew(self._house, self.writer, run, action, aim, plan, consent)
        campaign = Campaign(run, plan, crew, report, self._environ)
        if driver.stopping.is_set():
            campaign.stop()
        self._running |= dict.fromkeys(aim.groups, campaign)
        more: Line = {"lanes": len(plan.lanes), "hooks": [hook.path for hook in plan.hooks]}
        return await self._finished(run, plan, aim, consent, campaign.finish, more)

    async def _finished(
        self,
        run: Run,
        plan: Plan,
        aim: Aim,
        consent: Consent,
        work: Callable[[], Awaitable[Run]],
        more: Line | None = None,
    ) -> Run:
        """Its beginning on disk, its end on disk, and the fleet told of both; of several groups by each lane."""
        write = self.writer({"operation": run.operation, "action": run.action, "group": run.group})
        try:
            await write([{**begun(plan, aim, consent), **(more or {})}])
        except JournalError as error:
            return replace(run, outcome="refused", refusals=(f"the journal cannot be written: {error}",))
        if not plan.lanes:
            self._house.happened(plan.group, deed(plan.action, plan.title))
        run = await work()
        with suppress(JournalError):
            await write([ended(run)])
        if not plan.lanes:
            self._house.happened(plan.group, run.message)
        return run

    def writer(self, who: Mapping[str, Any]) -> Writer:
        """Lines of one operation, with who acts and when."""
        common = {**who, **identity(self._environ)}

        async def write(lines: Sequence[Line]) -> None:
            blank = {"at": now(), **common, "step": None, "node": None, "command": None, "reply": None}
            whole = [{**blank, "monotonic": round(clock(), 3), **line} for line in lines]
            await asyncio.to_thread(self.journal.write, whole)

        return write
