"""Replicate: a node becomes the replica of another shard's primary. It flushes what it has and copies that primary.
FindNewPrimary: so does a replica whose primary gave its last slot, where its server does not see to that by itself."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.cluster.look import EVERY, View, count, is_primary, look
from redistui.ops.cluster.map import FAILING
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Now, Pause, Script, Step, StepFailed

SETTLE = 0.5
"""Seconds between two looks after a lost reply: the command may still have waited in the node's socket at the first."""
PATIENCE = 4.0
"""Seconds for which a replica is left to find its new primary by itself: seen to take less than 0.5 s."""


@dataclass(frozen=True)
class Replicate(Step):
    """CLUSTER REPLICATE at the node that is to follow."""

    node: Address
    id: str
    primary: Address
    primary_id: str
    before: str | None
    """Node id of whom it followed; None: it is a primary without slots and keys."""

    @property
    def text(self) -> str:
        return f"Make {self.node} a replica of {self.primary}: it drops what it has and copies that primary"

    @property
    def advice(self) -> str:
        return f"Look whom {self.node} follows (`redistui status`)."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "REPLICATE", self.primary_id),)

    def script(self) -> Script:
        view = yield from look(self.node)
        if view is None:
            raise NotKnown(f"{self.node} does not show its view of the cluster")
        if view.mine.primary == self.primary_id:
            return f"it follows {self.primary} already"
        self._look_at(view)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost:
            return (yield from self._after_silence())
        return f"OK: it follows {self.primary}"

    def _look_at(self, view: View) -> None:
        """Whether the node still is what the plan takes it for."""
        mine, primary = view.mine, view.line(self.primary_id)
        if mine.id != self.id:
            raise StepFailed(f"{self.node} is another node than before: its id is {mine.id[:8]}")
        if count(mine):
            raise StepFailed(f"{self.node} owns {count(mine)} slots")
        if mine.primary != self.before:
            raise StepFailed(f"{self.node} does not follow whom it followed before")
        if primary is None or not is_primary(primary) or primary.flags & FAILING:
            raise StepFailed(f"{self.node} does not see {self.primary} as a primary that is well")

    def _after_silence(self) -> Script:
        for _ in range(2):
            view = yield from look(self.node)
            if view is not None and view.mine.primary == self.primary_id:
                return f"no reply, but it follows {self.primary}"
            yield Pause(SETTLE)
        if view is None:
            raise NotKnown(f"no reply, and {self.node} does not say whom it follows")
        raise StepFailed(f"no reply, and {self.node} does not follow {self.primary}", unchanged=True)


@dataclass(frozen=True)
class FindNewPrimary(Step):
    """A replica of a primary that gave its last slot. Servers make it a replica of who took that slot, by themselves
    (not with cluster-allow-replica-migration no); where they do not, it is told to."""

    node: Address
    id: str
    left: Address
    """Whom it followed."""
    left_id: str
    primary: Address
    primary_id: str

    @property
    def text(self) -> str:
        return f"{self.node} follows who took the slots of {self.left}, or else is made a replica of {self.primary}"

    @property
    def advice(self) -> str:
        return f"Look whom {self.node} follows (`redistui status`)."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "REPLICATE", self.primary_id),)

    def script(self) -> Script:
        began: float = yield Now()
        while True:
            view = yield from look(self.node)
            if view is not None and view.mine.primary not in (self.left_id, None):
                above = view.line(view.mine.primary or "")
                return f"it follows {view.mine.primary if above is None else above.address} by now"
            now: float = yield Now()
            if now - began >= PATIENCE:
                break
            yield Pause(EVERY)
        if view is None:
            raise NotKnown(f"{self.node} does not show its view of the cluster")
        return (yield from Replicate(self.node, self.id, self.primary, self.primary_id, self.left_id).script())
