"""Where two primaries parted, and what only each of them holds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.judge.lag import NO_REPLID
from redistui.judge.split import parted, split_of, splits
from redistui.model import Node
from tests.judge.short import at, fleet, group, node


def one(name: str, replid: str, offset: int, replid2: str = NO_REPLID, second: int = -1, **more: object) -> Node:
    made = node(name, replid=replid, replid2=replid2, offset=offset, **more)  # type: ignore[arg-type]
    assert made.replication is not None
    return replace(made, replication=replace(made.replication, second_offset=second))


OLD = one("b", "old", 620)
NEW = one("a", "new", 900, "old", 501)


def test_what_only_the_old_one_holds_begins_where_the_promoted_one_left() -> None:
    found = parted(OLD, NEW)
    assert found is not None
    assert (found.history, found.since, found.alone, found.others) == ("old", 501, 120, 400)
    back = parted(NEW, OLD)
    assert back is not None
    assert (back.since, back.alone, back.others) == (501, 400, 120)


@pytest.mark.parametrize(
    ("node_", "other", "said"),
    [
        (one("b", "old", 500), NEW, (501, 0, 400)),
        (one("b", "two", 700, "old", 301), NEW, (301, 400, 600)),
        (one("b", "two", 700, "old", 501), NEW, (501, 200, 400)),
        (one("b", "else", 620), NEW, None),
        (one("b", "new", 620), NEW, None),
        (one("b", "else", 620, NO_REPLID, 5), one("a", "more", 900, NO_REPLID, 9), None),
        (one("b", "old", 620), one("a", "new", 900, "old", -1), None),
    ],
)
def test_histories_part_where_the_first_of_the_two_left(
    node_: Node, other: Node, said: tuple[int, int, int] | None
) -> None:
    found = parted(node_, other)
    assert (None if found is None else (found.since, found.alone, found.others)) == said


def test_what_is_not_told_is_no_split() -> None:
    assert parted(replace(OLD, replication=None), NEW) is None
    assert OLD.replication is not None
    assert parted(replace(OLD, replication=replace(OLD.replication, offset=None)), NEW) is None


@given(st.integers(1, 1 << 40), st.integers(0, 1 << 30), st.integers(0, 1 << 30))
def test_both_sides_measure_one_and_the_same_split(since: int, alone: int, others: int) -> None:
    old = one("b", "old", since - 1 + alone)
    new = one("a", "new", since - 1 + others, "old", since)
    there, back = parted(old, new), parted(new, old)
    assert there is not None
    assert back is not None
    assert (there.since, there.alone, there.others) == (since, alone, others)
    assert (back.since, back.alone, back.others) == (since, others, alone)


def test_whoever_is_not_the_groups_own_primary_is_to_give_way() -> None:
    made = group(NEW, OLD, node("c", "a"))
    (found,) = splits(replace(made, primary=at("a")))
    assert (found.node, found.other) == (at("b"), at("a"))
    (found,) = splits(replace(made, primary=at("b")))
    assert (found.node, found.other) == (at("a"), at("b"))
    (found,) = splits(replace(made, primary=None))
    assert (found.node, found.other) == (at("b"), at("a"))
    assert split_of(made, at("c")) is None
    assert split_of(made, "nobody:1") is None


def test_a_split_is_found_with_its_bytes_and_what_ends_it() -> None:
    (finding,) = [one for one in fleet(group(NEW, OLD)).findings if one.rule == "split"]
    assert (finding.level, finding.node, finding.value) == ("bad", at("b"), 120.0)
    assert finding.message == (
        "120 bytes of writes are only at b:1, which parted from a:1; `heal b:1 --export FILE` keeps them and ends it"
    )


def test_a_primary_that_does_not_answer_is_in_no_split() -> None:
    silent = replace(OLD, fault=node("x", fault="hung").fault, role=None)
    assert list(splits(group(NEW, silent))) == []
