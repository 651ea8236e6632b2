"""What must hold when nodes have been made to follow another one. Reads only."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.checks import names
from redistui.ops.node.fence import OPTION, UNREACHABLE, option
from redistui.ops.node.replication_info import ask_info, info_of, sync_progress
from redistui.ops.node.roles import follows, says
from redistui.ops.steps import Ask, NotKnown, Now, Pause, Script, Step, StepFailed, Together
from redistui.ops.waiting import Replies, ask_until

EVERY = 0.2
LONG, SLOW = 5.0, 1.0
"""Seconds after which a sync is a long one, and between two looks at it then."""


@dataclass(frozen=True)
class Serves(Step):
    """Its own ROLE says primary, and its history goes on from the old one."""

    node: Address
    replid: str | None
    """The history before: now the one it comes from, so that the others need no full sync; None: not looked at."""
    seconds: float = 10.0

    @property
    def text(self) -> str:
        return f"{self.node} is a primary by its own ROLE" + (", in the same history" if self.replid else "")

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            if not says(replies[0], "primary"):
                return f"{self.node} did not say that it is a primary"
            info = info_of(replies[1])
            known = (info.text("master_replid"), info.text("master_replid2"))
            return f"{self.node} has left the history {self.replid}" if self.replid not in (None, *known) else ""

        asks = (Ask(self.node, ("ROLE",), seconds=1.0), ask_info(self.node))
        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"{self.node} is primary, as its own ROLE says"


@dataclass(frozen=True)
class AllFollow(Step):
    """ROLE of every other node."""

    node: None
    primary: Address
    nodes: tuple[Address, ...]
    seconds: float = 30.0

    @property
    def text(self) -> str:
        return f"{names(list(self.nodes))} follow{'s' if len(self.nodes) == 1 else ''} {self.primary}, link up"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            astray = [who for who, reply in zip(self.nodes, replies, strict=True) if not follows(reply, self.primary)]
            return f"{names(astray)} did not follow {self.primary} with the link up" if astray else ""

        yield from ask_until([Ask(each, ("ROLE",)) for each in self.nodes], missing, every=EVERY, seconds=self.seconds)
        return self.text


@dataclass(frozen=True)
class Synced(Step):
    """The link of a new replica is up, and its primary counts it as online. A full sync may take long: it is waited for
    as long as it moves on."""

    node: Address
    primary: Address
    stall: float = 300.0
    """Seconds without any news of a sync, after which it is not waited for any more."""
    seconds: float = 6 * 3600.0

    @property
    def text(self) -> str:
        return (
            f"{self.node} has its link up, and {self.primary} lists it online (a full sync is waited for until nothing "
            f"has moved for {self.stall:g} s)"
        )

    def script(self) -> Script:
        asks = (Ask(self.node, ("ROLE",)), ask_info(self.node, seconds=2.0), ask_info(self.primary, seconds=2.0))
        begun: float = yield Now()
        moved, last = begun, ""
        while True:
            replies: Replies = yield Together(asks)
            if follows(replies[0], self.primary) and online(replies[2], self.node):
                return f"{self.node} follows {self.primary}, link up, online there{(yield from self._fence())}"
            said, now = sync_progress(info_of(replies[1])), (yield Now())
            if said != last:
                moved, last = now, said
            if now - moved >= self.stall or now - begun >= self.seconds:
                raise self._given_up(replies, said, now - begun)
            yield Pause(SLOW if now - begun > LONG else EVERY)

    def _fence(self) -> Script:
        """That it would refuse writes, should it ever be promoted."""
        if (yield from option(self.node, OPTION)) != UNREACHABLE:
            return ""
        return f"; but an earlier fence is left there: `set-parameter {self.node} {OPTION} 0`"

    def _given_up(self, replies: Replies, said: str, waited: float) -> StepFailed:
        if replies[0] is None:
            return NotKnown(f"{self.node} did not answer for {waited:.0f} s: it may be loading what it was sent")
        if said:
            return NotKnown(f"{said}, and has not moved for {self.stall:g} s; {self.node} goes on by itself")
        return StepFailed(
            f"the link of {self.node} was not up after {waited:.0f} s: its log says why (often the password, "
            f"masterauth, or that {self.primary} is not reached from there under that name)"
        )


def online(reply: object, replica: Address) -> bool:
    """Whether a primary's INFO lists a replica on that port as online. By the port: a replica that does not announce
    itself is listed under the address that its connection came from."""
    port = replica.rpartition(":")[2]
    return any(one.state == "online" and one.address.rpartition(":")[2] == port for one in info_of(reply).replicas)
