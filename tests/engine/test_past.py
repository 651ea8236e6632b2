"""Reading the journal back: in whatever state it is, and without ever holding much of it."""

from __future__ import annotations

import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.journal import Journal
from redistui.engine.past import Unreadable, Wanted, lines, verify

ALL = Wanted()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def line(operation: str, state: str, group: str | None = "orders") -> dict[str, Any]:
    return {"at": "now", "operation": operation, "group": group, "state": state}


def read(path: Path, wanted: Wanted = ALL) -> tuple[list[str], list[int]]:
    """Operation and state of each line, and the numbers of those that were broken."""
    broken: list[int] = []
    found = [f"{one['operation']} {one['state']}" for one in lines(path, wanted, broken.append)]
    return found, broken


def test_a_journal_that_is_not_there_is_an_empty_one(journal: Journal) -> None:
    assert read(journal.path) == ([], [])
    chain = verify(journal.path)
    assert (chain.lines, chain.misfit) == (0, None)


def test_all_lines_come_in_their_order(journal: Journal) -> None:
    journal.write([line("a", "begun"), line("b", "begun"), line("a", "ended")])
    assert read(journal.path) == (["a begun", "b begun", "a ended"], [])


def test_one_operation_or_one_group_or_the_last_ones_can_be_asked_for(journal: Journal) -> None:
    journal.write([line("a", "begun"), line("b", "begun", "cart"), line("c", "begun"), line("a", "ended")])
    journal.write([line("b", "ended", None)])
    path = journal.path
    assert read(path, Wanted(operation="a"))[0] == ["a begun", "a ended"]
    assert read(path, Wanted(group="cart"))[0] == ["b begun", "b ended"]
    assert read(path, Wanted(last=1))[0] == ["c begun"]
    assert read(path, Wanted(last=2, group="orders"))[0] == ["a begun", "c begun", "a ended"]
    assert read(path, Wanted(operation="none"))[0] == []


@pytest.mark.parametrize("raw", [b'{"half":', b"[]", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1e999}', b"[" * 100_000, b""])
def test_a_broken_line_is_told_and_the_others_are_read(journal: Journal, raw: bytes) -> None:
    journal.write([line("a", "begun")])
    with journal.path.open("ab") as file:
        file.write(raw + b"\n")
        file.write(json.dumps(line("b", "begun")).encode() + b"\n")
    assert read(journal.path) == (["a begun", "b begun"], [2])


def test_a_line_beyond_all_measure_is_broken_and_not_held(journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redistui.engine.past.LONGEST", 1000)
    journal.write([line("a", "begun"), {**line("b", "begun"), "long": "x" * 5000}, line("c", "begun")])
    assert read(journal.path) == (["a begun", "c begun"], [2])
    assert verify(journal.path).misfit is None


def test_a_huge_journal_takes_no_memory(journal: Journal) -> None:
    journal.write([line("a", "begun")])
    row = json.dumps({**line("b", "done"), "reply": "x" * 1000}).encode() + b"\n"
    with journal.path.open("ab") as file:
        for _ in range(20_000):
            file.write(row)
    tracemalloc.start()
    try:
        assert sum(1 for _ in lines(journal.path, Wanted(last=3), lambda number: None)) == 1
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


# The chain


def written(journal: Journal, count: int = 5) -> list[bytes]:
    for number in range(count):
        journal.write([line(str(number), "begun")])
    return journal.path.read_bytes().splitlines(keepends=True)


def test_an_untouched_journal_fits_from_end_to_end(journal: Journal) -> None:
    written(journal)
    chain = verify(journal.path)
    assert (chain.lines, chain.broken, chain.misfit) == (5, 0, None)


def test_a_line_longer_than_a_block_keeps_the_chain(journal: Journal) -> None:
    journal.write([{**line("a", "begun"), "stored": "x" * 300_000}])
    journal.write([line("a", "ended")])
    assert verify(journal.path).misfit is None


def test_a_changed_line_shows_at_the_one_behind_it(journal: Journal) -> None:
    rows = written(journal)
    rows[1] = rows[1].replace(b'"orders"', b'"cart"')
    journal.path.write_bytes(b"".join(rows))
    assert verify(journal.path).misfit == 3


@pytest.mark.parametrize(("gone", "misfit"), [(0, 1), (2, 3), (3, 4)])
def test_a_line_that_was_taken_out_shows(journal: Journal, gone: int, misfit: int) -> None:
    rows = written(journal)
    del rows[gone]
    journal.path.write_bytes(b"".join(rows))
    assert verify(journal.path).misfit == misfit


def test_a_line_that_was_put_in_shows(journal: Journal) -> None:
    rows = written(journal)
    rows.insert(2, json.dumps(line("x", "begun")).encode() + b"\n")
    journal.path.write_bytes(b"".join(rows))
    assert verify(journal.path).misfit == 3


def test_a_line_broken_off_by_a_crash_does_not_break_the_chain_but_is_counted(journal: Journal) -> None:
    written(journal, 2)
    with journal.path.open("ab") as file:
        file.write(b'{"half":')
    journal.write([line("z", "begun")])
    chain = verify(journal.path)
    assert (chain.lines, chain.broken, chain.misfit) == (4, 1, None)


@pytest.mark.parametrize("kind", ["folder", "fifo", "closed"])
def test_what_cannot_be_read_says_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "journal.jsonl"
    if kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path = tmp_path / "file" / "journal.jsonl"
        path.parent.write_text("")
    with pytest.raises(Unreadable, match=r"journal\.jsonl"):
        read(path)
