"""Moving the keys of open slots: CLUSTER GETKEYSINSLOT and MIGRATE at the source, until nothing is left there.

A slot must be open at both ends (MIGRATING at the source, IMPORTING at the target). A server runs MIGRATE, and a whole
burst of them, before it looks at its other clients: so a burst is no longer than some milliseconds of the source's own
time, as the source itself has measured it. A key that is big is moved alone.

A key may end up on both sides: the source gives up after a while (IOERR), but the target has it already. MIGRATE then
says BUSYKEY, and the copy at the target is replaced only where it is proven to be ours (the target held no key of the
slot before, and the slot was open all the time: the source's is the one that clients wrote to), or where the two are
equal to the last byte. Else the slot is left open.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from redistui.judge.counts import counted
from redistui.model import Address, host_of, port_of
from redistui.ops.cluster.look import facts_of
from redistui.ops.cluster.meter import Meter
from redistui.ops.cluster.slot_states import ask_all, figure
from redistui.ops.steps import (
    Argv,
    Ask,
    Burst,
    Hole,
    Lost,
    Note,
    Now,
    Pause,
    Refused,
    Reply,
    Secret,
    StepFailed,
    Together,
    Wish,
)
from redistui.ops.templates import Keys, Ranges, word_of

BURST_SECONDS = 0.008
"""Of the source's time, for one burst: about as long as its other clients wait."""
BIG = 8 << 20
"""Bytes from which on a key is moved alone."""
BLOCK = 4096
"""Bytes that cost a server about as much as a key does."""
KEYS_AT_ONCE = 200
LOOK_AHEAD = 400
"""Keys of one slot that are asked for at a time."""
IDLE_MS = 1000
"""MIGRATE's timeout: for so long the source stands still when the target does not answer. Shorter than any
cluster-node-timeout in use, or the source itself would be taken for failed."""
BIG_BYTES_A_SECOND = 4 << 20
SILENT_SECONDS, BACK_SECONDS = 4.0, 20.0
"""For so long source and target are waited for when one of them does not answer, or answers and does not serve."""
PASSING = ("IOERR", "CLUSTERDOWN", "LOADING")
"""Errors that pass by themselves."""
MEASURE_EVERY = 24
"""Bursts between two looks at what the source says MIGRATE took."""


class Way(NamedTuple):
    """From where to where keys go."""

    source: Address
    target: Address
    reached_at: Address
    """The target as the source knows it."""
    ranges: Ranges
    """All slots that the step may move on this way: they stand in its commands."""

    @property
    def name(self) -> str:
        return f"{self.source} to {self.target}"


def patience(way: Way) -> Hole:
    return Hole(f"ms {way.source} waits for {way.target}")


def migrate_commands(way: Way) -> tuple[Argv, Argv]:
    """What a step shows that moves keys: MIGRATE, and once more for keys whose copy at the target is to be replaced.

    The login is always given: a server whose default user needs no password takes any.
    """
    head = ("MIGRATE", host_of(way.reached_at), str(port_of(way.reached_at)), "", "0", patience(way))
    login = ("AUTH2", Secret("user", way.target), Secret("password", way.target))
    return (*head, *login, "KEYS", Keys(way.ranges)), (*head, "REPLACE", *login, "KEYS", Keys(way.ranges))


@dataclass(frozen=True, slots=True)
class Parcel:
    """Keys of one slot for one MIGRATE."""

    slot: int
    keys: tuple[bytes, ...]
    size: int
    again: bool = False

    @property
    def cost(self) -> float:
        return len(self.keys) + self.size / BLOCK


