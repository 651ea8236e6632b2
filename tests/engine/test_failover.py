"""The failover on real servers of every version, under writers that know what was acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.shapes import sentinel
from redistui.demo.wire import Wire
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Access, Address, Fleet, Login, Target
from redistui.ops.action import Action, Aim, Plan, refusals
from redistui.ops.failover import FAILOVER
from redistui.ops.run import Run
from tests.canary import Canary
from tests.conftest import Start
from tests.waiting import eventually, planned_anew, unopposed

AIM = Aim("orders")
FENCED = ("redis-7.0", "redis-6.2")
FENCE = "min-replicas-to-write"


class Stage:
    """A group, an engine that watches it, and a runner."""

    def __init__(self, group: RunningGroup, folder: Path, reachable: Mapping[Address, Address] | None = None) -> None:
        self.group = group
        access = Access(data=Login(None, group.nodes[0].password), reachable=reachable or {})
        seeds = tuple(one.address for one in group.sentinels)
        self.engine = Engine([Target(seeds, wanted="sentinel", access=access)], period=0.25)
        self.engine.start()
        self.runner = Runner(self.engine, Journal(folder / "journal.jsonl"))
        self.seen: list[Run] = []
        self.watching: Callable[[Run], None] = lambda run: None

    def plan(self, aim: Aim = AIM, action: Action = FAILOVER) -> Plan:
        """The plan, once nothing speaks against it."""
        return action.plan(unopposed(action, self.fresh, aim), aim)

    def fresh(self) -> Fleet:
        return self.engine.call(self.engine.fresh("orders")).result(10)

    def run(self, plan: Plan | None = None, aim: Aim = AIM, action: Action = FAILOVER) -> Run:
        def ran() -> Run:
            confirmed = plan or self.plan(aim, action)
            return self.engine.call(self.runner.run(action, aim, confirmed, armed=True, report=self._report)).result(90)

        return planned_anew(ran) if plan is None else ran()

    def _report(self, run: Run) -> None:
        self.seen.append(run)
        self.watching(run)

    def close(self) -> None:
        self.engine.call(self.runner.stopped()).result(60)
        self.engine.stop()


@pytest.fixture
def stage_of(tmp_path: Path) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(group: RunningGroup, reachable: Mapping[Address, Address] | None = None) -> Stage:
        stages.append(Stage(group, tmp_path, reachable))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()


@pytest.fixture
def stage(sentinel_group: Callable[..., RunningGroup], stage_of: Callable[[RunningGroup], Stage]) -> Stage:
    """Down-after 2 s: too short for a pause."""
    return stage_of(sentinel_group())


def option(node: Server) -> str:
    return str(node.ask("CONFIG", "GET", FENCE)[1])


def calls(server: Server, command: str) -> int:
    """How often a server has run a command since it started."""
    lines = server.ask("INFO", "commandstats").splitlines()
    found = [line for line in lines if line.startswith(f"cmdstat_{command}:")]
    return int(found[0].split("calls=")[1].split(",")[0]) if found else 0


def goes_over(stage: Stage) -> Run:
    """Runs the failover under the canary, and holds both against each other."""
    old = stage.group.primary
    plan = stage.plan()
    canary = Canary(stage.group)
    try:
        eventually(canary.goes, 20)
        run = stage.run(plan)
        eventually(canary.goes_on, 20)
    finally:
        canary.stop()
    assert run.outcome == "verified", run.message
    assert stage.group.primary.address != old.address
    assert role_of(old) == "slave"
    eventually(lambda: stage.group.primary and len(stage.group.replicas) == 2)
    assert canary.lost() == []
    assert canary.aware.gap < 10.0
    assert all(option(node) == "0" for node in stage.group.nodes)
    return run


def test_no_acknowledged_write_is_lost(stage: Stage) -> None:
    run = goes_over(stage)
    assert len(run.verified) == 3
    assert stage.runner.journal.unfinished() == ()


@pytest.mark.versions(*FENCED)
def test_no_acknowledged_write_is_lost_under_a_pause(
    running_group: Start, stage_of: Callable[[RunningGroup], Stage]
) -> None:
    stage = stage_of(running_group(replace(sentinel(), down_after_ms=10_000)))
    run = goes_over(stage)
    assert run.steps[1].sent[0].argv == ("CLIENT", "PAUSE", "5000", "WRITE")


def test_every_command_reaches_its_server_once_and_stands_in_the_journal(stage: Stage) -> None:
    old = stage.group.primary
    before = {name: calls(old, name) for name in ("replicaof", "multi")}
    run = stage.run()
    assert run.outcome == "verified"
    fenced = len(run.steps) > 2
    assert calls(old, "replicaof") - before["replicaof"] == int(fenced)
    journal = [line for line in stage.runner.journal._tail() if line.get("command")]
    sent = [(one.node, list(one.argv)) for row in run.steps for one in row.sent]
    assert [(line["node"], line["command"]) for line in journal if line["state"] == "sending"] == sent
    assert [(line["node"], line["command"]) for line in journal if line["state"] == "done"] == sent
    shown = [(step.node, argv) for step in (run.plan.steps if run.plan else ()) for argv in step.commands()]
    assert len(shown) == len(sent)


@pytest.mark.versions("valkey-9.1")
def test_a_second_console_at_work_refuses_it_and_nothing_is_sent(stage: Stage) -> None:
    plan = stage.plan()
    old = stage.group.primary
    counted = ("config|set", "config_set", "client|pause", "replicaof", "failover", "multi")
    before = [calls(old, name) for name in counted]
    with Wire(old.address) as wire:
        wire.ask("CLIENT", "SETNAME", "redistui-ops:5eed")
        run = stage.run(plan)
    assert run.outcome == "refused"
    assert "another console works" in run.refusals[0]
    assert [calls(old, name) for name in counted] == before
    assert role_of(old) == "master"
    assert stage.run(plan).outcome == "verified"


@pytest.mark.versions("redis-7.0")
def test_two_consoles_that_fire_at_once_do_not_both_act(
    stage: Stage, stage_of: Callable[[RunningGroup], Stage]
) -> None:
    other = stage_of(stage.group)
    plan, same = stage.plan(), other.plan()
    assert plan == same
    works = [each.engine.call(each.runner.run(FAILOVER, AIM, plan, armed=True)) for each in (stage, other)]
    outcomes = sorted(work.result(90).outcome for work in works)
    assert outcomes in (["refused", "verified"], ["refused", "refused"])


@pytest.mark.versions("valkey-9.1")
def test_a_failover_that_somebody_else_did_meanwhile_refuses_the_old_plan(stage: Stage) -> None:
    plan = stage.plan()
    assert stage.run(plan).outcome == "verified"
    run = stage.run(plan)
    assert run.outcome == "refused"
    assert not any(row.sent for row in run.steps)


@pytest.mark.versions("redis-6.2")
def test_replicas_that_do_not_catch_up_leave_everything_as_it_was(stage: Stage) -> None:
    plan = stage.plan()
    old, slow = stage.group.primary, stage.group.replicas[0]
    canary = Canary(stage.group)

    def hang_under_the_fence(run: Run) -> None:
        if run.steps[1].state == "running":
            slow.hang()

    stage.watching = hang_under_the_fence
    try:
        eventually(canary.goes, 20)
        run = stage.run(plan)
    finally:
        slow.resume()
        eventually(canary.goes_on, 20)
        canary.stop()
    assert run.outcome == "failed"
    assert run.message.startswith("Nothing has changed")
    assert f"{slow.address} has not caught up" in run.message
    assert role_of(old) == "master"
    assert option(old) == "0"
    assert canary.lost() == []
    assert [row.state for row in run.steps[3:]] == ["not_sent"] * (len(run.steps) - 3)


@pytest.mark.versions("redis-7.0")
def test_stopped_before_the_order_the_fence_is_lifted(stage: Stage) -> None:
    plan = stage.plan()
    old, slow = stage.group.primary, stage.group.replicas[0]

    def hang_and_stop(run: Run) -> None:
        if run.steps[1].state == "running":
            slow.hang()
        if run.steps[2].state == "running":
            stage.runner.stop()

    stage.watching = hang_and_stop
    run = stage.run(plan)
    slow.resume()
    assert run.outcome == "failed"
    assert "stopped on request" in run.message
    assert option(old) == "0"
    assert role_of(old) == "master"


@pytest.mark.versions("redis-6.2")
def test_stopped_after_the_order_it_is_finished(stage: Stage) -> None:
    plan = stage.plan()

    def stop(run: Run) -> None:
        if run.steps[plan.point_of_no_return].state == "done":
            stage.runner.stop()

    stage.watching = stop
    run = stage.run(plan)
    assert run.outcome == "verified"
    assert all(option(node) == "0" for node in stage.group.nodes)


@pytest.mark.versions("valkey-9.1")
def test_a_minority_of_sentinels_refuses_it(stage: Stage) -> None:
    stage.plan()
    for one in stage.group.sentinels[:2]:
        one.kill()
    said: Any = eventually(lambda: refusals(FAILOVER, stage.fresh(), AIM), 20)
    assert any("no majority" in text for text in said)


@pytest.mark.versions("redis-7.0")
def test_a_hung_primary_refuses_it(stage: Stage) -> None:
    plan = stage.plan()
    old = stage.group.primary
    old.hang()
    try:
        run = stage.run(plan)
    finally:
        old.resume()
    assert run.outcome == "refused"
    assert not any(row.sent for row in run.steps)


@pytest.mark.versions("redis-7.0")
def test_passwords_are_used_and_written_nowhere(
    sentinel_group: Callable[..., RunningGroup], stage_of: Callable[[RunningGroup], Stage]
) -> None:
    stage = stage_of(sentinel_group(settings={"requirepass": "hunter2-canary"}))
    run = stage.run()
    assert run.outcome == "verified", run.message
    assert "hunter2-canary" not in stage.runner.journal.path.read_text()
    assert "hunter2-canary" not in repr(stage.seen)
