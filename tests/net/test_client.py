"""The client of actions on real servers: three outcomes, and nothing is sent twice."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from redistui.demo.groups import RunningGroup
from redistui.model import Login, Tls
from redistui.net.client import Client, ClientLost, ClientRefused

SLOW = "local t = redis.call('TIME'); while redis.call('TIME')[1] - t[1] < 2 do end return redis.call('INCR', 'runs')"
Group = Callable[..., RunningGroup]


@asynccontextmanager
async def client(address: str, login: Login | None = None, tls: Tls | None = None) -> AsyncIterator[Client]:
    made = Client(address, login or Login(), tls, "redistui-ops:test")
    try:
        yield made
    finally:
        await made.close()


async def test_replies_come_as_the_server_sent_them(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    for address in (node.address, node.unix):
        async with client(address) as one:
            assert await one.ask(("SET", "k", "v"), 2) == b"OK"
            assert await one.ask(("GET", "none"), 2) is None
            assert (await one.ask(("ROLE",), 2))[0] == b"master"
            assert b"name=redistui-ops:test " in await one.ask(("CLIENT", "LIST"), 2)


async def test_an_error_reply_is_whole_and_keeps_the_connection(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address) as one:
        before = await one.ask(("CLIENT", "ID"), 2)
        with pytest.raises(ClientRefused, match=r"^ERR unknown command"):
            await one.ask(("NOSUCH", "x"), 2)
        await one.ask(("SET", "k", "v"), 2)
        with pytest.raises(ClientRefused, match=r"^ERR value is not an integer"):
            await one.ask(("INCR", "k"), 2)
        assert await one.ask(("CLIENT", "ID"), 2) == before


async def test_a_transaction_runs_as_one_or_not_at_all(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address) as one:
        assert await one.transact((("MULTI",), ("SET", "k", "1"), ("INCR", "k"), ("EXEC",)), 2) == [b"OK", 2]
        with pytest.raises(ClientRefused, match=r"^ERR unknown command"):
            await one.transact((("MULTI",), ("SET", "k", "7"), ("NOSUCH",), ("EXEC",)), 2)
        assert await one.ask(("GET", "k"), 2) == b"2"
        replies = await one.transact((("MULTI",), ("LPUSH", "k", "x"), ("GET", "k"), ("EXEC",)), 2)
        assert isinstance(replies[0], ClientRefused)
        assert str(replies[0]).startswith("WRONGTYPE")
        assert replies[1] == b"2"


async def test_a_refused_multi_runs_nothing_of_what_would_follow(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    node.ask("ACL", "SETUSER", "half", "on", ">pw", "~*", "+@all", "-multi")
    async with client(node.address, Login("half", "pw")) as one:
        with pytest.raises(ClientRefused, match=r"^NOPERM"):
            await one.transact((("MULTI",), ("SET", "k", "7"), ("EXEC",)), 2)
    assert node.ask("GET", "k") is None


async def test_a_command_that_gets_no_reply_in_time_is_lost_and_runs_once(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address) as one:
        with pytest.raises(ClientLost, match=r"no answer within 0\.3 s") as caught:
            await one.ask(("EVAL", SLOW, "0"), 0.3)
        assert not caught.value.ended
    node.wait(10)
    assert node.ask("GET", "runs", seconds=5) == "1"
    calls = next(line for line in node.ask("INFO", "commandstats").splitlines() if line.startswith("cmdstat_eval:"))
    assert "calls=1," in calls


async def test_a_connection_that_was_cut_is_lost_and_opened_anew_at_the_next_ask(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address) as one:
        await one.ask(("PING",), 2)
        node.ask("CLIENT", "KILL", "TYPE", "normal")
        with pytest.raises(ClientLost) as caught:
            await one.ask(("PING",), 2)
        assert caught.value.ended
        assert await one.ask(("PING",), 2) == b"PONG"


@pytest.mark.parametrize("abort", [False, True], ids=["ended", "reset"])
async def test_a_connection_that_is_cut_while_it_is_made_is_made_once_more(abort: bool) -> None:
    heard: list[bytes] = []

    async def met(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        if len(heard) == 1 and abort:
            writer.transport.abort()
        elif len(heard) > 1:
            writer.write(b"+OK\r\n")
            heard.append(await reader.read(1000))
            writer.write(b"+PONG\r\n")
            await writer.drain()
        writer.close()

    async with await asyncio.start_server(met, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        async with client(f"127.0.0.1:{port}") as one:
            assert await one.ask(("PING",), 5) == b"PONG"
    assert [words.count(b"PING") for words in heard] == [0, 0, 1]


async def test_a_hung_server_is_lost_and_a_dead_one_refused(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address) as one:
        await one.ask(("PING",), 2)
        node.hang()
        with pytest.raises(ClientLost):
            await one.ask(("PING",), 0.3)
        with pytest.raises(ClientRefused, match=r"cannot connect: no answer within 0\.3 s"):
            await one.ask(("SET", "k", "v"), 0.3)
        node.resume()
        node.kill()
        with pytest.raises(ClientRefused, match=r"cannot connect: connection refused"):
            await one.ask(("PING",), 2)


async def test_logins_that_are_refused_are_tried_once(replication_group: Group) -> None:
    node = replication_group(replicas=0, settings={"requirepass": "right"}).nodes[0]
    for login in (Login(), Login(None, "wrong"), Login("nobody", "right")):
        async with client(node.address, login) as one:
            with pytest.raises(ClientRefused, match=r"NOAUTH|WRONGPASS") as caught:
                await one.ask(("PING",), 2)
            assert "right" not in str(caught.value)
            assert "wrong" not in str(caught.value)
    async with client(node.address, Login(None, "right")) as one:
        assert await one.ask(("PING",), 2) == b"PONG"
    stats = node.ask("INFO", "commandstats")
    auth = next(line for line in stats.splitlines() if line.startswith("cmdstat_auth:"))
    assert int(auth.split("calls=")[1].split(",")[0]) <= 20


async def test_a_password_that_is_not_needed_does_no_harm(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address, Login(None, "superfluous")) as one:
        assert await one.ask(("PING",), 2) == b"PONG"


async def test_a_user_that_may_not_set_a_name_can_still_act(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    node.ask("ACL", "SETUSER", "poor", "on", ">pw", "+ping", "+auth")
    async with client(node.address, Login("poor", "pw")) as one:
        assert await one.ask(("PING",), 2) == b"PONG"


async def test_a_plain_port_does_not_pass_for_tls(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    async with client(node.address, tls=Tls()) as one:
        with pytest.raises(ClientRefused, match="cannot connect"):
            await one.ask(("PING",), 1)


async def test_strangers_are_refused_or_lost_but_never_a_crash() -> None:
    async def stranger(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await reader.read(10)
        writer.close()

    server = await asyncio.start_server(stranger, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, client(f"127.0.0.1:{port}") as one:
        with pytest.raises((ClientRefused, ClientLost)):
            await one.ask(("PING",), 1)


def test_redis_py_is_imported_at_the_first_connection() -> None:
    code = "import sys, redistui.net.client, redistui.engine.runner; sys.exit('redis' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
