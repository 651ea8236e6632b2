"""SLOWLOG GET and COMMANDLOG GET (Valkey >= 8.1): the commands that took longest, or were largest, newest first.

Their arguments are what users sent: they are shown to whoever asked, and kept nowhere.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from redistui.replies.words import BadReply, text

WORDS = 8
"""Of a command so many are kept; servers keep 32."""
LONGEST = 60
"""Characters of one word; servers keep 128."""


class LoggedCommand(NamedTuple):
    """One entry."""

    number: int
    at: float
    """When it ran, in seconds since 1970, by the server's clock."""
    amount: int
    """Microseconds that it took, waiting not counted; of a large request or reply its bytes."""
    words: tuple[str, ...]
    client: str
    """Where it came from; empty where the server does not say."""
    name: str
    """What the client calls itself; often empty."""


def read(reply: Any) -> tuple[LoggedCommand, ...]:
    """Reads the entries, newest first.

    >>> read([[7, 1700000000, 20311, [b"KEYS", b"*"], b"10.0.0.9:51112", b"shop"]])[0].words
    ('KEYS', '*')
    """
    if not isinstance(reply, list):
        raise BadReply("SLOWLOG GET", reply)
    return tuple(_entry(row) for row in reply)


def _entry(row: Any) -> LoggedCommand:
    match row:
        case [int(number), int(at), int(amount), list(words), *more] if at >= 0 and amount >= 0:
            client, name = (text(one) for one in (*more, b"", b"")[:2])
            return LoggedCommand(number, float(at), amount, _words(words), client, name)
    raise BadReply("SLOWLOG GET", row)


def _words(words: list[Any]) -> tuple[str, ...]:
    """The first ones, long ones cut: an argument may be any bytes."""
    kept = [_cut(text(word[: 4 * LONGEST] if isinstance(word, bytes) else word)) for word in words[:WORDS]]
    return (*kept, f"({len(words) - WORDS} more)") if len(words) > WORDS else tuple(kept)


def _cut(word: str) -> str:
    return word if len(word) <= LONGEST else f"{word[: LONGEST - 1]}…"
