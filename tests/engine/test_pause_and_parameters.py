"""Pauses and parameters on real servers of every version."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.shapes import sentinel
from redistui.demo.wire import Wire
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Access, Fleet, Kind, Login, Target, Wanted
from redistui.ops.action import Action, Aim, refusals
from redistui.ops.aiming import aim_at, split
from redistui.ops.pause_writes import PAUSE_WRITES, UNPAUSE
from redistui.ops.run import Run, refused
from redistui.ops.set_parameter import SET_PARAMETER
from tests.canary import Writer
from tests.conftest import Start
from tests.engine.stages import staged
from tests.waiting import eventually, planned_anew, unopposed

WANTED: dict[Kind, Wanted] = {"sentinel": "sentinel", "cluster": "cluster", "replication": "any"}


class Stage:
    """A group, an engine that watches it, and a runner that does what is typed."""

    def __init__(self, group: RunningGroup, folder: Path) -> None:
        self.group = group
        access = Access(data=Login(None, group.nodes[0].password))
        seeds = tuple(one.address for one in group.seeds)
        self.engine = Engine([Target(seeds, wanted=WANTED[group.kind], access=access)], period=0.25)
        self.engine.start()
        self.runner = Runner(self.engine, Journal(folder / "journal.jsonl"))
        whole = len(group.nodes)
        eventually(lambda: [g for g in self.fresh().groups if len(g.nodes) == whole and self.engine.fleet.complete], 20)

    def fresh(self) -> Fleet:
        names = [group.name for group in self.engine.fleet.groups]
        return self.engine.call(self.engine.fresh(*names)).result(10)

    def do(self, action: Action, *words: str) -> Run:
        """As it would be typed after the action's name."""
        aim = self.aim(action, *words)

        def ran() -> Run:
            plan = action.plan(unopposed(action, self.fresh, aim), aim)
            work = self.runner.run(action, aim, plan, armed=True)
            return self.engine.call(work).result(60)

        return planned_anew(ran)

    def aim(self, action: Action, *words: str) -> Aim:
        plain, options = split(action, words)
        fleet = self.fresh()
        return aim_at(action, fleet, plain, options, group=fleet.groups[0].name)

    def refusals(self, action: Action, *words: str) -> tuple[str, ...]:
        aim = self.aim(action, *words)
        return refused(action.name, aim.group, refusals(action, self.fresh(), aim)).refusals

    def close(self) -> None:
        self.engine.call(self.runner.stopped()).result(60)
        self.engine.stop()


@pytest.fixture
def stage_of(tmp_path: Path) -> Iterator[Callable[[RunningGroup], Stage]]:
    yield from staged(Stage, tmp_path)


Stages = Callable[[RunningGroup], Stage]
Groups = Callable[..., RunningGroup]


def tells(server: Server) -> bool:
    """A version that says whether writes are held."""
    return "paused_actions" in server.info("clients")


def calls(server: Server, command: str) -> int:
    line = server.info("commandstats").get(f"cmdstat_{command}", "calls=0")
    return int(line.split("calls=")[1].split(",")[0])


# -- pauses ------------------------------------------------------------------------------------------------------------


def test_writes_wait_until_they_are_let_go_on_and_none_is_lost(replication_group: Groups, stage_of: Stages) -> None:
    stage = stage_of(replication_group(replicas=1))
    primary = stage.group.primary
    writer = Writer("canary", lambda: primary.address)
    try:
        eventually(lambda: len(writer.acked) > 100)
        run = stage.do(PAUSE_WRITES, "30")
        assert run.outcome == "verified", run.message
        assert "holds writes" in run.verified[0]
        assert ("waits with SET" in run.verified[0]) == (not tells(primary))
        assert run.left == ()
        assert stage.runner.journal.unfinished() == ()
        held, before = time.monotonic(), len(writer.acked)
        assert primary.ask("GET", "canary:1") == "1"
        assert any("writes are held already, for about" in text for text in stage.refusals(PAUSE_WRITES, "5"))
        assert len(writer.acked) == before
        let_go = time.monotonic()
        run = stage.do(UNPAUSE)
        assert run.outcome == "verified", run.message
        eventually(lambda: len(writer.acked) > before + 100)
    finally:
        writer.stop()
    assert writer.errors == []
    assert [key for key, at in writer.acked if held < at < let_go] == []
    assert writer.lost(stage.group) == []


