"""Demote: what a Sentinel does to an old primary some 10 s after the promotion, done at once.

Until then a primary that is not fenced takes writes, and all of them are lost.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.node.roles import read_role, says
from redistui.ops.sentinel.steps import EVERY, NEW, NEW_HOST, NEW_PORT
from redistui.ops.steps import Argv, Ask, Lost, Recall, Refused, Reply, Script, Step, Transaction, Wish
from redistui.ops.waiting import Replies, ask_until
from redistui.replies import role

SURE_SECONDS = 3.0
"""So long the new primary may take to say once more that it is one."""


@dataclass(frozen=True)
class Demote(Step):
    """Follow the new primary, and cut all clients off."""

    node: Address
    seconds: float = 30.0

    @property
    def text(self) -> str:
        return "Make the old primary a replica of the new one, and cut its clients off so that they look for it"

    @property
    def advice(self) -> str:
        return (
            f"The Sentinels make {self.node} a replica by themselves, about 10 s after the promotion. Keep its writes "
            f"held until its ROLE says slave."
        )

    def commands(self) -> tuple[Argv, ...]:
        return (
            ("MULTI",),
            ("REPLICAOF", NEW_HOST, NEW_PORT),
            ("CLIENT", "KILL", "TYPE", "normal"),
            ("CLIENT", "KILL", "TYPE", "pubsub"),
            ("EXEC",),
        )

    def script(self) -> Script:
        said = ""
        try:
            if (yield from self._primary_still()):
                replies: list[Reply] = yield Transaction(self.node, self.commands())
                said = "; ".join(str(reply) for reply in replies if isinstance(reply, Refused))
        except (Refused, Lost) as error:
            said = str(error)

        def missing(replies: Replies) -> str:
            return (
                "" if says(replies[0], "replica") else f"{self.node} did not become a replica ({said or 'it said OK'})"
            )

        # When it would not obey us, it will obey the Sentinels: the fence stays up until it has.
        asks = (Ask(self.node, ("ROLE",), seconds=1.0),)
        replies = yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"it follows {role.read(replies[0]).primary}"

    def _primary_still(self) -> Generator[Wish, Reply, bool]:
        """Whether it has to be told. Raises StepFailed where it must not be: the new primary is none any more."""
        new: Address = yield Recall(NEW)

        def missing(replies: Replies) -> str:
            done = says(replies[0], "replica") or says(replies[1], "primary")
            return (
                ""
                if done
                else f"{new} did not say that it is still a primary, so {self.node} was not told to follow it"
            )

        asks = (Ask(self.node, ("ROLE",), seconds=1.0), Ask(new, ("ROLE",), seconds=1.0))
        replies = yield from ask_until(asks, missing, every=EVERY, seconds=SURE_SECONDS)
        return not says(replies[0], "replica")


@dataclass(frozen=True)
class DemoteReturned(Demote):
    """The same after an unplanned failover, should the old primary be there again. One look: a dead one is not waited
    for."""

    seconds: float = 15.0

    @property
    def text(self) -> str:
        return "Should the old primary answer by now, make it a replica of the new one, and cut its clients off"

    def script(self) -> Script:
        if (yield from read_role(self.node, seconds=1.0)) is None:
            return "it does not answer; should it come back, the Sentinels make it a replica within about 10 s"
        return (yield from super().script())
