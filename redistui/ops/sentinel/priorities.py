"""Priorities: how Sentinels are made to choose one replica. They take the lowest replica-priority that is not 0, then
the highest offset, then the lowest run id.

Each Sentinel learns of a changed priority from the replica's INFO, which it asks for every 10 s. So it is waited for
before any write is held. The values before stand in the plan as they are, are compared before they are changed, and are
put back in any case.
"""

from __future__ import annotations

from dataclasses import dataclass

from redistui.judge.counts import every
from redistui.model import Address, Group
from redistui.ops.node.fence import value_of
from redistui.ops.steps import Argv, Ask, Lost, NotKnown, Refused, Reply, Script, Step, StepFailed
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.sentinel import read_replicas
from redistui.replies.words import BadReply

OPTION = "replica-priority"
FIRST = 1
"""The lowest that can be chosen: 0 never is."""
USUAL = 100
SEEN_SECONDS = 30.0
"""Three of the periods in which a Sentinel asks a replica for its INFO."""
EVERY = 0.25


@dataclass(frozen=True, slots=True)
class Change:
    """One replica whose priority is changed for a while."""

    node: Address
    before: int
    meanwhile: int


def changes(group: Group, chosen: Address, others: tuple[Address, ...]) -> tuple[Change, ...]:
    """The fewest that make the chosen one the lowest of all."""
    own = {address: priority_of(group, address) for address in (chosen, *others)}
    rivals = [priority for address in others if (priority := own[address])]
    mine = own[chosen] or USUAL
    if all(mine < rival for rival in rivals):
        return ()
    lowered = () if mine == FIRST else (Change(chosen, mine, FIRST),)
    raised = (Change(each, FIRST, USUAL) for each in others if own[each] == FIRST)
    return (*raised, *lowered)


def priority_of(group: Group, address: Address) -> int | None:
    """As the replica's own INFO says."""
    node = group.node(address)
    return None if node is None or node.replication is None else node.replication.priority


@dataclass(frozen=True)
class SetPriority(Step):
    """CONFIG SET replica-priority, when it still is what it was when the plan was made."""

    node: Address
    before: int
    meanwhile: int

    @property
    def text(self) -> str:
        how = "Let the Sentinels prefer it" if self.meanwhile < self.before else "Let the Sentinels prefer another"
        return f"{how}: {OPTION} {self.meanwhile} instead of {self.before}, for the time of the failover"

    def commands(self) -> tuple[Argv, ...]:
        return (set_to(self.meanwhile),)

    def script(self) -> Script:
        found = value_of((yield Ask(self.node, ("CONFIG", "GET", OPTION))))
        if found not in (str(self.before), str(self.meanwhile)):
            raise StepFailed(f"{OPTION} reads {found!r} by now, not {self.before}: somebody else has set it")
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except Lost as error:
            found = value_of((yield Ask(self.node, ("CONFIG", "GET", OPTION))))
            if found != str(self.meanwhile):
                raise StepFailed(f"{error}; and {OPTION} reads {found!r}, not {self.meanwhile}") from None
        return f"OK: it is {self.meanwhile}"


@dataclass(frozen=True)
class RestorePriority(Step):
    """CONFIG SET replica-priority to what it was before."""

    node: Address
    before: int

    @property
    def text(self) -> str:
        return f"Put {OPTION} back to {self.before}"

    @property
    def advice(self) -> str:
        return f"Until {OPTION} is put back at {self.node}, the Sentinels choose by the temporary one."

    def commands(self) -> tuple[Argv, ...]:
        return (set_to(self.before),)

    def script(self) -> Script:
        try:
            yield Ask(self.node, self.commands()[0], mutates=True)
        except (Lost, Refused) as error:  # refused, because it was not let be changed in the first place
            found = value_of((yield Ask(self.node, ("CONFIG", "GET", OPTION))))
            if found != str(self.before):
                raise NotKnown(f"{error}; and {OPTION} reads {found!r}, not {self.before}") from None
        return f"OK: it is {self.before} again"


@dataclass(frozen=True)
class AwaitPriorities(Step):
    """Until every Sentinel would take the chosen one. SENTINEL REPLICAS."""

    node: None
    name: str
    sentinels: tuple[Address, ...]
    chosen: Address
    seconds: float = SEEN_SECONDS

    @property
    def text(self) -> str:
        return f"Wait until every Sentinel prefers {self.chosen} (they look at priorities every 10 s)"

    def script(self) -> Script:
        asks = tuple(Ask(each, ("SENTINEL", "REPLICAS", self.name)) for each in self.sentinels)

        def missing(replies: Replies) -> str:
            late = [who for who, reply in zip(self.sentinels, replies, strict=True) if not prefers(reply, self.chosen)]
            return f"{', '.join(late)} did not prefer {self.chosen}" if late else ""

        yield from ask_until(asks, missing, every=EVERY, seconds=self.seconds)
        return f"{every(len(self.sentinels), 'Sentinel', 'prefer')} {self.chosen}"


def prefers(reply: Reply, chosen: Address) -> bool:
    """Whether of a Sentinel's replicas that are well, as it lists them, the chosen one is the only lowest."""
    try:
        seen = {each.address: each.priority or 0 for each in read_replicas(reply) if each.flags == {"replica"}}
    except BadReply:
        return False
    mine = seen.pop(chosen, 0)
    return mine > 0 and all(other > mine for other in seen.values() if other)


def set_to(value: int) -> Argv:
    return ("CONFIG", "SET", OPTION, str(value))
