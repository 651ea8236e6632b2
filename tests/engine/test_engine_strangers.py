"""Servers that an operator names, and what operators did, as the engine tells of them."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.shapes import replication
from redistui.engine.unfinished import Deed
from tests.conftest import Start
from tests.engine.watching import watching


@pytest.mark.versions("valkey-9.1")
def test_a_server_that_is_named_later_comes_into_view_in_a_group_of_its_own(running_group: Start) -> None:
    group, stranger = running_group(replication("one", 1)), running_group(replication("two", 0))
    with watching(group.primary.address) as engine:
        engine.wait(lambda fleet: fleet.complete, 10)
        engine.watch(stranger.primary.address, group.primary.address)
        fleet = engine.wait(lambda fleet: len(fleet.groups) == 2 and fleet.complete, 10)
        (other,) = (one for one in fleet.groups if one.node(stranger.primary.address) is not None)
        assert [node.role for node in other.nodes] == ["primary"]


@pytest.mark.versions("valkey-9.1")
def test_deeds_of_now_and_of_before_stand_among_the_events(replication_group: Callable[..., RunningGroup]) -> None:
    group = replication_group(replicas=1)
    with watching(group.primary.address) as engine:
        name = engine.wait(lambda fleet: fleet.complete, 10).groups[0].name
        here, there = frozenset({group.primary.address}), frozenset({"10.9.9.9:6379"})
        engine.recount([Deed(time.time() - 91.0, name, "promote begun: of a group of this name", there)])
        engine.recount([Deed(time.time() - 90.0, name, "promote begun: Promote a", here)])

        async def deed() -> None:
            engine.happened(name, "promote begun: Promote b")

        engine.call(deed()).result(5)

        def told() -> list[str]:
            return [event.text for event in engine.fleet.events if event.kind == "action"]

        engine.wait(lambda _: len(told()) == 2, 5)
        assert told() == ["promote begun: Promote a", "promote begun: Promote b"]
