"""What a canary sends: reads and, only where it was told to, writes of keys of its own.

A key is `redistui:canary:{tag}:RUN:count`, one tag for each shard, and expires. A write sets the next higher number,
one write of a tag in flight; a read that began after a write was acknowledged and gives a lower number is stale.
Nothing of unknown outcome is written again. In a cluster some calls have the keys of several shards.

How it is paced: a call begins every 1/rate seconds, whether or not the ones before have ended, up to AT_ONCE of them:
a hung node must not slow down what goes to the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from redistui.model import Group
from redistui.model.canaries import SPACE, CanaryPlan
from redistui.route.canary.account import Account, Sort
from redistui.route.canary.counters import EXPIRY, Counter, number_in
from redistui.route.canary.many import EVERY, MOST, ManySlots, read_many, write_many
from redistui.route.canary.markers import tag_in
from redistui.route.failures import RouteFailed
from redistui.route.route import Route

AT_ONCE = 64
Many = Callable[[ManySlots, Sequence[Counter], Account, Callable[[Sort, RouteFailed], None]], Coroutine[Any, Any, None]]
BEHIND = 0.1
"""Seconds: what was missed by more than this is not made up for."""


def tags(group: Group | None) -> tuple[str, ...]:
    """One for each shard, so that every one of them has a sequence of its own."""
    if group is None or group.cluster is None:
        return ("0",)
    return tuple(tag_in(shard.slots) for shard in group.cluster.shards if shard.slots) or ("0",)


class Sender:
    """The calls of one canary, each a task of its own. All of it on one loop."""

    def __init__(
        self,
        plan: CanaryPlan,
        run: str,
        account: Callable[[], Account],
        denied: Callable[[RouteFailed], None],
    ) -> None:
        """`run` tells its keys from those of others; `denied` is told where the user lacks a right."""
        self.plan = plan
        self._run, self._account, self._denied = run, account, denied
        self._counters: list[Counter] = []
        self._turn = self._reads = self._writes = 0
        self._owed = 0.0
        self._tasks: set[asyncio.Task[None]] = set()

    def know(self, group: Group | None) -> None:
        """The group as it is now: which tags there are."""
        keys = [f"{SPACE}{{{tag}}}:{self._run}:count" for tag in tags(group)]
        known = {counter.key: counter for counter in self._counters}
        self._counters = [known.get(key) or Counter(key) for key in keys]

    async def work(self, route: Route) -> None:
        """Until it is cancelled."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            if len(self._tasks) < AT_ONCE:
                self._begin(route)
            due = max(due + 1 / self.plan.rate, loop.time() - BEHIND)
            await asyncio.sleep(max(0.0, due - loop.time()))

    def end(self) -> None:
        for task in self._tasks:
            task.cancel()

    def _begin(self, route: Route) -> None:
        self._turn += 1
        self._owed = min(1.0, self._owed + self.plan.writes)
        if self._owed >= 1 and (free := self._free()):
            self._owed -= 1
            self._writes += 1
            many = self._many(route, self._writes, free)
            self._start(self._write(route, free[0]) if many is None else self._over(write_many, many, free))
        elif self.plan.writes < 1:
            self._reads += 1
            at = self._turn % len(self._counters)
            turned = [*self._counters[at:], *self._counters[:at]]
            many = self._many(route, self._reads, turned)
            self._start(self._read(route, turned[0]) if many is None else self._over(read_many, many, turned))

    def _free(self) -> list[Counter]:
        """Those without a write in flight, whose turn it is first: the one written least."""
        return sorted((one for one in self._counters if not one.busy), key=lambda one: one.last)

    def _many(self, route: Route, count: int, counters: Sequence[Counter]) -> ManySlots | None:
        """The route, where it is the turn of a call over several slots."""
        return route if count % EVERY == 0 and len(counters) > 1 and isinstance(route, ManySlots) else None

    def _over(self, work: Many, route: ManySlots, counters: Sequence[Counter]) -> Coroutine[Any, Any, None]:
        return work(route, counters[:MOST], self._account(), self._failed)

    def _start(self, call: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(call)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """What is no failure of a route is a mistake of ours: told like the others, and the canary goes on."""
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._account().note(f"a bug in redistui: {type(error).__name__}")

    async def _write(self, route: Route, counter: Counter) -> None:
        counter.busy, counter.last = True, counter.last + 1
        number = counter.last
        try:
            answer = await route.write("SET", counter.key, str(number), "EX", str(EXPIRY))
        except RouteFailed as error:
            self._failed("write", error)
        else:
            counter.acked = max(counter.acked, number)
            self._account().answered("write", answer)
        finally:
            counter.busy = False

    async def _read(self, route: Route, counter: Counter) -> None:
        floor = counter.acked
        try:
            answer = await route.read("GET", counter.key)
        except RouteFailed as error:
            self._failed("read", error)
            return
        self._account().answered("read", answer)
        given = number_in(answer.value)
        if given is not None and given < floor:
            self._account().stale(answer.node)

    def _failed(self, sort: Sort, error: RouteFailed) -> None:
        self._account().failed(sort, error)
        if error.kind == "NOPERM":
            self._denied(error)
