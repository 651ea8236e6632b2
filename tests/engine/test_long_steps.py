"""A long step that is stopped, or whose console dies, and is gone on with; and what the journal keeps of it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from redistui.engine.journal import TAIL, Journal
from redistui.engine.operation import Operation
from redistui.engine.unfinished import past_of, unfinished
from redistui.ops import known_steps
from redistui.ops.action import Aim, Plan
from redistui.ops.logged import gather
from redistui.ops.resume import forward
from redistui.ops.run import Run, planned
from redistui.ops.steps import Argv, Burst, Hole, Note, Ordered, Pause, Script, Step, StepFailed, Tell
from redistui.ops.stored import Past, dump
from redistui.ops.tally import Part, Tally
from redistui.ops.templates import Each, Ranges
from tests.engine.bursting import A, Stage

HEAD = {"operation": "0badcafe", "action": "rebalance", "group": "shop", "at": "2026-01-01T00:00:00.000Z"}
SLOTS: Ranges = ((0, 99),)


@dataclass(frozen=True)
class Look(Step):
    """Sends nothing."""

    node: None

    @property
    def text(self) -> str:
        return "Look first"

    def script(self) -> Script:
        yield Pause(0)
        return "all is well"


@dataclass(frozen=True)
class Toil(Step):
    """Gives slot after slot to a node, and ends between two when it is told to."""

    node: None
    ranges: Ranges
    heeds: ClassVar[bool] = True
    rereads: ClassVar[bool] = True
    given: ClassVar[set[int]] = set()
    """What the servers hold."""

    @property
    def text(self) -> str:
        return "Move 100 slots"

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "SETSLOT", Each(self.ranges), "NODE", "b"),)

    def script(self) -> Script:
        yield Note(Hole("slots at first"), "100")
        for slot in range(100):
            if (yield Ordered()).stop:
                raise StepFailed(f"stopped after {len(self.given)} of 100 slots")
            if slot not in self.given:
                yield Burst(A, (("CLUSTER", "SETSLOT", str(slot), "NODE", "b"),), mutates=True)
                self.given.add(slot)
            yield Tell(Tally(0.0, 1.0, (Part("a to b", 100, len(self.given)),)))
        return "all moved"


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Toil, "given", set())
    monkeypatch.setattr("redistui.engine.unfinished.STEPS", {**known_steps.STEPS, "Toil": Toil, "Look": Look})


def plan_of(*steps: Step) -> Plan:
    return Plan("rebalance", "shop", "Move 100 slots", "risky", steps or (Look(None), Toil(None, SLOTS)), ())


async def operate(stage: Stage, plan: Plan) -> Run:
    return await Operation(planned(plan.action, plan.group, plan), plan, stage.driver, lambda run: None).finish()


def written(stage: Stage, plan: Plan, run: Run | None) -> list[dict[str, Any]]:
    """The journal's lines as the runner writes them; `run` is None where the console died."""
    begun = {**HEAD, "state": "begun", "stored": dump(plan, Aim("shop")), "host": "elsewhere", "release": []}
    lines = [begun, *({**HEAD, **line} for line in stage.lines)]
    if run is not None:
        lines.append({**HEAD, "state": "ended", "resumable": run.resumable, "reply": run.outcome})
    return [json.loads(json.dumps(line)) for line in lines]


def past_in(lines: list[dict[str, Any]]) -> Past:
    (one,) = unfinished(lines)
    assert one.past is not None
    return one.past


async def stopped_after(slots: int) -> tuple[Stage, Run]:
    stage = Stage()

    def answer(argv: Argv) -> bytes:
        if len(stage.mutations()) == slots:
            asyncio.get_running_loop().call_soon(stage.driver.stop)
        return b"OK"

    stage.servers[A].answer = answer
    return stage, await operate(stage, plan_of())


async def test_a_move_that_is_stopped_has_failed_can_be_resumed_and_says_how_far_it_came() -> None:
    stage, run = await stopped_after(40)
    assert (run.outcome, run.resumable) == ("failed", True)
    done = len(stage.mutations())
    assert 40 <= done < 100
    assert f"stopped after {done} of 100 slots" in run.message
    tally = run.steps[1].tally
    assert tally is not None
    assert tally.slots_done == done
    assert [sent.reply for sent in run.steps[1].sent] == [f"{done} done"]


