"""The working part of ClusterRoute: one command's slot, node and way, who is well, and the figures."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from redistui.model import Access, Address
from redistui.model.places import Role
from redistui.model.routes import Answer, NodeStats, RouteStats
from redistui.net.client import raw
from redistui.replies.slot import slot_of
from redistui.route.calls import Call, Calls, is_nodes_own
from redistui.route.cluster.command_keys import KeyTable, read_key_places
from redistui.route.cluster.follow import Trip
from redistui.route.cluster.health import contradicts, look_at_all, why_not_read, why_not_well
from redistui.route.cluster.links import ClusterLinks
from redistui.route.cluster.map import ShardPlaces
from redistui.route.cluster.members import Missing
from redistui.route.commands import COMMAND, CommandTable, checked_cursor, read_commands
from redistui.route.endpoint import CONNECTIONS, NAME, Argv, Endpoint
from redistui.route.failures import BadRoute, Refused, RouteFailed
from redistui.route.fitness import Bounds
from redistui.route.given import checked_connections, checked_nodes, checked_seconds
from redistui.route.health import EVERY, Rounds, Seen
from redistui.route.retries import Own
from redistui.route.strategy import Chooser

PRIMARY = "primary"
"""The strategy that reads from primaries only."""
MAP_EVERY = 5.0


class ClusterCalls(Calls):
    """What ClusterRoute says of its arguments."""

    kind = "cluster"
    strategies = (PRIMARY, *Chooser.strategies)

    def __init__(
        self,
        nodes: Sequence[Address],
        access: Access | None = None,
        *,
        strategy: str = PRIMARY,
        weights: Mapping[Address, float] | None = None,
        seconds: float = 1.0,
        patience: float = 2.0,
        bounds: Bounds | None = None,
        every: float = EVERY,
        map_every: float = MAP_EVERY,
        connections: int = CONNECTIONS,
        name: str = NAME,
    ) -> None:
        known = checked_nodes(nodes)
        checked_seconds(seconds=seconds, patience=patience, every=every, map_every=map_every)
        if not known:
            raise BadRoute("a cluster route needs at least one node of the cluster to begin with")
        super().__init__(Chooser(()))
        self._strategy = self._known(strategy)
        self._weights = weights
        words = {"connections": checked_connections(connections), "name": name}
        self.links = ClusterLinks(known, access or Access(), seconds=seconds, words=words)
        self._seconds = seconds
        self._patience = patience
        self._bounds = bounds or Bounds()
        self._keys = KeyTable()
        self._seen: dict[Address, Seen] = {}
        self._turn = 0
        self._rounds = (Rounds(self._look, every), Rounds(self._relearn, map_every))

    async def _open(self) -> None:
        await self.links.learn()
        await self._look()
        await self.links.learn_missing(self._well())
        await self._learn_table()
        self.use(self._strategy, self._weights)
        for rounds in self._rounds:
            rounds.begin()

    async def _close(self) -> None:
        for rounds in self._rounds:
            await rounds.end()
        await self.links.close()

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        """Raises BadRoute. Weights count within each shard; without any, those of before stay."""
        self._known(strategy)
        self._chooser.use(self._chooser.name if strategy == PRIMARY else strategy, weights)
        self._strategy = strategy

    def _known(self, strategy: str) -> str:
        if strategy not in self.strategies:
            raise BadRoute(f"there is no strategy {strategy!r}: use one of {', '.join(self.strategies)}")
        return strategy

    # -- one command --------------------------------------------------------------------------------------------------

    async def _read(self, call: Call) -> Answer:
        return await self._travelled(call.argv, reading=True)

    async def _write(self, call: Call) -> Answer:
        return await self._travelled(call.argv, reading=False)

    async def _travelled(self, argv: Argv, *, reading: bool) -> Answer:
        return await self._trip(argv, await self._slot(argv), reading).run()

    def _trip(self, argv: Argv, slot: int | None, reading: bool, own: Own | None = None) -> Trip:
        return Trip(self, argv, slot, reading=reading, patience=self._patience, own=own)

    def _checked(self, argv: Argv) -> None:
        self._keys.checked(argv)
        if self._keys.keys(argv) == ():
            checked_cursor(argv)

    async def _slot(self, argv: Argv) -> int | None:
        """Of its keys; None: it has none. Raises Refused where they lie in several."""
        keys = self._keys.keys(argv)
        if keys is None:
            keys = await self._told_keys(argv)
        slots = {slot_of(raw(key)) for key in keys}
        if len(slots) > 1:
            self._tally.cross_slot += 1
            text = f"{argv[0].upper()} has keys in {len(slots)} slots: use mget, mset, delete or a pipeline"
            self._tally.tried(refused := Refused("CROSSSLOT", text))
            raise refused
        return slots.pop() if slots else None

    async def _told_keys(self, argv: Argv) -> tuple[str, ...]:
        """As a server finds them; where it finds none, or may not tell us, the first argument is taken for one."""
        if not self.commands.known:
            return argv[1:2]
        endpoint = self.links.endpoint(self._anybody())
        (told,) = await endpoint.check(("COMMAND", "GETKEYS", *argv), seconds=self._seconds)
        if isinstance(told, RouteFailed):
            return argv[1:2]
        return tuple(word.decode("utf-8", "surrogateescape") for word in told if isinstance(word, bytes))

    # -- what a trip asks for -----------------------------------------------------------------------------------------

    def place(self, slot: int | None, reading: bool, without: frozenset[Address]) -> tuple[Endpoint, str]:
        if slot is None:
            return self.links.endpoint(self._anybody(without)), ""
        shard = self.links.map.shard(slot)
        if shard is None:
            raise Refused("CLUSTERDOWN", f"slot {slot} is served by nobody")
        if not reading or self._strategy == PRIMARY:
            return self.links.endpoint(shard.primary), ""
        fit = [self.links.endpoint(node, reading=True) for node in self._fit(shard) if node not in without]
        chosen = self._chooser.choose(fit)
        if chosen is None:
            return self.links.endpoint(shard.primary), "no replica of the shard could be asked"
        return chosen, f"{', '.join(without)} did not answer" if without else ""

    def _fit(self, shard: ShardPlaces) -> list[Address]:
        """Replicas of a shard that may be read from."""
        return [node for node in shard.replicas if not why_not_read(node, shard, self._seen, self._bounds)]

    def primary(self, node: Address) -> Endpoint:
        return self.links.endpoint(node)

    def moved(self, slot: int, node: Address) -> None:
        self.links.moved(slot, node)

    async def learn(self) -> None:
        await self.links.learn()

    def may_retry(self, own: Own | None) -> bool:
        allowed = not self._ended and (own or self._budget).take()
        self._tally.retries += allowed
        return allowed

    def redirected(self) -> None:
        self._tally.redirections += 1

    def failed(self, error: RouteFailed) -> None:
        """An attempt failed: it counts, and a node that is silent is not read from until it is looked at again."""
        self._tally.tried(error)
        if error.node in self._seen and is_nodes_own(error):
            seen = self._seen[error.node]
            self._seen[error.node] = Seen(seen.at, error.text, seen.role)

    def _anybody(self, without: Collection[Address] = ()) -> Address:
        """A primary, in turn: for what has no keys."""
        primaries = [shard.primary for shard in self.links.map.shards]
        well = [node for node in primaries if node not in without and not why_not_well(node, self._seen)]
        nodes = well or primaries or list(self.links.seeds)
        self._turn += 1
        return nodes[self._turn % len(nodes)]

    # -- looking after it ---------------------------------------------------------------------------------------------

    async def _look(self) -> None:
        nodes = (*self.links.nodes, *self.links.missing)
        self._chooser.know(nodes)
        self._seen = await look_at_all({node: self.links.endpoint(node) for node in nodes}, min(1.0, self._seconds))
        if not self.links.settled or contradicts(self.links.map, self._seen):
            self.links.learn_soon()

    async def _relearn(self) -> None:
        try:
            await self.links.learn()
            await self.links.learn_missing(self._well())
        except Refused as nobody:
            self._tally.tried(nobody)

    def _well(self) -> frozenset[Address]:
        return frozenset(node for node, seen in self._seen.items() if not seen.why_not)

    async def _learn_table(self) -> None:
        """From the first node that tells."""
        for node in self.links.nodes:
            (reply,) = await self.links.endpoint(node).check(COMMAND, seconds=self._seconds)
            if not isinstance(reply, RouteFailed):
                self.commands, self._keys = read_commands(reply), read_key_places(reply)
                return
            self.commands = CommandTable(why_empty=reply.text)

    # -- figures ------------------------------------------------------------------------------------------------------

    def stats(self) -> RouteStats:
        shards = self.links.map.shards
        rows = [self._stats_of(shard.primary, shard) for shard in shards]
        rows += [self._stats_of(node, shard) for shard in shards for node in shard.replicas]
        rows += [self._stats_of_missing(node, one) for node, one in self.links.missing.items()]
        return self._tally.stats(self.kind, self._strategy, rows)

    def _stats_of(self, node: Address, shard: ShardPlaces) -> NodeStats:
        if node == shard.primary:
            return self._row(node, "primary", why_not_well(node, self._seen))
        row = self._row(node, "replica", why_not_read(node, shard, self._seen, self._bounds))
        if self._strategy == PRIMARY:
            return row
        return replace(row, share=self._chooser.share(node), wanted_share=self._wanted_share(node, shard))

    def _stats_of_missing(self, node: Address, missing: Missing) -> NodeStats:
        """Why it does not answer, where it does not; else why nobody is sent there."""
        seen = self._seen.get(node)
        return self._row(node, missing.role, (seen.why_not if seen else "") or missing.why_not)

    def _row(self, node: Address, role: Role | None, why_not: str) -> NodeStats:
        endpoints = self.links.endpoints(node)
        latencies = [each.latency_ms for each in endpoints if each.latency_ms is not None]
        return NodeStats(
            address=node,
            role=role,
            weight=self._chooser.weight(node),
            healthy=not why_not,
            why_not=why_not,
            in_flight=sum(each.in_flight for each in endpoints),
            connections=sum(each.connections for each in endpoints),
            requests=sum(each.requests for each in endpoints),
            failures=sum(each.failures for each in endpoints),
            latency_ms=min(latencies, default=None),
            share=None,
            wanted_share=None,
        )

    def _wanted_share(self, node: Address, shard: ShardPlaces) -> float | None:
        """Of all reads those of its shard, and of these as the weights want it."""
        wanted = self._chooser.wanted_share(node, self._fit(shard))
        total = self._chooser.chosen.total()
        if wanted is None or not total:
            return None
        return wanted * sum(self._chooser.chosen[one] for one in shard.replicas) / total

    def reset(self) -> None:
        super().reset()
        self.links.reset()
