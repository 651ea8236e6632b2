"""Told: what one primary told of its slots so far; and the Survey that all of them together make. No I/O.

Own slots and others are kept apart, as they were when they were asked: a slot that moves while a survey is taken is
then unknown for a moment, and never counted twice or called a stray by mistake.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from redistui.model import SLOTS, Address, Cluster, Group, PerSlot, SlotJob, Stray, Survey
from redistui.net.faults import WireFault
from redistui.replies.slot_migrations import Told as JobTold
from redistui.replies.slot_stats import SlotStats

Rates = tuple[float, float, float]
"""Microseconds of CPU, bytes in and bytes out, a second."""


class Told:
    """One primary. `fault` is why it told nothing the last time; what it told before is then no longer shown."""

    __slots__ = (
        "address", "asked", "dataset", "due", "fault", "has_jobs", "has_stats", "jobs", "keys", "may_sample", "memory",
        "metered", "others", "rates", "reach", "sampled", "strays", "turn", "used",
    )  # fmt: skip

    def __init__(self, address: Address) -> None:
        self.address = address
        self.keys: dict[int, int] = {}
        """Of the slots that were its own."""
        self.strays: dict[int, int] = {}
        """Keys of slots that were not its own, nor on their way to it."""
        self.others: dict[int, int] = {}
        """Keys of slots on their way to it."""
        self.used: dict[int, tuple[float, SlotStats]] = {}
        self.rates: dict[int, Rates] = {}
        self.memory: dict[int, int] = {}
        """Bytes, as the server counts them."""
        self.sampled: dict[int, float] = {}
        """Bytes of a key, the mean of some."""
        self.may_sample: bool | None = None
        """Whether our user may look at keys; None: not tried yet."""
        self.turn = 0
        """Where sampling goes on."""
        self.jobs: tuple[JobTold, ...] = ()
        """Moves that it makes by itself, or has made."""
        self.has_jobs: bool | None = None
        """Whether it knows CLUSTER GETSLOTMIGRATIONS, and we may ask; None: not tried yet."""
        self.dataset: float | None = None
        """Bytes of all its data (used_memory_dataset), for the mean of a key."""
        self.has_stats: bool | None = None
        """Whether it knows CLUSTER SLOT-STATS; None: not asked yet."""
        self.metered = False
        """Whether it counts CPU and network."""
        self.fault: WireFault | None = None
        self.asked = self.due = 0
        """Slots, in this survey."""
        self.reach = 0
        """Where the slow look through slots of others goes on."""

    def begin(self, due: int) -> None:
        """A survey begins, in which `due` slots are asked."""
        self.asked, self.due, self.fault = 0, due, None

    def count(self, slots: Iterable[int], counts: Iterable[int]) -> None:
        """COUNTKEYSINSLOT of its own slots."""
        self.keys.update(zip(slots, counts, strict=True))

    def nothing_else(self, slots: int) -> None:
        """It holds no key but those of its own slots: so many others need not be asked."""
        self.strays, self.others = {}, {}
        self.asked += slots

    def take(self, at: float, stats: Mapping[int, SlotStats]) -> None:
        """SLOT-STATS. A counter that went back, and one that is new, has no rate until the next survey."""
        for slot, new in stats.items():
            self.keys[slot] = new.keys
            if new.memory is not None:
                self.memory[slot] = new.memory
            if new.cpu_usec is None:
                continue
            self.metered = True
            before = self.used.get(slot)
            self.used[slot] = (at, new)
            rates = None if before is None else _rates(before, at, new)
            if rates is not None:
                self.rates[slot] = rates
            else:
                self.rates.pop(slot, None)

    def own(self, slots: frozenset[int]) -> None:
        """These are its own now: what is kept of others is of another time."""
        for kept in (self.keys, self.used, self.rates, self.memory, self.sampled):
            for slot in kept.keys() - slots:
                del kept[slot]
        for slot in self.strays.keys() & slots:
            del self.strays[slot]
        for slot in self.others.keys() & slots:
            del self.others[slot]


def _rates(before: tuple[float, SlotStats], at: float, new: SlotStats) -> Rates | None:
    seconds, old = at - before[0], before[1]
    pairs = ((old.cpu_usec, new.cpu_usec), (old.net_in, new.net_in), (old.net_out, new.net_out))
    grown = [(b or 0) - (a or 0) for a, b in pairs]
    if seconds <= 0 or min(grown) < 0:
        return None
    return grown[0] / seconds, grown[1] / seconds, grown[2] / seconds


def drawn(group: Group, told: Mapping[Address, Told], began: float, at: float) -> Survey | None:
    """The survey, as far as it has come; None without a map of the cluster."""
    cluster = group.cluster
    if cluster is None:
        return None
    heard = {one.address: one for one in told.values() if one.fault is None}
    memory, memory_by = _memory(cluster, heard)
    due = sum(one.due for one in told.values())
    left = sum(max(0, one.due - one.asked) for one in heard.values())
    metered = any(one.metered for one in heard.values())
    return Survey(
        began=began,
        at=at,
        keys=_each(cluster, {one.address: one.keys for one in heard.values()}),
        memory=memory,
        memory_by=memory_by,
        cpu=_rate(cluster, heard, 0) if metered else None,
        net_in=_rate(cluster, heard, 1) if metered else None,
        net_out=_rate(cluster, heard, 2) if metered else None,
        strays=_strays(cluster, {one.address: one.strays for one in heard.values()}),
        arriving=_strays(cluster, {one.address: one.others for one in heard.values()}),
        unasked=tuple(one.address for one in told.values() if one.fault is not None),
        refused=tuple(one.address for one in told.values() if one.fault is not None and one.fault.kind == "noperm"),
        unmetered=tuple(one.address for one in heard.values() if one.has_stats and one.keys and not one.metered),
        jobs=jobs_of(heard.values()),
        progress=1.0 - left / due if due else 1.0,
    )


def _each(cluster: Cluster, by_primary: Mapping[Address, Mapping[int, float]]) -> PerSlot:
    """What each slot's owner says of it."""
    found: list[float | None] = [None] * SLOTS
    for shard in cluster.shards:
        said = by_primary.get(shard.primary, {})
        for first, last in shard.slots:
            found[first : last + 1] = [said.get(slot) for slot in range(first, last + 1)]
    return tuple(found)


