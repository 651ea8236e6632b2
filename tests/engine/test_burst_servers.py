"""Bursts on real servers: any bytes go out as they are, and what was lost is over before anything else is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.engine.driver import Driver
from redistui.model import Access, Address
from redistui.ops.steps import Argv, Burst, Lost, Refused, Script
from redistui.ops.templates import Keys, word_of
from tests.engine.bursting import Scripted
from tests.waiting import eventually_async

Group = Callable[..., RunningGroup]
COUNT: Argv = ("INCR", Keys(((0, 16383),)))
SLOW = "for _ = 1, 1e8 do end return redis.call('INCR', KEYS[1])"


class House:
    """All there is to reach is on this machine, and wants no password."""

    def access_of(self, address: Address) -> Access:
        return Access()

    def dial_of(self, address: Address) -> Address:
        return address


def driver(lines: list[Any], stack: AsyncExitStack) -> Driver:
    async def write(new: Any) -> None:
        lines.extend(new)

    made = Driver(House(), "0badcafe", frozenset(), write)  # type: ignore[arg-type]
    stack.push_async_callback(made.close)
    return made


def calls(node: Server, command: str) -> int:
    """How often the server ran it."""
    with node.connect() as wire:
        text = str(wire.ask("INFO", "commandstats"))
    row = next((row for row in text.splitlines() if row.startswith(f"cmdstat_{command}:")), ":calls=0,")
    return int(row.partition("calls=")[2].partition(",")[0])


async def test_keys_of_any_bytes_go_out_as_they_are_and_replies_come_in_their_order(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    keys = [bytes(range(256)), b"", "ключ".encode(), b"\xff\xfe", b"plain"]
    words = [word_of(key) for key in keys]
    answers: list[Any] = []

    def script() -> Script:
        answers.append((yield Burst(node.address, tuple(("INCR", word) for word in words), mutates=True)))
        answers.append((yield Burst(node.address, (*(("EXISTS", word) for word in words), ("DUMP",), ("PING",)))))
        return "done"

    async with AsyncExitStack() as stack:
        await driver([], stack).drive(Scripted(None, script, (COUNT,)), 1)
    assert answers[0] == [1] * 5
    assert answers[1][:5] == [1] * 5
    assert isinstance(answers[1][5], Refused)
    assert answers[1][6] == b"PONG"
    with node.connect() as wire:
        assert [wire.ask("GET", key) for key in keys] == ["1"] * 5
        assert wire.ask("DBSIZE") == 5


async def test_what_a_hung_server_was_sent_is_run_once_and_before_anything_else(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    lines: list[Any] = []
    seen: list[Any] = []

    def script() -> Script:
        first = yield Burst(node.address, (("INCR", "a"),), mutates=True)
        node.hang()
        second = yield Burst(node.address, (("INCR", "b"), ("INCR", "c")), mutates=True, seconds=0.3)
        asyncio.get_running_loop().call_later(0.5, node.resume)
        third = yield Burst(node.address, (("INCR", "d"),), mutates=True)
        seen.extend((first, second, third))
        return "done"

    async with AsyncExitStack() as stack:
        await driver(lines, stack).drive(Scripted(None, script, (COUNT,)), 1)
        first, second, third = seen
        assert (first, third) == ([1], [1])
        assert [type(one) for one in second] == [Lost, Lost]
        with node.connect() as wire:
            assert wire.ask("MGET", "a", "b", "c", "d") == ["1"] * 4
        assert calls(node, "incr") == 4
        names = [line["state"] for line in lines]
        assert names == ["sending", "done", "sending", "lost", "sending"]


async def test_a_server_that_is_busy_with_a_lost_burst_is_waited_for(replication_group: Group) -> None:
    node = replication_group(replicas=0).nodes[0]
    slow: Argv = ("EVAL", SLOW, "1", "slow")
    seen: list[Any] = []

    def script() -> Script:
        argvs = (("INCR", "a"), slow, ("INCR", "b"))
        seen.append((yield Burst(node.address, argvs, mutates=True, seconds=0.05)))
        seen.append((yield Burst(node.address, (("INCR", "c"),), mutates=True)))
        return "done"

    async with AsyncExitStack() as stack:
        await driver([], stack).drive(Scripted(None, script, (COUNT, slow)), 1)
    assert [type(one) for one in seen[0]] == [Lost] * 3
    assert seen[1] == [1]
    assert calls(node, "eval") == 1
    with node.connect() as wire:
        assert wire.ask("GET", "slow") == "1"


async def test_the_held_connection_carries_the_operations_name_and_is_closed_at_the_end(
    replication_group: Group,
) -> None:
    node = replication_group(replicas=0).nodes[0]

    def names() -> int:
        with node.connect() as wire:
            return str(wire.ask("CLIENT", "LIST")).count("name=redistui-ops:0badcafe ")

    def script() -> Script:
        yield Burst(node.address, (("INCR", "a"),), mutates=True)
        yield Burst(node.address, (("INCR", "b"),), mutates=True)
        yield Burst(node.address, (("PING",),))
        return str(names())

    async with AsyncExitStack() as stack:
        assert await driver([], stack).drive(Scripted(None, script, (COUNT,)), 1) == "2"
    await eventually_async(lambda: names() == 0)
