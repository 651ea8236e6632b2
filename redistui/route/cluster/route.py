"""ClusterRoute: a client of a Redis or Valkey cluster that follows its slots, and accounts for every command.

    route = ClusterRoute(["10.0.0.1:6379", "10.0.0.2:6379"], strategy="round-robin")
    await route.open()
    answer = await route.execute("GET", "user:1")     # answer.value, answer.node, answer.ms
    many = await route.mget("user:1", "user:2")       # many.values: in the order asked, whatever the slots
    await route.close()

MOVED, ASK, TRYAGAIN and CLUSTERDOWN are followed until `patience` is over. A write of unknown outcome is never sent
again. Several slots in one call are several commands: redistui.route.cluster.multi_key says what that means of a write.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

from redistui.model import Address
from redistui.route.calls import CANCELLED
from redistui.route.cluster.calls import ClusterCalls
from redistui.route.cluster.follow import Trip
from redistui.route.cluster.health import weak_shards
from redistui.route.cluster.multi_key import (
    ManyRead,
    ManyWritten,
    SlotPart,
    by_slot,
    flat,
    gathered,
    paired,
    singles,
    written,
)
from redistui.route.cluster.pipeline import Result, Wanted, run_all
from redistui.route.commands import checked
from redistui.route.endpoint import Argv, Endpoint
from redistui.route.failures import BadRoute, RouteFailed
from redistui.route.retries import Own
from redistui.route.words import Word, words


class ClusterRoute(ClusterCalls):
    """A cluster-aware client; all methods on the loop that `open` ran on.

    `nodes`: some of the cluster, to begin with. `strategy`: `primary`, or one of redistui.route.strategy, which then
    chooses among the replicas of a key's shard that are well and within `bounds`; none is: the primary answers.
    `weights` count within each shard. `seconds`: for one reply. `patience`: for a whole call, redirections and repeats
    included. `every`, `map_every`: seconds between two looks at the nodes, and at the map. `connections`: to each node
    at most, and as many again for reads that a replica answers. `name`: of these connections.
    """

    async def mget(self, *given: Word) -> ManyRead:
        """Values in the order of the keys; a slot that gives no answer leaves its error in its keys' places."""
        parts = self._parts(words(given))
        answers = await self._many([("MGET", *part.keys) for part in parts], parts, reading=True)
        return gathered(parts, answers)

    async def mset(
        self, given: Mapping[Word, Word] | Sequence[tuple[Word, Word]], *, expiry: int | None = None
    ) -> ManyWritten:
        """Sets keys to values, given as pairs or as a mapping; of a key that comes twice the later one counts. Raises
        PartialWrite: it is not atomic across slots.

        `expiry`: in seconds. MSET knows none, and a key must not be without its own for a moment: then each key is a
        SET of its own, and has an outcome of its own.
        """
        pairs = paired(given)
        parts = self._parts([key for key, _ in pairs])
        if expiry is None:
            commands = [("MSET", *flat(pairs[place] for place in part.places)) for part in parts]
        else:
            parts = singles(parts, [key for key, _ in pairs])
            commands = [("SET", *pairs[part.places[0]], "EX", str(expiry)) for part in parts]
        answers = await self._many(commands, parts, reading=False)
        return written("MSET", parts, answers, lambda part, _: len(set(part.keys)))

    async def delete(self, *given: Word) -> ManyWritten:
        """Deletes keys; `count`: those that were there. Raises PartialWrite."""
        parts = self._parts(words(given))
        answers = await self._many([("DEL", *part.keys) for part in parts], parts, reading=False)
        return written("DEL", parts, answers, lambda _, answer: int(answer.value))

    async def pipeline(self, given: Sequence[Sequence[Word]]) -> list[Result]:
        """Answers in the order of the commands; one that failed leaves its Refused or Unknown in its place. All of them
        go to primaries, so that reads see the writes before them. Raises BadRoute, and then none was sent, where a
        command cannot be."""
        self._at_work()
        commands = [self._ready(argv) for argv in given]
        slots = [await self._slot_or_why(argv) for argv in commands]
        found: dict[int, Result] = {}
        wanted: list[Wanted] = []
        for place, (argv, slot) in enumerate(zip(commands, slots, strict=True)):
            self._begun(self.commands.is_read(argv))
            if isinstance(slot, RouteFailed):
                found[place] = slot
            else:
                wanted.append(Wanted(place, argv, slot, reading=False))
        found |= await self._run(wanted)
        return self._accounted([found[place] for place in range(len(commands))])

    def _ready(self, given: Sequence[Word]) -> Argv:
        if isinstance(given, str | bytes):
            raise BadRoute("a pipeline's commands are each a tuple of words, as in [('INCR', 'a'), ('GET', 'b')]")
        argv = checked(given)
        self._checked(argv)
        return argv

    async def _slot_or_why(self, argv: Argv) -> int | RouteFailed | None:
        try:
            return await self._slot(argv)
        except RouteFailed as error:
            return error

    @property
    def weak_shards(self) -> tuple[Address, ...]:
        """Primaries whose place no replica could take now; empty: every shard is highly available."""
        return weak_shards(self.links.map, self._seen, self._bounds)

    # -- how many become one ------------------------------------------------------------------------------------------

    def _parts(self, keys: Sequence[str]) -> tuple[SlotPart, ...]:
        self._at_work()
        if not keys:
            raise BadRoute("there is no key to ask for")
        parts = by_slot(keys)
        self._tally.cross_slot += len(parts) > 1
        return parts

    async def _many(self, commands: Sequence[Argv], parts: Sequence[SlotPart], *, reading: bool) -> list[Result]:
        for _ in commands:
            self._begun(reading)
        placed = enumerate(zip(commands, parts, strict=True))
        wanted = [Wanted(place, argv, part.slot, reading) for place, (argv, part) in placed]
        found = await self._run(wanted)
        return self._accounted([found[place] for place in range(len(wanted))])

    def _begun(self, reading: bool) -> None:
        self._tally.call(reading)
        self._budget.earn()

    async def _run(self, wanted: Sequence[Wanted]) -> dict[int, Result]:
        try:
            return await run_all(wanted, self._placed, self._trips(len(wanted)))
        except asyncio.CancelledError:
            for _ in wanted:
                self._tally.failed(CANCELLED)
            raise

    def _accounted(self, results: list[Result]) -> list[Result]:
        for result in results:
            if isinstance(result, RouteFailed):
                self._tally.failed(result)
            else:
                self._tally.acked += 1
                self._tally.fallbacks += bool(result.fallback)
        return results

    def _placed(self, wanted: Wanted) -> tuple[Endpoint, str]:
        return self.place(wanted.slot, wanted.reading, frozenset())

    def _trips(self, commands: int) -> Callable[[Wanted], Trip]:
        own = Own(self._budget, commands)
        return lambda wanted: self._trip(wanted.argv, wanted.slot, wanted.reading, own)
