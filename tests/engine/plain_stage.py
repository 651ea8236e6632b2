"""Real servers that nobody watches, an engine that does, and a runner for operations on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.engine.engine import Engine
from redistui.engine.journal import Journal
from redistui.engine.runner import Runner
from redistui.model import Access, Fleet, Login, Target
from redistui.ops.action import Action, Aim, Plan, refusals
from redistui.ops.aiming import aim_at
from redistui.ops.run import Run
from tests.waiting import eventually, planned_anew, unopposed


class PlainStage:
    """`groups` are watched as one target each, through all their nodes."""

    def __init__(self, folder: Path, *groups: RunningGroup) -> None:
        self.group = groups[0]
        self.engine = Engine([target(group) for group in groups], period=0.25)
        self.engine.start()
        self.runner = Runner(self.engine, Journal(folder / "journal.jsonl"))
        eventually(lambda: self.engine.fleet.complete and len(self.fresh().groups) == len(groups), 20)

    def fresh(self) -> Fleet:
        names = [group.name for group in self.engine.fleet.groups]
        return self.engine.call(self.engine.fresh(*names)).result(10)

    def aim(self, action: Action, *words: str, **options: str) -> Aim:
        return aim_at(action, self.fresh(), words, options)

    def plan(self, action: Action, *words: str, **options: str) -> tuple[Plan, Aim]:
        """The plan, once nothing speaks against it."""
        aim = self.aim(action, *words, **options)
        return action.plan(unopposed(action, self.fresh, aim), aim), aim

    def run(self, action: Action, *words: str, **options: str) -> Run:
        def ran() -> Run:
            plan, aim = self.plan(action, *words, **options)
            return self.fire(action, aim, plan)

        return planned_anew(ran)

    def fire(self, action: Action, aim: Aim, plan: Plan, report: Callable[[Run], None] | None = None) -> Run:
        return self.engine.call(self.runner.run(action, aim, plan, armed=True, report=report)).result(90)

    def said_against(self, action: Action, *words: str, **options: str) -> str:
        return "; ".join(refusals(action, self.fresh(), self.aim(action, *words, **options)))

    def close(self) -> None:
        self.engine.call(self.runner.stopped()).result(60)
        self.engine.stop()


def target(group: RunningGroup) -> Target:
    return Target(tuple(group.addresses), access=Access(data=Login(None, group.nodes[0].password)))


def full_syncs(server: Server) -> int:
    lines = server.ask("INFO", "stats").splitlines()
    return next(int(line.partition(":")[2]) for line in lines if line.startswith("sync_full:"))


def offset(server: Server) -> int:
    lines = server.ask("INFO", "replication").splitlines()
    return next(int(line.partition(":")[2]) for line in lines if line.startswith("master_repl_offset:"))


@pytest.fixture
def plain_stage(tmp_path: Path) -> Iterator[Callable[..., PlainStage]]:
    stages: list[PlainStage] = []

    def make(*groups: RunningGroup) -> PlainStage:
        stages.append(PlainStage(tmp_path, *groups))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()
