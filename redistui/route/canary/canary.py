"""Canary: a routed client at work, on a thread and an event loop of its own, so that it disturbs no poll and no screen.

What it sends is in redistui.route.canary.calls, what it has seen in redistui.route.canary.account.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

from redistui.model import Access, Address, Group
from redistui.model.canaries import NAME, CanaryPlan, CanaryState, Phase
from redistui.route.canary.account import Account, may_not, sentence
from redistui.route.canary.calls import Sender
from redistui.route.canary.markers import Markers
from redistui.route.failures import BadRoute, RouteFailed, is_shut_out
from redistui.route.route import Route

Groups = Mapping[str, Group]
Build = Callable[[CanaryPlan, Groups], Route]
DRAW = 0.5
"""Seconds between two states."""
AGAIN = 1.0
"""Seconds until a route that could not be opened is tried again."""
CLOSING = 3.0
"""Seconds that its end is waited for."""


class Canary:
    """Runs from `start` to `stop`. Methods may be called from any thread; `report` is called on the canary's own."""

    def __init__(
        self,
        plan: CanaryPlan,
        groups: Groups,
        build: Build,
        access_of: Callable[[Address], Access],
        report: Callable[[CanaryState], None] = lambda _: None,
    ) -> None:
        """`access_of(node).data` is as whom it logs in."""
        self.plan = plan
        self._groups, self._build, self._access_of, self._report = groups, build, access_of, report
        self._run = uuid4().hex[:8]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._main, name=NAME, daemon=True)
        self._task: asyncio.Task[None] | None = None
        self._route: Route | None = None
        self._phase: Phase = "opening"
        self._said = ""
        self._began = time.time()
        self._account = Account()
        self._sender = Sender(plan, self._run, lambda: self._account, self._denied)
        self.state = CanaryState(plan, self._began, self._began)
        """The latest; a whole frozen value."""
        self.broken = self.misled = self.shut_out = False
        """What has ended it: a mistake of ours, something it was told that makes no sense, or a login that a server did
        not take; `state.said` says which."""

    # -- for every thread -----------------------------------------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def stop(self, why: str = "") -> None:
        """Begins to end it; nothing happens a second time."""
        self._soon(lambda: self._end(why))

    def join(self) -> None:
        """Waits until it has ended, for CLOSING seconds at most."""
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(CLOSING)

    def change(self, plan: CanaryPlan) -> None:
        """Another strategy, weights, rate or share of writes, from the next call on; another route: another canary."""
        self._soon(lambda: self._change(plan))

    def look(self, groups: Groups) -> None:
        """The groups as they are now: whom markers go to, and which shards there are."""
        self._soon(lambda: self._look(groups))

    def reset(self) -> None:
        """Counters begin anew."""
        self._soon(self._reset)

    def _soon(self, work: Callable[[], None]) -> None:
        if self._thread.is_alive():
            with suppress(RuntimeError):  # the loop was closed this very moment
                self._loop.call_soon_threadsafe(work)

    # -- on its own loop ------------------------------------------------------------------------------------------

    def _main(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._task = self._loop.create_task(self._live())
            self._loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            pass
        except Exception as error:  # one's own mistake may end the canary, never what is around it
            self._said = f"a bug in redistui ended it: {type(error).__name__}"
            self.broken = True
        finally:
            self._loop.run_until_complete(self._tidy())
            self._loop.close()
            self._phase = "stopped"
            self._draw()

    async def _tidy(self) -> None:
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def _end(self, why: str) -> None:
        self._said = why or self._said
        self._draw()  # with all that was counted
        if self._task is not None:
            self._task.cancel()

    async def _live(self) -> None:
        self._markers = Markers(self._access_of, self._run)
        drawing = asyncio.create_task(self._draw_on())
        try:
            route = await self._opened()
            if route is not None:
                self._phase = "running"
                self._reset()
                self._look(self._groups)
                await self._sender.work(route)
        finally:
            drawing.cancel()
            self._sender.end()
            await self._markers.close()
            if self._route is not None:
                await self._route.close()

    async def _opened(self) -> Route | None:
        """A route, as soon as one can be opened; None: none ever will. A wrong password is not tried again and again:
        servers log it, and some lock the user out."""
        while True:
            try:
                self._route = route = self._build(self.plan, self._groups)
                await route.open()
                self._use(route, self.plan)
            except BadRoute as error:
                self._said, self.misled = str(error), True
                return None
            except RouteFailed as error:
                self._said = sentence("it cannot begin", error)
                if is_shut_out(error.text):
                    self.shut_out = True
                    return None
            else:
                return route
            await route.close()
            self._route = None
            await asyncio.sleep(AGAIN)

    def _use(self, route: Route, plan: CanaryPlan) -> None:
        strategy = plan.consistency or plan.strategy
        if strategy or plan.weights:
            route.use(strategy or route.strategies[0], dict(plan.weights) or None)

    def _change(self, plan: CanaryPlan) -> None:
        before, self.plan = self.plan, plan
        if self._route is not None and self._phase == "running" and how(plan) != how(before):
            try:
                self._use(self._route, plan)
            except BadRoute as error:
                self.plan = replace(
                    plan, strategy=before.strategy, weights=before.weights, consistency=before.consistency
                )
                self._account.note(str(error))
            else:
                self._count_anew()  # what was given out before says nothing of the new weights
        self._sender.plan = self.plan
        self._look(self._groups)
        self._draw()

    def _look(self, groups: Groups) -> None:
        self._groups = groups
        if self._phase != "running":
            return
        self._sender.know(groups.get(self.plan.group))
        looked_at = [groups[name] for name in self.plan.groups if name in groups]
        self._markers.look(looked_at if self.plan.writes else ())

    def _reset(self) -> None:
        self._began, self._said = time.time(), ""
        self._account = Account()
        self._count_anew()

    def _count_anew(self) -> None:
        self._account.stale_reads = 0
        if self._route is not None:
            self._route.reset()

    def _denied(self, error: RouteFailed) -> None:
        self._said = may_not(None if error.node is None else self._access_of(error.node).data.user, error)

    # -- telling --------------------------------------------------------------------------------------------------

    async def _draw_on(self) -> None:
        while True:
            self._draw()
            await asyncio.sleep(DRAW)

    def _draw(self) -> None:
        route, seen, over = self._route, self._account, self._phase == "stopped"
        self.state = CanaryState(
            plan=self.plan,
            began=self._began,
            at=time.time(),
            phase=self._phase,
            said=self._said,
            strategies=() if route is None else route.strategies,
            stats=route.stats() if route is not None and self._phase == "running" else self.state.stats,
            per_second=None if over else seen.per_second(),
            past=seen.past(),
            reads=seen.latencies("read"),
            writes=seen.latencies("write"),
            stale_reads=seen.stale_reads,
            lags={} if over else self._markers.lags(),
            lags_said="" if over else self._markers.said,
            troubles=seen.troubles(),
        )
        self._report(self.state)


def how(plan: CanaryPlan) -> tuple[object, ...]:
    """What a route follows while it runs."""
    return plan.strategy, plan.consistency, plan.weights
