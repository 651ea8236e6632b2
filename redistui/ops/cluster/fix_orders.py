"""Orders to one node about half-done slots: mark them, clear their marks, name their owner, own them.

Each step reads the slots anew, sends what is undone of what was diagnosed, and reads again: what counts is what the
node shows, not what it replied. A slot that is neither as diagnosed nor as wanted is somebody else's doing, and stops
the step before it sends anything.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.look import EVERY, NODES, asks
from redistui.ops.cluster.slot_states import Standing, count_keys, stand, standing_of
from redistui.ops.steps import Argv, Ask, Burst, Lost, NotKnown, Refused, Reply, Script, Step, StepFailed, Wish
from redistui.ops.templates import Each, Ranges, ranges_of, ranges_text, slots_of
from redistui.ops.waiting import Replies, ask_until

AT_ONCE = 100
"""Orders in one burst: each takes a server some microseconds, and it writes its nodes.conf for each."""
AGAIN = "`fix` reads anew how things stand: run it again."


def named(slots: Sequence[int]) -> str:
    """
    >>> named([5]), named([5, 6, 7, 9])
    ('slot 5', 'slots 5-7 9')
    """
    return f"slot{'' if len(slots) == 1 else 's'} {ranges_text(ranges_of(slots))}"


def order(node: Address, argvs: Sequence[Argv]) -> Generator[Wish, Reply, str]:
    """Sends them; gives what was said against the first that was refused or lost, or nothing. What was done shows when
    the node is read again."""
    said = ""
    for at in range(0, len(argvs), AT_ONCE):
        part = tuple(argvs[at : at + AT_ONCE])
        replies: list[Reply] = yield Burst(node, part, mutates=True, seconds=5.0 + len(part) / 10)
        for reply in replies:
            if isinstance(reply, Refused | Lost):
                said = said or str(reply)
        if said:
            break
    return said


class Mending:
    """What the steps have in common that mend slots."""

    slots: Ranges

    rereads: ClassVar[bool] = True

    @property
    def advice(self) -> str:
        return AGAIN

    @property
    def which(self) -> str:
        return named(slots_of(self.slots))

    @property
    def were(self) -> str:
        return "was" if len(slots_of(self.slots)) == 1 else "were"


@dataclass(frozen=True)
class SlotOrder(Mending, Step):
    """One order for each of these slots at one node."""

    node: Address
    id: str
    """The node's own id: another node may stand at its address by now."""
    slots: Ranges

    def _give(self) -> Script:
        undone = yield from self._look()
        if not undone:
            return f"{self.which}: done already"
        said = yield from order(self.node, [self._argv(slot) for slot in undone])
        left = yield from self._look()
        if left:
            raise StepFailed(f"{named(left)} at {self.node} is not as it should be: {said or 'it took no effect'}")
        return f"OK: {counted(len(undone), 'slot')}"

    def _look(self) -> Generator[Wish, Reply, list[int]]:
        (here,) = yield from stand(self.node)
        self._is_itself(here)
        return [slot for slot in slots_of(self.slots) if self._undone(slot, here)]

    def _is_itself(self, here: Standing) -> None:
        if here.id != self.id:
            raise StepFailed(f"{self.node} is another node than before: its id is {here.id[:8]}")
        if not here.primary:
            raise StepFailed(f"{self.node} is a replica by now")

    def _argv(self, slot: int) -> Argv:
        return tuple(str(slot) if isinstance(word, Each) else word for word in self.commands()[-1])

    def _undone(self, slot: int, here: Standing) -> bool:
        """Whether the order is still to be given. Raises StepFailed where the slot is in a state that was not
        diagnosed."""
        raise NotImplementedError


