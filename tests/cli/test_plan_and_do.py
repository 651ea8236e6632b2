"""`redistui plan` and `redistui do`, as a script meets them: documents, exit codes, signals, a killed console."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.shapes import sentinel
from redistui.engine.journal import Journal
from tests.canary import Canary
from tests.cli.running import environment, killed, redistui, struck
from tests.conftest import Start
from tests.waiting import eventually

Group = Callable[..., RunningGroup]
KEYS = {"action", "target", "group", "refusals", "warnings", "steps", "outcome", "verified", "undo"}
STEP_KEYS = {"number", "node", "text", "commands", "state", "reply", "ms"}


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def run(*words: str, journal: Journal, stdin: str = "") -> Any:
    return redistui(*words, env={"REDISTUI_JOURNAL": str(journal.path)}, stdin=stdin, seconds=90)


@contextmanager
def running(*words: str, journal: Journal) -> Iterator[subprocess.Popen[str]]:
    """redistui at work, killed at the end if it still is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "redistui", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment(REDISTUI_JOURNAL=str(journal.path)),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate(timeout=10)


def states(journal: Journal) -> list[tuple[str, str]]:
    """Command and state of every line, as far as it is written."""
    return [(" ".join(line["command"]), line["state"]) for line in journal._tail() if line.get("command")]


def killed_at(moment: str, command: str, *words: str, journal: Journal) -> None:
    """A console that is killed at that moment (tests.cli.struck) of the first command that begins so."""
    killed(moment, command, *words, env={"REDISTUI_JOURNAL": str(journal.path)})


@pytest.mark.versions("redis-6.2")
def test_a_plan_is_shown_and_sends_nothing(sentinel_group: Group, journal: Journal) -> None:
    group = sentinel_group()
    done = run("plan", "failover", group.target, journal=journal)
    assert done.code == 0, done.err
    assert "No acknowledged write." in done.out
    assert "SENTINEL FAILOVER orders" in done.out
    document = json.loads(run("plan", "failover", group.target, "--json", journal=journal).out)
    assert set(document) >= KEYS
    assert document["outcome"] == "planned"
    assert document["group"] == "orders"
    assert document["refusals"] == []
    assert all(set(step) >= STEP_KEYS and step["state"] == "planned" for step in document["steps"])
    assert [step["number"] for step in document["steps"]] == list(range(1, len(document["steps"]) + 1))
    assert role_of(group.nodes[0]) == "master"
    assert not journal.path.exists()


def test_do_runs_the_plan_and_verifies_it(sentinel_group: Group, journal: Journal) -> None:
    group = sentinel_group()
    shown = json.loads(run("plan", "failover", group.target, "--json", journal=journal).out)
    done = run("do", "failover", group.target, "--yes", "--json", journal=journal)
    assert done.code == 0, done.err
    document = json.loads(done.out)
    assert document["outcome"] == "verified"
    assert len(document["verified"]) == 3
    assert [step["state"] for step in document["steps"]] == ["done"] * len(document["steps"])
    assert [step["commands"] for step in document["steps"]] == [step["commands"] for step in shown["steps"]]
    sent = [command["command"] for step in document["steps"] for command in step["sent"]]
    assert [" ".join(argv) for argv in sent] == [command for command, state in states(journal) if state == "done"]
    assert role_of(group.nodes[0]) == "slave"
    assert "Order the Sentinels to fail over orders" in done.err


@pytest.mark.versions("redis-7.0")
def test_nobody_there_to_confirm_it_is_a_mistake_of_use(sentinel_group: Group, journal: Journal) -> None:
    done = run("do", "failover", sentinel_group().target, journal=journal, stdin="orders\n")
    assert done.code == 2
    assert done.sentences == ["redistui: nobody is here to confirm it: use --yes, or look first with `redistui plan`"]


@pytest.mark.versions("valkey-9.1")
@pytest.mark.parametrize(("typed", "code"), [("orders", 0), ("order", 5), ("", 5)])
def test_at_a_terminal_the_groups_name_has_to_be_typed(
    sentinel_group: Group, journal: Journal, typed: str, code: int
) -> None:
    group = sentinel_group()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "redistui", "do", "failover", group.target],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=environment(REDISTUI_JOURNAL=str(journal.path)),
    )
    os.close(theirs)
    said = b""
    while b"Type orders to run it: " not in said:
        said += os.read(ours, 65536)
    os.write(ours, typed.encode() + b"\n")
    try:
        assert process.wait(60) == code
    finally:
        process.kill()
        process.communicate()
        os.close(ours)
    assert (role_of(group.nodes[0]) == "slave") == (code == 0)


