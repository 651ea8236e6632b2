"""Steps of sentinel-set."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from operator import attrgetter

from redistui.judge.counts import every, sentence
from redistui.model import Address, Watch
from redistui.ops.sentinel.freshness import read_watch
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Refused, Reply, Script, Step, StepFailed, Wish
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.sentinel import read_masters
from redistui.replies.words import BadReply

FIELDS: Mapping[str, str] = {
    "quorum": "quorum",
    "down-after-milliseconds": "down_after_ms",
    "failover-timeout": "failover_timeout_ms",
    "parallel-syncs": "parallel_syncs",
}
"""Option of SENTINEL SET -> field of Watch."""
OPTIONS = tuple(FIELDS)
EVERY = 0.25


def value_in(watch: Watch, option: str) -> int | None:
    """What a Sentinel goes by."""
    found: int | None = attrgetter(FIELDS[option])(watch)
    return found


@dataclass(frozen=True)
class SetOption(Step):
    """SENTINEL SET at one Sentinel, when it still is what it was when the plan was made."""

    node: Address
    name: str
    option: str
    before: int
    value: int

    @property
    def text(self) -> str:
        return f"Set {self.option}, which is {self.before} there"

    def commands(self) -> tuple[Argv, ...]:
        return (set_to(self.name, self.option, self.value),)

    def script(self) -> Script:
        found = yield from read_value(self.node, self.name, self.option)
        if found not in (self.before, self.value):
            raise StepFailed(f"{self.option} is {found} by now, not {self.before}: somebody else has set it")
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            found = yield from read_value(self.node, self.name, self.option)
            if found != self.value:
                raise StepFailed(f"{error}; and {self.option} is {found}, not {self.value}") from None
        return f"OK: it is {self.value}"


@dataclass(frozen=True)
class RestoreOption(Step):
    """SENTINEL SET to what it was before."""

    node: Address
    name: str
    option: str
    before: int

    @property
    def text(self) -> str:
        return f"Put {self.option} back to {self.before}"

    @property
    def advice(self) -> str:
        return f"{self.node} may go by another {self.option} than the other Sentinels: set it again when it answers."

    def commands(self) -> tuple[Argv, ...]:
        return (set_to(self.name, self.option, self.before),)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except (Lost, Refused) as error:
            found = yield from read_value(self.node, self.name, self.option)
            if found != self.before:
                raise NotKnown(f"{error}; and {self.option} is {found}, not {self.before}") from None
        return f"OK: it is {self.before} again"


@dataclass(frozen=True)
class OptionIs(Step):
    """SENTINEL MASTER of every Sentinel that answered."""

    node: None
    name: str
    sentinels: tuple[Address, ...]
    option: str
    value: int
    seconds: float = 5.0

    @property
    def text(self) -> str:
        return sentence(f"{every(len(self.sentinels), 'Sentinel', 'say')} {self.option} {self.value}")

    def script(self) -> Script:
        asks = tuple(Ask(each, ("SENTINEL", "MASTER", self.name)) for each in self.sentinels)

        def missing(replies: Replies) -> str:
            odd = [who for who, reply in zip(self.sentinels, replies, strict=True) if self._in(reply) != self.value]
            return f"{', '.join(odd)} did not say {self.option} {self.value}" if odd else ""

        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"{every(len(self.sentinels), 'Sentinel', 'say')} {self.option} {self.value}"

    def _in(self, reply: Reply) -> int | None:
        try:
            return value_in(read_masters([reply])[0], self.option)
        except BadReply:
            return None


def read_value(sentinel: Address, name: str, option: str) -> Generator[Wish, Reply, int]:
    """What it says now. Raises NotKnown when it does not answer."""
    watch = yield from read_watch(sentinel, name)
    found = None if watch is None else value_in(watch, option)
    if found is None:
        raise NotKnown(f"{sentinel} does not say what its {option} is")
    return found


def set_to(name: str, option: str, value: int) -> Argv:
    return ("SENTINEL", "SET", name, option, str(value))
