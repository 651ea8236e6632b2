"""What becomes an event of our own between two polls, and the operation that a deed's event tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.discover import NOBODY, Known, happened
from redistui.engine.journal import Journal
from redistui.engine.unfinished import deed_of, moment_of
from redistui.ops.logged import LoggedOperation

KNOWN = Known(role="replica", fault=None, epoch=None, run_id="a1", version="7.0.15")


@pytest.mark.parametrize(
    ("was", "changes", "events"),
    [
        (KNOWN, {}, []),
        (KNOWN, {"role": "primary"}, [("role", "a:1 was replica, is primary")]),
        (KNOWN, {"run_id": "b2"}, [("restart", "a:1 was restarted: a new process answers")]),
        (
            KNOWN,
            {"run_id": "b2", "version": "7.2.4"},
            [("restart", "a:1 was restarted: a new process answers, 7.2.4 after 7.0.15")],
        ),
        (
            KNOWN._replace(fault="refused"),
            {"fault": None, "run_id": "b2", "role": "primary"},
            [
                ("up", "a:1 answers again"),
                ("restart", "a:1 was restarted: a new process answers"),
                ("role", "a:1 was replica, is primary"),
            ],
        ),
        (KNOWN._replace(epoch=4), {"epoch": 5}, [("epoch", "cluster epoch 5")]),
        (KNOWN._replace(epoch=5), {"epoch": 4}, []),
        (KNOWN, {"run_id": None, "role": None, "version": None}, []),
        (KNOWN._replace(run_id=None), {"run_id": "b2"}, []),
        (NOBODY, {"role": "primary", "run_id": "a1", "epoch": 3}, []),
    ],
)
def test_what_differs_between_two_polls_is_an_event(
    was: Known, changes: Mapping[str, Any], events: list[tuple[str, str]]
) -> None:
    assert list(happened("a:1", was, was._replace(**changes))) == events


def test_a_fault_is_told_in_its_words_and_for_a_stranger_too() -> None:
    down = KNOWN._replace(fault="refused")
    assert list(happened("a:1", KNOWN, down, "nothing listens there")) == [("fault", "a:1 nothing listens there")]
    assert list(happened("a:1", NOBODY, down, "nothing listens there")) == [("fault", "a:1 nothing listens there")]


def test_what_a_silent_server_said_last_is_what_its_answer_is_compared_with() -> None:
    silent = KNOWN.then(Known(None, "refused", None, None, None))
    assert silent == KNOWN._replace(fault="refused")
    back = Known("replica", None, None, "b2", "7.0.15")
    assert [kind for kind, _ in happened("a:1", silent, back)] == ["up", "restart"]


# Deeds


def operation(name: str, action: str, at: str, group: str = "orders") -> LoggedOperation:
    return LoggedOperation(name, action, group, at, "", "")


OPERATIONS = (
    operation("a", "failover", "2026-01-01T00:00:00.000Z"),
    operation("b", "promote", "2026-01-01T00:01:00.000Z"),
    operation("c", "promote", "2026-01-01T00:01:00.000Z", group="cart"),
    operation("d", "failover", "2026-01-01T00:10:00.000Z"),
    operation("e", "failover", "no time"),
)
MIDNIGHT = moment_of("2026-01-01T00:00:00Z") or 0.0


@pytest.mark.parametrize(
    ("group", "text", "after", "found"),
    [
        ("orders", "failover begun: x", 0.01, "a"),
        ("orders", "promote begun: x", 60.0, "b"),
        ("orders", "the primary is another one", 90.0, "b"),
        ("orders", "failover begun: x", 90.0, "a"),
        ("orders", "failover begun: x", 600.0, "d"),
        ("cart", "it is done", 100.0, "c"),
        ("nobody", "it is done", 100.0, None),
        ("orders", "failover begun: x", -60.0, None),
    ],
)
def test_the_operation_of_a_deed_is_the_last_one_begun_by_then(
    group: str, text: str, after: float, found: str | None
) -> None:
    operation = deed_of(OPERATIONS, group, text, MIDNIGHT + after)
    assert (None if operation is None else operation.operation) == found


def test_what_others_write_to_the_journal_is_read_from_where_one_was(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    assert journal.deeds_from(0, 600.0) == ((), 0)
    line = {"operation": "a", "group": "orders", "state": "ended"}
    journal.write([{**line, "at": "2100-01-01T00:00:00Z", "message": "first"}])
    end = journal.size()
    journal.write([{**line, "at": "2100-01-01T00:00:00Z", "message": "second"}])
    found, read = journal.deeds_from(end, 600.0)
    assert ([deed.text for deed in found], read) == (["second"], journal.size())
    begun = {**line, "state": "begun", "words": ["b:1"], "stored": {"steps": [{"node": "a:1", "what": "x y:1"}]}}
    journal.write([{**begun, "part_of": "all"}])
    known: dict[str, frozenset[str]] = {}
    _, read = journal.deeds_from(read, 600.0, known)
    assert known == {"a": frozenset({"a:1", "b:1"}), "all": frozenset({"a:1", "b:1"})}
    journal.write([{**line, "operation": "all", "at": "2100-01-01T00:00:00Z", "message": "the whole"}])
    (whole,), read = journal.deeds_from(read, 600.0, known)
    assert whole.nodes == {"a:1", "b:1"}
    with journal.path.open("ab") as file:
        file.write(json.dumps({**line, "message": "half of it"}).encode()[:20])
    assert journal.deeds_from(read, 600.0) == ((), read)
    assert [deed.text for deed in journal.deeds_from(10**9, 600.0)[0]][:2] == ["first", "second"], (
        "another file, shorter"
    )
