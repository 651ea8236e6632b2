"""Every way in which a server can fail to answer: each has its name and its sentence, and costs nobody else a poll."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from redistui.engine.engine import Engine
from redistui.model import Fleet
from tests.engine.watching import fault, member, node, target, until, watching
from tests.net import strangers
from tests.net.strangers import Behaviour, Stranger, answering, array, bulk, info, saying
from tests.waiting import eventually

HUGE = b"$2000000000\r\n" + b"x" * (8 * 1024 * 1024 + 1)
DEEP = b"*1\r\n" * 990 + b":1\r\n"


@pytest.fixture
def neighbour() -> Iterator[tuple[Stranger, list[float]]]:
    """A server that answers; its polls are counted."""
    polls: list[float] = []

    def counted() -> bytes:
        polls.append(0.0)
        return array(bulk("master"), b":0\r\n", array())

    with Stranger(answering({"ROLE": counted, "INFO": info(run_id="9" * 40)})) as stranger:
        yield stranger, polls


def polled_on(polls: list[float], engine: Engine, times: int = 1) -> None:
    """The neighbour is asked again within two periods, as often as said (and a second: we share one machine here)."""
    for _ in range(times):
        before = len(polls)
        eventually(lambda was=before: len(polls) > was, 2 * engine.period + 1, otherwise="the neighbour was forgotten")  # type: ignore[misc]


STRANGERS: dict[str, tuple[Behaviour, str, str]] = {
    "http": (strangers.http, "garbage", "answers in HTTP, not in the Redis protocol; check the port"),
    "ssh": (strangers.ssh, "garbage", "SSH banner"),
    "tls": (strangers.tls_alert, "garbage", "speaks TLS; use rediss://"),
    "silent": (strangers.silent, "hung", "connected, but silent for over 1 s"),
    "loris": (strangers.dribbling(bulk("x" * 1000), 0.05), "hung", "silent"),
    "early close": (strangers.early_close, "closed", "closes the connection without an answer"),
    "extra": (saying(b"+OK\r\n" * 50), "garbage", "nobody asked for"),
    "storm": (strangers.flooding(b">2\r\n+message\r\n+x\r\n"), "garbage", "nobody asked for"),
    "billion": (saying(b"*1000000000\r\n"), "garbage", "beyond all measure"),
    "nested": (saying(b"*1\r\n" * 200_000), "garbage", "not answer in the Redis protocol"),
    "endless line": (saying(b"+" + b"x" * len(HUGE)), "garbage", "beyond all measure"),
    "endless bulk": (saying(HUGE), "garbage", "beyond all measure"),
    "info is a number": (answering({"INFO SERVER": b":1\r\n"}), "garbage", "answers INFO with something else"),
    "later info is a number": (
        answering({"INFO": b":1\r\n", "INFO SERVER": info(redis_version="6.2.5")}), "error", "INFO: cannot read",
    ),
    "info of a million lines": (answering({"INFO SERVER": bulk("x:1\r\n" * 400_000)}), "garbage", "INFO"),
    "role is a number": (answering({"ROLE": b":1\r\n"}), "error", "ROLE: cannot read '1'"),
    "role is deep": (answering({"ROLE": DEEP}), "error", "ROLE"),
    "noauth": (answering({"INFO": b"-NOAUTH Authentication required.\r\n"}), "noauth", "wants a password"),
    "loading": (
        answering({"PING": b"-LOADING Redis is loading the dataset in memory\r\n",
                   "INFO": info(loading=1, loading_loaded_perc="12.5")}),
        "loading", "loads its dataset: 12.5 %",
    ),
    "masterdown": (answering({"PING": b"-MASTERDOWN Link is down\r\n"}), "masterdown", "link to the primary"),
    "noperm": (answering({"INFO": b"-NOPERM this user has no permissions\r\n"}), "noperm", "our user may not run"),
    "renamed": (answering({"INFO": b"-ERR unknown command 'INFO'\r\n"}), "error", "ERR unknown command 'INFO'"),
    "from the future": (answering({"ROLE": b"-NEWERR such a thing\r\n"}), "error", "NEWERR such a thing"),
}  # fmt: skip


@pytest.mark.parametrize("name", STRANGERS)
def test_a_stranger_has_a_name_and_its_neighbour_is_polled_on(
    name: str, neighbour: tuple[Stranger, list[float]]
) -> None:
    behave, kind, words = STRANGERS[name]
    honest, polls = neighbour
    with Stranger(behave) as stranger, watching(stranger.address, honest.address) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) == kind)
        found = member(fleet, stranger.address).fault
        assert found is not None
        assert words in found.text
        assert found.since <= fleet.at
        polled_on(polls, engine, 2)
        assert fault(engine.fleet, honest.address) is None
        assert engine.fleet.freshness(node(engine.fleet, honest.address).seen_at) == "fresh"


def test_thirty_strangers_at_once_hold_up_nobody(neighbour: tuple[Stranger, list[float]]) -> None:
    """More silent servers than may be asked at a time."""
    honest, polls = neighbour
    with contextlib.ExitStack() as stack:
        crowd = [stack.enter_context(Stranger(strangers.silent)) for _ in range(50)]
        engine = stack.enter_context(watching(*(one.address for one in crowd), honest.address))
        until(engine, lambda fleet: all(fault(fleet, one.address) == "hung" for one in crowd))
        polled_on(polls, engine, 4)


def test_a_hundred_hosts_that_never_answer_hold_up_nobody(neighbour: tuple[Stranger, list[float]]) -> None:
    """A site behind a dead link: each attempt to connect takes its whole deadline."""
    honest, polls = neighbour
    with strangers.full_port() as port:
        dead = [f"127.0.{number}.1:{port}" for number in range(100)]
        reachable = dict.fromkeys(dead, f"127.0.0.1:{port}")
        with watching(target(*dead, reachable=reachable), honest.address) as engine:
            until(engine, lambda fleet: all(fault(fleet, one) == "unreachable" for one in dead))
            polled_on(polls, engine, 4)


def test_nobody_there_and_no_such_host_are_told_apart() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        free = f"127.0.0.1:{held.getsockname()[1]}"
        with watching(free, "no-such-host.invalid:6379", "unix:/nowhere/socket") as engine:
            fleet = until(engine, lambda fleet: fleet.complete and len(fleet.groups) == 3)
    assert {one.address: one.fault.kind for group in fleet.groups for one in group.nodes if one.fault} == {
        free: "refused",
        "no-such-host.invalid:6379": "unreachable",
        "unix:/nowhere/socket": "refused",
    }
    assert {finding.level for finding in fleet.findings if finding.rule == "node-down"} == {"bad"}


def test_places_that_no_socket_takes_do_not_stop_the_polling(neighbour: tuple[Stranger, list[float]]) -> None:
    """A cluster node that lists members at ports beyond 65535, at names with line breaks, or without any sense."""
    honest, polls = neighbour
    odd = ["10.0.0.1:99999", "a..b:1", "x\ry:1", "\x1b[2J:1", "x" * 300 + ":7", "h:" + "9" * 30]
    lines = [f"{number:040x} {place}@1 master - 0 0 {number} connected" for number, place in enumerate(odd * 10, 1)]
    view = "\n".join([f"{'f' * 40} 127.0.0.1:1@1 myself,master - 0 0 0 connected 0-16383", *lines]) + "\n"
    liar = {
        "INFO": info(redis_mode="cluster"),
        "CLUSTER INFO": bulk("cluster_state:ok\r\n"),
        "CLUSTER NODES": bulk(view),
    }
    with Stranger(answering(liar)) as stranger, watching(stranger.address, honest.address) as engine:
        until(engine, lambda fleet: fault(fleet, "10.0.0.1:99999") == "unreachable")
        until(engine, lambda fleet: fleet.complete)
        polled_on(polls, engine, 3)


def test_a_server_that_names_a_hundred_thousand_others_is_not_followed_to_all_of_them() -> None:
    lines = [f"{number:040x} 127.0.0.1:1@1 master - 0 0 1 connected" for number in range(9000)]
    lines = [line.replace("127.0.0.1", f"127.1.{n // 250}.{n % 250}") for n, line in enumerate(lines)]
    liar = {"INFO": info(redis_mode="cluster"), "CLUSTER NODES": bulk("\n".join(lines) + "\n")}
    with Stranger(answering(liar)) as stranger, watching(stranger.address, period=1.0) as engine:
        fleet = until(engine, lambda fleet: len(fleet.groups[0].nodes) > 1000, 20)
        assert len(fleet.groups[0].nodes) <= 4096


def test_one_that_answers_once_and_then_hangs_up_each_time_is_named() -> None:
    def behave(client: socket.socket) -> None:
        client.recv(65536)
        client.sendall(b"+OK\r\n" + info())
        client.recv(65536)

    with Stranger(behave) as stranger, watching(stranger.address) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) == "closed")
        assert "closes each connection" in str(member(fleet, stranger.address).fault)
        assert fleet.complete


def test_a_refused_password_is_tried_once_and_again_only_when_the_operator_says_so() -> None:
    asked: list[list[str]] = []
    wrong = {"AUTH": b"-WRONGPASS invalid username-password pair or user is disabled.\r\n",
             "INFO": b"-NOAUTH Authentication required.\r\n"}  # fmt: skip
    ended = threading.Event()

    def honest() -> bytes:
        ended.set()
        return array(bulk("master"), b":0\r\n", array())

    with Stranger(answering(wrong, asked)) as closed, Stranger(answering({"ROLE": honest})) as other:
        place = target(closed.address, other.address, password="guess")
        with watching(place) as engine:
            until(engine, lambda fleet: fault(fleet, closed.address) == "noauth" and fleet.complete)
            for _ in range(8):  # whatever happens around it, and at whatever pace
                ended.clear()
                engine.set_period(engine.period * 0.9)
                assert ended.wait(3)
            attempts = [words for words in asked if words[0] == "AUTH"]
            assert attempts == [["AUTH", "guess"]]
            assert fault(engine.fleet, closed.address) == "noauth"
            engine.poke()
            eventually(lambda: len([words for words in asked if words[0] == "AUTH"]) == 2)
    assert closed.connections == 2


def test_a_group_that_is_looked_at_afresh_does_not_try_the_password_again() -> None:
    asked: list[list[str]] = []
    with Stranger(answering({"INFO": b"-NOAUTH Authentication required.\r\n"}, asked)) as closed:
        with watching(target(closed.address, password="guess")) as engine:
            fleet = until(engine, lambda fleet: fault(fleet, closed.address) == "noauth")
            for _ in range(3):
                engine.call(engine.fresh(fleet.groups[0].name, seconds=1.0)).result(20)
        assert closed.connections == 1


def test_room_is_asked_for_again_only_after_a_while() -> None:
    def full(client: socket.socket) -> None:
        client.sendall(b"-ERR max number of clients reached\r\n")

    with Stranger(full) as crowded, Stranger(answering()) as other, watching(crowded.address, other.address) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, crowded.address) == "maxclients")
        seen = node(fleet, other.address).seen_at
        until(engine, lambda fleet: (node(fleet, other.address).seen_at or 0) > (seen or 0) + 4 * engine.period)
        engine.set_period(0.2)
        until(engine, lambda fleet: (node(fleet, other.address).seen_at or 0) > (seen or 0) + 10 * engine.period)
        assert crowded.connections == 1
        engine.poke(crowded.address)
        eventually(lambda: crowded.connections == 2)


def test_what_could_not_be_asked_at_first_is_found_out_later() -> None:
    """Busy when we came: that it is a cluster node shows only after its script has ended."""
    busy = threading.Event()
    busy.set()
    view = f"{'f' * 40} 127.0.0.1:1@1 myself,master - 0 0 0 connected 0-16383\n"

    def when_free(answer: bytes) -> bytes:
        return b"-BUSY Redis is busy running a script.\r\n" if busy.is_set() else answer

    table = {
        "PING": lambda: when_free(b"+PONG\r\n"),
        "INFO": lambda: when_free(info(redis_mode="cluster")),
        "ROLE": lambda: when_free(array(bulk("master"), b":0\r\n", array())),
        "CLUSTER INFO": lambda: when_free(bulk("cluster_state:ok\r\n")),
        "CLUSTER NODES": lambda: when_free(bulk(view)),
    }
    with Stranger(answering(table)) as stranger, watching(stranger.address) as engine:
        until(engine, lambda fleet: fault(fleet, stranger.address) == "busy")
        busy.clear()
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) is None)
        until(engine, lambda fleet: fleet.groups[0].kind == "cluster" and fleet.groups[0].cluster is not None)
    assert fleet.groups[0].nodes[0].role == "primary"


def test_a_role_that_cannot_be_read_any_more_is_not_kept() -> None:
    broken = threading.Event()

    def role() -> bytes:
        return b"+what\r\n" if broken.is_set() else array(bulk("master"), b":0\r\n", array())

    with Stranger(answering({"ROLE": role})) as stranger, watching(stranger.address) as engine:
        until(engine, lambda fleet: node(fleet, stranger.address).role == "primary")
        broken.set()
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) == "error")
        assert node(fleet, stranger.address).role is None
        assert node(fleet, stranger.address).last_role == "primary"
        broken.clear()
        until(engine, lambda fleet: node(fleet, stranger.address).role == "primary")


def test_an_info_that_cannot_be_read_leaves_the_values_as_old_as_they_are() -> None:
    broken = threading.Event()
    table = {"INFO": lambda: b":7\r\n" if broken.is_set() else info()}
    with Stranger(answering(table)) as stranger, watching(stranger.address) as engine:
        until(engine, lambda fleet: node(fleet, stranger.address).metric("memory_used") == 1000000)
        broken.set()
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) == "error")
        seen = node(fleet, stranger.address).seen_at
        later = until(engine, lambda fleet: fleet.freshness(node(fleet, stranger.address).seen_at) == "stale")
        assert node(later, stranger.address).seen_at == seen


def test_a_number_that_is_none_is_no_metric() -> None:
    odd = info(used_memory="nan", connected_clients="many", maxmemory="", instantaneous_ops_per_sec="1,5")
    with Stranger(answering({"INFO": odd})) as stranger, watching(stranger.address) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) is None)
        metrics = node(fleet, stranger.address).metrics
        assert {"memory_used", "clients", "memory_limit", "ops_per_second"}.isdisjoint(metrics)
        assert all(isinstance(value, int | float) for value in metrics.values())


def test_a_forged_line_is_a_conflict_and_not_a_role() -> None:
    forged = info(connected_slaves="1\r\nslave0:ip=9.9.9.9,port=1,state=online,offset=9,lag=0\r\nrole:slave")
    with Stranger(answering({"INFO": forged})) as stranger, watching(stranger.address) as engine:
        fleet = until(engine, lambda fleet: node(fleet, stranger.address).conflict)
        assert node(fleet, stranger.address).conflict == "INFO says role more than once"
        assert node(fleet, stranger.address).role is None
        assert {finding.rule for finding in fleet.findings if finding.level == "bad"} >= {"role-conflict"}


def test_role_and_info_that_contradict_each_other_are_a_conflict() -> None:
    role = array(bulk("slave"), bulk("10.255.0.1"), b":6379\r\n", bulk("connect"), b":-1\r\n")
    with Stranger(answering({"ROLE": role})) as stranger, watching(stranger.address) as engine:
        fleet = until(engine, lambda fleet: node(fleet, stranger.address).conflict)
        assert node(fleet, stranger.address).conflict == "ROLE says replica, INFO says primary"


def test_a_sentinel_that_floods_us_with_events_holds_up_nobody(neighbour: tuple[Stranger, list[float]]) -> None:
    honest, polls = neighbour
    event = array(bulk("pmessage"), bulk("+*"), bulk("+sdown"), bulk("master orders 10.255.0.1 6379"))
    table = {
        "INFO": info(redis_mode="sentinel"),
        "SENTINEL MASTERS": array(),
        "SENTINEL MYID": bulk("e" * 40),
        "PSUBSCRIBE": event * 200_000,
    }
    with Stranger(answering(table)) as stranger, watching(stranger.address, honest.address) as engine:
        until(engine, lambda fleet: fault(fleet, stranger.address) is None)
        polled_on(polls, engine, 6)
        assert len(engine.fleet.events) <= 500


def test_no_file_is_left_open_after_the_end() -> None:
    def files() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def once() -> None:
        with contextlib.ExitStack() as stack:
            crowd = [stack.enter_context(Stranger(behave)) for behave, _, _ in list(STRANGERS.values())[:8]]
            with watching(*(one.address for one in crowd)) as engine:
                until(engine, lambda fleet: fleet.complete)

    once()
    before = files()
    once()
    assert eventually(lambda: files() <= before)


def test_what_hostile_servers_say_stays_out_of_the_way_of_every_view() -> None:
    """Nothing here is escaped yet: the model keeps strings as they came; but no address may break the snapshot."""
    role = array(bulk("master"), b":0\r\n", array(array(bulk("\x1b]0;owned\x07"), bulk("6379"), bulk("1"))))
    with Stranger(answering({"ROLE": role})) as stranger, watching(stranger.address) as engine:
        fleet: Fleet = until(engine, lambda fleet: len(fleet.groups[0].nodes) == 2 and fleet.complete)
        assert {one.fault.kind if one.fault else None for one in fleet.groups[0].nodes} == {None, "unreachable"}
