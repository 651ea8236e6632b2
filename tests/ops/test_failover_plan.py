"""The failover's plan: which commands at which node, and that it holds conditions instead of moving numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.ops import ACTIONS
from redistui.ops.action import Aim, Plan
from redistui.ops.failover import FAILOVER
from tests import fleets
from tests.ops.test_failover_checks import A, fleet, healthy, metric, node, replication, watch

SENTINEL = "10.20.0.11:26379"
DEMOTION = [
    f"{A} MULTI",
    f"{A} REPLICAOF <host of the new primary> <port of the new primary>",
    f"{A} CLIENT KILL TYPE normal",
    f"{A} CLIENT KILL TYPE pubsub",
    f"{A} EXEC",
]


def plan(product: str = "redis", version: str = "7.0.15", down_after_ms: int = 30_000) -> Plan:
    group = healthy()
    for place in range(3):
        group = watch(place, down_after_ms=down_after_ms)(group)
        group = node(place, server=product, version=version)(group)
    sentinels = tuple(replace(each, server=product, version=version) for each in group.sentinels)  # type: ignore[arg-type]
    return FAILOVER.plan(fleet(replace(group, sentinels=sentinels)), Aim("orders"))


def commands(plan: Plan) -> list[str]:
    return [f"{step.node} {' '.join(argv)}" for step in plan.steps for argv in step.commands()]


def test_valkey_9_hands_over_by_itself() -> None:
    assert commands(plan("valkey", "9.1.2")) == [f"{SENTINEL} SENTINEL FAILOVER orders COORDINATED"]
    assert plan("valkey", "9.0.0").release == ()


@pytest.mark.parametrize(("product", "version"), [("redis", "7.0.15"), ("redis", "6.2.5"), ("valkey", "8.1.0")])
def test_older_ones_are_fenced_by_a_pause_with_a_refusal_behind_it(product: str, version: str) -> None:
    assert commands(plan(product, version)) == [
        f"{A} CLIENT PAUSE 15000 WRITE",
        f"{A} CONFIG SET min-replicas-to-write 10000",
        f"{SENTINEL} SENTINEL FAILOVER orders",
        *DEMOTION,
        f"{A} CONFIG SET min-replicas-to-write <value read before>",
        f"{A} CLIENT UNPAUSE",
        f"{A} CONFIG REWRITE",
    ]


def test_a_pause_is_never_longer_than_half_of_down_after() -> None:
    assert commands(plan(down_after_ms=12_000))[0] == f"{A} CLIENT PAUSE 6000 WRITE"
    assert commands(plan(down_after_ms=120_000))[0] == f"{A} CLIENT PAUSE 15000 WRITE"


def test_where_down_after_leaves_no_time_for_a_pause_writes_are_refused() -> None:
    said = commands(plan(down_after_ms=7_999))
    assert said[0] == f"{A} CONFIG SET min-replicas-to-write 10000"
    assert not any("PAUSE" in line for line in said)


def test_one_old_sentinel_is_enough_for_the_fence() -> None:
    group = healthy()
    older = replace(group.sentinels[1], server="redis", version="7.0.15")
    mixed = replace(group, sentinels=(group.sentinels[0], older, group.sentinels[2]))
    assert "COORDINATED" not in " ".join(commands(FAILOVER.plan(fleet(mixed), Aim("orders"))))


def test_a_healthy_primary_is_never_failed_over_without_a_fence() -> None:
    for made in (plan(), plan(down_after_ms=1000), plan("redis", "6.2.5")):
        order = next(at for at, step in enumerate(made.steps) if any("FAILOVER" in argv for argv in step.commands()))
        assert order == made.point_of_no_return
        before = [argv for step in made.steps[:order] for argv in step.commands()]
        assert ("CONFIG", "SET", "min-replicas-to-write", "10000") in before


def test_the_plan_stays_the_same_while_numbers_move() -> None:
    group = healthy()
    moved = metric(1, "lag_bytes", 17.0)(replication(0, offset=99_999_999_999)(group))
    assert FAILOVER.plan(fleet(group), Aim("orders")) == FAILOVER.plan(fleet(moved, at=fleets.AT + 1), Aim("orders"))


def test_the_plan_is_another_one_when_somebody_else_acted() -> None:
    first = FAILOVER.plan(fleet(healthy()), Aim("orders"))
    for change in (
        replication(0, replid="e" * 40),
        node(2, run_id="d" * 40),
        node(1, version="9.1.3"),
        lambda group: watch(0, epoch=8)(watch(1, epoch=8)(watch(2, epoch=8)(group))),
    ):
        assert FAILOVER.plan(fleet(change(healthy())), Aim("orders")) != first


def test_chained_replicas_keep_whom_they_follow() -> None:
    chained = fleets.sentinel_group("orders", chain=True)
    follows = FAILOVER.plan(fleet(chained), Aim("orders")).verify[-1]
    assert "10.20.0.14:6379" not in follows.nodes  # type: ignore[attr-defined]


def test_every_action_can_be_named_told_apart_and_explained() -> None:
    assert len({action.name for action in ACTIONS}) == len(ACTIONS)
    for action in ACTIONS:
        assert action.title
        assert action.doc.endswith(".")
        assert action.kinds


def test_every_step_has_a_sentence_and_every_plan_its_loss_and_its_way_back() -> None:
    for made in (plan(), plan("valkey", "9.1.2"), plan(down_after_ms=1000)):
        assert all(step.text for step in (*made.steps, *made.verify, *made.release))
        assert made.loses.startswith("No acknowledged write.")
        assert made.undo
        assert made.confirm == "orders"
