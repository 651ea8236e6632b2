"""Playing a step by hand: what it wishes for, and what it is told, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redistui.ops.steps import Hole, Note, Now, Pause, Recall, Step, Wish

Line = tuple[Wish, Any]
"""A wish, and its answer; an exception is thrown into the script."""


@dataclass
class Played:
    """How a step came out, and what it noted. `waited`: seconds of its own pauses."""

    said: str
    notes: dict[Hole, str]
    waited: float


class Surprise(AssertionError):
    """The step wished for something else than the playbook says."""


def play(step: Step, *lines: Line, notes: Mapping[Hole, str] | None = None) -> Played:
    """Runs a step against a playbook, which must fit wish by wish to the end.

    Pauses, the clock, notes and recalls are taken care of, unless the playbook names them.
    """
    played = Played("", dict(notes or {}), 0.0)
    expected = list(lines)
    script = step.script()
    answer: Any = None
    while True:
        try:
            wish = script.throw(answer) if isinstance(answer, Exception) else script.send(answer)
        except StopIteration as end:
            if expected:
                raise Surprise(f"it ended, but the playbook goes on with {expected[0][0]}") from None
            played.said = end.value
            return played
        told = bool(expected) and wish == expected[0][0]
        answer = expected.pop(0)[1] if told else _by_itself(wish, played)
        if isinstance(wish, Pause):
            played.waited += wish.seconds


def _by_itself(wish: Wish, played: Played) -> Any:
    match wish:
        case Pause():
            return None
        case Now():
            return played.waited
        case Note():
            played.notes[wish.hole] = wish.value
            return None
        case Recall():
            return played.notes[wish.hole]
    raise Surprise(f"the playbook has nothing for {wish}")
