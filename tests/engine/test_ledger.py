"""What one server has said so far, and what becomes of it: from recorded replies, over faults, restarts, nonsense."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import hiredis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from redistui.engine.assemble import Assembler
from redistui.engine.observation import Observation
from redistui.model import Fleet, Node, Sentinel, Sighting
from redistui.replies import READS
from tests.engine.telling import NOW, PLAIN, assembled, drawn, sentinel_told, silent, told
from tests.replies import recorded, reply
from tests.replies.strategies import bent, nested
from tests.versions import VERSIONS


def heard(version: str, who: str, *, at: float = NOW, address: str = "a:1", **changed: Any) -> Observation:
    """The answers that a real server gave when it was recorded as `who`."""
    cluster = version in recorded(f"{who}-cluster-nodes")
    sentinel = version in recorded(f"{who}-masters")
    names = ["ping", "role", "info"] if not sentinel else ["ping", "info", "masters", "myid"]
    answers = {name: reply(version, f"{who}-{name}") for name in names if version in recorded(f"{who}-{name}")}
    if cluster:
        answers |= {name: reply(version, f"{who}-{name}") for name in ("cluster-info", "cluster-nodes")}
    if sentinel:
        answers |= {f"{part}/orders": reply(version, f"{who}-{part}") for part in ("replicas", "sentinels", "ckquorum")}
    kind = "sentinel" if sentinel else "cluster" if cluster else "data"
    return Observation(address, at, at, kind, {**answers, **changed})  # type: ignore[arg-type]


def node_of(seen: Observation) -> Node:
    found = next(one for group in drawn(seen).groups for one in group.nodes if one.address == seen.address)
    assert found.replication is not None
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_a_primary_as_it_was_recorded(version: str) -> None:
    node = node_of(heard(version, "primary"))
    product, _, number = version.partition("-")
    assert (node.role, node.last_role, node.fault, node.conflict) == ("primary", "primary", None, None)
    assert (node.server, (node.version or "")[: len(number)]) == (product, number)
    said = node.replication
    assert said is not None
    assert (said.primary, said.link, said.priority, said.failover_state) == (None, None, None, "no-failover")
    assert (said.backlog_active, said.second_offset) == (True, -1)
    assert (said.backlog_size or 0) >= 1024 * 1024
    assert len(said.replicas) == 2
    assert node.metric("keys") == 5
    assert node.metric("memory_limit") == 100 * 1024 * 1024
    assert 0 < (node.metric("memory_percent") or 0) < 100


@pytest.mark.parametrize("version", VERSIONS)
def test_a_replica_as_it_was_recorded_linked_and_cut_off(version: str) -> None:
    up, down = node_of(heard(version, "replica")).replication, node_of(heard(version, "link-down")).replication
    assert up is not None
    assert down is not None
    assert (up.link, up.link_state, up.sync_in_progress, up.read_only, up.priority) == (
        "up",
        "connected",
        False,
        True,
        100,
    )
    assert (down.link, down.link_state) == ("down", "connect" if down.link_state == "connect" else "connecting")
    assert down.link_down_seconds is not None
    assert up.primary == down.primary
    assert up.offset is not None
    assert up.offset_at == NOW


@pytest.mark.parametrize("version", VERSIONS)
def test_a_loading_server_as_it_was_recorded(version: str) -> None:
    node = node_of(heard(version, "loading", ping=reply(version, "error-loading-ping")))
    assert node.fault is not None
    assert node.fault.kind == "loading"
    assert node.fault.text.startswith("loads its dataset: ")
    assert node.fault.text.endswith(" %")
    assert node.up


@pytest.mark.parametrize("version", VERSIONS)
def test_errors_as_they_were_recorded_leave_the_right_fault(version: str) -> None:
    calm = heard(version, "lonely")
    for errors, kind, role in (
        ({"ping": "error-masterdown-ping"}, "masterdown" if version != "redis-6.2" else None, "primary"),
        ({"ping": "error-busy-ping", "role": "error-busy-role", "info": "error-busy-info"}, "busy", None),
        ({"ping": "error-noauth-ping", "role": "error-noauth-role", "info": "error-noauth-info"}, "noauth", None),
        ({"role": "error-noperm-role"}, "noperm", None),
        ({"info": "error-noperm-info"}, "noperm", "primary"),
    ):
        made = assembled(calm)
        made.take(
            replace(calm, answers={**calm.answers, **{name: reply(version, said) for name, said in errors.items()}})
        )
        node = made.fleet(NOW, 1.0).groups[0].nodes[0]
        assert (node.fault.kind if node.fault else None) == kind
        assert (node.role, node.last_role, node.up) == (role, "primary", True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_cluster_node_as_it_was_recorded(version: str) -> None:
    node = node_of(heard(version, "migrating", info=reply(version, "cluster-primary-info")))
    assert node.cluster is not None
    assert (node.cluster.state, node.cluster.slots_assigned, len(node.cluster.peers)) == ("ok", 16384, 6)
    assert [one.kind for one in node.cluster.open_slots] == ["migrating"]
    assert node.cluster.at == NOW


@pytest.mark.parametrize("version", VERSIONS)
def test_a_sentinel_as_it_was_recorded(version: str) -> None:
    fleet = drawn(heard(version, "sentinel"), heard(version, "tilt", address="b:1"))
    calm, tilted = (
        next(one for group in fleet.groups for one in group.sentinels if one.address == f"{name}:1") for name in "ab"
    )
    watch = calm.watches["orders"]
    assert (calm.tilt, tilted.tilt, watch.ckquorum, watch.quorum) == (False, True, "ok", 2)
    assert (len(watch.replicas), len(watch.sentinels)) == (2, 2)
    assert watch.last_ok_ping_ms is not None
    assert 0 <= watch.last_ok_ping_ms < 3000
    assert calm.run_id == reply(version, "sentinel-myid").decode()


# -- over time --------------------------------------------------------------------------------------------------------


def series(*seen: Observation) -> list[Node]:
    made = Assembler()
    made.expect(seen[0].address, PLAIN)
    nodes = []
    for one in seen:
        made.take(one)
        nodes.append(made.fleet(one.at, 1.0).groups[0].nodes[0])
    return nodes


def counted(at: float, hits: object, *, run_id: str = "r", **fields: object) -> Observation:
    return told("a:1", at=at, run_id=run_id, keyspace_hits=hits, **fields)


def test_a_counter_becomes_a_rate_between_two_samples() -> None:
    first, second, third = series(counted(10.0, 100), counted(12.0, 300), counted(13.0, 300))
    assert [one.metric("hits") for one in (first, second, third)] == [None, 100.0, 0.0]


@pytest.mark.parametrize(
    "second",
    [
        counted(12.0, 3),
        counted(12.0, 300, run_id="other"),
        counted(10.0, 300),
        counted(9.0, 300),
        counted(12.0, "nan"),
        counted(12.0, ""),
    ],
)
def test_after_a_restart_or_nonsense_a_rate_begins_afresh(second: Observation) -> None:
    third = counted(second.at + 1, 1000, run_id="later")
    assert [one.metric("hits") for one in series(counted(10.0, 100), second, third)] == [None, None, None]


def test_cpu_is_a_percentage_of_one_core_and_unknown_with_half_of_it_missing() -> None:
    both = {"used_cpu_sys": "1.00", "used_cpu_user": "2.00"}
    more = {"used_cpu_sys": "1.25", "used_cpu_user": "2.25"}
    assert series(counted(10.0, 1, **both), counted(12.0, 1, **more))[1].metric("cpu_percent") == 25.0
    half = {"used_cpu_sys": "1.25"}
    assert series(counted(10.0, 1, **both), counted(12.0, 1, **half))[1].metric("cpu_percent") is None


def test_a_fault_ends_the_sample_so_that_the_silence_is_no_rate() -> None:
    nodes = series(counted(10.0, 100), silent("a:1", at=11.0), counted(20.0, 300), counted(21.0, 310))
    assert [one.metric("hits") for one in nodes] == [None, None, None, 10.0]


def test_without_a_limit_there_is_no_percentage() -> None:
    (node,) = series(told("a:1", used_memory=50, maxmemory=0))
    assert (node.metric("memory_used"), node.metric("memory_limit"), node.metric("memory_percent")) == (50, None, None)
    (node,) = series(told("a:1", used_memory=50, maxmemory=200))
    assert node.metric("memory_percent") == 25.0


def test_a_role_is_lost_with_any_fault_and_back_with_the_same_words() -> None:
    for kind in ("hung", "noauth", "maxclients"):
        before, during, after = series(told("a:1"), silent("a:1", kind), told("a:1"))  # type: ignore[arg-type]
        assert [one.role for one in (before, during, after)] == ["primary", None, "primary"]
        assert during.last_role == "primary"


def test_what_is_old_keeps_its_age_and_is_gone_after_five_periods() -> None:
    made = assembled(told("a:1", "b:1", used_memory=7))
    made.take(silent("a:1", at=NOW + 1))

    def look(at: float) -> tuple[str, Node]:
        fleet = made.fleet(at, 1.0)
        node = next(one for one in fleet.groups[0].nodes if one.address == "a:1")
        return fleet.freshness(node.seen_at), node

    assert look(NOW + 1.5)[0] == "fresh"
    age, node = look(NOW + 4)
    assert (age, node.metric("memory_used"), node.seen_at) == ("stale", 7, NOW)
    age, node = look(NOW + 7)
    assert (age, node.metrics, node.replication, node.seen_at, node.last_role) == ("unknown", {}, None, NOW, "replica")


def primary(at: float, offset: int, **fields: object) -> Observation:
    return told("a:1", at=at, master_replid="f" * 40, master_repl_offset=offset, **fields)


def test_how_far_a_primary_had_come_is_kept_through_any_silence() -> None:
    nodes = series(primary(10.0, 1000), primary(12.0, 1500), silent("a:1", at=13.0), silent("a:1", "hung", at=40.0))
    assert [one.last_primary for one in nodes] == [
        Sighting("f" * 40, 1000, 10.0, None),
        Sighting("f" * 40, 1500, 12.0, 250.0),
        Sighting("f" * 40, 1500, 12.0, 250.0, 13.0),
        Sighting("f" * 40, 1500, 12.0, 250.0, 13.0),
    ]
    assert nodes[-1].replication is None
    back = series(primary(10.0, 1000), silent("a:1", at=11.0), primary(12.0, 1600))[-1]
    assert back.last_primary == Sighting("f" * 40, 1600, 12.0, None)


def test_its_pace_is_the_fastest_of_the_last_five_polls() -> None:
    grown = [0, 100, 900, 100, 100, 100, 100, 100]
    polls = [primary(10.0 + n, 1000 + sum(grown[: n + 1])) for n in range(len(grown))]
    sightings = [one.last_primary for one in series(*polls)]
    assert [one and one.pace for one in sightings] == [None, 100.0, 900.0, 900.0, 900.0, 900.0, 900.0, 100.0]
    another = primary(18.0, 5000, run_id="b" * 40)
    assert [one.last_primary and one.last_primary.pace for one in series(*polls, another)][-1] is None


def test_a_replica_has_no_such_past() -> None:
    made = assembled(told("a:1", "b:1", master_repl_offset=7, master_replid="f" * 40))
    node = next(one for one in made.fleet(NOW, 1.0).groups[0].nodes if one.address == "a:1")
    assert node.last_primary is None


def test_a_view_that_cannot_be_read_stays_as_old_as_it_is() -> None:
    view = f"{'a' * 40} a:1@2 myself,master - 0 0 1 connected 0-16383\n"
    nodes = series(told("a:1", view=view), told("a:1", view="nonsense\n", at=NOW + 5))
    assert [one.cluster.at for one in nodes if one.cluster] == [NOW, NOW]
    assert nodes[1].fault is None, "one cell is grey, not the node"


def test_a_sentinel_is_thoroughly_asked_only_when_it_was_asked_by_name() -> None:
    first = sentinel_told("s:2", {"orders": "a:1"}, names=False)
    made = assembled(told("a:1"), first)
    assert not made.fleet(NOW, 1.0).complete
    made.take(sentinel_told("s:2", {"orders": "a:1"}))
    assert made.fleet(NOW, 1.0).complete
    assert assembled(told("a:1"), silent("s:2"), hinted=["s:2"]).fleet(NOW, 1.0).complete


# -- who it is, said by itself ---------------------------------------------------------------------------------------


def in_parts(at: float, *more: str, server: bool = False, run_id: str = "c" * 40) -> Observation:
    """A poll of a primary whose INFO takes sections; `server`: it was asked who it is, too. `more`: smuggled in."""
    slave = "slave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0"
    state = ["used_memory:9", "role:master", slave, *more, "master_replid:" + "a" * 40, "master_repl_offset:100"]
    born = f"redis_version:7.0.15\r\nrun_id:{run_id}\r\nuptime_in_seconds:{int(at)}\r\navailability_zone:z\r\n"
    answers: dict[str, Any] = {"ping": b"PONG", "role": [b"master", 100, []]}
    if server:
        answers["server"] = born.encode()
    return Observation("a:1", at, at, "data", {**answers, "state": "\r\n".join([*state, ""]).encode()})


def after(*seen: Observation) -> Node:
    (group,) = assembled(*seen).fleet(seen[-1].at, 1.0).groups
    return group.nodes[0]


def test_who_a_server_is_stays_known_between_two_times_that_it_says_so() -> None:
    node = after(in_parts(100.0, server=True), in_parts(101.0), in_parts(107.5))
    assert (node.run_id, node.version, node.zone, node.server) == ("c" * 40, "7.0.15", "z", "redis")
    assert node.metric("uptime_seconds") == 107
    assert node.metric("memory_used") == 9
    assert node.seen_at == 107.5


def test_a_new_process_begins_its_rates_afresh() -> None:
    node = after(in_parts(100.0, server=True), in_parts(101.0), in_parts(102.0, server=True, run_id="d" * 40))
    assert node.run_id == "d" * 40
    assert node.metric("replicated") is None
    assert after(in_parts(100.0, server=True), in_parts(101.0)).metric("replicated") == 0


def test_nobody_smuggles_in_who_a_server_is() -> None:
    node = after(in_parts(100.0, server=True), in_parts(101.0, "run_id:" + "e" * 40, "uptime_in_seconds:1"))
    assert node.run_id == "c" * 40
    assert node.metric("uptime_seconds") == 101
    assert node.role is None
    assert "run_id" in (node.conflict or "")


def test_an_older_server_in_the_place_of_a_newer_one_says_all_at_once() -> None:
    old = told("a:1", at=101.0, run_id="f" * 40, redis_version="6.2.0", uptime_in_seconds=3)
    node = after(in_parts(100.0, server=True), old)
    assert (node.run_id, node.version, node.conflict) == ("f" * 40, "6.2.0", None)
    assert node.metric("uptime_seconds") == 3


# -- anything at all --------------------------------------------------------------------------------------------------

NAMES = tuple(read.name if read.of != "watch" else f"{read.name}/orders" for read in READS)
REAL: dict[str, Any] = {
    **heard("valkey-9.1", "switched").answers, **heard("valkey-9.1", "migrating").answers,
    **{name: reply("redis-7.0", f"chained-{name}") for name in ("role", "info")},
}  # fmt: skip
error = some.sampled_from(["NOPERM no", "BUSY busy", "LOADING x", "ERR unknown", "NOAUTH x"]).map(hiredis.ReplyError)


@some.composite
def observations(draw: some.DrawFn) -> Observation:
    """A poll in which some replies are as they should be, some bent, some errors, and some missing."""
    answers: dict[str, Any] = {}
    for name in NAMES:
        real = REAL[name] if name in REAL else REAL.get(name.replace("/orders", ""), b"PONG")
        how = draw(some.sampled_from(("real", "real", "bent", "any", "error", "missing")))
        if how == "missing":
            continue
        made = {"bent": bent(real), "any": nested, "error": error}
        answers[name] = draw(made[how]) if how in made else real
    kind = draw(some.sampled_from(("unknown", "data", "cluster", "sentinel")))
    at = NOW + draw(some.floats(0, 20))
    return Observation(draw(some.sampled_from(("a:1", "b:1", "127.0.0.1:6379"))), at, at, kind, answers)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(some.lists(observations(), min_size=1, max_size=5), some.booleans())
def test_whatever_servers_say_a_snapshot_is_drawn(seen: list[Observation], hinted: bool) -> None:
    made = Assembler()
    for one in seen:
        made.expect(one.address, PLAIN, hinted)
        made.take(one)
        fleet = made.fleet(one.at, 1.0)
        check(fleet)
    assert len([group for group in fleet.groups if group.members]) == len(fleet.groups)


def check(fleet: Fleet) -> None:
    """What holds of every snapshot."""
    names = [group.name for group in fleet.groups]
    assert len(set(names)) == len(names)
    for group in fleet.groups:
        for one in group.members:
            assert isinstance(one, Node | Sentinel)
            assert one.seen_at is None or one.seen_at <= fleet.at + 20
            if isinstance(one, Node):
                assert all(isinstance(value, int | float) for value in one.metrics.values())
                assert one.conflict is None or one.role is None
    assert {finding.group for finding in fleet.findings} <= set(names)


def test_replies_nested_deeper_than_python_can_compare_are_trouble_and_no_crash() -> None:
    deep: list[Any] = []
    for _ in range(3000):
        deep = [deep]
    role = [b"master", 7, [[b"b", b"1", deep]]]
    seen = told("a:1", answers={"role": role, "cluster-nodes": deep, "myid": deep})
    nodes = series(seen, replace(seen, answers={**seen.answers, "role": [b"master", 7, [[b"b", b"1", [deep]]]]}))
    assert all(one.role in ("primary", None) for one in nodes)
