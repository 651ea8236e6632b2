"""What Sentinels announce: heard from all of them, each thing once, in order, with its witnesses, and acted upon."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.demo.groups import RunningGroup
from redistui.engine.listener import MERGE, EventLog
from redistui.model import Event
from tests.engine.watching import fault, node, only_group, rules, target, until, watching, whole
from tests.net.strangers import Stranger, answering, array, bulk, info
from tests.waiting import eventually

Start = Callable[..., RunningGroup]


def test_a_failover_is_told_once_and_in_order_by_all_sentinels(sentinel_group: Start) -> None:
    """The primary is killed, a replica is promoted, the old primary comes back and takes writes for a while."""
    group = sentinel_group()
    old = group.nodes[0]
    with watching(target(*(one.address for one in group.sentinels), wanted="sentinel", title="prod")) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        old.kill()
        fleet = until(engine, lambda fleet: fault(fleet, old.address) == "refused")
        assert only_group(fleet).primary == old.address, "what Sentinels believe until they have elected another"
        fleet = until(engine, lambda fleet: only_group(fleet).primary not in (None, old.address), 20)
        new = only_group(fleet).primary
        switched = next(event for event in fleet.events if event.kind == "+switch-master")
        assert switched.at <= fleet.at
        until(engine, lambda fleet: node(fleet, new or "").role == "primary")
        until(engine, lambda fleet: "sentinels-disagree" not in rules(fleet))
        old.start()
        old.wait()
        until(engine, lambda fleet: "two-primaries" in rules(fleet), otherwise="the old primary is back unseen")
        fleet = until(engine, lambda fleet: len(one_of(fleet.events, "+switch-master").witnesses) == 3)
    assert_told_once(fleet.events, "prod")
    assert set(one_of(fleet.events, "+switch-master").witnesses) == {one.address for one in group.sentinels}
    assert len(one_of(fleet.events, "+odown").witnesses) >= 2


def assert_told_once(events: Sequence[Event], group: str) -> None:
    """Each word once, but for what happened twice; in the order in which it must have happened."""
    told = Counter((event.kind, event.text.partition(" #quorum")[0]) for event in events)
    twice = {what for what, count in told.items() if count > 1} - {
        what for what in told if what[0] in ("+role-change", "-role-change", "+slave-reconf-inprog", "+reboot")
    }
    assert twice == set()
    assert {event.group for event in events} == {group}
    assert [event.at for event in events] == sorted(event.at for event in events)
    kinds = [event.kind for event in events]
    steps = [
        "+sdown",
        "+odown",
        "+try-failover",
        "+elected-leader",
        "+selected-slave",
        "+promoted-slave",
        "+switch-master",
    ]
    assert [kinds.index(step) for step in steps] == sorted(kinds.index(step) for step in steps)


def one_of(events: Sequence[Event], kind: str) -> Event:
    (found,) = (event for event in events if event.kind == kind)
    return found


def test_the_epoch_of_a_cluster_failover_makes_us_ask_at_once(cluster_group: Start) -> None:
    """At a pace of one poll in ten seconds: one member tells of a new epoch, and all are asked."""
    group = cluster_group(shards=3, replicas=1)
    promoted = group.nodes[3]
    with watching(group.nodes[0].address, period=10.0) as engine:
        until(engine, lambda fleet: whole(fleet, group) and not fleet.findings)
        before = engine.fleet.groups[0].cluster
        engine.set_period(60.0)  # of its own accord the poll would come too late
        promoted.ask("CLUSTER", "FAILOVER")
        eventually(lambda: promoted.ask("ROLE")[0] == "master")
        engine.poke(promoted.address)  # one member's news ...
        until(engine, lambda fleet: node(fleet, group.nodes[0].address).role == "replica")  # ... all are asked
        fleet = until(engine, lambda fleet: (cluster := only_group(fleet).cluster) and cluster.agree)
    cluster = only_group(fleet).cluster
    assert cluster is not None
    assert before is not None
    assert promoted.address in {shard.primary for shard in cluster.shards if shard.slot_count}
    assert (cluster.epoch or 0) > (before.epoch or 0)
    epochs = [event for event in fleet.events if event.kind == "epoch"]
    assert [event.text for event in epochs] == [f"cluster epoch {cluster.epoch}"]


@pytest.mark.versions("valkey-9.1")
def test_a_sentinel_that_was_away_is_listened_to_again(sentinel_group: Start) -> None:
    group = sentinel_group(replicas=1, sentinels=1, quorum=1)
    only = group.sentinels[0]
    with watching(only.address) as engine:
        until(engine, lambda fleet: whole(fleet, group))
        only.restart()
        until(engine, lambda fleet: fault(fleet, only.address) is None)
        eventually(lambda: " cmd=psubscribe" in only.ask("CLIENT", "LIST"))
        only.ask("SENTINEL", "FAILOVER", "orders")
        until(engine, lambda fleet: one_of(fleet.events, "+switch-master"))


def test_a_sentinel_that_lets_us_not_subscribe_is_polled_all_the_same() -> None:
    asked: list[list[str]] = []
    table = {
        "INFO": info(redis_mode="sentinel"),
        "SENTINEL MASTERS": array(),
        "SENTINEL MYID": bulk("e" * 40),
        "PSUBSCRIBE": b"-NOPERM this user has no permissions to access one of the channels\r\n",
    }
    with Stranger(answering(table, asked)) as stranger, watching(stranger.address, period=0.1) as engine:
        fleet = until(engine, lambda fleet: fault(fleet, stranger.address) is None)
        until(engine, lambda later: later.at > fleet.at + 2)
        assert [words for words in asked if words[0] == "PSUBSCRIBE"] == [["PSUBSCRIBE", "+*", "-*"]]
        engine.poke()
        eventually(lambda: len([words for words in asked if words[0] == "PSUBSCRIBE"]) == 2)


def test_a_name_that_may_not_be_set_keeps_nobody_from_listening() -> None:
    event = array(bulk("pmessage"), bulk("+*"), bulk("+tilt"), bulk("#tilt mode entered"))
    table = {
        "INFO": info(redis_mode="sentinel"),
        "CLIENT": b"-NOPERM this user has no permissions to run the 'client|setname' command\r\n",
        "SENTINEL MASTERS": array(),
        "SENTINEL MYID": bulk("e" * 40),
        "PSUBSCRIBE": array(bulk("psubscribe"), bulk("+*"), b":1\r\n") + event,
    }
    with Stranger(answering(table)) as stranger, watching(stranger.address) as engine:
        until(engine, lambda fleet: one_of(fleet.events, "+tilt"))


# -- the log of events ------------------------------------------------------------------------------------------------


def event(at: float, source: str, kind: str = "+sdown", text: str = "x", witnessed: bool = True) -> Event:
    return Event(at, source, kind, "orders", text, (source,) if witnessed else ())


def test_the_same_words_from_several_are_one_event_with_the_earliest_time() -> None:
    log = EventLog()
    assert log.add(event(10.0, "b"))
    assert not log.add(event(9.5, "a"))
    assert log.all() == (Event(9.5, "b", "+sdown", "orders", "x", ("b", "a"), heard=(10.0, 9.5)),)


@pytest.mark.parametrize(
    "second",
    [event(10.5, "a"), event(10.0 + MERGE + 1, "b"), event(10.5, "b", text="y"), event(10.5, "b", kind="-sdown")],
)
def test_what_is_said_again_or_much_later_or_otherwise_is_another_event(second: Event) -> None:
    log = EventLog()
    log.add(event(10.0, "a"))
    assert log.add(second)
    assert len(log.all()) == 2


def test_each_sentinel_counts_its_own_quorum_and_means_the_same() -> None:
    log = EventLog()
    assert log.add(event(1.0, "a", "+odown", "primary p:1 #quorum 2/2"))
    assert not log.add(event(1.1, "b", "+odown", "primary p:1 #quorum 3/2"))
    assert log.all()[0].text == "primary p:1 #quorum 2/2"


def test_events_without_witnesses_are_never_merged() -> None:
    log = EventLog()
    assert [log.add(event(1.0, "a", witnessed=False)), log.add(event(1.1, "b", witnessed=False))] == [True, True]


@given(
    some.lists(some.tuples(some.integers(0, 60), some.sampled_from("abc"), some.sampled_from(("x", "y"))), max_size=60)
)
def test_the_log_is_in_order_bounded_and_forgets_no_witness(said: list[tuple[int, str, str]]) -> None:
    log = EventLog()
    for at, source, text in said:
        log.add(event(float(at), source, text=text))
    events = log.all()
    assert [one.at for one in events] == sorted(one.at for one in events)
    assert sum(len(one.witnesses) for one in events) == len(said)
    assert all(len(set(one.witnesses)) == len(one.witnesses) for one in events)


def test_each_witness_is_kept_with_its_own_time() -> None:
    log = EventLog()
    for one in (event(10.0, "b"), event(9.5, "a"), event(11.0, "c")):
        log.add(one)
    (known,) = log.all()
    assert (known.at, known.witnesses, known.heard) == (9.5, ("b", "a", "c"), (10.0, 9.5, 11.0))


def test_a_deed_that_was_told_by_itself_is_known_when_the_journal_tells_of_it() -> None:
    log = EventLog()
    log.add(Event(100.0, "", "action", "orders", "failover begun: x"))
    assert log.knows(Event(99.2, "", "action", "orders", "failover begun: x"))
    assert not log.knows(Event(120.0, "", "action", "orders", "failover begun: x"))
    assert not log.knows(Event(100.0, "", "action", "cart", "failover begun: x"))
