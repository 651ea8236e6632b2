"""Waiting in a script: ask the same reads again until they say what is waited for, or time is up."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from redistui.ops.steps import Ask, NotKnown, Now, Pause, Reply, StepFailed, Together, Wish

Replies = list[Reply]
Missing = Callable[[Replies], str]
"""What is still missing, as a sentence for the operator; empty: nothing. A read that got no answer is None in the
list."""


Look = Callable[[], Generator[Wish, Reply, tuple[str, bool]]]
"""Reads, and gives what is still missing, and whether that is known: not where it rests on a read without an answer."""


def look_until(look: Look, *, every: float, seconds: float) -> Generator[Wish, Reply, None]:
    """Looks until nothing is missing. When `seconds` have gone by: StepFailed with what is, or NotKnown."""
    begun: float = yield Now()
    while True:
        said, known = yield from look()
        if not said:
            return
        now: float = yield Now()
        if now - begun >= seconds:
            raise (StepFailed if known else NotKnown)(f"{said} after {seconds:g} s")
        yield Pause(every)


def ask_until(
    asks: Sequence[Ask], missing: Missing, *, every: float, seconds: float
) -> Generator[Wish, Reply, Replies]:
    """Asks until `missing(replies)` has nothing to say, and gives the replies of that round; else as `look_until`."""
    replies: Replies = []

    def look() -> Generator[Wish, Reply, tuple[str, bool]]:
        nonlocal replies
        replies = yield Together(tuple(asks))
        return missing(replies), None not in replies

    yield from look_until(look, every=every, seconds=seconds)
    return replies
