"""What became of a command, in the journal's words: its state, and its reply in one short line."""

from __future__ import annotations

from redistui.ops.run import SentState
from redistui.ops.steps import Lost, Refused, Reply

LONGEST = 400
"""Characters of a reply that are kept."""


def state_of(error: Refused | Lost) -> SentState:
    return "refused" if isinstance(error, Refused) else "lost"


def replies_of(reply: Reply, count: int) -> list[str]:
    """The reply of each command that was sent: MULTI's, EXEC's list one by one, and EXEC's.

    >>> replies_of(b"OK", 1), replies_of([b"OK", 2], 4)
    (['OK'], ['OK', 'OK', '2', 'OK, 2'])
    """
    return [words_of(reply)] if count == 1 else ["OK", *map(words_of, reply), words_of(reply)]


def words_of(reply: Reply) -> str:
    """A reply in one short line.

    >>> words_of(b"OK"), words_of([b"OK", 2, None])
    ('OK', 'OK, 2, nil')
    """
    if isinstance(reply, list):
        return ", ".join(words_of(item) for item in reply)
    if reply is None:
        return "nil"
    return (reply.decode("utf-8", "backslashreplace") if isinstance(reply, bytes) else str(reply))[:LONGEST]
