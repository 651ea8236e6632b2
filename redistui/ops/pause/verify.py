"""What must hold after writes were held, or let go: seen where the server tells, else said to be not seen."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any

from redistui.model import Address
from redistui.ops.checks import names
from redistui.ops.pause.pauses import Held, look, seen, why
from redistui.ops.steps import NotKnown, Now, Pause, Script, Step, StepFailed, Together, Wish
from redistui.ops.waiting import Replies

EVERY = 0.1


def _until(
    nodes: tuple[Address, ...], good: Callable[[Held], bool], seconds: float
) -> Generator[Wish, Any, dict[Address, Held | None]]:
    """Looks at the nodes until all are as they should be, or the time is over; what was seen last."""
    begun: float = yield Now()
    while True:
        replies: Replies = yield Together(look(nodes))
        found = dict(zip(nodes, seen(replies), strict=True))
        now: float = yield Now()
        if all(one is not None and good(one) for one in found.values()) or now - begun >= seconds:
            return found
        yield Pause(EVERY)


@dataclass(frozen=True)
class WritesHeld(Step):
    """Seen where the server tells, or where a client waits; else the server's OK is all there is."""

    nodes: tuple[Address, ...]
    ms: int

    @property
    def text(self) -> str:
        return f"Writes are held at {names(list(self.nodes))}, as far as the server's version tells"

    @property
    def patience(self) -> float:
        """Long enough for a Sentinel's PUBLISH, which comes every 2 s; not so long that the pause is over."""
        return min(2.5, self.ms / 2000)

    def script(self) -> Script:
        found = yield from _until(self.nodes, lambda one: bool(one.held), self.patience)
        return "; ".join(self._said(node, held) for node, held in found.items())

    def _said(self, node: Address, held: Held | None) -> str:
        if held is None:
            raise NotKnown(f"{node} did not answer")
        if held.held is False:
            raise StepFailed(f"{node} says that nothing is held there (any more)")
        if held.held is None:
            return f"{node} said OK; its version does not tell of pauses, and no client was seen to write"
        if held.seconds is None:
            return f"{node} holds writes: a client waits with {', '.join(held.waits).upper()}"
        return f"{node} holds writes, for {held.seconds:.1f} s more"


@dataclass(frozen=True)
class WritesGoOn(Step):
    """Nothing is held, as far as a server tells; else nobody is seen to wait."""

    nodes: tuple[Address, ...]
    seconds: float = 2.0

    @property
    def text(self) -> str:
        return f"Writes go on at {names(list(self.nodes))}"

    def script(self) -> Script:
        found = yield from _until(self.nodes, lambda one: not one.held, self.seconds)
        return "; ".join(self._said(node, held) for node, held in found.items())

    def _said(self, node: Address, held: Held | None) -> str:
        if held is None:
            raise NotKnown(f"{node} did not answer")
        if held.held:
            raise StepFailed(f"{node} holds writes still{why(held)}")
        return f"{node}: {'nothing is held' if held.held is False else 'no client waits to write'}"
