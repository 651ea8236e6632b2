"""Steps of the fast switch: the old primary steps down before the new one takes over.

So there is never more than one primary, whatever dies on the way: between the two steps, some milliseconds, there is
none. Writes are held (CLIENT PAUSE) only so that the replica can catch up. Nothing rests on how long the pause lasts: a
primary that has stepped down takes no writes, its offset stands still, and the new one takes over only when it has all
up to there. Otherwise the old one is put back.
"""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.checks import names
from redistui.ops.node.catch_up import CatchUp
from redistui.ops.node.fence import PauseWrites, ResumeWrites
from redistui.ops.node.follow import obeyed, replicaof
from redistui.ops.node.replication_info import ask_info, info_of
from redistui.ops.node.roles import read_role, role_of
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Refused, Reply, Script, Step, StepFailed, Together
from redistui.replies.words import text

BRIEF = 0.5
"""Seconds for a look while nobody takes writes."""


@dataclass(frozen=True)
class KeepsUp(CatchUp):
    """A replica that is stuck is found before clients have to wait for it: one that has just synced, for instance, gets
    nothing new before its first acknowledgement, up to a second later."""

    @property
    def text(self) -> str:
        return f"See that {names(list(self.replicas))} keeps up with {self.node}, before writes are held"


@dataclass(frozen=True)
class HoldBriefly(PauseWrites):
    """The same pause, of which nothing depends on whether it took."""

    def script(self) -> Script:
        try:
            return (yield from super().script())
        except Lost as error:
            return f"{error}: whether writes wait is not known, and nothing rests on it"


@dataclass(frozen=True)
class EndHold(ResumeWrites):
    """The same end of a pause; without it ours ends by itself."""

    def script(self) -> Script:
        try:
            return (yield from super().script())
        except (Lost, Refused) as error:
            return f"{error}: the pause ends by itself"


@dataclass(frozen=True)
class StepDown(Step):
    """REPLICAOF at the old primary: it follows its own replica, and takes no more writes."""

    node: Address
    target: Address

    @property
    def text(self) -> str:
        return f"Make the old primary a replica of {self.target}: from now on nobody takes writes"

    def commands(self) -> tuple[Argv, ...]:
        return (replicaof(self.target),)

    def script(self) -> Script:
        own = yield from read_role(self.node)
        if own is None:
            raise NotKnown(f"{self.node} does not answer")
        if own.role == "replica":
            if own.primary != self.target:
                raise StepFailed(f"{self.node} follows {own.primary} by now")
            return f"it follows {self.target}"
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from obeyed(self.node, self.target, str(error))
        return f"OK: it follows {self.target}"


@dataclass(frozen=True)
class TakeOver(Step):
    """REPLICAOF NO ONE at the new primary, once the old one has stepped down and has nothing that it has not."""

    node: Address
    old: Address

    @property
    def text(self) -> str:
        return f"Make it primary, when it has all that {self.old} had"

    @property
    def advice(self) -> str:
        return (
            f"Nobody takes writes while {self.node} is no primary. When it answers again: `resume`. When it is gone "
            f"for good: `promote {self.old}`, which follows it."
        )

    def commands(self) -> tuple[Argv, ...]:
        return (("REPLICAOF", "NO", "ONE"),)

    def script(self) -> Script:
        roles = tuple(Ask(each, ("ROLE",), seconds=BRIEF) for each in (self.old, self.node))
        replies: list[Reply] = yield Together(
            (*roles, ask_info(self.old, seconds=BRIEF), ask_info(self.node, seconds=BRIEF))
        )
        old, own = role_of(replies[0]), role_of(replies[1])
        if old is None or own is None:
            raise NotKnown(f"{self.old if old is None else self.node} does not answer")
        if old.primary != self.node:
            raise StepFailed(f"{self.old} does not follow {self.node}: two primaries would come of it")
        if own.role == "primary":
            return "it is primary"
        self._has_all(replies)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from obeyed(self.node, None, str(error))
        return "OK: it is primary"

    def _has_all(self, replies: list[Reply]) -> None:
        old, own = info_of(replies[2]), info_of(replies[3])
        goal, has = old.integer("master_repl_offset"), own.integer("slave_repl_offset")
        if goal is None or has is None:
            raise NotKnown("an offset cannot be read")
        if old.text("master_replid") != own.text("master_replid"):
            raise StepFailed(f"{self.node} has another history than {self.old}")
        if has < goal:
            raise StepFailed(f"{self.node} lacks the last {goal - has} bytes of {self.old}")


@dataclass(frozen=True)
class TakeBack(Step):
    """REPLICAOF NO ONE at the old primary. At one that never stepped down it does nothing."""

    node: Address
    target: Address

    @property
    def text(self) -> str:
        return f"Make {self.node} primary again, unless {self.target} is one by now"

    @property
    def advice(self) -> str:
        return f"Only one may be primary: look at {self.node} and {self.target} before anything else."

    def commands(self) -> tuple[Argv, ...]:
        return (("REPLICAOF", "NO", "ONE"),)

    def script(self) -> Script:
        found = yield from read_role(self.target)
        if found is not None and found.role == "primary":
            raise StepFailed(f"{self.target} is primary by now, so {self.node} has to stay its replica")
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from obeyed(self.node, None, str(error))
        return "OK: it is primary"


@dataclass(frozen=True)
class CutClients(Step):
    """CLIENT KILL: whoever is still connected to the old primary looks anew for where to write."""

    node: Address

    @property
    def text(self) -> str:
        return "Cut its clients off, so that they look for the new primary"

    def commands(self) -> tuple[Argv, ...]:
        return (("CLIENT", "KILL", "TYPE", "normal"), ("CLIENT", "KILL", "TYPE", "pubsub"))

    def script(self) -> Script:
        said = []
        for argv in self.commands():
            try:
                said.append(f"{text((yield Ask(self.node, argv, mutates=True)))} {argv[-1]}")
            except (Refused, Lost) as error:
                said.append(f"{argv[-1]} not cut off ({error}): they get READONLY")
        return f"cut off: {', '.join(said)}"
