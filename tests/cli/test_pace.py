"""`do` while slots are moved: how fast it may go, and what it says on the way."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import pytest

from redistui.cli.acting import _steps
from redistui.cli.do import Far, tell
from redistui.ops.action import ITS_ID, UNDO, Plan
from redistui.ops.run import Run, planned
from redistui.ops.steps import Step
from redistui.ops.tally import Part, Tally
from tests.cli.running import redistui


@dataclass(frozen=True)
class Haul(Step):
    heeds: ClassVar[bool] = True

    @property
    def text(self) -> str:
        return "move 1,000 slots"


def run_at(now: float, slots: int) -> Run:
    plan = Plan("rebalance", "shop", "Move slots", "risky", (Haul(None),), ())
    run = planned("rebalance", "shop", plan)
    tally = Tally(0.0, now, (Part("a to b", 1000, slots, 60_000, 60 * slots),))
    return replace(run, outcome="running", steps=(replace(run.steps[0], state="running", tally=tally),))


@pytest.mark.parametrize(
    ("action", "words"), [("undo", "no operation 'ffff0000'"), ("resume", "no unfinished operation")]
)
def test_an_operation_that_nobody_knows_is_told_of_without_going_anywhere(
    action: str, words: str, tmp_path: Path
) -> None:
    """Its servers would be those of the journal; the default target has nothing to do with it."""
    done = redistui("do", action, "ffff0000", "--yes", env={"REDISTUI_JOURNAL": str(tmp_path / "journal.jsonl")})
    assert done.code == 5
    assert words in done.err


def test_how_far_it_is_is_told_every_two_seconds() -> None:
    far = Far()
    said = [(now / 10, line) for now in range(61) for line in far.lines(run_at(now / 10, now * 10))]
    assert [now for now, _ in said] == [2.0, 4.0, 6.0]
    assert said[1][1] == "40%: 400 of 1,000 slots, 24,000 of 60,000 keys, 6000 keys/s, about 6s left"


def test_the_document_tells_how_far_a_step_came() -> None:
    (row,) = _steps(run_at(1.5, 100).steps, 1)
    assert row["tally"] == {
        "seconds": 1.5,
        "parts": [
            {"name": "a to b", "slots": 1000, "slots_done": 100, "keys": 60_000, "keys_done": 6000, "bytes": None,
             "bytes_done": None}
        ],
    }  # fmt: skip
    assert "tally" not in _steps(planned("x", "y", Plan("x", "y", "", "risky", (Haul(None),), ())).steps, 1)[0]


@pytest.mark.parametrize("word", ["0", "-5", "1.5", "nan", "٣", "fast", "9999999999"])
def test_a_pace_that_is_none_is_a_sentence(word: str) -> None:
    ended = redistui("do", "rebalance", f"--pace={word}", "--yes", "--target", "cluster://127.0.0.1:1")
    assert ended.code == 2
    assert ended.out == ""
    assert "is no number of keys a second, from 1 on" in ended.err
    assert "Traceback" not in ended.err


def test_the_end_tells_the_id_to_go_on_or_back_with(capsys: pytest.CaptureFixture[str]) -> None:
    run = replace(run_at(1.0, 400), operation="52ff9e09", steps=())
    stopped = replace(run, outcome="failed", resumable=True, message="Stopped at step 1.")
    ended = replace(run, outcome="verified", plan=Plan("rebalance", "shop", "", "risky", (), (), undo=UNDO + ITS_ID))
    for one in (stopped, ended):
        tell(Namespace(json=False), None, one)  # type: ignore[arg-type]
    assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("To go")] == [
        "To go on: `resume 52ff9e09`.",
        "To go back: `undo 52ff9e09`",
    ]
