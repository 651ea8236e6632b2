"""How alerts stand: how many last, which of them nobody has acknowledged, and for how long one lasted."""

from __future__ import annotations

from typing import NamedTuple

from redistui.model import Alert, Fleet
from redistui.view.cells import show
from redistui.view.figures import span


class Standing(NamedTuple):
    """How many alerts last."""

    bad: int = 0
    warn: int = 0
    new: int = 0
    """Of all of them those that nobody acknowledged and that are not silenced."""


def standing(fleet: Fleet) -> Standing:
    lasting = [alert for alert in fleet.alerts if alert.ended_at is None]
    bad = sum(alert.level == "bad" for alert in lasting)
    return Standing(bad, len(lasting) - bad, sum(alert.told for alert in lasting))


def lasted(alert: Alert) -> str:
    return span((alert.ended_at or alert.since) - alert.since)


def fitting(rule: str, group: str, node: str) -> str:
    """Three patterns of a silence in words.

    >>> fitting("lag-*", "orders", "*"), fitting("*", "*", "*"), fitting("tilt", "*", "10.0.0.1:26379")
    ('lag-* of orders', 'everything', 'tilt at 10.0.0.1:26379')
    """
    if (rule, group, node) == ("*", "*", "*"):
        return "everything"
    where = ("" if group == "*" else f" of {group}") + ("" if node == "*" else f" at {node}")
    return show(f"{rule}{where}")
