"""SitesRoute over a Sentinel group, a cluster and a single server: at each consistency, with all sites and without."""

from __future__ import annotations

from typing import Any

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.route.failures import Refused
from redistui.route.sites.consistency import LEVELS, WriteIncomplete
from redistui.route.sites.route import SitesRoute
from redistui.route.sites.site import site
from tests.route.opened import opened
from tests.waiting import eventually_async


def route_over(fleet: DemoFleet, **words: Any) -> SitesRoute:
    """The machine may be slow, so that a reply may take long."""
    how: dict[str, Any] = {"seconds": 10.0, "patience": 0.3, "every": 0.2}
    sentinels = [sentinel.address for sentinel in fleet.groups["orders"].sentinels]
    sites = [
        site("east", "sentinel", sentinels, primary=True, watched="orders", **how),
        site("west", "cluster", fleet.groups["catalog"].addresses[:2], map_every=0.5, **how),
        site("north", "split", fleet.groups["plain"].addresses, **how),
    ]
    return SitesRoute(sites, patience=30.0, **words)


async def test_with_one_site_down_each_consistency_says_what_became_of_a_write_and_a_read(
    routed_fleet: DemoFleet,
) -> None:
    lone = routed_fleet.groups["plain"].nodes[0]
    async with opened(route_over(routed_fleet, local="north")) as route:
        for level in LEVELS:
            route.use(level)
            answer = await route.put("sites:a", level, expiry=600)
            assert answer.of("acked") == ("east", "west", "north")
            assert answer.site == "east"
            assert (await route.get("sites:a")).value == level.encode()
        assert (await route.read("EXISTS", "sites:a")).site == "east"  # compared: the primary site's counts

        lone.kill()
        for level in ("eventual", "majority"):
            route.use(level)
            answer = await route.put("sites:a", f"{level} again")
            assert answer.of("acked") == ("east", "west")
            assert answer.of("refused") == ("north",)
            found = await route.get("sites:a")
            assert found.value == f"{level} again".encode()
            assert found.answer.site in ("east", "west")
            assert bool(found.answer.fallback) == (level == "eventual")
        route.use("strong")
        with pytest.raises(WriteIncomplete) as raised:
            await route.put("sites:a", "strong again")
        assert (raised.value.acked, raised.value.refused) == (("east", "west"), ("north",))
        with pytest.raises(Refused, match="2 of 3 sites answered and 3 must: north"):
            await route.get("sites:a")
        await eventually_async(lambda: [state.healthy for state in route.sites()] == [True, True, False])
        assert not route.highly_available

        lone.restart(30.0)
        await eventually_async(lambda: all(state.healthy for state in route.sites()), 30)
        assert (await route.put("sites:a", "all")).of("acked") == ("east", "west", "north")
        await eventually_async(lambda: [state.available for state in route.sites()] == [True, True, False], 30)
        assert all(state.latency_ms is not None for state in route.sites())
        assert {node.site for node in route.stats().nodes} == {"east", "west", "north"}


async def test_a_majority_without_the_primary_site_says_so_and_a_lone_old_value_is_told_from_the_new(
    routed_fleet: DemoFleet,
) -> None:
    orders = routed_fleet.groups["orders"].primary
    async with opened(route_over(routed_fleet, consistency="majority")) as route:
        await route.put("sites:b", "before")
        orders.ask("CONFIG", "SET", "min-replicas-to-write", 99)
        try:
            answer = await route.put("sites:b", "after")
        finally:
            orders.ask("CONFIG", "SET", "min-replicas-to-write", 0)
        assert answer.of("refused") == ("east",)
        assert answer.fallback.startswith(f"without the primary site: east refused ({orders.address}: NOREPLICAS")
        route.use("strong")
        found = await route.get("sites:b")
        assert (found.value, found.answer.behind) == (b"after", ("east",))
        assert route.stats().stale_reads == 1
