"""Steps by which a node leaves a cluster: first it forgets the others, then they forget it.

The other way round it would be learnt again from its own greetings (Valkey 9: after 2.1 s). What was forgotten stays
banned for 60 s.
"""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.cluster.look import View, count, look
from redistui.ops.cluster.members import listed
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Pause, Refused, Script, Step, StepFailed

SETTLE = 0.5
UNKNOWN = "unknown node"


@dataclass(frozen=True)
class ResetNode(Step):
    """CLUSTER RESET HARD at the node that leaves: it takes a new id, epoch 0, and, a replica, drops its data."""

    node: Address
    id: str
    replica: bool

    @property
    def text(self) -> str:
        what = "drops its data and " if self.replica else ""
        return f"Reset {self.node}: it {what}forgets the cluster, and takes a new id"

    @property
    def advice(self) -> str:
        return f"Look whether {self.node} still is a member (`redistui status`), and run it again."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "RESET", "HARD"),)

    def script(self) -> Script:
        view = yield from look(self.node)
        if view is None:
            raise NotKnown(f"{self.node} does not show its view of the cluster")
        if view.mine.id != self.id and view.alone:
            return "it was reset already"
        self._look_at(view)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=10.0)
        except Lost:
            return (yield from self._after_silence())
        return "OK: it stands alone"

    def _look_at(self, view: View) -> None:
        if view.mine.id != self.id:
            raise StepFailed(f"{self.node} is another node than before: its id is {view.mine.id[:8]}")
        if count(view.mine):
            raise StepFailed(f"{self.node} owns {count(view.mine)} slots")
        if self.replica and view.mine.primary is None:
            raise StepFailed(f"{self.node} is no replica any more")
        if any(peer.primary == self.id for peer in view.peers):
            raise StepFailed(f"{self.node} has a replica")

    def _after_silence(self) -> Script:
        for _ in range(4):  # it may be busy dropping its data
            view = yield from look(self.node)
            if view is not None and view.mine.id != self.id:
                return "no reply, but it was reset: it has a new id"
            yield Pause(SETTLE)
        if view is None:
            raise NotKnown(f"no reply, and {self.node} does not say whether it was reset")
        raise StepFailed("no reply, and it was not reset", unchanged=True)


@dataclass(frozen=True)
class ForgetAt(Step):
    """CLUSTER FORGET at one of those that stay. One that does not answer holds nobody up: the others have to forget it
    soon, and who still lists it shows at the end."""

    node: Address
    id: str
    name: str

    @property
    def text(self) -> str:
        return f"{self.node} forgets {self.name}"

    @property
    def advice(self) -> str:
        return f"Who still lists {self.name} teaches it to the others again after 60 s: go on soon."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "FORGET", self.id),)

    def script(self) -> Script:
        view = yield from look(self.node)
        if view is None:
            return f"NOT DONE: {self.node} does not answer; run it again when it is back"
        peer = view.line(self.id)
        if peer is None:
            return "it does not list it"
        if count(peer) or any(other.primary == self.id for other in view.peers):
            raise StepFailed(f"as {self.node} sees it, {self.name} owns slots or has a replica")
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Refused as error:
            if UNKNOWN not in str(error).lower():
                raise
            return "it does not know it any more"
        except Lost:
            return (yield from self._after_silence())
        return "OK"

    def _after_silence(self) -> Script:
        for _ in range(2):
            keeps = yield from listed(self.node, self.id)
            if keeps is False:
                return "no reply, but it does not list it any more"
            yield Pause(SETTLE)
        return f"NOT DONE, as far as is known: no reply; run it again when {self.node} answers"
