"""Which slots to move so that every shard of a cluster carries its share, and no slot is moved that need not be.

By slots: every shard ends with its share, rounded up or down, and exactly as many slots are moved as the shards have
too many. By what the slots hold (keys, bytes): as few slots as a greedy choice finds, the biggest first, until every
shard is within the threshold of its share (redistui.judge.by_cost). Nothing is moved while all are within it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor

from redistui.judge.by_cost import moved
from redistui.judge.cutting import cut, ranged

THRESHOLD = 2.0
"""Per cent of its load that a shard may be off its share, as with redis-cli."""


@dataclass(frozen=True, slots=True)
class Party:
    """A shard, as far as balance goes."""

    name: str
    slots: tuple[int, ...]
    """In rising order."""
    weight: float = 1.0
    """Its part of the whole, beside the others' weights. 0: it gives all it has."""


@dataclass(frozen=True, slots=True)
class Move:
    """Slots that go from one shard to another."""

    source: str
    target: str
    slots: tuple[int, ...]
    """In rising order."""


def involved(parties: Sequence[Party], *, use_empty: bool) -> tuple[Party, ...]:
    """Who takes part: a shard without slots only where that is wanted, as with redis-cli."""
    return tuple(party for party in parties if party.slots or use_empty)


@lru_cache(maxsize=8)
def balanced(
    parties: tuple[Party, ...],
    cost: tuple[float, ...] | None = None,
    *,
    threshold: float = THRESHOLD,
    use_empty: bool = False,
    most: int | None = None,
) -> tuple[Move, ...]:
    """The moves: each slot at most once, from a shard above its share to one below.

    `cost`: what each of the 16,384 slots holds; None: by the number of slots. `threshold` in per cent. `most`: slots
    moved at most; those that help most come first. No shard whose weight is above 0 loses its last slot: it would
    become a replica.

    >>> a, b = Party("a", tuple(range(0, 12))), Party("b", (12, 13, 14, 15))
    >>> balanced((a, b))
    (Move(source='a', target='b', slots=(8, 9, 10, 11)),)
    """
    taking = involved(parties, use_empty=use_empty)
    if not any(party.weight > 0 for party in taking) or most == 0:
        return ()
    if cost is not None:
        return _grouped(moved(taking, cost, threshold, most))
    goals = quotas(taking)
    if not any(_off(party, goals[party.name], exact, threshold) for party, exact in shares(taking)):
        return ()
    return _cut_out(taking, goals, most)


def shares(parties: Sequence[Party]) -> list[tuple[Party, Fraction]]:
    """How many slots each would own, were slots divisible."""
    whole = sum(Fraction(party.weight) for party in parties)
    count = sum(len(party.slots) for party in parties)
    return [(party, count * Fraction(party.weight) / whole) for party in parties]


def quotas(parties: Sequence[Party]) -> Mapping[str, int]:
    """How many slots each is to own: its share rounded, so that fewest slots move.

    >>> quotas((Party("a", tuple(range(6))), Party("b", (6,)), Party("c", (7,))))
    {'a': 3, 'b': 3, 'c': 2}
    """
    exact = {party.name: share for party, share in shares(parties)}
    least = {party.name: int(bool(party.slots) and party.weight > 0) for party in parties}
    goals = {name: max(floor(share), least[name]) for name, share in exact.items()}
    held = {party.name: len(party.slots) for party in parties}
    left = sum(held.values()) - sum(goals.values())
    short = [name for name in exact if goals[name] < exact[name]]
    short.sort(key=lambda name: (held[name] <= goals[name], held[name] != goals[name] + 1, goals[name] - exact[name]))
    for name in short[: max(0, left)]:
        goals[name] += 1
    for _ in range(-left):  # many tiny weights keep a slot each: who would get most gets less
        goals[max(goals, key=lambda name: (goals[name] > least[name], goals[name] - held[name], goals[name]))] -= 1
    return goals


def filled(parties: tuple[Party, ...], name: str, most: int | None = None) -> tuple[Move, ...]:
    """One shard gets what it lacks to its share, from those that have most too many; no other slot moves.

    >>> a, b = Party("a", (0, 1, 2, 3, 4, 5)), Party("b", (6, 7, 8))
    >>> [(move.source, move.slots) for move in filled((a, b, Party("c", ())), "c")]
    [('a', (0, 1, 2))]
    """
    goals = quotas(parties)
    held = {party.name: party.slots for party in parties}
    spare = {one: len(slots) - goals[one] for one, slots in held.items() if len(slots) > goals[one]}
    lacks = max(0, goals[name] - len(held[name]))
    gives = levelled(spare, lacks if most is None else min(most, lacks))
    near = set(held[name])
    found = []
    for source, number in gives.items():
        slots = cut(ranged(held[source]), number, near)
        near.update(slots)
        found.append(Move(source, name, tuple(sorted(slots))))
    return tuple(found)


