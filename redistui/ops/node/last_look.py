"""LastLook: what no poll tells, read at the nodes themselves right before the first command of a plan."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.node.fence import OPTION, UNREACHABLE, option
from redistui.ops.steps import Ask, NotKnown, Reply, Script, Step, StepFailed, Together, Wish
from redistui.replies.words import text

SENTINEL = re.compile(r"\bname=sentinel-[0-9a-f]{8}-(?:cmd|pubsub)\b")
Look = Generator[Wish, Reply, None]


@dataclass(frozen=True)
class LastLook(Step):
    """No Sentinel watches (each keeps a subscription at every node it knows); the node that is to take writes was not
    left fenced; and the one that is to follow another can log in there."""

    node: None
    nodes: tuple[Address, ...]
    """Those that answer: a Sentinel that we do not know would show at any of them."""
    heir: Address | None = None
    """Who is to take writes; None: nobody new."""
    follower: Address | None = None
    """Who is to follow the heir; None: nobody, or it will be given the password."""

    @property
    def text(self) -> str:
        parts = ["no Sentinel watches here"]
        if self.heir is not None:
            parts.append(f"{self.heir} was not left fenced")
        if self.follower is not None:
            parts.append(f"{self.follower} has the password for it")
        return f"Look once more: {', '.join(parts)}"

    def script(self) -> Script:
        yield from self._no_sentinel()
        if self.heir is not None:
            yield from self._no_fence(self.heir)
        if self.heir is not None and self.follower is not None:
            yield from self._password(self.follower, self.heir)
        return "nothing speaks against it"

    def _no_sentinel(self) -> Look:
        asks = tuple(Ask(node, ("CLIENT", "LIST", "TYPE", "pubsub")) for node in self.nodes)
        replies: list[Reply] = yield Together(asks)
        for node, reply in zip(self.nodes, replies, strict=True):
            if reply is None:
                raise NotKnown(f"{node} does not show its clients, so a Sentinel that watches it cannot be ruled out")
            if SENTINEL.search(text(reply)):
                raise StepFailed(
                    f"a Sentinel watches {node}, and is not known here: it would undo this; watch the Sentinels as well"
                )

    def _no_fence(self, heir: Address) -> Look:
        if (yield from option(heir, OPTION)) == UNREACHABLE:
            raise StepFailed(
                f"{OPTION} is {UNREACHABLE} at {heir}: an earlier fence was left there, and as a primary it would "
                f"refuse all writes; `set-parameter {heir} {OPTION} 0` sets it back"
            )

    def _password(self, follower: Address, heir: Address) -> Look:
        wanted = yield from option(heir, "requirepass")
        if wanted and (yield from option(follower, "masterauth")) == "":
            raise StepFailed(
                f"{heir} wants a password, and {follower} has no masterauth: it could not follow; set it first"
            )
