"""The hottest slots of a cluster, by the figure that the map shows."""

from __future__ import annotations

from functools import cache

from redistui.model import Cluster
from redistui.view.cells import Cell, Column
from redistui.view.slots_heat import UNITS, Heat, Mode, hottest
from redistui.view.slots_map import letter
from redistui.view.source import Line, Lines, contains


@cache
def columns(mode: Mode) -> tuple[Column, ...]:
    """As the mode calls its figure."""
    return (
        Column("#", 3, "right", rank=1),
        Column("SLOT", 5, "right"),
        Column(UNITS[mode].what.upper(), 8, "right"),
        Column("%", 5, "right"),
        Column("", 1, owner=True),
        Column("OWNER", 17, grows=True, cut="middle"),
    )


def hot_slots(cluster: Cluster, heat: Heat | None, mode: Mode, wanted: str = "") -> Lines:
    """The greatest first, with its part of the whole cluster's; none while nothing is counted."""
    if heat is None:
        return Lines(columns(mode), ())
    total = sum(value for value in heat.values if value) or 1.0
    lines: list[tuple[str, Line]] = []
    found = set()
    for number, slot in enumerate(hottest(heat)):
        owner = cluster.owners[slot]
        where = cluster.shards[owner].primary if owner >= 0 else "nobody's"
        value = heat.values[slot] or 0.0
        cells = (
            Cell(f"{number + 1}", "dim"),
            Cell(f"{slot}"),
            Cell(UNITS[heat.mode].say(value), "accent"),
            Cell(f"{100 * value / total:.1f}", "dim"),
            Cell(letter(owner)),
            Cell(where),
        )
        lines.append((f"slot {slot}", Line(cells)))
        if contains(wanted, where, str(slot)):
            found.add(number)
    return Lines(columns(mode), lines, frozenset(found))
