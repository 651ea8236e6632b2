"""One thing changed in a group that is otherwise well: what the tables of checks are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from redistui.model import Group

Change = Callable[[Group], Group]


def node(place: int, **changes: Any) -> Change:
    def change(group: Group) -> Group:
        nodes = list(group.nodes)
        nodes[place] = replace(nodes[place], **changes)
        return replace(group, nodes=tuple(nodes))

    return change


def replication(place: int, **changes: Any) -> Change:
    def change(group: Group) -> Group:
        own = group.nodes[place].replication
        assert own is not None
        return node(place, replication=replace(own, **changes))(group)

    return change


def metric(place: int, name: str, value: float | None) -> Change:
    """None: it is not known."""

    def change(group: Group) -> Group:
        others = {key: old for key, old in group.nodes[place].metrics.items() if key != name}
        return node(place, metrics=others if value is None else {**others, name: value})(group)

    return change
