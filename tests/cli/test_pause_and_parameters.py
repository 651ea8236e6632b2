"""Pauses and parameters from the command line: exit codes, and that a refused one sends nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redistui.demo.groups import RunningGroup
from tests.cli.running import redistui

pytestmark = pytest.mark.versions("redis-6.2")
Group = Callable[..., RunningGroup]


@pytest.fixture
def at(tmp_path: Path, replication_group: Group) -> Callable[..., Any]:
    """Runs an action on a group of one node, whose address stands for NODE."""
    group = replication_group(replicas=0)

    def run(verb: str, *words: str) -> Any:
        named = [group.primary.address if word == "NODE" else word for word in words]
        target = ("--target", group.target, "--json", *(("--yes",) if verb == "do" else ()))
        done = redistui(verb, *named, *target, env={"REDISTUI_JOURNAL": str(tmp_path / "j.jsonl")}, seconds=60)
        return done, json.loads(done.out) if done.out else None, group.primary

    return run


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("set-parameter", "127.0.0.1:1", "hz", "20"), "is no node of"),
        (("set-parameter", "NODE", "requirepass", "hunter2"), "a secret would stand"),
        (("set-parameter", "NODE", "latency-tracking", "no"), "which has no latency-tracking"),
        (("pause-writes", "forever"), "'forever' is no number of seconds"),
    ],
)
def test_what_cannot_be_done_ends_with_5_and_its_reason(
    at: Callable[..., Any], words: tuple[str, ...], reason: str
) -> None:
    done, document, node = at("do", *words)
    assert done.code == 5
    assert any(reason in text for text in document["refusals"])
    assert "hunter2" not in done.out + done.err
    commands = node.info("commandstats")
    assert "cmdstat_config" not in commands
    assert int(commands.get("cmdstat_client", "calls=0").split("calls=")[1].split(",")[0]) < 20


def test_a_wrong_number_of_words_is_a_mistake_of_use(at: Callable[..., Any]) -> None:
    done, _, _ = at("plan", "pause-writes")
    assert done.code == 2
    assert "pause-writes wants SECONDS" in done.err


def test_a_parameter_is_set_and_the_value_before_is_told(at: Callable[..., Any]) -> None:
    done, document, node = at("do", "set-parameter", "NODE", "timeout", "300", "--was", "0")
    assert done.code == 0, done.err
    assert document["outcome"] == "verified"
    assert document["steps"][0]["reply"] == "it is 0"
    assert "<value before>" in document["undo"]
    assert node.ask("CONFIG", "GET", "timeout")[1] == "300"


def test_a_pause_that_an_earlier_run_began_is_remembered_and_ended(at: Callable[..., Any]) -> None:
    done, document, _ = at("do", "pause-writes", "60")
    assert (done.code, document["outcome"]) == (0, "verified"), done.err
    done, document, _ = at("do", "pause-writes", "5")
    assert done.code == 5
    assert "writes are held already" in document["refusals"][0]
    done, document, node = at("do", "unpause")
    assert (done.code, document["outcome"]) == (0, "verified"), done.err
    assert node.ask("SET", "a", "b") == "OK"
