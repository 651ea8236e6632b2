"""Steps that make a node a replica of another one: GiveLogin before, Follow, and Repoint for those that did follow
somebody of the same history already.

REPLICAOF answers OK at once; whether the link comes up shows later (redistui.ops.node.follow_verify).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address, host_of, port_of
from redistui.ops.node.fence import option
from redistui.ops.node.replication_info import ask_info, info_of
from redistui.ops.node.roles import follows, read_role
from redistui.ops.steps import (
    Argv,
    Ask,
    Lost,
    NotKnown,
    Pause,
    Refused,
    Reply,
    Script,
    Secret,
    Step,
    StepFailed,
    Wish,
)
from redistui.ops.waiting import Replies, ask_until

LINK_SECONDS = 10.0
"""For so long a replica that needs no full sync is waited for, before the next one is sent over."""
QUIET = 0.5


def replicaof(primary: Address) -> Argv:
    return ("REPLICAOF", host_of(primary), str(port_of(primary)))


@dataclass(frozen=True)
class GiveLogin(Step):
    """masteruser and masterauth, before REPLICAOF: without them the link would never come up."""

    node: Address
    primary: Address

    @property
    def text(self) -> str:
        return f"Give it our login at {self.primary}, where that wants one and it has no other"

    def commands(self) -> tuple[Argv, ...]:
        return (
            ("CONFIG", "SET", "masteruser", Secret("user", self.primary)),
            ("CONFIG", "SET", "masterauth", Secret("password", self.primary)),
        )

    def script(self) -> Script:
        wanted = yield from option(self.primary, "requirepass")
        has = yield from option(self.node, "masterauth")
        if wanted == "":
            return f"{self.primary} wants no password"
        if has and (wanted is None or has == wanted):
            return "it has one already"
        user, password = self.commands()
        try:
            yield Ask(self.node, user, mutates=True)
            yield Ask(self.node, password, mutates=True)
        except Lost as error:
            now = yield from option(self.node, "masterauth")
            if not now or now == has:
                raise StepFailed(f"{error}, and masterauth was not changed") from None
        return "OK"


@dataclass(frozen=True)
class Follow(Step):
    """REPLICAOF."""

    node: Address
    primary: Address

    @property
    def text(self) -> str:
        return f"Make it a replica of {self.primary}"

    @property
    def advice(self) -> str:
        return f"`redistui status` shows whom {self.node} follows; attach it once more when it does not follow yet."

    def commands(self) -> tuple[Argv, ...]:
        return (replicaof(self.primary),)

    def script(self) -> Script:
        above = yield from read_role(self.primary)
        if above is not None and above.primary == self.node:
            raise StepFailed(f"{self.primary} follows {self.node} by now: they would follow each other")
        own = yield from read_role(self.node)
        if own is not None and own.primary == self.primary:
            return f"it follows {self.primary}"
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from obeyed(self.node, self.primary, str(error))
        return f"OK: it follows {self.primary}"


@dataclass(frozen=True)
class Repoint(Step):
    """REPLICAOF at a replica of the old primary, then its link. It keeps its data: the histories are one. When it
    cannot be reached, the others are sent over all the same: it still follows the old one, which follows the new."""

    node: Address
    primary: Address

    @property
    def text(self) -> str:
        return f"Send this replica over to {self.primary}, and wait up to {LINK_SECONDS:g} s for its link"

    def commands(self) -> tuple[Argv, ...]:
        return (replicaof(self.primary),)

    def script(self) -> Script:
        before = yield from full_syncs(self.primary)
        own = yield from read_role(self.node)
        if own is not None and own.role == "primary":
            return f"NOT DONE: it is a primary by now, and was left alone; `attach {self.node} {self.primary}`"
        if own is None or own.primary != self.primary:
            try:
                yield Ask(self.node, self.commands()[0], mutates=True)
            except Refused as error:
                return f"NOT DONE ({error}): `attach {self.node} {self.primary}` does it later"
            except Lost as error:
                said = yield from self._after(str(error))
                if said:
                    return said
        return (yield from self._linked(before))

    def _after(self, why: str) -> Script:
        try:
            yield from obeyed(self.node, self.primary, why)
        except StepFailed as error:
            return f"NOT DONE ({error}): `attach {self.node} {self.primary}` does it later"
        return ""

    def _linked(self, before: int | None) -> Script:
        try:
            yield from link_up(self.node, self.primary, LINK_SECONDS)
        except StepFailed as error:
            return f"it follows {self.primary}, but {error}"
        after = yield from full_syncs(self.primary)
        if before is None or after is None:
            return f"it follows {self.primary}, link up"
        return f"it follows {self.primary}, link up, by a {'partial' if after == before else 'FULL'} resync"


def link_up(node: Address, primary: Address, seconds: float) -> Generator[Wish, Reply, None]:
    def missing(replies: Replies) -> str:
        return "" if follows(replies[0], primary) else f"the link of {node} to {primary} was not up"

    yield from ask_until((Ask(node, ("ROLE",), seconds=0.5),), missing, every=0.05, seconds=seconds)


def full_syncs(primary: Address) -> Generator[Wish, Reply, int | None]:
    """How many full syncs a node has given since it was started."""
    try:
        return info_of((yield ask_info(primary, "stats"))).integer("sync_full")
    except (Refused, Lost):
        return None


def obeyed(node: Address, primary: Address | None, why: str) -> Generator[Wish, Reply, None]:
    """After a REPLICAOF without a reply: whether it was done all the same (`primary` None: REPLICAOF NO ONE).

    A second quiet look: the command may still have waited in the server's socket at the first. Raises StepFailed
    (unchanged) where it was not done, NotKnown where the node does not say.
    """
    for _ in range(2):
        found = yield from read_role(node)
        if found is not None and found.primary == primary and (primary is not None or found.role == "primary"):
            return
        if found is None:
            raise NotKnown(f"{why}, and {node} does not say whether it was done")
        yield Pause(QUIET)
    raise StepFailed(f"{why}, and it was not done", unchanged=True)
