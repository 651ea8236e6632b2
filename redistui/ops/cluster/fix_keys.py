"""Keys that lie where no client finds them are brought to where clients look, and copies are settled.

A key that only one node holds is moved (MIGRATE without REPLACE: nothing that is there is ever written over). A key
that both hold stays where it is: nobody but the operator says that one of the two may go, even of two equal ones.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from redistui.judge.counts import counted
from redistui.model import Address
from redistui.ops.cluster.fix_copies import ASKING, Copies, compare, keys_of, on_both, told
from redistui.ops.cluster.fix_orders import Mending, named, order
from redistui.ops.cluster.look import EVERY, asks, facts_of
from redistui.ops.cluster.migrate import BIG, BIG_BYTES_A_SECOND, IDLE_MS, Way, migrate_commands, patience
from redistui.ops.cluster.slot_states import Standing, ask_all, count_keys, stand
from redistui.ops.steps import Argv, Burst, Lost, Note, NotKnown, Refused, Reply, Script, Step, StepFailed, Wish
from redistui.ops.templates import Each, Keys, Ranges, ranges_of, ranges_text, slots_of, word_of
from redistui.ops.waiting import Replies, ask_until
from redistui.replies.slot import slot_of

AT_ONCE = 50
"""Keys in one MIGRATE: a server does nothing else meanwhile."""
LOOK_AHEAD = 500
SERVES_SECONDS = 8.0
Keep = Literal["", "here", "there"]
"""Of a key with two values, whose stays: the step's own node's, the other's; empty: that is not said."""


@dataclass(frozen=True)
class Settling(Mending, Step):
    """What is done with keys that two nodes hold."""

    node: Address
    """Who holds keys of slots that it does not own."""
    id: str
    target: Address
    target_id: str
    reached_at: Address
    """The target as the node knows it."""
    slots: Ranges
    keep: Keep
    drop: bool
    """Of two equal copies that at `node` may go."""

    @property
    def way(self) -> Way:
        return Way(self.node, self.target, self.reached_at, self.slots)

    def _settling(self) -> tuple[Argv, ...]:
        """DEL at the node, of copies that may go; MIGRATE ... REPLACE for those that are to stay."""
        drops: tuple[Argv, ...] = (ASKING, ("DEL", Keys(self.slots))) if self.drop or self.keep == "there" else ()
        return (*drops, migrate_commands(self.way)[1]) if self.keep == "here" else drops

    def _both(self) -> Generator[Wish, Reply, tuple[Standing, Standing]]:
        """Both as they stand now, once they serve keys: a cluster with a slot that nobody owns may serve none."""

        def missing(replies: Replies) -> str:
            facts = zip((self.node, self.target), map(facts_of, replies), strict=True)
            down = [node for node, one in facts if one is None or one.state != "ok"]
            return (
                f"{' and '.join(down)} did not serve keys (cluster_state), as when a slot has no owner" if down else ""
            )

        infos = asks((self.node, self.target), "CLUSTER", "INFO")
        yield from ask_until(infos, missing, every=EVERY, seconds=SERVES_SECONDS)
        here, there = yield from stand(self.node, self.target)
        if here.id != self.id or there.id != self.target_id:
            other = self.node if here.id != self.id else self.target
            raise StepFailed(f"{other} is another node than before: look again")
        return here, there

    def _settle(self, copies: Copies) -> Script:
        """Raises StepFailed for what only the operator can decide; nothing of it was touched then."""
        if copies.differing and not self.keep:
            keys = [one.key for one in copies.differing]
            raise StepFailed(
                f"{_some(keys)} one value at {self.node} and another at {self.target}: "
                f"{told(copies.differing, self.node, self.target)}. Neither was touched: "
                f"`fix --slot {_typed(keys)} --keep NODE` keeps the values that this node holds, and drops the others"
            )
        if copies.equal and not self.drop and not self.keep:
            raise StepFailed(
                f"{_some(copies.equal)} equal copies at {self.node} and {self.target}: they were left where they are; "
                f"`fix --slot {_typed(copies.equal)} --delete-copies` deletes those at {self.node}, which no client "
                f"reaches"
            )
        kept = [one.key for one in copies.differing]
        if self.keep == "here":
            yield from self._replace(kept)
            kept = []
        yield from self._delete([*copies.equal, *kept])
        return ", ".join(self._settled(copies))

    def _settled(self, copies: Copies) -> Iterator[str]:
        if copies.equal:
            yield f"the copy of {counted(len(copies.equal), 'key')} deleted at {self.node}"
        if copies.differing:
            kept = self.node if self.keep == "here" else self.target
            yield f"of {counted(len(copies.differing), 'key')} the value at {kept} kept"

    def _delete(self, keys: Sequence[bytes]) -> Generator[Wish, Reply, None]:
        for at in range(0, len(keys), AT_ONCE):
            part = keys[at : at + AT_ONCE]
            argvs = [argv for key in part for argv in (ASKING, ("DEL", word_of(key)))]
            said = yield from order(self.node, argvs)
            if said:
                raise NotKnown(f"copies at {self.node} could not be deleted, or not all of them: {said}")

    def _replace(self, keys: Sequence[bytes]) -> Generator[Wish, Reply, None]:
        for key in keys:
            yield Note(patience(self.way), str(10 * IDLE_MS))
            argv = (*migrate_commands(self.way)[1][:-1], word_of(key))
            (reply,) = yield Burst(self.node, (argv,), mutates=True, seconds=25.0)
            if isinstance(reply, Refused | Lost):
                raise NotKnown(f"{self.node} could not put its value in the place of that at {self.target}: {reply}")


