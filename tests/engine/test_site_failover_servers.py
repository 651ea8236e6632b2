"""A site failover and the way back on real servers of every version, under writers that know what was acknowledged; and
what keeps it from happening."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from redistui.demo.groups import role_of
from redistui.ops.run import Run
from tests.engine.site_stage import SiteStage, Writers, writers
from tests.engine.site_stage import site_stage as site_stage
from tests.waiting import eventually

Stage = Callable[..., SiteStage]
FENCE = "min-replicas-to-write"


@contextmanager
def writing(stage: SiteStage) -> Iterator[Writers]:
    """Under writers into every group, which go on afterwards."""
    found = writers(stage.demo.groups)
    try:
        eventually(found.goes, 30)
        yield found
        eventually(found.goes_on, 30)
    finally:
        found.stop()


def begun(stage: SiteStage) -> list[dict[str, Any]]:
    """The journal's first lines of operations, oldest first."""
    text = stage.runner.journal.path.read_text() if stage.runner.journal.path.exists() else ""
    return [line for line in map(json.loads, text.splitlines()) if line["state"] == "begun"]


def follows(stage: SiteStage) -> dict[str, str | None]:
    """Of the plain group: who follows whom."""
    group = stage.fresh().group("sessions")
    assert group is not None
    return {
        n.address: None if n.role == "primary" or n.replication is None else n.replication.primary for n in group.nodes
    }


def unfenced(stage: SiteStage) -> bool:
    nodes = [node for group in stage.demo.groups.values() for node in group.nodes]
    return all(node.ask("CONFIG", "GET", FENCE)[1] == "0" for node in nodes)


def script(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o700)
    return path


def test_three_groups_go_to_the_other_site_and_back_and_no_acknowledged_write_is_lost(
    site_stage: Stage, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    say = f'echo "$REDISTUI_PHASE $REDISTUI_SITE $REDISTUI_FROM $REDISTUI_GROUPS $REDISTUI_OUTCOME" >> {told}'
    stage = site_stage(script(tmp_path / "before", say), script(tmp_path / "after", say))
    before = follows(stage)
    seen: list[Run] = []
    with writing(stage) as canary:
        there = stage.run("west", report=seen.append)
        assert there.outcome == "verified", there.message
        assert stage.stand_at("west")
        eventually(canary.goes_on, 30)
        back = stage.run("east")
        assert back.outcome == "verified", back.message
        eventually(lambda: stage.stand_at("east"), 20)
    assert canary.lost() == []
    assert canary.acked > 1000
    assert unfenced(stage)
    eventually(lambda: follows(stage) == before, 10, otherwise="the chains are not as they were")
    assert told.read_text().splitlines() == [
        "before west east orders catalog sessions ",
        "after west east orders catalog sessions verified",
    ]
    lines = begun(stage)
    lanes = [line for line in lines if line.get("part_of") == there.operation]
    assert [lane.operation for lane in there.lanes] == [
        lane["operation"] for lane in sorted(lanes, key=order_in(there))
    ]
    assert sorted(line["action"] for line in lanes) == ["cluster-failover", "cluster-failover", "failover", "promote"]
    assert stage.runner.journal.unfinished() == ()
    assert {lane.outcome for lane in there.lanes} == {"verified"}
    nobody_beyond_before_all(seen)
    print(f"{canary.acked} acknowledged, 0 lost; gap {canary.orders.aware.gap:.2f} {canary.sessions.aware.gap:.2f} s")


def order_in(run: Run) -> Callable[[dict[str, Any]], int]:
    ids = [lane.operation for lane in run.lanes]
    return lambda line: ids.index(line["operation"])


def nobody_beyond_before_all(seen: list[Run]) -> None:
    """In no picture of it had one group gone past its point of no return while another was not there yet."""
    for run in seen:
        firsts = {lane.group: lane for lane in reversed(run.lanes) if lane.plan is not None}
        points = {name: lane.plan.point_of_no_return for name, lane in firsts.items() if lane.plan is not None}
        beyond = [
            name for name, lane in firsts.items() if any(r.state != "planned" for r in lane.steps[points[name] :])
        ]
        there = [name for name, lane in firsts.items() if all(r.state == "done" for r in lane.steps[: points[name]])]
        assert not beyond or len(there) == len(firsts), (beyond, there)


@pytest.mark.versions("valkey-9.1")
def test_a_veto_changes_nothing_and_a_group_that_cannot_move_refuses_the_whole_or_stays(
    site_stage: Stage, tmp_path: Path
) -> None:
    stage = site_stage(script(tmp_path / "before", "echo change freeze until 14:00", "exit 3"))
    vetoed = stage.run("west")
    assert vetoed.outcome == "refused"
    assert "does not let it begin: exit code 3: change freeze until 14:00" in vetoed.message
    assert stage.stand_at("east")
    assert [line["action"] for line in begun(stage)] == ["site-failover"]
    assert stage.runner.journal.unfinished() == ()

    script(tmp_path / "before", "exit 0")
    head = stage.demo.groups["sessions"].nodes[2]
    head.ask("CONFIG", "SET", "replica-read-only", "no")
    eventually(lambda: any(text.startswith("sessions cannot move: ") for text in stage.against("west")), 20)
    some = stage.run("west", partial="yes")
    assert some.outcome == "verified", some.message
    assert {lane.group for lane in some.lanes} == {"orders", "catalog"}
    assert stage.primaries() == {"orders": {"west"}, "catalog": {"west"}, "sessions": {"east"}}
    assert "read-only" in some.warnings[0]


@pytest.mark.versions("redis-6.2")
def test_a_group_that_fails_on_the_way_takes_the_others_back(site_stage: Stage) -> None:
    """The head of the plain group is stopped when it is asked whether it keeps up."""
    stage = site_stage()
    head = stage.demo.groups["sessions"].nodes[2]
    stopped: list[bool] = []

    def stop(run: Run) -> None:
        moving = next(lane for lane in run.lanes if lane.group == "sessions")
        if not stopped and moving.steps[0].state == "running":
            stopped.append(True)
            head.hang()

    run = stage.run("west", report=stop)
    head.resume()
    assert run.outcome in ("failed", "refused"), run.message
    assert "sessions: " in run.message
    assert stage.stand_at("east")
    assert role_of(head) == "slave"
    assert eventually(lambda: unfenced(stage), 20)
    assert stage.runner.journal.unfinished() == ()


@pytest.mark.versions("redis-7.0")
def test_a_silent_site_is_left_only_with_a_word_on_who_fenced_it(site_stage: Stage) -> None:
    stage = site_stage()
    east = {address for site in stage.demo.sites if site.name == "east" for address in site.members}
    dead = [s for group in stage.demo.groups.values() for s in group.servers if s.address in east]
    for server in dead:
        server.kill()
    planned = eventually(lambda: [t for t in stage.against("west") if "does not answer" in t], 20)
    assert len(planned) == 4  # one Sentinel of three is left: nobody acts by himself
    assert all("--unplanned --fenced TEXT" in text for text in planned)
    said = "net team, power is off"
    run = stage.run("west", unplanned="yes", fenced=said)
    assert run.plan is not None
    assert run.plan.danger == "lossy"
    assert run.plan.confirm == f"lose what east had not sent on; it is fenced: {said}"
    assert run.outcome == "verified", run.message
    assert stage.stand_at("west")
    assert all(line["fenced"] == said for line in begun(stage) if "part_of" in line)
