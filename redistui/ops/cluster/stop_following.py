"""StopFollowing: a replica becomes a primary without slots, so that it can be given slots again."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.cluster.look import View, count, is_primary, look
from redistui.ops.cluster.map import FAILING
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Pause, Script, Step, StepFailed

SETTLE = 0.5
DROP_SECONDS = 10.0
"""How long a reply is waited for: the copy is dropped before it comes."""


@dataclass(frozen=True)
class StopFollowing(Step):
    """CLUSTER REPLICATE NO ONE (Valkey >= 9.0), after which it is a member still; elsewhere CLUSTER RESET SOFT, after
    which it stands alone, with its node id, and has to be introduced again. Either drops its copy."""

    node: Address
    id: str
    primary: Address
    primary_id: str
    stays: bool
    """It stays a member."""

    @property
    def text(self) -> str:
        away = "" if self.stays else ", leaves the cluster for a moment, and keeps its node id"
        return f"Make {self.node}, a replica of {self.primary}, a primary without slots: it drops its copy{away}"

    @property
    def advice(self) -> str:
        return f"Look what {self.node} says of itself (`redistui status`), and go on (`resume`)."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "REPLICATE", "NO", "ONE") if self.stays else ("CLUSTER", "RESET", "SOFT"),)

    def script(self) -> Script:
        view = yield from look(self.node)
        if view is None:
            raise NotKnown(f"{self.node} does not show its view of the cluster")
        self._look_at(view)
        if is_primary(view.mine):
            return "it is a primary without slots already"
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=DROP_SECONDS)
        except Lost:
            return (yield from self._after_silence())
        return "OK: it is a primary without slots" + ("" if self.stays else ", and stands alone")

    def _look_at(self, view: View) -> None:
        """Still the replica that the plan takes it for, and nobody's last hope."""
        if view.mine.id != self.id:
            raise StepFailed(f"{self.node} is another node than before: its id is {view.mine.id[:8]}", unchanged=True)
        if count(view.mine):
            raise StepFailed(f"{self.node} owns {count(view.mine)} slots", unchanged=True)
        if is_primary(view.mine):
            return
        if view.mine.primary != self.primary_id:
            raise StepFailed(f"{self.node} does not follow {self.primary} any more", unchanged=True)
        above = view.line(self.primary_id)
        if above is None or not is_primary(above) or above.flags & FAILING:
            raise StepFailed(
                f"{self.node} does not see {self.primary} as a primary that is well: its copy may be needed",
                unchanged=True,
            )

    def _after_silence(self) -> Script:
        for _ in range(4):  # it may be busy dropping its copy
            view = yield from look(self.node)
            if view is not None and is_primary(view.mine):
                return "no reply, but it is a primary without slots"
            yield Pause(SETTLE)
        if view is None:
            raise NotKnown(f"no reply, and {self.node} does not say whom it follows")
        raise StepFailed(f"no reply, and {self.node} still follows {self.primary}", unchanged=True)
