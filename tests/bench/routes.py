"""routes: whom routed clients ask, on each server version: shares against weights, a late node, one that dies."""

from __future__ import annotations

import asyncio
import time

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.shapes import replication
from redistui.model import Access
from redistui.route.balancer import BalancerRoute
from tests import versions
from tests.bench.table import Table
from tests.route.opened import answered, opened
from tests.slow_link import slow_link
from tests.waiting import eventually_async

READS = 10_000
CALLERS = 20
LATE = 0.05
WEIGHTS = (5.0, 3.0, 2.0)


def measure() -> Table:
    table = Table(f"routes: {READS:,} reads by {CALLERS} callers over three nodes", ("", *versions.VERSIONS))
    found = [_of(path) for path in (versions.installed()[name] for name in versions.VERSIONS)]
    for title in found[0]:
        table.add(title, *(figures[title] for figures in found))
    table.notes += [
        f"Deviation: the largest distance of a node's share from what its weight (5:3:2), or evenness, wants; at most "
        f"2 % are wanted. The late node answers {1000 * LATE:.0f} ms later than the others and would have 33.3 %.",
        "Killed: one node by kill -9 while all callers read; its return is counted from when it answers PING again.",
    ]
    return table


def _of(engine: str) -> dict[str, str]:
    with DemoFleet((replication("plain", 2),), engine, traffic=False, seconds=30.0) as fleet:
        return asyncio.run(_measured(fleet.groups["plain"]))


async def _measured(group: RunningGroup) -> dict[str, str]:
    figures = {}
    weights = dict(zip(group.addresses, WEIGHTS, strict=True))
    async with opened(BalancerRoute(group.addresses, weights=weights)) as route:
        for strategy in ("weighted", "round-robin", "random"):
            route.use(strategy, weights if strategy == "weighted" else dict.fromkeys(weights, 1.0))
            route.reset()
            began = time.monotonic()
            nodes = await answered(route, READS, CALLERS)
            wanted = [weight / 10 if strategy == "weighted" else 1 / 3 for weight in WEIGHTS]
            off = max(abs(nodes[node] / READS - share) for node, share in zip(group.addresses, wanted, strict=True))
            figures[f"{strategy}: deviation %"] = f"{100 * off:.2f}"
            figures[f"{strategy}: reads/s"] = f"{READS / (time.monotonic() - began):,.0f}"
    for strategy in ("least-connections", "least-response-time"):
        figures[f"{strategy}: late node's share %"] = await _late(group, strategy)
    return figures | await _killed(group)


async def _late(group: RunningGroup, strategy: str) -> str:
    late = group.addresses[1]
    async with slow_link(late, LATE) as dial:
        access = Access(reachable={late: dial})
        async with opened(BalancerRoute(group.addresses, access, strategy=strategy)) as route:
            nodes = await answered(route, READS, CALLERS)
    return f"{100 * nodes[late] / READS:.2f}"


async def _killed(group: RunningGroup) -> dict[str, str]:
    lost = group.nodes[2]
    async with opened(BalancerRoute(group.addresses)) as route:
        reading = asyncio.create_task(answered(route, READS, CALLERS))
        await eventually_async(lambda: route.stats().acked > READS / 10, 60)
        await asyncio.to_thread(lost.kill)
        await reading
        stats = route.stats()
        await asyncio.to_thread(lost.restart)
        began = time.monotonic()
        await eventually_async(lambda: route.stats().nodes[2].healthy, 60)
        back = time.monotonic() - began
    return {
        "killed: reads without an answer": str(stats.refused + stats.unknown),
        "killed: reads answered by another": str(stats.fallbacks),
        "killed: back after ms": f"{1000 * back:.0f}",
    }
