"""The engine on real servers: what becomes of them is seen in time and by its right name, and they are only asked."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from itertools import pairwise

import pytest

from redistui.demo.fleet import DemoFleet
from redistui.demo.groups import RunningGroup
from redistui.demo.servers import Server
from redistui.demo.wire import Wire
from redistui.engine.engine import Engine
from redistui.metrics import METRICS
from redistui.model import Fleet
from tests.engine.watching import PERIOD, fault, member, node, only_group, rules, target, until, watching, whole
from tests.net.strangers import Stranger, answering
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


# -- what happens to servers ------------------------------------------------------------------------------------------


def test_servers_that_die_hang_and_come_back_are_seen_so(replication_group: Start) -> None:
    """kill -9, SIGSTOP, SIGCONT and a restart, of a primary and of a replica."""
    group = replication_group(replicas=2)
    first, second, third = group.nodes
    with watching(first.address) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)

        second.hang()
        fleet = until(engine, lambda fleet: fault(fleet, second.address) == "hung", 3)
        hung = node(fleet, second.address)
        assert (hung.role, hung.last_role, hung.up) == (None, "replica", False)
        assert [fault(fleet, one.address) for one in (first, third)] == [None, None]
        until(engine, lambda fleet: fleet.freshness(node(fleet, second.address).seen_at) == "unknown")
        fleet = engine.fleet
        assert all(fleet.freshness(node(fleet, one.address).seen_at) == "fresh" for one in (first, third))
        second.resume()
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)

        first.kill()
        fleet = until(engine, lambda fleet: fault(fleet, first.address) == "refused", 3)
        assert {"node-down", "no-primary"} <= rules(fleet)
        until(engine, lambda fleet: node(fleet, second.address).replication.link == "down")  # type: ignore[union-attr]
        before = node(fleet, first.address).run_id
        first.start()
        first.wait()
        fleet = until(engine, lambda fleet: whole(fleet, group) and not fleet.findings, 15)
        assert node(fleet, first.address).run_id != before
        kinds = [(event.kind, event.source) for event in fleet.events if event.kind in ("fault", "up")]
        assert kinds == [
            ("fault", second.address), ("up", second.address), ("fault", first.address), ("up", first.address),
        ]  # fmt: skip


@pytest.mark.versions("valkey-9.1")
def test_a_lonely_primary_that_hung_has_its_role_again(replication_group: Start) -> None:
    """Its ROLE says the same to the letter as before, and is believed all the same."""
    (only,) = replication_group(replicas=0).nodes
    with watching(only.address) as engine:
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")
        only.hang()
        until(engine, lambda fleet: node(fleet, only.address).role is None, 3)
        only.resume()
        until(engine, lambda fleet: node(fleet, only.address).role == "primary", 3)


@pytest.mark.versions("valkey-9.1")
def test_after_a_restart_no_rate_is_negative(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    rates = [metric.name for metric in METRICS if metric.kind == "counter"]
    seen: list[float] = []

    def collect(fleet: Fleet) -> None:
        for group in fleet.groups:
            for one in group.nodes:
                seen.extend(value for name in rates if (value := one.metric(name)) is not None)

    with watching(only.address, period=0.1) as engine:
        engine.subscribe(collect)
        for _ in range(2):
            with only.connect() as wire:
                for number in range(500):
                    wire.ask("GET", number)
            until(engine, lambda fleet: node(fleet, only.address).metric("misses") is not None)
            only.kill()
            until(engine, lambda fleet: fault(fleet, only.address) == "refused", 3)
            only.restart()
            until(engine, lambda fleet: fault(fleet, only.address) is None, 5)
        only.ask("CONFIG", "RESETSTAT")
        until(engine, lambda fleet: node(fleet, only.address).metric("net_in") is not None)
    assert max(seen) > 0
    assert min(seen) >= 0


@pytest.mark.versions("valkey-9.1")
def test_lag_is_measured_and_kept(replication_group: Start) -> None:
    first, second = replication_group(replicas=1).nodes
    with watching(first.address, period=0.1) as engine:
        until(engine, lambda fleet: node(fleet, second.address).metric("lag_bytes") == 0)
        until(engine, lambda _: 0.0 in engine.history.last(second.address, "lag_bytes", 50))
        second.hang()
        first.ask("SET", "big", "x" * 2_000_000)
        until(engine, lambda fleet: fault(fleet, second.address) == "hung", 3)
        until(engine, lambda _: engine.history.last(second.address, "lag_bytes", 1) == [None])
        second.resume()
        until(engine, lambda fleet: node(fleet, second.address).metric("lag_bytes") == 0)


# -- what a server may answer with ------------------------------------------------------------------------------------


def test_a_busy_server_is_busy_and_not_down(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0, settings={"lua-time-limit": "50"}).nodes
    with watching(only.address) as engine:
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")
        with only.connect(30) as scripting, only.connect() as killing:
            script = threading.Thread(target=lambda: scripting.raw("EVAL", "while true do end", "0"))
            script.start()
            fleet = until(engine, lambda fleet: fault(fleet, only.address) == "busy", 5)
            found = node(fleet, only.address)
            assert (found.role, found.last_role, found.up) == (None, "primary", True)
            assert "SCRIPT KILL" in str(found.fault)
            assert "no-primary" not in rules(fleet)
            killing.ask("SCRIPT", "KILL")
            script.join()
        until(engine, lambda fleet: fault(fleet, only.address) is None and node(fleet, only.address).role == "primary")


def test_a_replica_that_serves_nothing_without_its_primary_says_so(replication_group: Start, version: str) -> None:
    first, second = replication_group(replicas=1, settings={"replica-serve-stale-data": "no"}).nodes
    with watching(second.address) as engine:
        until(engine, lambda fleet: fleet.complete and len(only_group(fleet).nodes) == 2)
        first.kill()
        fleet = until(engine, lambda fleet: fault(fleet, first.address) == "refused", 5)
        until(engine, lambda fleet: "link-down" in rules(fleet), 5)
        if version == "redis-6.2":  # it answers PING there all the same
            assert fault(fleet, second.address) is None
        else:
            until(engine, lambda fleet: fault(fleet, second.address) == "masterdown", 5)
        assert node(engine.fleet, second.address).role == "replica"
        assert node(engine.fleet, second.address).up


def test_a_loading_server_tells_how_far_it_is(replication_group: Start) -> None:
    slow = {"key-load-delay": "200", "rdbcompression": "no", "save": "3600 1000000"}
    (only,) = replication_group(replicas=0, settings=slow).nodes
    only.ask("DEBUG", "POPULATE", 10000, "key", 2000, seconds=10)
    only.ask("SAVE", seconds=10)
    with watching(only.address) as engine:
        until(engine, lambda fleet: node(fleet, only.address).metric("keys") == 10000)
        only.kill()
        only.start()
        fleet = until(engine, lambda fleet: fault(fleet, only.address) == "loading", 8)
        assert "loads its dataset" in str(node(fleet, only.address).fault)
        assert node(fleet, only.address).up
        until(engine, lambda fleet: fault(fleet, only.address) is None, 20)


def test_a_server_without_room_for_us_is_named(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    with only.connect() as wire:
        wire.ask("CONFIG", "SET", "maxclients", 1)
        with watching(only.address) as engine:
            fleet = until(engine, lambda fleet: fault(fleet, only.address) == "maxclients")
            assert "maxclients" in str(member(fleet, only.address).fault)
            wire.ask("CONFIG", "SET", "maxclients", 100)
            engine.poke()
            until(engine, lambda fleet: fault(fleet, only.address) is None)


@pytest.mark.parametrize("renamed", ["INFO", "ROLE", "CLIENT", "PING"])
def test_a_renamed_command_costs_only_what_it_would_have_told(replication_group: Start, renamed: str) -> None:
    (only,) = replication_group(replicas=0).nodes
    with (only.directory / "server.conf").open("a") as config:
        config.write(f'rename-command {renamed} ""\n')
    only.stop()
    only.start()
    eventually(lambda: socket.create_connection(("127.0.0.1", only.port), 1).close() or True)
    with watching(only.address) as engine:
        if renamed == "CLIENT":
            until(engine, lambda fleet: whole_node(fleet, only))
            return
        fleet = until(engine, lambda fleet: fault(fleet, only.address) == "error")
        assert "unknown command" in str(member(fleet, only.address).fault)
        role = None if renamed == "ROLE" else "primary"
        found = node(until(engine, lambda fleet: node(fleet, only.address).role == role), only.address)
        assert (found.metric("clients") is None) == (renamed == "INFO")


def whole_node(fleet: Fleet, server: Server) -> bool:
    found = node(fleet, server.address)
    return found.fault is None and found.role is not None and found.metric("clients") is not None


# -- passwords and rights ---------------------------------------------------------------------------------------------


def test_data_nodes_and_sentinels_have_passwords_of_their_own(sentinel_group: Start) -> None:
    group = sentinel_group(
        replicas=1, sentinels=2, quorum=1,
        settings={"requirepass": "for-data"}, sentinel_settings={"requirepass": "for-sentinels"},
    )  # fmt: skip
    seeds = tuple(one.address for one in group.sentinels)
    right = target(*seeds, wanted="sentinel", password="for-data", sentinel_password="for-sentinels")
    with watching(right) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        assert "for-" not in repr(engine.fleet)
        assert "for-" not in repr(engine.targets)
    with watching(target(*seeds, wanted="sentinel", password="for-data", sentinel_password="wrong")) as engine:
        until(engine, lambda fleet: {fault(fleet, one) for one in seeds} == {"noauth"})
    with watching(target(*seeds, wanted="sentinel", sentinel_password="for-sentinels")) as engine:
        fleet = until(engine, lambda fleet: {fault(fleet, one.address) for one in group.nodes} == {"noauth"})
        assert all(one.up for one in only_group(fleet).sentinels)
        assert "no-primary" not in rules(fleet)


class Spy:
    """MONITOR on a server: everything that anybody says to it, in lower case, with subcommands."""

    def __init__(self, server: Server) -> None:
        self.said: set[str] = set()
        self._server = server
        self._wire = server.connect(30)
        assert self._wire.ask("MONITOR") == "OK"
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            line = str(self._wire.read())
            words = [word.strip('"').lower() for word in line.partition("] ")[2].split(" ")]
            if "redistui-spied" in words:
                return
            compound = words[0] in ("client", "cluster", "sentinel", "config", "script", "acl")
            self.said.add(" ".join(words[:2]) if compound else words[0])

    def stop(self) -> set[str]:
        self._server.ask("ECHO", "redistui-spied")
        self._thread.join(5)
        self._wire.close()
        return self.said


BETWEEN_SERVERS = {"replconf", "psync", "sync", "echo", "select"}
SENTINELS_OWN = {"publish", "subscribe", "client kill", "multi", "exec"}


WATCH = (
    "on >watching resetkeys resetchannels -@all +ping +hello +auth +info +role +dbsize +client|setname +client|id "
    "+client|list +cluster|info +cluster|nodes +cluster|slots +cluster|shards +cluster|myid +cluster|links "
    "+cluster|countkeysinslot +slowlog|get +slowlog|len +latency|latest +latency|history"
)
"""The user that an operator gives us for data nodes, from 7.0 on."""
WATCH_SENTINEL = (
    "on >watching resetkeys resetchannels -@all +ping +hello +auth +info +role +client|setname +client|id +subscribe "
    "+psubscribe +unsubscribe +punsubscribe &+* &-* +sentinel|masters +sentinel|master +sentinel|replicas "
    "+sentinel|slaves +sentinel|sentinels +sentinel|ckquorum +sentinel|get-master-addr-by-name +sentinel|myid"
)
READ_ONLY = {
    "auth", "hello", "ping", "info", "role", "client setname", "cluster info", "cluster nodes", "subscribe",
    "psubscribe", "sentinel masters", "sentinel myid", "sentinel replicas", "sentinel sentinels", "sentinel ckquorum",
}  # fmt: skip
"""All that may ever be said without an operator's word."""


