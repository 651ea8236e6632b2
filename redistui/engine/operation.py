"""Operation: one plan from its first command to its outcome.

The steps are run in order. The first that fails ends it: what is left is not sent. Before the point of no return the
fence is then lifted, and the fleet is as it was; after it a plan is not taken back, and a wish to stop is not heeded
either, because the half-done state is the dangerous one. An outcome is "verified" only when every postcondition was
seen to hold.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from redistui.engine.clock import clock
from redistui.engine.driver import Driver, Stopped
from redistui.engine.journal import JournalError
from redistui.model import Address
from redistui.ops.action import Outcome, Plan
from redistui.ops.deed_words import NOTHING_SENT, UNCHANGED
from redistui.ops.node.config_role import unwritten
from redistui.ops.run import Run, StepRun
from redistui.ops.steps import Argv, Lost, NotKnown, Refused, StepFailed
from redistui.ops.tally import Tally

GRACE_SECONDS = 10.0
"""For so long the verification goes on even when somebody wants to stop; it mostly takes one or two."""

Report = Callable[[Run], None]
Part = Literal["steps", "release", "verify"]
RESTING = {"steps": "not_sent", "release": "skipped", "verify": "skipped"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Where a plan stopped, and why."""

    index: int
    error: BaseException

    @property
    def text(self) -> str:
        match self.error:
            case Stopped():
                return str(self.error) or "stopped on request"
            case asyncio.CancelledError():
                return "stopped on request"
            case Refused() | Lost() | StepFailed():
                return str(self.error)
            case JournalError():
                return f"the journal cannot be written: {self.error}"
        return f"a bug: {type(self.error).__name__}: {self.error}"

    @property
    def known(self) -> bool:
        """It was found out how things stand."""
        return isinstance(self.error, StepFailed | Refused) and not isinstance(self.error, NotKnown)


class Company(Protocol):
    """The other operations that one goes together with (redistui.engine.meeting)."""

    @property
    def committed(self) -> bool:
        """All have come to their points of no return: nobody stops any more."""

    def waits(self, index: int) -> str:
        """What it waits for before this step, in a few words; empty: for nobody."""

    async def ready(self, index: int) -> None:
        """Returns when the others are ready for this step as well. Raises StepFailed or Stopped."""

    def failed(self, index: int, why: str) -> None:
        """It ends at this step."""


class Alone:
    """No company."""

    @property
    def committed(self) -> bool:
        return False

    def waits(self, index: int) -> str:
        return ""

    async def ready(self, index: int) -> None:
        return

    def failed(self, index: int, why: str) -> None:
        return


