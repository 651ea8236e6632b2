"""The tree: who follows whom, chains, orphans and circles, each node drawn exactly once."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.judge.topology import primaries, root_of, tree
from redistui.model import Group, Node
from tests.judge.short import at, group, node


def drawn(found: Group) -> list[str]:
    return [f"{'  ' * branch.depth}{branch.node.address[:-2]}{'?' if branch.orphan else ''}" for branch in tree(found)]


@pytest.mark.parametrize(
    ("nodes", "lines"),
    [
        ([], []),
        ([node("a")], ["a"]),
        ([node("c", "a"), node("b", "a"), node("a")], ["a", "  c", "  b"]),
        ([node("a"), node("b", "a"), node("c", "b"), node("d", "c"), node("e", "a")],
         ["a", "  b", "    c", "      d", "  e"]),
        ([node("b", "gone"), node("a"), node("c", "b")], ["a", "b?", "  c"]),
        ([node("a", "b"), node("b", "a")], ["a?", "b?"]),
        ([node("a", "a")], ["a?"]),
        ([node("a", "b"), node("b", "c"), node("c", "a"), node("d", "a"), node("p")], ["p", "a?", "b?", "c?", "d?"]),
        ([node("b", "a"), node("a", fault="refused")], ["a", "  b"]),
        ([node("z"), node("b", "z"), node("a")], ["z", "  b", "a"]),
        ([node("r", "x", fault="hung"), node("a")], ["a", "r?"]),
    ],
)  # fmt: skip
def test_primaries_come_first_each_followed_by_its_chain(nodes: list[Node], lines: list[str]) -> None:
    assert drawn(group(*nodes)) == lines


def test_the_groups_primary_stands_above_another_that_claims_it() -> None:
    two = group(node("a"), node("b"), node("c", "b"))
    assert drawn(replace(two, primary=at("a"))) == ["a", "b", "  c"]
    assert drawn(replace(two, primary=at("b"))) == ["b", "  c", "a"]


def test_the_guides_know_the_last_child_of_every_level() -> None:
    chain = group(node("a"), node("b", "a"), node("c", "b"), node("d", "a"))
    assert [branch.last for branch in tree(chain)] == [(), (False,), (False, True), (True,)]


def test_a_chain_of_thousands_is_drawn_like_any_other() -> None:
    chain = [node("n0"), *(node(f"n{number}", f"n{number - 1}") for number in range(1, 3000))]
    branches = tree(group(*chain))
    assert [branch.depth for branch in branches] == list(range(3000))


def test_the_root_is_the_top_of_the_chain_and_nobody_in_a_circle() -> None:
    nodes = [node("a"), node("b", "a"), node("c", "b"), node("x", "y"), node("y", "x"), node("o", "gone")]
    by_address = {one.address: one for one in nodes}
    roots = [root_of(one, by_address) for one in nodes]
    assert [root.address if root else None for root in roots] == [at("a")] * 3 + [None] * 3


def test_only_who_says_so_now_is_a_primary() -> None:
    silent, conflicting = node("b", fault="hung"), node("c", conflict="ROLE says primary, INFO says replica")
    assert [one.address for one in primaries(group(node("a"), silent, conflicting, node("d", "a")))] == [at("a")]


@given(some.lists(some.none() | some.integers(0, 9), max_size=8))
def test_every_node_is_drawn_once_whoever_follows_whom(above: list[int | None]) -> None:
    nodes = [node(f"n{number}", None if one is None else f"n{one}") for number, one in enumerate(above)]
    branches = tree(group(*nodes))
    assert sorted(branch.node.address for branch in branches) == sorted(one.address for one in nodes)
    assert all(len(branch.last) == branch.depth for branch in branches)
