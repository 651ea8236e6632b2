"""Values that carry a version and where they come from, so that readers of several sites can tell which is newest.

A version is microseconds since 1970 and never less than one that was seen before, so that a client whose clock is
behind does not write values that look old. Of two values of one version the later origin in the alphabet counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from redistui.replies.words import integer

_MARK = "redistui/1"


class Stamped(NamedTuple):
    """A value that was written by SitesRoute.put. Ordered by version, then origin."""

    version: int
    origin: str
    """The site whose client wrote it."""
    value: bytes


class Versions:
    """The versions of one client."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._last = 0

    def next(self) -> int:
        """Higher than all that were given or seen before."""
        self._last = max(self._last + 1, int(self._clock() * 1_000_000))
        return self._last

    def seen(self, version: int) -> None:
        """Somebody else's."""
        self._last = max(self._last, version)


def stamped(value: str, version: int, origin: str) -> str:
    """As it is stored.

    >>> stamped("hello world", 7, "east 1")
    'redistui/1 7 east%201 hello world'
    """
    return f"{_MARK} {version} {quote(origin, safe='')} {value}"


def read_stamp(stored: Any) -> Stamped | None:
    """None for what `stamped` did not make.

    >>> read_stamp(b"redistui/1 7 east%201 hello world"), read_stamp(b"hello"), read_stamp(None)
    (Stamped(version=7, origin='east 1', value=b'hello world'), None, None)
    """
    match stored.split(b" ", 3) if isinstance(stored, bytes) else ():
        case [mark, version, origin, value] if mark == _MARK.encode() and (number := integer(version)) is not None:
            return Stamped(number, unquote(origin.decode("ascii", "replace")), value)
    return None
