"""`redistui journal`: past operations as a person and as a script reads them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from redistui.engine.journal import Journal
from tests.cli.running import Ended, redistui

CONTRACT = ["at", "operation", "action", "group", "step", "node", "command", "reply", "state", "user", "from"]
COMMON = {"action": "failover", "group": "orders", "user": "ana", "from": "192.0.2.7", "at": "2026-01-02T03:04:05.678Z"}


def operation(name: str, **more: str) -> list[dict[str, Any]]:
    common = {**COMMON, "operation": name, **more}
    order = {**common, "step": 1, "node": "10.0.0.1:26379", "command": ["SENTINEL", "FAILOVER", "orders"]}
    return [
        {**common, "state": "begun", "plan": "0123"},
        {**order, "state": "sending", "monotonic": 5.0, "redis_user": "ops"},
        {**order, "state": "done", "monotonic": 5.012, "reply": "OK", "redis_user": "ops"},
        {**common, "state": "ended", "reply": "verified", "message": "Fail over orders: done, and verified."},
    ]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def run(journal: Journal, *words: str) -> Ended:
    return redistui("journal", *words, env={"REDISTUI_JOURNAL": str(journal.path)})


def test_without_a_journal_there_is_nothing_and_that_is_fine(journal: Journal) -> None:
    for words in ((), ("--json",)):
        done = run(journal, *words)
        assert (done.code, done.out) == (0, "")
        assert done.sentences == [f"redistui: no operation was done yet: {journal.path} has none"]
    assert run(journal, "--verify").code == 0


def test_each_operation_is_a_block_with_who_when_what_and_the_outcome(journal: Journal) -> None:
    journal.write([*operation("0badcafe"), *operation("5eed", group="cart")])
    done = run(journal)
    assert done.code == 0, done.err
    first, second = done.out.strip().split("\n\n")
    assert "cart" in second
    head, who, command, reply, message = first.splitlines()
    assert head == "2026-01-02T03:04:05.678Z    failover of orders    done and verified"
    assert who.strip() == "operation 0badcafe, by ana, from 192.0.2.7, as Redis user ops"
    assert "12 ms" in command
    assert "SENTINEL FAILOVER orders at 10.0.0.1:26379" in command
    assert reply.strip() == "done: OK"
    assert message.strip() == "Fail over orders: done, and verified."


def test_json_is_one_line_of_the_journal_a_line_with_the_contracts_keys_first(journal: Journal) -> None:
    journal.write(operation("0badcafe"))
    rows = [json.loads(line) for line in run(journal, "--json").out.splitlines()]
    assert len(rows) == 4
    assert all(list(row)[: len(CONTRACT)] == CONTRACT for row in rows)
    assert rows[0]["command"] is None
    assert rows[0]["plan"] == "0123"
    assert rows[2]["command"] == ["SENTINEL", "FAILOVER", "orders"]
    assert [row["state"] for row in rows] == ["begun", "sending", "done", "ended"]


def test_a_secret_that_another_hand_wrote_is_masked(journal: Journal) -> None:
    journal.write(
        [{**COMMON, "operation": "a", "command": ["CONFIG", "SET", "masterauth", "hunter2"], "state": "done"}]
    )
    done = run(journal, "--json")
    assert "hunter2" not in done.out
    assert json.loads(done.out)["command"][-1] == "***"


def test_operation_group_and_last_narrow_it_down(journal: Journal) -> None:
    journal.write([*operation("a"), *operation("b", group="cart"), *operation("c")])

    def named(*words: str) -> list[str]:
        rows = [json.loads(line) for line in run(journal, "--json", *words).out.splitlines()]
        return list(dict.fromkeys(row["operation"] for row in rows))

    assert named("--operation", "b") == ["b"]
    assert named("--group", "orders") == ["a", "c"]
    assert named("--last", "2") == ["b", "c"]
    assert named("--last", "1", "--group", "cart") == ["b"]
    assert run(journal, "--operation", "nobody").sentences == [f"redistui: no such operation in {journal.path}"]


def test_a_broken_line_is_told_on_stderr_and_the_rest_is_printed(journal: Journal) -> None:
    journal.write(operation("a"))
    with journal.path.open("ab") as file:
        file.write(b'{"half":')
    journal.write(operation("b"))
    done = run(journal)
    assert done.code == 0
    assert done.out.count("failover of orders") == 2
    assert done.sentences == [f"redistui: {journal.path}:5: not a whole line; a crash while writing leaves such a one"]


def test_a_tampered_line_is_found_and_exit_code_4(journal: Journal) -> None:
    journal.write(operation("a"))
    fine = run(journal, "--verify")
    assert (fine.code, fine.out) == (0, f"{journal.path}: fine (4 lines)\n")
    journal.path.write_bytes(journal.path.read_bytes().replace(b'"OK"', b'"KO"'))
    done = run(journal, "--verify")
    assert done.code == 4
    assert done.out.startswith(f"{journal.path}:4: does not fit the line before it")
    document = json.loads(run(journal, "--verify", "--json").out)
    assert (document["misfit"], document["lines"]) == (4, 4)


def test_control_characters_in_a_reply_do_not_reach_the_terminal(journal: Journal) -> None:
    rows = operation("a")
    rows[2]["reply"] = "\x1b]0;x\x07\u202e"
    rows[0]["group"] = rows[3]["message"] = "\x1b[2J"
    journal.write(rows)
    for words in ((), ("--json",)):
        out = run(journal, *words).out
        assert not {"\x1b", "\x07"} & set(out)


@pytest.mark.parametrize("last", ["0", "-1", "x", "1e3"])
def test_a_number_that_is_none_is_a_mistake_of_use(journal: Journal, last: str) -> None:
    done = run(journal, f"--last={last}")
    assert done.code == 2
    assert len(done.sentences) == 1


def test_a_journal_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    done = redistui("journal", env={"REDISTUI_JOURNAL": str(tmp_path)})
    assert done.code == 2
    assert done.sentences == [f"redistui: the journal cannot be read: {tmp_path}: is no regular file"]
