"""The model's few look-ups, and its promise that nothing in it changes or shows a secret."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass

import pytest

from redistui import model
from redistui.model import Fault, Fleet, Group, Login, Node, Sentinel, host_of, port_of
from tests.judge.short import NOW, at, fleet, group, node, sentinel

FROZEN = [found for found in vars(model).values() if isinstance(found, type) and is_dataclass(found)]


@pytest.mark.parametrize(
    ("address", "host", "port"),
    [
        ("10.0.0.1:6379", "10.0.0.1", 6379),
        ("::1:6379", "::1", 6379),
        ("redis-0.local:1", "redis-0.local", 1),
        (":6379", "", 6379),
        ("unix:/run/redis:1/socket", "unix:/run/redis:1/socket", 0),
        ("host", "", 0),
        ("host:", "host", 0),
        ("host:x", "host", 0),
        ("", "", 0),
    ],
)
def test_an_address_is_split_at_its_last_colon(address: str, host: str, port: int) -> None:
    assert (host_of(address), port_of(address)) == (host, port)


@pytest.mark.parametrize("kind", FROZEN, ids=lambda kind: kind.__name__)
def test_every_value_is_frozen_and_small(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)
    assert kind.__doc__
    assert fields(kind)


def test_nothing_can_be_changed_once_it_is_made() -> None:
    with pytest.raises(FrozenInstanceError):
        node("a").role = None  # type: ignore[misc]


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(Login("me", "hunter2"))


@pytest.mark.parametrize(
    ("kind", "down"),
    [("refused", True), ("unreachable", True), ("hung", True), ("closed", True), ("tls", True), ("garbage", True),
     ("loading", False), ("busy", False), ("masterdown", False), ("noauth", False), ("noperm", False),
     ("maxclients", False), ("error", False)],
)  # fmt: skip
def test_a_server_that_says_no_is_up_and_one_that_says_nothing_is_down(kind: model.FaultKind, down: bool) -> None:
    fault = Fault(kind, "x", NOW)
    assert fault.down is down
    for one in (
        Node("a:1", NOW, fault),
        Sentinel("s:1", NOW, fault),
        Node("a:1", None, fault),
        Sentinel("s:1", None, fault),
    ):
        assert one.up is not down


def test_a_server_that_was_never_asked_is_not_up() -> None:
    assert not Node("a:1").up
    assert not Sentinel("s:1").up
    assert Node("a:1", NOW).up


@pytest.mark.parametrize(
    ("age", "period", "word"),
    [(0.0, 1.0, "fresh"), (2.0, 1.0, "fresh"), (2.1, 1.0, "stale"), (5.0, 1.0, "stale"), (5.1, 1.0, "unknown"),
     (9.0, 5.0, "fresh"), (11.0, 5.0, "stale"), (-3.0, 1.0, "fresh")],
)  # fmt: skip
def test_over_two_periods_is_stale_and_over_five_is_unknown(age: float, period: float, word: str) -> None:
    one = Fleet(at=NOW, period=period, groups=())
    assert one.freshness(NOW - age) == word
    assert one.age(NOW - age) == pytest.approx(max(0.0, age))
    assert one.freshness(None) == "unknown"
    assert one.age(None) is None


def test_after_a_stall_even_the_newest_is_stale() -> None:
    one = Fleet(at=NOW, period=1.0, groups=(), stalled=True)
    assert one.freshness(NOW) == "stale"


def test_groups_and_nodes_are_found_by_name() -> None:
    one = group(node("a"), node("b", "a"), sentinel("x"), sentinel("y", None), name="orders")
    whole = fleet(one)
    assert whole.group("orders") is one
    assert whole.group("nosuch") is None
    assert one.node(at("b")) is one.nodes[1]
    assert one.node("nobody:1") is None
    assert [member.address for member in one.members] == ["a:1", "b:1", "x:1", "y:1"]
    assert [found.address for found, _ in one.watches()] == ["x:1"]
    assert Group("x", "replication", ()).watches() == ()