async def test_resumed_it_is_driven_anew_and_sends_what_is_still_to_be_done() -> None:
    first, run = await stopped_after(40)
    past = past_in(written(first, plan_of(), run))
    assert (past.passed, past.sent) == (1, True)
    second = Stage()
    rest = await operate(second, forward(past.plan, past))
    assert rest.outcome == "verified"
    assert sorted(int(argv[2]) for argv in (*first.mutations(), *second.mutations())) == list(range(100))


async def test_a_console_that_died_in_a_move_leaves_it_to_be_resumed() -> None:
    stage, _ = await stopped_after(40)
    lines = [line for line in written(stage, plan_of(), None) if line.get("state") != "failed"][:-3]
    (one,) = unfinished(lines)
    assert "CLUSTER SETSLOT <each slot of 0-99> NODE b" in one.last
    assert one.past is not None
    assert len(one.past.spent) == 1


async def test_a_move_that_ended_well_can_be_looked_up_with_what_it_noted(tmp_path: Path) -> None:
    stage = Stage()
    run = await operate(stage, plan_of())
    assert run.outcome == "verified"
    journal = Journal(tmp_path / "journal.jsonl")
    journal.write(written(stage, plan_of(), run))
    assert journal.unfinished() == ()
    past = journal.past("0badcafe")
    assert past is not None
    assert past.plan == plan_of()
    assert past.passed == 2
    assert dict(past.notes) == {Hole("slots at first"): "100"}
    assert journal.past("5eed") is None
    assert Journal(tmp_path / "none").past("0badcafe") is None


def bursts(count: int) -> list[dict[str, Any]]:
    line = {"step": 2, "node": A, "command": ["MIGRATE", "h", "1", "<keys of slots 0-99>"], "reply": None}
    return [
        {**HEAD, **line, "state": state, "count": 1, "slots": str(number % 100), "keys": 10, "burst": number, **more}
        for number in range(count)
        for state, more in (("sending", {}), ("done", {"done": 1, "reply": "1 done"}))
    ]


def test_a_move_whose_lines_are_more_than_the_newest_is_found_all_the_same(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    older = {**HEAD, "operation": "0dd0"}
    begun = {"state": "begun", "stored": dump(plan_of(), Aim("shop")), "host": "elsewhere", "release": []}
    sending = {"step": 2, "node": A, "command": ["X"], "state": "sending"}
    looked = {**HEAD, "step": 1, "state": "passed", "reply": "all is well"}
    rows = [{**older, **begun}, {**older, **sending}, {**HEAD, **begun}, looked, *bursts(10_000)]
    journal.write(rows)
    assert journal.path.stat().st_size > TAIL
    assert [one.operation for one in journal.unfinished()] == ["0dd0", "0badcafe"]
    assert journal.unfinished()[1].last.endswith(": done")
    past = journal.past("0badcafe")
    assert past is not None
    assert past.sent


def test_bursts_are_told_as_one_entry_for_each_line_of_the_plan() -> None:
    (one,) = gather([{**HEAD, "state": "begun"}, *bursts(50)])
    (entry,) = one.entries
    assert (entry.state, entry.reply) == ("done", "50 in 50 bursts: 500 keys of slots 0-49: 50 done")
    (open_,) = next(gather([{**HEAD, "state": "begun"}, *bursts(50)[:-1]])).entries
    assert open_.state == "sending"
    assert open_.reply.endswith("49 done, 1 without an outcome")


def test_of_a_journal_without_bursts_only_the_newest_lines_count(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    begun = {**HEAD, "state": "begun", "stored": dump(plan_of(), Aim("shop")), "host": "elsewhere", "release": []}
    journal.write([begun, *({**HEAD, "operation": "0dd0", "state": "noted", "reply": "x" * 900} for _ in range(5000))])
    assert past_of([]) is None
    assert journal.unfinished() == ()