def rights(version: str) -> str:
    words = WATCH.split()
    if version == "redis-6.2":
        words = [word for word in words if word not in ("+cluster|shards", "+cluster|links")]
    if version == "valkey-9.1":
        words += ["+client|setinfo", "+cluster|slot-stats", "+cluster|getslotmigrations", "+commandlog|get"]
    return " ".join(words)


@pytest.mark.parametrize("name", ["orders", "catalog"])
def test_the_watching_users_rights_are_enough_never_exceeded_and_used_for_questions_only(
    sentinel_group: Start, cluster_group: Start, version: str, name: str
) -> None:
    """MONITOR and the ACL LOG as witnesses: what was said to each server, and what it would have refused."""
    group = sentinel_group(sentinels=2, quorum=1, replicas=1) if name == "orders" else cluster_group(replicas=1)
    for server in group.nodes:
        server.ask("ACL", "SETUSER", "watch", *rights(version).split())
    for server in group.sentinels:
        server.ask("ACL", "SETUSER", "swatch", *WATCH_SENTINEL.split())
    spies = [Spy(server) for server in group.nodes]
    place = target(
        group.seeds[0].address, wanted="sentinel" if group.sentinels else "cluster",
        user="watch", password="watching", sentinel_user="swatch", sentinel_password="watching",
    )  # fmt: skip
    with watching(place) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        seen = engine.fleet.at
        until(engine, lambda fleet: fleet.at > seen + 4 * PERIOD and not fleet.findings)
        questions = [spy.stop() for spy in spies]
        if group.sentinels:
            group.sentinels[0].ask("SENTINEL", "FAILOVER", "orders")
            until(engine, lambda fleet: [event for event in fleet.events if event.kind == "+switch-master"])
    assert [server.ask("ACL", "LOG") for server in group.servers] == [[]] * len(group.servers)
    for said in questions:
        assert {"auth", "info", "role", "ping"} <= said
        assert said - BETWEEN_SERVERS - SENTINELS_OWN <= READ_ONLY


