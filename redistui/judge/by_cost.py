"""Which slots to move so that what they hold (keys, bytes) is spread by weight: the biggest first, few of them.

A shard above its share gives, one below takes, nobody does both. First what must leave a shard of weight 0; then the
shard that is furthest out of the threshold is helped, by the biggest slots that fit, until all are within it or no move
helps. At the end every slot that need not have been moved stays where it was.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Iterable, Sequence
from itertools import accumulate, pairwise
from typing import Protocol

Moved = tuple[int, str, str]
"""Slot, source, target."""
NEAR = 1.25
"""So many times the fewest slots are moved if these are neighbours: else a map of many short ranges stays behind."""


class Party(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def slots(self) -> tuple[int, ...]: ...
    @property
    def weight(self) -> float: ...


class _Side:
    """One shard, while slots are dealt."""

    def __init__(self, party: Party, cost: Sequence[float], share: float, slack: float) -> None:
        self.name, self.weight, self.share = party.name, party.weight, share
        self.low, self.high = share - slack, share + slack
        self.load = sum(cost[slot] for slot in party.slots)
        self.count = len(party.slots)
        self.stock = sorted((cost[slot], slot) for slot in party.slots)
        """What it may still give, the biggest last."""
        self.gives = self.load > self.share
        self.stuck = False

    @property
    def out(self) -> float:
        """By how much it is out of the threshold."""
        return max(0.0, self.load - self.high, self.low - self.load)

    def out_with(self, more: float) -> float:
        load = self.load + more
        return max(0.0, load - self.high, self.low - load)


class _Deal:
    """All shards, and the moves so far."""

    def __init__(self, parties: Sequence[Party], cost: Sequence[float], threshold: float) -> None:
        self.cost = cost
        whole = sum(cost[slot] for party in parties for slot in party.slots)
        biggest = max(party.weight for party in parties)  # sums of huge weights would be infinite
        weights = sum(party.weight / biggest for party in parties)
        self.tiny = 1e-9 * whole
        self.sides = {}
        for party in parties:
            share = whole * (party.weight / biggest) / weights
            self.sides[party.name] = _Side(party, cost, share, share * threshold / 100 + self.tiny)
        self.moves: dict[int, tuple[str, str]] = {}

    def move(self, place: int, source: _Side, target: _Side) -> None:
        """What stands there in the source's stock."""
        load, slot = source.stock.pop(place)
        source.load -= load
        target.load += load
        source.count -= 1
        target.count += 1
        self.moves[slot] = source.name, target.name

    def move_all(self, slots: Collection[int], source: _Side, target: _Side) -> None:
        load = sum(self.cost[slot] for slot in slots)
        source.stock = [one for one in source.stock if one[1] not in slots]
        source.load -= load
        target.load += load
        source.count -= len(slots)
        target.count += len(slots)
        self.moves |= dict.fromkeys(slots, (source.name, target.name))

    def back(self, slot: int) -> None:
        source, target = (self.sides[name] for name in self.moves.pop(slot))
        load = self.cost[slot]
        insort(source.stock, (load, slot))
        source.load += load
        target.load -= load
        source.count += 1
        target.count -= 1


def moved(parties: Sequence[Party], cost: Sequence[float], threshold: float, most: int | None) -> list[Moved]:
    """The moves, the biggest slots first. `threshold` in per cent of a shard's share."""
    deal = _Deal(parties, cost, threshold)
    drained = {party.name for party in parties if not party.weight and party.slots}
    _drain(deal, [deal.sides[name] for name in sorted(drained)])
    _level(deal)
    _spare(deal, drained)
    rows = [(slot, *pair) for slot, pair in deal.moves.items()]
    rows.sort(key=lambda row: (row[1] not in drained, -cost[row[0]], row[0]))
    return rows if most is None else rows[:most]


def _drain(deal: _Deal, leaving: Sequence[_Side]) -> None:
    """Big slots one by one to whoever lacks most; the small ones in runs."""
    takers = [side for side in deal.sides.values() if side.weight > 0]
    grain = min(side.high - side.share for side in takers)
    for side in leaving:
        while side.stock and side.stock[-1][0] > grain:
            deal.move(-1, side, max(takers, key=_lack))
    for side in leaving:
        _deal_out(deal, side, takers)


def _lack(side: _Side) -> tuple[float, float]:
    """How much a shard lacks; of those that lack nothing, who has least for its weight."""
    return max(0.0, side.share - side.load), -(side.load or side.count) / side.weight


