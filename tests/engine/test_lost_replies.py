"""Promotions of which one reply is lost on the way: it is found out by reading, and nothing is sent twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Access, Target
from redistui.ops.action import Action, refusals
from redistui.ops.aiming import aim_at
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.promote import PROMOTE
from redistui.ops.run import Run
from tests.canary import Canary
from tests.cluster_canary import ClusterCanary
from tests.engine.test_failover import calls
from tests.mute import Mute
from tests.waiting import eventually


@contextmanager
def muted(group: RunningGroup, words: bytes) -> Iterator[dict[str, Mute]]:
    """A proxy in front of every node, which loses the reply to commands with these words."""
    mutes = {node.address: Mute(node.address, words) for node in group.nodes}
    try:
        yield mutes
    finally:
        for mute in mutes.values():
            mute.close()


def act(group: RunningGroup, mutes: dict[str, Mute], folder: Path, action: Action, *words: str, **options: str) -> Run:
    """Runs an action through the proxies, once nothing speaks against it."""
    access = Access(reachable={address: mute.address for address, mute in mutes.items()})
    engine = Engine([Target(tuple(group.addresses), access=access)], period=0.25)
    engine.start()
    runner = Runner(engine, Journal(folder / "journal.jsonl"))
    try:

        def ran() -> Run:
            aim = aim_at(action, engine.fleet, words, options)
            fleet = engine.call(engine.fresh(*aim.groups)).result(10)
            against = refusals(action, fleet, aim)
            assert not against, against
            run = engine.call(runner.run(action, aim, action.plan(fleet, aim), armed=True)).result(60)
            assert "anew" not in " ".join(run.refusals), run.refusals
            return run

        return eventually(ran, 20)
    finally:
        engine.stop()


def nothing_twice(run: Run, mutes: dict[str, Mute]) -> None:
    assert run.outcome == "verified", (run.message, run.refusals)
    sent = [(one.node, one.argv) for row in run.steps for one in row.sent]
    assert len(sent) == len(set(sent))
    assert [one.state for row in run.steps for one in row.sent].count("lost") >= 1
    assert sum(mute.swallowed for mute in mutes.values()) >= 1


@pytest.mark.versions("redis-7.0")
@pytest.mark.parametrize(
    ("options", "words", "command"),
    [({}, b"FAILOVER\r\n", "failover"), ({"fast": "yes"}, b"REPLICAOF\r\n", "replicaof")],
)
def test_a_promotion(
    replication_group: Callable[..., RunningGroup], tmp_path: Path, options: dict[str, str], words: bytes, command: str
) -> None:
    group = replication_group(replicas=2)
    old, heir = group.nodes[0], group.nodes[1]
    before = [calls(node, command) for node in group.nodes]
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        with muted(group, words) as mutes:
            run = act(group, mutes, tmp_path, PROMOTE, heir.address, **options)
        eventually(canary.goes_on, 20)
    finally:
        canary.stop()
    nothing_twice(run, mutes)
    ran = [calls(node, command) - was for node, was in zip(group.nodes, before, strict=True)]
    assert ran == ([1, 0, 0] if command == "failover" else [1, 1, 1])
    assert group.primary.address == heir.address != old.address
    assert canary.lost() == []


@pytest.mark.versions("redis-7.0")
def test_a_cluster_failover(cluster_group: Callable[..., RunningGroup], tmp_path: Path) -> None:
    group = cluster_group()
    replica = group.nodes[3]
    canary = ClusterCanary(group)
    try:
        eventually(canary.goes)
        with muted(group, b"FAILOVER\r\n") as mutes:
            run = act(group, mutes, tmp_path, CLUSTER_FAILOVER, replica.address)
        eventually(canary.goes_on)
    finally:
        canary.stop()
    nothing_twice(run, mutes)
    assert calls(replica, "cluster|failover") == 1
    assert canary.lost() == []
