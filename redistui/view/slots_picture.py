"""Pictures: what the slot map can show. Two with equal keys look alike."""

from __future__ import annotations

from collections.abc import Hashable
from functools import cached_property
from typing import Protocol

from redistui.model import Cluster, Survey
from redistui.view.slots_heat import Heat, hot_spots
from redistui.view.slots_map import Grid, Spot, Wrong, spots
from redistui.view.slots_moves import moving

QUIET = Spot(-2)
"""A cell of which nothing is to be told."""


class Picture(Protocol):
    """What a map asks of what it shows."""

    @property
    def key(self) -> Hashable: ...

    def spots(self, shape: Grid) -> list[Spot]: ...


class Owners:
    """Who owns each slot."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster

    @property
    def key(self) -> Hashable:
        cluster = self._cluster
        return "owner", cluster.owners, cluster.failing, cluster.open_slots, len(cluster.shards)

    def spots(self, shape: Grid) -> list[Spot]:
        return spots(self._cluster, shape)


class Figures:
    """How much of something each slot holds or takes."""

    def __init__(self, cluster: Cluster, heat: Heat | None) -> None:
        self._cluster, self._heat = cluster, heat

    @cached_property
    def _bare(self) -> list[bool]:
        return [owner < 0 for owner in self._cluster.owners]

    @cached_property
    def _steps(self) -> bytes:
        return bytes(len(self._cluster.owners)) if self._heat is None else self._heat.steps

    @property
    def key(self) -> Hashable:
        return "figure", self._steps, tuple(self._bare)

    def spots(self, shape: Grid) -> list[Spot]:
        return hot_spots(self._steps, self._bare, shape)


class Moving:
    """Which slots are between two owners, and in which keys lie astray."""

    def __init__(self, cluster: Cluster, survey: Survey | None) -> None:
        self._cluster, self._survey = cluster, survey

    @cached_property
    def _marked(self) -> dict[int, Wrong]:
        cluster, survey = self._cluster, self._survey
        found: dict[int, Wrong] = {slot: "uncovered" for slot, owner in enumerate(cluster.owners) if owner < 0}
        for stray in () if survey is None else survey.strays:
            found[stray.slot] = "stray"
        for slot in moving(survey):
            found[slot] = "moving"
        for each in cluster.open_slots:
            found[each.slot] = "migrating" if "migrating" in (each.kind, found.get(each.slot)) else each.kind
        return found

    @property
    def key(self) -> Hashable:
        return "migration", tuple(sorted(self._marked.items())), self._cluster.owners

    def spots(self, shape: Grid) -> list[Spot]:
        found = [QUIET] * (shape.columns * shape.rows)
        order = sorted(self._marked, key=lambda slot: _GRAVITY.index(self._marked[slot]))
        for slot in order:
            if slot in shape:
                found[(slot - shape.start) // shape.per] = Spot(self._cluster.owners[slot], self._marked[slot])
        return found


_GRAVITY: tuple[Wrong, ...] = ("moving", "importing", "migrating", "stray", "uncovered")
"""What covers what where several slots share a cell: the worst comes last."""
