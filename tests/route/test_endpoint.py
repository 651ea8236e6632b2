"""Connections to one node: what is noticed before anything goes out, and that nothing goes out twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.model import Access, Login
from redistui.route.endpoint import Endpoint
from redistui.route.failures import Refused, Unknown
from tests.mute import Mute
from tests.waiting import eventually_async


@asynccontextmanager
async def endpoint(server: Server, **words: Any) -> AsyncIterator[Endpoint]:
    one = Endpoint(server.address, **words)
    try:
        yield one
    finally:
        await one.close()


def kill_clients(server: Server) -> None:
    with server.connect() as wire:
        wire.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def calls(server: Server, command: str) -> int:
    line = server.info("commandstats").get(f"cmdstat_{command}", "calls=0,")
    return int(line.partition("calls=")[2].partition(",")[0])


@pytest.fixture
def group(replication_group: Callable[..., RunningGroup]) -> RunningGroup:
    return replication_group(replicas=1)


@pytest.mark.versions("redis-6.2")
async def test_connections_of_one_node(group: RunningGroup) -> None:
    """One server for all of them: what each leaves behind does not matter to the next."""
    primary, replica = group.nodes
    await an_ended_connection_is_noticed_before_a_write_goes_out_on_it(primary)
    await a_new_connection_says_its_greeting_again(primary)
    await a_node_of_another_role_gets_nothing(replica)
    await those_at_work_when_we_hung_up_are_not_used_again(primary)
    await no_more_connections_than_allowed_and_no_endless_wait_for_one(primary)
    await a_password_that_is_wrong_is_no_reason_to_try_elsewhere(primary)
    await a_lost_reply_is_unknown_and_counts_as_slow(primary)
    await once_closed_it_stays_so(primary)


async def an_ended_connection_is_noticed_before_a_write_goes_out_on_it(server: Server) -> None:
    async with endpoint(server) as one:
        for number in range(1, 6):
            assert await one.ask("INCR", "noticed") == number
            await asyncio.to_thread(kill_clients, server)  # its end may have come while the loop did something else
        assert one.connections == 1
        assert (one.requests, one.failures) == (5, 0)


async def a_new_connection_says_its_greeting_again(server: Server) -> None:
    async with endpoint(server, greeting=(("SELECT", "5"),), must_be="primary") as one:
        await one.ask("SET", "greeted", "1")
        await asyncio.to_thread(kill_clients, server)
        await one.ask("INCR", "greeted")
    with server.connect() as wire:
        assert wire.ask("GET", "greeted") is None
        wire.ask("SELECT", 5)
        assert wire.ask("GET", "greeted") == "2"


async def a_node_of_another_role_gets_nothing(replica: Server) -> None:
    async with endpoint(replica, must_be="primary") as one:
        before = calls(replica, "get")
        with pytest.raises(Refused, match="it is no primary: its ROLE says replica") as raised:
            await one.ask("GET", "a")
        assert (raised.value.kind, raised.value.cure) == ("READONLY", "elsewhere")
        assert calls(replica, "get") == before
        assert one.connections == 0


async def those_at_work_when_we_hung_up_are_not_used_again(server: Server) -> None:
    async with endpoint(server) as one:
        await asyncio.gather(one.ask("PING"), one.ask("PING"))
        assert one.connections == 2
        waiting = asyncio.create_task(one.ask("BLPOP", "nothing", "0.2"))
        await eventually_async(lambda: one.in_flight == 1)
        await one.hang_up()
        assert one.connections == 1  # the one at work
        assert await waiting is None
        assert one.connections == 0


async def no_more_connections_than_allowed_and_no_endless_wait_for_one(server: Server) -> None:
    async with endpoint(server, connections=2, seconds=0.3) as one:
        blocked = [asyncio.create_task(one.ask("BLPOP", "nothing", "2", seconds=10)) for _ in range(2)]
        await eventually_async(lambda: one.connections == 2)
        with pytest.raises(Refused, match=r"no connection was free in time \(0.3 s\)"):
            await one.ask("SET", "waited", "1")
        await asyncio.gather(*blocked)
        assert await one.ask("EXISTS", "waited") == 0


async def a_password_that_is_wrong_is_no_reason_to_try_elsewhere(server: Server) -> None:
    async with endpoint(server, access=Access(data=Login("nobody", "secret"))) as one:
        with pytest.raises(Refused) as raised:
            await one.ask("PING")
        assert (raised.value.kind, raised.value.cure) == ("WRONGPASS", "never")
        assert "secret" not in str(raised.value)


async def a_lost_reply_is_unknown_and_counts_as_slow(server: Server) -> None:
    mute = Mute(server.address, b"INCR")
    try:
        async with endpoint(server, access=Access(reachable={server.address: mute.address}), seconds=0.4) as one:
            await one.ask("PING")
            fast = one.latency_ms or 0
            with pytest.raises(Unknown, match=r"no answer within 0.\d+ s") as raised:
                await one.ask("INCR", "lost")
            assert raised.value.kind == "timeout"
            assert (one.latency_ms or 0) > fast + 50
            assert await one.ask("GET", "lost") == b"1"
    finally:
        mute.close()


async def once_closed_it_stays_so(server: Server) -> None:
    async with endpoint(server) as one:
        waiting = asyncio.create_task(one.ask("BLPOP", "nothing", "0", seconds=10))
        await eventually_async(lambda: one.connections == 1)
        await one.close()
        with pytest.raises((Refused, Unknown)):
            await waiting
        with pytest.raises(Refused, match="its connections were closed"):
            await one.ask("PING")
        assert one.connections == 0


@pytest.mark.versions("valkey-9.1")
async def test_a_node_that_is_gone_refuses_and_one_that_dies_meanwhile_leaves_it_unknown(group: RunningGroup) -> None:
    server = group.nodes[1]
    async with endpoint(server) as one:
        waiting = asyncio.create_task(one.ask("XREAD", "BLOCK", "0", "STREAMS", "none", "$", seconds=10))
        await eventually_async(lambda: one.connections == 1 and "blocked_clients:1" in server.ask("INFO", "clients"))
        await asyncio.to_thread(server.kill)
        with pytest.raises(Unknown) as raised:
            await waiting
        assert raised.value.kind == "closed"
        with pytest.raises(Refused, match="cannot connect: connection refused") as refused:
            await one.ask("PING")
        assert refused.value.kind == "connect"
        assert (await one.check(("PING",)))[0].kind == "connect"
