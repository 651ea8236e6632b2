"""The map of the 16,384 slots: its shape, what stands in a cell, and how far one has zoomed in.

A row of the map always holds a power of two of slots, so that the same slot stands in the same place of the map
whatever else changes, and neighbouring rows line up.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from redistui.model import SLOTS, Cluster

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
Wrong = Literal["", "uncovered", "failing", "migrating", "importing", "moving", "stray"]
"""What is the matter with a slot; empty: nothing."""
SIGNS: dict[Wrong, str] = {
    "uncovered": "!",
    "failing": "x",
    "migrating": ">",
    "importing": "<",
    "moving": "~",
    "stray": "o",
}
"""How it is told where owners are letters: in ASCII, without colours, or on request."""


class Grid(NamedTuple):
    """A map's shape. `rows` counts cells, two to a line where they are half blocks."""

    columns: int
    rows: int
    per: int
    """Slots in one cell."""
    start: int = 0
    """The first slot of the first cell: 0 but for a map that is zoomed in."""

    @property
    def end(self) -> int:
        """Behind its last slot."""
        return min(SLOTS, self.start + self.columns * self.rows * self.per)

    def __contains__(self, slot: object) -> bool:
        return isinstance(slot, int) and self.start <= slot < self.end

    def cell_of(self, slot: int) -> tuple[int, int]:
        """Column and row of a slot's cell."""
        row, column = divmod((slot - self.start) // self.per, self.columns)
        return column, row

    def slots_of(self, column: int, row: int) -> range:
        first = self.start + (row * self.columns + column) * self.per
        return range(first, min(SLOTS, first + self.per))


def grid(width: int, height: int) -> Grid:
    """The finest map that fits `width` x `height` cells.

    >>> [grid(*size)[:3] for size in ((74, 32), (154, 72), (74, 16))]
    [(64, 32, 8), (128, 64, 2), (64, 16, 16)]
    """
    columns = 1 << max(0, max(1, width).bit_length() - 1)
    per = 1
    while SLOTS // (columns * per) > max(1, height) and columns * per < SLOTS:
        per *= 2
    return Grid(columns, max(1, SLOTS // (columns * per)), per)


def zoomed(whole: Grid, steps: int, slot: int) -> Grid:
    """The part around a slot, each step with half as many slots to a cell, down to one.

    >>> zoomed(Grid(64, 32, 8), 2, 9000)
    Grid(columns=64, rows=32, per=2, start=6912)
    >>> zoomed(Grid(64, 32, 8), 9, 9000).per, zoomed(Grid(64, 32, 8), 0, 9000)
    (1, Grid(columns=64, rows=32, per=8, start=0))
    """
    per = max(1, whole.per >> steps)
    row = whole.columns * per
    last = max(0, SLOTS - whole.rows * row)
    start = (slot // row - whole.rows // 2) * row
    return whole._replace(per=per, start=min(max(0, start), last))


def steps_in(whole: Grid) -> int:
    """How often one can zoom in before each cell is one slot."""
    return whole.per.bit_length() - 1


class Spot(NamedTuple):
    """One cell: its owner (most of its slots', -1: nobody, -2: not shown), and the worst of what is wrong in it."""

    owner: int
    wrong: Wrong = ""
    heat: int | None = None
    """Where the map shows a figure: 0 not known, 1 nothing, then 2 (least) to 8. None: the map shows owners."""


NOWHERE = Spot(-1, "uncovered")


def spots(cluster: Cluster, shape: Grid) -> list[Spot]:
    """Every cell of the map, row by row."""
    owners, per = cluster.owners, shape.per
    plain = [Spot(index) for index in range(len(cluster.shards))]
    found: list[Spot] = []
    for first in range(shape.start, shape.end, per):
        owner = owners[first]
        if per == 1 or owners[first : first + per].count(owner) == per:
            found.append(plain[owner] if owner >= 0 else NOWHERE)
        else:
            found.append(_mixed(owners[first : first + per]))
    begin = shape.start // per
    for cell, wrong in _wrongs(cluster, per).items():
        index = cell - begin
        if 0 <= index < len(found) and found[index].wrong != "uncovered":
            found[index] = Spot(found[index].owner, wrong)
    return found


def _mixed(owners: Sequence[int]) -> Spot:
    """A cell with a border in it: the owner of most of its slots, unless one of them is nobody's."""
    most = max(dict.fromkeys(owners), key=owners.count)
    return Spot(most, "uncovered" if -1 in owners else "")


def _wrongs(cluster: Cluster, per: int) -> dict[int, Wrong]:
    """Cells with failing or open slots; an open slot is rarer and covers a failing one."""
    found: dict[int, Wrong] = {slot // per: "failing" for slot in cluster.failing}
    opened: dict[int, Wrong] = {}
    for each in cluster.open_slots:
        index = each.slot // per
        opened[index] = "migrating" if "migrating" in (each.kind, opened.get(index)) else each.kind
    return found | opened


def wrong_with(cluster: Cluster, slot: int) -> Wrong:
    """What is the matter with one slot."""
    if cluster.owners[slot] < 0:
        return "uncovered"
    kinds = {each.kind for each in cluster.open_slots if each.slot == slot}
    if kinds:
        return "migrating" if "migrating" in kinds else "importing"
    return "failing" if slot in cluster.failing else ""


def letter(owner: int) -> str:
    """The owner's letter; `*` beyond the sixty-second, `.` for nobody."""
    return "." if owner < 0 else LETTERS[owner] if owner < len(LETTERS) else "*"