def test_a_pause_ends_by_itself_where_nobody_writes_and_this_is_said(
    replication_group: Groups, stage_of: Stages
) -> None:
    stage = stage_of(replication_group(replicas=0))
    primary = stage.group.primary
    run = stage.do(PAUSE_WRITES, "1")
    assert run.outcome == "verified", run.message
    assert ("its version does not tell of pauses" in run.verified[0]) == (not tells(primary))
    assert eventually(lambda: primary.ask("SET", "a", "b", seconds=5.0)) == "OK"
    assert stage.do(UNPAUSE).outcome == "verified"


@pytest.mark.versions("valkey-9.1")
def test_a_pause_by_somebody_else_is_told_and_our_own_is_not(replication_group: Groups, stage_of: Stages) -> None:
    stage = stage_of(replication_group(replicas=0))
    primary = stage.group.primary

    def told() -> list[str]:
        return [one.message for one in stage.fresh().findings if one.rule == "clients-paused"]

    assert stage.do(PAUSE_WRITES, "60").outcome == "verified"
    assert stage.fresh().groups[0].nodes[0].metric("pause_left")
    assert told() == []
    assert stage.do(UNPAUSE).outcome == "verified"
    primary.ask("CLIENT", "PAUSE", "60000", "WRITE")
    assert "holds clients that write for" in eventually(told)[0]
    primary.ask("CLIENT", "UNPAUSE")
    eventually(lambda: not told())


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_sentinels_do_not_fail_over_under_a_pause_that_is_let_through(running_group: Start, stage_of: Stages) -> None:
    stage = stage_of(running_group(replace(sentinel(), down_after_ms=4_000)))
    primary = stage.group.primary
    assert any("makes them fail over" in text for text in stage.refusals(PAUSE_WRITES, "4"))
    run = stage.do(PAUSE_WRITES, "3.9")
    assert run.outcome == "verified", run.message
    assert "waits with PUBLISH" in run.verified[0] or tells(primary)
    assert eventually(lambda: primary.ask("SET", "a", "b", seconds=6.0)) == "OK"
    assert role_of(primary) == "master"
    assert not any(event.kind == "+switch-master" for event in stage.fresh().events)


def test_a_pause_by_somebody_else_is_not_run_into(replication_group: Groups, stage_of: Stages) -> None:
    stage = stage_of(replication_group(replicas=0))
    primary = stage.group.primary
    writer = Writer("canary", lambda: primary.address)
    try:
        eventually(lambda: len(writer.acked) > 100)
        primary.ask("CLIENT", "PAUSE", "20000", "WRITE")
        run = stage.do(PAUSE_WRITES, "5")
        assert run.outcome == "refused"
        assert "holds writes already" in run.message
        assert stage.do(UNPAUSE).outcome == "verified"
    finally:
        writer.stop()
    assert writer.errors == []


