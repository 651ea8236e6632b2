"""Weights of nodes: checked before they count. 1 where nothing is said; 0: never, whatever the strategy."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from redistui.model import Address
from redistui.route.failures import BadRoute

MOST = 1_000_000


def checked_weights(weights: Mapping[Address, float] | None, nodes: Collection[Address]) -> dict[Address, float]:
    """The weight of every node. Raises BadRoute: a name that is no node, no number, one below 0 or above a million, or
    all of them 0.

    >>> checked_weights({"a:1": 3}, ["a:1", "b:1"])
    {'a:1': 3.0, 'b:1': 1.0}
    """
    given = {node: _checked(node, weight) for node, weight in (weights or {}).items()}
    strangers = sorted(set(given) - set(nodes))
    if strangers:
        one = len(strangers) == 1
        raise BadRoute(
            f"{', '.join(strangers)} {'has a weight but is' if one else 'have weights but are'} no node of this route: "
            f"its nodes are {', '.join(sorted(nodes)) or 'none'}"
        )
    whole = {node: given.get(node, 1.0) for node in nodes}
    if whole and not any(whole.values()):
        raise BadRoute("all weights are 0, so that nobody would be asked: give at least one node a weight above 0")
    return whole


def _checked(node: Address, weight: object) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float):
        raise BadRoute(f"the weight of {node} is {weight!r}: it must be a number from 0 to {MOST:,}")
    try:
        number = float(weight)
    except OverflowError:
        number = math.inf
    if not 0 <= number <= MOST:  # nan is not, either
        raise BadRoute(f"the weight of {node} is {number:g}: it must be a number from 0 to {MOST:,}")
    return number
