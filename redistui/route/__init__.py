"""Routed clients: read/write split, Sentinel-aware, cluster-aware, several sites, load balancer. asyncio.

Built on redis-py's connections; what is ours is what it lacks: strategies, retries of only what is safe to repeat, and
an account of every call. Nothing whose outcome is unknown is ever sent again by itself.

    route = SplitRoute(["10.0.0.1:6379", "10.0.0.2:6379"], strategy="weighted", weights={"10.0.0.2:6379": 3})
    await route.open()
    answer = await route.execute("GET", "user:1")      # .value, .node that answered, .ms, .tried, .fallback
    await route.close()

All of them are used alike (redistui.route.route.Route). What they take besides an Access:

* `BalancerRoute(nodes)`: calls spread over any nodes.
* `SplitRoute(nodes)`: writes to the primary among them, reads to its replicas.
* `SentinelRoute(sentinels, name)`: the same, where the Sentinels tell who is who.
* `ClusterRoute(nodes)`: some nodes of a cluster; the others and their slots are found.
* `SitesRoute(sites)`: one route for each site, of which one is primary.
"""

from collections.abc import Mapping

from redistui.route.balancer import BalancerRoute
from redistui.route.cluster.multi_key import PartialWrite
from redistui.route.cluster.route import ClusterRoute
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown
from redistui.route.sentinel import SentinelRoute
from redistui.route.sites.consistency import WriteIncomplete
from redistui.route.sites.route import SitesRoute
from redistui.route.sites.site import site
from redistui.route.split import SplitRoute

__all__ = [
    "ROUTES",
    "BadRoute",
    "BalancerRoute",
    "ClusterRoute",
    "PartialWrite",
    "Refused",
    "RouteFailed",
    "SentinelRoute",
    "SitesRoute",
    "SplitRoute",
    "Unknown",
    "WriteIncomplete",
    "site",
]

ROUTES: Mapping[str, type] = {
    "split": SplitRoute,
    "sentinel": SentinelRoute,
    "cluster": ClusterRoute,
    "sites": SitesRoute,
    "balancer": BalancerRoute,
}
"""Kind -> its class, which says what it takes."""
