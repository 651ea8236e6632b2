"""Strategies and weights: whom they choose, and what they refuse."""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.route.failures import BadRoute
from redistui.route.strategy import STRATEGIES, Chooser, Random
from redistui.route.weights import checked_weights


@dataclass
class Node:
    address: str
    in_flight: int = 0
    latency_ms: float | None = 1.0


A, B, C = (Node(f"10.0.0.{number}:6379") for number in (1, 2, 3))
NAMES = {A.address: "a", B.address: "b", C.address: "c"}


def nodes(*latencies: float | None, in_flight: tuple[int, ...] = (0, 0, 0)) -> list[Node]:
    return [
        Node(one.address, flying, ms)
        for one, flying, ms in zip((A, B, C), in_flight, latencies or (1, 1, 1), strict=True)
    ]


def run(chooser: Chooser, count: int, among: list[Node] | None = None) -> str:
    chosen = (chooser.choose(among or nodes()) for _ in range(count))
    return "".join(NAMES[node.address] if node else "-" for node in chosen)


@pytest.mark.parametrize(
    ("strategy", "weights", "order"),
    [
        ("round-robin", None, "abcabcabc"),
        ("round-robin", {A.address: 5}, "abcabcabc"),
        ("round-robin", {B.address: 0}, "acacac"),
        ("weighted", None, "abcabc"),
        ("weighted", {A.address: 5, B.address: 1, C.address: 1}, "aabacaa"),
        ("weighted", {A.address: 3, B.address: 1, C.address: 0}, "aabaaaba"),
        ("least-connections", {B.address: 0}, "acac"),
        ("least-response-time", None, "abcabc"),
    ],
)
def test_the_order_of_choices(strategy: str, weights: dict[str, float] | None, order: str) -> None:
    assert run(Chooser(NAMES, strategy, weights), len(order)) == order


def test_a_node_that_comes_back_waits_one_turn_and_gets_no_more_than_its_share() -> None:
    chooser = Chooser(NAMES)
    assert run(chooser, 4, nodes()[:2]) == "abab"
    assert run(chooser, 6) == "cabcab"


@given(st.lists(st.integers(0, 20), min_size=1, max_size=8).filter(any))
def test_smooth_weights_give_each_its_number_in_every_round(weights: list[int]) -> None:
    several = [Node(f"10.0.0.{number}:1") for number in range(len(weights))]
    given_ = {node.address: float(weight) for node, weight in zip(several, weights, strict=True)}
    chooser = Chooser(list(given_), "weighted", given_)
    for _ in range(3):
        chosen = Counter(one.address for _ in range(sum(weights)) if (one := chooser.choose(several)))
        assert chosen == Counter({node: int(weight) for node, weight in given_.items()})
    assert all(chooser.share(node) == pytest.approx(weight / sum(weights)) for node, weight in given_.items())
    assert sum(chooser.wanted_share(node, list(given_)) or 0 for node in given_) == pytest.approx(1.0)


@given(st.lists(st.integers(1, 9), min_size=2, max_size=5), st.integers(0, 4), st.integers(0, 40))
def test_while_a_node_is_away_the_others_share_by_their_weights(weights: list[int], away: int, before: int) -> None:
    several = [Node(f"10.0.0.{number}:1") for number in range(len(weights))]
    chooser = Chooser(
        [node.address for node in several], "weighted", {f"10.0.0.{n}:1": w for n, w in enumerate(weights)}
    )
    for _ in range(before):
        chooser.choose(several)
    gone = several[away % len(several)]
    left = [node for node in several if node is not gone]
    chooser.reset()
    rounds = 30
    total = sum(weights) - weights[several.index(gone)]
    for _ in range(rounds * total):
        chooser.choose(left)
    assert chooser.chosen[gone.address] == 0
    for node in left:
        assert abs(chooser.chosen[node.address] - rounds * weights[several.index(node)]) <= len(weights)


