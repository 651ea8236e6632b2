"""Watching as one user and acting as another, on real servers: the rights of each are as `redistui acl` prints them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.logins import HELD_SECONDS, Logins
from redistui.engine.runner import Runner
from redistui.model import Access, Fleet, Login, Operator, Target
from redistui.ops.action import Aim, Plan
from redistui.ops.failover import FAILOVER
from redistui.ops.rights import OPERATOR, PASSWORD, SENTINEL_OPERATOR, SENTINEL_WATCH, TRIED, WATCH, Role, acl_line
from redistui.ops.run import Run
from tests.engine.test_failover import calls, option
from tests.waiting import planned_anew, unopposed

AIM = Aim("orders")
DATA = Operator("operator", place="the data nodes of orders")
SENTINELS = Operator("operator", place="the Sentinels of orders")
SECRETS = {WATCH: "pw-watch", OPERATOR: "pw-ops", SENTINEL_WATCH: "pw-swatch", SENTINEL_OPERATOR: "pw-sops"}
CHANGES = ("config|set", "config_set", "client|pause", "replicaof", "failover", "multi", "config|rewrite")


def line(role: Role, version: str) -> list[str]:
    found = next(one for one in TRIED if str(one) == version)
    return [f">{SECRETS[role]}" if word == PASSWORD else word for word in acl_line(role, found)]


class Stage:
    """A Sentinel group that two users each may enter, an engine that watches it, and a runner."""

    def __init__(self, group: RunningGroup, version: str, folder: Path) -> None:
        for server in group.nodes:
            server.ask(*line(WATCH, version))
            server.ask(*line(OPERATOR, version))
        for server in group.sentinels:
            server.ask(*line(SENTINEL_WATCH, version))
            server.ask(*line(SENTINEL_OPERATOR, version))
        self.group, self.clock = group, SimpleNamespace(now=0.0)
        self.logins = Logins(clock=lambda: self.clock.now)
        access = Access(
            Login("watch", "pw-watch"), Login("watch", "pw-swatch"), operator=DATA, sentinel_operator=SENTINELS
        )
        seeds = tuple(one.address for one in group.sentinels)
        self.engine = Engine([Target(seeds, wanted="sentinel", access=access)], period=0.25, logins=self.logins)
        self.engine.start()
        self.journal = Journal(folder / "journal.jsonl")
        self.runner = Runner(self.engine, self.journal)

    def fresh(self) -> Fleet:
        return self.engine.call(self.engine.fresh("orders")).result(10)

    def plan(self) -> Plan:
        return FAILOVER.plan(unopposed(FAILOVER, self.fresh, AIM), AIM)

    def run(self, plan: Plan | None = None, report: Callable[[Run], None] = lambda run: None) -> Run:
        def ran() -> Run:
            work = self.runner.run(FAILOVER, AIM, plan or self.plan(), armed=True, report=report)
            return self.engine.call(work).result(90)

        return planned_anew(ran) if plan is None else ran()

    def changes(self) -> list[int]:
        """How often each server has run what changes something."""
        return [calls(server, name) for server in self.group.nodes for name in CHANGES]


@pytest.fixture
def stage(sentinel_group: Callable[..., RunningGroup], version: str, tmp_path: Path) -> Iterator[Stage]:
    made = Stage(sentinel_group(), version, tmp_path)
    yield made
    made.engine.call(made.runner.stopped()).result(60)
    made.engine.stop()


def test_the_operator_acts_and_whoever_watches_only_watches(stage: Stage) -> None:
    stage.logins.give(DATA, "pw-ops")
    stage.logins.give(SENTINELS, "pw-sops")
    old = stage.group.primary
    run = stage.run()
    assert run.outcome == "verified", run.message
    assert role_of(old) == "slave"
    text = stage.journal.path.read_text()
    commands = [row for row in map(json.loads, text.splitlines()) if row.get("command")]
    assert {row["redis_user"] for row in commands} == {"operator"}
    assert all(row["user"] for row in commands)
    assert [server.ask("ACL", "LOG") for server in stage.group.servers] == [[]] * len(stage.group.servers)
    for secret in SECRETS.values():
        assert secret not in text
        assert secret not in repr(run)
        assert secret not in repr(stage.engine.targets)


def test_without_the_password_nothing_is_sent(stage: Stage) -> None:
    plan, before = stage.plan(), stage.changes()
    run = stage.run(plan)
    assert run.outcome == "refused"
    assert sorted(run.refusals) == [
        "the password of operator, who acts on the Sentinels of orders, is not known",
        "the password of operator, who acts on the data nodes of orders, is not known",
    ]
    assert stage.changes() == before
    assert not stage.journal.path.exists()


@pytest.mark.parametrize("wrong", ["data", "sentinels"])
@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_a_wrong_password_is_found_out_before_anything_is_sent_and_asked_for_again(stage: Stage, wrong: str) -> None:
    stage.logins.give(DATA, "wrong-one" if wrong == "data" else "pw-ops")
    stage.logins.give(SENTINELS, "wrong-one" if wrong == "sentinels" else "pw-sops")
    plan, before = stage.plan(), stage.changes()
    run = stage.run(plan)
    assert run.outcome == "refused"
    assert all("does not let operator in" in text and "WRONGPASS" in text for text in run.refusals)
    assert "wrong-one" not in repr(run)
    assert stage.changes() == before
    assert all(option(node) == "0" for node in stage.group.nodes)
    shut = DATA if wrong == "data" else SENTINELS
    assert stage.logins.wanted([DATA, SENTINELS]) == (shut,)
    stage.logins.give(shut, "pw-ops" if wrong == "data" else "pw-sops")
    assert stage.run().outcome == "verified"


@pytest.mark.versions("redis-7.0")
def test_a_password_that_is_forgotten_half_way_does_not_lock_the_operation_out(stage: Stage) -> None:
    stage.logins.give(DATA, "pw-ops")
    stage.logins.give(SENTINELS, "pw-sops")

    def time_goes_by(run: Run) -> None:
        if run.steps[1].state == "done":
            stage.clock.now = HELD_SECONDS + 1

    run = stage.run(report=time_goes_by)
    assert run.outcome == "verified", run.message
    assert stage.logins.wanted([DATA, SENTINELS]) == (DATA, SENTINELS)


@pytest.mark.versions("valkey-9.1")
def test_an_operator_with_too_few_rights_is_told_which_and_nothing_has_changed(stage: Stage) -> None:
    for server in stage.group.sentinels:
        server.ask("ACL", "SETUSER", "operator", "-sentinel|failover")
    stage.logins.give(DATA, "pw-ops")
    stage.logins.give(SENTINELS, "pw-sops")
    run = stage.run()
    assert run.outcome in ("refused", "failed")
    assert "sentinel|failover" in run.message
    assert role_of(stage.group.nodes[0]) == "master"
