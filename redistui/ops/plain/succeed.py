"""Succeed: REPLICAOF NO ONE at a replica whose primary is dead."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.checks import names
from redistui.ops.node.follow import obeyed
from redistui.ops.node.roles import role_of
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Reply, Script, Step, StepFailed, Together

GONE_SECONDS = 1.0


@dataclass(frozen=True)
class Succeed(Step):
    """Right before, the dead is asked once more, and so are all its replicas: one that still hears it refutes us."""

    node: Address
    dead: Address
    others: tuple[Address, ...]
    """Its other replicas that answer."""

    @property
    def text(self) -> str:
        return f"Make it primary, when {self.dead} is still silent and none of its replicas hears it"

    @property
    def advice(self) -> str:
        return f"Look at {self.node} (`redistui status`): when it is no primary, nobody takes writes; then `resume`."

    def commands(self) -> tuple[Argv, ...]:
        return (("REPLICAOF", "NO", "ONE"),)

    def script(self) -> Script:
        replicas = (self.node, *self.others)
        asks = (Ask(each, ("ROLE",), seconds=GONE_SECONDS) for each in (self.dead, *replicas))
        replies: list[Reply] = yield Together(tuple(asks))
        if replies[0] is not None:
            raise StepFailed(f"{self.dead} answers again")
        found = [role_of(reply) for reply in replies[1:]]
        if found[0] is None:
            raise NotKnown(f"{self.node} does not answer")
        if found[0].role == "primary":
            return "it is primary"
        hears = [who for who, role in zip(replicas, found, strict=True) if role and role.link_state == "connected"]
        if hears:
            raise StepFailed(f"{names(hears)} is connected to {self.dead}, so that is not dead")
        others = [who for who, role in zip(replicas, found, strict=True) if role and role.role == "primary"]
        if others:
            raise StepFailed(f"{names(others)} is primary by now")
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from obeyed(self.node, None, str(error))
        return "OK: it is primary"