def emptied(parties: tuple[Party, ...], name: str) -> tuple[Move, ...]:
    """All slots of one shard go to the others, whoever lacks most for its weight first; no other slot moves."""
    leaving = next(party for party in parties if party.name == name)
    takes = levelled(_lacks(leaving, [party for party in parties if party is not leaving]), len(leaving.slots))
    left = ranged(leaving.slots)
    found = []
    for source, target, number in paired({name: len(leaving.slots)}, takes):
        near = next(party.slots for party in parties if party.name == target)
        found.append(Move(source, target, tuple(sorted(cut(left, number, frozenset(near))))))
    return tuple(found)


def _lacks(leaving: Party, others: Sequence[Party]) -> dict[str, int]:
    """What each is to get when one leaves. Who has more than its share already gets nothing, and does not count for the
    shares of the rest."""
    while True:
        goals = quotas((Party(leaving.name, leaving.slots, 0.0), *others))
        lacking = [party for party in others if len(party.slots) <= goals[party.name]]
        if len(lacking) in (0, len(others)):
            lacks = {party.name: goals[party.name] - len(party.slots) for party in others}
            return {name: number for name, number in lacks.items() if number > 0}
        others = lacking


def _off(party: Party, goal: int, exact: Fraction, threshold: float) -> bool:
    """Whether a shard is off its share by more than the threshold, measured as redis-cli does; what is to give all it
    has is off while it has any."""
    held = len(party.slots)
    if not party.weight:
        return bool(held)
    if not held:
        return min(goal, floor(exact)) > 1
    return min(abs(held - goal), abs(held - floor(exact))) * 100 > threshold * held


def _cut_out(parties: Sequence[Party], goals: Mapping[str, int], most: int | None) -> tuple[Move, ...]:
    """So many slots as each is to give or take, in ranges as long as can be, for as few pairs as can be."""
    gives = {party.name: len(party.slots) - goals[party.name] for party in parties}
    takes = {name: -number for name, number in gives.items() if number < 0}
    gives = {name: number for name, number in gives.items() if number > 0}
    whole = sum(gives.values()) if most is None else min(most, sum(gives.values()))
    left = {party.name: ranged(party.slots) for party in parties}
    held = {party.name: set(party.slots) for party in parties if party.name in takes}
    found = []
    for source, target, number in paired(levelled(gives, whole), levelled(takes, whole)):
        slots = cut(left[source], number, held[target])
        held[target].update(slots)
        found.append(Move(source, target, tuple(sorted(slots))))
    return tuple(found)


def levelled(amounts: Mapping[str, int], whole: int) -> dict[str, int]:
    """So much of each that it is so much in all; the greatest are cut down to one level, so that least is left of them.

    >>> levelled({"a": 10, "b": 4, "c": 1}, 8)
    {'a': 7, 'b': 1}
    """
    left = dict(amounts)
    excess = sum(left.values()) - whole
    taken = dict.fromkeys(left, 0)
    ranks = sorted(left, key=lambda name: -left[name])
    need = sum(left.values()) - excess
    for number, _ in enumerate(ranks, 1):  # level the first `number` of them down to the next one
        floor_ = left[ranks[number]] if number < len(ranks) else 0
        step = sum(left[name] - taken[name] - floor_ for name in ranks[:number])
        if step >= need:
            each, more = divmod(need, number)
            for place, name in enumerate(ranks[:number]):
                taken[name] += each + (place < more)
            break
        for name in ranks[:number]:
            taken[name] = left[name] - floor_
        need = whole - sum(taken.values())
    return {name: number for name, number in taken.items() if number}


def paired(gives: Mapping[str, int], takes: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Who gives how many to whom: those that match exactly first, then the greatest to the greatest.

    >>> paired({"a": 5, "b": 3}, {"c": 5, "d": 2, "e": 1})
    [('a', 'c', 5), ('b', 'd', 2), ('b', 'e', 1)]
    """
    gives, takes = dict(gives), dict(takes)
    found = []
    for source, number in list(gives.items()):
        target = next((name for name, wanted in takes.items() if wanted == number), None)
        if target is not None:
            found.append((source, target, number))
            del gives[source], takes[target]
    while gives and takes:
        source, target = max(gives, key=gives.__getitem__), max(takes, key=takes.__getitem__)
        number = min(gives[source], takes[target])
        found.append((source, target, number))
        for side, name in ((gives, source), (takes, target)):
            side[name] -= number
            if not side[name]:
                del side[name]
    return found


def _grouped(rows: Sequence[tuple[int, str, str]]) -> tuple[Move, ...]:
    found: dict[tuple[str, str], list[int]] = {}
    for slot, source, target in rows:
        found.setdefault((source, target), []).append(slot)
    return tuple(Move(source, target, tuple(sorted(slots))) for (source, target), slots in found.items())
