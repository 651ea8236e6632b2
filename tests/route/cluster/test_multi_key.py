"""Calls with keys of several slots: cut into slots, and put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.model.routes import Answer
from redistui.net.client import raw
from redistui.replies.slot import slot_of
from redistui.route.cluster.multi_key import PartialWrite, SlotPart, by_slot, flat, gathered, written
from redistui.route.failures import Refused, RouteFailed, Unknown

NODE = "10.0.0.1:7001"
keys = some.lists(some.text(max_size=3) | some.sampled_from(["{a}1", "{a}2", "{b}", "a", "{}{a}"]), max_size=30)


def answered(part: SlotPart) -> Answer:
    return Answer([f"value of {key}" for key in part.keys], NODE, 1.0)


@given(keys)
def test_every_key_is_in_one_part_of_its_own_slot_in_the_order_of_the_call(wanted: list[str]) -> None:
    parts = by_slot(wanted)
    assert sorted(place for part in parts for place in part.places) == list(range(len(wanted)))
    assert len({part.slot for part in parts}) == len(parts)
    for part in parts:
        assert list(part.places) == sorted(part.places)
        assert [wanted[place] for place in part.places] == list(part.keys)
        assert {slot_of(raw(key)) for key in part.keys} == {part.slot}


@given(keys)
def test_values_come_back_in_the_order_of_the_keys_duplicates_too(wanted: list[str]) -> None:
    parts = by_slot(wanted)
    read = gathered(parts, [answered(part) for part in parts])
    assert read.values == tuple(f"value of {key}" for key in wanted)
    assert read.whole


def test_a_slot_without_an_answer_leaves_its_error_in_its_keys_places() -> None:
    parts = by_slot(["a", "b", "a"])
    lost = Unknown("timeout", "no answer within 1 s", NODE)
    read = gathered(parts, [lost, answered(parts[1])])
    assert read.values == (lost, "value of b", lost)
    assert [part.outcome for part in read.slots] == ["unknown", "acked"]
    assert not read.whole


def test_later_values_of_one_key_stand_behind_earlier_ones() -> None:
    pairs = [("a", "1"), ("b", "2"), ("a", "3")]
    (first, _) = by_slot([key for key, _ in pairs])
    assert flat(pairs[place] for place in first.places) == ("a", "1", "a", "3")


REFUSED = Refused("CLUSTERDOWN", "CLUSTERDOWN The cluster is down", NODE)
LOST = Unknown("timeout", "no answer within 1 s", NODE)
ACKED = Answer(b"OK", NODE, 1.0)


@pytest.mark.parametrize(
    ("answers", "kind", "counts"),
    [
        ([ACKED, REFUSED, LOST], Unknown, (1, 1, 1)),
        ([ACKED, REFUSED, REFUSED], Unknown, (1, 2, 0)),
        ([LOST, REFUSED, REFUSED], Unknown, (0, 2, 1)),
        ([REFUSED, REFUSED, REFUSED], Refused, (0, 3, 0)),
    ],
)
def test_a_write_that_is_not_whole_is_raised_and_is_refused_only_where_nothing_was_changed(
    answers: list[Answer | RouteFailed], kind: type[RouteFailed], counts: tuple[int, int, int]
) -> None:
    parts = by_slot(["a", "b", "c", "c"])
    with pytest.raises(PartialWrite) as raised:
        written("MSET", parts, answers, lambda part, _: len(part.keys))
    partial = raised.value
    assert isinstance(partial, kind)
    assert isinstance(partial, Refused) != isinstance(partial, Unknown)
    assert partial.outcome == ("refused" if kind is Refused else "unknown")
    assert (len(partial.acked), len(partial.refused), len(partial.unknown)) == counts
    again = {key for part, said in zip(parts, answers, strict=True) if said is REFUSED for key in part.keys}
    assert set(partial.refused_keys) == again


def test_a_write_that_every_slot_took_counts_its_keys() -> None:
    parts = by_slot(["a", "b", "c", "c"])
    whole = written("DEL", parts, [Answer(2, NODE, 1.0)] * 3, lambda _, answer: answer.value)
    assert whole.count == 6
    assert all(part.outcome == "acked" for part in whole.slots)
