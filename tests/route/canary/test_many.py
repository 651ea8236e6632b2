"""A canary's calls over several slots: each slot's part counts for itself."""

from __future__ import annotations

from collections.abc import Sequence

from redistui.model.routes import Answer
from redistui.route.canary.account import Account, Sort
from redistui.route.canary.counters import Counter
from redistui.route.canary.many import ManySlots, read_many, write_many
from redistui.route.cluster.multi_key import ManyRead, ManyWritten, Pair, by_slot, gathered, written
from redistui.route.cluster.route import ClusterRoute
from redistui.route.failures import Refused, RouteFailed, Unknown

NODE = "10.0.0.1:7001"
DOWN = Refused("connect", "connection refused", NODE)
LOST = Unknown("timeout", "no answer within 1 s", NODE)


class Slots:
    """Of each key in turn: what its slot says."""

    def __init__(self, *says: Answer | RouteFailed) -> None:
        self.says = says
        self.expiry: int | None = None

    async def mget(self, *keys: str) -> ManyRead:
        return gathered(by_slot(keys), self.says)

    async def mset(self, pairs: Sequence[Pair], *, expiry: int | None = None) -> ManyWritten:
        self.expiry = expiry
        return written("MSET", by_slot([key for key, _ in pairs]), self.says, lambda part, _: len(part.keys))


def value(number: int) -> Answer:
    return Answer([str(number).encode()], NODE, 1.0)


class Run:
    """Three counters, whose slots are three, at 4; 3 of them acknowledged."""

    def __init__(self) -> None:
        self.counters = [Counter(key) for key in "abc"]
        for counter in self.counters:
            counter.last, counter.acked = 4, 3
        self.account = Account()
        self.failed: list[tuple[Sort, RouteFailed]] = []

    def fail(self, sort: Sort, error: RouteFailed) -> None:
        self.failed.append((sort, error))


def test_a_cluster_route_has_such_calls() -> None:
    assert isinstance(ClusterRoute([NODE]), ManySlots)


async def test_a_write_that_every_slot_took_is_acknowledged_for_each_and_expires() -> None:
    run, route = Run(), Slots(*[Answer(b"OK", NODE, 1.0)] * 3)
    await write_many(route, run.counters, run.account, run.fail)
    assert [(one.last, one.acked, one.busy) for one in run.counters] == [(5, 5, False)] * 3
    assert (run.failed, run.account.latencies("write").count, route.expiry) == ([], 1, 600)


async def test_of_a_write_that_is_not_whole_only_what_was_acknowledged_must_be_read_again() -> None:
    run = Run()
    await write_many(Slots(Answer(b"OK", NODE, 1.0), DOWN, LOST), run.counters, run.account, run.fail)
    assert [(one.last, one.acked, one.busy) for one in run.counters] == [(5, 5, False), (5, 3, False), (5, 3, False)]
    ((sort, error),) = run.failed
    assert (sort, error.outcome) == ("write", "unknown")
    assert error.text.startswith("MSET over 3 slots: 1 acknowledged, 1 refused, 1 unknown, first of them slot ")


async def test_each_slot_is_judged_by_its_own_floor() -> None:
    run = Run()
    await read_many(Slots(value(3), value(2), value(4)), run.counters, run.account, run.fail)
    assert (run.account.stale_reads, run.failed) == (1, [])
    assert run.account.latencies("read").count == 1


async def test_a_read_with_silent_slots_is_one_failure_and_the_others_still_count() -> None:
    run = Run()
    await read_many(Slots(DOWN, value(2), LOST), run.counters, run.account, run.fail)
    assert run.account.stale_reads == 1
    ((sort, error),) = run.failed
    assert (sort, error.kind) == ("read", "connect")
    assert error.text.startswith(
        "MGET over 3 slots: 2 gave no answer, first of them slot 15495 refused (10.0.0.1:7001: "
    )