@dataclass(frozen=True)
class MarkSlots(SlotOrder):
    """SETSLOT ... IMPORTING at a taker, or MIGRATING at the owner, so that a move can be gone on with."""

    kind: Literal["importing", "migrating"]
    peer: str
    """Node id of the other end."""
    peer_name: str
    was: str
    """Node id that the mark named when it was diagnosed; empty: there was none."""

    @property
    def text(self) -> str:
        if self.kind == "importing":
            return f"{self.node} takes in {self.which} from {self.peer_name}"
        return f"{self.node} sends clients to {self.peer_name} for what it has not of {self.which}"

    def script(self) -> Script:
        return self._give()

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "SETSLOT", Each(self.slots), self.kind.upper(), self.peer),)

    def _undone(self, slot: int, here: Standing) -> bool:
        mine, other = here.importing.get(slot, ""), here.migrating.get(slot, "")
        owns = here.owner(slot) == self.id
        if self.kind == "migrating":
            mine, other = other, mine
        if owns != (self.kind == "migrating"):
            raise StepFailed(f"{self.node} {'owns' if owns else 'does not own'} slot {slot} any more: look again")
        if mine == self.peer:
            return False
        if mine != self.was or other:
            raise StepFailed(f"slot {slot} is marked otherwise at {self.node} than before: another operator is at work")
        return True


@dataclass(frozen=True)
class CloseSlots(SlotOrder):
    """SETSLOT ... STABLE: the node forgets that the slot was on its way. Where it takes them in, only while it holds
    none of their keys: nobody could reach these any more. Where it gives them away, only while the taker holds none:
    clients would not be sent there any more."""

    kind: Literal["importing", "migrating"]
    peer: str
    """Node id that the mark names."""
    taker: Address = ""
    """Whom clients are sent to, and whom they reach there; empty: nobody."""

    @property
    def text(self) -> str:
        what = "being taken in" if self.kind == "importing" else "on its way"
        return f"{self.node} forgets that {self.which} {self.were} {what}"

    def script(self) -> Script:
        return self._give()

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "SETSLOT", Each(self.slots), "STABLE"),)

    def _look(self) -> Generator[Wish, Reply, list[int]]:
        undone = yield from super()._look()
        holder = self.node if self.kind == "importing" else self.taker
        if undone and holder:
            counts = yield from count_keys(holder, undone)
            full = [slot for slot in undone if counts[slot]]
            if full:
                keys = counted(sum(counts.values()), "key")
                raise StepFailed(f"{holder} holds {keys} of {named(full)} by now: look again, and plan anew")
        return undone

    def _undone(self, slot: int, here: Standing) -> bool:
        marks = here.importing if self.kind == "importing" else here.migrating
        if slot not in here.importing and slot not in here.migrating:
            return False
        if marks.get(slot) != self.peer:
            raise StepFailed(f"slot {slot} is marked otherwise at {self.node} than before: another operator is at work")
        return True


@dataclass(frozen=True)
class CloseAtReplica(SlotOrder):
    """SETSLOT ... STABLE at a primary that has none of them open itself: it passes the order on to its replicas, one of
    which has (Valkey), and nobody else may give a replica such an order."""

    replica: Address

    @property
    def text(self) -> str:
        return f"{self.replica} forgets that {self.which} {self.were} on the way: {self.node} passes that on to it"

    def script(self) -> Script:
        return self._give()

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "SETSLOT", Each(self.slots), "STABLE"),)

    def _look(self) -> Generator[Wish, Reply, list[int]]:
        here, there = yield from stand(self.node, self.replica)
        self._is_itself(here)
        opened = [slot for slot in slots_of(self.slots) if slot in here.importing or slot in here.migrating]
        if opened:
            raise StepFailed(f"{named(opened)}: open at {self.node} by now: another operator is at work")
        return [slot for slot in slots_of(self.slots) if slot in there.importing or slot in there.migrating]


