"""What a canary has seen: latencies, calls a second, stale reads, and what went wrong, in sentences."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Literal

from redistui.model import Address
from redistui.model.canaries import Latencies, Trouble
from redistui.model.routes import Answer
from redistui.ops.rights import BY_NAME, TRIED, acl_line
from redistui.route.canary.window import Pace, Window
from redistui.route.failures import Refused, RouteFailed

Sort = Literal["read", "write"]
TROUBLES = 8
"""Sentences that are kept."""


class Account:
    """Of one canary, since it began or was reset."""

    def __init__(self) -> None:
        self.stale_reads = 0
        self._windows: dict[Sort, Window] = {"read": Window(), "write": Window()}
        self._pace = Pace(time.monotonic())
        self._troubles: dict[str, Trouble] = {}

    def answered(self, sort: Sort, answer: Answer) -> None:
        self.took(sort, answer.ms)
        if answer.fallback:
            self.note(f"a {sort} fell back to {answer.node}: {answer.fallback}")

    def took(self, sort: Sort, ms: float) -> None:
        now = time.monotonic()
        self._windows[sort].add(now, ms)
        self._pace.add(now)

    def failed(self, sort: Sort, error: RouteFailed) -> None:
        self._pace.add(time.monotonic())
        outcome = "was refused" if isinstance(error, Refused) else "has an unknown outcome"
        self.note(sentence(f"a {sort} {outcome}", error))

    def stale(self, node: Address | None) -> None:
        self.stale_reads += 1
        self.note(f"{node} gave an older value than one that was acknowledged before")

    def note(self, text: str) -> None:
        """What repeats itself is counted, and comes to the end."""
        before = self._troubles.pop(text, None)
        self._troubles[text] = Trouble(time.time(), text, 1 if before is None else before.count + 1)
        while len(self._troubles) > TROUBLES:
            self._troubles.pop(next(iter(self._troubles)))

    def troubles(self) -> tuple[Trouble, ...]:
        """Newest last."""
        return tuple(self._troubles.values())

    def per_second(self) -> float | None:
        return self._pace.per_second(time.monotonic())

    def latencies(self, sort: Sort) -> Latencies:
        return self._windows[sort].latencies(time.monotonic())

    def past(self) -> tuple[float | None, ...]:
        """The worst call of each of the last seconds, in ms."""
        now = time.monotonic()
        return worst(self._windows["read"].past(now), self._windows["write"].past(now))


def sentence(what: str, error: RouteFailed) -> str:
    where = "" if error.node is None else f" by {error.node}"
    return f"{what}{where}: {error.text}"


def may_not(user: str | None, error: RouteFailed) -> str:
    """What to do where the canary's user lacks a right."""
    line = " ".join(acl_line(BY_NAME["canary"], TRIED[0]))
    return (
        f"{user or 'the default user'} may not do this at {error.node}; `redistui acl --role canary` prints the line "
        f"that makes a user who may ({line}), and canary_user in the config names it"
    )


def worst(one: Sequence[float | None], other: Sequence[float | None]) -> tuple[float | None, ...]:
    """Second by second.

    >>> worst((None, 1.0, 2.0), (None, None, 3.0))
    (None, 1.0, 3.0)
    """
    pairs = ([value for value in pair if value is not None] for pair in zip(one, other, strict=True))
    return tuple(max(pair, default=None) for pair in pairs)
