"""Steps of a cluster failover. The order goes to the replica, which answers OK before anything has happened: also when
its primary hangs, or when nobody is left to vote. Only its own view tells whether it took over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redistui.model import Address
from redistui.ops.cluster.look import NODES, View, asks, count, is_primary, look, view_of
from redistui.ops.cluster.map import FAILING
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Refused, Script, Step, StepFailed
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.words import BadReply, pairs, text

How = Literal["", "FORCE", "TAKEOVER"]
EVERY = 0.02
ENDED = frozenset({"success", "failed", "cancelled"})


@dataclass(frozen=True)
class NoSlotMoves(Step):
    """CLUSTER GETSLOTMIGRATIONS at the old primary (Valkey >= 9.0): a failover in the middle makes the move fail."""

    node: Address

    @property
    def text(self) -> str:
        return f"Look that {self.node} neither gives nor takes slots just now"

    def script(self) -> Script:
        try:
            jobs = yield Ask(self.node, ("CLUSTER", "GETSLOTMIGRATIONS"))
            running = [job for job in map(job_of, jobs) if job.get("state") not in ENDED]
        except (Refused, Lost, BadReply, TypeError) as error:
            raise NotKnown(f"whether {self.node} moves slots cannot be seen: {error}") from None
        if running:
            job = running[0]
            raise StepFailed(f"{job.get('operation', 'a move')} of slots {job.get('slot_ranges')} is under way there")
        return "it does not"


def job_of(reply: object) -> dict[str, str]:
    """One row of CLUSTER GETSLOTMIGRATIONS."""
    return {name: text(value) for name, value in pairs("CLUSTER GETSLOTMIGRATIONS", reply).items()}


@dataclass(frozen=True)
class OrderPromotion(Step):
    """CLUSTER FAILOVER to the replica."""

    node: Address
    id: str
    primary: Address
    primary_id: str
    how: How

    @property
    def text(self) -> str:
        manner = {
            "": "",
            "FORCE": ", without its primary, by the vote of the others",
            "TAKEOVER": ", without its primary and without a vote",
        }
        return f"Order {self.node} to take over from {self.primary}{manner[self.how]}"

    @property
    def advice(self) -> str:
        return f"Look at {self.node} (`redistui status`): while it is a replica of {self.primary}, nothing has changed."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "FAILOVER", self.how) if self.how else ("CLUSTER", "FAILOVER"),)

    def script(self) -> Script:
        view = yield from look(self.node)
        if view is None:
            raise NotKnown(f"{self.node} does not show its view of the cluster")
        if view.mine.id == self.id and is_primary(view.mine) and count(view.mine):
            return "it is primary already"
        self._look_at(view)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost:
            return "no reply: what came of it shows in its view"
        return "OK: it was taken"

    def _look_at(self, view: View) -> None:
        if view.mine.id != self.id:
            raise StepFailed(f"{self.node} is another node than before: its id is {view.mine.id[:8]}")
        if view.mine.primary != self.primary_id:
            raise StepFailed(f"{self.node} does not follow {self.primary} any more")
        old = view.line(self.primary_id)
        if not self.how and (old is None or old.flags & FAILING):
            raise StepFailed(f"{self.node} holds {self.primary} for failed: only --force can do it now")


@dataclass(frozen=True)
class AwaitTakeover(Step):
    """Until the replica says that it is primary and owns slots. A server gives a manual failover up after 5 s."""

    node: None
    target: Address
    id: str
    primary: Address
    primary_id: str
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until {self.target} says that it is primary and owns its slots"

    @property
    def advice(self) -> str:
        return f"Look who owns the slots (`redistui status`): {self.target} may still take over from {self.primary}."

    def script(self) -> Script:
        seen: list[View | None] = [None]

        def missing(replies: Replies) -> str:
            seen[0] = view = view_of(replies[0])
            if view is None:
                return f"{self.target} did not show its view"
            done = view.mine.id == self.id and is_primary(view.mine) and count(view.mine)
            return "" if done else f"{self.target} was no primary"

        try:
            yield from ask_until((Ask(self.target, NODES, seconds=0.5),), missing, every=EVERY, seconds=self.seconds)
        except NotKnown:
            raise
        except StepFailed as error:
            still = seen[0] is not None and seen[0].mine.primary == self.primary_id
            what = f"; it still follows {self.primary}" if still else ""
            raise StepFailed(f"{error}{what}", unchanged=still) from None
        return f"{self.target} is primary"


@dataclass(frozen=True)
class LetClientsGo(Step):
    """CLIENT UNPAUSE at the old primary, Redis 6.2 only: it held its clients for the handover, and goes on holding them
    for 10 s when it is over. As a replica it sends them on to the new one."""

    node: Address
    new: Address
    new_id: str
    seconds: float

    @property
    def text(self) -> str:
        return f"Once {self.node} follows {self.new}, let the clients go that it still holds"

    def commands(self) -> tuple[Argv, ...]:
        return (("CLIENT", "UNPAUSE"),)

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            view = view_of(replies[0])
            return "" if view is not None and view.mine.primary == self.new_id else "it did not follow"

        try:
            yield from ask_until(asks((self.node,), *NODES), missing, every=EVERY, seconds=self.seconds)
            yield Ask(self.node, self.commands()[0], mutates=True)
        except (StepFailed, Refused, Lost) as error:
            return f"not seen done ({error}): some clients may wait for up to 10 s"
        return "OK: they are sent on"
