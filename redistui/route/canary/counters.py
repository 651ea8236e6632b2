"""Counter: the numbers that a canary writes under one key, and what it must read there at least."""

from __future__ import annotations

EXPIRY = 600
"""Seconds after which a canary's key is gone."""


class Counter:
    """What was written last, and the highest that was acknowledged."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.last = self.acked = 0
        self.busy = False
        """A write of it is in flight."""


def number_in(value: object) -> int | None:
    """A counter's value; a key that is not there (yet, or any more) is 0, and what is no number says nothing.

    >>> number_in(b"12"), number_in(None), number_in(b"x")
    (12, 0, None)
    """
    if value is None:
        return 0
    try:
        return int(value)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError):
        return None
