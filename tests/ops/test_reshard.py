"""Reshard: which slots go where, and what refuses it."""

from __future__ import annotations

import re
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model import SLOTS
from redistui.ops.aiming import BadAim, aim_at
from redistui.ops.cluster.words import BadWord, slots_in
from redistui.ops.reshard import RESHARD, portions
from redistui.ops.templates import Ranges, ranges_text, slots_of
from tests.ops.cluster_world import NEW, P1, P2, P3, R2
from tests.ops.shards import UNEVEN, aim, fleet, moved, plan, said, survey, warned, world

FAR = "10.0.0.99:7000"


def options(source: str, target: str, slots: str) -> dict[str, str]:
    return {"from": source, "to": target, "slots": slots}


def wanted(source: str, target: str, slots: str) -> dict[str, str]:
    return {"from_": source, "to": target, "slots": slots}


def test_what_it_cannot_do_without_stands_in_no_brackets() -> None:
    assert RESHARD.usage == "--from NODE[,NODE...] --to NODE --slots N|RANGES [--classic]"


def test_a_number_of_slots_goes_in_one_piece_beside_what_the_target_has() -> None:
    made = plan(RESHARD, fleet(world(), survey()), aim(**wanted(P1, P2, "100")))
    (move,) = made.moves
    assert (move.source, move.target, move.ranges) == (P1, P2, ((5361, 5460),))
    assert made.title == f"Move slots from {P1} to {P2}: 100 slots in 1 move"
    assert [load.slots for load in made.after] == [5361, 5561, 5462]


def test_of_several_sources_each_gives_its_part() -> None:
    made = plan(RESHARD, fleet(world(UNEVEN, fourth=True), survey()), aim(**wanted(f"{P1},{P2}", NEW, "1300")))
    assert moved(made) == [(P1, NEW, 1000), (P2, NEW, 300)]


def test_named_slots_go_and_no_others() -> None:
    made = plan(RESHARD, fleet(world(), survey()), aim(**wanted(f"{P1},{P3}", P2, "0-9,20,16383")))
    assert [(move.source, move.ranges) for move in made.moves] == [(P1, ((0, 9), (20, 20))), (P3, ((16383, 16383),))]
    assert "(slots 0-9 20 16383)" in made.title


def test_who_gives_all_it_has_is_warned_of() -> None:
    everything = aim(**wanted(P1, P2, "0-5460"))
    assert f"{P1} gives all its slots" in warned(RESHARD, fleet(world(), survey()), everything)


REFUSALS: list[tuple[dict[str, str], str]] = [
    (wanted(FAR, P2, "1"), f"{FAR} is no node of catalog"),
    (wanted(P1, FAR, "1"), f"{FAR} is no node of catalog"),
    (wanted(P1, R2, "1"), f"{R2} is a replica of {P2}: name that"),
    (wanted(P1, "1" * 40, "1"), f"{P1} cannot give slots to itself"),
    (wanted(P1, P2, "5462"), f"{P1} owns 5,461 slots, 5,462 are wanted"),
    (wanted(P1, P2, "16384"), f"{P1} owns 5,461 slots, 16,384 are wanted"),
    (wanted(P1, P2, "5460-5461"), f"{P1} does not own slot 5461: {P2} owns it"),
    (wanted(f"{P1},{P3}", P2, "0,6000"), f"the sources together do not own slot 6000: {P2} owns it"),
]


@pytest.mark.parametrize(("options", "words"), REFUSALS, ids=[words[:30] for _, words in REFUSALS])
def test_what_the_cluster_does_not_have_is_refused(options: dict[str, str], words: str) -> None:
    assert words in said(RESHARD, fleet(world(), survey()), aim(**options))


BAD = [
    *("", ",", "5-3", "0-16384", "16385", "-1", "0", "1e3", "0x10", "1-2-3", "0-5,3", "7,7", "a", "1 -", "99999999999"),
    *("\N{ARABIC-INDIC DIGIT FIVE}", "\N{FULLWIDTH DIGIT ONE}-2", "\N{SUPERSCRIPT TWO}", "1.5", "+3", "0_1"),
]


@pytest.mark.parametrize("slots", BAD)
def test_words_that_are_no_slots_are_told_apart_from_slots_that_are_not_there(slots: str) -> None:
    with pytest.raises(BadAim):
        aim_at(RESHARD, fleet(world()), (), options(P1, P2, slots))


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({}, "reshard wants --from NODE[,NODE...] and --to NODE and --slots N|RANGES as well"),
        ({"from": P1, "slots": "5"}, "reshard wants --to NODE as well"),
        (options(f"{P1},{P1}", P2, "5"), f"--from names {P1} twice"),
        (options(P1, P1, "5"), f"{P1} cannot give slots to itself"),
        (options(P1, f"{P2},{P3}", "5"), "--to names 2 nodes: the slots go to one"),
        (options(",", P2, "5"), "--from wants a node"),
    ],
)
def test_options_that_are_missing_or_contradict_each_other(given_: dict[str, str], words: str) -> None:
    with pytest.raises(BadAim, match=re.escape(words)):
        aim_at(RESHARD, fleet(world()), (), given_)


@given(some.sets(some.integers(0, SLOTS - 1), min_size=1, max_size=40))
def test_slots_are_read_as_they_are_written(slots: set[int]) -> None:
    ranges: Ranges = tuple((slot, slot) for slot in sorted(slots))
    text = ",".join(f"{first}-{last}" for first, last in ranges)
    found = slots_in(text)
    assert not isinstance(found, int)
    assert slots_of(found) == sorted(slots)
    assert slots_in(ranges_text(found) if len(found) > 1 else text) == found


@given(some.text(alphabet="0123456789-, eE+_.\N{ARABIC-INDIC DIGIT FIVE}", max_size=12))
def test_any_text_is_a_number_slots_or_a_sentence(text: str) -> None:
    found: int | Ranges | None = None
    with suppress(BadWord):
        found = slots_in(text)
    if isinstance(found, int):
        assert 1 <= found <= SLOTS
    elif found is not None:
        assert slots_of(found) == sorted(set(slots_of(found)))
        assert 0 <= found[0][0] <= found[-1][1] < SLOTS


@given(some.dictionaries(some.sampled_from("abcdef"), some.integers(1, SLOTS), min_size=1), some.floats(0, 1))
def test_portions_add_up_and_nobody_gives_more_than_it_has(held: dict[str, int], part: float) -> None:
    wanted = round(part * sum(held.values()))
    parts = portions(held, wanted)
    assert sum(parts.values()) == wanted
    assert all(0 <= parts[name] <= held[name] for name in held)
