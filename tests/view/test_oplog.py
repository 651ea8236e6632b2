"""Operations as rows: nothing of the line's own words moves the cursor, and nothing is wider than the page."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.ops.logged import Entry, LoggedOperation
from redistui.view.cells import Row
from redistui.view.oplog import block, moment, rows

SENT = Entry(
    "2026-01-02T03:04:06.100Z", 3, "done", "10.20.30.40:26379", ("SENTINEL", "FAILOVER", "orders"), "OK", 12, "ops"
)


def operation(**more: Any) -> LoggedOperation:
    blank = LoggedOperation("0badcafe", "failover", "orders", "2026-01-02T03:04:05.678Z", "ana", "192.0.2.7")
    return LoggedOperation(**{**{name: getattr(blank, name) for name in LoggedOperation.__slots__}, **more})


def text(found: list[Row]) -> str:
    return "\n".join("".join(cell.text for cell in row) for row in found)


def test_nothing_done_yet_is_said() -> None:
    assert text(rows((), 76)) == "nothing was done in this run yet"


def test_a_block_tells_who_from_where_as_whom_what_and_how_long_it_took() -> None:
    shown = text(list(block(operation(entries=(SENT,), outcome="verified", message="all is well"), 100)))
    assert shown.splitlines() == [
        "2026-01-02T03:04:05.678Z  failover of orders  done and verified",
        "  operation 0badcafe, by ana, from 192.0.2.7, as Redis user ops",
        "  03:04:06.100   12 ms  SENTINEL FAILOVER orders at 10.20.30.40:26379",
        "                        done: OK",
        "  all is well",
    ]


@pytest.mark.parametrize(("what", "said"), [({"part_of": "0b"}, "part of 0b"), ({"resumes": "0a"}, "resumes 0a")])
def test_a_block_tells_which_other_operation_it_belongs_to(what: dict[str, str], said: str) -> None:
    assert said in text(list(block(operation(**what), 100)))


def test_one_without_an_end_runs_in_this_run_and_was_never_ended_in_the_past() -> None:
    assert "running" in text(rows((operation(),), 76))
    assert "NOT ENDED" in text(rows((operation(),), 76, live=False))


@pytest.mark.parametrize(
    ("state", "said", "tone"),
    [
        ("sending", "SENT, NO OUTCOME", "warn"),
        ("lost", "NO REPLY", "bad"),
        ("refused", "refused: NOPERM", "bad"),
        ("done", "done: NOPERM", "ok"),
    ],
)
def test_each_state_has_its_word_and_its_tone(state: str, said: str, tone: str) -> None:
    entry = Entry("", 1, state, "a:1", ("FAILOVER",), "" if state in ("sending", "lost") else "NOPERM")
    found = list(block(operation(entries=(entry,)), 76))
    assert [(cell.text, cell.tone) for row in found for cell in row if said in cell.text] == [(said, tone)]


def test_what_a_step_said_stands_between_the_commands() -> None:
    said = Entry("", 2, "passed", reply="all replicas have caught up")
    assert "step 2 passed: all replicas have caught up" in text(rows((operation(entries=(said, SENT)),), 76))


def test_hostile_words_are_spelled_out() -> None:
    bad = "\x1b]0;x\x07\u202e[@click=app.quit]x[/]"
    entry = Entry(bad, 1, bad, bad, (bad,), bad, user=bad)
    shown = text(rows((operation(group=bad, user=bad, origin=bad, message=bad, outcome=bad, entries=(entry,)),), 76))
    assert shown.replace("\n", "").isprintable()
    assert "\\x1b]0;x" in shown


@pytest.mark.parametrize("width", [56, 76, 146])
def test_no_row_of_commands_is_wider_than_the_page(width: int) -> None:
    long = Entry("", 1, "done", "n:1", ("MIGRATE", *(f"key-{number}" for number in range(60))), "OK " * 100)
    assert all(sum(len(cell.text) for cell in row) <= width for row in rows((operation(entries=(long,)),), width))


def test_a_moment_that_is_none_is_shown_as_it_is() -> None:
    assert moment("soon", live=False) == "soon"
    assert moment("", live=True) == ""
