"""Who notices a crash when: each in a process of its own (see child.py). Moments are of time.monotonic."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypedDict

from redistui.engine.engine import Engine
from redistui.model import Fleet, Target, host_of, port_of
from tests.bench import child

PERIOD = 1.0
PATIENCE = 60.0


class Watch(TypedDict):
    """Whom to watch, and how."""

    watcher: str
    address: str
    nodes: int
    """Servers of its group, which the engine finds by itself."""


def snapshot(watch: Watch) -> float:
    """The engine: when the fault stands in the snapshot that everybody gets."""
    engine = Engine([Target((watch["address"],))], period=PERIOD)
    engine.start()
    try:
        engine.wait(lambda fleet: fleet.complete and sum(_up(fleet)) == watch["nodes"], PATIENCE)
        child.say("ready")
        engine.wait(lambda fleet: _down(fleet, watch["address"]), PATIENCE)
        return time.monotonic()
    finally:
        engine.stop()


def _up(fleet: Fleet) -> list[bool]:
    return [node.up for group in fleet.groups for node in group.nodes]


def _down(fleet: Fleet, address: str) -> bool:
    nodes = (node for group in fleet.groups for node in group.nodes if node.address == address)
    return any(node.fault is not None and node.fault.down for node in nodes)


def loop(watch: Watch) -> float:
    """A plain poll: redis-py's `info()` once a second on a held connection, without its retries, which only delay."""
    return asyncio.run(_loop(watch["address"]))


async def _loop(address: str) -> float:
    from redis.asyncio import Redis
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import RedisError

    held = Redis(
        host=host_of(address), port=port_of(address), single_connection_client=True, retry=Retry(NoBackoff(), 0)
    )
    await held.info()
    child.say("ready")
    try:
        while True:
            await asyncio.sleep(PERIOD)
            await held.info()
    except (RedisError, OSError):
        return time.monotonic()
    finally:
        await held.aclose()


WATCHERS: dict[str, Callable[[Watch], float]] = {"snapshot": snapshot, "loop": loop}


if __name__ == "__main__":
    asked: Watch = child.request()
    child.say(WATCHERS[asked["watcher"]](asked))
