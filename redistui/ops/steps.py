"""Steps of a plan: frozen values whose `script()` is a generator of asks and pauses, without any I/O.

The runner (redistui.engine.runner) sends each ask and gives the reply back with `send()`; an error reply is thrown into
the generator as `Refused`, a lost one as `Lost`. A step ends by returning a sentence (what was seen), or by raising
`StepFailed`. So a test plays a step by hand, reply by reply, and interrupts it wherever it likes.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any

from redistui.model import Address

Argv = tuple[str, ...]
Reply = Any
"""As hiredis gives it, decoded: str, int, None, or a list of these."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One command to one node. A mutating one goes out on a connection of its own, once, and is journalled around."""

    node: Address
    argv: Argv
    mutates: bool = False
    seconds: float = 2.0
    """Deadline for the reply. A mutating command that misses it has an unknown outcome and is never sent again."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait before the next ask."""

    seconds: float


Script = Generator[Ask | Pause, Reply, str]


class StepFailed(Exception):
    """The step's condition does not hold; the sentence says what was seen."""


class Refused(Exception):
    """The server answered with an error: nothing was changed by that command. `str()` is its text."""


class Lost(Exception):
    """No reply: the command may or may not have run. Find out by reading."""


@dataclass(frozen=True)
class Step:
    """What happens at one node. Equal steps send equal commands: a plan is compared by its steps."""

    node: Address | None

    @property
    def text(self) -> str:
        """One line in the operator's words."""
        raise NotImplementedError

    def commands(self) -> Sequence[Argv]:
        """The mutating commands exactly as they will be sent; empty for a step that only reads and waits."""
        return ()

    def script(self) -> Script:
        raise NotImplementedError


def ask_until(
    asks: Sequence[Ask], done: Any, *, every: float, seconds: float, failed: str
) -> Generator[Ask | Pause, Reply, list[Reply]]:
    """Asks the same reads again until `done(replies)` is true; `StepFailed(failed)` when `seconds` have gone by.

    Pauses count, replies do not: the script has no clock, so a slow server makes it wait longer, never shorter. A read
    that is refused or lost counts as None.
    """
    waited = 0.0
    while True:
        replies: list[Reply] = []
        for ask in asks:
            try:
                replies.append((yield ask))
            except (Refused, Lost):
                replies.append(None)
        if done(replies):
            return replies
        if waited >= seconds:
            raise StepFailed(failed)
        yield Pause(every)
        waited += every