def _deal_out(deal: _Deal, side: _Side, takers: Sequence[_Side]) -> None:
    """What is left of a shard, in its order; the next taker's turn is when one has its share, and a slot of nothing
    goes where the one before it went. Of a cluster without any keys, by the number of slots."""
    side.stock.sort(key=lambda one: -one[1])
    many = len(side.stock)
    taker = max(takers, key=_lack)
    while side.stock:
        load, _ = side.stock[-1]
        if not any(other.share for other in takers):
            taker = takers[(many - len(side.stock)) * len(takers) // many]
        elif load and taker.load + load / 2 > taker.share:
            taker = max(takers, key=_lack)
        deal.move(-1, side, taker)


def _level(deal: _Deal) -> None:
    """Helps whoever is furthest out, until nobody is, or nothing helps."""
    parties = [side for side in deal.sides.values() if side.weight > 0]
    while True:
        out = [side for side in parties if side.out > 0 and not side.stuck]
        if not out:
            return
        side = max(out, key=lambda one: one.out)
        side.stuck = not _help(deal, side, parties)


def _help(deal: _Deal, side: _Side, parties: Iterable[_Side]) -> bool:
    """Moves slots out of a shard that has too much, or into one that has too little, between it and one other, as much
    as the other still lacks or can spare; False: no move helps."""
    gives = side.gives
    others = [one for one in parties if one.gives != gives]
    others.sort(key=lambda one: one.share - one.load if gives else one.load - one.share, reverse=True)
    for other in others:
        source, target = (side, other) if gives else (other, side)
        least = min(side.out, abs(other.share - other.load) or side.out)
        slots = _chosen(source, least, min(source.load - source.low, target.high - target.load))
        if slots:
            deal.move_all(slots, source, target)
            return True
    for other in others:
        source, target = (side, other) if gives else (other, side)
        place = _helping(source, target)
        if place is not None:
            deal.move(place, source, target)
            return True
    return False


def _chosen(source: _Side, least: float, most: float) -> set[int]:
    """Slots that hold `least` together and no more than `most`, or less where no others fit: the biggest, since they
    are the fewest; or a run of neighbours, where these are hardly more."""
    few = _biggest(source, least, most)
    run = _run(source, least, most)
    chosen = run if run and len(run) <= NEAR * len(few) else few
    return set(chosen[: source.count - 1])


def _biggest(source: _Side, least: float, most: float) -> list[int]:
    found: list[int] = []
    place, total = len(source.stock), 0.0
    while total < least:
        place = min(place, bisect_right(source.stock, (most - total, 1 << 20))) - 1
        if place < 0 or source.stock[place][0] <= 0:
            break
        found.append(source.stock[place][1])
        total += source.stock[place][0]
    return found


def _run(source: _Side, least: float, most: float) -> list[int]:
    """Of all runs of neighbours that hold enough and not too much: the one in fewest pieces, then of fewest slots."""
    held = sorted((slot, load) for load, slot in source.stock if load > 0)
    breaks = [0, *accumulate(int(after[0] != before[0] + 1) for before, after in pairwise(held))]
    best: tuple[int, int, int] | None = None
    total, end = 0.0, 0
    for start, (_, load) in enumerate(held):
        while end < len(held) and total < least:
            total += held[end][1]
            end += 1
        if total < least:
            break
        if total <= most:
            one = (breaks[end - 1] - breaks[start], end - start, start)
            best = one if best is None else min(best, one)
        total -= load
    return [] if best is None else [slot for slot, _ in held[best[2] : best[2] + best[1]]]


def _helping(source: _Side, target: _Side) -> int | None:
    """Where the biggest slot stands that brings the two nearer to the threshold, though not within it: one slot may
    hold more than that."""
    now = source.out + target.out
    if source.count < 2:
        return None
    for place in range(len(source.stock) - 1, -1, -1):
        load = source.stock[place][0]
        if load <= 0:
            return None
        if source.out_with(-load) + target.out_with(load) < now:
            return place
    return None


def _spare(deal: _Deal, drained: set[str]) -> None:
    """Slots that need not have been moved stay: the smallest first. Who gives never takes, so one look is enough."""
    for slot in sorted(deal.moves, key=lambda one: (deal.cost[one], one)):
        source, target = (deal.sides[name] for name in deal.moves[slot])
        load = deal.cost[slot]
        if source.name in drained:
            continue
        if source.out_with(load) + target.out_with(-load) <= source.out + target.out:
            deal.back(slot)
