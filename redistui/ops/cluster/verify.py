"""What must hold after a cluster failover, in every view that can be seen."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.counts import every
from redistui.model import Address, Peer
from redistui.ops.cluster.look import EVERY, NODES, asks, count, facts_of, is_primary, view_of
from redistui.ops.node.roles import role_of
from redistui.ops.steps import Ask, Script, Step
from redistui.ops.waiting import Replies, ask_until

Ranges = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class ViewsShowOwner(Step):
    """CLUSTER NODES of every node that answered: the new primary owns the slots, and the old one is its replica."""

    node: None
    new: Address
    new_id: str
    old_id: str
    slots: Ranges
    assigned: int
    """Slots of the whole cluster that had an owner before."""
    demoted: bool
    """The old primary took part: it must be a replica now."""
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Every node that answers sees {self.new} as owner of the slots, and {self.assigned} slots in all owned"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            wrong = (self._wrong(node, reply) for node, reply in zip(self.nodes, replies, strict=True))
            return "; ".join(filter(None, wrong))

        yield from ask_until(asks(self.nodes, *NODES), missing, every=EVERY, seconds=self.seconds)
        seen = every(len(self.nodes), "node", "see", "answer")
        return f"{seen} {self.new} as primary of its slots, {self.assigned} owned"

    def _wrong(self, node: Address, reply: object) -> str:
        view = view_of(reply)
        if view is None:
            return f"{node} did not show its view"
        new, old = view.line(self.new_id), view.line(self.old_id)
        if new is None or not is_primary(new) or not owns(new, self.slots):
            return f"{node} did not see {self.new} as owner of the slots"
        if self.demoted and (old is None or old.primary != self.new_id):
            return f"{node} did not see the old primary as its replica"
        if view.assigned < self.assigned:
            return f"{node} saw an owner for {view.assigned} slots only"
        return ""


@dataclass(frozen=True)
class EpochRose(Step):
    """CLUSTER INFO of every node that answered: a newer epoch, and (where it can be) cluster_state ok."""

    node: None
    nodes: tuple[Address, ...]
    epoch: int
    serves: bool
    seconds: float

    @property
    def text(self) -> str:
        also = ", and cluster_state is ok there" if self.serves else ""
        return f"Every node that answers knows an epoch above {self.epoch}{also}"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            wrong = (self._wrong(node, reply) for node, reply in zip(self.nodes, replies, strict=True))
            return "; ".join(filter(None, wrong))

        questions = asks(self.nodes, "CLUSTER", "INFO")
        replies = yield from ask_until(questions, missing, every=EVERY, seconds=self.seconds)
        epochs = sorted({facts.epoch for facts in map(facts_of, replies) if facts is not None and facts.epoch})
        said = f"epoch {', '.join(map(str, epochs))}, before it was {self.epoch}"
        return f"{said}; cluster_state is ok everywhere" if self.serves else said

    def _wrong(self, node: Address, reply: object) -> str:
        facts = facts_of(reply)
        if facts is None:
            return f"{node} did not show its CLUSTER INFO"
        if (facts.epoch or 0) <= self.epoch:
            return f"{node} knew no newer epoch than {facts.epoch}"
        return f"cluster_state was {facts.state} at {node}" if self.serves and facts.state != "ok" else ""


@dataclass(frozen=True)
class ReplicasFollow(Step):
    """The replicas' own words: whom they follow (by node id), and that their link is up."""

    node: None
    primary: Address
    primary_id: str
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"{', '.join(self.nodes)} {'follows' if len(self.nodes) == 1 else 'follow'} {self.primary}, link up"

    def script(self) -> Script:
        questions = [Ask(node, argv, seconds=1.0) for node in self.nodes for argv in (NODES, ("ROLE",))]

        def missing(replies: Replies) -> str:
            rows = zip(self.nodes, replies[::2], replies[1::2], strict=True)
            astray = [node for node, view, role in rows if not self._follows(view, role)]
            return f"{', '.join(astray)} did not follow {self.primary} with its link up" if astray else ""

        yield from ask_until(questions, missing, every=EVERY, seconds=self.seconds)
        return self.text

    def _follows(self, reply: object, role: object) -> bool:
        view, said = view_of(reply), role_of(role)
        follows = view is not None and view.mine.primary == self.primary_id
        return follows and said is not None and said.link_state == "connected"


def owns(peer: Peer, slots: Ranges) -> bool:
    """Every one of these slots is among the node's."""
    return all(any(low <= first and last <= high for low, high in peer.slots) for first, last in slots) and bool(
        count(peer)
    )
