"""What must hold after a Sentinel failover before anybody calls it done. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.counts import every, sentence
from redistui.model import Address
from redistui.ops.node.roles import follows, role_of
from redistui.ops.sentinel.freshness import BUSY
from redistui.ops.sentinel.steps import NEW
from redistui.ops.steps import Ask, Recall, Reply, Script, Step, StepFailed
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.sentinel import read_masters
from redistui.replies.words import BadReply

EVERY = 0.25


@dataclass(frozen=True)
class SentinelsAgree(Step):
    """Every Sentinel names the new primary, under one config-epoch newer than before."""

    node: None
    name: str
    sentinels: tuple[Address, ...]
    epoch: int
    """The config-epoch before."""
    seconds: float

    @property
    def text(self) -> str:
        return sentence(f"{every(len(self.sentinels), 'Sentinel', 'name')} the new primary under one new config-epoch")

    def script(self) -> Script:
        new: Address = yield Recall(NEW)
        asks = tuple(Ask(each, ("SENTINEL", "MASTER", self.name)) for each in self.sentinels)

        def missing(replies: Replies) -> str:
            seen = [believed(reply) for reply in replies]
            epochs = {epoch for _, epoch, _ in seen}
            late = [who for who, (primary, _, _) in zip(self.sentinels, seen, strict=True) if primary != new]
            if late:
                return f"{', '.join(late)} did not name {new}"
            if len(epochs) != 1 or None in epochs or min(e for e in epochs if e is not None) <= self.epoch:
                return f"the Sentinels' config-epochs were {sorted(map(str, epochs))}, before it was {self.epoch}"
            return "the failover was still in progress" if any(busy for _, _, busy in seen) else ""

        replies = yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"{every(len(self.sentinels), 'Sentinel', 'name')} {new}, config-epoch {believed(replies[0])[1]}"


@dataclass(frozen=True)
class NewPrimaryServes(Step):
    """ROLE of the new primary; and, where one was asked for, that it is that one."""

    node: None
    seconds: float
    wanted: Address = ""

    @property
    def text(self) -> str:
        return f"{self.wanted or 'The new primary'} says of itself that it is primary (ROLE)"

    def script(self) -> Script:
        new: Address = yield Recall(NEW)
        if self.wanted not in ("", new):
            raise StepFailed(f"the Sentinels made {new} primary, not {self.wanted}")

        def missing(replies: Replies) -> str:
            found = role_of(replies[0])
            return "" if found is not None and found.role == "primary" else f"{new} did not say that it is a primary"

        yield from ask_until((Ask(new, ("ROLE",)),), missing, every=EVERY, seconds=self.seconds)
        return f"{new} is primary, as its own ROLE says"


@dataclass(frozen=True)
class EveryoneFollows(Step):
    """Every other node that answered before is a replica of the new primary, with its link up."""

    node: None
    nodes: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return "Every other node follows the new primary, link up"

    def script(self) -> Script:
        new: Address = yield Recall(NEW)
        others = tuple(node for node in self.nodes if node != new)
        if not others:
            return "there was no other node that answered"

        def missing(replies: Replies) -> str:
            astray = [who for who, reply in zip(others, replies, strict=True) if not follows(reply, new)]
            return f"{', '.join(astray)} did not follow {new} with its link up" if astray else ""

        asks = tuple(Ask(each, ("ROLE",)) for each in others)
        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"{', '.join(others)} {'follows' if len(others) == 1 else 'follow'} it, link up"


def believed(reply: Reply) -> tuple[Address | None, int | None, bool]:
    """Primary, config-epoch and whether a failover goes on, of a SENTINEL MASTER reply."""
    try:
        watch = read_masters([reply])[0]
    except BadReply:
        return None, None, False
    return watch.primary, watch.epoch, BUSY in watch.flags
