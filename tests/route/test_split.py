"""A read/write split over a real primary and its replicas."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.model import Access, Login
from redistui.route.balancer import BalancerRoute
from redistui.route.failures import BadRoute, Refused
from redistui.route.fitness import Bounds
from redistui.route.split import SplitRoute
from tests.route.opened import answered, opened
from tests.route.test_endpoint import calls
from tests.waiting import eventually_async


@pytest.fixture
def group(replication_group: Callable[..., RunningGroup]) -> RunningGroup:
    return replication_group(replicas=2)


def healthy(route: SplitRoute) -> list[str]:
    return [row.address for row in route.stats().nodes if row.healthy]


async def test_reads_and_writes_go_their_ways(group: RunningGroup) -> None:
    await writes_go_to_the_primary_and_reads_to_replicas_by_weight(group)
    await what_is_no_read_is_not_sent_as_one(group)
    await all_pages_of_a_scan_come_from_the_primary(group)
    await what_was_answered_may_be_written_as_it_is(group)
    await a_read_sees_what_this_route_has_written(group)
    await a_write_that_is_refused_for_the_moment_is_tried_again(group)
    await a_replica_that_is_too_far_behind_is_not_asked(group)
    await who_may_not_see_the_command_table_sends_everything_to_the_primary_but_what_is_called_a_read(group)


async def writes_go_to_the_primary_and_reads_to_replicas_by_weight(group: RunningGroup) -> None:
    primary, first, second = group.nodes
    weights = {first.address: 3, second.address: 1}
    async with opened(
        SplitRoute(group.addresses[::-1], strategy="weighted", weights=weights, seconds=20.0, every=60.0)
    ) as route:
        before = [calls(node, "get") for node in group.nodes]
        assert (await route.execute("SET", "a", "1")).node == primary.address
        assert await answered(route, 40, callers=4) == {first.address: 30, second.address: 10}
        assert [calls(node, "get") - was for node, was in zip(group.nodes, before, strict=True)] == [0, 30, 10]
        rows = {row.address: row for row in route.stats().nodes}
        assert [rows[node.address].role for node in group.nodes] == ["primary", "replica", "replica"]
        assert [rows[node.address].share for node in group.nodes] == [None, 0.75, 0.25]
        assert [rows[node.address].wanted_share for node in group.nodes] == [None, 0.75, 0.25]
        stats = route.stats()
        assert (stats.reads, stats.writes, stats.fallbacks, stats.refused) == (40, 1, 0, 0)
        route.use("weighted", {first.address: 0, second.address: 0})
        answer = await route.execute("GET", "a")
        assert (answer.node, answer.fallback) == (primary.address, "no replica is fit")
        route.reset()
        assert route.stats().operations == 0


async def what_is_no_read_is_not_sent_as_one(group: RunningGroup) -> None:
    async with opened(SplitRoute(group.addresses)) as route:
        for words in (("SET", "a", "1"), ("GETEX", "a"), ("NEW.COMMAND",)):
            with pytest.raises(BadRoute, match="is no read, says the server's command table"):
                await route.read(*words)
        with pytest.raises(BadRoute, match="changes the connection it comes on"):
            await route.execute("MULTI")
        assert route.stats().operations == 0


async def all_pages_of_a_scan_come_from_the_primary(group: RunningGroup) -> None:
    primary, *replicas = group.nodes
    before = [calls(node, "scan") for node in replicas]
    async with opened(SplitRoute(group.addresses, seconds=20.0)) as route:
        assert {(await route.execute("SCAN", 0)).node for _ in range(3)} == {primary.address}
        assert (route.stats().reads, route.stats().writes) == (3, 0)
    assert [calls(node, "scan") for node in replicas] == before
    async with opened(BalancerRoute(group.addresses, seconds=20.0)) as balancer:
        with pytest.raises(BadRoute, match="SCAN's cursor belongs to the node that gave it"):
            await balancer.execute("SCAN", 0)
        assert balancer.stats().operations == 0


async def what_was_answered_may_be_written_as_it_is(group: RunningGroup) -> None:
    async with opened(SplitRoute(group.addresses, seconds=20.0)) as route:
        await route.execute("SET", b"any\xff", bytes(range(256)))
        was = (await route.write("GET", b"any\xff")).value
        await route.execute("SET", "copy", was)
        assert (await route.write("GET", "copy")).value == was == bytes(range(256))
        await route.execute("SET", "number", 7)
        assert (await route.execute("INCRBYFLOAT", "number", 0.5)).value == b"7.5"


async def a_read_sees_what_this_route_has_written(group: RunningGroup) -> None:
    async with opened(SplitRoute(group.addresses, own_writes=True, seconds=20.0)) as route:
        for number in range(100):
            await route.execute("SET", "own", str(number))
            assert (await route.execute("GET", "own")).value == str(number).encode()
        await eventually_async(lambda: route.own_writes is not None and route.own_writes.token is not None)
        assert (await route.execute("GET", "own")).value == b"99"
        assert set(route.stats().errors) <= {"BEHIND"}
        assert len(healthy(route)) == 3


async def a_write_that_is_refused_for_the_moment_is_tried_again(group: RunningGroup) -> None:
    primary = group.nodes[0]
    async with opened(SplitRoute(group.addresses, patience=20.0)) as route:
        primary.ask("CONFIG", "SET", "min-replicas-to-write", "5")
        try:
            writing = asyncio.create_task(route.execute("INCR", "fenced"))
            await eventually_async(lambda: route.stats().retries >= 2)
        finally:
            primary.ask("CONFIG", "SET", "min-replicas-to-write", "0")
        assert (await writing).value == 1
        assert route.stats().errors.keys() == {"NOREPLICAS"}
        assert route.stats().acked == 1


async def a_replica_that_is_too_far_behind_is_not_asked(group: RunningGroup) -> None:
    late = group.nodes[2]
    bounds = Bounds(lag_bytes=None, lag_seconds=1.0)
    async with opened(SplitRoute(group.addresses, bounds=bounds, every=0.1)) as route:
        late.hang()
        try:
            await eventually_async(lambda: late.address not in healthy(route))
            assert set(await answered(route, 20)) == {group.nodes[1].address}
        finally:
            late.resume()
        await eventually_async(lambda: late.address in healthy(route))


async def who_may_not_see_the_command_table_sends_everything_to_the_primary_but_what_is_called_a_read(
    group: RunningGroup,
) -> None:
    for node in group.nodes:
        node.ask("ACL", "SETUSER", "blind", "on", ">secret", "~*", "&*", "+@all", "-command")
    async with opened(SplitRoute(group.addresses, Access(data=Login("blind", "secret")), seconds=20.0)) as route:
        assert "NOPERM" in route.commands.why_empty
        assert (await route.execute("GET", "a")).node == group.nodes[0].address
        assert (await route.read("GET", "a")).node != group.nodes[0].address
        assert (route.stats().reads, route.stats().writes) == (1, 1)


async def test_reads_fall_back_and_writes_follow_the_primary(group: RunningGroup) -> None:
    await reads_fall_back_to_another_replica_and_then_to_the_primary(group)
    await reads_go_on_while_the_primary_is_dead(group)
    await writes_follow_a_change_of_roles(group)


async def reads_fall_back_to_another_replica_and_then_to_the_primary(group: RunningGroup) -> None:
    primary, first, second = group.nodes
    async with opened(SplitRoute(group.addresses, every=0.1)) as route:
        await answered(route, 4)
        await asyncio.to_thread(first.kill)
        assert set(await answered(route, 10)) == {second.address}
        await asyncio.to_thread(second.kill)
        assert set(await answered(route, 10)) == {primary.address}
        stats = route.stats()
        assert stats.acked == 24
        assert stats.fallbacks >= 10
        answer = await route.execute("GET", "a")
        assert (answer.node, answer.fallback) == (primary.address, "no replica is fit")
        for node in (first, second):
            await asyncio.to_thread(node.restart)
        await eventually_async(lambda: len(healthy(route)) == 3, 20)
        route.reset()
        assert set(await answered(route, 10)) == {first.address, second.address}
        assert route.stats().fallbacks == 0


async def reads_go_on_while_the_primary_is_dead(group: RunningGroup) -> None:
    primary, first, second = group.nodes
    async with opened(SplitRoute(group.addresses, every=0.1, bounds=Bounds(lag_seconds=60.0))) as route:
        await asyncio.to_thread(primary.kill)
        for replica in (first, second):
            await eventually_async(lambda node=replica: node.info("replication")["master_link_status"] == "down")
        await eventually_async(lambda: set(healthy(route)) == {first.address, second.address})
        assert set(await answered(route, 10)) == {first.address, second.address}
        await asyncio.to_thread(primary.restart)
        await eventually_async(lambda: len(healthy(route)) == 3)


async def writes_follow_a_change_of_roles(group: RunningGroup) -> None:
    old, heir, _ = group.nodes
    async with opened(SplitRoute(group.addresses, every=0.1, patience=10.0)) as route:
        assert (await route.execute("INCR", "n")).node == old.address
        heir.ask("REPLICAOF", "NO", "ONE")  # now two say that they are primaries: it stays with the one it knows
        await eventually_async(lambda: "itself" in route.why_not(heir.address))
        assert (await route.execute("INCR", "n")).node == old.address
        await a_new_route_does_not_choose_between_two_primaries(old, heir, group)
        follow(old, heir)
        answer = await route.execute("INCR", "n")
        assert answer.node == heir.address
        assert answer.tried in ((), (old.address,))
        assert route.stats().unknown == 0
        follow(group.nodes[2], heir)
        await eventually_async(lambda: len(healthy(route)) == 3, 20)
        rows = {row.address: row.role for row in route.stats().nodes}
        assert [rows[node.address] for node in group.nodes] == ["replica", "primary", "replica"]
        assert set(await answered(route, 10)) == {old.address, group.nodes[2].address}


def follow(replica: Server, primary: Server) -> None:
    replica.ask("REPLICAOF", "127.0.0.1", str(primary.port))


async def a_new_route_does_not_choose_between_two_primaries(old: Server, heir: Server, group: RunningGroup) -> None:
    async with opened(SplitRoute(group.addresses, patience=0.1)) as route:
        with pytest.raises(Refused, match="several nodes say that they are the primary") as raised:
            await route.execute("INCR", "n")
        assert old.address in raised.value.text
        assert heir.address in raised.value.text


async def test_where_nobody_answers_it_does_not_open() -> None:
    with pytest.raises(Refused, match=r"no node can be asked \(127.0.0.1:1: cannot connect: connection refused\)"):
        async with opened(SplitRoute(["127.0.0.1:1"])):
            pass
