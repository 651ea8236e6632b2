"""Slots between two owners: open ones, keys that are on the wrong side, and moves that servers make by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from redistui.model import Address, Cluster, Group, OpenSlot, SlotJob, Survey
from redistui.view import figures
from redistui.view.cells import Cell, Column, Tone
from redistui.view.source import Line, Lines, contains

MOVES: tuple[Column, ...] = (
    Column("SLOTS", 11),
    Column("FROM", 17, cut="middle"),
    Column("TO", 17, cut="middle"),
    Column("STATE", 16, grows=True),
    Column("KEYS", 6, "right", rank=1),
)
STILL = frozenset({"success", "failed", "cancelled", "canceled"})
"""States of a job that is over."""


class _Move(NamedTuple):
    slots: tuple[tuple[int, int], ...]
    source: str
    target: str
    state: str
    tone: Tone
    keys: int | None = None


def moves(group: Group, cluster: Cluster, wanted: str = "") -> Lines:
    """Jobs that run, open slots, orphan keys, and last the jobs that are over."""
    rows = [*_all(group, cluster)]
    lines = [(f"{row.state} {row.slots} {row.source} {row.target}", Line(_cells(row))) for row in rows]
    found = {number for number, row in enumerate(rows) if contains(wanted, row.source, row.target, row.state)}
    return Lines(MOVES, lines, frozenset(found))


def _all(group: Group, cluster: Cluster) -> Iterator[_Move]:
    survey = group.survey
    jobs = () if survey is None else survey.jobs
    names = {node.cluster.myself: node.address for node in group.nodes if node.cluster and node.cluster.myself}
    names |= {shard.id: shard.primary for shard in cluster.shards}
    yield from (_job(job, names, "warn") for job in jobs if job.state not in STILL)
    arriving = {} if survey is None else {(one.slot, one.node): one.keys for one in survey.arriving}
    yield from _open(cluster, names, arriving, survey)
    for stray in () if survey is None else survey.strays:
        owner = cluster.owners[stray.slot]
        home = cluster.shards[owner].primary if owner >= 0 else "nobody"
        yield _Move(((stray.slot, stray.slot),), stray.node, home, "orphan keys", "bad", stray.keys)
    for job in jobs:
        if job.state in STILL:
            yield _job(job, names, "ok" if job.state == "success" else "bad")


def _job(job: SlotJob, names: dict[str, Address], tone: Tone) -> _Move:
    said = f"{job.state}: {job.message}" if job.message else job.state
    source, target = (names.get(one, one[:8]) for one in (job.source, job.target))
    return _Move(job.slots, source, target, said, tone)


def _open(
    cluster: Cluster, names: dict[str, Address], arriving: dict[tuple[int, Address], int], survey: Survey | None
) -> Iterator[_Move]:
    """An open slot is told by both of its ends: one that only one of them tells of is half-done."""
    by_slot: dict[tuple[int, str, str], set[str]] = {}
    for each in cluster.open_slots:
        by_slot.setdefault((each.slot, *_ends(each)), set()).add(each.kind)
    for (slot, source, target), kinds in by_slot.items():
        home, away = (names.get(one, one[:8]) for one in (source, target))
        left = None if survey is None else survey.keys[slot]
        come = arriving.get((slot, away))
        said = {frozenset({"migrating"}): "only FROM says so", frozenset({"importing"}): "only TO says so"}
        state = said.get(frozenset(kinds), "open" if come is None else f"open, {figures.count(come)} moved")
        yield _Move(((slot, slot),), home, away, state, "warn", None if left is None else int(left))


def _ends(each: OpenSlot) -> tuple[str, str]:
    return (each.node, each.peer) if each.kind == "migrating" else (each.peer, each.node)


def _cells(row: _Move) -> tuple[Cell, ...]:
    first, last = row.slots[0][0], row.slots[0][1]
    slots = str(first) if first == last else f"{first}-{last}"
    more = f" +{len(row.slots) - 1}" if len(row.slots) > 1 else ""
    return (
        Cell(slots + more),
        Cell(row.source),
        Cell(row.target),
        Cell(row.state, row.tone),
        Cell(figures.count(row.keys), "dim" if row.keys is None else "text"),
    )


def moving(survey: Survey | None) -> frozenset[int]:
    """Slots that a server moves by itself now."""
    jobs: Sequence[SlotJob] = () if survey is None else survey.jobs
    return frozenset(
        slot for job in jobs if job.state not in STILL for first, last in job.slots for slot in range(first, last + 1)
    )
