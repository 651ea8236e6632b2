"""A canary's calls over several slots: one MGET or MSET with the key of every shard, and what became of each.

Only a cluster route has them. Each key is a counter as redistui.route.canary.calls keeps it, so that a slot's part is
judged like a call of its own: what it acknowledged must be read again, whatever became of the other slots.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, runtime_checkable

from redistui.route.canary.account import Account, Sort
from redistui.route.canary.counters import EXPIRY, Counter, number_in
from redistui.route.cluster.multi_key import ManyRead, ManyWritten, Pair, PartialWrite
from redistui.route.failures import RouteFailed

EVERY = 5
"""Of the reads, and of the writes, each so-many-th is one over several slots."""
MOST = 16
"""Keys of one call."""
Failed = Callable[[Sort, RouteFailed], None]


@runtime_checkable
class ManySlots(Protocol):
    """A route whose calls may have keys in several slots."""

    async def mget(self, *keys: str) -> ManyRead: ...

    async def mset(self, pairs: Sequence[Pair], *, expiry: int | None = None) -> ManyWritten: ...


async def write_many(route: ManySlots, counters: Sequence[Counter], account: Account, failed: Failed) -> None:
    """The next number of each. What a slot acknowledged counts, also where others did not."""
    for counter in counters:
        counter.busy, counter.last = True, counter.last + 1
    began = time.perf_counter()
    try:
        slots = (await route.mset([(one.key, str(one.last)) for one in counters], expiry=EXPIRY)).slots
        account.took("write", (time.perf_counter() - began) * 1000)
    except PartialWrite as partial:
        slots = partial.slots
        failed("write", partial)
    finally:
        for counter in counters:
            counter.busy = False
    acked = {key for part in slots if part.outcome == "acked" for key in part.keys}
    for counter in counters:
        if counter.key in acked:
            counter.acked = counter.last


async def read_many(route: ManySlots, counters: Sequence[Counter], account: Account, failed: Failed) -> None:
    floors = [counter.acked for counter in counters]
    began = time.perf_counter()
    told = await route.mget(*(counter.key for counter in counters))
    error = unread(told)
    if error is None:
        account.took("read", (time.perf_counter() - began) * 1000)
    else:
        failed("read", error)
    nodes = {key: part.node for part in told.slots for key in part.keys}
    for counter, floor, value in zip(counters, floors, told.values, strict=True):
        given = None if isinstance(value, RouteFailed) else number_in(value)
        if given is not None and given < floor:
            account.stale(nodes[counter.key])


def unread(told: ManyRead) -> RouteFailed | None:
    """One failure for all slots that gave no answer; None: all did."""
    wrong = [part for part in told.slots if part.error is not None]
    if not wrong or wrong[0].error is None:
        return None
    first = wrong[0].error
    text = f"MGET over {len(told.slots)} slots: {len(wrong)} gave no answer, first of them {wrong[0]}"
    return type(first)(first.kind, text)