def _rate(cluster: Cluster, heard: Mapping[Address, Told], column: int) -> PerSlot:
    by_primary = {
        one.address: {slot: rates[column] for slot, rates in one.rates.items()} for one in heard.values() if one.rates
    }
    return _each(cluster, by_primary)


def _memory(
    cluster: Cluster, heard: Mapping[Address, Told]
) -> tuple[PerSlot | None, Literal["server", "sample", "average"] | None]:
    if any(one.memory for one in heard.values()):
        return _each(cluster, {one.address: one.memory for one in heard.values()}), "server"
    sampled = any(one.sampled for one in heard.values())
    if not sampled and all(one.dataset is None for one in heard.values()):
        return None, None
    guessed = {shard.primary: _bytes(heard[shard.primary]) for shard in cluster.shards if shard.primary in heard}
    return _each(cluster, guessed), "sample" if sampled else "average"


def _bytes(one: Told) -> Mapping[int, float]:
    """A slot's keys times its own sampled key, else the mean of the node's sampled ones, else of all its data."""
    keys = sum(one.keys.values())
    mean = sum(one.sampled.values()) / len(one.sampled) if one.sampled else None
    if mean is None and one.dataset is not None and keys:
        mean = one.dataset / keys
    if mean is None:
        return {slot: 0.0 for slot, count in one.keys.items() if not count}
    return {slot: count * one.sampled.get(slot, mean) for slot, count in one.keys.items()}


def jobs_of(heard: Iterable[Told]) -> tuple[SlotJob, ...]:
    """Each once, the newest first: as its source tells it, else as its target does."""
    found: dict[str, JobTold] = {}
    for job in (job for one in heard for job in one.jobs):
        if job.leaves or job.job.name not in found:
            found[job.job.name] = job
    return tuple(sorted((one.job for one in found.values()), key=lambda job: (-(job.at or 0.0), job.name)))


def _strays(cluster: Cluster, by_node: Mapping[Address, Mapping[int, int]]) -> tuple[Stray, ...]:
    """By slot, then node. What is its own by now is no stray."""
    owner = [cluster.shards[index].primary if index >= 0 else "" for index in cluster.owners]
    found = (Stray(node, slot, keys) for node, slots in by_node.items() for slot, keys in slots.items())
    return tuple(sorted((one for one in found if owner[one.slot] != one.node), key=lambda one: (one.slot, one.node)))
