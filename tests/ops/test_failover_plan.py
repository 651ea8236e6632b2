"""The failover's plan: which commands at which node, and that it holds conditions instead of moving numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Event, Fault, Group, Sighting
from redistui.ops.action import Aim, Plan
from redistui.ops.actions import ACTIONS
from redistui.ops.cluster_failover import CLUSTER_FAILOVER
from redistui.ops.failover import FAILOVER
from redistui.ops.node.catch_up import CatchUp
from redistui.ops.promote import PROMOTE, best
from tests import fleets
from tests.ops.test_failover_checks import A, B, C, Change, fleet, healthy, metric, node, replication, watch

SENTINEL = "10.20.0.11:26379"
DEMOTION = [
    f"{A} MULTI",
    f"{A} REPLICAOF <host of the new primary> <port of the new primary>",
    f"{A} CLIENT KILL TYPE normal",
    f"{A} CLIENT KILL TYPE pubsub",
    f"{A} EXEC",
]


def plan(product: str = "redis", version: str = "7.0.15", down_after_ms: int = 30_000, to: str = "") -> Plan:
    group = healthy()
    for place in range(3):
        group = watch(place, down_after_ms=down_after_ms)(group)
        group = node(place, server=product, version=version)(group)
    sentinels = tuple(replace(each, server=product, version=version) for each in group.sentinels)  # type: ignore[arg-type]
    return FAILOVER.plan(fleet(replace(group, sentinels=sentinels)), Aim("orders", options={"to": to} if to else {}))


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


# -- a chosen replica --------------------------------------------------------------------------------------------------


def priorities(of_b: int, of_c: int) -> list[str]:
    """What is sent for `--to` B, about priorities, before and after."""
    group = replication(2, priority=of_c)(replication(1, priority=of_b)(healthy()))
    made = FAILOVER.plan(fleet(group), Aim("orders", options={"to": B}))
    return [line for line in commands(made) if "replica-priority" in line or "REWRITE" in line]


def test_the_chosen_one_gets_the_lowest_priority_for_a_while() -> None:
    assert priorities(100, 100) == [
        f"{B} CONFIG SET replica-priority 1",
        f"{B} CONFIG SET replica-priority 100",
        f"{B} CONFIG REWRITE",
    ]


def test_one_that_is_the_lowest_already_is_left_alone() -> None:
    assert priorities(10, 100) == []
    assert priorities(100, 0) == []


def test_another_one_with_the_lowest_is_raised_meanwhile() -> None:
    assert priorities(100, 1) == [
        f"{C} CONFIG SET replica-priority 100",
        f"{B} CONFIG SET replica-priority 1",
        f"{C} CONFIG SET replica-priority 1",
        f"{B} CONFIG SET replica-priority 100",
        f"{C} CONFIG REWRITE",
        f"{B} CONFIG REWRITE",
    ]
    assert priorities(1, 1)[0] == f"{C} CONFIG SET replica-priority 100"
    assert not any(line.startswith(B) for line in priorities(1, 1))


def test_the_sentinels_must_have_seen_it_before_any_write_is_held() -> None:
    for made in (
        FAILOVER.plan(fleet(healthy()), Aim("orders", options={"to": B})),
        plan("redis", "7.0.15", to=B),
        plan(down_after_ms=1000, to=B),
    ):
        sorts = [type(step).__name__ for step in made.steps]
        seen, ordered = sorts.index("AwaitPriorities"), sorts.index("OrderFailover")
        held = [sorts.index(name) for name in ("PauseWrites", "RefuseWrites") if name in sorts]
        assert sorts.index("SetPriority") < seen < min([*held, ordered])
        assert ordered == made.point_of_no_return
        assert made.title == f"Fail over orders: away from {A}, to {B}"


def test_priorities_are_put_back_when_it_stops_short() -> None:
    made = plan("redis", "7.0.15", to=B)
    assert [f"{step.node} {' '.join(argv)}" for step in made.release for argv in step.commands()] == [
        f"{A} CONFIG SET min-replicas-to-write <value read before>",
        f"{A} CLIENT UNPAUSE",
        f"{B} CONFIG SET replica-priority 100",
    ]


def test_every_replica_that_might_be_elected_all_the_same_must_have_caught_up() -> None:
    made = plan("redis", "7.0.15", to=B)
    waits = [step for step in made.steps if isinstance(step, CatchUp)]
    assert [step.replicas for step in waits] == [(B, C)]


# -- unplanned ---------------------------------------------------------------------------------------------------------


def silent(offset: int = 1000, pace: float = 100.0, after: float = 0.5) -> Change:
    """The primary died that many seconds after it was last seen."""

    def change(group: Group) -> Group:
        last = Sighting("a" * 40, offset, fleets.AT - 3, pace, fleets.AT - 3 + after)
        fault = Fault("refused", "nothing listens there", fleets.AT - 3 + after)
        group = node(0, role=None, fault=fault, last_primary=last)(group)
        for place in (1, 2):
            group = replication(place, offset=900 + place, replid="a" * 40, link="down")(group)
        return group

    return change


def test_a_dead_primary_is_failed_over_by_the_plain_order_without_a_fence() -> None:
    made = FAILOVER.plan(fleet(silent()(healthy())), Aim("orders"))
    assert commands(made) == [f"{SENTINEL} SENTINEL FAILOVER orders", *DEMOTION]
    assert made.release == ()
    assert A not in made.verify[-1].nodes  # type: ignore[attr-defined]


def test_what_it_may_lose_has_to_be_typed_and_counts_the_worst_of_the_replicas() -> None:
    made = FAILOVER.plan(fleet(silent()(healthy())), Aim("orders"))
    assert made.danger == "lossy"
    assert made.confirm == "lose up to 199 bytes of orders"  # 1000 + 2 x 100 x 0.5 - 901
    assert made.loses.startswith("At most 199 bytes of acknowledged writes are lost, by its offset and pace when last")
    assert f"What {A} takes should it come back, before it is made a replica, is lost as well." in made.loses
    chosen = FAILOVER.plan(fleet(silent()(healthy())), Aim("orders", options={"to": C}))
    assert chosen.confirm == "lose up to 198 bytes of orders"


def test_the_plan_does_not_change_while_nothing_new_is_heard() -> None:
    group = silent()(healthy())
    first = FAILOVER.plan(fleet(group), Aim("orders"))
    assert FAILOVER.plan(fleet(group, at=fleets.AT + 7), Aim("orders")) == first


def test_what_cannot_be_told_is_not_told() -> None:
    group = node(0, last_primary=None)(silent()(healthy()))
    assert FAILOVER.plan(fleet(group), Aim("orders")).confirm == "lose an unknown part of orders"
    other = replication(1, replid="b" * 40)(silent()(healthy()))
    assert FAILOVER.plan(fleet(other), Aim("orders")).confirm == "lose an unknown part of orders"


def test_what_has_reached_a_replica_since_shows_how_fast_it_wrote() -> None:
    group = replication(2, offset=5000)(silent(pace=0.0)(healthy()))
    assert FAILOVER.plan(fleet(group), Aim("orders")).confirm == "lose up to 8.0 KiB of orders"


def test_a_second_failover_within_ten_minutes_has_to_be_typed_out() -> None:
    event = Event(fleets.AT - 300, "10.20.0.11:26379", "+switch-master", "orders", "a -> b")
    made = FAILOVER.plan(fleet(healthy(), events=(event,)), Aim("orders"))
    assert (made.danger, made.confirm) == ("risky", "fail orders over again")


# -- where no Sentinel watches -----------------------------------------------------------------------------------------


def test_in_a_cluster_it_is_the_cluster_failover_of_that_replica() -> None:
    cluster = fleet(fleets.cluster_group("cart", troubled=False))
    replica = "10.30.0.4:7000"
    made = FAILOVER.plan(cluster, Aim("cart", options={"to": replica}))
    assert made == CLUSTER_FAILOVER.plan(cluster, Aim("cart", replica, words=(replica,)))


def test_in_a_plain_group_it_is_the_promotion_of_that_replica_or_of_the_best() -> None:
    whole = healthy()
    plain = fleet(replace(whole, kind="replication", sentinels=(), watched_as=None))
    for options, replica in (({"to": C}, C), ({}, best(plain, plain.groups[0]) or "")):
        made = FAILOVER.plan(plain, Aim("orders", options=options))
        assert made == PROMOTE.plan(plain, Aim("orders", replica, words=(replica,)))
