"""Routed clients: read/write split, Sentinel-aware, cluster-aware, several sites, load balancer. asyncio.

Built on redis-py's connections; what is ours is what it lacks: strategies, retries of only what is safe to repeat, and
an account of every call. Nothing whose outcome is unknown is ever sent again by itself.

    nodes = ["10.0.0.1:6379", "10.0.0.2:6379"]
    async with SplitRoute(nodes, strategy="weighted", weights={"10.0.0.2:6379": 3}) as route:
        answer = await route.execute("GET", "user:1")      # .value, .node that answered, .ms, .tried, .fallback
        print(route.stats().summary)

All of them are used alike (Route), by any number of callers at once, on the event loop that opened them. There is no
second, blocking set of them: a program with threads keeps one loop on a thread of its own, and its threads call by
asyncio.run_coroutine_threadsafe. `async with` closes a route, or `await route.close()`: no task or connection is left.

* `BalancerRoute(nodes)`: calls spread over any nodes.
* `SplitRoute(nodes)`: writes to the primary among them, reads to its replicas.
* `SentinelRoute(sentinels, name)`: the same, where the Sentinels tell who is who.
* `ClusterRoute(nodes)`: some nodes of a cluster; the others and their slots are found.
* `SitesRoute(sites)`: one route for each site, of which one is primary.

Addresses are `host:port`. Who logs in, and by TLS or not, is `access=Access(data=Login(user, password), tls=Tls())`; of
Sentinels `sentinel=Login(...)`. Words of a command are text, bytes or numbers; what a server answers is bytes, int,
None, or a list of these. Besides its own commands a user needs ROLE (in a cluster CLUSTER SLOTS, READONLY and ASKING
too, and CLUSTER NODES to know of members that have failed); COMMAND, without which `execute` takes everything for a
write; and INFO, by which late replicas are left out. At the Sentinels it needs SENTINEL MASTER, REPLICAS, SENTINELS and
CKQUORUM, INFO, and SUBSCRIBE to be told of a failover at once.

A call ends in an Answer, in Refused (nothing was changed), in Unknown (it may have run), or in BadRoute (the call is
wrong in itself, and was not sent). Refused and Unknown are RouteFailed; so are PartialWrite and WriteIncomplete, each
of them one of the two as well.
"""

from collections.abc import Mapping

from redistui.model import Access, Login, Tls
from redistui.model.routes import Answer, NodeStats, RouteStats, SiteState, WatcherStats
from redistui.route.balancer import BalancerRoute
from redistui.route.cluster.multi_key import ManyRead, ManyWritten, PartialWrite, SlotOutcome
from redistui.route.cluster.route import ClusterRoute
from redistui.route.failures import BadRoute, Refused, RouteFailed, Unknown
from redistui.route.fitness import Bounds
from redistui.route.route import Route
from redistui.route.sentinel import SentinelRoute
from redistui.route.sites.consistency import SiteOutcome, SitesAnswer, WriteIncomplete
from redistui.route.sites.route import SitesRoute, Versioned
from redistui.route.sites.site import Site, site
from redistui.route.split import SplitRoute

__all__ = [
    "ROUTES",
    "Access",
    "Answer",
    "BadRoute",
    "BalancerRoute",
    "Bounds",
    "ClusterRoute",
    "Login",
    "ManyRead",
    "ManyWritten",
    "NodeStats",
    "PartialWrite",
    "Refused",
    "Route",
    "RouteFailed",
    "RouteStats",
    "SentinelRoute",
    "Site",
    "SiteOutcome",
    "SiteState",
    "SitesAnswer",
    "SitesRoute",
    "SlotOutcome",
    "SplitRoute",
    "Tls",
    "Unknown",
    "Versioned",
    "WatcherStats",
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
