"""Failover to a chosen replica, failover of a dead primary, and the Sentinels' own settings, on real servers of every
version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.servers import Server
from redistui.demo.shapes import sentinel
from redistui.demo.wire import ErrorReply
from redistui.model import Node
from redistui.ops.action import Aim, Plan, warnings
from redistui.ops.sentinel.priorities import AwaitPriorities, SetPriority
from redistui.ops.sentinel.unplanned import loss_of
from redistui.ops.sentinel_reset import SENTINEL_RESET, planned
from redistui.ops.sentinel_set import SENTINEL_SET
from redistui.ops.steps import Step
from tests.canary import Canary
from tests.conftest import Start
from tests.engine.test_failover import AIM, Stage, option, stage, stage_of
from tests.mute import Mute
from tests.waiting import eventually

__all__ = ["stage", "stage_of"]  # fixtures
SLOW = replace(sentinel(), down_after_ms=60_000)
"""The Sentinels do not act by themselves while a test looks."""


def priority(node: Server) -> str:
    return str(node.ask("CONFIG", "GET", "replica-priority")[1])


def hurry(group: RunningGroup) -> None:
    """Sentinels that look at priorities every second instead of every ten (Redis >= 7.0 can be told)."""
    for one in group.sentinels:
        try:
            one.ask("SENTINEL", "DEBUG", "INFO-PERIOD", "1000")
        except ErrorReply:
            return


def priorities_in(plan: Plan) -> list[Step]:
    return [step for step in plan.steps if isinstance(step, SetPriority)]


@contextmanager
def writing(group: RunningGroup) -> Iterator[Canary]:
    """Two writers at work, stopped at the end."""
    canary = Canary(group)
    try:
        eventually(canary.goes, 20)
        yield canary
    finally:
        canary.stop()


def test_the_chosen_replica_becomes_primary_and_no_acknowledged_write_is_lost(stage: Stage) -> None:
    group = stage.group
    preferred, chosen = group.nodes[1], group.nodes[2]
    preferred.ask("CONFIG", "SET", "replica-priority", "1")
    hurry(group)
    aim = Aim("orders", options={"to": chosen.address})
    eventually(lambda: len(priorities_in(stage.plan(aim))) == 2, 10, otherwise="the changed priority is not seen")
    plan = stage.plan(aim)
    with writing(group) as canary:
        run = stage.run(plan, aim)
        eventually(canary.goes_on, 20)
    assert run.outcome == "verified", run.message
    assert group.primary.address == chosen.address
    eventually(lambda: len(group.replicas) == 2)
    assert canary.lost() == []
    assert canary.aware.gap < 10.0
    assert [priority(node) for node in group.nodes] == ["100", "1", "100"]
    assert all(option(node) == "0" for node in group.nodes)


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_priorities_that_the_sentinels_do_not_get_to_see_are_put_back(stage: Stage) -> None:
    group = stage.group
    chosen = group.nodes[2]
    aim = Aim("orders", options={"to": chosen.address})
    plan = stage.plan(aim)
    waits = next(at for at, step in enumerate(plan.steps) if isinstance(step, AwaitPriorities))
    stage.watching = lambda run: stage.runner.stop() if run.steps[waits].state == "running" else None
    run = stage.run(plan, aim)
    assert run.outcome == "failed"
    assert run.message == "Nothing has changed: stopped on request; everything was put back."
    assert [priority(node) for node in group.nodes] == ["100", "100", "100"]
    assert role_of(group.nodes[0]) == "master"


LOST_REPLIES = [
    ("data", b"replica-priority\r\n$1\r\n1\r\n"),
    ("data", b"min-replicas-to-write\r\n$5\r\n10000"),
    ("sentinel", b"FAILOVER"),
    ("data", b"REPLICAOF"),
    ("data", b"replica-priority\r\n$3\r\n100"),
]


@pytest.mark.versions("redis-7.0")
@pytest.mark.parametrize(("where", "words"), LOST_REPLIES, ids=[row[1].decode()[:12] for row in LOST_REPLIES])
def test_a_reply_that_is_lost_is_found_out_by_reading_and_nothing_is_sent_twice(
    sentinel_group: Callable[..., RunningGroup], stage_of: Callable[..., Stage], where: str, words: bytes
) -> None:
    group = sentinel_group()
    hurry(group)
    behind = group.nodes if where == "data" else group.sentinels
    mutes = {one.address: Mute(one.address, words) for one in behind}
    stage = stage_of(group, {address: mute.address for address, mute in mutes.items()})
    aim = Aim("orders", options={"to": group.nodes[2].address})
    try:
        with writing(group) as canary:
            run = stage.run(None, aim)
            eventually(canary.goes_on, 20)
    finally:
        for mute in mutes.values():
            mute.close()
    assert sum(mute.swallowed for mute in mutes.values()) >= 1
    assert run.outcome == "verified", (run.message, run.refusals)
    sent = [(one.node, one.argv) for row in run.steps for one in row.sent]
    assert len(sent) == len(set(sent))
    assert [one.state for row in run.steps for one in row.sent].count("lost") >= 1
    assert canary.lost() == []
    assert [priority(node) for node in group.nodes] == ["100", "100", "100"]
    assert all(option(node) == "0" for node in group.nodes)


def bytes_of(keys: list[str]) -> int:
    """What these writes take in the replication stream."""
    words = [word for key in keys for word in ("SET", key, key.partition(":")[2])]
    return len("*3\r\n") * len(keys) + sum(len(f"${len(word)}\r\n{word}\r\n") for word in words)


def seen(stage: Stage, server: Server) -> Node:
    found = stage.engine.fleet.groups[0].node(server.address)
    assert found is not None
    return found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Writers that do not wait for half a minute for a server that hangs."""
    monkeypatch.setattr("tests.canary.PATIENCE", 2.0)


