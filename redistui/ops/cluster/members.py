"""Who is a member of a cluster, in every view that can be seen: what must hold after one joined, left, or moved."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from redistui.judge.counts import every
from redistui.model import Address
from redistui.ops.cluster.look import EVERY, NODES, View, asks, is_primary, look, view_of
from redistui.ops.steps import Ask, NotKnown, Now, Pause, Reply, Script, Step, StepFailed, Together, Wish
from redistui.ops.waiting import Missing, Replies, ask_until


@dataclass(frozen=True)
class NobodyListsIt(Step):
    """CLUSTER NODES of every node that answered, for a while: gossip may bring a forgotten node back."""

    node: None
    id: str
    name: str
    nodes: tuple[Address, ...]
    quiet: float
    seconds: float

    @property
    def text(self) -> str:
        return f"No node that answers lists {self.name} any more, for {self.quiet:g} s"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            views = [(node, view_of(reply)) for node, reply in zip(self.nodes, replies, strict=True)]
            silent = [node for node, view in views if view is None]
            keep = [node for node, view in views if view is not None and self.id in view.ids]
            said = f"{', '.join(keep)} listed {self.name}" if keep else ""
            return said or (f"{', '.join(silent)} did not show its view" if silent else "")

        yield from stay(asks(self.nodes, *NODES), missing, quiet=self.quiet, seconds=self.seconds)
        return f"none of {len(self.nodes)} nodes lists it, for {self.quiet:g} s"


def stay(questions: Sequence[Ask], missing: Missing, *, quiet: float, seconds: float) -> Generator[Wish, Reply, None]:
    """Asks until `missing` has had nothing to say for `quiet` seconds on end; fails as `ask_until` does."""
    begun: float = yield Now()
    since: float | None = None
    while True:
        replies: Replies = yield Together(tuple(questions))
        said = missing(replies)
        now: float = yield Now()
        since = None if said else now if since is None else since
        if since is not None and now - since >= quiet:
            return
        if said and now - begun >= seconds:
            raise (NotKnown if None in replies else StepFailed)(f"{said} after {seconds:g} s")
        yield Pause(EVERY)


@dataclass(frozen=True)
class StandsAlone(Step):
    """The node that left knows nobody any more."""

    node: Address
    seconds: float

    @property
    def text(self) -> str:
        return f"{self.node} knows no other node"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            view = view_of(replies[0])
            return "" if view is not None and view.alone else f"{self.node} did not stand alone"

        yield from ask_until(asks((self.node,), *NODES), missing, every=EVERY, seconds=self.seconds)
        return f"{self.node} stands alone, empty"


@dataclass(frozen=True)
class SeenInPlace(Step):
    """Every node that answers sees a member as what it is to be."""

    node: None
    id: str
    name: str
    primary: Address | None
    """Whose replica it is to be; None: a primary."""
    primary_id: str | None
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def place(self) -> str:
        return "a primary" if self.primary is None else f"a replica of {self.primary}"

    @property
    def text(self) -> str:
        return f"Every node that answers sees {self.name} as {self.place}"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            seen = zip(self.nodes, map(view_of, replies), strict=True)
            wrong = [node for node, view in seen if not self._placed(view)]
            return f"{', '.join(wrong)} did not see {self.name} as {self.place}" if wrong else ""

        yield from ask_until(asks(self.nodes, *NODES), missing, every=EVERY, seconds=self.seconds)
        return f"{every(len(self.nodes), 'node', 'see', 'answer')} {self.name} as {self.place}"

    def _placed(self, view: View | None) -> bool:
        peer = None if view is None else view.line(self.id)
        if peer is None or "handshake" in peer.flags:
            return False
        return peer.primary == self.primary_id if self.primary_id is not None else is_primary(peer)


def listed(node: Address, id_: str) -> Generator[Wish, Reply, bool | None]:
    """Whether a node lists another; None when it does not answer."""
    view = yield from look(node)
    return None if view is None else id_ in view.ids
