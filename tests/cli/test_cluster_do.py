"""Cluster actions by `redistui plan` and `do`: bad input, and a console that is killed on the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.engine.journal import Journal
from tests.cli.test_plan_and_do import killed_at, run
from tests.cluster_canary import ClusterCanary
from tests.waiting import eventually

Group = Callable[..., RunningGroup]


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


WHEN = {"valkey-9.1": "done", "redis-7.0": "sending", "redis-6.2": "answered"}
"""At which moment of its command it is killed (tests.cli.struck)."""


def test_a_console_that_is_killed_loses_nothing_and_the_next_one_goes_on(
    cluster_group: Group, journal: Journal, version: str
) -> None:
    group, moment = cluster_group(), WHEN[version]
    old, new = group.nodes[0], group.nodes[3]
    canary = ClusterCanary(group)
    try:
        eventually(canary.goes)
        words = ("do", "cluster-failover", new.address, group.target, "--yes")
        killed_at(moment, "CLUSTER FAILOVER", *words, journal=journal)
        (left,) = journal.unfinished()
        went = run("do", "resume", left.operation, group.target, "--yes", "--json", journal=journal)
        document = json.loads(went.out)
        if moment == "sending":  # it was killed before anything went out
            assert role_of(new) == "slave"
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