@dataclass
class Mover:
    """Moves the keys of slots that are open. `move` may be called for one lot of slots after the other; no key goes
    out more than once as it is, and once more to replace its copy."""

    way: Way
    ours: Collection[int] = frozenset()
    """Slots of which any copy at the target is ours, because nothing was there before."""
    meter: Meter | None = None
    part: int = 0
    headroom: int | None = None
    """Bytes that the target has left of its maxmemory; None: no limit."""
    big: list[int] = field(default_factory=list)
    """Sizes of the big keys that were moved."""
    halted: str = ""
    """Why no key goes this way any more."""
    _sent: set[bytes] = field(default_factory=set)
    _again: set[bytes] = field(default_factory=set)
    _seconds: float = 0.0001
    """That a key of no size takes the source."""
    _bursts: int = 0
    _spent: tuple[int, float] | None = None
    """What the source had spent on MIGRATE when it was last asked (microseconds), and our own cost then."""
    _cost: float = 0.0
    _waits: list[int] = field(default_factory=list)
    """Milliseconds that the source is to wait, for each lot of keys under way; the longest counts."""

    def move(self, slots: Sequence[int]) -> Generator[Wish, Reply, dict[int, str]]:
        """Until none of these slots has a key at the source: why not, by slot, for those that could not be emptied.
        Raises NotKnown when the source does not answer any more."""
        if not self._waits:
            self._waits.append(IDLE_MS)
            yield Note(patience(self.way), str(IDLE_MS))
        stuck: dict[int, str] = {}
        left = list(slots)
        while left and not self.halted:
            found = yield from self._keys(left)
            left = [slot for slot in left if found[slot]]
            fresh = {slot: [key for key in found[slot] if key not in self._sent] for slot in left}
            again = {slot: [key for key in found[slot] if key in self._sent] for slot in left if not fresh[slot]}
            yield from self._first(fresh, stuck)
            if not self.halted:
                yield from self._once_more(again, stuck)
            left = [slot for slot in left if slot not in stuck]
        return {**stuck, **dict.fromkeys(left, self.halted)}

    def _keys(self, slots: Sequence[int]) -> Generator[Wish, Reply, dict[int, list[bytes]]]:
        argvs = [("CLUSTER", "GETKEYSINSLOT", str(slot), str(LOOK_AHEAD)) for slot in slots]
        replies = yield from ask_all(self.way.source, argvs)
        for slot, reply in zip(slots, replies, strict=True):
            if not isinstance(reply, list):
                raise StepFailed(f"{self.way.source} does not give the keys of slot {slot}: {reply}")
        return dict(zip(slots, replies, strict=True))

    # -- the first time -------------------------------------------------------------------------------------------

    def _first(self, keys: dict[int, list[bytes]], stuck: dict[int, str]) -> Generator[Wish, Reply, None]:
        all_ = [(slot, key) for slot, its in keys.items() for key in its]
        sizes = yield from self._sizes([key for _, key in all_])
        small: list[tuple[int, bytes, int]] = []
        for (slot, key), size in zip(all_, sizes, strict=True):
            if size < BIG:
                small.append((slot, key, size))
            elif self.headroom is not None and size > self.headroom:
                stuck[slot] = f"one of its keys takes {size >> 20} MiB, more than {self.way.target} has left"
            elif slot not in stuck:
                yield from self._alone(Parcel(slot, (key,), size), stuck)
        yield from self._small([row for row in small if row[0] not in stuck], stuck)

    def _sizes(self, keys: Sequence[bytes]) -> Generator[Wish, Reply, list[int]]:
        """Bytes of each key; 0 of one that is gone, where the server does not say, and where none can be big."""
        if not keys or (yield from self._holds_little()):
            return [0] * len(keys)
        argvs = [("MEMORY", "USAGE", word_of(key)) for key in keys]
        replies = yield from ask_all(self.way.source, argvs)
        return [reply if isinstance(reply, int) else 0 for reply in replies]

    def _holds_little(self) -> Generator[Wish, Reply, bool]:
        """All that the source holds together is less than a big key."""
        (memory,) = yield from ask_all(self.way.source, (("INFO", "memory"),))
        return 0 < figure(memory, b"used_memory_dataset") < BIG

    def _alone(self, parcel: Parcel, stuck: dict[int, str]) -> Generator[Wish, Reply, None]:
        """A big key: the source waits longer for it."""
        self.big.append(parcel.size)
        if self.meter is not None:
            self.meter.count(self.part, doing=f"a key of {parcel.size >> 20} MiB in slot {parcel.slot}")
            yield from self.meter.tell(now=True)
        ms = IDLE_MS + 1000 * parcel.size // BIG_BYTES_A_SECOND
        yield from self._patiently([parcel], stuck, ms)

    def _patiently(self, parcels: Sequence[Parcel], stuck: dict[int, str], ms: int) -> Generator[Wish, Reply, None]:
        """A burst for which the source waits so long, if the target is silent."""
        self._waits.append(ms)
        yield Note(patience(self.way), str(max(self._waits)))
        yield from self._burst(parcels, stuck, seconds=3 * ms / 1000 + 5.0)
        self._waits.remove(ms)
        yield Note(patience(self.way), str(max(self._waits)))

    def _small(self, rows: Sequence[tuple[int, bytes, int]], stuck: dict[int, str]) -> Generator[Wish, Reply, None]:
        rest = list(rows)
        while rest and not self.halted:
            parcels, rest = self._pack(rest)
            yield from self._burst(parcels, stuck)
            rest = [row for row in rest if row[0] not in stuck]

    def _pack(self, rows: list[tuple[int, bytes, int]]) -> tuple[list[Parcel], list[tuple[int, bytes, int]]]:
        """As many keys as the source moves in one go without its clients noticing, by slot; and the rest."""
        most = max(1.0, BURST_SECONDS / self._seconds)
        portion = KEYS_AT_ONCE if self.meter is None else self.meter.portion(KEYS_AT_ONCE)
        parcels: list[Parcel] = []
        cost, taken = 0.0, 0
        for slot, key, size in rows:
            cost += 1 + size / BLOCK
            if taken and (cost > most or taken >= 4 * portion):
                break
            last = parcels[-1] if parcels else None
            if last is not None and last.slot == slot and len(last.keys) < portion:
                parcels[-1] = Parcel(slot, (*last.keys, key), last.size + size)
            else:
                parcels.append(Parcel(slot, (key,), size))
            taken += 1
        return parcels, rows[taken:]

    # -- once more ------------------------------------------------------------------------------------------------

    def _once_more(self, keys: dict[int, list[bytes]], stuck: dict[int, str]) -> Generator[Wish, Reply, None]:
        """Keys that were sent and are at the source still."""
        for slot, its in keys.items():
            if self.halted:
                return
            if any(key in self._again for key in its):
                stuck.setdefault(slot, f"{counted(len(its), 'key')} did not leave {self.way.source}, though sent twice")
                continue
            if slot not in self.ours:
                differing = yield from self._differing(slot, its)
                if differing:
                    stuck[slot] = differing
                    continue
            for at in range(0, len(its), KEYS_AT_ONCE):
                part = tuple(its[at : at + KEYS_AT_ONCE])
                sizes = yield from self._sizes(part)
                parcel = Parcel(slot, part, sum(sizes), again=True)
                ms = IDLE_MS + 1000 * max(sizes) // BIG_BYTES_A_SECOND
                yield from self._patiently([parcel], stuck, ms)

    def _differing(self, slot: int, keys: Sequence[bytes]) -> Generator[Wish, Reply, str]:
        """Whether one of these keys is another one at the target than at the source, in a sentence; empty: none is."""
        asks = [("DUMP", word_of(key)) for key in keys]
        here = yield from ask_all(self.way.source, asks)
        both = [argv for ask in asks for argv in (("ASKING",), ask)]
        there = (yield from ask_all(self.way.target, both))[1::2]
        if refused := next((str(one) for one in (*here, *there) if isinstance(one, Refused)), ""):
            return f"whether a key of it is on both sides, and the same, cannot be seen: {refused}"
        wrong = [(one, other) for one, other in zip(here, there, strict=True) if other is not None and one != other]
        if not wrong:
            return ""
        one, other = wrong[0]
        return (
            f"{counted(len(wrong), 'key')} of it with one value at {self.way.source} (digest {digest(one)}) and "
            f"another at {self.way.target} (digest {digest(other)}): which is right cannot be told, neither was touched"
        )

    # -- what goes out --------------------------------------------------------------------------------------------

    def _burst(
        self, parcels: Sequence[Parcel], stuck: dict[int, str], seconds: float = 0.0
    ) -> Generator[Wish, Reply, None]:
        keys = sum(len(parcel.keys) for parcel in parcels)
        if self.meter is not None:
            yield from self.meter.await_turn(keys)
        yield from self._measure()
        argvs = tuple(self._argv(parcel) for parcel in parcels)
        deadline = seconds or (len(parcels) + 1) * max(self._waits) / 1000 + 5.0
        replies: list[Reply] = yield Burst(self.way.source, argvs, mutates=True, seconds=deadline)
        self._bursts += 1
        silent = ""
        for parcel, reply in zip(parcels, replies, strict=True):
            (self._again if parcel.again else self._sent).update(parcel.keys)
            self._cost += parcel.cost
            silent = self._judge(parcel, reply, stuck) or silent
        if self.meter is not None:
            yield from self.meter.tell()
        if silent and not self.halted:
            yield from self.await_both(silent)

    def _argv(self, parcel: Parcel) -> Argv:
        template = migrate_commands(self.way)[1 if parcel.again else 0]
        return (*template[:-1], *map(word_of, parcel.keys))

    def _judge(self, parcel: Parcel, reply: Reply, stuck: dict[int, str]) -> str:
        """What a reply means for its slot and for the way; gives why both ends must be waited for, else nothing.

        Whatever is said, keys may have gone: what is left at the source is seen when it is asked again.
        """
        if not isinstance(reply, Refused | Lost):
            if self.meter is not None:
                self.meter.count(self.part, keys=len(parcel.keys), size=parcel.size)
            return ""
        said = str(reply)
        if isinstance(reply, Lost):
            return said
        if "BUSYKEY" in said:
            return ""
        if any(word in said for word in PASSING):
            return said
        if any(word in said for word in ("MOVED", "TRYAGAIN", "CROSSSLOT")):
            stuck.setdefault(parcel.slot, f"{self.way.source} said: {said}")
            return ""
        self.halted = f"{self.way.source} said: {said}"
        return ""

    def await_both(self, why: str) -> Generator[Wish, Reply, None]:
        """After a silence, or while the cluster is down: until both ends serve again. Twice, so that what stood in the
        target's buffers before is behind it: an old copy must not come after a new one."""
        begun: float = yield Now()
        heard, serving = begun, 0
        while serving < 2:
            asks = tuple(Ask(node, ("CLUSTER", "INFO"), seconds=1.0) for node in (self.way.target, self.way.source))
            facts = [facts_of(reply) for reply in (yield Together(asks))]
            now: float = yield Now()
            heard = heard if None in facts else now
            serving = serving + 1 if all(one is not None and one.state == "ok" for one in facts) else 0
            if now - heard > SILENT_SECONDS or (not serving and now - begun > BACK_SECONDS):
                self.halted = f"{why}: {self.way.source} and {self.way.target} did not both serve again"
                return
            if not serving:
                yield Pause(0.25)

    def _measure(self) -> Generator[Wish, Reply, None]:
        """How long a key takes the source, from its own figures."""
        if self._bursts % MEASURE_EVERY and self._bursts != 1:
            return
        try:
            spent = spent_on_migrate((yield Ask(self.way.source, ("INFO", "commandstats"))))
        except (Refused, Lost):
            return
        if self._spent is not None and self._cost > self._spent[1] and spent > self._spent[0]:
            measured = (spent - self._spent[0]) / 1e6 / (self._cost - self._spent[1])
            self._seconds = min(0.01, max(2e-6, measured))
        self._spent = (spent, self._cost)


def spent_on_migrate(reply: Reply) -> int:
    """Microseconds that a server has spent on MIGRATE, by INFO commandstats.

    >>> spent_on_migrate(b"cmdstat_migrate:calls=3,usec=1200,usec_per_call=400.00")
    1200
    """
    for line in (reply if isinstance(reply, bytes) else b"").splitlines():
        if line.startswith(b"cmdstat_migrate:"):
            fields = dict(field.partition(b"=")[::2] for field in line.partition(b":")[2].split(b","))
            return int(fields.get(b"usec", b"0"))
    return 0


def digest(dumped: Reply) -> str:
    """A few letters by which two values are told apart."""
    return hashlib.sha256(dumped).hexdigest()[:12] if isinstance(dumped, bytes) else "none"
