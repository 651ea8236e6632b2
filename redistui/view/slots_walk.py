"""Ways about the map: from range to range, and from trouble to trouble."""

from __future__ import annotations

from redistui.judge.slots import uncovered
from redistui.model import SLOTS, Cluster


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
