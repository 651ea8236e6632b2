"""What-if against real servers: foreseen, then killed. Many more, on all versions: `python -m tests.bench forecast`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from redistui.demo.groups import RunningGroup
from redistui.demo.wire import ErrorReply
from redistui.judge.forecast import forecast
from redistui.model import Fleet
from tests.bench.forecast import together
from tests.bench.kills import KILLS
from tests.engine.watching import until, watching
from tests.waiting import eventually

WANTED = (
    "a preferred replica behind", "4 Sentinels, two lost", "a primary", "the other replica behind",
)  # fmt: skip
ENOUGH = 7.0
"""Seconds without anybody who was promoted; where somebody is, it takes 2 to 5."""


@pytest.mark.versions("valkey-9.1", "redis-6.2")
def test_who_takes_over_and_where_nobody_does_was_foreseen(engine: str) -> None:
    kills = [kill for title in WANTED for kill in KILLS if kill.title == title]
    outcomes = together(kills, engine, ENOUGH)
    assert {outcome.title: outcome.writes for outcome in outcomes} == {
        "a preferred replica behind": "pause", "4 Sentinels, two lost": "stop", "a primary": "pause",
        "the other replica behind": "pause",
    }  # fmt: skip
    assert [outcome for outcome in outcomes if not outcome.right] == []


def test_a_primary_that_wants_replicas_refuses_writes_without_them_as_foreseen(
    replication_group: Callable[..., RunningGroup],
) -> None:
    group = replication_group(replicas=1, settings={"min-replicas-to-write": "1"})
    primary, replica = group.nodes

    def linked(fleet: Fleet) -> bool:
        nodes = [node for one in fleet.groups for node in one.nodes]
        return len(nodes) == 2 and all(node.replication is not None for node in nodes)

    with watching(primary.address) as engine:
        fleet = until(engine, linked)
        told = forecast(fleet, [replica.address]).groups[0]
        assert (told.writes, "min-replicas-to-write" in told.reason) == ("stop", True)
        assert forecast(fleet, ()).groups[0].writes == "continue"
    eventually(lambda: primary.ask("SET", "key", "value") == "OK", 20)
    replica.kill()

    def refuses() -> bool:
        try:
            primary.ask("SET", "key", "other")
        except ErrorReply as error:
            return "NOREPLICAS" in str(error)
        return False

    assert eventually(refuses, 20)
