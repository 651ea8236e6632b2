"""Cluster actions on real servers of every version, under writers that know what was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Access, Fleet, Login, Sighting, Target
from redistui.ops.action import Action, Aim, Plan, refusals
from redistui.ops.add_node import ADD_NODE
from redistui.ops.aiming import aim_at
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.forget import FORGET
from redistui.ops.replicate import REPLICATE
from redistui.ops.run import Run
from tests.cluster_canary import ClusterCanary
from tests.engine.stages import staged
from tests.waiting import eventually, planned_anew

BYTES = 60
"""What one of the canary's writes takes in the replication stream, at most."""


class Stage:
    """A cluster, an engine that watches it, and a runner."""

    def __init__(self, group: RunningGroup, folder: Path) -> None:
        self.group = group
        access = Access(data=Login(None, group.nodes[0].password))
        self.engine = Engine([Target(tuple(group.addresses), wanted="cluster", access=access)], period=0.25)
        self.engine.start()
        self.runner = Runner(self.engine, Journal(folder / "journal.jsonl"))

    def fresh(self, aim: Aim) -> Fleet:
        return self.engine.call(self.engine.fresh(*aim.groups)).result(10)

    def aim(self, action: Action, *words: str, **options: str) -> Aim:
        """Once the words mean something: a server that was just started has to be found first."""
        named = {name.replace("_", "-"): value for name, value in options.items()}

        def aimed() -> Aim | None:
            aim = aim_at(action, self.engine.fleet, words, named)
            return aim if aim.group else None

        return eventually(aimed)

    def plan(self, action: Action, *words: str, **options: str) -> tuple[Aim, Plan]:
        """The plan, once nothing speaks against it."""

        def allowed() -> tuple[Aim, Plan]:
            aim = self.aim(action, *words, **options)
            fleet = self.fresh(aim)
            against = refusals(action, fleet, aim)
            assert not against, against
            return aim, action.plan(fleet, aim)

        return eventually(allowed, 20)

    def refused(self, action: Action, *words: str, **options: str) -> str:
        """The reasons, once there are any."""

        def against() -> str:
            aim = self.aim(action, *words, **options)
            return "; ".join(refusals(action, self.fresh(aim), aim))

        return eventually(against, 20)

    def run(self, action: Action, *words: str, **options: str) -> Run:
        """Planned anew when the fleet was still settling after the action before."""

        def ran() -> Run:
            aim, plan = self.plan(action, *words, **options)
            return self.engine.call(self.runner.run(action, aim, plan, armed=True)).result(120)

        run = planned_anew(ran)
        assert run.outcome == "verified", (run.message, run.refusals)
        return run

    def close(self) -> None:
        self.engine.call(self.runner.stopped()).result(60)
        self.engine.stop()


@pytest.fixture
def stage_of(tmp_path: Path) -> Iterator[Callable[[RunningGroup], Stage]]:
    yield from staged(Stage, tmp_path)


@pytest.fixture
def stage(cluster_group: Callable[..., RunningGroup], stage_of: Callable[[RunningGroup], Stage]) -> Stage:
    """Three shards; the nodes 1 to 3 are primaries, 4 to 6 their replicas."""
    return stage_of(cluster_group())


def calls(server: Server, command: str) -> int:
    """How often a server has run a subcommand of CLUSTER since it started (Redis 6.2 counts them together)."""
    lines = server.ask("INFO", "commandstats").splitlines()
    found = [line for line in lines if line.startswith(f"cmdstat_cluster|{command}:")]
    return int(found[0].split("calls=")[1].split(",")[0]) if found else 0


def view_of(server: Server) -> list[list[str]]:
    return [line.split(" ") for line in server.ask("CLUSTER", "NODES").splitlines()]


def lists(server: Server, id_: str) -> bool:
    return any(line[0] == id_ for line in view_of(server))


def test_planned_no_acknowledged_write_is_lost(stage: Stage, version: str) -> None:
    old, new = stage.group.nodes[0], stage.group.nodes[3]
    _, plan = stage.plan(CLUSTER_FAILOVER, new.address)
    before = calls(new, "failover")
    canary = ClusterCanary(stage.group)
    try:
        eventually(canary.goes)
        run = stage.run(CLUSTER_FAILOVER, new.address)
        eventually(canary.goes_on)
    finally:
        canary.stop()
    assert (role_of(new), role_of(old)) == ("master", "slave")
    assert canary.lost() == []
    assert canary.phantoms() == []
    assert canary.gap < 10.0
    assert plan.danger == "routine"
    assert plan.confirm == ""
    assert calls(new, "failover") - before == (0 if version == "redis-6.2" else 1)
    assert stage.runner.journal.unfinished() == ()
    assert len(run.verified) == 3


