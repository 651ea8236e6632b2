"""Strategies: which of several nodes that may answer is asked. A new one is a class here and a row in STRATEGIES.

Whoever calls has left out already who may not be asked; a weight of 0 leaves out, too. Nothing here waits: between a
choice and the request that it is for, nobody else chooses.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol, TypeVar

from redistui.model import Address
from redistui.route.failures import BadRoute
from redistui.route.weights import checked_weights


class Choosable(Protocol):
    """What strategies look at: an endpoint, or its like."""

    @property
    def address(self) -> Address: ...

    @property
    def in_flight(self) -> int:
        """Our own requests that wait for their reply there."""

    @property
    def latency_ms(self) -> float | None: ...


Node = TypeVar("Node", bound=Choosable)


class Strategy:
    """`by_weight`: a node gets requests in proportion to its weight."""

    by_weight = False

    def choose(self, among: Sequence[Node], weights: Mapping[Address, float]) -> Node:
        """One of these; there is at least one, and none of weight 0."""
        raise NotImplementedError


class RoundRobin(Strategy):
    """Whoever has waited longest for its turn: also fair where the nodes come and go."""

    def __init__(self) -> None:
        self._turn = 0
        self._last: dict[Address, int] = {}

    def choose(self, among: Sequence[Node], weights: Mapping[Address, float]) -> Node:
        self._turn += 1
        chosen = min(among, key=lambda node: self._last.get(node.address, 0))
        self._last[chosen.address] = self._turn
        return chosen


class Random(Strategy):
    """Any of them, each as likely."""

    def __init__(self, rng: random.Random | None = None) -> None:
        self._rng = rng or random.Random()

    def choose(self, among: Sequence[Node], weights: Mapping[Address, float]) -> Node:
        return self._rng.choice(among)


class Weighted(Strategy):
    """Smooth weighted round robin: 3:1 is a a b a, never a a a b. Each choice gives every node its weight, and takes
    the sum from the one that had most."""

    by_weight = True

    def __init__(self) -> None:
        self._credit: dict[Address, float] = {}

    def choose(self, among: Sequence[Node], weights: Mapping[Address, float]) -> Node:
        total = math.fsum(weights[node.address] for node in among)
        for node in among:
            self._credit[node.address] = self._credit.get(node.address, 0.0) + weights[node.address]
        chosen = max(among, key=lambda node: self._credit[node.address])
        self._credit[chosen.address] -= total
        return chosen


class LeastConnections(Strategy):
    """Who has the fewest of our requests in flight; among equals, turn by turn."""

    def __init__(self) -> None:
        self._turns = RoundRobin()

    def choose(self, among: Sequence[Node], weights: Mapping[Address, float]) -> Node:
        fewest = min(node.in_flight for node in among)
        return self._turns.choose([node for node in among if node.in_flight == fewest], weights)


class LeastResponseTime(Strategy):
    """Who would answer soonest: the mean of its last replies, times what is in flight there with this request.

    A node that was never measured comes first, with one request at a time. What is idle is measured by the health
    checks, so that one which was slow once does not stay out for ever.
    """

    def __init__(self) -> None:
        self._turns = RoundRobin()

    def choose(self, among: Sequence[Node], weights: Mapping[Address, float]) -> Node:
        soonest = min(map(_expected, among))
        return self._turns.choose([node for node in among if _expected(node) == soonest], weights)


def _expected(node: Choosable) -> float:
    if node.latency_ms is None:
        return math.inf if node.in_flight else 0.0
    return node.latency_ms * (node.in_flight + 1)


STRATEGIES: Mapping[str, Callable[[], Strategy]] = {
    "round-robin": RoundRobin,
    "random": Random,
    "weighted": Weighted,
    "least-connections": LeastConnections,
    "least-response-time": LeastResponseTime,
}


class Chooser:
    """A strategy with its weights, both to be changed while it runs, and an account of whom it chose.

    Nodes may come and go: a weight is kept for one that is away.
    """

    strategies: tuple[str, ...] = tuple(STRATEGIES)

    def __init__(
        self, nodes: Collection[Address], strategy: str = "round-robin", weights: Mapping[Address, float] | None = None
    ) -> None:
        self._nodes = tuple(nodes)
        self._given: dict[Address, float] = {}
        self.chosen: Counter[Address] = Counter()
        self.use(strategy, weights)

    def use(self, strategy: str, weights: Mapping[Address, float] | None = None) -> None:
        """From the next choice on; without weights, those of before stay. Raises BadRoute, and nothing has changed."""
        if strategy not in STRATEGIES:
            raise BadRoute(f"there is no strategy {strategy!r}: use one of {', '.join(STRATEGIES)}")
        if weights is not None:
            self._weights = checked_weights(weights, self._nodes)
            self._given = dict(weights)
        elif not hasattr(self, "_weights"):
            self._weights = checked_weights(None, self._nodes)
        self.name = strategy
        self._strategy = STRATEGIES[strategy]()

    def know(self, nodes: Collection[Address]) -> None:
        """These are the nodes now; a new one has the weight it was given earlier, else 1."""
        self._nodes = tuple(nodes)
        self._weights = {node: self._given.get(node, 1.0) for node in nodes}

    def choose(self, among: Sequence[Node], *, counted: bool = True) -> Node | None:
        """Whom to ask; None: there is nobody, or all weigh 0. `counted`: in the shares, where who stands in for a node
        that failed does not belong."""
        fit = [node for node in among if self.weight(node.address) > 0]
        if not fit:
            return None
        chosen = self._strategy.choose(fit, {node.address: self.weight(node.address) for node in fit})
        self.chosen[chosen.address] += counted
        return chosen

    def weight(self, node: Address) -> float:
        return self._weights.get(node, 1.0)

    def share(self, node: Address) -> float | None:
        """Of the choices since the last reset, from 0 to 1; None before the first."""
        total = self.chosen.total()
        return self.chosen[node] / total if total else None

    def wanted_share(self, node: Address, fit: Collection[Address]) -> float | None:
        """As the weights want it among those that can be asked now; None: the strategy goes by no weights, or the node
        cannot be asked."""
        total = math.fsum(map(self.weight, fit))
        if not self._strategy.by_weight or node not in fit or not total:
            return None
        return self.weight(node) / total

    def reset(self) -> None:
        self.chosen.clear()
