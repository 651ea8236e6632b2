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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, NamedTuple

from redistui.engine.admission import turned_away
from redistui.engine.driver import Driver, clock
from redistui.engine.gate import gate, others_at, plan_hash
from redistui.engine.house import House, Writer
from redistui.engine.identity import identity, process
from redistui.engine.journal import Journal, JournalError, Line, journal_path, now
from redistui.engine.masking import masked
from redistui.engine.operation import Operation, Report
from redistui.model import Address, Fleet
from redistui.ops.action import Action, Aim, Plan
from redistui.ops.repeated import begun as deed
from redistui.ops.run import Run, refused
from redistui.ops.steps import Argv
from redistui.ops.stored import dump


class Consent(NamedTuple):
    """How a plan was confirmed, for the journal."""

    word: str
    """What was typed, or the option that stood for it."""
    reason: str | None = None


NOT_SAID = Consent("")


class Runner:
    """Fires plans. Its coroutines run on the engine's loop (`engine.call`)."""

    def __init__(
        self, house: House, journal: Journal | None = None, *, environ: Mapping[str, str] | None = None
    ) -> None:
        self._environ = os.environ if environ is None else environ
        self.journal = journal or Journal(journal_path(self._environ))
        self._house = house
        self._running: dict[str, Driver | None] = {}

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
        who = {"operation": operation, "action": action.name, "group": aim.group}
        driver = Driver(self._house, operation, sentinels_of(self._house.fleet, aim.groups), self._writer(who))
        driver.order(pace=pace)
        self._running |= dict.fromkeys(aim.groups, driver)
        try:
            # First our name at the nodes, then the look at the fleet: of two consoles at least one sees the other.
            others = await turned_away(driver, confirmed, self._house, aim.groups)
            others = others or await others_at(driver, confirmed, self._house.fleet, aim.groups)
            fleet = await self._house.fresh(*aim.groups)
            run = replace(gate(action, aim, fleet, confirmed, others), operation=operation)
            if run.outcome != "refused":
                run = await self._fire(run, aim, confirmed, driver, report, consent)
        finally:
            await driver.close()
        report(run)
        return run

    async def _fire(self, run: Run, aim: Aim, plan: Plan, driver: Driver, report: Report, consent: Consent) -> Run:
        write = self._writer({"operation": run.operation, "action": run.action, "group": run.group})
        begun: Line = {
            "words": list(aim.words),
            "options": dict(aim.options),
            "plan": plan_hash(plan),
            "fingerprint": plan.fingerprint,
            "confirmed": consent.word,
            "reason": consent.reason,
            "release": rows(released(plan)),
            "stored": dump(plan, aim),
            "resumes": plan.resumes or None,
            **process(),
        }
        try:
            await write([{"state": "begun", **begun}])
        except JournalError as error:
            return replace(run, outcome="refused", refusals=(f"the journal cannot be written: {error}",))
        self._house.happened(plan.group, deed(plan.action, plan.title))
        run = await Operation(run, plan, driver, report).finish()
        with suppress(JournalError):
            ended = {"reply": run.outcome, "message": run.message, "left": rows(run.left), "resumable": run.resumable}
            await write([{"state": "ended", **ended}])
        self._house.happened(plan.group, run.message)
        return run

    def _writer(self, who: Mapping[str, Any]) -> Writer:
        """Lines of one operation, with who acts and when."""
        common = {**who, **identity(self._environ)}

        async def write(lines: Sequence[Line]) -> None:
            blank = {"at": now(), **common, "step": None, "node": None, "command": None, "reply": None}
            whole = [{**blank, "monotonic": round(clock(), 3), **line} for line in lines]
            await asyncio.to_thread(self.journal.write, whole)

        return write


def sentinels_of(fleet: Fleet, groups: Sequence[str]) -> frozenset[Address]:
    return frozenset(sentinel.address for group in fleet.groups if group.name in groups for sentinel in group.sentinels)


def released(plan: Plan) -> Iterator[tuple[Address | None, Argv]]:
    """Node and command of everything that lifts the fence."""
    return ((step.node, argv) for step in plan.release for argv in step.commands())


def rows(commands: Iterable[tuple[Address | None, Argv]]) -> list[dict[str, Any]]:
    return [{"node": node, "command": masked(argv)} for node, argv in commands]
