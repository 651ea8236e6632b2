"""The failover as an operator does it: by keys, in the dashboard, while clients write."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.model import Target
from tests.live.screen import Screen, dashboard
from tests.live.writer import Writer
from tests.waiting import eventually

Group = Callable[..., RunningGroup]


async def fail_over(screen: Screen, name: str) -> None:
    screen.press("F")
    await screen.until_line(f"type {name}", seconds=15.0)
    screen.press(*name, "enter")


async def test_a_failover_by_keys_under_a_writer_loses_no_acknowledged_write(sentinel_group: Group) -> None:
    group = sentinel_group()
    old = group.primary
    with Writer(group) as writer:
        eventually(lambda: len(writer.acknowledged) > 50)
        targets = [Target(tuple(seed.address for seed in group.seeds), wanted="sentinel", title=group.name)]
        async with dashboard(targets, armed=True, nodes=6) as screen:
            await screen.until_line(old.address, "P ")
            await fail_over(screen, group.name)
            await screen.until_line("done and verified", seconds=60.0)
            screen.press("escape")
            new = next(server for server in group.nodes if server is not old and server.ask("ROLE")[0] == "master")
            await screen.until_line(new.address, "P ")
            await screen.until_line(old.address, "R ")
        after = len(writer.acknowledged)
        eventually(lambda: len(writer.acknowledged) > after + 50, 20.0)
    assert writer.lost(new) == []


@pytest.mark.versions("valkey-9.1")
async def test_without_arming_the_plan_is_shown_and_nothing_can_be_fired(sentinel_group: Group) -> None:
    group = sentinel_group()
    old = group.primary
    targets = [Target(tuple(seed.address for seed in group.seeds), wanted="sentinel", title=group.name)]
    async with dashboard(targets, nodes=6) as screen:
        await screen.until_line(old.address, "P ")
        screen.press("F")
        await screen.until_line("read-only")
        screen.press(*group.name, "enter")
        assert old.ask("ROLE")[0] == "master"
