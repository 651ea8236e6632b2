"""The planner of slot moves: every shard gets its share, and no slot is moved that need not be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from redistui.judge.balance import THRESHOLD, Move, Party, balanced, emptied, filled, levelled, paired, quotas, shares
from redistui.judge.cutting import ranged
from redistui.model import SLOTS

FEW = 600
"""Slots of the imagined clusters: the planner does not count them."""
WEIGHTS = some.sampled_from([0.0, 1e-300, 1e-6, 0.5, 1.0, 1.0, 1.0, 2.0, 3.0, 7.25, 1e6, 1e308])


@some.composite
def clusters(draw: some.DrawFn) -> tuple[Party, ...]:
    """All slots in runs, dealt to two to nine shards of any weight; at least one stays."""
    count = draw(some.integers(2, 9))
    cuts = sorted(draw(some.sets(some.integers(1, FEW - 1), max_size=24)))
    owners: dict[int, list[int]] = {number: [] for number in range(count)}
    for first, end in pairwise([0, *cuts, FEW]):
        owners[draw(some.integers(0, count - 1))] += range(first, end)
    weights = [draw(WEIGHTS) for _ in owners]
    weights[draw(some.integers(0, count - 1))] = draw(some.sampled_from([0.5, 1.0, 1e6]))
    return tuple(Party(f"n{n}", tuple(slots), weights[n]) for n, slots in owners.items())


@some.composite
def costs(draw: some.DrawFn) -> tuple[float, ...]:
    """What the slots hold: about the same, or nothing, but for some that hold much."""
    common = draw(some.sampled_from([(0,), (1,), (3, 4, 5), (0, 0, 1), (100, 140, 90, 111, 0)]))
    values = [float(common[slot * 7 % len(common)]) for slot in range(FEW)]
    big = some.dictionaries(some.integers(0, FEW - 1), some.integers(0, 20_000), max_size=12)
    for slot, value in draw(big).items():
        values[slot] = float(value)
    return tuple(values)


def after(parties: Sequence[Party], moves: Sequence[Move]) -> Mapping[str, set[int]]:
    """Who owns what when all is moved; every slot is where it is said to come from, and moves once."""
    owned = {party.name: set(party.slots) for party in parties}
    seen: set[int] = set()
    for move in moves:
        slots = set(move.slots)
        assert len(slots) == len(move.slots)
        assert slots <= owned[move.source]
        assert not slots & seen
        seen |= slots
        owned[move.source] -= slots
        owned[move.target] |= slots
    assert sum(map(len, owned.values())) == sum(len(party.slots) for party in parties)
    return owned


def moved(moves: Sequence[Move]) -> int:
    return sum(len(move.slots) for move in moves)


def as_redis_cli(parties: Sequence[Party], *, use_empty: bool, threshold: float = THRESHOLD) -> int:
    """How many slots redis-cli moves: shares are rounded down, and all above is given away."""
    taking = [party for party in parties if party.slots or use_empty]
    weights = sum(party.weight for party in taking)
    expected = {party.name: int(FEW / weights * party.weight) for party in taking}

    def off(party: Party) -> bool:
        held, share = len(party.slots), expected[party.name]
        return abs(100 - 100.0 * share / held) > threshold if held else share > 1

    if not any(map(off, taking)):
        return 0
    return sum(max(0, len(party.slots) - expected[party.name]) for party in taking)


@given(clusters(), some.booleans())
def test_by_slots_every_shard_gets_its_share_and_no_slot_too_many_is_moved(
    parties: tuple[Party, ...], use_empty: bool
) -> None:
    moves = balanced(parties, use_empty=use_empty)
    owned = after(parties, moves)
    taking = [party for party in parties if party.slots or use_empty]
    if not moves or not any(party.weight > 0 for party in taking):
        return
    goals, tiny = quotas(taking), 0
    for party, exact in shares(taking):
        assert len(owned[party.name]) == goals[party.name]
        if exact < 1 and party.slots and party.weight:
            assert goals[party.name] == 1
            tiny += 1
    for party, exact in shares(taking):
        if exact >= 1:  # rounded; or less, where shards that are to have less than one slot keep one
            assert exact - 1 - tiny < goals[party.name] < exact + 1
    assert moved(moves) == sum(max(0, len(p.slots) - goals[p.name]) for p in taking)


@given(clusters(), some.booleans())
def test_no_more_moves_than_redis_cli_plans(parties: tuple[Party, ...], use_empty: bool) -> None:
    moderate = tuple(Party(p.name, p.slots, p.weight if 1e-6 <= p.weight <= 1e6 else 1.0) for p in parties)
    assert moved(balanced(moderate, use_empty=use_empty)) <= as_redis_cli(moderate, use_empty=use_empty)


@given(clusters())
def test_slots_go_from_who_has_too_many_to_who_has_too_few(parties: tuple[Party, ...]) -> None:
    moves = balanced(parties, use_empty=True)
    exact = {party.name: (party, share) for party, share in shares(parties)}
    for move in moves:
        source, share = exact[move.source]
        target, wanted = exact[move.target]
        assert len(source.slots) > share
        assert len(target.slots) <= wanted
        assert target.weight > 0
    assert len({(move.source, move.target) for move in moves}) == len(moves) < 2 * len(parties)


@given(clusters(), some.integers(0, 400))
def test_a_limit_is_kept_and_takes_from_the_fullest_first(parties: tuple[Party, ...], most: int) -> None:
    whole = moved(balanced(parties, use_empty=True))
    moves = balanced(parties, use_empty=True, most=most)
    after(parties, moves)
    assert moved(moves) == min(most, whole)


@given(clusters())
def test_a_shard_of_weight_0_gives_all_it_has(parties: tuple[Party, ...]) -> None:
    moves = balanced(parties, threshold=99.0)
    owned = after(parties, moves)
    if any(party.weight > 0 and party.slots for party in parties):
        assert all(not owned[party.name] for party in parties if not party.weight)


@given(clusters(), some.integers(0, 300))
def test_one_shard_is_filled_by_those_above_their_share(parties: tuple[Party, ...], most: int) -> None:
    everybody = (*(Party(party.name, party.slots) for party in parties if party.slots), Party("new", ()))
    goals = quotas(everybody)
    moves = filled(everybody, "new", most)
    owned = after(everybody, moves)
    assert len(owned["new"]) == min(most, goals["new"])
    assert {move.target for move in moves} <= {"new"}
    assert all(len(owned[move.source]) >= goals[move.source] for move in moves)


@given(clusters())
def test_one_shard_is_emptied_into_those_that_have_least(parties: tuple[Party, ...]) -> None:
    everybody = tuple(Party(party.name, party.slots) for party in parties if party.slots)
    if len(everybody) < 2:
        return
    leaving = everybody[0]
    moves = emptied(everybody, leaving.name)
    owned = after(everybody, moves)
    assert owned[leaving.name] == set()
    assert {move.source for move in moves} == {leaving.name}
    grown = {move.target for move in moves}
    most = max(len(owned[name]) for name in grown)
    assert all(len(owned[party.name]) >= most - 1 for party in everybody[1:])


def test_a_shard_with_more_than_its_share_does_not_change_what_the_others_get() -> None:
    cuts = pairwise([0, 2, 4, 6, 38, 40])
    parties = tuple(Party(f"n{n}", tuple(range(first, end))) for n, (first, end) in enumerate(cuts))
    assert [(move.target, len(move.slots)) for move in emptied(parties, "n0")] == [("n1", 1), ("n2", 1)]


@given(clusters())
def test_no_shard_that_counts_loses_its_last_slot(parties: tuple[Party, ...]) -> None:
    owned = after(parties, balanced(parties, use_empty=True))
    assert all(owned[party.name] for party in parties if party.slots and party.weight)


@settings(max_examples=60)
@given(clusters(), costs(), some.sampled_from([0.0, 0.5, 2.0, 10.0, 50.0]), some.booleans())
def test_by_cost_no_slot_is_moved_that_could_have_stayed(
    parties: tuple[Party, ...], cost: tuple[float, ...], threshold: float, use_empty: bool
) -> None:
    moves = balanced(parties, cost, threshold=threshold, use_empty=use_empty)
    owned = after(parties, moves)
    taking = {party.name: party for party in parties if party.slots or use_empty}
    if not any(party.weight > 0 for party in taking.values()):
        assert moves == ()
        return
    whole = Fraction(sum(map(int, cost)))
    weights = sum(Fraction(party.weight) for party in taking.values())
    share = {name: whole * Fraction(party.weight) / weights for name, party in taking.items()}
    tiny = whole / 10**8

    def out(name: str, load: float) -> bool:
        return abs(Fraction(load) - share[name]) > share[name] * Fraction(threshold) / 100 + tiny

    load = {name: sum(cost[slot] for slot in owned[name]) for name in taking}
    assert all(not owned[name] for name, party in taking.items() if not party.weight)
    good = all(not out(name, load[name]) for name in taking)
    for move in moves:
        assert taking[move.target].weight > 0
        if not taking[move.source].weight:
            continue
        assert sum(cost[slot] for slot in taking[move.source].slots) > share[move.source]
        for slot in move.slots:
            assert cost[slot] > 0
            if good:
                assert out(move.source, load[move.source] + cost[slot] + 2 * float(tiny)) or out(
                    move.target, load[move.target] - cost[slot] - 2 * float(tiny)
                )


def test_even_keys_are_brought_within_the_threshold() -> None:
    parties = (Party("a", tuple(range(10_000))), Party("b", tuple(range(10_000, SLOTS))), Party("c", ()))
    cost = tuple(float(3 + slot % 4) for slot in range(SLOTS))
    owned = after(parties, balanced(parties, cost, use_empty=True))
    share = sum(cost) / 3
    for slots in owned.values():
        assert abs(sum(cost[slot] for slot in slots) - share) <= 0.02 * share


def test_the_biggest_slots_go_first() -> None:
    cost = (500.0, 300.0, 200.0, 50.0, 40.0, 10.0, *[0.0] * (SLOTS - 6))
    parties = (Party("a", tuple(range(8000))), Party("b", tuple(range(8000, SLOTS))))
    (move,) = balanced(parties, cost)
    assert move == Move("a", "b", (0, 3))
    assert balanced(parties, cost, most=1) == (Move("a", "b", (0,)),)


def test_nothing_is_moved_within_the_threshold() -> None:
    parties = (Party("a", tuple(range(8250))), Party("b", tuple(range(8250, SLOTS))))
    assert balanced(parties) == ()
    assert moved(balanced(parties, threshold=0.5)) == 58
    assert balanced(parties, (1.0,) * SLOTS) == ()


def test_a_cluster_without_keys_is_left_as_it_is_by_keys_and_drained_all_the_same() -> None:
    parties = (Party("a", tuple(range(12_000))), Party("b", tuple(range(12_000, SLOTS))))
    assert balanced(parties, (0.0,) * SLOTS) == ()
    gone = (Party("a", tuple(range(12_000)), 0.0), *parties[1:])
    assert moved(balanced(gone, (0.0,) * SLOTS)) == 12_000


def test_an_empty_shard_takes_slots_only_where_that_is_wanted() -> None:
    parties = (Party("a", tuple(range(8192))), Party("b", tuple(range(8192, SLOTS))), Party("c", ()))
    assert balanced(parties) == ()
    moves = balanced(parties, use_empty=True)
    assert {move.target for move in moves} == {"c"}
    assert sorted(map(len, after(parties, moves).values())) == [5461, 5461, 5462]


def test_whole_ranges_are_kept_together() -> None:
    """Three shards and an empty one: three runs of slots, one of each."""
    parties = (
        Party("a", tuple(range(5461))),
        Party("b", tuple(range(5461, 10923))),
        Party("c", tuple(range(10923, SLOTS))),
        Party("d", ()),
    )
    moves = balanced(parties, use_empty=True)
    assert [len(ranged(move.slots)) for move in moves] == [1, 1, 1]
    assert moved(moves) == 4096


def test_a_shard_that_is_one_slot_off_is_left_alone_where_rounding_allows() -> None:
    parties = (
        Party("a", tuple(range(2461))),
        Party("b", tuple(range(2461, 10922))),
        Party("c", tuple(range(10922, SLOTS))),
    )
    assert [(move.source, move.target, len(move.slots)) for move in balanced(parties)] == [("b", "a", 3000)]


def test_by_keys_neighbours_go_together_where_all_slots_are_about_as_full() -> None:
    cost = tuple(600.0 + slot * 7919 % 61 for slot in range(SLOTS))
    parties = (Party("a", tuple(range(9000))), Party("b", tuple(range(9000, SLOTS))))
    (move,) = balanced(parties, cost)
    assert len(ranged(move.slots)) <= 3


def test_with_nobody_to_take_nothing_is_moved() -> None:
    assert balanced((Party("a", tuple(range(SLOTS)), 0.0), Party("b", (), 0.0)), use_empty=True) == ()
    assert balanced((Party("a", tuple(range(SLOTS)), 0.0), Party("b", ()))) == ()


@given(some.dictionaries(some.text(max_size=3), some.integers(1, 500), max_size=8), some.integers(0, 4000))
def test_levelling_leaves_the_rest_as_even_as_it_can(amounts: dict[str, int], wanted: int) -> None:
    whole = min(wanted, sum(amounts.values()))
    taken = levelled(amounts, whole)
    assert sum(taken.values()) == whole
    left = {name: number - taken.get(name, 0) for name, number in amounts.items()}
    assert min(left.values(), default=0) >= 0
    cut = [left[name] for name in taken]
    assert max(left.values(), default=0) <= min(cut, default=0) + 1 or not cut


@pytest.mark.parametrize(
    ("gives", "takes", "pairs"),
    [
        ({"a": 5}, {"b": 2, "c": 3}, 2),
        ({"a": 5, "b": 3}, {"c": 3, "d": 5}, 2),
        ({"a": 4, "b": 4, "c": 4}, {"d": 12}, 3),
        ({}, {}, 0),
    ],
)
def test_few_pairs_are_made(gives: dict[str, int], takes: dict[str, int], pairs: int) -> None:
    made = paired(gives, takes)
    assert len(made) == pairs
    assert sum(number for *_, number in made) == sum(gives.values())