def fails_over_unplanned(stage: Stage, strike: Callable[[Server], None]) -> Canary:
    """Strikes the primary under two writers, fails over, and holds the loss against what had to be typed."""
    group, old = stage.group, stage.group.primary
    stage.plan()
    with writing(group) as canary:
        eventually(lambda: (seen(stage, old).metrics.get("replicated") or 0) > 10_000, 20)
        strike(old)
        eventually(lambda: seen(stage, old).fault is not None, 20)
        plan = stage.plan()
        loss = loss_of(stage.engine.fleet.groups[0], None)
        run = stage.run(plan)
        assert run.outcome == "verified", (run.message, run.refusals)
        eventually(canary.goes_on, 40)
    assert plan.danger == "lossy"
    assert loss.size is not None
    assert plan.confirm == loss.sentence("orders")
    assert bytes_of(canary.lost()) <= loss.size
    return canary


def test_a_dead_primary_is_replaced_and_what_is_lost_is_within_what_was_typed(
    running_group: Start, stage_of: Callable[[RunningGroup], Stage]
) -> None:
    stage = stage_of(running_group(SLOW))
    fails_over_unplanned(stage, Server.kill)
    assert not stage.group.nodes[0].answers()


@pytest.mark.versions("redis-7.0")
def test_a_hung_primary_is_replaced_and_is_a_replica_when_it_comes_back(
    running_group: Start, stage_of: Callable[[RunningGroup], Stage], impatient: None
) -> None:
    stage = stage_of(running_group(SLOW))
    old = stage.group.primary
    fails_over_unplanned(stage, Server.hang)
    old.resume()
    eventually(lambda: role_of(old) == "slave", 30)


def test_an_option_is_set_alike_at_every_sentinel(stage: Stage) -> None:
    group = stage.group
    for words in (("quorum", "3"), ("down-after-milliseconds", "3000"), ("failover-timeout", "20000")):
        run = stage.run(None, Aim("orders", words=words), SENTINEL_SET)
        assert run.outcome == "verified", run.message
        assert [dict_of(one)[words[0]] for one in group.sentinels] == [words[1]] * 3
    aim = Aim("orders", words=("parallel-syncs", "2"))
    plan = stage.plan(aim, SENTINEL_SET)
    group.sentinels[1].ask("SENTINEL", "SET", "orders", "parallel-syncs", "4")
    eventually(lambda: any("they differ now" in text for text in warnings(SENTINEL_SET, stage.fresh(), aim)), 20)
    assert stage.run(plan, aim, SENTINEL_SET).outcome == "refused"
    run = stage.run(None, aim, SENTINEL_SET)
    assert run.outcome == "verified", run.message
    assert [dict_of(one)["parallel-syncs"] for one in group.sentinels] == ["2"] * 3


@pytest.mark.versions("valkey-9.1", "redis-7.0")
def test_the_dead_are_forgotten_by_one_sentinel_after_the_other(stage: Stage) -> None:
    group = stage.group
    hurry(group)
    stage.plan()
    gone, dead = group.sentinels[2], group.replicas[0]
    gone.kill()
    dead.kill()
    quick = replace(SENTINEL_RESET, plan=lambda fleet, aim: planned(fleet, aim, 0.5))
    for one in (gone, dead):
        eventually(lambda one=one: any(one.address in text for text in warnings(quick, stage.fresh(), AIM)), 20)  # type: ignore[misc]
    run = stage.run(None, AIM, quick)
    assert run.outcome == "verified", run.message
    for one in group.sentinels[:2]:
        said = dict_of(one)
        assert (said["num-slaves"], said["num-other-sentinels"], said["flags"]) == ("1", "1", "master")
        assert str(one.ask("SENTINEL", "CKQUORUM", "orders")).startswith("OK")


def dict_of(one: Server) -> dict[str, str]:
    """SENTINEL MASTER, by field."""
    reply = [str(word) for word in one.ask("SENTINEL", "MASTER", "orders")]
    return dict(zip(reply[::2], reply[1::2], strict=True))
