"""WriteConfig: a node's present role and options into its config file."""

from __future__ import annotations

from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.steps import Argv, Ask, Lost, Refused, Script, Step


@dataclass(frozen=True)
class WriteConfig(Step):
    """CONFIG REWRITE, so that a restarted node comes back as it is now. A node without a config file refuses; nothing
    else in a plan depends on it."""

    node: Address
    what: str = "new role"
    otherwise: str = "restarted, it would come back in its old role until the Sentinels see it"
    """What follows when it is not written."""

    @property
    def text(self) -> str:
        return f"Write the {self.what} into its config file"

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "REWRITE"),)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True, seconds=5.0)
        except Refused as error:
            return f"not written ({error}): {self.otherwise}"
        except Lost:
            return "no reply: whether it was written is not known"
        return "OK"
