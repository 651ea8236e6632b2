"""Waiting in a script: ask the same reads again until they say what is waited for, or time is up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from redistui.ops.steps import Ask, NotKnown, Now, Pause, Reply, StepFailed, Together, Wish

Replies = list[Reply]
Missing = Callable[[Replies], str]
"""What is still missing, as a sentence for the operator; empty: nothing. A read that got no answer is None in the
list."""


def ask_until(
    asks: Sequence[Ask], missing: Missing, *, every: float, seconds: float
) -> Generator[Wish, Reply, Replies]:
    """Asks until `missing(replies)` has nothing to say, and gives the replies of that round.

    When `seconds` have gone by: StepFailed with what is missing; NotKnown when that rests on a read without an answer.
    """
    begun: float = yield Now()
    while True:
        replies: Replies = yield Together(tuple(asks))
        said = missing(replies)
        if not said:
            return replies
        now: float = yield Now()
        if now - begun >= seconds:
            raise (NotKnown if None in replies else StepFailed)(f"{said} after {seconds:g} s")
        yield Pause(every)