def test_a_user_with_too_few_rights_is_told_and_sees_what_it_may(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    only.ask("ACL", "SETUSER", "little", "on", ">little", "-@all", "+auth", "+ping", "+role")
    with watching(target(only.address, user="little", password="little")) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, only.address) == "noperm")
        assert "our user may not run" in str(member(fleet, only.address).fault)
        until(engine, lambda fleet: node(fleet, only.address).role == "primary")
        only.ask("ACL", "SETUSER", "little", "+info")
        until(engine, lambda fleet: fault(fleet, only.address) is None and whole_node(fleet, only))


@pytest.mark.versions("valkey-9.1")
def test_a_password_that_is_put_right_helps_once_the_operator_asks_again(replication_group: Start) -> None:
    (only,) = replication_group(replicas=0).nodes
    only.ask("CONFIG", "SET", "requirepass", "later")
    with watching(target(only.address, password="now")) as engine:
        until(engine, lambda fleet: fault(fleet, only.address) == "noauth")
        with Wire(only.address, password="later") as wire:
            wire.ask("CONFIG", "SET", "requirepass", "now")
        engine.poke()
        until(engine, lambda fleet: fault(fleet, only.address) is None)


def test_nothing_is_ever_said_to_a_server_but_questions(replication_group: Start) -> None:
    """MONITOR as the witness, while a server hangs, comes back, and is asked afresh; what servers say is left out."""
    group = replication_group(replicas=1, chained=1)
    second = group.nodes[1]
    spies = [Spy(server) for server in group.nodes]
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        second.hang()
        until(engine, lambda fleet: fault(fleet, second.address) == "hung")
        second.resume()
        until(engine, lambda fleet: fault(fleet, second.address) is None)
        engine.poke()
        engine.call(engine.fresh(engine.fleet.groups[0].name)).result(5)
        until(engine, lambda fleet: not fleet.findings)
    for spy in spies:
        said = spy.stop()
        assert {"info", "role", "ping"} <= said
        assert said - BETWEEN_SERVERS <= READ_ONLY


