"""Slots: the 16,384 slots as a map of cells, and who owns them.

A row of the map always holds a power of two of slots, so that the same slot stands in the same place of the map
whatever else changes, and neighbouring rows line up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from redistui.judge.slots import uncovered
from redistui.model import SLOTS, Address, Cluster, Fleet, Group, Level, OpenSlot, Shard
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row
from redistui.view.glyphs import Glyphs
from redistui.view.source import Line, Lines, contains

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
Wrong = Literal["", "uncovered", "failing", "migrating", "importing"]
"""What is the matter with a slot; empty: nothing."""
SIGNS: dict[Wrong, str] = {"uncovered": "!", "failing": "x", "migrating": ">", "importing": "<"}
"""How it is told where owners are letters: in ASCII, without colours, or on request."""


class Grid(NamedTuple):
    """A map's shape. `rows` counts cells, two to a line where they are half blocks."""

    columns: int
    rows: int
    per: int
    """Slots in one cell."""

    def cell_of(self, slot: int) -> tuple[int, int]:
        """Column and row of a slot's cell."""
        row, column = divmod(slot // self.per, self.columns)
        return column, row

    def slots_of(self, column: int, row: int) -> range:
        first = (row * self.columns + column) * self.per
        return range(first, min(SLOTS, first + self.per))


def grid(width: int, height: int) -> Grid:
    """The finest map that fits `width` x `height` cells.

    >>> grid(74, 32), grid(154, 72), grid(74, 16)
    (Grid(columns=64, rows=32, per=8), Grid(columns=128, rows=64, per=2), Grid(columns=64, rows=16, per=16))
    """
    columns = 1 << max(0, max(1, width).bit_length() - 1)
    per = 1
    while SLOTS // (columns * per) > max(1, height) and columns * per < SLOTS:
        per *= 2
    return Grid(columns, max(1, SLOTS // (columns * per)), per)


class Spot(NamedTuple):
    """One cell: its owner (most of its slots', -1: nobody), and the worst of what is wrong in it."""

    owner: int
    wrong: Wrong = ""


NOWHERE = Spot(-1, "uncovered")


def spots(cluster: Cluster, shape: Grid) -> list[Spot]:
    """Every cell of the map, row by row."""
    owners, per = cluster.owners, shape.per
    plain = [Spot(index) for index in range(len(cluster.shards))]
    found: list[Spot] = []
    for first in range(0, SLOTS, per):
        owner = owners[first]
        if per == 1 or owners[first : first + per].count(owner) == per:
            found.append(plain[owner] if owner >= 0 else NOWHERE)
        else:
            found.append(_mixed(owners[first : first + per]))
    for index, wrong in _wrongs(cluster, per).items():
        if found[index].wrong != "uncovered":
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


def range_of(cluster: Cluster, slot: int) -> tuple[int, int]:
    """First and last slot of the run of one owner's slots around a slot."""
    owners, owner = cluster.owners, cluster.owners[slot]
    first = last = slot
    while first > 0 and owners[first - 1] == owner:
        first -= 1
    while last < SLOTS - 1 and owners[last + 1] == owner:
        last += 1
    return first, last


def next_range(cluster: Cluster, slot: int, step: int) -> int:
    """Where the next run begins, or where this one does (from its own beginning: the one before)."""
    first, last = range_of(cluster, slot)
    if step > 0:
        return last + 1 if last < SLOTS - 1 else slot
    return first if first < slot or first == 0 else range_of(cluster, first - 1)[0]


def next_wrong(cluster: Cluster, slot: int, step: int) -> int | None:
    """The first slot of the next run of slots that something is the matter with, around the end; None: all is well."""
    bad = sorted(
        cluster.failing
        | {each.slot for each in cluster.open_slots}
        | {bare for first, last in uncovered(cluster) for bare in range(first, last + 1)}
    )
    known = {each.slot for each in cluster.open_slots}
    starts = [
        one for n, one in enumerate(bad) if n == 0 or bad[n - 1] != one - 1 or one in known or bad[n - 1] in known
    ]
    if not starts:
        return None
    if step > 0:
        return next((one for one in starts if one > slot), starts[0])
    return next((one for one in reversed(starts) if one < slot), starts[-1])


# Lines of text around the map


def summary(cluster: Cluster, glyphs: Glyphs) -> Row:
    """Coverage and what is wrong with it, in one line."""
    bare = SLOTS - cluster.slots_assigned
    cells = [Cell(f"{cluster.slots_assigned:,}/{SLOTS:,} slots", "ok" if not bare else "bad")]
    if cluster.state != "ok":
        cells.insert(0, Cell(f"state {cluster.state or 'unknown'}  ", "bad" if cluster.state else "unknown"))
    if bare:
        cells.append(Cell(f"  {glyphs.uncovered} {bare:,} uncovered", "bad"))
    if cluster.failing:
        cells.append(Cell(f"  {glyphs.failing} {len(cluster.failing):,} failing", "bad"))
    opened = len({each.slot for each in cluster.open_slots})
    if opened:
        cells.append(Cell(f"  {glyphs.open_slot} {opened:,} open", "warn"))
    if not cluster.agree:
        who = cluster.dissenters[0] if len(cluster.dissenters) == 1 else f"{len(cluster.dissenters)} nodes"
        cells.append(Cell(f"  {glyphs.warn} views differ: {who}", "warn"))
    cells.append(
        Cell(f"  {figures.plural(len(cluster.shards), 'shard')}  epoch {cluster.epoch or figures.UNKNOWN}", "dim")
    )
    return tuple(cells)


def pointer(cluster: Cluster, slot: int, glyphs: Glyphs) -> tuple[Row, Row]:
    """The slot under the cursor: who owns it, in which range, and what is the matter with it; then who copies it."""
    owner, wrong = cluster.owners[slot], wrong_with(cluster, slot)
    first, last = range_of(cluster, slot)
    shard = cluster.shards[owner] if owner >= 0 else None
    where = f"{letter(owner)} {shard.primary}" if shard is not None else "nobody's"
    said = (
        Cell(f"slot {slot:>5}  ", "title"),
        Cell(where, "accent" if shard is not None else "bad"),
        *_wrong_cells(cluster, slot, wrong),
        Cell(f"  range {first}-{last}", "text"),
        Cell(f" ({last - first + 1:,})", "dim"),
    )
    if shard is None:
        return said, (Cell("Keys of this range cannot be read or written.", "bad"),)
    replicas = ", ".join(shard.replicas) or "none"
    more = (
        Cell(f"of {shard.slot_count:,} slots in {figures.plural(len(shard.slots), 'range')}", "dim"),
        Cell(f" {glyphs.dot} replicas ", "dim"),
        Cell(replicas, "text" if shard.replicas else "warn"),
    )
    return said, more


def _wrong_cells(cluster: Cluster, slot: int, wrong: Wrong) -> Iterator[Cell]:
    if wrong in ("migrating", "importing"):
        opened = [each for each in cluster.open_slots if each.slot == slot]
        leaving = [each for each in opened if each.kind == "migrating"]
        for each in leaving or opened:
            yield Cell(f"  {SIGNS[each.kind]} {_opened(cluster, each)}", "warn")
    elif wrong:
        yield Cell(f"  {SIGNS[wrong]} {wrong}", "bad")


def _opened(cluster: Cluster, each: OpenSlot) -> str:
    names = {shard.id: shard.primary for shard in cluster.shards}
    peer = names.get(each.peer, each.peer[:8])
    return f"migrating to {peer}" if each.kind == "migrating" else f"importing from {peer}"


SHARDS: tuple[Column, ...] = (
    Column("", 1),
    Column("", 4, owner=True),
    Column("PRIMARY", 17, cut="middle"),
    Column("SLOTS", 6, "right"),
    Column("%", 5, "right", rank=3),
    Column("KEYS", 5, "right", rank=2),
    Column("REPL", 4, "right"),
    Column("STATE", 11),
    Column("RANGES", 10, rank=1, grows=True),
)


def shards(group: Group, cluster: Cluster, glyphs: Glyphs, wanted: str = "") -> Lines:
    """The owners, one line each: the map's legend."""
    alive = {node.address: node.up for node in group.nodes}
    lines, found = [], set()
    for index, shard in enumerate(cluster.shards):
        lines.append((f"shard {shard.id}", Line(_shard(cluster, index, shard, alive, glyphs))))
        if contains(wanted, shard.primary, shard.id, *shard.replicas):
            found.add(index)
    return Lines(SHARDS, lines, frozenset(found))


def _shard(cluster: Cluster, index: int, shard: Shard, alive: dict[Address, bool], glyphs: Glyphs) -> Row:
    up = sum(alive.get(replica, False) for replica in shard.replicas)
    failing = any(first in cluster.failing for first, _ in shard.slots)
    opened = any(shard.id in (each.node, each.peer) for each in cluster.open_slots)
    state: str = "ok"
    level: Level | None = None
    if failing:
        state, level = "FAILING", "bad"
    elif not alive.get(shard.primary, False):
        state, level = "silent", "bad" if shard.slot_count else "warn"
    elif not shard.slot_count:
        state = "empty"
    elif shard.slot_count and not up:
        state, level = "no replica", "warn"
    elif opened:
        state, level = "open slot", "warn"
    share = 100 * shard.slot_count / SLOTS
    return (
        words.level_mark(level, glyphs),
        Cell(f"{letter(index)} {glyphs.block * 2}"),
        Cell(shard.primary, "bad" if level == "bad" else "text"),
        Cell(f"{shard.slot_count:,}"),
        Cell(f"{share:.1f}", "dim"),
        Cell(figures.count(shard.keys), "text" if shard.keys is not None else "dim"),
        Cell(f"{up}/{len(shard.replicas)}", "text" if up else "warn" if shard.slot_count else "dim"),
        Cell(state, level or "dim"),
        Cell(" ".join(str(first) if first == last else f"{first}-{last}" for first, last in shard.slots), "dim"),
    )


def no_cluster(fleet: Fleet, group: Group | None, key: str) -> tuple[str, str]:
    """What to say where no slots are: a sentence, and what to do."""
    clusters = [each.name for each in fleet.groups if each.cluster is not None]
    if group is None:
        return "Nothing is known yet.", ""
    if group.kind == "cluster":
        return f"{group.name} is a cluster, but none of its nodes has shown its slots yet.", ""
    said = f"{group.name} is no cluster: it has no slots."
    return said, f"{key} goes to {clusters[0]}." if clusters else ""