@pytest.mark.versions("redis-6.2")
def test_a_sentinel_that_is_not_watched_from_here_refuses_a_pause(replication_group: Groups, stage_of: Stages) -> None:
    stage = stage_of(replication_group(replicas=0))
    with Wire(stage.group.primary.address) as stranger:
        stranger.ask("CLIENT", "SETNAME", "sentinel-0a1b2c3d-cmd")
        run = stage.do(PAUSE_WRITES, "2")
    assert run.outcome == "refused"
    assert "1 Sentinel is connected" in run.message
    assert calls(stage.group.primary, "client|pause") == 0


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_a_cluster_stays_as_it_is_under_a_pause_longer_than_its_node_timeout(
    cluster_group: Groups, stage_of: Stages
) -> None:
    stage = stage_of(cluster_group())
    primaries = [node for node in stage.group.nodes if role_of(node) == "master"]
    epoch = primaries[0].ask("CLUSTER", "INFO").split("cluster_current_epoch:")[1].split("\r\n")[0]
    assert any("--node NODE names one" in text for text in stage.refusals(PAUSE_WRITES, "3"))
    run = stage.do(PAUSE_WRITES, "3", "--all")
    assert run.outcome == "verified", run.message
    assert sum(len(row.sent) for row in run.steps) == 3
    for node in primaries:
        assert eventually(lambda node=node: node.ask("PUBLISH", "c", "m", seconds=6.0) is not None)  # type: ignore[misc]
    assert [role_of(node) for node in primaries] == ["master"] * 3
    assert f"cluster_current_epoch:{epoch}\r\n" in primaries[0].ask("CLUSTER", "INFO")
    assert stage.do(UNPAUSE, "--node", primaries[1].address).outcome == "verified"


# -- parameters --------------------------------------------------------------------------------------------------------


def value(server: Server, name: str) -> str:
    return str(server.ask("CONFIG", "GET", name)[1])


def test_a_parameter_is_set_written_and_still_there_after_a_restart(
    replication_group: Groups, stage_of: Stages
) -> None:
    stage = stage_of(replication_group(replicas=1))
    node = stage.group.replicas[0]
    run = stage.do(SET_PARAMETER, node.address, "repl-backlog-size", "2MB")
    assert run.outcome == "verified", run.message
    before = value(stage.group.primary, "repl-backlog-size")
    assert run.steps[0].reply == f"it is {before}"
    assert run.verified == (f"repl-backlog-size is 2097152 at {node.address}",)
    node.restart()
    assert value(node, "repl-backlog-size") == "2097152"
    again = stage.do(SET_PARAMETER, node.address, "repl-backlog-size", "2097152")
    assert (again.outcome, again.message) == ("refused", "Nothing was sent: repl-backlog-size is 2097152 already.")


def test_another_value_than_the_operator_takes_it_for_is_left_alone(
    replication_group: Groups, stage_of: Stages
) -> None:
    stage = stage_of(replication_group(replicas=0))
    node = stage.group.primary
    run = stage.do(SET_PARAMETER, node.address, "hz", "20", "--was", "50")
    assert (run.outcome, run.message) == ("refused", "Nothing was sent: hz is 10, not 50.")
    assert value(node, "hz") == "10"
    assert stage.do(SET_PARAMETER, node.address, "hz", "20", "--was", "10").outcome == "verified"


@pytest.mark.versions("redis-6.2")
def test_what_a_server_lacks_is_refused_and_nothing_is_sent(replication_group: Groups, stage_of: Stages) -> None:
    stage = stage_of(replication_group(replicas=0))
    node = stage.group.primary
    assert "which has no latency-tracking" in stage.refusals(SET_PARAMETER, node.address, "latency-tracking", "no")[0]
    assert "a secret would stand" in stage.refusals(SET_PARAMETER, node.address, "requirepass", "hunter2")[0]
    assert calls(node, "config") == 0


def test_every_parameter_of_the_table_is_known_to_the_versions_it_names(
    cluster_group: Groups, stage_of: Stages, version: str
) -> None:
    """Read and set to what it is: names and spellings are the servers' own."""
    from redistui.ops.parameter.table import PARAMETERS
    from redistui.ops.parameter.values import same, wrong

    node = cluster_group(shards=3, replicas=0).nodes[0]
    product, _, number = version.partition("-")
    major, minor = map(int, number.split("."))
    for row in PARAMETERS:
        since = row.valkey if product == "valkey" else row.redis
        found = node.ask("CONFIG", "GET", row.name)
        assert bool(found) == (since is not None and since <= (major, minor)), row.name
        if not found:
            continue
        assert wrong(row, found[1]) == "", (row.name, found[1])
        if row.name != "activedefrag":  # some builds have none
            assert node.ask("CONFIG", "SET", row.name, found[1]) == "OK", row.name
        assert same(row.name, value(node, row.name), found[1])
