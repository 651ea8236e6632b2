"""The journal: what is on disk, in which order, and what it says of operations that were left unfinished."""

from __future__ import annotations

import errno
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
from redistui.engine.masking import SECRET_OPTIONS, masked, scrubbed
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


@pytest.mark.parametrize("option", sorted(SECRET_OPTIONS))
def test_every_option_that_holds_a_secret_is_masked(option: str) -> None:
    assert masked(("CONFIG", "SET", option.upper(), "hunter2", "hz", "10"))[2:] == (option.upper(), "***", "hz", "10")


def test_options_that_hold_a_secret_are_all_known() -> None:
    assert {
        "requirepass", "masterauth", "primaryauth", "auth-pass", "sentinel-pass", "tls-key-file-pass",
        "tls-client-key-file-pass",
    } == SECRET_OPTIONS  # fmt: skip


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


def test_a_disk_that_takes_only_part_of_a_line_refuses_it_and_keeps_none_of_it(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal.write([{"operation": "a"}])
    before, room, write = journal.path.read_bytes(), [20, 7], os.write

    def short(descriptor: int, text: memoryview) -> int:
        if not room:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(descriptor, text[: room.pop(0)])

    monkeypatch.setattr(os, "write", short)
    with pytest.raises(JournalError, match="No space left"):
        journal.write([{"operation": "b"}])
    assert journal.path.read_bytes() == before


STRANGE: list[dict[str, Any]] = [
    {**BEGUN, **GONE, "state": "begun", "lanes": "two"},
    {**BEGUN, **GONE, "state": "begun", "operation": ["x"]},
    {**BEGUN, **GONE, "state": "begun", "resumes": {}, "part_of": []},
    {**BEGUN, **GONE, "state": "begun", "stored": {"danger": "safe", "point": float("inf")}, "release": [7]},
    {**BEGUN, **GONE, "state": "begun", "stored": "x", "release": [{"node": "a:1"}], "pid": "7"},
    {**SENDING, "state": "sending", "command": 7, "monotonic": float("inf")},
    {**SENDING, "state": "done", "step": [2], "monotonic": 1},
    {"operation": "0badcafe", "state": "ended", "left": True, "resumable": True},
]


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_line_of_other_kinds_than_ours_stops_nobody(journal: Journal, strange: dict[str, Any], place: int) -> None:
    whole = [{**BEGUN, **GONE, "state": "begun", "release": FENCE}, {**SENDING, "state": "sending"}]
    journal.write([*whole[:place], strange, *whole[place:]])
    other = {**BEGUN, **GONE, "operation": "00000002", "state": "begun", "release": FENCE}
    journal.write([other, {**SENDING, "operation": "00000002", "state": "sending"}])
    assert "00000002" in [one.operation for one in journal.unfinished() if str(one)]
    assert journal.past("0badcafe") is None
    assert journal.logged("orders", "failover begun: x", 2e9) is not None


@pytest.mark.parametrize("raw", [b"[" * 100_000, b'{"operation":' * 50_000, b"\x00\xff", b"7", b'"x"', b""])
def test_bytes_that_are_no_line_stop_nobody(journal: Journal, raw: bytes) -> None:
    journal.write([{**BEGUN, **GONE, "state": "begun", "release": FENCE}])
    with journal.path.open("ab") as file:
        file.write(raw + b"\n")
    journal.write([{**SENDING, "state": "sending"}])
    assert [one.operation for one in journal.unfinished()] == ["0badcafe"]


def test_a_journal_that_is_no_file_keeps_nobody_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    journal = Journal(tmp_path / "fifo")
    assert (journal.unfinished(), journal.past("a"), journal.deeds(10), journal.deeds_from(0, 10)) == (
        (),
        None,
        (),
        ((), 0),
    )
    assert journal.unreadable().endswith("fifo: is no regular file")
    assert Journal(tmp_path / "none").unreadable() == ""
