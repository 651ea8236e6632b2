"""Drift as blocks: each difference with those who have it, and why it matters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from redistui.judge.drift import Compared, Drift, Fact
from redistui.model import Address
from redistui.view.blocks import Block, Items, Table, words
from redistui.view.cells import Cell, Column, Row
from redistui.view.figures import size

DRIFT = (Column("GROUP", 12), Column("WHAT", 20), Column("VALUE", 12), Column("NODES", 40))


def blocks(found: Sequence[Drift]) -> Iterator[Block]:
    if not found:
        yield words("The servers of each group are alike, as far as INFO tells.", "ok")
        return
    rows: list[Row] = []
    for one in found:
        for number, (value, places) in enumerate(one.values):
            first = number == 0
            rows.append((
                Cell(one.group if first else "", "title"), Cell(one.fact.title if first else ""),
                Cell(valued(one.fact, value), "text" if first else "warn"), Cell(_places(places), "dim"),
            ))  # fmt: skip
    yield Table(DRIFT, tuple(rows))
    whys = {one.fact.name: ((Cell(f"{one.fact.title}:", "title"), Cell(one.fact.why)), ()) for one in found}
    yield Items(tuple(whys.values()))


def valued(fact: Fact, value: Compared) -> str:
    """
    >>> from redistui.judge.drift import FACTS
    >>> valued(FACTS[1], 0.0), valued(FACTS[1], 1048576), valued(FACTS[0], "redis 7.0.15"), valued(FACTS[5], True)
    ('none', '1.00M', 'redis 7.0.15', 'yes')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return (size(value) if value else "none") if fact.unit == "bytes" else f"{value:.0f}"
    return str(value)


def _places(places: Sequence[Address]) -> str:
    more = len(places) - 4
    return " ".join(places[:4]) + (f" and {more} more" if more > 0 else "")
