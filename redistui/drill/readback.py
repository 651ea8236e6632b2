"""Reading back what the canaries wrote, from whoever owns it in the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from redistui.drill.ground import Ground
from redistui.drill.log import Log, key_of
from redistui.model import Address, Fleet, Group
from redistui.model.canaries import NAME
from redistui.model.drill import DrillShard
from redistui.route.endpoint import Endpoint
from redistui.route.failures import RouteFailed

BATCH = 500
SECONDS = 5.0
Asked = Mapping[tuple[str, str], Sequence[int]]
"""Client and shard -> the numbers that were sent with a key of their own."""


def read_back(fleet: Fleet, grounds: Sequence[Ground], asked: Asked, run: str, log: Log) -> None:
    """Has the log say which numbers are there. Of an owner that does not answer, or says that it is no primary, nothing
    is said: they stay unread."""
    asyncio.run(_read_back(fleet, grounds, asked, run, log))


async def _read_back(fleet: Fleet, grounds: Sequence[Ground], asked: Asked, run: str, log: Log) -> None:
    for ground in grounds:
        for shard in ground.shards:
            owner = owner_now(fleet.group(ground.name), shard)
            if owner is None:
                continue
            endpoint = Endpoint(owner, ground.access, seconds=SECONDS, connections=1, name=NAME, must_be="primary")
            with suppress(RouteFailed):
                await _of_shard(endpoint, shard, asked, run, log)
            await endpoint.close()


async def _of_shard(endpoint: Endpoint, shard: DrillShard, asked: Asked, run: str, log: Log) -> None:
    for (client, tag), numbers in asked.items():
        if tag != shard.tag:
            continue
        for at in range(0, len(numbers), BATCH):
            part = numbers[at : at + BATCH]
            values = await endpoint.ask("MGET", *(key_of(tag, run, client, number) for number in part))
            there = [number for number, value in zip(part, values, strict=True) if value == str(number).encode()]
            words = {"asked": runs_of(part), "present": runs_of(there)}
            log.say("back", client=client, shard=tag, node=endpoint.address, **words)


def owner_now(group: Group | None, shard: DrillShard) -> Address | None:
    """Who owns a shard's keys, as the fleet says; None: nobody does."""
    if group is None or shard.slot is None:
        return None if group is None else group.primary
    cluster = group.cluster
    if cluster is None or cluster.owners[shard.slot] < 0:
        return None
    return cluster.shards[cluster.owners[shard.slot]].primary


def runs_of(numbers: Iterable[int]) -> list[list[int]]:
    """Rising numbers as runs, both ends included.

    >>> runs_of([1, 2, 3, 7, 9, 10])
    [[1, 3], [7, 7], [9, 10]]
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return runs
