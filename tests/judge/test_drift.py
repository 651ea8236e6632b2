"""Drift: what servers of one group say differently, and what is none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.judge.drift import FACTS, drifts
from redistui.model import Node
from tests.judge.short import at, fleet, group, node

A = node("a", acks={"b": 0, "c": 0})


def found(*members: Node) -> list[str]:
    return [one.fact.name for one in drifts(fleet(group(*members)))]


def told(one: Node, **replication: object) -> Node:
    assert one.replication is not None
    return replace(one, replication=replace(one.replication, **replication))  # type: ignore[arg-type]


def test_servers_that_are_alike_do_not_differ() -> None:
    assert found(A, node("b", "a"), node("c", "a")) == []


@pytest.mark.parametrize(
    ("fact", "one", "other"),
    [
        ("version", {"version": "7.0.15", "server": "redis"}, {"version": "9.1.2", "server": "valkey"}),
        ("maxmemory", {"metrics": {"memory_used": 1.0, "memory_limit": 5.0}}, {"metrics": {"memory_used": 1.0}}),
        ("maxclients", {"metrics": {"clients_limit": 100.0}}, {"metrics": {"clients_limit": 10_000.0}}),
        ("maxmemory-policy", {"facts": {"maxmemory_policy": "noeviction"}},
         {"facts": {"maxmemory_policy": "allkeys-lru"}}),
        ("appendonly", {"facts": {"aof_enabled": "0"}}, {"facts": {"aof_enabled": "1"}}),
    ],
)  # fmt: skip
def test_a_difference_is_told_with_those_who_have_it(
    fact: str, one: dict[str, object], other: dict[str, object]
) -> None:
    members = [replace(A, **one), replace(node("b", "a"), **one), replace(node("c", "a"), **other)]  # type: ignore[arg-type]
    (drift,) = drifts(fleet(group(*members)))
    assert drift.fact.name == fact
    assert [places for _, places in drift.values] == [(at("a"), at("b")), (at("c"),)]


@pytest.mark.parametrize(
    ("fact", "one", "other"),
    [
        ("replica-priority", {"priority": 100}, {"priority": 0}),
        ("replica-read-only", {"read_only": True}, {"read_only": False}),
        ("backlog", {"backlog_size": 2**20}, {"backlog_size": 2**26}),
        ("min-replicas", {"good_replicas": 1}, {"good_replicas": None}),
    ],
)
def test_replicas_that_differ_are_told(fact: str, one: dict[str, object], other: dict[str, object]) -> None:
    top = told(A, **{name: value for name, value in one.items() if name in ("backlog_size", "good_replicas")})
    assert found(top, told(node("b", "a"), **one), told(node("c", "a"), **other)) == [fact]


def test_a_primary_is_not_compared_in_what_is_its_replicas() -> None:
    assert found(told(A, priority=100, read_only=None), *(told(node(n, "a"), priority=10) for n in "bc")) == []


def test_what_is_not_known_is_no_difference() -> None:
    known = replace(A, version="7.0.15", server="redis", facts={"aof_enabled": "1"}, metrics={"clients_limit": 5.0})
    assert found(known, node("b", "a"), node("c", "a", read=None)) == []


def test_every_fact_has_a_name_of_its_own_and_a_reason() -> None:
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert all(fact.why and not fact.why.endswith(".") for fact in FACTS)