def test_a_hung_primary_is_replaced_by_vote_and_a_lost_majority_by_takeover(stage: Stage) -> None:
    nodes = stage.group.nodes
    for node in nodes:  # else the cluster does so by itself
        node.ask("CONFIG", "SET", "cluster-node-timeout", 15000)
    old, new = nodes[0], nodes[3]
    canary = ClusterCanary(stage.group, patience=0.5)
    try:
        eventually(canary.goes)
        eventually(lambda: (sighting_of(stage, old).pace or 0) > 0)
        old.hang()
        assert "only --force can do it" in stage.refused(CLUSTER_FAILOVER, new.address)
        run = stage.run(CLUSTER_FAILOVER, new.address, force="yes")
        eventually(canary.goes_on)
        old.resume()
        eventually(lambda: role_of(old) == "slave")
    finally:
        canary.stop()
    assert run.plan is not None
    assert run.plan.danger == "lossy"
    assert run.plan.confirm.startswith("lose ")
    lost = canary.lost()
    assert len(lost) * BYTES <= bound_in(run.plan.loses)
    takes_over(stage)


def sighting_of(stage: Stage, server: Server) -> Sighting:
    node = stage.engine.fleet.groups[0].node(server.address)
    assert node is not None
    assert node.last_primary is not None
    return node.last_primary


def bound_in(text: str) -> float:
    """Bytes of `at most 12.3 KiB`."""
    number, unit = text.partition("at most ")[2].split()[:2]
    return float(number) * {"bytes": 1, "KiB": 1 << 10, "MiB": 1 << 20}[unit.rstrip(".")]


def takes_over(stage: Stage) -> None:
    """Nodes 2 and 3 die: two of three primaries."""
    nodes = stage.group.nodes
    for dead in nodes[1:3]:
        dead.kill()
    assert "no majority" in stage.refused(CLUSTER_FAILOVER, nodes[4].address, force="yes")
    runs = [stage.run(CLUSTER_FAILOVER, node.address, takeover="yes") for node in nodes[4:]]
    eventually(lambda: "cluster_state:ok" in nodes[0].ask("CLUSTER", "INFO"))
    assert runs[0].plan is not None
    assert "is stopped or fenced" in runs[0].plan.confirm
    assert "a majority" not in " ".join(runs[0].warnings)


def test_a_node_leaves_and_joins_and_moves_and_nobody_writes_in_vain(stage: Stage) -> None:
    one, two, mover = stage.group.nodes[0], stage.group.nodes[1], stage.group.nodes[3]
    id_ = str(mover.ask("CLUSTER", "MYID"))
    canary = ClusterCanary(stage.group)
    try:
        eventually(canary.goes)
        stage.run(FORGET, mover.address)
        assert not any(lists(node, id_) for node in stage.group.nodes)
        assert mover.ask("DBSIZE") == 0
        stage.run(ADD_NODE, mover.address)
        stage.run(REPLICATE, mover.address, two.address)
        stage.run(REPLICATE, mover.address, one.address)
        assert mover.ask("ROLE")[2] == one.port
        mover.kill()
        id_ = next(line[0] for line in view_of(one) if f":{mover.port}@" in line[1])
        stage.run(FORGET, mover.address)
        assert not any(lists(node, id_) for node in stage.group.nodes if node is not mover)
        eventually(canary.goes_on)
    finally:
        canary.stop()
    assert canary.lost() == []
    assert not any(writer.errors for writer in canary.writers)


@pytest.mark.versions("redis-6.2")
def test_another_console_at_work_in_another_shard_refuses_it(stage: Stage) -> None:
    aim, plan = stage.plan(CLUSTER_FAILOVER, stage.group.nodes[3].address)
    with stage.group.nodes[1].connect() as wire:
        wire.ask("CLIENT", "SETNAME", "redistui-ops:5eed")
        run = stage.engine.call(stage.runner.run(CLUSTER_FAILOVER, aim, plan, armed=True)).result(60)
    assert run.outcome == "refused"
    assert "another console works" in run.refusals[0]
    assert role_of(stage.group.nodes[3]) == "slave"


@pytest.mark.versions("redis-7.0")
def test_with_a_password_a_new_node_is_given_it(
    cluster_group: Callable[..., RunningGroup], stage_of: Callable[[RunningGroup], Stage]
) -> None:
    stage = stage_of(cluster_group(settings={"requirepass": "hunter2-canary"}))
    one, mover = stage.group.nodes[0], stage.group.nodes[3]
    stage.run(FORGET, mover.address)
    mover.ask("CONFIG", "SET", "masterauth", "")
    run = stage.run(ADD_NODE, mover.address, replica_of=one.address)
    assert mover.ask("CONFIG", "GET", "masterauth")[1] == "hunter2-canary"
    assert mover.ask("ROLE")[3] == "connected"
    assert "hunter2-canary" not in stage.runner.journal.path.read_text()
    assert "hunter2-canary" not in repr(run)
