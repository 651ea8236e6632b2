"""A route between its `open` and its `close`: what is called too early, too late, or from elsewhere is told so."""

from __future__ import annotations

import asyncio

import pytest

from redistui.model import Access
from redistui.model.routes import Answer, RouteStats
from redistui.route import BadRoute, BalancerRoute, ClusterRoute, Refused, SitesRoute, SplitRoute
from redistui.route.calls import Call, Calls
from redistui.route.cluster.links import ClusterLinks
from redistui.route.endpoint import Endpoint
from redistui.route.lifetime import Lifetime
from redistui.route.sites.site import Site
from redistui.route.strategy import Chooser
from tests.waiting import eventually_async

NODE = "127.0.0.1:1"


class Imagined(Calls):
    """Answers every call, unless nobody is there."""

    def __init__(self, there: bool = True) -> None:
        super().__init__(Chooser(()))
        self.there = there
        self.opened = self.closed = 0

    async def _open(self) -> None:
        if not self.there:
            raise Refused("UNHEALTHY", "no node can be asked")
        self.opened += 1

    async def _close(self) -> None:
        self.closed += 1

    async def _write(self, call: Call) -> Answer:
        return call.answer(call.argv, NODE)

    def stats(self) -> RouteStats:
        return self._tally.stats("imagined", "none", ())


async def test_a_block_opens_a_route_once_and_closes_it() -> None:
    async with Imagined() as route:
        await route.open()
        assert (await route.execute("SET", b"a", 1)).value == ("SET", "a", "1")
    assert (route.opened, route.closed) == (1, 1)


async def test_a_route_that_cannot_be_opened_is_closed_by_its_block() -> None:
    route = Imagined(there=False)
    with pytest.raises(Refused):
        async with route:
            pass
    assert route.closed == 1


async def test_a_route_that_nobody_answered_may_be_opened_later() -> None:
    route = Imagined(there=False)
    with pytest.raises(Refused):
        await route.open()
    route.there = True
    await route.open()
    assert (await route.execute("SET", "a", "1")).node == NODE


@pytest.mark.parametrize("made", [SplitRoute, BalancerRoute, ClusterRoute])
async def test_a_call_too_early_or_too_late_ends_at_once(made: type[SplitRoute]) -> None:
    route = made([NODE])
    with pytest.raises(BadRoute, match="not open"):
        await route.execute("GET", "a")
    await route.close()
    await route.close()
    with pytest.raises(Refused, match="this route was closed") as refused:
        await route.execute("GET", "a")
    assert (refused.value.kind, refused.value.cure) == ("CLOSED", "never")
    with pytest.raises(BadRoute, match="make a new one"):
        await route.open()
    assert route.stats().operations == 0


async def test_calls_of_many_keys_and_over_sites_are_no_exception() -> None:
    cluster = ClusterRoute([NODE])
    for calling in (cluster.mget("a"), cluster.mset({"a": 1}), cluster.delete("a"), cluster.pipeline([("GET", "a")])):
        with pytest.raises(BadRoute, match="not open"):
            await calling
    sites = SitesRoute([Site("east", (NODE,), SplitRoute([NODE]), primary=True)])
    for calling in (sites.read("GET", "a"), sites.write("SET", "a", 1), sites.get("a"), sites.put("a", b"1")):
        with pytest.raises(BadRoute, match="not open"):
            await calling


def test_a_call_from_another_event_loop_is_told_where_it_belongs() -> None:
    route = Imagined()
    asyncio.run(route.open())
    with pytest.raises(BadRoute, match="another event loop"):
        asyncio.run(route.execute("SET", "a", "1"))


async def test_what_is_closed_opens_no_connection_again() -> None:
    endpoint = Endpoint(NODE)
    await endpoint.close()
    (reply,) = await endpoint.check(("PING",))
    assert isinstance(reply, Refused)
    assert "closed" in reply.text
    links = ClusterLinks((NODE,), Access(), seconds=1.0, words={})
    await links.close()
    with pytest.raises(Refused, match="closed"):
        await links.learn()
    with pytest.raises(Refused, match="closed"):
        links.endpoint("127.0.0.1:2")


async def test_whoever_waits_for_a_primary_is_told_of_the_end_at_once() -> None:
    route = SplitRoute([NODE], patience=3600.0)
    route._loop = asyncio.get_running_loop()
    waiting = asyncio.create_task(route.write("SET", "a", "1"))
    await eventually_async(lambda: route.stats().writes == 1)
    await route.close()
    with pytest.raises(Refused, match="this route was closed"):
        await waiting


async def test_who_is_not_waited_for_any_more_is_counted_all_the_same() -> None:
    route = Imagined()
    await route.open()

    async def never(call: Call) -> Answer:
        await asyncio.Event().wait()
        raise AssertionError

    route._write = never  # type: ignore[method-assign]
    sites = SitesRoute([Site("east", (NODE,), route, primary=True)])
    await sites.open()
    for calling in (route.write("SET", "a", "1"), sites.write("SET", "a", "1")):
        task = asyncio.create_task(calling)  # type: ignore[arg-type]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert (sites.stats().unknown, sites.stats().operations) == (1, 1)
    assert route.stats().unknown == 2
    await sites.close()


def test_a_lifetime_is_what_every_route_has() -> None:
    assert all(issubclass(made, Lifetime) for made in (SplitRoute, BalancerRoute, ClusterRoute, SitesRoute))
