"""Operations told by the journal's lines."""

from __future__ import annotations

from typing import Any

from redistui.ops.logged import MOST, OPEN, gather
from redistui.view.confirm import command

HEAD = {"operation": "0badcafe", "action": "failover", "group": "orders", "at": "2026-01-01T00:00:00.000Z"}
WHO = {"user": "ana", "from": "192.0.2.7"}
BEGUN: dict[str, Any] = {**HEAD, **WHO, "state": "begun"}
ENDED: dict[str, Any] = {**HEAD, "state": "ended", "reply": "verified", "message": "done"}


def sent(argv: str, state: str, clock: float, **more: object) -> dict[str, Any]:
    return {**HEAD, "step": 1, "node": "a:1", "command": argv.split(), "state": state, "monotonic": clock, **more}


def test_a_command_and_its_outcome_are_one_entry_with_the_time_between() -> None:
    rows = [
        BEGUN,
        sent("CONFIG REWRITE", "sending", 10.0, redis_user="ops"),
        sent("CONFIG REWRITE", "done", 10.25, reply="OK"),
        ENDED,
    ]
    (one,) = gather(rows)
    assert (one.action, one.group, one.user, one.origin) == ("failover", "orders", "ana", "192.0.2.7")
    assert (one.outcome, one.message) == ("verified", "done")
    (entry,) = one.entries
    assert (entry.argv, entry.node, entry.state, entry.reply, entry.ms) == (
        ("CONFIG", "REWRITE"), "a:1", "done", "OK", 250,
    )  # fmt: skip
    assert entry.user == "ops"


def test_equal_commands_of_one_transaction_are_told_apart_by_their_order() -> None:
    kill = "CLIENT KILL TYPE normal"
    rows = [BEGUN, sent(kill, "sending", 1.0), sent(kill, "sending", 1.0)]
    rows += [sent(kill, "done", 2.0, reply="3"), sent(kill, "lost", 3.0)]
    (one,) = gather(rows)
    assert [(entry.state, entry.reply) for entry in one.entries] == [("done", "3"), ("lost", "")]


def test_an_operation_without_an_end_is_told_all_the_same() -> None:
    (one,) = gather([BEGUN, sent("FAILOVER", "sending", 1.0)])
    assert one.outcome == ""
    assert one.entries[0].state == "sending"
    assert one.entries[0].ms is None


def test_an_outcome_whose_sending_was_not_written_stands_alone() -> None:
    (one,) = gather([sent("FAILOVER", "done", 1.0, reply="OK")])
    assert [(entry.state, entry.ms) for entry in one.entries] == [("done", None)]


def test_lines_of_two_operations_may_stand_between_each_other() -> None:
    other = {**BEGUN, "operation": "5eed", "group": "cart"}
    rows = [BEGUN, other, sent("A", "sending", 1.0), {**other, "state": "ended", "reply": "failed"}, ENDED]
    assert [(one.operation, one.outcome) for one in gather(rows)] == [("5eed", "failed"), ("0badcafe", "verified")]


def test_notes_and_what_steps_said_are_entries_without_a_command() -> None:
    noted = {**HEAD, "step": 1, "state": "noted", "hole": "<value read before>", "reply": "1"}
    (one,) = gather([BEGUN, noted, {**HEAD, "step": 2, "state": "passed", "reply": "all have caught up"}])
    assert [entry.reply for entry in one.entries] == ["<value read before> is 1", "all have caught up"]
    assert not any(entry.argv for entry in one.entries)


def test_a_long_operation_keeps_its_last_entries_and_their_outcomes() -> None:
    rows: list[dict[str, Any]] = [BEGUN]
    for number in range(3 * MOST):
        rows += [sent(f"SETSLOT {number}", "sending", number), sent(f"SETSLOT {number}", "done", number, reply="OK")]
    (one,) = gather(rows)
    assert one.left_out + len(one.entries) >= 2 * MOST
    assert one.entries[-1].argv == ("SETSLOT", str(3 * MOST - 1))
    assert {entry.state for entry in one.entries} == {"done"}


def test_a_thousand_operations_that_never_end_do_not_pile_up() -> None:
    told = gather({**BEGUN, "operation": str(number)} for number in range(1000))
    first = next(told)
    assert first.operation == "0"
    assert sum(1 for _ in told) == 999
    assert OPEN < 999


def test_lines_of_any_shape_are_taken() -> None:
    odd: list[dict[str, Any]] = [
        {}, {"operation": 3, "state": None}, {"command": "FLUSHALL", "state": "sending"},
        {"operation": "x", "command": [1, None], "state": "done", "step": "two", "monotonic": "late"},
    ]  # fmt: skip
    assert [one.operation for one in gather(odd)] == ["", "x"]


def burst(number: int, state: str, clock: float, **more: object) -> dict[str, Any]:
    command = ["CLUSTER", "SETSLOT", "<each slot of 0-9>", "NODE", "b"]
    line = {"step": 2, "node": "a:1", "command": command, "state": state, "monotonic": clock, "burst": number}
    return {**HEAD, **line, **more}


def test_bursts_that_stand_for_one_line_of_the_plan_are_one_entry_with_their_sums() -> None:
    rows = [
        BEGUN,
        burst(1, "sending", 1.0, count=2, slots="0-1"),
        burst(2, "sending", 1.5, count=1, slots="7"),
        burst(2, "refused", 1.75, done=0, refused=1, lost=0, error="ERR no", reply="1 refused (ERR no)"),
        burst(1, "done", 2.0, done=2, refused=0, lost=0, error="", reply="2 done"),
        ENDED,
    ]
    (one,) = gather(rows)
    (entry,) = one.entries
    assert (entry.state, entry.ms) == ("done", 1250)
    assert entry.reply == "3 in 2 bursts: slots 0-1 7: 2 done, 1 refused (ERR no)"
    assert command(entry.argv) == "CLUSTER SETSLOT <each slot of 0-9> NODE b"


def test_one_exact_command_of_a_burst_looks_like_any_other() -> None:
    migrate = {"command": ["CLUSTER", "MIGRATESLOTS"], "count": 1}
    rows = [BEGUN, burst(1, "sending", 1.0, **migrate), burst(1, "done", 1.5, done=1, reply="1 done", **migrate)]
    (entry,) = next(gather(rows)).entries
    assert (entry.state, entry.reply, entry.ms, entry.many) == ("done", "", 500, None)


def test_figures_of_a_burst_that_make_no_sense_are_left_out() -> None:
    rows = [BEGUN, burst(1, "sending", 1.0, count="x", slots="5-3 9-99999 0-2", keys=None), burst(1, "done", 2.0)]
    (entry,) = next(gather(rows)).entries
    assert entry.many is not None
    assert (entry.many.count, entry.many.keys) == (0, 0)
    assert entry.many.slots >= {0, 1, 2}
    assert max(entry.many.slots) < 16384