@dataclass(frozen=True)
class TellOwner(SlotOrder):
    """SETSLOT ... NODE at a primary that names another owner, or none. The owner itself must say that it owns them."""

    owner: Address
    owner_id: str

    @property
    def text(self) -> str:
        return f"{self.node} learns that {self.owner} owns {self.which}"

    def script(self) -> Script:
        return self._give()

    def commands(self) -> tuple[Argv, ...]:
        return (("CLUSTER", "SETSLOT", Each(self.slots), "NODE", self.owner_id),)

    def _look(self) -> Generator[Wish, Reply, list[int]]:
        (there,) = yield from stand(self.owner)
        strange = [slot for slot in slots_of(self.slots) if there.owner(slot) != self.owner_id]
        if strange or there.id != self.owner_id:
            raise StepFailed(f"{self.owner} does not say any more that it owns {named(strange)}: look again")
        return (yield from super()._look())

    def _undone(self, slot: int, here: Standing) -> bool:
        if here.owner(slot) == self.id:
            raise StepFailed(f"{self.node} says by now that slot {slot} is its own: look again")
        return here.owner(slot) != self.owner_id


@dataclass(frozen=True)
class OwnSlots(SlotOrder):
    """SETSLOT ... NODE itself, at the node that is to own slots which nobody says are its own; before that an epoch
    above all others, so that an owner of old who comes back yields to it."""

    others: tuple[Address, ...]
    """All other primaries that answer: none of them may own them, or (`given`) hold a key of them."""
    given: bool
    """It takes them in already: it was given them, and only has not said so."""

    @property
    def text(self) -> str:
        return f"{self.node} owns {self.which} from now on"

    def commands(self) -> tuple[Argv, ...]:
        bump: tuple[Argv, ...] = () if self.given else (("CLUSTER", "BUMPEPOCH"),)
        return (*bump, ("CLUSTER", "SETSLOT", Each(self.slots), "NODE", self.id))

    def script(self) -> Script:
        for other, one in zip(self.others, (yield from stand(*self.others)) if self.others else (), strict=True):
            owned = [slot for slot in slots_of(self.slots) if one.owner(slot) == one.id]
            if owned:
                raise StepFailed(f"{other} says that it owns {named(owned)}: look again")
        if self.given:
            yield from self._nobody_holds_keys()
            return (yield from self._give())
        undone = yield from self._look()
        rose = f"; epoch: {(yield from self._rise())}" if undone else ""
        return f"{(yield from self._give())}{rose}"

    def _nobody_holds_keys(self) -> Generator[Wish, Reply, None]:
        """Whoever hears that it lost a slot deletes the keys it still has of it."""
        for other in self.others:
            counts = yield from count_keys(other, slots_of(self.slots))
            full = [slot for slot, keys in counts.items() if keys]
            if full:
                raise StepFailed(f"{other} holds keys of {named(full)} still: they are to be moved first, plan anew")

    def _rise(self) -> Script:
        """STILL: its epoch is the highest already."""
        try:
            reply = yield Ask(self.node, ("CLUSTER", "BUMPEPOCH"), mutates=True)
        except Lost:
            raise NotKnown(f"no reply from {self.node}: whether its epoch rose is not known") from None
        return reply.decode() if isinstance(reply, bytes) else str(reply)

    def _undone(self, slot: int, here: Standing) -> bool:
        return here.owner(slot) != self.id


@dataclass(frozen=True)
class AwaitOneOwner(Step):
    """Two say that slots are their own: they hear of each other, and the one with the newer epoch keeps them."""

    node: None
    slots: Ranges
    claimants: tuple[Address, ...]
    seconds: float

    @property
    def text(self) -> str:
        return f"Wait until only one of {' and '.join(self.claimants)} owns {named(slots_of(self.slots))}"

    @property
    def advice(self) -> str:
        return f"Look at the bus links between {' and '.join(self.claimants)}: they do not hear each other."

    def script(self) -> Script:
        def missing(replies: Replies) -> str:
            seen = [standing_of(reply) for reply in replies]
            if any(one is None for one in seen):
                return "not all of them showed their view"
            both = [slot for slot in slots_of(self.slots) if sum(o.owner(slot) == o.id for o in seen if o) != 1]
            return f"{named(both)} did not come to have one owner" if both else ""

        yield from ask_until(asks(self.claimants, *NODES), missing, every=EVERY, seconds=self.seconds)
        return f"{named(slots_of(self.slots))} has one owner"
