"""Each shape comes up on each server version with the right roles, well within its deadline."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup, role_of
from redistui.demo.shapes import SHAPES
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


def test_a_replication_group_comes_up_with_its_chain(replication_group: Start) -> None:
    group = replication_group(replicas=1, chained=1)
    first, second, third = group.nodes
    assert [role_of(node) for node in group.nodes] == ["master", "slave", "slave"]
    assert second.ask("ROLE")[1:3] == ["127.0.0.1", first.port]
    assert third.ask("ROLE")[1:3] == ["127.0.0.1", second.port]


def test_a_password_holds_for_clients_replication_and_sentinels(sentinel_group: Start) -> None:
    group = sentinel_group(settings={"requirepass": "opensesame"}, sentinel_settings={"requirepass": "swordfish"})
    assert group.primary is group.nodes[0]
    assert group.replicas == group.nodes[1:]


def test_the_sentinels_agree_and_have_a_quorum(sentinel_group: Start) -> None:
    group = sentinel_group()
    for sentinel in group.sentinels:
        assert sentinel.ask("SENTINEL", "CKQUORUM", "orders").startswith("OK 3 usable Sentinels")


def test_the_sentinels_fail_over_when_the_primary_is_killed(sentinel_group: Start) -> None:
    group = sentinel_group()
    old = group.primary
    old.kill()
    assert not old.running
    eventually(lambda: group.primary is not old, 20, otherwise="no new primary")


def test_a_cluster_serves_all_slots(cluster_group: Start) -> None:
    group = cluster_group()
    assert [role_of(node) for node in group.nodes] == ["master"] * 3 + ["slave"] * 3
    for node in group.nodes:
        assert "cluster_slots_ok:16384" in node.ask("CLUSTER", "INFO")


def test_the_west_hangs_under_the_east(sites_group: Start) -> None:
    group = sites_group()
    east, west = group.sites()["east"], group.sites()["west"]
    assert [len(east), len(west)] == [2, 2]
    head, under = (group.server(address) for address in west)
    assert f"{head.ask('ROLE')[1]}:{head.ask('ROLE')[2]}" == east[0]
    assert f"{under.ask('ROLE')[1]}:{under.ask('ROLE')[2]}" == west[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_shape_has_the_groups_that_it_is_told_to_have(demo_fleet: Callable[..., DemoFleet], shape: str) -> None:
    fleet = demo_fleet(shape)
    assert set(fleet.document()["groups"]) == {group.name for group in SHAPES[shape]}
