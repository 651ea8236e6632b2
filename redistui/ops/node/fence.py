"""Fences: how writes at a primary are held while another one takes over.

Without a fence the old primary acknowledges writes until the Sentinels demote it, about 10 s after the promotion, and
all of these are lost. Two means:

* min-replicas-to-write 10000 makes writes fail (NOREPLICAS, nothing is executed) until it is set back. It does not end
  by itself, so that a console which dies never leaves two writable primaries: the value found before is noted,
  journalled, and put back. Alone it costs a full resync, because the offset goes on moving under it (PUBLISH, PING).
* CLIENT PAUSE ... WRITE makes clients wait instead. But it ends by itself, and when it does, an old primary that nobody
  has demoted takes writes again (measured: up to 172 acknowledged writes lost, Redis 6.2, four writers); and it holds
  the Sentinels' own PUBLISH as well, so that it makes them fail over when it lasts longer than down-after. So it only
  stands before the other one, where down-after leaves the time: then clients wait, see no error, and the replicas
  resync partially.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass

from redistui.model import Address
from redistui.ops.steps import (
    Argv,
    Ask,
    Hole,
    Lost,
    Note,
    NotKnown,
    Recall,
    Refused,
    Reply,
    Script,
    Step,
    StepFailed,
    Wish,
)
from redistui.replies.words import BadReply, pairs, text

LONGEST_PAUSE_MS = 15_000
SHORTEST_DOWN_AFTER_MS = 8_000
"""With a shorter down-after, half of it is no time to fail over in."""
OPTION = "min-replicas-to-write"
MAX_LAG = "min-replicas-max-lag"
UNREACHABLE = "10000"
"""More replicas than any primary has."""

BEFORE = Hole("value read before")
PRIMARYS = Hole("its primary's value")


@dataclass(frozen=True)
class Fence:
    """The steps that hold writes at one primary, and those that let them go again."""

    hold: tuple[Step, ...]
    release: tuple[Step, ...]
    pause_seconds: float | None
    """How long clients wait before they are refused; None: they are refused at once."""


def fence_for(primary: Address, down_after_ms: int) -> Fence:
    """The gentlest fence that Sentinels with this down-after do not take for an outage."""
    read, refuse, accept = ReadMinReplicas(primary), RefuseWrites(primary), AcceptWrites(primary)
    if down_after_ms < SHORTEST_DOWN_AFTER_MS:
        return Fence((read, refuse), (accept,), None)
    pause = min(LONGEST_PAUSE_MS, down_after_ms // 2)
    return Fence((read, PauseWrites(primary, pause), refuse), (accept, ResumeWrites(primary)), pause / 1000)


@dataclass(frozen=True)
class PauseWrites(Step):
    """CLIENT PAUSE ... WRITE (Redis >= 6.2)."""

    node: Address
    ms: int

    @property
    def text(self) -> str:
        return f"Hold writes: clients that write wait, for at most {self.ms / 1000:g} s"

    def commands(self) -> tuple[Argv, ...]:
        return (("CLIENT", "PAUSE", str(self.ms), "WRITE"),)

    def script(self) -> Script:
        yield Ask(self.node, self.commands()[0], mutates=True, seconds=self.ms / 8000)
        return "OK: writes wait"


@dataclass(frozen=True)
class ResumeWrites(Step):
    """CLIENT UNPAUSE. Harmless when nothing is paused; it ends everybody's pause, not only ours."""

    node: Address

    @property
    def text(self) -> str:
        return "Let clients go on"

    @property
    def advice(self) -> str:
        return f"The pause at {self.node} ends by itself."

    def commands(self) -> tuple[Argv, ...]:
        return (("CLIENT", "UNPAUSE"),)

    def script(self) -> Script:
        yield Ask(self.node, self.commands()[0], mutates=True)
        return "OK: nothing is held any more"


@dataclass(frozen=True)
class ReadMinReplicas(Step):
    """Finds out what has to be put back later."""

    node: Address

    @property
    def text(self) -> str:
        return f"Read {OPTION}, to put it back later"

    def script(self) -> Script:
        value = value_of((yield Ask(self.node, ("CONFIG", "GET", OPTION))))
        if not value.isdecimal():
            raise StepFailed(f"{OPTION} cannot be read: the answer was {value!r}")
        if value == UNREACHABLE:
            raise StepFailed(f"{OPTION} is {value} already: an earlier fence was left there; set it back first")
        if value_of((yield Ask(self.node, ("CONFIG", "GET", MAX_LAG)))) == "0":
            raise StepFailed(f"{MAX_LAG} is 0, which switches {OPTION} off; set it first (10 is usual)")
        yield Note(BEFORE, value)
        return f"it is {value}"


@dataclass(frozen=True)
class RefuseWrites(Step):
    """CONFIG SET min-replicas-to-write to more than there are."""

    node: Address

    @property
    def text(self) -> str:
        return "Refuse writes (NOREPLICAS), so that none is taken even when this console dies"

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "SET", OPTION, UNREACHABLE),)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            yield from reads(self.node, UNREACHABLE, str(error))
        return "OK: writes are refused"


@dataclass(frozen=True)
class AcceptWrites(Step):
    """Puts min-replicas-to-write back to the value that was read before."""

    node: Address

    @property
    def text(self) -> str:
        return f"Put {OPTION} back"

    @property
    def advice(self) -> str:
        return f"Until {OPTION} is put back at {self.node}, that node refuses writes whenever it is a primary."

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "SET", OPTION, BEFORE),)

    def script(self) -> Script:
        value: str = yield Recall(BEFORE)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except (Lost, Refused) as error:  # refused, because it was not let be changed in the first place
            yield from reads(self.node, value, str(error))
        return f"OK: it is {value} again"


@dataclass(frozen=True)
class LiftFence(Step):
    """Takes away the fence that `detach` left at a node that follows somebody again."""

    node: Address
    primary: Address

    @property
    def text(self) -> str:
        return f"Give it the {OPTION} of {self.primary}, where a fence stands at it"

    def commands(self) -> tuple[Argv, ...]:
        return (("CONFIG", "SET", OPTION, PRIMARYS),)

    def script(self) -> Script:
        found = yield from option(self.node, OPTION)
        if found != UNREACHABLE:
            return "there is none" if found else f"{OPTION} is not let be read"
        usual = yield from option(self.primary, OPTION)
        value = "0" if usual in (None, "", UNREACHABLE) else str(usual)
        yield Note(PRIMARYS, value)
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except (Lost, Refused) as error:
            if (yield from option(self.node, OPTION)) != value:
                return f"NOT DONE ({error}): `set-parameter {self.node} {OPTION} {value}` does it later"
        return f"OK: it is {value}"


def reads(node: Address, value: str, why: str) -> Script:
    """After a command that did not say OK: whether the option has the value all the same."""
    found = value_of((yield Ask(node, ("CONFIG", "GET", OPTION))))
    if found != value:
        raise NotKnown(f"{why}; and {OPTION} reads {found!r}, not {value}")
    return ""


def value_of(reply: Reply) -> str:
    """The one value of a CONFIG GET; empty where there is none."""
    try:
        return next((text(value) for value in pairs("CONFIG GET", reply).values()), "")
    except BadReply:
        return ""


def option(node: Address, name: str) -> Generator[Wish, Reply, str | None]:
    """CONFIG GET; None where it is not let be read. The value stays in the script: it may be a secret."""
    try:
        return value_of((yield Ask(node, ("CONFIG", "GET", name))))
    except (Refused, Lost):
        return None