# -- the engine itself ------------------------------------------------------------------------------------------------


@pytest.mark.versions("valkey-9.1")
def test_whoever_asks_afresh_gets_answers_that_began_after_the_question(standing_fleet: DemoFleet) -> None:
    group = standing_fleet.groups["orders"]
    with watching(group.sentinels[0].address, period=5.0) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        for _ in range(3):
            began = time.time()
            fleet = engine.call(engine.fresh("orders")).result(5)
            assert time.time() - began < 1
            assert all((one.seen_at or 0) >= began for one in only_group(fleet).members)


@pytest.mark.versions("valkey-9.1")
def test_a_dead_member_does_not_keep_whoever_asks_afresh_for_long(replication_group: Start) -> None:
    group = replication_group(replicas=1)
    with watching(group.nodes[0].address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        group.nodes[1].kill()
        until(engine, lambda fleet: fault(fleet, group.nodes[1].address) == "refused")
        began = time.time()
        engine.call(engine.fresh(engine.fleet.groups[0].name, 3.0)).result(5)
        assert time.time() - began < 2


def test_snapshots_come_at_least_once_a_period_and_only_while_the_engine_runs() -> None:
    ages: list[float] = []
    with watching("127.0.0.1:1", period=0.1) as engine:
        engine.subscribe(lambda fleet: ages.append(fleet.at))
        eventually(lambda: len(ages) > 10, 3)
    count = len(ages)
    engine.poke()
    engine.set_period(0.05)
    assert len(ages) == count
    assert max(after - before for before, after in pairwise(ages)) < 1.0


def test_a_slower_pace_is_kept_and_a_poke_does_not_wait_for_it() -> None:
    def seen_at(fleet: Fleet) -> float:
        return node(fleet, server.address).seen_at or 0.0

    with Stranger(answering()) as server, watching(server.address, period=30.0) as engine:
        before = seen_at(until(engine, seen_at))
        engine.poke(server.address)
        before = seen_at(until(engine, lambda fleet: seen_at(fleet) > before, 2))
        engine.set_period(0.1)
        assert engine.period == 0.1
        until(engine, lambda fleet: seen_at(fleet) > before + 0.3, 3)


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
        eventually(lambda: len(seen) > 4, 3)
    finally:
        engine.stop()
    assert "ZeroDivisionError" in caplog.text
