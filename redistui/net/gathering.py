"""Replies of a burst, read as they come in: redis-py's own way takes some ten microseconds for each.

A parser for redis-py's connections that, while it is told to, gives a list of many replies where one was asked for. An
error reply stands in its place in the list. redis-py is imported when the first parser is made.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from redis.asyncio.connection import AbstractConnection


class Gatherer(Protocol):
    """A connection's parser."""

    wanted: int
    """How many replies the next read gives as one list; 0: it gives one reply, as redis-py does."""
    got: list[Any]
    """Those of them that have come."""


class Parsers:
    """What a connection is given as `parser_class`; `parser` is the one that it made of it."""

    parser: Gatherer

    def __call__(self, **arguments: Any) -> Gatherer:
        self.parser = _parser()(**arguments)
        return self.parser


@cache
def _parser() -> Any:
    from redis.asyncio.connection import DefaultParser

    class GatheringParser(DefaultParser):  # type: ignore[valid-type, misc]
        wanted = 0
        got: list[Any]

        def on_connect(self, connection: AbstractConnection) -> None:
            super().on_connect(connection)
            self._nothing = self._reader.gets(False)  # what an empty reader says

        async def read_response(self, *given: Any, **named: Any) -> Any:
            if not self.wanted:
                return await super().read_response(*given, **named)
            gets, got, nothing = self._reader.gets, self.got, self._nothing
            while len(got) < self.wanted:
                reply = gets(False)
                if reply is nothing:
                    await self.read_from_socket()
                else:
                    got.append(reply)
            return got

    return GatheringParser


async def gather(connection: AbstractConnection, parser: Gatherer, wanted: int, got: list[Any]) -> None:
    """Fills `got` with so many replies; when the connection ends before, those that came are in it. Raises what
    redis-py raises for a connection that ends."""
    parser.wanted, parser.got = wanted, got
    try:
        await connection.read_response(disable_decoding=True, disconnect_on_error=False)
    finally:
        parser.wanted = 0
