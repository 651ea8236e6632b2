"""Cluster actions by `redistui plan` and `do`: bad input, and a console that is killed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.engine.journal import Journal
from tests.cli.test_plan_and_do import run, running, until_journalled
from tests.cluster_canary import ClusterCanary
from tests.waiting import eventually

Group = Callable[..., RunningGroup]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def killed(group: RunningGroup, journal: Journal, *words: str, start: str, done: bool) -> str:
    """Runs an action whose verification a hung node holds up, and kills the console once a command is in the journal;
    the operation that is left."""
    slow = group.nodes[5]
    with running("do", *words, group.target, "--yes", journal=journal) as process:
        eventually(lambda: any(line.get("state") == "begun" for line in journal._tail()), 30, every=0)
        slow.hang()
        try:
            until_journalled(process, journal, start, done=done)
            process.kill()
            process.wait(10)
        finally:
            slow.resume()
    (left,) = journal.unfinished()
    return left.operation


WHEN_DONE = {"valkey-9.1": True, "redis-7.0": False, "redis-6.2": True}
"""Whether it is killed after the reply, or while the command is on its way."""


def test_a_console_that_is_killed_loses_nothing_and_the_next_one_goes_on(
    cluster_group: Group, journal: Journal, version: str
) -> None:
    group, done = cluster_group(), WHEN_DONE[version]
    old, new = group.nodes[0], group.nodes[3]
    canary = ClusterCanary(group)
    try:
        eventually(canary.goes)
        operation = killed(group, journal, "cluster-failover", new.address, start="CLUSTER FAILOVER", done=done)
        went = run("do", "resume", operation, group.target, "--yes", "--json", journal=journal)
        document = json.loads(went.out)
        if role_of(new) == "slave":  # it was killed before anything went out
            assert not done
            assert document["message"].startswith("Nothing has changed")
        else:
            assert (went.code, document["outcome"]) == (0, "verified"), went.out
        eventually(canary.goes_on)
    finally:
        canary.stop()
    assert canary.lost() == []
    assert not any(sent["node"] == new.address for step in document["steps"] for sent in step["sent"])
    assert {role_of(old), role_of(new)} == {"master", "slave"}
    assert journal.unfinished() == ()


@pytest.mark.versions("valkey-9.1")
def test_what_is_refused_ends_with_5_and_sends_nothing(
    cluster_group: Group, sentinel_group: Group, journal: Journal
) -> None:
    group = cluster_group()
    primary, replica = group.nodes[0].address, group.nodes[3].address
    table = [
        (("cluster-failover", primary), "is a primary"),
        (("cluster-failover", replica, "--force", "--takeover"), "two different things"),
        (("forget", "f" * 40), "is no node of"),
        (("add-node", "127.0.0.1:1"), "nothing listens"),
    ]
    for words, reason in table:
        done = run("plan", *words, "--target", group.target, journal=journal)
        assert done.code == 5, (words, done.out, done.err)
        assert reason in " ".join(done.out.split()), (words, done.out)
    other = run("do", "cluster-failover", replica, "--yes", "--target", sentinel_group().target, journal=journal)
    assert other.code == 5
    assert "`failover` is for that" in " ".join(other.out.split())
    assert not journal.path.exists()
