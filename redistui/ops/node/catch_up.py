"""CatchUp: wait until replicas have all that their primary had, once its writes are held."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.steps import Ask, Script, Step, StepFailed
from redistui.ops.waiting import Replies, ask_until
from redistui.replies import role
from redistui.replies.words import BadReply

EVERY = 0.02


@dataclass(frozen=True)
class CatchUp(Step):
    """The primary's offset is read once, under the fence: it goes on moving (PING, PUBLISH), but no write is behind
    it."""

    node: Address
    replicas: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until {', '.join(self.replicas)} {has(self.replicas)} all that {self.node} has"

    def script(self) -> Script:
        primary = role.read((yield Ask(self.node, ("ROLE",))))
        if primary.role != "primary" or primary.offset is None:
            raise StepFailed(f"{self.node} does not say that it is a primary")
        goal = primary.offset
        asks = tuple(Ask(replica, ("ROLE",), seconds=0.5) for replica in self.replicas)

        def missing(replies: Replies) -> str:
            behind = [who for who, reply in zip(self.replicas, replies, strict=True) if not reached(reply, goal)]
            return f"{', '.join(behind)} {has(behind)} not caught up" if behind else ""

        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"{', '.join(self.replicas)} {has(self.replicas)} all up to offset {goal}"


def reached(reply: object, goal: int) -> bool:
    """A replica with its link up that has applied everything up to `goal`."""
    try:
        found = role.read(reply)
    except BadReply:
        return False
    return found.link_state == "connected" and found.offset is not None and found.offset >= goal


def has(many: tuple[Address, ...] | list[Address]) -> str:
    return "has" if len(many) == 1 else "have"
