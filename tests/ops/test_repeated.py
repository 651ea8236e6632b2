"""A second failover within ten minutes wants more than a name typed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.model import Event, Fleet
from redistui.ops.action import Plan
from redistui.ops.deed_words import begun
from redistui.ops.repeated import earlier, hardened
from tests import fleets

PLAN = Plan("failover", "orders", "Fail over", "risky", (), (), loses="Nothing.", confirm="orders")
GROUP = fleets.sentinel_group("orders")


def fleet(*events: Event) -> Fleet:
    return Fleet(at=10_000.0, period=1.0, groups=(GROUP,), events=events, complete=True)


def event(kind: str, text: str = "", *, ago: float = 60.0, group: str | None = "orders") -> Event:
    return Event(10_000.0 - ago, "10.20.0.21:26379", kind, group, text)


FAILOVERS = [
    event("+switch-master", "orders 10.0.0.1 6379 10.0.0.2 6379"),
    event("role", "10.0.0.2:6379 was replica, is primary"),
    event("action", begun("failover", "Fail over orders")),
    event("action", begun("promote", "Promote 10.0.0.2:6379")),
]
OTHERS = [
    event("+switch-master", ago=601.0),
    event("+switch-master", group="users"),
    event("role", "10.0.0.1:6379 was primary, is replica"),
    event("action", begun("set-parameter", "failover begun")),
    event("action", "Fail over orders: done, and verified."),
    event("+sdown"),
]


@pytest.mark.parametrize("one", FAILOVERS)
def test_after_a_failover_a_sentence_has_to_be_typed(one: Event) -> None:
    plan = hardened(PLAN, fleet(one))
    assert (plan.danger, plan.confirm) == ("risky", "fail orders over again")
    assert "last ten minutes" in plan.loses
    assert plan.steps == PLAN.steps


@pytest.mark.parametrize("one", OTHERS)
def test_what_is_no_failover_of_this_group_changes_nothing(one: Event) -> None:
    assert hardened(PLAN, fleet(one)) == PLAN


def test_a_sentence_that_says_what_is_lost_stays() -> None:
    lossy = replace(PLAN, danger="lossy", confirm="lose 20 bytes of orders")
    assert hardened(lossy, fleet(FAILOVERS[0])).confirm == "lose 20 bytes of orders"


def test_in_a_cluster_the_shard_counts() -> None:
    there = fleet(event("role", "10.0.0.2:6379 was replica, is primary"))
    assert hardened(PLAN, there, ["10.0.0.9:6379"]) == PLAN
    assert hardened(PLAN, there, ["10.0.0.1:6379", "10.0.0.2:6379"]).confirm == "fail orders over again"


def test_an_order_that_came_to_nothing_does_not_count() -> None:
    ordered = event("action", begun("failover", "Fail over orders"), ago=60.0)
    vain = event("action", "Nothing has changed: stopped on request.", ago=50.0)
    assert hardened(PLAN, fleet(ordered, vain)) == PLAN
    assert hardened(PLAN, fleet(event("+switch-master", ago=70.0), ordered, vain)).danger == "risky"


def test_the_last_one_is_told() -> None:
    first, last = event("+switch-master", ago=500.0), event("+switch-master", ago=5.0)
    assert earlier(fleet(first, last), "orders") == last
    assert earlier(fleet(first), "orders", seconds=400.0) is None
