"""LetGo: REPLICAOF NO ONE at a replica whose primary lives on. It follows nobody from then on."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.node.fence import OPTION, UNREACHABLE, option
from redistui.ops.node.follow import obeyed
from redistui.ops.node.roles import read_role, says
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Script, Step, StepFailed
from redistui.ops.waiting import Replies, ask_until


@dataclass(frozen=True)
class LetGo(Step):
    """With `fenced` it refuses to make a second writable primary: the fence must be seen to be up."""

    node: Address
    fenced: bool

    @property
    def text(self) -> str:
        return "Let it follow nobody" + (", its fence still up" if self.fenced else ": from now on it takes writes")

    @property
    def advice(self) -> str:
        return f"Look whether {self.node} still is a replica (`redistui status`), and whether it takes writes."

    def commands(self) -> tuple[Argv, ...]:
        return (("REPLICAOF", "NO", "ONE"),)

    def script(self) -> Script:
        if self.fenced and (found := (yield from option(self.node, OPTION))) != UNREACHABLE:
            raise StepFailed(f"{OPTION} is {found!r} at {self.node}: somebody has lifted the fence")
        own = yield from read_role(self.node)
        if own is None:
            raise NotKnown(f"{self.node} does not answer")
        if own.role == "primary":
            return "it follows nobody"
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from obeyed(self.node, None, str(error))
        return "OK: it follows nobody"


@dataclass(frozen=True)
class IsDetached(Step):
    """Its ROLE says primary, and it takes writes only where that was meant."""

    node: Address
    fenced: bool
    seconds: float = 5.0

    @property
    def text(self) -> str:
        return f"{self.node} follows nobody, and {'refuses' if self.fenced else 'takes'} writes"

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            return "" if says(replies[0], "primary") else f"{self.node} did not say that it is a primary"

        yield from ask_until((Ask(self.node, ("ROLE",)),), missing, every=0.1, seconds=self.seconds)
        if self.fenced and (yield from option(self.node, OPTION)) != UNREACHABLE:
            raise StepFailed(f"{self.node} is not fenced: it may take writes")
        return self.text
