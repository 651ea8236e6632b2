"""The journal: what is on disk, in which order, and what it says of operations that were left unfinished."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.identity import identity, process
from redistui.engine.journal import Journal, JournalError, journal_path, now
from redistui.engine.masking import masked, scrubbed
from redistui.engine.newest_deeds import NewestDeeds

BEGUN = {"operation": "0badcafe", "action": "failover", "group": "orders", "at": "2026-01-01T00:00:00.000Z"}
FENCE = [{"node": "a:1", "command": ["CONFIG", "SET", "min-replicas-to-write", "<value read before>"]}]
SENDING = {"operation": "0badcafe", "step": 2, "node": "a:1", "command": ["CLIENT", "PAUSE", "9", "WRITE"]}
NOTED = {"operation": "0badcafe", "state": "noted", "hole": "<value read before>", "reply": "1"}
GONE = {"host": "elsewhere", "pid": 1, "started": "1"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "state" / "journal.jsonl")


def lines(journal: Journal) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.path.read_bytes().splitlines()]


def test_lines_are_appended_one_object_each_for_nobody_else_to_read(journal: Journal) -> None:
    journal.write([{"a": 1}, {"b": "\x1b]0;x\u202e"}])
    journal.write([{"c": 3}])
    assert [sorted(line) for line in lines(journal)] == [["a", "previous"], ["b", "previous"], ["c", "previous"]]
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(journal.path.parent.stat().st_mode) == 0o700
    assert journal.path.read_bytes().isascii()


def test_each_line_holds_the_hash_of_the_one_before(journal: Journal) -> None:
    for number in range(4):
        journal.write([{"number": number}, {"number": number}])
    rows = journal.path.read_bytes().splitlines()
    found = [json.loads(row)["previous"] for row in rows]
    assert found == [None, *(hashlib.sha256(row).hexdigest() for row in rows[:-1])]


def _write_some(path: Path) -> None:
    for number in range(20):
        Journal(path).write([{"pid": os.getpid(), "number": number}])


def test_two_processes_keep_one_chain(journal: Journal) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_some, args=(journal.path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    rows = journal.path.read_bytes().splitlines()
    assert len(rows) == 40
    found = [json.loads(row)["previous"] for row in rows]
    assert found == [None, *(hashlib.sha256(row).hexdigest() for row in rows[:-1])]


def test_a_torn_last_line_does_not_swallow_the_next_one(journal: Journal) -> None:
    journal.write([{"a": 1}])
    with journal.path.open("ab") as file:
        file.write(b'{"half":')
    journal.write([{"b": 2}])
    rows = journal.path.read_bytes().splitlines()
    assert len(rows) == 3
    assert json.loads(rows[2])["previous"] == hashlib.sha256(b'{"half":').hexdigest()
    assert journal.unfinished() == ()


def test_a_mode_left_open_is_closed(journal: Journal) -> None:
    journal.write([{"a": 1}])
    journal.path.chmod(0o644)
    journal.write([{"b": 1}])
    assert stat.S_IMODE(journal.path.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["folder", "link", "fifo", "no folder"])
def test_what_cannot_be_written_says_so(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "journal.jsonl"
    match kind:
        case "folder":
            path.mkdir()
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
        case "fifo":
            os.mkfifo(path)
        case _:
            path.with_name("file").write_text("")
            path = tmp_path / "file" / "journal.jsonl"
    with pytest.raises(JournalError, match="REDISTUI_JOURNAL"):
        Journal(path).write([{"a": 1}])


def test_an_operation_whose_process_is_gone_is_unfinished_and_its_fence_can_be_lifted_by_hand(journal: Journal) -> None:
    journal.write([{**BEGUN, "state": "begun", "release": FENCE, **GONE}, NOTED, {**SENDING, "state": "sending"}])
    (one,) = journal.unfinished()
    assert one.release == (("a:1", "CONFIG SET min-replicas-to-write 1"),)
    assert "failover of orders" in str(one)
    assert "CLIENT PAUSE 9 WRITE at a:1: sending" in str(one)
    assert "CONFIG SET min-replicas-to-write 1 at a:1" in str(one)


def test_an_operation_that_sent_nothing_left_no_fence(journal: Journal) -> None:
    journal.write([{**BEGUN, "state": "begun", "release": FENCE, **GONE}])
    (one,) = journal.unfinished()
    assert one.release == ()


def test_an_operation_that_runs_still_is_not_unfinished(journal: Journal) -> None:
    journal.write([{**BEGUN, "state": "begun", "release": FENCE, **process()}, {**SENDING, "state": "sending"}])
    assert journal.unfinished() == ()


def test_a_pid_that_was_used_again_is_another_process(journal: Journal) -> None:
    again = {**process(), "started": "1"}
    journal.write([{**BEGUN, "state": "begun", "release": FENCE, **again}])
    assert len(journal.unfinished()) == 1


def test_an_ended_operation_is_unfinished_only_while_its_fence_is_up(journal: Journal) -> None:
    journal.write([{**BEGUN, "state": "begun", "release": FENCE, **GONE}, {**SENDING, "state": "done"}])
    journal.write([{"operation": "0badcafe", "state": "ended", "left": []}])
    assert journal.unfinished() == ()
    left = [{"node": "a:1", "command": ["CONFIG", "SET", "min-replicas-to-write", "1"]}]
    journal.write([{"operation": "0badcafe", "state": "ended", "left": left}])
    assert journal.unfinished()[0].release == (("a:1", "CONFIG SET min-replicas-to-write 1"),)
    journal.dismiss("0badcafe")
    assert journal.unfinished() == ()


def test_a_journal_full_of_other_things_is_read_without_complaint(journal: Journal) -> None:
    journal.path.parent.mkdir()
    journal.path.write_bytes(b'[]\n"x"\n\xff\xfe\n{"operation": 3}\n{"state": "begun"}\n\n')
    journal.unfinished()
    assert Journal(journal.path.with_name("none")).unfinished() == ()


def test_where_the_journal_is_and_who_writes_it(tmp_path: Path) -> None:
    assert journal_path({"REDISTUI_JOURNAL": str(tmp_path / "j")}) == tmp_path / "j"
    assert journal_path({"REDISTUI_JOURNAL": "~nobody-of-this-name/j"}).name == "j"
    assert journal_path({}).name == "journal.jsonl"
    who = identity({"SSH_CLIENT": "192.0.2.7 51234 22"})
    assert who["from"] == "192.0.2.7"
    assert who["user"]
    assert identity({})["from"] is None


def test_secrets_are_masked() -> None:
    assert masked(("CONFIG", "SET", "requirepass", "hunter2")) == ("CONFIG", "SET", "requirepass", "***")
    assert masked(("SENTINEL", "SET", "orders", "auth-pass", "hunter2"))[-1] == "***"
    assert masked(("ACL", "SETUSER", "u", "on", ">hunter2", "~*"))[4] == "***"
    assert masked(("MIGRATE", "h", "1", "k", "0", "9", "AUTH", "hunter2", "KEYS", "a"))[7:9] == ("***", "KEYS")
    assert scrubbed("ERR unknown command 'AUTH' 'hunter2'", ["hunter2", None, ""]) == "ERR unknown command 'AUTH' '***'"


def deed(title: str, at: str) -> dict[str, Any]:
    return {**BEGUN, "state": "begun", "stored": {"title": title}, "at": at}


def test_what_other_consoles_do_meanwhile_is_read_once_and_only_when_there_is_more(journal: Journal) -> None:
    journal.write([deed("long ago", "2020-01-01T00:00:00.000Z"), deed("before", now())])
    deeds = NewestDeeds(journal, 60.0)
    assert deeds.grew()
    assert [one.text for one in deeds.more()] == ["failover begun: before"]
    assert not deeds.grew()
    journal.write([deed("meanwhile", now())])
    assert deeds.grew()
    assert [one.text for one in deeds.more()] == ["failover begun: meanwhile"]
    assert deeds.more() == ()