class Operation:
    """Runs one plan. `run` is what it has come to; every change of it is reported."""

    def __init__(self, run: Run, plan: Plan, driver: Driver, report: Report, company: Company | None = None) -> None:
        self.run = replace(run, outcome="running")
        self._company = company or Alone()
        self._plan = plan
        self._driver = driver
        driver.notes.update(plan.notes)
        self._report = report
        driver.telling.heard = self._heard
        self._at_work: tuple[Part, int] | None = None

    async def finish(self) -> Run:
        """From the first step to the outcome. Raises nothing."""
        trouble = await self._steps()
        if trouble is not None:
            await self._settle(trouble)
        else:
            await self._verify()
        return self.run

    # -- the parts ------------------------------------------------------------------------------------------------

    async def _steps(self) -> Trouble | None:
        """Runs the steps until one fails."""
        point = self._plan.point_of_no_return
        for index in range(len(self._plan.steps)):
            self._driver.heed = self._driver.strict = index <= point
            self._driver.final = index == point
            trouble = await self._together(index) or await self._step("steps", index)
            if trouble is not None:
                self._company.failed(index, trouble.text)
                return trouble
        return None

    async def _together(self, index: int) -> Trouble | None:
        """Waits for the company, where there is one."""
        if words := self._company.waits(index):
            self.run = replace(self.run, doing=words)
            self._report(self.run)
        try:
            await self._company.ready(index)
        except (Exception, asyncio.CancelledError) as error:
            return Trouble(index, error)
        finally:
            self.run = replace(self.run, doing="")
        if self._company.committed:
            self._driver.heed = False
        return None

    async def _step(self, part: Part, index: int) -> Trouble | None:
        row: StepRun = getattr(self.run, part)[index]
        self._set(part, index, replace(row, state="running"))
        self._at_work = (part, index)
        began = clock()
        trouble: Trouble | None = None
        number = self._number(part, index)
        spent = self._plan.spent if (part, index) == ("steps", 0) else ()
        try:
            said = await self._driver.drive(row.step, number, spent)
            await self._driver.stands(number, "passed", said)
        except (Exception, asyncio.CancelledError) as error:  # neither a bug nor our own end may leave the fence up
            trouble = Trouble(index, error)
            said = trouble.text
            with suppress(JournalError):
                await self._driver.stands(number, "failed", said, known=trouble.known)
        ms = round((clock() - began) * 1000, 1)
        state: Literal["done", "failed"] = "done" if trouble is None else "failed"
        self._at_work = None
        self._set(part, index, StepRun(row.step, state, said, ms, tuple(self._driver.sent), self._driver.tally))
        return trouble

    def _heard(self, tally: Tally) -> None:
        """The step at work tells how far it has come."""
        if self._at_work is not None:
            part, index = self._at_work
            row: StepRun = getattr(self.run, part)[index]
            self._set(part, index, replace(row, tally=tally))

    def _number(self, part: Part, index: int) -> int:
        """Steps are numbered from 1, the release after them, the verification last."""
        before = {
            "steps": 0,
            "release": len(self._plan.steps),
            "verify": len(self._plan.steps) + len(self._plan.release),
        }
        return before[part] + index + 1

    async def _settle(self, trouble: Trouble) -> None:
        """After a failure: put everything back where that is safe, and say how things stand."""
        self._driver.heed = self._driver.strict = False
        if not self._anything_sent():
            self._end("refused", f"{NOTHING_SENT}: {trouble.text}.", refusals=(trouble.text,))
        elif not self._may_be_taken_back(trouble):
            step = self._plan.steps[trouble.index]
            unknown = not trouble.known
            text = f"Stopped at step {trouble.index + 1} of {len(self._plan.steps)}: {trouble.text}."
            self.run = replace(self.run, resumable=True)
            self._end("unknown" if unknown else "failed", text, next_=step.advice)
        else:
            # All of it, whatever fails on the way: each part stands for itself.
            tried = [await self._step("release", index) for index in range(len(self._plan.release))]
            stuck = next((one for one in tried if one is not None), None)
            if stuck is None:
                back = "; everything was put back" if tried else ""
                self._end("failed", f"{UNCHANGED}: {trouble.text}{back}.")
            else:
                advice = self._plan.release[stuck.index].advice
                self._end("failed", f"{trouble.text}; and the fence could not be lifted: {stuck.text}.", next_=advice)

    def _may_be_taken_back(self, trouble: Trouble) -> bool:
        point = self._plan.point_of_no_return
        if isinstance(trouble.error, StepFailed) and trouble.error.unchanged:
            return True
        if not self._plan.release:  # what went out stays
            return False
        went_out = any(sent.state != "refused" for sent in self.run.steps[trouble.index].sent)
        went_out = went_out or (trouble.index == 0 and bool(self._plan.spent))
        return trouble.index < point or (trouble.index == point and not went_out)

    def _anything_sent(self) -> bool:
        """By this console, or by the one it goes on for."""
        ours = any(sent.state != "refused" for row in self.run.steps for sent in row.sent)
        return ours or bool(self._plan.resumes)

    async def _verify(self) -> None:
        """All postconditions, also when one fails: each tells the operator something."""
        grace = asyncio.get_running_loop().call_later(GRACE_SECONDS, self._heed_again)
        tried = [await self._step("verify", index) for index in range(len(self._plan.verify))]
        grace.cancel()
        troubles = [trouble for trouble in tried if trouble is not None]
        if not troubles:
            self._end("verified", f"{self._plan.title}: done, and verified.", next_=self._by_hand())
            return
        unknown = not all(trouble.known for trouble in troubles)
        text = "; ".join(trouble.text for trouble in troubles)
        self._end("unknown" if unknown else "failed", f"All steps were done, but {text}.", next_="Look at the fleet.")

    def _by_hand(self) -> str:
        """What holds now, and would not after a restart."""
        left = [f"{row.step.node}: {row.reply}." for row in self.run.steps if unwritten(row.reply or "")]
        return " ".join(left)

    def _heed_again(self) -> None:
        self._driver.heed, self._driver.final = True, False

    # -- what others see ------------------------------------------------------------------------------------------

    def _set(self, part: Part, index: int, row: StepRun) -> None:
        rows = list(getattr(self.run, part))
        rows[index] = row
        changed: dict[str, Any] = {part: tuple(rows)}
        self.run = replace(self.run, **changed)
        self._report(self.run)

    def _end(self, outcome: Outcome, message: str, *, next_: str = "", refusals: tuple[str, ...] = ()) -> None:
        changed: dict[str, Any] = {
            part: tuple(replace(row, state=rest) if row.state == "planned" else row for row in getattr(self.run, part))
            for part, rest in RESTING.items()
        }
        left = () if outcome == "verified" else self._left()  # what was to be held is held: a pause, for one
        by_hand = "; ".join(f"{' '.join(argv)} at {node}" for node, argv in left)
        next_ = " ".join(filter(None, (next_, f"Then lift the fence: {by_hand}." if by_hand else "")))
        unwritten = f" The journal is not whole: {self._driver.unwritten}." if self._driver.unwritten else ""
        self.run = replace(
            self.run, outcome=outcome, message=message + unwritten, next=next_, refusals=refusals, left=left, **changed
        )

    def _taken(self) -> bool:
        """It went past its point of no return, and was not put back."""
        if any(row.state in ("done", "failed") for row in self.run.release):
            return False
        point = self._plan.point_of_no_return
        if point < 0 or (point == 0 and self._plan.spent):
            return True
        beyond = self.run.steps[point:]
        return any(row.state == "done" or any(one.state != "refused" for one in row.sent) for row in beyond)

    def _left(self) -> tuple[tuple[Address, Argv], ...]:
        """Commands of the release that nobody has seen done, though something was sent."""
        if not self._anything_sent():
            return ()
        done = [row.step for row in (*self.run.steps, *self.run.release) if row.state == "done"]
        missing = [step for step in self._plan.owed(taken=self._taken()) if step not in done]
        return tuple((s.node, self._driver.known(argv)) for s in missing for argv in s.commands() if s.node is not None)
