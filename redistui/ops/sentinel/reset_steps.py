"""Steps of sentinel-reset: one Sentinel forgets, finds everybody again, and then there is a pause."""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import dataclass

from redistui.judge.counts import counted, every, sentence
from redistui.model import Address
from redistui.ops.node.roles import is_primary
from redistui.ops.sentinel.freshness import read_watch
from redistui.ops.steps import (
    Argv,
    Ask,
    Lost,
    NotKnown,
    Now,
    Pause,
    Refused,
    Reply,
    Script,
    Step,
    StepFailed,
    Wish,
)
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.sentinel import read_masters, read_replicas, read_sentinels
from redistui.replies.words import BadReply, text

EVERY = 0.25
TROUBLE = frozenset({"s_down", "o_down", "failover_in_progress"})
FOUND_SECONDS = 30.0
"""Replicas were seen to be back after 5 s, Sentinels after 1 s; a Sentinel asks for INFO every 10 s."""


def literally(name: str) -> str:
    """A pattern that fits this name alone: SENTINEL RESET takes patterns.

    >>> literally("orders"), literally("or*d[e]rs?")
    ('orders', 'or\\\\*d\\\\[e]rs\\\\?')
    """
    return re.sub(r"([*?\[\\])", r"\\\1", name)


@dataclass(frozen=True)
class ResetSentinel(Step):
    """SENTINEL RESET at one Sentinel, while all others know the primary well."""

    node: Address
    name: str
    pattern: str
    primary: Address
    others: tuple[Address, ...]

    @property
    def text(self) -> str:
        return f"Let it forget the replicas and Sentinels of {self.name}"

    @property
    def advice(self) -> str:
        return f"Look whether {self.node} knows everybody (`redistui status`) before any Sentinel is reset again."

    def commands(self) -> tuple[Argv, ...]:
        return (("SENTINEL", "RESET", self.pattern),)

    def script(self) -> Script:
        yield from self._all_well()
        try:
            reply: Reply = yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost:
            return "no reply; what came of it is seen next"
        if text(reply) != "1":
            raise StepFailed(f"it has reset {text(reply)} groups, not the one called {self.name}")
        return "OK: one group reset"

    def _all_well(self) -> Generator[Wish, Reply, None]:
        for sentinel in (self.node, *self.others):
            watch = yield from read_watch(sentinel, self.name)
            if watch is None:
                raise NotKnown(f"{sentinel} does not answer any more")
            if watch.primary != self.primary or watch.flags & TROUBLE:
                raise StepFailed(
                    f"{sentinel} says {watch.primary}, {', '.join(sorted(watch.flags))}: no time for a reset"
                )
        if not (yield from is_primary(self.primary)):
            raise StepFailed(f"{self.primary} does not say that it is a primary: nobody could find the replicas again")


@dataclass(frozen=True)
class EveryoneKnown(Step):
    """Until a Sentinel that was reset knows all that live, and none that it should have forgotten, and can reach
    quorum."""

    node: Address
    name: str
    replicas: tuple[Address, ...]
    others: tuple[Address, ...]
    forgotten: tuple[Address, ...]
    seconds: float = FOUND_SECONDS

    @property
    def text(self) -> str:
        return f"Wait until {self.node} has found {self._everyone} again"

    @property
    def _everyone(self) -> str:
        others = f" and {counted(len(self.others), 'other Sentinel')}" if self.others else ""
        return f"{counted(len(self.replicas), 'replica')}{others}"

    @property
    def advice(self) -> str:
        return f"Until {self.node} knows everybody, it cannot fail over. Do not reset another Sentinel meanwhile."

    def script(self) -> Script:
        asks = tuple(Ask(self.node, ("SENTINEL", what, self.name)) for what in ("REPLICAS", "SENTINELS"))

        def missing(replies: Replies) -> str:
            known = known_by(replies)
            late = [who for who in (*self.replicas, *self.others) if who not in known]
            kept = [who for who in self.forgotten if who in known]
            if late:
                return f"{self.node} has not found {', '.join(late)}"
            return f"{self.node} still knows {', '.join(kept)}" if kept else ""

        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        yield from can_reach_quorum(self.node, self.name, self.seconds)
        return f"it knows {self._everyone}, and can reach quorum"


@dataclass(frozen=True)
class Spacing(Step):
    """Nothing but time."""

    node: None
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait {self.seconds:g} s before the next one; a wish to stop is heeded here"

    def script(self) -> Script:
        yield Pause(self.seconds)
        yield Now()  # whoever wants to stop is heard here, and not in the next step
        return "the next one may go"


@dataclass(frozen=True)
class Unanimous(Step):
    """All Sentinels name the primary, see nothing wrong with it, know each other, and can reach quorum."""

    node: None
    name: str
    sentinels: tuple[Address, ...]
    primary: Address
    seconds: float = 10.0

    @property
    def text(self) -> str:
        known = ", know each other," if len(self.sentinels) > 1 else ""
        return sentence(f"{every(len(self.sentinels), 'Sentinel', 'name')} {self.primary}{known} and can reach quorum")

    def script(self) -> Script:
        asks = tuple(Ask(each, ("SENTINEL", "MASTER", self.name)) for each in self.sentinels)

        def missing(replies: Replies) -> str:
            odd = [who for who, reply in zip(self.sentinels, replies, strict=True) if not self._fine(reply)]
            return f"{', '.join(odd)} did not agree" if odd else ""

        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        for sentinel in self.sentinels:
            yield from can_reach_quorum(sentinel, self.name, self.seconds)
        return f"{every(len(self.sentinels), 'Sentinel', 'name')} {self.primary} and can reach quorum"

    def _fine(self, reply: Reply) -> bool:
        try:
            watch = read_masters([reply])[0]
        except BadReply:
            return False
        known = watch.other_sentinels == len(self.sentinels) - 1
        return watch.primary == self.primary and watch.flags == {"primary"} and known


def known_by(replies: Replies) -> set[Address]:
    """Replicas and Sentinels that two replies of a Sentinel list."""
    try:
        return {one.address for one in read_replicas(replies[0])} | {one.address for one in read_sentinels(replies[1])}
    except BadReply:
        return set()


def can_reach_quorum(sentinel: Address, name: str, seconds: float) -> Generator[Wish, Reply, None]:
    """Asks CKQUORUM until it says so; a Sentinel that says no does it with an error."""
    begun: float = yield Now()
    while True:
        try:
            yield Ask(sentinel, ("SENTINEL", "CKQUORUM", name))
            return
        except (Lost, Refused) as error:
            said = error
        if (yield Now()) - begun >= seconds:
            raise (NotKnown if isinstance(said, Lost) else StepFailed)(f"{sentinel}: {said}")
        yield Pause(EVERY)
