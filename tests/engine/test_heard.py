"""What this run writes to the journal can be read while it is written."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from redistui.engine import heard
from redistui.engine.heard import HeardJournal
from redistui.engine.journal import JournalError
from redistui.ops.action import Aim
from redistui.ops.failover import FAILOVER
from tests.engine.imagined import operate


def line(operation: str, state: str, **more: Any) -> dict[str, Any]:
    return {"operation": operation, "action": "failover", "group": "orders", "at": operation, "state": state, **more}


@pytest.fixture
def journal(tmp_path: Path) -> HeardJournal:
    return HeardJournal(tmp_path / "journal.jsonl")


def test_what_is_written_is_heard_and_still_written(journal: HeardJournal) -> None:
    assert journal.operations() == ()
    journal.write([line("a", "begun")])
    assert [one.outcome for one in journal.operations()] == [""]
    journal.write([line("a", "ended", reply="verified")])
    assert [one.outcome for one in journal.operations()] == ["verified"]
    assert journal.count == 2
    assert len(journal.path.read_bytes().splitlines()) == 2


def test_what_earlier_runs_wrote_is_not_this_ones(journal: HeardJournal) -> None:
    journal.write([line("a", "begun")])
    assert HeardJournal(journal.path).operations() == ()


def test_operations_stand_in_the_order_they_began(journal: HeardJournal) -> None:
    journal.write([line("1", "begun"), line("2", "begun"), line("2", "ended", reply="failed")])
    assert [one.operation for one in journal.operations()] == ["1", "2"]


def test_a_command_that_went_out_is_heard_though_its_outcome_could_not_be_written(tmp_path: Path) -> None:
    journal = HeardJournal(tmp_path)
    command = {"command": ["FAILOVER"], "node": "a:1", "step": 1}
    with pytest.raises(JournalError):
        journal.write([line("a", "sending", **command)])
    assert journal.operations() == ()
    with pytest.raises(JournalError):
        journal.write([line("a", "done", reply="OK", **command)])
    (one,) = journal.operations()
    assert [(entry.argv, entry.reply) for entry in one.entries] == [(("FAILOVER",), "OK")]


def test_only_the_newest_operations_are_kept(journal: HeardJournal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heard, "KEPT", 10)
    few = HeardJournal(journal.path)
    few.write([line(str(number), state) for number in range(20) for state in ("begun", "ended")])
    assert [one.operation for one in few.operations()] == [str(number) for number in range(10, 20)]
    assert few.count == 40


async def test_a_whole_failover_can_be_read_command_by_command(journal: HeardJournal) -> None:
    outcome = await operate()

    def named(lines: Sequence[Any]) -> list[dict[str, Any]]:
        return [
            {**row, "operation": "0badcafe", "action": FAILOVER.name, "group": Aim("orders").group} for row in lines
        ]

    journal.write(named(outcome.lines))
    (one,) = journal.operations()
    sent = [entry.argv for entry in one.entries if entry.argv]
    assert sent == outcome.mutations() or set(outcome.mutations()) <= set(sent)
    assert {entry.state for entry in one.entries if entry.argv} == {"done"}
