"""What every route does around a call: reads told from writes, the time it took, the account of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redistui.model import Address
from redistui.model.routes import Answer, RouteStats
from redistui.route.commands import COMMAND, CommandTable, checked, goes_by_cursor, read_commands
from redistui.route.endpoint import Argv, Endpoint
from redistui.route.failures import Refused, RouteFailed, Unknown
from redistui.route.health import Rounds
from redistui.route.lifetime import Lifetime
from redistui.route.retries import Budget
from redistui.route.strategy import Chooser
from redistui.route.tally import Tally
from redistui.route.words import Word

COMMAND_SECONDS = 5.0
"""For the command table: some 250 commands, once."""
NOBODY = "UNHEALTHY"
"""The kind of a call that could be sent to nobody."""
CANCELLED = Unknown("cancelled", "it was not waited for")


@dataclass
class Call:
    """One call on its way."""

    argv: Argv
    began: float = field(default_factory=time.perf_counter)
    tried: list[Address] = field(default_factory=list)
    fallback: str = ""
    last: RouteFailed | None = None
    """How the last attempt failed."""

    def answer(self, value: Any, node: Address) -> Answer:
        ms = (time.perf_counter() - self.began) * 1000
        return Answer(value, node, ms, tuple(self.tried), self.fallback)


class Calls(Lifetime):
    """The base of routes over nodes of one data set: `_read` and `_write` are what they differ in."""

    kind = ""
    strategies: tuple[str, ...] = Chooser.strategies

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self._tally = Tally()
        self._budget = Budget()
        self.commands = CommandTable()
        """The servers' own command table, once the route is open."""

    async def execute(self, *given: Word) -> Answer:
        """A read or a write, as the server's own command table says; what it does not know is a write."""
        argv = checked(given)
        return await self._called(argv, read=self.commands.is_read(argv))

    async def read(self, *given: Word) -> Answer:
        """A read. Raises BadRoute for what the server's command table does not call one."""
        argv = checked(given)
        self.commands.checked_read(argv)
        return await self._called(argv, read=True)

    async def write(self, *given: Word) -> Answer:
        """A write, or a read that must see the writes before it: it goes to the primary, and is never sent again once
        its outcome is unknown."""
        return await self._called(checked(given), read=False)

    async def _called(self, argv: Argv, read: bool) -> Answer:
        self._at_work()
        self._checked(argv)
        self._tally.call(read)
        self._budget.earn()
        way: Callable[[Call], Awaitable[Answer]] = self._read if read and not goes_by_cursor(argv) else self._write
        try:
            answer = await way(Call(argv))
        except RouteFailed as failure:
            self._tally.failed(failure)
            if failure.kind == NOBODY:  # else it was counted as the attempt that it was
                self._tally.tried(failure)
            raise
        except asyncio.CancelledError:  # who called did not wait for the end of it
            self._tally.failed(CANCELLED)
            raise
        self._tally.acked += 1
        if answer.fallback:
            self._tally.fallbacks += 1
        return answer

    def _checked(self, argv: Argv) -> None:
        """Raises BadRoute for what this kind of route cannot send: then nothing has begun."""

    async def _attempt(self, call: Call, endpoint: Endpoint) -> Answer | None:
        """One try at one node. None: it failed in a way that is noted in the call; whether another one may follow is
        for who asks."""
        try:
            value = await self._send(call, endpoint)
        except RouteFailed as failure:
            self._failed(call, endpoint, failure)
            return None
        return call.answer(value, endpoint.address)

    async def _send(self, call: Call, endpoint: Endpoint) -> Any:
        return await endpoint.ask(*call.argv)

    def _failed(self, call: Call, endpoint: Endpoint, failure: RouteFailed) -> None:
        call.last = failure
        call.tried.append(endpoint.address)
        self._tally.tried(failure)
        self._suspect(endpoint, failure)

    async def _read(self, call: Call) -> Answer:
        raise NotImplementedError

    async def _write(self, call: Call) -> Answer:
        raise NotImplementedError

    def stats(self) -> RouteStats:
        """Counters since the last reset, and how each node is; `.summary` says it in a line."""
        raise NotImplementedError

    def reset(self) -> None:
        """Counters begin anew."""
        self._tally.reset()
        self._chooser.reset()

    def _suspect(self, endpoint: Endpoint, failure: RouteFailed) -> None:
        """A node failed a call: it is left out until a check finds it well."""

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        """Another strategy, other weights, from the next call on. Raises BadRoute, and then nothing is changed."""
        self._chooser.use(strategy, weights)

    async def _learn_commands(self, endpoints: Sequence[Endpoint]) -> None:
        """Where the user may not run COMMAND everything is a write, except what `read` is called for. Raises the
        failure of the last of these nodes where none gave an answer."""
        for endpoint in endpoints:
            try:
                self.commands = read_commands(await endpoint.ask(*COMMAND, seconds=COMMAND_SECONDS))
                return
            except RouteFailed as failure:
                self.commands = CommandTable(why_empty=failure.text)
                last = failure
        if may_repeat_read(last):
            raise last


class NodeCalls(Calls):
    """Of routes that keep one Endpoint for each node and look after all of them in rounds, `every` so many seconds."""

    def __init__(self, chooser: Chooser, every: float) -> None:
        super().__init__(chooser)
        self._endpoints: dict[Address, Endpoint] = {}
        self._suspected: dict[Address, str] = {}
        """Nodes that failed a call since their last check, and how."""
        self._rounds = Rounds(self._look_at_all, every)

    async def _look_at_all(self) -> None:
        raise NotImplementedError

    def reset(self) -> None:
        super().reset()
        for endpoint in self._endpoints.values():
            endpoint.reset()

    async def _close(self) -> None:
        await self._rounds.end()
        for endpoint in self._endpoints.values():
            await endpoint.close()


def may_repeat_read(failure: RouteFailed | None) -> bool:
    """Whether a read that ended so may be sent to another node: not what is the same everywhere (WRONGTYPE, NOPERM)."""
    return isinstance(failure, Unknown) or (isinstance(failure, Refused) and failure.cure in ("elsewhere", "later"))


def is_nodes_own(failure: RouteFailed) -> bool:
    """Whether a failure is about the node, not about the command or the data: it is left out until a check finds it
    well."""
    return isinstance(failure, Unknown) or failure.kind in ("connect", "LOADING", "MASTERDOWN", "BUSY")


def few_words(failure: RouteFailed | None) -> str:
    """Why another node answered: `10.0.0.2:6379 timeout`."""
    return "" if failure is None else f"{failure.node} {failure.kind}" if failure.node else failure.kind


def failure_of(call: Call) -> RouteFailed:
    """What a call without an answer ends in."""
    return call.last or Refused(NOBODY, "nobody could be asked")
