"""Freshness: a Sentinel that finds the primary down promotes only a replica whose INFO it has read within 5 s.

It reads INFO every second once a majority agrees, or once the replica misses its link, and every 10 s otherwise. So in
a minority, beside a primary that hangs, an order finds nobody half of the time (NOGOODSLAVE) until the replicas have
noticed after repl-timeout, a minute as a rule. The moment after a reading is waited for. The same in Redis 6.2 and 7.0
and in Valkey 9.1 (sentinelSelectSlave, measured).
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

from redistui.model import Address, Watch
from redistui.ops.sentinel.candidates import PING_MS
from redistui.ops.steps import Ask, Lost, Now, Pause, Refused, Reply, StepFailed, Wish
from redistui.replies.sentinel import read_masters, read_replicas
from redistui.replies.words import BadReply

BUSY = "failover_in_progress"
FRESH_MS = PING_MS - 2_000
"""So old at most, so that it still counts when the Sentinel chooses, some tenths of a second after the order."""
EVERY = 0.1
SECONDS = 25.0
"""Two of the periods in which a Sentinel asks a replica for its INFO, and some."""
Reading = Generator[Wish, Reply, Watch | None]


def await_fresh(
    sentinel: Address, name: str, primary: Address, heirs: Sequence[Address]
) -> Generator[Wish, Reply, None]:
    """Until the Sentinel has lately heard of one of them, or needs not: it does not find the primary down, it names
    another one, it fails over already, or it does not answer. StepFailed when that does not come: nothing is ordered.
    """
    begun: float = yield Now()
    while True:
        watch = yield from read_watch(sentinel, name)
        if watch is None or watch.primary != primary or BUSY in watch.flags or "s_down" not in watch.flags:
            return
        if (yield from _heard_of(sentinel, name, heirs)):
            return
        if (yield Now()) - begun >= SECONDS:
            raise StepFailed(f"{sentinel} has not read INFO of {' or '.join(heirs)} for {SECONDS:g} s", unchanged=True)
        yield Pause(EVERY)


def _heard_of(sentinel: Address, name: str, heirs: Sequence[Address]) -> Generator[Wish, Reply, bool]:
    try:
        reply: Reply = yield Ask(sentinel, ("SENTINEL", "REPLICAS", name), seconds=0.5)
        ages = [each.info_refresh_ms for each in read_replicas(reply) if each.address in heirs]
    except (Refused, Lost, BadReply):
        return False
    return any(age is not None and age <= FRESH_MS for age in ages)


def read_watch(sentinel: Address, name: str) -> Reading:
    """SENTINEL MASTER; None when it does not answer, or not with that."""
    try:
        reply: Reply = yield Ask(sentinel, ("SENTINEL", "MASTER", name), seconds=0.5)
        return read_masters([reply])[0]
    except (Refused, Lost, BadReply):
        return None