@dataclass(frozen=True)
class SettleCopies(Settling):
    """Before a move is gone on with: keys of which owner and taker hold other values. Equal ones do no harm: the move
    replaces the copy of the taker, which no client writes to as long as the owner has the key.

    `keep` is empty, or "there": then the values at `node`, which is the owner or the taker, are dropped.
    """

    @property
    def text(self) -> str:
        if self.keep:
            return f"Drop what {self.node} has of {self.which} where {self.target} has another value of the same key"
        return f"Look whether {self.node} and {self.target} hold other values of one key of {self.which}"

    def commands(self) -> tuple[Argv, ...]:
        return (ASKING, ("DEL", Keys(self.slots))) if self.keep else ()

    def script(self) -> Script:
        yield from self._both()
        counts = yield from count_keys(self.node, slots_of(self.slots))
        found = Copies()
        for slot in (slot for slot, keys in counts.items() if keys):
            keys = yield from keys_of(self.node, slot, counts[slot] + LOOK_AHEAD)
            both = yield from on_both(self.target, keys)
            doubles = [key for key, double in zip(keys, both, strict=True) if double]
            found.add((yield from compare(self.node, self.target, doubles)))
        if not found.differing:
            return f"no key of {self.which} has two values"
        found.equal.clear()
        return (yield from self._settle(found))


