"""Waits around slot moves when a node joins or leaves a cluster: until all nodes see the same."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.counts import every
from redistui.model import Address
from redistui.ops.cluster.look import EVERY, NODES, View, asks, count, facts_of, view_of
from redistui.ops.steps import Script, Step
from redistui.ops.waiting import Replies, ask_until


@dataclass(frozen=True)
class AwaitSameMap(Step):
    """Until the node that joined sees the same owner for every slot as all others do, and serves: one that has just
    joined answers CLUSTERDOWN for some seconds, and must be given no slots in that time."""

    node: None
    new: Address
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        others = len(self.nodes)
        return f"Wait until {self.new} serves, and sees the same owner for every slot as the {others} others"

    @property
    def advice(self) -> str:
        return f"Look what {self.new} lists (`redistui status`); `forget {self.new}` takes it out again."

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            facts = facts_of(replies[0])
            if facts is None or facts.state != "ok":
                return f"cluster_state was {'not known' if facts is None else facts.state} at {self.new}"
            maps = [map_of(view_of(reply)) for reply in replies[1:]]
            other = next((node for node, its in zip(self.nodes, maps[1:], strict=True) if its != maps[0]), None)
            if maps[0] is None or other is not None:
                return f"{self.new} and {other or 'the others'} did not see the same owners of the slots"
            return ""

        questions = (*asks((self.new,), "CLUSTER", "INFO"), *asks((self.new, *self.nodes), *NODES))
        yield from ask_until(questions, missing, every=EVERY, seconds=self.seconds)
        return "it serves, and all see the same"


def map_of(view: View | None) -> dict[str, tuple[tuple[int, int], ...]] | None:
    """Who owns what, by node id."""
    return None if view is None else {peer.id: peer.slots for peer in view.peers if peer.slots}


@dataclass(frozen=True)
class AwaitEmptied(Step):
    """Until every node that answers sees the one that leaves without slots and without replicas."""

    node: None
    id: str
    name: str
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until {every(len(self.nodes), 'node', 'see')} {self.name} without slots and without replicas"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            seen = zip(self.nodes, map(view_of, replies), strict=True)
            wrong = [node for node, view in seen if view is None or not self._empty(view)]
            return f"{', '.join(wrong)} still saw slots or replicas of {self.name}" if wrong else ""

        yield from ask_until(asks(self.nodes, *NODES), missing, every=EVERY, seconds=self.seconds)
        return "it has none"

    def _empty(self, view: View) -> bool:
        mine = view.line(self.id)
        return (mine is None or not count(mine)) and all(peer.primary != self.id for peer in view.peers)
