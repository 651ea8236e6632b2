"""Lines of text around the slot map: coverage, the slot under the cursor, and what to say where no slots are."""

from __future__ import annotations

from collections.abc import Iterator

from redistui.model import SLOTS, Cluster, Fleet, Group, OpenSlot
from redistui.view import figures
from redistui.view.cells import Cell, Row
from redistui.view.glyphs import Glyphs
from redistui.view.slots_map import SIGNS, Wrong, letter, wrong_with
from redistui.view.slots_walk import range_of


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


def pointer(cluster: Cluster, slot: int, glyphs: Glyphs, figure: Row = ()) -> tuple[Row, Row]:
    """The slot under the cursor: who owns it, its figure, what is the matter with it, its range; then who copies it."""
    owner, wrong = cluster.owners[slot], wrong_with(cluster, slot)
    first, last = range_of(cluster, slot)
    shard = cluster.shards[owner] if owner >= 0 else None
    where = f"{letter(owner)} {shard.primary}" if shard is not None else "nobody's"
    said = (
        Cell(f"slot {slot:>5}  ", "title"),
        Cell(where, "accent" if shard is not None else "bad"),
        *figure,
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


def cluster_of(fleet: Fleet) -> Group | None:
    """Where slots are to be seen: the first cluster that shows them, else the first; None: there is none."""
    clusters = [group for group in fleet.groups if group.kind == "cluster"]
    return next((group for group in clusters if group.cluster is not None), clusters[0] if clusters else None)


def no_cluster(fleet: Fleet, group: Group | None, key: str) -> tuple[str, str]:
    """What to say where no slots are: a sentence, and what to do."""
    if group is None:
        return "Nothing is known yet.", ""
    if group.kind == "cluster" and all(node.fault is not None for node in group.nodes):
        return f"No node of {group.name} answers: who has which slots is not known now.", ""
    if group.kind == "cluster":
        return f"{group.name} is a cluster, but none of its nodes has shown its slots yet.", ""
    said = f"{group.name} is no cluster: it has no slots."
    found = cluster_of(fleet)
    return said, f"{key} goes to {found.name}." if found is not None else ""