@pytest.mark.versions("redis-7.0")
def test_what_is_refused_ends_with_5_and_says_why(
    sentinel_group: Group, cluster_group: Group, journal: Journal
) -> None:
    group = sentinel_group()
    for one in group.sentinels[:2]:
        one.kill()
    for verb in (("plan",), ("do", "--yes")):
        done = run(verb[0], "failover", group.target, *verb[1:], "--json", journal=journal)
        assert done.code == 5, done.err
        document = json.loads(done.out)
        assert document["outcome"] == "refused"
        assert document["steps"] == []
        assert any("no majority" in text for text in document["refusals"])
    cluster = run("plan", "failover", cluster_group().target, journal=journal)
    assert cluster.code == 5
    assert "cluster-failover" in cluster.out


@pytest.mark.versions("redis-7.0")
def test_words_without_sense_end_with_2_and_an_unknown_group_with_5(sentinel_group: Group, journal: Journal) -> None:
    group = sentinel_group()
    wrong = run("plan", "failovr", group.target, journal=journal)
    assert wrong.code == 2
    assert "did you mean 'failover'" in wrong.err
    nowhere = run("do", "failover", group.target, "--yes", "--group", "ordres", journal=journal)
    assert nowhere.code == 5
    assert "there is no group 'ordres'" in nowhere.out


@pytest.mark.versions("redis-7.0")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_after_the_order_lets_it_finish(sentinel_group: Group, journal: Journal, number: int) -> None:
    group = sentinel_group()
    words = ("do", "failover", group.target, "--yes", "--json")
    ended = struck(number, "sending", "SENTINEL FAILOVER", *words, env={"REDISTUI_JOURNAL": str(journal.path)})
    assert ended.code == 128 + number, ended.err
    assert json.loads(ended.out)["outcome"] == "verified"
    assert role_of(group.nodes[0]) == "slave"
    assert all(str(node.ask("CONFIG", "GET", "min-replicas-to-write")[1]) == "0" for node in group.nodes)
    assert journal.unfinished() == ()


@pytest.mark.versions("redis-7.0")
@pytest.mark.parametrize("moment", ["CONFIG SET min-replicas-to-write 10000", "SENTINEL FAILOVER orders", "REPLICAOF"])
def test_a_console_that_is_killed_loses_nothing_and_the_next_one_says_what_is_left(
    sentinel_group: Group, journal: Journal, moment: str
) -> None:
    group = sentinel_group()
    old = group.primary
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        killed_at("done", moment, "do", "failover", group.target, "--yes", journal=journal)
        if moment.startswith("CONFIG"):
            eventually(lambda: "NOREPLICAS" in " ".join(canary.aware.errors[-5:]), 20)
        else:
            eventually(canary.goes_on, 20)
            eventually(lambda: role_of(old) == "slave", 30)
    finally:
        canary.stop()
    assert canary.lost() == []
    (left,) = journal.unfinished()
    assert left.release == ((old.address, "CONFIG SET min-replicas-to-write 0"),)
    told = run("plan", "failover", group.target, journal=journal)
    assert f"this lifts it: CONFIG SET min-replicas-to-write 0 at {old.address}" in told.err
    node, command = left.release[0]
    assert group.server(node).ask(*command.split()) == "OK"


@pytest.mark.versions("redis-6.2")
def test_a_console_that_is_killed_under_a_pause_loses_nothing_when_the_pause_ends(
    running_group: Start, journal: Journal
) -> None:
    """The pause ends before the Sentinels demote the old primary; the other fence still stands."""
    group = running_group(replace(sentinel(), down_after_ms=10_000))
    old = group.primary
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        killed_at("done", "SENTINEL FAILOVER", "do", "failover", group.target, "--yes", journal=journal)
        eventually(lambda: role_of(old) == "slave", 30)
        eventually(canary.goes_on, 20)
    finally:
        canary.stop()
    assert canary.lost() == []
    assert any("NOREPLICAS" in error for error in canary.sticky.errors)
