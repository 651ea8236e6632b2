"""The owners of slots, one line each: the slot map's legend."""

from __future__ import annotations

from collections.abc import Mapping

from redistui.model import SLOTS, Address, Cluster, Group, Level, Shard
from redistui.view import figures, words
from redistui.view.cells import Cell, Column, Row
from redistui.view.glyphs import Glyphs
from redistui.view.slots_map import letter
from redistui.view.source import Line, Lines, contains

SHARDS: tuple[Column, ...] = (
    Column("", 1),
    Column("", 4, owner=True),
    Column("OWNER", 18, cut="middle"),
    Column("SLOTS", 6, "right"),
    Column("%", 5, "right", rank=3),
    Column("KEYS", 5, "right", rank=2),
    Column("MEM", 5, "right", rank=4),
    Column("EPOCH", 5, "right", rank=5),
    Column("REPL", 4, "right"),
    Column("STATE", 10),
    Column("RANGES", 10, rank=1, grows=True),
)


def shards(group: Group, cluster: Cluster, glyphs: Glyphs, wanted: str = "") -> Lines:
    """The owners, one line each: the map's legend."""
    alive = {node.address: node.up for node in group.nodes}
    memory = {node.address: node.metric("memory_used") for node in group.nodes if node.up}
    lines, found = [], set()
    for index, shard in enumerate(cluster.shards):
        lines.append((f"shard {shard.id}", Line(_shard(cluster, index, alive, memory, glyphs))))
        if contains(wanted, shard.primary, shard.id, *shard.replicas):
            found.add(index)
    return Lines(SHARDS, lines, frozenset(found))


def _shard(
    cluster: Cluster, index: int, alive: Mapping[Address, bool], memory: Mapping[Address, float | None], glyphs: Glyphs
) -> Row:
    shard = cluster.shards[index]
    state, level = _state(cluster, shard, alive)
    share = 100 * shard.slot_count / SLOTS
    up = sum(alive.get(replica, False) for replica in shard.replicas)
    return (
        words.level_mark(level, glyphs),
        Cell(f"{letter(index)} {glyphs.block * 2}"),
        Cell(shard.primary, "bad" if level == "bad" else "text"),
        Cell(f"{shard.slot_count:,}"),
        Cell(f"{share:.1f}", "dim"),
        Cell(figures.count(shard.keys), "text" if shard.keys is not None else "dim"),
        Cell(figures.size(memory.get(shard.primary)), "dim"),
        Cell("" if shard.epoch is None else str(shard.epoch), "dim"),
        Cell(f"{up}/{len(shard.replicas)}", "text" if up else "warn" if shard.slot_count else "dim"),
        Cell(state, level or "dim"),
        Cell(" ".join(str(first) if first == last else f"{first}-{last}" for first, last in shard.slots), "dim"),
    )


def _state(cluster: Cluster, shard: Shard, alive: Mapping[Address, bool]) -> tuple[str, Level | None]:
    """One or two words, and how bad that is."""
    if any(first in cluster.failing for first, _ in shard.slots):
        return "FAILING", "bad"
    if not alive.get(shard.primary, False):
        return "silent", "bad" if shard.slot_count else "warn"
    if not shard.slot_count:
        return "empty", None
    if not any(alive.get(replica, False) for replica in shard.replicas):
        return "no replica", "warn"
    if any(shard.id in (each.node, each.peer) for each in cluster.open_slots):
        return "open slot", "warn"
    return "ok", None
