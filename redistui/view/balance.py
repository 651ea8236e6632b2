"""The balance of a plan that moves slots: each shard as a bar, before and after, and what goes from whom to whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from redistui.model import SLOTS
from redistui.ops.action import Load, Plan, SlotMove
from redistui.ops.templates import ranges_text, slot_count
from redistui.view import figures
from redistui.view.cells import Cell, Row, Tone, show
from redistui.view.words import address, paragraph

Rows = Iterator[Row]
NAME = 21
"""Cells for an address at most."""
LABEL = 6
LONGEST = 40
"""Cells of the longest bar."""
SHORTEST = 8
"""A bar that would be shorter than this says nothing and is left out."""
MOVES = 12
"""Moves that are shown with their slots; more than that are told of by their number."""
RANGES = 3


class Measures(NamedTuple):
    """How the lines of one plan are laid out."""

    name: int
    weights: bool
    """Some shard has a weight of its own."""
    bar: int
    most: int
    """Slots of the shard that has most, before or after: the longest bar."""


def balance_rows(plan: Plan, width: int) -> list[Row]:
    """Nothing for a plan that moves no slots."""
    if not plan.moves:
        return []
    laid = _measures(plan, width)
    rows: list[Row] = [(Cell("What each shard carries, before and after", "title"),), _head(laid)]
    after = {load.node: load for load in plan.after}
    for load in plan.before:
        rows += _shard(load, after.get(load.node, load), laid)
    rows += [(), *paragraph(total(plan.moves), width, "dim", Cell("What moves  ", "title"))]
    for move in plan.moves[:MOVES]:
        rows += _move(move, width)
    if len(plan.moves) > MOVES:
        rows.append((Cell(f"   and {len(plan.moves) - MOVES} moves more", "dim"),))
    return rows


def _measures(plan: Plan, width: int) -> Measures:
    loads = (*plan.before, *plan.after)
    name = min(NAME, max(len(show(load.node)) for load in loads))
    weights = any(load.weight != 1 for load in loads)
    left = width - name - LABEL - len("  SLOTS     %   KEYS  BYTES ") - 2 - 7 * weights
    bar = min(LONGEST, left) if left >= SHORTEST else 0
    return Measures(name, weights, bar, max(load.slots for load in loads) or 1)


def _head(laid: Measures) -> Row:
    weight = f"{'WEIGHT':>7}" if laid.weights else ""
    return (Cell(f"{'':{laid.name + LABEL + 1}}{'SLOTS':>7}{'%':>6}{'KEYS':>7}{'BYTES':>7}{weight}", "dim"),)


def _shard(before: Load, after: Load, laid: Measures) -> Rows:
    """Two lines of one shard; one where nothing changes."""
    name = Cell(f"{show(address(before.node, laid.name)):<{laid.name}} ", "text")
    if before == after:
        yield (name, Cell(f"{'stays':<{LABEL}}", "dim"), *_figures(before, laid, "dim"))
        return
    yield (name, Cell(f"{'before':<{LABEL}}", "dim"), *_figures(before, laid, "dim"))
    blank = Cell(" " * (laid.name + 1))
    yield (blank, Cell(f"{'after':<{LABEL}}", "accent"), *_figures(after, laid, "accent"))


def _figures(load: Load, laid: Measures, tone: Tone) -> Row:
    share = figures.percent(100 * load.slots / SLOTS)
    weight = f"{_weight(load.weight):>7}" if laid.weights else ""
    said = f"{load.slots:>7,}{share:>6}{figures.count(load.keys):>7}{figures.size(load.bytes):>7}{weight}  "
    return Cell(said, "text"), Cell("█" * round(laid.bar * load.slots / laid.most), tone)


def _weight(value: float) -> str:
    """
    >>> _weight(1.0), _weight(0.125), _weight(1e300)
    ('1', '0.125', '1e+300')
    """
    return f"{value:.3g}"


def _move(move: SlotMove, width: int) -> Rows:
    slots = figures.plural(slot_count(move.ranges), "slot")
    yield (Cell(f"   {show(move.source)} -> {show(move.target)}  ", "text"), Cell(slots, "key"))
    more = len(move.ranges) - RANGES
    which = ranges_text(move.ranges[:RANGES]) + (f" and {more} ranges more" if more > 0 else "")
    yield from paragraph(f"{', '.join(_carried(move))}; slots {which}", width, "dim", Cell("     "))


def _carried(move: SlotMove) -> Iterator[str]:
    if move.keys is None:
        yield "keys not counted"
        return
    yield f"{figures.count(move.keys)} keys"
    if move.bytes is not None:
        yield figures.size(move.bytes)
    if move.seconds is not None:
        yield f"about {seconds(move.seconds)}"


def seconds(value: float) -> str:
    """
    >>> seconds(0.4), seconds(12.7), seconds(125.0)
    ('0.4 s', '13 s', '2m05s')
    """
    if value < 9.95:
        return f"{value:.1f} s"
    return f"{value:.0f} s" if value < 60 else figures.span(value)


def total(moves: Sequence[SlotMove]) -> str:
    """All moves in a few words; they run side by side, so the longest one tells how long."""
    slots = sum(slot_count(move.ranges) for move in moves)
    said = f"{slots:,} slots"
    keys, sizes, times = ([getattr(move, name) for move in moves] for name in ("keys", "bytes", "seconds"))
    if None in keys:
        return f"{said}, keys not counted"
    said += f", {figures.count(sum(keys))} keys"
    said += "" if None in sizes else f", {figures.size(sum(sizes))}"
    return said if None in times else f"{said}, about {seconds(max(times))} (an estimate)"
