"""What an operator sees while servers die, hang and come back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.model import Target
from tests.live.screen import dashboard

Group = Callable[..., RunningGroup]


def target(group: RunningGroup) -> Target:
    return Target(tuple(seed.address for seed in group.seeds), title=group.name)


@pytest.mark.versions("redis-6.2")
async def test_a_primary_that_is_killed_stands_as_refused_and_comes_back_as_up(replication_group: Group) -> None:
    group = replication_group(replicas=2)
    primary = group.primary
    async with dashboard([target(group)], nodes=3) as screen:
        await screen.until_line(primary.address, "P ")
        primary.kill()
        await screen.until_line(primary.address, "refused")
        for replica in group.nodes:
            if replica is not primary:
                await screen.until_line(replica.address, "down")
        primary.restart()
        await screen.until_gone(primary.address, "refused")
        await screen.until_line(primary.address, "P ")


@pytest.mark.versions("redis-7.0")
async def test_a_replica_that_is_killed_stays_in_view_though_its_primary_has_dropped_it(
    replication_group: Group,
) -> None:
    group = replication_group(replicas=2)
    replica = group.replicas[0]
    async with dashboard([target(group)], nodes=3) as screen:
        await screen.until_line(replica.address, "up")
        replica.kill()
        await screen.until_line(replica.address, "refused")
        replica.restart()
        await screen.until_gone(replica.address, "refused")
        await screen.until_line(replica.address, "up")


@pytest.mark.parametrize("which", ["primary", "replica"])
@pytest.mark.versions("valkey-9.1")
async def test_a_server_that_hangs_is_called_hung_and_not_down(replication_group: Group, which: str) -> None:
    group = replication_group(replicas=1)
    server = group.primary if which == "primary" else group.replicas[0]
    async with dashboard([target(group)], nodes=2) as screen:
        await screen.until_line(server.address)
        server.hang()
        try:
            await screen.until_line(server.address, "hung")
        finally:
            server.resume()
        await screen.until_gone(server.address, "hung")


@pytest.mark.versions("redis-7.0")
async def test_a_sentinel_failover_after_a_kill_is_followed_on_every_screen(sentinel_group: Group) -> None:
    group = sentinel_group()
    old = group.primary.address
    async with dashboard([target(group)], nodes=6) as screen:
        await screen.until_line(old, "P ")
        group.primary.kill()
        await screen.until_line(old, "refused")
        fleet = screen.engine.wait(lambda fleet: moved_from(old, fleet), 20.0)
        new = fleet.groups[0].primary
        assert new not in (None, old)
        await screen.until_line(str(new), "P ")
        screen.press("6")
        await screen.until_line("+switch-master", str(new))


def moved_from(old: str, fleet: object) -> bool:
    groups = getattr(fleet, "groups", ())
    return (
        bool(groups)
        and groups[0].primary != old
        and any(node.role == "primary" and node.address == groups[0].primary for node in groups[0].nodes)
    )


@pytest.mark.versions("redis-6.2")
async def test_the_other_groups_go_on_when_one_is_out_of_reach(replication_group: Group) -> None:
    group = replication_group(replicas=1)
    nowhere = Target(("127.0.0.1:1",), title="nowhere")
    async with dashboard([nowhere, target(group)], nodes=3) as screen:
        await screen.until_line("127.0.0.1:1", "refused")
        await screen.until_line(group.replicas[0].address, "up")
