"""The pace: who is asked when, how many at a time, and how the network is timed without timing ourselves."""

from __future__ import annotations

import contextlib
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.engine import poller
from redistui.engine.engine import Engine
from redistui.engine.observation import Observation
from redistui.engine.watched import Flights, Watched
from redistui.model import Access, Event, Fault
from tests.engine.watching import fault, target, until, watching, whole
from tests.net.strangers import Stranger, answering, array, bulk, info
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


class Notes:
    """Every observation, by address."""

    def __init__(self) -> None:
        self.seen: dict[str, list[Observation]] = defaultdict(list)

    def take(self, item: Observation | Event) -> None:
        if isinstance(item, Observation):
            self.seen[item.address].append(item)

    def clear(self) -> None:
        self.seen.clear()


@contextlib.contextmanager
def noted(place: str, period: float) -> Iterator[tuple[Engine, Notes]]:
    notes = Notes()
    with watching(place, period=period, record=notes.take) as engine:
        yield engine, notes


@pytest.mark.versions("valkey-9.1")
def test_everybody_is_asked_once_a_period_and_a_tree_at_one_instant(standing_fleet: DemoFleet) -> None:
    """Offsets read at different times make no lag."""
    group = standing_fleet.groups["sessions"]
    with noted(group.nodes[0].address, 0.4) as (engine, notes):
        fleet = until(engine, lambda fleet: whole(fleet, group))
        until(engine, lambda later: later.at > fleet.at + 0.8)
        eventually(lambda: even(four_rounds(engine, notes, group)), 60)


def four_rounds(engine: Engine, notes: Notes, group: RunningGroup) -> list[tuple[float, ...]]:
    """When each server was asked, in four polls in a row that begin now."""
    notes.clear()
    until(engine, lambda later: all(len(notes.seen[one.address]) >= 4 for one in group.nodes))
    asked = [[one.asked_at for one in notes.seen[each.address][:4]] for each in group.nodes]
    return list(zip(*asked, strict=True))


def even(rounds: list[tuple[float, ...]]) -> bool:
    """A period apart, and all at one instant in most: a busy machine may be late now and then, not always."""
    gaps = [after[0] - before[0] for before, after in pairwise(rounds)]
    spreads = sorted(max(times) - min(times) for times in rounds)
    assert all(0.2 < gap < 0.8 for gap in gaps), gaps
    assert spreads[1] < 0.15, spreads
    return True


@pytest.mark.versions("valkey-9.1")
def test_pings_are_timed_alone_and_now_and_then(standing_fleet: DemoFleet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poller, "PING_EVERY", 0.8)
    group = standing_fleet.groups["sessions"]
    with noted(group.nodes[0].address, 0.2) as (engine, notes):
        until(engine, lambda fleet: whole(fleet, group) and all(one.ping_ms for one in fleet.groups[0].nodes))
        first = notes.seen[group.nodes[0].address]
        until(engine, lambda _: len([one for one in first if one.ping_ms]) >= 3)
    timed = [one.ping_ms for seen in notes.seen.values() for one in seen]
    assert any(ping is None for ping in timed)
    assert all(0 < ping < 1000 for ping in timed if ping is not None)


def test_a_ping_that_is_late_is_no_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that hangs while it is pinged: the silence is a fault, not a latency, and polling goes on afterwards."""
    monkeypatch.setattr(poller, "PING_EVERY", 0.1)
    slow, seen_so = threading.Event(), threading.Event()
    pings: list[float] = []

    def ping() -> bytes:
        if slow.is_set() and not pings:
            pings.append(time.monotonic())
            seen_so.wait(20)
        return b"+PONG\r\n"

    with Stranger(answering({"PING": ping})) as stranger, noted(stranger.address, 0.2) as (engine, notes):
        until(engine, lambda fleet: fault(fleet, stranger.address) is None)
        slow.set()
        until(engine, lambda fleet: fault(fleet, stranger.address) == "hung")
        seen_so.set()
        until(engine, lambda fleet: fault(fleet, stranger.address) is None)
        timed = [one.ping_ms for one in notes.seen[stranger.address] if one.ping_ms is not None]
        assert all(ping < 1000 for ping in timed)


def test_at_most_thirty_two_are_asked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty servers that each take a tenth of a second to answer, or, on a busy machine, longer."""
    monkeypatch.setattr(poller, "PATIENCE", 30.0)
    lock = threading.Lock()
    now = most = 0

    def role() -> bytes:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        time.sleep(0.1)
        with lock:
            now -= 1
        return array(bulk("master"), b":0\r\n", array())

    with contextlib.ExitStack() as stack:
        crowd = [
            stack.enter_context(Stranger(answering({"ROLE": role, "INFO": info(run_id=f"{number:040}")})))
            for number in range(40)
        ]
        engine = stack.enter_context(watching(*(one.address for one in crowd), period=0.2))
        until(engine, lambda fleet: all(fault(fleet, one.address) is None for one in crowd))
        engine.poke()
        until(engine, lambda fleet: fleet.complete)
    assert 8 < most <= 32