@dataclass(frozen=True)
class GatherKeys(Settling):
    """Keys at a node that does not own their slots go to the node that clients are sent to, and the slots are closed
    at the one they left. Where it cannot be emptied, a slot that was not open before is closed again."""

    @property
    def text(self) -> str:
        return f"Bring the keys of {self.which} from {self.node} to {self.target}, and close them at {self.node}"

    def commands(self) -> tuple[Argv, ...]:
        importing: Argv = ("CLUSTER", "SETSLOT", Each(self.slots), "IMPORTING", self.target_id)
        stable: Argv = ("CLUSTER", "SETSLOT", Each(self.slots), "STABLE")
        return (importing, migrate_commands(self.way)[0], *self._settling(), stable)

    def script(self) -> Script:
        here, there = yield from self._both()
        self._are_fit(here, there)
        counts = yield from count_keys(self.node, slots_of(self.slots))
        full = [slot for slot, keys in counts.items() if keys]
        opened = [slot for slot in full if slot not in here.importing]
        said = yield from self._setslot(opened, "IMPORTING", self.target_id)
        if said:
            yield from self._setslot(opened, "STABLE")
            raise StepFailed(f"{self.node} could not be opened for {named(opened)}: {said}")
        try:
            told_ = yield from self._empty(full, counts)
        except StepFailed:
            yield from self._setslot(opened, "STABLE")
            raise
        yield from self._close([slot for slot in slots_of(self.slots) if slot in here.importing or slot in opened])
        return told_

    def _are_fit(self, here: Standing, there: Standing) -> None:
        """Who is to get the keys takes them: it owns the slot and sends nobody on, or it takes the slot in."""
        owned = [slot for slot in slots_of(self.slots) if here.owner(slot) == self.id]
        if owned or not here.primary:
            raise StepFailed(f"{self.node} says by now that {named(owned)} is its own, or is a replica: look again")
        unfit = [
            slot
            for slot in slots_of(self.slots)
            if not (there.owner(slot) == self.target_id and slot not in there.migrating) and slot not in there.importing
        ]
        if unfit or not there.primary:
            raise StepFailed(f"{self.target} does not take keys of {named(unfit)} any more: look again")

    def _empty(self, slots: Sequence[int], counts: dict[int, int]) -> Script:
        moved, copies = 0, Copies()
        for slot in slots:
            gone, doubles = yield from self._move(slot, counts[slot])
            moved += gone
            copies.add((yield from compare(self.node, self.target, doubles)))
        settled = yield from self._settle_after(copies, moved)
        return f"{counted(moved, 'key')} moved{f', {settled}' if settled else ''}"

    def _settle_after(self, copies: Copies, moved: int) -> Script:
        try:
            return (yield from self._settle(copies))
        except NotKnown:
            raise
        except StepFailed as error:
            raise StepFailed(f"{counted(moved, 'key')} moved, but {error}") from None

    def _move(self, slot: int, count: int) -> Generator[Wish, Reply, tuple[int, list[bytes]]]:
        """Moves what the target has not; gives how many went, and those that both hold."""
        sent: set[bytes] = set()
        doubles: list[bytes] = []
        while True:
            keys = yield from keys_of(self.node, slot, len(doubles) + LOOK_AHEAD)
            fresh = [key for key in keys if key not in sent and key not in doubles]
            stayed = [key for key in keys if key in sent]
            doubles += [key for key in stayed if key not in doubles]
            if not fresh:
                return len(sent) - len(sent.intersection(doubles)), doubles
            both = yield from on_both(self.target, fresh)
            doubles += [key for key, double in zip(fresh, both, strict=True) if double]
            going = [key for key, double in zip(fresh, both, strict=True) if not double]
            yield from self._migrate(going)
            sent.update(going)

    def _migrate(self, keys: Sequence[bytes]) -> Generator[Wish, Reply, None]:
        """What the target says no to shows in what is left here; only who does not answer stops it."""
        asks = [argv for key in keys for argv in (ASKING, ("MEMORY", "USAGE", word_of(key)))]
        sizes = [reply if isinstance(reply, int) else 0 for reply in (yield from ask_all(self.node, asks))[1::2]]
        big = [[key] for key, size in zip(keys, sizes, strict=True) if size >= BIG]
        small = [key for key, size in zip(keys, sizes, strict=True) if size < BIG]
        lots = [*big, *(small[at : at + AT_ONCE] for at in range(0, len(small), AT_ONCE))]
        longest = max(sizes, default=0)
        ms = IDLE_MS + 1000 * longest // BIG_BYTES_A_SECOND
        for lot in lots:
            yield Note(patience(self.way), str(ms))
            argv = (*migrate_commands(self.way)[0][:-1], *map(word_of, lot))
            (reply,) = yield Burst(self.node, (argv,), mutates=True, seconds=3 * ms / 1000 + 5.0)
            if isinstance(reply, Refused) and "BUSYKEY" not in str(reply):
                raise StepFailed(f"{self.node} could not give keys to {self.target}: {reply}")
            if isinstance(reply, Lost):
                raise NotKnown(f"{self.node} did not answer while it gave keys to {self.target}: {reply}")

    def _close(self, slots: Sequence[int]) -> Generator[Wish, Reply, None]:
        counts = yield from count_keys(self.node, slots)
        full = [slot for slot, keys in counts.items() if keys]
        if full:
            raise StepFailed(f"{self.node} holds keys of {named(full)} still, which came meanwhile: run it again")
        said = yield from self._setslot(slots, "STABLE")
        if said:
            raise StepFailed(f"{named(slots)} could not be closed at {self.node}: {said}")

    def _setslot(self, slots: Sequence[int], *words: str) -> Script:
        return (yield from order(self.node, [("CLUSTER", "SETSLOT", str(slot), *words) for slot in slots]))


def _some(keys: Sequence[bytes]) -> str:
    slots = sorted({slot_of(key) for key in keys})
    return f"{counted(len(keys), 'key')} of {named(slots)} {'has' if len(keys) == 1 else 'have'}"


def _typed(keys: Iterable[bytes]) -> str:
    """The keys' slots as an option takes them."""
    return ranges_text(ranges_of(slot_of(key) for key in keys)).replace(" ", ",")
