"""The engine itself: its snapshots, its pace, its beginning and its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.engine.engine import Engine
from redistui.model import Fleet
from tests.engine.watching import fault, node, only_group, target, until, watching, whole
from tests.net.strangers import Stranger, answering
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


@pytest.mark.versions("valkey-9.1")
def test_whoever_asks_afresh_gets_answers_that_began_after_the_question(standing_fleet: DemoFleet) -> None:
    group = standing_fleet.groups["orders"]
    with watching(group.sentinels[0].address, period=5.0) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        engine.set_period(60.0)  # whoever waited for the next poll would wait in vain
        for _ in range(3):
            began = time.time()
            fleet = engine.call(engine.fresh("orders")).result(20)
            assert all((one.seen_at or 0) >= began for one in only_group(fleet).members)


@pytest.mark.versions("valkey-9.1")
def test_a_dead_member_does_not_keep_whoever_asks_afresh_for_long(replication_group: Start) -> None:
    group = replication_group(replicas=1)
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        group.nodes[1].kill()
        until(engine, lambda fleet: fault(fleet, group.nodes[1].address) == "refused")
        engine.call(engine.fresh(engine.fleet.groups[0].name, seconds=60.0)).result(20)


def test_snapshots_come_at_least_once_a_period_and_only_while_the_engine_runs() -> None:
    ages: list[float] = []
    with watching("127.0.0.1:1", period=0.1) as engine:
        engine.subscribe(lambda fleet: ages.append(fleet.at))
        eventually(lambda: len(ages) > 10)
    count = len(ages)
    engine.poke()
    engine.set_period(0.05)
    assert len(ages) == count


def test_a_slower_pace_is_kept_and_a_poke_does_not_wait_for_it() -> None:
    def seen_at(fleet: Fleet) -> float:
        return node(fleet, server.address).seen_at or 0.0

    with Stranger(answering()) as server, watching(server.address, period=30.0) as engine:
        before = seen_at(until(engine, seen_at))
        engine.poke(server.address)
        before = seen_at(until(engine, lambda fleet: seen_at(fleet) > before))
        engine.set_period(0.1)
        assert engine.period == 0.1
        until(engine, lambda fleet: seen_at(fleet) > before + 0.3)


def test_an_engine_may_end_before_it_began_and_more_than_once() -> None:
    unborn = Engine([target("127.0.0.1:1")])
    unborn.set_period(0.5)
    unborn.poke()
    unborn.stop()
    unborn.stop()
    assert unborn.fleet.groups == ()
    threads = threading.active_count()
    engine = Engine([target("127.0.0.1:1")])
    engine.start()
    engine.stop()
    engine.stop()
    engine.poke()
    assert threading.active_count() == threads


def test_a_subscriber_that_fails_takes_the_picture_from_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[float] = []
    engine = Engine([target("127.0.0.1:1")], period=0.1)
    engine.subscribe(lambda fleet: print(1 / 0))
    engine.subscribe(lambda fleet: seen.append(fleet.at))
    engine.start()
    try:
        eventually(lambda: len(seen) > 4)
    finally:
        engine.stop()
    assert "ZeroDivisionError" in caplog.text
