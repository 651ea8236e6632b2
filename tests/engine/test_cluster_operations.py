"""Cluster actions interrupted everywhere: at each exchange with a server, in each way in which one can go wrong, and
then gone on with by another console."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest

from redistui.ops.action import Action, Aim, Plan
from redistui.ops.add_node import ADD_NODE
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.forget import FORGET
from redistui.ops.replicate import REPLICATE
from tests.engine.cluster_imagined import NAME, REDIS, VALKEY, Outcome, operate, planned_for, resumed
from tests.engine.imagined import Trouble
from tests.ops.cluster_world import NEW, P1, P2, P3, R1, R2, SLOTS, World

Meddle = Callable[[World], None]
FIRST = "0-5460"
OLD_ID = "4" * 40
"""Of R1 before it is reset."""


def nothing(world: World) -> None:
    """All is well."""


def hangs(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "hung", True)


def dies(address: str) -> Meddle:
    return lambda world: setattr(world.servers[address], "alive", False)


def dead(*addresses: str) -> Meddle:
    """So long that the others have found out."""

    def meddle(world: World) -> None:
        for address in addresses:
            dies(address)(world)
        world.pass_time(2.5)

    return meddle


def took_over(world: World) -> bool:
    return world.owner(FIRST) == R1 and world.servers[R1].primary is None


def is_out(world: World) -> bool:
    """Nobody lists it, and nobody will."""
    world.pass_time(5.0, tick=0.1)
    return world.lists(OLD_ID) == [] and len(world.servers[R1].knows) in (1, 6)


def has_joined(world: World) -> bool:
    running = [server for server in world.servers.values() if server.runs]
    return all(world.servers[NEW].id in server.knows for server in running) and len(world.servers[NEW].knows) == 7


def has_joined_under_p1(world: World) -> bool:
    return has_joined(world) and world.follows(NEW) == P1


def has_moved(world: World) -> bool:
    return world.follows(R1) == P2


@dataclass(frozen=True)
class Case:
    """An action in a world, and what it is to bring about."""

    action: Action
    aim: Aim
    done: Callable[[World], bool]
    before: Meddle = nothing
    servers: tuple[str, ...] = (R1, P1, P2)
    """Who dies or hangs on the way."""
    what: Any = None

    def world(self) -> World:
        world = World()
        self.before(world)
        return world

    def plan(self) -> Plan:
        return planned_for(self.world(), self.action, self.aim, **(self.what or VALKEY))

    async def run(self, trouble: Trouble | None = None, plan: Plan | None = None) -> Outcome:
        return await operate(self.world(), plan or self.plan(), self.aim, trouble)


def aim(*words: str, **options: str) -> Aim:
    return Aim(NAME, words[0], {name.replace("_", "-"): value for name, value in options.items()}, words)


CASES = [
    pytest.param(Case(CLUSTER_FAILOVER, aim(R1), took_over), id="plain"),
    pytest.param(Case(CLUSTER_FAILOVER, aim(R1), took_over, what=REDIS), id="plain-7.0"),
    pytest.param(Case(CLUSTER_FAILOVER, aim(R1, force="yes"), took_over, hangs(P1), (R1, P2)), id="force"),
    pytest.param(Case(CLUSTER_FAILOVER, aim(R1, takeover="yes"), took_over, dead(P1, P2), (R1, P3)), id="takeover"),
    pytest.param(Case(FORGET, aim(R1), is_out, servers=(R1, P2)), id="forget"),
    pytest.param(Case(FORGET, aim(R1), is_out, dead(R1), (P2,)), id="forget-dead"),
    pytest.param(Case(ADD_NODE, aim(NEW), has_joined, servers=(NEW, P1, P3)), id="add-node"),
    pytest.param(
        Case(ADD_NODE, aim(NEW, replica_of=P1), has_joined_under_p1, servers=(NEW, P1, P3)), id="add-node-replica"
    ),
    pytest.param(Case(REPLICATE, aim(R1, P2), has_moved, servers=(R1, P2, P3)), id="replicate"),
]


async def moments(case: Case, first: int = 24) -> list[int]:
    """Exchanges at which something may go wrong: all of the steps of an undisturbed run, and some of its long waits."""
    count = (await case.run()).exchanges
    return [at for at in range(count) if at < first or at >= count - 3 or at % 29 == 0]


def nothing_bad(outcome: Outcome, at: int) -> None:
    """At no time, and not in the minute that follows, two owners; and no command twice."""
    outcome.world.pass_time(60.0, tick=0.5)
    assert outcome.world.two_writable == [], at
    assert [what for what, times in Counter(outcome.world.executed).items() if times > 1] == [], at


def told_truly(case: Case, outcome: Outcome, at: int) -> None:
    run = outcome.run
    assert run is not None
    assert run.ended
    assert run.message
    if run.outcome == "verified":
        assert case.done(outcome.world), (at, run.message)
    if run.message.startswith("Nothing has changed") or run.outcome == "refused":
        outcome.world.pass_time(1.0, tick=0.1)
        assert not case.done(outcome.world) or case.servers == (), (at, run.message)


@pytest.mark.parametrize("case", CASES)
async def test_undisturbed_it_is_verified_and_sends_what_was_shown(case: Case) -> None:
    outcome = await case.run()
    run = outcome.run
    assert run is not None
    assert run.outcome == "verified", run.message
    assert case.done(outcome.world)
    assert len(run.verified) == len(outcome.plan.verify)
    shown = [(step.node, argv[:2]) for step in outcome.plan.steps for argv in step.commands()]
    assert [(one.node, one.argv[:2]) for row in run.steps for one in row.sent] == shown
    nothing_bad(outcome, -1)


@pytest.mark.parametrize("case", CASES)
async def test_equal_fleets_give_equal_plans(case: Case) -> None:
    assert case.plan() == case.plan()


@pytest.mark.parametrize("case", CASES)
async def test_a_console_that_dies_at_any_moment_is_gone_on_from(case: Case) -> None:
    plan = case.plan()
    for at in await moments(case):
        outcome = await case.run(Trouble(at, console_dies=True), plan)
        assert outcome.run is None, at
        outcome.world.pass_time(10.0, tick=0.1)
        sent = bool(outcome.world.executed)
        after = await resumed(outcome)
        if after is None:
            assert not sent or case.done(outcome.world), at
            continue
        assert after.run is not None
        assert after.run.outcome == "verified", (at, after.run.message)
        assert case.done(after.world), at
        nothing_bad(after, at)


@pytest.mark.parametrize("how", ["lose_reply", "lose_request", "refuse"])
@pytest.mark.parametrize("case", CASES)
async def test_a_reply_lost_or_an_error_at_any_moment_ends_in_a_state_that_is_told_truly(case: Case, how: str) -> None:
    plan = case.plan()
    for at in await moments(case):
        outcome = await case.run(Trouble(at, **{how: True}), plan)
        told_truly(case, outcome, at)
        if outcome.run is not None and outcome.run.resumable:
            after = await resumed(outcome)
            assert after is not None
            told_truly(case, after, at)
        nothing_bad(outcome, at)


@pytest.mark.parametrize("case", CASES)
async def test_a_wish_to_stop_at_any_moment_is_heeded_only_where_it_is_safe(case: Case) -> None:
    plan = case.plan()
    outcomes = set()
    for at in await moments(case):
        outcome = await case.run(Trouble(at, stop=True), plan)
        told_truly(case, outcome, at)
        nothing_bad(outcome, at)
        assert outcome.run is not None
        assert outcome.run.outcome == "verified" or not outcome.world.executed, at
        outcomes.add(outcome.run.outcome)
    assert outcomes == {"verified", "refused"}


@pytest.mark.parametrize("way", [dies, hangs], ids=["dies", "hangs"])
@pytest.mark.parametrize("case", CASES)
async def test_a_server_that_dies_or_hangs_at_any_moment_ends_in_a_state_that_is_told_truly(
    case: Case, way: Callable[[str], Meddle]
) -> None:
    plan = case.plan()
    for server in case.servers:
        for at in await moments(case, 16):
            outcome = await case.run(Trouble(at, meddle=way(server)), plan)  # type: ignore[arg-type]
            told_truly(case, outcome, at)
            if outcome.run is not None and outcome.run.resumable:
                healed = deepcopy(outcome)
                heal(healed.world)
                after = await resumed(healed)
                if after is not None:
                    told_truly(case, after, at)
                    nothing_bad(after, at)
            nothing_bad(outcome, at)


def heal(world: World) -> None:
    """Whoever hung or died is back, with what it had."""
    for server in world.servers.values():
        server.alive, server.hung = True, False
    world.pass_time(5.0, tick=0.05)


def test_the_model_covers_all_slots() -> None:
    assert sorted(SLOTS) == [P1, P2, P3]
    assert World().follows(R2) == P2
