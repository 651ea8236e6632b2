"""Steps by which a node joins a cluster: it is told of one member, and the two make it known to all. That goes over the
cluster bus, a port of its own, which cannot be tested from here."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.counts import every
from redistui.model import Address, host_of, port_of
from redistui.ops.cluster.look import EVERY, NODES, View, asks, count, is_primary, look, view_of
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Pause, Script, Step, StepFailed
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.words import integer

SETTLE = 0.5


@dataclass(frozen=True)
class Meet(Step):
    """CLUSTER MEET at the new node, as redis-cli does it: how members are reached by each other is known, how the new
    node is reached by them shows when it calls."""

    node: Address
    id: str
    member: Address
    """As the members know it: an IP address."""
    member_id: str
    bus_port: int

    @property
    def text(self) -> str:
        return f"Introduce {self.node} to {self.member}, and so to the cluster"

    @property
    def advice(self) -> str:
        return f"Look what {self.node} and the cluster list (`redistui status`); `forget` takes it out again."

    def commands(self) -> tuple[Argv, ...]:
        host, port = host_of(self.member), port_of(self.member)
        return (("CLUSTER", "MEET", host, str(port), str(self.bus_port)),)

    def script(self) -> Script:
        view = yield from look(self.node)
        if view is None:
            raise NotKnown(f"{self.node} does not show its view of the cluster")
        if view.line(self.member_id) is not None:
            return "they know each other already"
        yield from self._look_at(view)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost:
            return (yield from self._after_silence())
        return "OK: it has begun"

    def _look_at(self, view: View) -> Script:
        """Still a node of its own, with nothing in it: otherwise two clusters would become one."""
        if view.mine.id != self.id:
            raise StepFailed(f"{self.node} is another node than before: its id is {view.mine.id[:8]}")
        if not view.alone and not any("handshake" in peer.flags for peer in view.peers):
            raise StepFailed(f"{self.node} knows other nodes by now: it is of another cluster")
        if count(view.mine) or not is_primary(view.mine):
            raise StepFailed(f"{self.node} owns slots, or is a replica")
        keys = integer((yield Ask(self.node, ("DBSIZE",))))
        if keys != 0:
            raise StepFailed(f"{self.node} is not empty: it holds {keys} keys")
        return ""

    def _after_silence(self) -> Script:
        for _ in range(2):
            view = yield from look(self.node)
            if view is not None and not view.alone:
                return "no reply, but it has begun"
            yield Pause(SETTLE)
        if view is None:
            raise NotKnown(f"no reply, and {self.node} does not show its view")
        raise StepFailed("no reply, and nothing has begun", unchanged=True)


@dataclass(frozen=True)
class AwaitMember(Step):
    """Until the new node and all members list each other by their names, connected."""

    node: None
    new: Address
    id: str
    bus_port: int
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until {every(len(self.nodes), 'member', 'list', 'answer')} {self.new}, and it lists all"

    @property
    def advice(self) -> str:
        return (
            f"Every member must reach the bus port of {self.new} ({self.bus_port}), and it theirs: look at firewalls. "
            f"`forget {self.new}` takes it out again."
        )

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            views = [view_of(reply) for reply in replies]
            strange = [node for node, view in zip(self.nodes, views[1:], strict=True) if not self._met(view)]
            if strange:
                return f"{', '.join(strange)} did not list {self.new} as connected"
            ids = [view.mine.id for view in views[1:] if view is not None]
            mine = views[0]
            lacks = mine is None or any(not met(mine, id_) for id_ in ids)
            return f"{self.new} did not list all members" if lacks else ""

        yield from ask_until(asks((self.new, *self.nodes), *NODES), missing, every=EVERY, seconds=self.seconds)
        return f"{every(len(self.nodes), 'member', 'list')} it, and it lists all"

    def _met(self, view: View | None) -> bool:
        return view is not None and met(view, self.id)


def met(view: View, id_: str) -> bool:
    """A node is listed by its name, and the link to it is up."""
    peer = view.line(id_)
    return peer is not None and peer.link_up and "handshake" not in peer.flags
