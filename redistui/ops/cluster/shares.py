"""What each shard carries before and after slots are moved, and what the moves carry: the figures of a plan.

Keys and bytes are a survey's, and None where it has none: unknown is never shown as 0. Seconds are estimates, from what
moves took between servers on one machine; a network, busy servers and big values make them longer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from redistui.judge.balance import Move, Party
from redistui.model import SLOTS, Address, Group, PerSlot, Shard, Survey
from redistui.ops.action import Load, SlotMove
from redistui.ops.checks import numbers
from redistui.ops.cluster.routes import How
from redistui.ops.templates import ranges_of, slot_count, slots_of

Costs = tuple[float, float, float]
SECONDS: Mapping[How, Costs] = {
    "classic": (0.0005, 0.00002, 1e-8),
    "atomic": (0.0003, 0.000005, 5e-9),
    "import": (0.0003, 0.000005, 5e-9),
}
"""About how long a slot takes by itself, each of its keys, and each byte of them.

Measured on two cores, over loopback, journalling included: classic on Redis 7.0, 1,000 slots with 7,300 keys of 100
bytes in 0.65 s; atomic on Valkey 9.1, 3,000 slots with 3,700 keys in 1.3 s and 2,700 with 3,000 in 0.9 s. Of the bytes
no more is known than that a core copies some 100 MB a second. `import` was not measured: as atomic."""
HEARD_BY_REPLICAS = 0.008
"""What a slot that is opened and closed takes more where a node tells its replicas first (CLUSTER SETSLOT, Valkey >=
8.0): 4,369 slots between three shards took 18 s, two moves side by side."""
TELLS_REPLICAS_SINCE = (8, 0)
BEGINNING: Mapping[How, float] = {"classic": 0.03, "atomic": 0.1, "import": 0.1}
"""About how long a move takes before its first slot goes: an atomic one makes a snapshot."""


def owned(shard: Shard) -> tuple[int, ...]:
    return tuple(slots_of(shard.slots))


def parties(shards: Iterable[Shard], weights: Mapping[Address, float]) -> tuple[Party, ...]:
    """Shards as the planner knows them, by their primaries' addresses. Who has no weight has 1."""
    return tuple(Party(shard.primary, owned(shard), weights.get(shard.primary, 1.0)) for shard in shards)


def total(values: PerSlot | None, slots: Sequence[int]) -> int | None:
    """What these slots hold; None where it is not known of each of them.

    >>> total((3, 4, None), (0, 1)), total((3, 4, None), (1, 2)), total(None, (0,))
    (7, None, None)
    """
    if values is None:
        return None
    known = [value for slot in slots if (value := values[slot]) is not None]
    return round(sum(known)) if len(known) == len(slots) else None


def move_of(source: Address, target: Address, slots: Sequence[int]) -> SlotMove:
    return SlotMove(source, target, ranges_of(slots))


def moves_of(moves: Iterable[Move]) -> tuple[SlotMove, ...]:
    """The planner's moves, without figures."""
    return tuple(move_of(move.source, move.target, move.slots) for move in moves)


def figured(
    moves: Iterable[SlotMove], survey: Survey | None, how: How, slow: Collection[Address] = ()
) -> tuple[SlotMove, ...]:
    """Moves with what they carry, as far as it is known. `slow`: nodes that tell their replicas of each slot."""
    return tuple(_figured(move, survey, how, slow) for move in moves)


def _figured(move: SlotMove, survey: Survey | None, how: How, slow: Collection[Address]) -> SlotMove:
    slots = slots_of(move.ranges)
    keys = None if survey is None else total(survey.keys, slots)
    size = None if survey is None else total(survey.memory, slots)
    seconds = _seconds(how, len(slots), keys, size)
    if seconds is not None and how == "classic" and {move.source, move.target} & set(slow):
        seconds = round(seconds + HEARD_BY_REPLICAS * len(slots), 2)
    return replace(move, keys=keys, bytes=size, seconds=seconds)


def tell_replicas(group: Group) -> frozenset[Address]:
    """Primaries that tell their replicas of a slot that is opened or given away, and wait for them."""
    shards = () if group.cluster is None else group.cluster.shards
    nodes = ((group.node(shard.primary), shard) for shard in shards if shard.replicas)
    return frozenset(
        shard.primary
        for node, shard in nodes
        if node is not None and node.server == "valkey" and numbers(node.version)[:2] >= TELLS_REPLICAS_SINCE
    )


def _seconds(how: How, slots: int, keys: int | None, size: int | None) -> float | None:
    """
    >>> _seconds("classic", 1000, None, None) is None
    True
    """
    if keys is None:
        return None
    by_slot, by_key, by_byte = SECONDS[how]
    return round(BEGINNING[how] + by_slot * slots + by_key * keys + by_byte * (size or 0), 2)


def before(
    group: Group, survey: Survey | None, weights: Mapping[Address, float], also: Iterable[Address] = ()
) -> tuple[Load, ...]:
    """What each shard carries now: those with slots, and `also` these."""
    shards = () if group.cluster is None else group.cluster.shards
    wanted = set(also)
    here = [shard for shard in shards if shard.slot_count or shard.primary in wanted]
    loads = [_load(shard.primary, owned(shard), survey, weights) for shard in here]
    strangers = sorted(wanted - {shard.primary for shard in here})
    return (*loads, *(_load(address, (), survey, weights) for address in strangers))


def after(
    group: Group, survey: Survey | None, weights: Mapping[Address, float], moves: Sequence[SlotMove]
) -> tuple[Load, ...]:
    """The same shards when all is moved."""
    slots = {shard.primary: set(owned(shard)) for shard in (group.cluster.shards if group.cluster else ())}
    for move in moves:
        moved = slots_of(move.ranges)
        slots[move.source] -= set(moved)
        slots.setdefault(move.target, set()).update(moved)
    shown = [load.node for load in before(group, survey, weights, targets(moves))]
    return tuple(_load(address, tuple(slots.get(address, ())), survey, weights) for address in shown)


def targets(moves: Iterable[SlotMove]) -> tuple[Address, ...]:
    return tuple(dict.fromkeys(move.target for move in moves))


def _load(address: Address, slots: Sequence[int], survey: Survey | None, weights: Mapping[Address, float]) -> Load:
    keys = None if survey is None else total(survey.keys, slots)
    size = None if survey is None else total(survey.memory, slots)
    return Load(address, len(slots), keys, size, weights.get(address, 1.0))


def fullest(moves: Iterable[SlotMove], survey: Survey) -> tuple[int, int, int | None] | None:
    """Of the slots that move: the one that holds most, its keys and bytes; None where nothing is known to be in any."""
    slots = [slot for move in moves for slot in slots_of(move.ranges)]
    by = survey.memory or survey.keys
    known = [slot for slot in slots if by[slot] and survey.keys[slot]]
    if not known:
        return None
    slot = max(known, key=lambda one: by[one] or 0)
    size = None if survey.memory is None else survey.memory[slot]
    return slot, round(survey.keys[slot] or 0), None if size is None else round(size)


def counted(values: PerSlot | None, slots: Iterable[int]) -> tuple[float, ...] | None:
    """What each slot holds, for a planner that needs to know it of all these; None where it is not known."""
    if values is None or any(values[slot] is None for slot in slots):
        return None
    return tuple(value or 0.0 for value in values) if len(values) == SLOTS else None


def moved(moves: Iterable[SlotMove]) -> int:
    return sum(slot_count(move.ranges) for move in moves)
