"""A primary that was drained wholly is one again, with the same slots and keys, on real servers: in one plan, and by
another console where the first one died half-way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.model import SLOTS
from redistui.ops.action import Action, Aim, Plan, refusals
from redistui.ops.aiming import aim_at
from redistui.ops.rebalance import REBALANCE
from redistui.ops.resume import RESUME
from redistui.ops.run import Run
from redistui.ops.stored import Past, dump
from redistui.ops.undo import UNDO
from tests.engine.test_balance_servers import fill, owners, uneven
from tests.engine.test_cluster_servers import Stage
from tests.key_digest import checked, digest
from tests.waiting import eventually, settling

FEW = 400
"""Slots of the shard that is drained."""


@dataclass
class Drained:
    """The third primary gave all it had, and it and its replica follow who took the last of it."""

    stage: Stage
    operation: str
    owned: dict[int, str]
    held: dict[str, str]
    """Owners and keys of before."""

    @property
    def home(self) -> Server:
        return self.stage.group.nodes[2]

    @property
    def its_replica(self) -> Server:
        return self.stage.group.nodes[5]

    @property
    def past(self) -> Past:
        return eventually(lambda: self.stage.runner.journal.past(self.operation))

    def plan(self, action: Action, past: Past) -> tuple[Aim, Plan]:
        def allowed() -> tuple[Aim, Plan]:
            aim = aim_at(action, self.stage.engine.fleet, (past.operation,), {}, past=past)
            fleet = self.stage.fresh(aim)
            against = refusals(action, fleet, aim)
            assert not against, against
            return aim, action.plan(fleet, aim)

        return eventually(allowed, 20)

    def run(self, action: Action, past: Past) -> Run:
        def ran() -> Run | None:
            aim, plan = self.plan(action, past)
            run = self.stage.engine.call(self.stage.runner.run(action, aim, plan, armed=True)).result(90)
            return None if settling(run) else run

        run = eventually(ran, 20)
        assert run.outcome == "verified", (run.message, run.refusals)
        return run

    def is_as_before(self) -> None:
        group = self.stage.group
        assert owners(group.nodes[0]) == self.owned
        assert digest(group) == self.held
        assert follows(self.its_replica) == self.home.ask("CLUSTER", "MYID")
        eventually(lambda: self.its_replica.ask("DBSIZE") == self.home.ask("DBSIZE"))
        eventually(lambda: checked(group) == "", 20)


def follows(server: Server) -> str:
    """Node id of its primary, in its own words."""
    (mine,) = (line.split() for line in server.ask("CLUSTER", "NODES").splitlines() if "myself" in line)
    return str(mine[3])


def is_led_by(server: Server, id_: str) -> bool:
    """It follows that primary, as servers do by themselves (Redis 6.2 nearly always), or is told to."""
    return follows(server) == id_ or server.ask("CLUSTER", "REPLICATE", id_) == "OK"


@pytest.fixture
def drained(cluster_group: Callable[..., RunningGroup], tmp_path: Path) -> Iterator[Drained]:
    group = cluster_group()
    stays, leaving = group.nodes[0], group.nodes[2]
    uneven(group, (1, 10922 + FEW, SLOTS - 1))  # a small shard, so that this does not take long
    eventually(lambda: checked(group) == "")
    fill(group)
    owned, held = owners(stays), dict(digest(group))
    stage = Stage(group, tmp_path)
    try:
        run = stage.run(REBALANCE, weight=f"{leaving.address}=0")
        assert run.plan is not None
        (taker,) = (move.target for move in run.plan.moves if move.source == leaving.address)
        id_ = next(str(node.ask("CLUSTER", "MYID")) for node in group.nodes if node.address == taker)
        eventually(lambda: is_led_by(leaving, id_))
        eventually(lambda: is_led_by(group.nodes[5], id_))
        yield Drained(stage, run.operation, owned, held)
    finally:
        stage.close()


def test_it_takes_back_what_it_gave_and_its_replica_follows_it_again(drained: Drained) -> None:
    id_ = drained.home.ask("CLUSTER", "MYID")
    drained.run(UNDO, drained.past)
    assert drained.home.ask("CLUSTER", "MYID") == id_
    drained.is_as_before()


@pytest.mark.versions("redis-7.0")
def test_a_console_that_died_when_it_was_made_a_primary_is_gone_on_from(drained: Drained) -> None:
    stage = drained.stage
    aim, plan = drained.plan(UNDO, drained.past)
    argv = plan.steps[0].commands()[0]
    assert drained.home.ask(*argv) == "OK"  # sent by a console that saw no reply
    common = {"operation": "0badcafe", "action": "undo", "group": plan.group, "at": "now"}
    begun = {**common, "state": "begun", "stored": dump(plan, aim), "host": "elsewhere", "release": []}
    sending = {"step": 1, "node": drained.home.address, "command": list(argv), "state": "sending"}
    stage.runner.journal.write([begun, {**common, **sending}])
    (left,) = stage.runner.journal.unfinished()
    assert left.past is not None
    run = drained.run(RESUME, left.past)
    assert run.steps[0].sent == ()
    drained.is_as_before()
