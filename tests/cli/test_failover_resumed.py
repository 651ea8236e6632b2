"""A console that is killed in the middle of a failover to a chosen replica, and the next one that goes on or back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.engine.journal import Journal
from tests.canary import Canary
from tests.cli.test_plan_and_do import Group, killed_at, run, states
from tests.engine.test_sentinel_actions import hurry, option, priority
from tests.waiting import eventually


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def killed(group: RunningGroup, journal: Journal, moment: str) -> str:
    """The id of an operation whose console was killed just after that command."""
    to = group.nodes[2].address
    killed_at("done", moment, "do", "failover", group.target, "--to", to, "--yes", journal=journal)
    (left,) = journal.unfinished()
    return left.operation


def resume(operation: str, journal: Journal, *more: str) -> None:
    """Until it is done: it is refused as long as the Sentinels are just changing who is who."""

    def ended() -> bool:
        done = run("do", "resume", operation, *more, "--yes", "--json", journal=journal)
        assert done.code == 0, json.loads(done.out)["refusals"]
        return bool(json.loads(done.out)["outcome"] == "verified")

    assert eventually(ended, 30)


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_killed_after_the_priority_was_set_the_next_console_puts_it_back(
    sentinel_group: Group, journal: Journal
) -> None:
    group = sentinel_group()
    operation = killed(group, journal, "CONFIG SET replica-priority 1")
    assert priority(group.nodes[2]) == "1"
    resume(operation, journal, "--back")
    assert [priority(node) for node in group.nodes] == ["100", "100", "100"]
    assert role_of(group.nodes[0]) == "master"
    assert journal.unfinished() == ()


@pytest.mark.versions("valkey-9.1", "redis-7.0")
def test_killed_after_the_order_the_next_console_goes_on_and_nothing_is_lost(
    sentinel_group: Group, journal: Journal
) -> None:
    group = sentinel_group()
    hurry(group)
    old, chosen = group.nodes[0], group.nodes[2]
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        operation = killed(group, journal, "SENTINEL FAILOVER orders")
        resume(operation, journal)
        eventually(canary.goes_on, 20)
    finally:
        canary.stop()
    assert role_of(chosen) == "master"
    assert role_of(old) == "slave"
    assert [priority(node) for node in group.nodes] == ["100", "100", "100"]
    assert all(option(node) == "0" for node in group.nodes)
    assert canary.lost() == []
    assert journal.unfinished() == ()
    ordered = [state for command, state in states(journal) if command.startswith("SENTINEL FAILOVER")]
    assert ordered == ["sending", "done"]