def test_after_we_ourselves_stood_still_nothing_is_fresh_until_all_were_asked_again() -> None:
    with Stranger(answering()) as stranger, watching(stranger.address, period=0.2) as engine:
        until(engine, lambda fleet: fleet.complete and fault(fleet, stranger.address) is None)

        async def stand_still() -> None:
            time.sleep(poller.STALL + 0.3)  # noqa: ASYNC251

        engine.call(stand_still()).result(10)
        fleet = until(engine, lambda fleet: fleet.stalled)
        assert fleet.freshness(fleet.at) == "stale"
        until(engine, lambda fleet: not fleet.stalled)


@pytest.mark.versions("valkey-9.1")
def test_a_cut_connection_is_opened_again_at_once(replication_group: Start) -> None:
    """As Sentinel cuts those to the replica that it promotes: it means `ask`, not `down`."""
    (only,) = replication_group(replicas=0).nodes
    with noted(only.address, 60.0) as (engine, notes):
        until(engine, lambda fleet: fault(fleet, only.address) is None)
        seen = notes.seen[only.address]
        eventually(lambda: time.time() - seen[-1].at > 1.1)
        only.ask("CLIENT", "KILL", "TYPE", "normal")
        eventually(lambda: len(seen) > 1)
        assert [one.fault for one in seen if one.fault] == []


@pytest.mark.versions("valkey-9.1", "redis-7.0")
def test_a_server_says_who_it_is_on_every_new_connection_and_now_and_then(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    with noted(only.address, 0.1) as (_, notes):
        seen = notes.seen[only.address]
        eventually(lambda: len(seen) > 25)
        asked = ["server" in one.answers for one in seen if one.answers]
        assert asked[0]
        assert 2 <= sum(asked[1:]) <= len(asked) / 5
        said = only.info("server")["run_id"]
        assert all(said.encode() in one.answers["server"] for one in seen if "server" in one.answers)
        before = len(seen)
        only.ask("CLIENT", "KILL", "TYPE", "normal")
        eventually(lambda: len(seen) > before + 1)
        assert any("server" in one.answers for one in seen[before : before + 2])


# -- flights ----------------------------------------------------------------------------------------------------------


class Nobody:
    """A poller that is told nothing."""

    def answered(self, watched: Watched, replies: list[object]) -> None: ...

    def lost(self, watched: Watched, why: object) -> None: ...


def some_watched(count: int) -> list[Watched]:
    return [Watched(Nobody(), f"h{number}:1", Access(), False) for number in range(count)]


def test_those_who_are_slow_or_were_down_give_their_places_to_others() -> None:
    flights = Flights(2, patience=0.2)
    one, other, third = some_watched(3)
    for watched in (one, other):
        watched.asked = 10.0
        flights.start(watched)
    assert not flights.room
    assert flights.overdue(10.1, 1.0) == []
    assert not flights.room
    assert flights.overdue(10.3, 1.0) == []
    assert flights.room
    third.asked, third.fault = 10.3, Fault("hung", "x", 1.0)
    flights.start(third)
    assert flights.room
    assert flights.overdue(11.2, 1.0) == [one, other]
    for watched in (one, other, third):
        flights.land(watched)
    assert not any(watched.flying for watched in (one, other, third))
    assert flights.overdue(99.0, 1.0) == []


def test_starting_twice_counts_once() -> None:
    flights = Flights(2, patience=0.2)
    (one,) = some_watched(1)
    flights.start(one)
    flights.start(one)
    assert flights.room == 1
    flights.land(one)
    flights.land(one)


def test_the_next_volley_goes_out_once_half_of_the_last_one_has_landed() -> None:
    flights = Flights(8, patience=0.2)
    asked = some_watched(8)
    assert flights.room == 8
    for watched in asked:
        flights.start(watched)
    for watched in asked[:3]:
        flights.land(watched)
    assert flights.room == 0
    flights.land(asked[3])
    assert flights.room == 4


def test_targets_with_secrets_do_not_show_them() -> None:
    place = target("a:1", password="hunter2", sentinel_password="hunter3")
    assert "hunter" not in repr(place)