def test_random_gives_all_of_them_and_nobody_of_weight_0() -> None:
    chooser = Chooser(NAMES, "random", {C.address: 0})
    chosen = Counter(run(chooser, 2000))
    assert set(chosen) == {"a", "b"}
    assert min(chosen.values()) > 800
    assert Random(random.Random(1)).choose([A, B], {}).address in NAMES


@pytest.mark.parametrize(("in_flight", "chosen"), [((2, 1, 3), "b"), ((0, 0, 1), "a"), ((5, 5, 4), "c")])
def test_the_fewest_connections(in_flight: tuple[int, int, int], chosen: str) -> None:
    assert run(Chooser(NAMES, "least-connections"), 1, nodes(1, 1, 1, in_flight=in_flight)) == chosen


@pytest.mark.parametrize(
    ("latencies", "in_flight", "chosen"),
    [
        ((5, 2, 9), (0, 0, 0), "b"),
        ((5, 2, 9), (0, 3, 0), "a"),  # four times 2 ms is later than 5
        ((5, 2, None), (0, 0, 0), "c"),  # never measured: now it is
        ((5, 2, None), (0, 0, 1), "b"),  # but one at a time
    ],
)
def test_the_least_response_time(latencies: tuple[float | None, ...], in_flight: tuple[int, ...], chosen: str) -> None:
    assert run(Chooser(NAMES, "least-response-time"), 1, nodes(*latencies, in_flight=in_flight)) == chosen


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ({"10.9.9.9:1": 1}, "10.9.9.9:1 has a weight but is no node of this route: its nodes are 10.0.0.1:6379, "),
        ({"x:1": 1, "y:1": 1}, "x:1, y:1 have weights but are no node"),
        ({A.address: -1}, "the weight of 10.0.0.1:6379 is -1: it must be a number from 0 to 1,000,000"),
        ({A.address: math.nan}, "is nan: it must be a number"),
        ({A.address: math.inf}, "is inf: it must be a number"),
        ({A.address: 10**400}, "is inf: it must be a number"),
        ({A.address: "3"}, "is '3': it must be a number"),
        ({A.address: True}, "is True: it must be a number"),
        ({A.address: 0, B.address: 0, C.address: 0}, "all weights are 0, so that nobody would be asked"),
    ],
)
def test_bad_weights_change_nothing_and_say_what_is_wrong(weights: dict[str, float], sentence: str) -> None:
    chooser = Chooser(NAMES, "weighted", {A.address: 2})
    with pytest.raises(BadRoute) as raised:
        chooser.use("random", weights)
    assert sentence in str(raised.value)
    assert chooser.name == "weighted"
    assert chooser.weight(A.address) == 2


def test_a_strategy_that_is_none_names_those_that_are() -> None:
    with pytest.raises(BadRoute, match=f"use one of {', '.join(STRATEGIES)}"):
        Chooser(NAMES, "fastest")


def test_weights_change_while_it_runs_and_stay_when_only_the_strategy_does() -> None:
    chooser = Chooser(NAMES, "weighted")
    assert run(chooser, 3) == "abc"
    chooser.use("weighted", {A.address: 0, B.address: 0})
    assert run(chooser, 3) == "ccc"
    chooser.use("round-robin")
    assert run(chooser, 2) == "cc"
    chooser.know([A.address, B.address, C.address, "10.0.0.4:1"])
    assert [chooser.weight(node) for node in (A.address, C.address, "10.0.0.4:1")] == [0, 1, 1]


def test_nobody_is_chosen_where_all_that_are_left_weigh_0() -> None:
    chooser = Chooser(NAMES, "weighted", {A.address: 0})
    assert chooser.choose(nodes()[:1]) is None
    assert chooser.choose([]) is None
    assert chooser.share(A.address) is None


def test_who_stands_in_for_another_is_in_no_share() -> None:
    chooser = Chooser(NAMES)
    chooser.choose([A])
    chooser.choose([B], counted=False)
    assert (chooser.share(A.address), chooser.share(B.address)) == (1.0, 0.0)


def test_weights_are_one_where_nothing_is_said() -> None:
    assert checked_weights(None, ["a:1"]) == {"a:1": 1.0}
    assert checked_weights({}, []) == {}
