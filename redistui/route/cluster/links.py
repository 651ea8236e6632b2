"""What a cluster client knows of its cluster, and its connections: the map, and an Endpoint for each node.

Several nodes are asked for the map at once, and the latest view is believed; who is slow to answer is not waited for.

redis-py has a cluster client of its own. It repeats commands whose outcome is unknown and keeps no account of them, so
here it lends its connections only.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Collection, Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from redistui.model import Access, Address
from redistui.replies.cluster import ClusterInfo, read_info
from redistui.replies.words import BadReply
from redistui.route.cluster.map import ClusterMap, Sight, latest, read_slots
from redistui.route.cluster.members import NODES, Missing, after, missing_of, read_members
from redistui.route.endpoint import GONE, Endpoint
from redistui.route.failures import Refused, RouteFailed

ASKED = 5
"""Nodes that are asked for the map at once."""
GRACE = 0.05
"""Seconds that the others have once the first map is there."""
SELDOM = 0.1
"""Seconds at least between two maps that MOVED asks for."""
VIEW = (("CLUSTER", "INFO"), ("CLUSTER", "SLOTS"))
NO_INFO = ClusterInfo()


class ClusterLinks:
    """`seeds`: nodes to begin with, and to come back to when nobody of the map answers. `words`: what else each
    Endpoint is told."""

    def __init__(self, seeds: Sequence[Address], access: Access, *, seconds: float, words: Mapping[str, Any]) -> None:
        self.seeds = tuple(seeds)
        self.map = ClusterMap()
        self.settled = False
        """The last two maps name the same nodes. After a failover the first one may know the new primary, but not yet
        that the old one follows it."""
        self.missing: dict[Address, Missing] = {}
        """Members that the map does not list, until the cluster forgets them."""
        self._access = access
        self._seconds = seconds
        self._words = words
        self._writers: dict[Address, Endpoint] = {}
        self._readers: dict[Address, Endpoint] = {}
        self._learning: asyncio.Task[None] | None = None
        self._later: asyncio.Task[None] | None = None
        self._learnt_at = 0.0
        self._mapless: dict[Address, str] = {}
        """Why a node gave no map when it was asked last."""
        self._closed = False
        self._takers: set[Address] = set()
        """Whom MOVED named since the last map."""

    # -- nodes --------------------------------------------------------------------------------------------------------

    def endpoint(self, node: Address, *, reading: bool = False) -> Endpoint:
        """A node's connections. `reading`: those that a replica answers on, instead of sending us to its primary.
        Raises Refused for a new node once we are closed."""
        kept = self._readers if reading else self._writers
        if node not in kept:
            if self._closed:
                raise Refused("connect", GONE, node)
            greeting = (("READONLY",),) if reading else ()
            kept[node] = Endpoint(node, self._access, seconds=self._seconds, greeting=greeting, **self._words)
        return kept[node]

    @property
    def nodes(self) -> tuple[Address, ...]:
        """Everybody on the map: primaries first."""
        shards = self.map.shards
        return tuple(
            dict.fromkeys(
                [*(shard.primary for shard in shards), *(node for shard in shards for node in shard.replicas)]
            )
        )

    def endpoints(self, node: Address) -> tuple[Endpoint, ...]:
        """Those that were used so far."""
        return tuple(kept[node] for kept in (self._writers, self._readers) if node in kept)

    def reset(self) -> None:
        for endpoint in (*self._writers.values(), *self._readers.values()):
            endpoint.reset()

    async def close(self) -> None:
        self._closed = True
        for task in (self._later, self._learning):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError, RouteFailed):
                    await task
        for endpoint in (*self._writers.values(), *self._readers.values()):
            await endpoint.close()

    # -- the map ------------------------------------------------------------------------------------------------------

    async def learn(self) -> None:
        """Asks for the map; who calls while it is being asked for waits for that one. Raises Refused when nobody has
        one: the old one stays."""
        if self._closed:
            raise Refused("connect", GONE)
        if self._learning is None or self._learning.done():
            self._learning = asyncio.create_task(self._learn())
            self._learning.add_done_callback(_heard)
        await asyncio.shield(self._learning)

    def moved(self, slot: int, node: Address) -> None:
        """A MOVED said so: it counts at once, and the whole map is asked for soon. The node that took the slot is asked
        too: the others may not have heard of it yet."""
        self.map.moved(slot, node)
        self._takers.add(node)
        self.learn_soon()

    def learn_soon(self) -> None:
        """Asks for the map without waiting for it, not more often than every SELDOM seconds."""
        if self._later is None or self._later.done():
            self._later = asyncio.create_task(self._learn_later())
            self._later.add_done_callback(_heard)

    async def _learn_later(self) -> None:
        await asyncio.sleep(max(0.0, self._learnt_at + SELDOM - time.monotonic()))
        await self.learn()

    async def _learn(self) -> None:
        known = self.nodes
        first = [*self._takers, *random.sample(known, min(ASKED, len(known)))] or list(self.seeds)
        believed = await self._asked({*first}) or await self._asked({*self.seeds, *known} - {*first})
        if believed is None:
            raise self._no_map([*dict.fromkeys((*self.seeds, *known))])
        self.settled = {*believed.shards} == {*self.map.shards}
        gone = {shard.primary for shard in self.map.shards} - {shard.primary for shard in believed.shards}
        self.missing = after(self.missing, self.map, believed)
        self.map, self._learnt_at = believed, time.monotonic()
        self._takers = set()
        for node in gone:  # what was a primary may be one no more: nothing goes out on what was opened before
            for endpoint in self.endpoints(node):
                await endpoint.hang_up()

    async def learn_missing(self, well: Collection[Address]) -> None:
        """Asks one of those that are well for all members of the cluster. Where nobody may be asked for them (CLUSTER
        NODES), whoever left the map is missing until it answers again."""
        known = [node for node in self.nodes if node in well]
        for node in random.sample(known, min(ASKED, len(known))):
            (reply,) = await self.endpoint(node).check(NODES, seconds=self._seconds)
            with suppress(BadReply):
                if not isinstance(reply, RouteFailed) and (members := read_members(reply)):
                    self.missing = missing_of(members, self.map)
                    await self._leave({*members, *self.nodes, *self.seeds})
                    return
        self.missing = {node: one for node, one in self.missing.items() if node not in well}

    async def _leave(self, members: Collection[Address]) -> None:
        """Hangs up on nodes that the cluster has forgotten; on one that is just being asked, the next time."""
        for kept in (self._writers, self._readers):
            for node in [node for node, one in kept.items() if node not in members and not one.in_flight]:
                await kept.pop(node).close()

    def _no_map(self, asked: Sequence[Address]) -> Refused:
        said = [f"{node}: {self._mapless.get(node, 'no answer')}" for node in asked[:ASKED]]
        more = f"; {len(asked) - ASKED} more" if len(asked) > ASKED else ""
        return Refused("connect", f"no node tells who serves which slots of the cluster ({'; '.join(said)}{more})")

    async def _asked(self, nodes: Iterable[Address]) -> ClusterMap | None:
        return latest(await soonest([self._sight(node) for node in nodes]))

    async def _sight(self, node: Address) -> Sight | None:
        """A node's view; None where it has none: it does not answer, is alone, or is no node of a cluster. Without
        CLUSTER INFO, which a canary's user may not ask for, the view is all that counts."""
        try:
            facts, slots = await self.endpoint(node).check(*VIEW, seconds=self._seconds)
            if isinstance(slots, RouteFailed):
                self._mapless[node] = slots.text
                return None
            known = NO_INFO if isinstance(facts, RouteFailed) else read_info(facts)
            sight = Sight(known, read_slots(slots, node), node in self._takers)
        except BadReply as bad:
            self._mapless[node] = str(bad)
            return None
        self._mapless[node] = "it knows no slot that anybody serves"
        return sight if sight.map.covered else None


def _heard(learning: asyncio.Task[None]) -> None:
    """That nobody had a map is no news to anybody: the next who needs it asks again."""
    if not learning.cancelled():
        learning.exception()


async def soonest(asked: Sequence[Coroutine[Any, Any, Sight | None]], grace: float = GRACE) -> list[Sight]:
    """What came up to `grace` seconds after the first that came; those that did not are given up."""
    waiting = {asyncio.ensure_future(each) for each in asked}
    found: list[Sight] = []
    try:
        while waiting:
            done, waiting = await asyncio.wait(
                waiting, timeout=grace if found else None, return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                break
            found += [sight for each in done if (sight := each.result()) is not None]
    finally:
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
    return found
