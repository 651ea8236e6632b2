"""A client that goes by what the Sentinels say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.model import Watch, WatchedReplica
from redistui.model.routes import Answer
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown
from redistui.route.sentinel import SentinelRoute
from redistui.route.watchers import SELECTED, SWITCHED, Word, newest, nodes_of
from tests.route.opened import answered, opened
from tests.waiting import eventually_async

A, B, C = "10.0.0.1:6379", "10.0.0.2:6379", "10.0.0.3:6379"


def word(primary: str, epoch: int | None, *, tilt: bool = False, replicas: tuple[str, ...] = ()) -> Word:
    known = tuple(WatchedReplica(replica, frozenset(), None, True, 100, 1, primary, 1, 1, 0) for replica in replicas)
    watch = Watch("orders", primary, frozenset(), epoch, 2, 2, 2, 2000, 10000, 1, None, None, None, replicas=known)
    return Word("10.0.0.9:26379", watch, tilt, "ok")


@pytest.mark.parametrize(
    ("words", "primary"),
    [
        ([], None),
        ([word(A, 1), word(A, 1), word(B, 2)], B),  # the newest epoch counts, not how many say so
        ([word(B, 2, tilt=True), word(A, 1)], A),
        ([word(B, 2, tilt=True), word(A, 1, tilt=True)], B),  # nobody else is left; ROLE has the last word
        ([word(A, 3), word(B, 3), word(B, 3)], B),
        ([word(A, None), word(B, 0), word(B, 1)], B),
    ],
)
def test_whose_word_counts(words: list[Word], primary: str | None) -> None:
    counted = newest(words)
    assert (counted.watch.primary if counted else None) == primary


def test_nodes_are_those_of_all_who_know_the_newest_epoch() -> None:
    words = [word(A, 2, replicas=(B,)), word(A, 2, replicas=(C, B)), word(B, 1, replicas=("10.0.0.8:1",))]
    assert nodes_of(words, words[0]) == [A, B, C]


class Writing:
    """INCR and SET without end, one at a time."""

    def __init__(self, route: SentinelRoute) -> None:
        self.route = route
        self.acked: list[tuple[str, Answer]] = []
        self.counted = self.may_have_counted = 0
        """INCRs that were acknowledged, and those of unknown outcome."""
        self.failed: list[RouteFailed] = []
        self.task = asyncio.create_task(self._write())

    async def _write(self) -> None:
        number = 0
        while True:
            number += 1
            try:
                await self._count()
                self.acked.append((f"k{number}", await self.route.execute("SET", f"k{number}", "1")))
            except RouteFailed as failure:
                self.failed.append(failure)
            await asyncio.sleep(0.005)

    async def _count(self) -> None:
        try:
            await self.route.execute("INCR", "counter")
        except Unknown:
            self.may_have_counted += 1
            raise
        self.counted += 1

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def goes_on_at(self, node: str, count: int) -> bool:
        return len(self.acked) > count and self.acked[-1][1].node == node


async def test_it_follows_the_sentinels(sentinel_group: Callable[..., RunningGroup]) -> None:
    group = sentinel_group()
    await a_name_or_a_node_that_nobody_knows_is_said(group)
    async with opened(SentinelRoute([group.sentinels[0].address], group.name, every=0.2)) as route:
        await it_finds_the_other_sentinels_and_says_what_each_believes(group, route)
        await a_failover_that_is_announced_and_does_not_happen_costs_a_moment(group, route)
        writing = Writing(route)
        try:
            await eventually_async(lambda: len(writing.acked) > 20)
            await a_forced_failover_ends_all_connections_to_the_old_primary(group, route, writing)
        finally:
            await writing.stop()
        assert not [failure for failure in writing.failed if failure.kind not in ("UNHEALTHY", "connect", "closed")]


async def a_name_or_a_node_that_nobody_knows_is_said(group: RunningGroup) -> None:
    sentinels = [sentinel.address for sentinel in group.sentinels]
    with pytest.raises(Refused, match=r"no Sentinel tells who is primary of nothing .*No such master with that name"):
        async with opened(SentinelRoute(sentinels, "nothing")):
            pass
    with pytest.raises(BadRoute, match=r"10.9.9.9:1 has a weight but is no node of this route"):
        async with opened(SentinelRoute(sentinels, group.name, weights={"10.9.9.9:1": 2})):
            pass
    with pytest.raises(BadRoute, match="needs at least one Sentinel"):
        SentinelRoute([], group.name)


async def it_finds_the_other_sentinels_and_says_what_each_believes(group: RunningGroup, route: SentinelRoute) -> None:
    def all_say() -> bool:
        return all(
            (one.primary, one.tilt, one.quorum, one.known, one.ckquorum) == (group.nodes[0].address, False, 2, 3, "ok")
            for one in route.stats().watchers
        )

    await eventually_async(lambda: len(route.stats().watchers) == 3 and all_say())
    assert {one.address for one in route.stats().watchers} == {one.address for one in group.sentinels}
    assert all(one.latency_ms and not one.why_not for one in route.stats().watchers)
    await eventually_async(lambda: all(row.healthy for row in route.stats().nodes))
    assert {row.address: row.role for row in route.stats().nodes} == {
        group.nodes[0].address: "primary", group.nodes[1].address: "replica", group.nodes[2].address: "replica",
    }  # fmt: skip
    assert set(await answered(route, 10)) == {group.nodes[1].address, group.nodes[2].address}


async def a_failover_that_is_announced_and_does_not_happen_costs_a_moment(
    group: RunningGroup, route: SentinelRoute
) -> None:
    old, chosen = group.nodes[0].address, group.nodes[1].address
    route._told(SELECTED, f"replica {chosen}")
    assert route.primary is None
    assert (await route.write("SET", "a", "1")).node == old
    route._told(SELECTED, f"replica {old}")  # late: it is primary already
    route._told(SWITCHED, f"{chosen} -> {old}")
    assert route.primary == old
    route._told(SWITCHED, f"{old} -> {chosen}")
    assert route.primary is None
    await eventually_async(lambda: route.primary == old)


async def a_forced_failover_ends_all_connections_to_the_old_primary(
    group: RunningGroup, route: SentinelRoute, writing: Writing
) -> None:
    old = group.nodes[0]
    group.sentinels[0].ask("SENTINEL", "FAILOVER", group.name)
    await eventually_async(lambda: route.primary not in (None, old.address), 20)
    new = route.primary
    assert new is not None
    assert route.demoting == old.address  # it was left when its successor was chosen, not only when that had taken over
    count = len(writing.acked)
    await eventually_async(lambda: writing.goes_on_at(new, count + 20))
    assert {answer.node for _, answer in writing.acked[count:]} == {new}
    # The old primary takes writes for another ten seconds: nothing of ours is on it any more.
    names = [line for line in str(old.ask("CLIENT", "LIST")).splitlines() if "name=redistui-route " in line]
    writers = [line for line in names if "cmd=incr" in line or "cmd=set " in line]
    assert writers == []
    with group.server(new).connect() as wire:
        assert [wire.ask("EXISTS", key) for key, _ in writing.acked[count:]] == [1] * len(writing.acked[count:])


@pytest.mark.versions("redis-7.0")
async def test_a_hung_sentinel_and_a_dead_primary_are_survived(sentinel_group: Callable[..., RunningGroup]) -> None:
    group = sentinel_group()
    dead, hung = group.nodes[0].address, group.sentinels[2]
    async with opened(SentinelRoute([group.sentinels[0].address], group.name, every=0.2)) as route:
        writing = Writing(route)
        try:
            await eventually_async(lambda: len(writing.acked) > 20 and len(route.stats().watchers) == 3)
            hung.hang()
            await eventually_async(lambda: any(one.why_not for one in route.stats().watchers))
            await asyncio.to_thread(group.nodes[0].kill)
            await eventually_async(lambda: route.primary not in (None, dead), 30)
            count = len(writing.acked)
            await eventually_async(lambda: writing.goes_on_at(str(route.primary), count))
        finally:
            hung.resume()
            await writing.stop()
        assert any("the primary is not well" in failure.text for failure in writing.failed)
        await nothing_was_sent_twice(group, route, writing)


async def nothing_was_sent_twice(group: RunningGroup, route: SentinelRoute, writing: Writing) -> None:
    counter = int(group.server(str(route.primary)).ask("GET", "counter"))
    assert 20 < counter <= writing.counted + writing.may_have_counted + 1  # one was perhaps cut short by the stop
