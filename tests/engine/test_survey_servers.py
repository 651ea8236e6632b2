"""Surveys of real clusters: what the slots hold, counted once more by SCAN; strays, rights, and who is left alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.shapes import cluster
from redistui.engine.counting import holds_only
from redistui.engine.engine import Engine
from redistui.engine.sidewire import SideWire
from redistui.model import Access, Stray, Survey
from redistui.ops.rights import PASSWORD, TRIED, WATCH, acl_line
from redistui.replies.slot import slot_of
from tests.engine.watching import only_group, target, until, watching, whole
from tests.spy import connections
from tests.waiting import eventually

KEYS = 3000
SHAPE = cluster("catalog", 3, replicas=0).with_settings({"cluster-node-timeout": "15000"})
VALKEY = pytest.mark.versions("valkey-9.1")


@pytest.fixture(scope="module")
def group(engine: str) -> Iterator[RunningGroup]:
    """Three primaries with some thousand keys, unevenly; every test leaves it as it was."""
    with DemoFleet((SHAPE,), engine, traffic=False, seconds=30.0) as fleet:
        found = fleet.groups["catalog"]
        for number in range(KEYS):
            key = f"{{{number % 700}}}:{number}"
            owner(found, slot_of(key.encode())).ask("SET", key, "x" * (number % 90))
        yield found


def owner(group: RunningGroup, slot: int) -> Server:
    """Of a fresh cluster of three."""
    return group.nodes[0 if slot <= 5460 else 1 if slot <= 10922 and slot != 10922 else 2]


def surveyed(engine: Engine, sample: bool = False) -> Survey:
    name = only_group(engine.fleet).name
    found = engine.call(engine.survey(name, sample=sample)).result(20)
    assert found is not None
    assert only_group(engine.fleet).survey is found
    return found


def scanned(group: RunningGroup) -> Counter[int]:
    """Keys of each slot, by names."""
    return Counter(slot_of(key.encode()) for server in group.nodes for key in names(server))


def names(server: Server) -> list[str]:
    found, cursor = list[str](), "0"
    while True:
        cursor, some = server.ask("SCAN", cursor, "COUNT", 1000)
        found += some
        if int(cursor) == 0:
            return found


def own_connections(server: Server) -> int:
    return sum(row["name"] == "redistui" for row in connections(server))


def test_a_survey_counts_what_scan_finds_and_leaves_nothing_behind(group: RunningGroup) -> None:
    with watching(target(*group.addresses, wanted="cluster")) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        survey = surveyed(engine)
        counted = scanned(group)
        assert survey.keys == tuple(counted[slot] for slot in range(16384))
        assert sum(counted.values()) == KEYS
        assert survey.complete
        assert (survey.strays, survey.arriving, survey.unasked) == ((), (), ())
        assert survey.memory_by == "average"
        eventually(lambda: all(own_connections(server) == 1 for server in group.nodes))


def test_a_key_that_no_client_can_reach_is_a_stray_and_one_on_its_way_arrives(group: RunningGroup) -> None:
    key = "stray"
    slot = slot_of(key.encode())
    home = owner(group, slot)
    away = next(server for server in group.nodes if server is not home)
    away.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", home.ask("CLUSTER", "MYID"))
    with away.connect(5.0) as wire:
        wire.ask("ASKING")
        wire.ask("SET", key, "x")
    before = scanned(group)[slot] - 1
    try:
        with watching(target(*group.addresses, wanted="cluster")) as engine:
            until(engine, lambda fleet: whole(fleet, group))
            survey = surveyed(engine)
            assert (survey.arriving, survey.strays) == ((Stray(away.address, slot, 1),), ())
            assert survey.keys[slot] == before
            away.ask("CLUSTER", "SETSLOT", slot, "STABLE")
            survey = surveyed(engine)
            assert (survey.strays, survey.arriving) == ((Stray(away.address, slot, 1),), ())
            assert survey.keys[slot] == before
    finally:
        away.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", home.ask("CLUSTER", "MYID"))
        with away.connect(5.0) as wire:
            wire.ask("ASKING")
            wire.ask("DEL", key)
        away.ask("CLUSTER", "SETSLOT", slot, "STABLE")


def test_a_node_that_holds_no_key_but_its_own_is_told_without_asking_for_every_slot(group: RunningGroup) -> None:
    server = group.nodes[0]
    held = sorted({slot_of(key.encode()) for key in names(server)})

    async def only(slots: list[int]) -> bool:
        wire = SideWire(server.address, Access())
        await wire.open()
        try:
            return await holds_only(wire, slots)
        finally:
            wire.close()

    assert asyncio.run(only(held))
    assert not asyncio.run(only(held[1:]))
    assert not asyncio.run(only(list(range(5461))))


def test_a_survey_goes_on_while_it_is_looked_at_with_two_connections_and_then_with_one(group: RunningGroup) -> None:
    with watching(target(*group.addresses, wanted="cluster")) as engine:
        name = only_group(until(engine, lambda fleet: whole(fleet, group))).name
        engine.keep_surveying(name, sample=True)
        until(engine, lambda fleet: (survey := only_group(fleet).survey) and survey.complete, 20)
        assert {own_connections(server) for server in group.nodes} == {2}
        survey = until(engine, lambda fleet: only_group(fleet).survey.memory_by != "average", 20)  # type: ignore[union-attr]
        found = only_group(survey).survey
        assert found is not None
        assert found.memory is not None
        assert found.memory_by == "sample"
        assert all((size or 0) > 0 for size, keys in zip(found.memory, found.keys, strict=True) if keys)
        engine.keep_surveying(None)
        eventually(lambda: all(own_connections(server) == 1 for server in group.nodes))


def test_a_primary_that_does_not_answer_is_named_and_its_slots_are_unknown(group: RunningGroup) -> None:
    first = group.nodes[0]
    with watching(target(*group.addresses, wanted="cluster")) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        first.hang()
        try:
            survey = surveyed(engine)
        finally:
            first.resume()
        assert survey.unasked == (first.address,)
        assert survey.refused == ()
        assert set(survey.keys[:5461]) == {None}
        assert None not in survey.keys[5461:]
        until(engine, lambda fleet: whole(fleet, group))
        assert surveyed(engine).unasked == ()


def test_the_watch_users_line_is_enough_and_without_it_a_survey_asks_once(group: RunningGroup, version: str) -> None:
    line = next(acl_line(WATCH, one) for one in TRIED if str(one) == version)
    words = [word.replace(PASSWORD, ">for-looking") for word in line]
    counting = ("+cluster|countkeysinslot", "+cluster|slot-stats")
    for server in group.nodes:
        server.ask(*words)
        server.ask("ACL", "LOG", "RESET")
    try:
        with watching(target(*group.addresses, wanted="cluster", user="watch", password="for-looking")) as engine:
            name = only_group(until(engine, lambda fleet: whole(fleet, group))).name
            engine.keep_surveying(name, moves=True, sample=True)
            until(engine, lambda fleet: (survey := only_group(fleet).survey) and survey.complete, 20)
            assert sum(keys or 0 for keys in surveyed(engine).keys) == KEYS
            engine.keep_surveying(None)
            assert [server.ask("ACL", "LOG") for server in group.nodes] == [[]] * 3
            for server in group.nodes:
                server.ask(*(word for word in words if word not in counting))
            survey = surveyed(engine)
            assert survey.refused == survey.unasked == tuple(sorted(group.addresses, key=list(group.addresses).index))
            refused = [len(server.ask("ACL", "LOG")) for server in group.nodes]
            engine.keep_surveying(name)
            until(engine, lambda fleet: fleet.at > survey.at + 1.5)
            assert [len(server.ask("ACL", "LOG")) for server in group.nodes] == refused
    finally:
        for server in group.nodes:
            server.ask("ACL", "DELUSER", "watch")
            server.ask("ACL", "LOG", "RESET")


@VALKEY
def test_cpu_and_network_are_rates_between_two_surveys_where_servers_count_them(group: RunningGroup) -> None:
    busy, idle = group.nodes[:2]
    busy.ask("CONFIG", "SET", "cluster-slot-stats-enabled", "yes")
    try:
        with watching(target(*group.addresses, wanted="cluster")) as engine:
            until(engine, lambda fleet: whole(fleet, group))
            first = surveyed(engine)
            assert idle.address in first.unmetered
            assert busy.address not in first.unmetered
            key = next(
                key for key in (f"{{{number}}}:{number}" for number in range(700)) if slot_of(key.encode()) < 5461
            )
            for _ in range(50):
                busy.ask("GET", key)
            second = surveyed(engine)
            assert second.cpu is not None
            assert second.net_in is not None
            slot = slot_of(key.encode())
            assert max(range(5461), key=lambda one: second.net_in[one] or 0) == slot  # type: ignore[index]
            assert (second.cpu[slot] or 0) > 0
            assert second.cpu[6000] is None
    finally:
        busy.ask("CONFIG", "SET", "cluster-slot-stats-enabled", "no")


@VALKEY
def test_a_move_that_servers_make_by_themselves_is_told_once_with_both_ends(group: RunningGroup) -> None:
    source, target_ = group.nodes[:2]
    ids = [server.ask("CLUSTER", "MYID") for server in (source, target_)]
    with watching(target(*group.addresses, wanted="cluster")) as engine:
        name = only_group(until(engine, lambda fleet: whole(fleet, group))).name
        engine.keep_surveying(name, moves=True)
        until(engine, lambda fleet: (survey := only_group(fleet).survey) and survey.complete, 20)
        source.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", 0, 3, "NODE", ids[1])
        fleet = until(engine, lambda fleet: [job.state for job in only_group(fleet).survey.jobs] == ["success"])  # type: ignore[union-attr]
        survey = only_group(fleet).survey
        assert survey is not None
        (job,) = survey.jobs
        assert (job.slots, job.source, job.target) == (((0, 3),), *ids)
        target_.ask("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", 0, 3, "NODE", ids[0])
        until(engine, lambda fleet: len(only_group(fleet).survey.jobs) == 2)  # type: ignore[union-attr]
        counted = scanned(group)
        until(engine, lambda fleet: only_group(fleet).survey.keys == tuple(counted[slot] for slot in range(16384)), 20)  # type: ignore[union-attr]
