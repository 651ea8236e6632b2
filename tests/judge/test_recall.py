"""What rules remember: growth in a window, restarts, the course of a lag, who led; and the rules that ask for it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.judge.recall import CHURN, CREEPING, Recall
from redistui.judge.rules.limits import Limits
from redistui.judge.rules.table import findings
from redistui.model import Group, Node
from tests.judge.short import at, group, node, sentinel

MB = 1024 * 1024


def counted(name: str, seconds: float, /, follows: str | None = None, run_id: str = "first", **totals: float) -> Node:
    """A server as it answered at a time, with its counters."""
    keys = totals.pop("keys", 100.0)
    metrics = {"keys": keys, **({"replicated": totals["replicated"]} if "replicated" in totals else {})}
    made = node(name, follows, read=seconds, **metrics)
    return replace(made, totals=totals, run_id=run_id)


def looked(*snapshots: Group) -> Recall:
    """A recall that was told of snapshots, each as old as its first node's answer."""
    recall = Recall()
    for one in snapshots:
        recall.note(one, time_of(one))
    return recall


def time_of(one: Group) -> float:
    return max(member.seen_at or 0.0 for member in one.nodes)


def found(snapshots: Sequence[Group], **thresholds: float) -> list[str]:
    """The findings after the last of these, in short; only of rules that need the past."""
    last = snapshots[-1]
    limits = Limits({name.replace("__", "."): value for name, value in thresholds.items()})
    return [f"{one.level} {one.rule}" for one in findings(last, limits, looked(*snapshots), time_of(last))]


def polled(count: int, counter: str, by: float, keys: float = 1000.0, step: float = 1.0) -> Iterator[Group]:
    """A counter that grows by so much at each of some polls."""
    for n in range(count):
        yield group(
            counted("a", 1000.0 + n * step, keys=keys, **{counter: 5.0 + n * by}), node("b", "a", read=1000.0 + n)
        )


def test_growth_is_counted_in_a_window_and_begins_with_the_first_look() -> None:
    recall = looked(*polled(10, "rejected", 1.0))
    assert recall.grown(at("a"), "rejected") == 9.0
    assert recall.grown(at("a"), "rejected", 4.0) == 4.0
    assert recall.grown(at("a"), "evicted") == 0.0
    assert recall.grown(at("nobody"), "rejected") == 0.0


def test_what_happened_before_the_window_does_not_count() -> None:
    once = [group(counted("a", 1000.0, rejected=0.0)), group(counted("a", 1001.0, rejected=50.0))]
    assert looked(*once).grown(at("a"), "rejected") == 50.0
    later = [*once, *(group(counted("a", 1002.0 + n, rejected=50.0)) for n in range(70))]
    assert looked(*later).grown(at("a"), "rejected") == 0.0


@pytest.mark.parametrize(
    "after", [counted("a", 1010.0, rejected=3.0), counted("a", 1010.0, run_id="second", rejected=99.0)]
)
def test_a_counter_that_goes_back_or_another_process_begins_afresh(after: Node) -> None:
    recall = looked(*polled(10, "rejected", 1.0), group(after))
    assert recall.grown(at("a"), "rejected") == 0.0


def refused(count: int, clients: Sequence[float], most: float | None = 10_000.0) -> list[Group]:
    """At each of some polls so many connections were refused, while so many clients were connected."""
    rows = []
    for n, connected in enumerate(clients):
        made = counted("a", 1000.0 + n, rejected=n * float(count))
        limit = {} if most is None else {"clients_limit": most}
        rows.append(group(replace(made, metrics={**made.metrics, "clients": connected, **limit})))
    return rows


@pytest.mark.parametrize(
    ("snapshots", "told"),
    [
        (refused(1, [9, 9, 9]), []),
        (refused(49, [9, 9, 9]), []),
        (refused(50, [9, 9, 9]), ["warn rejected-connections"]),
        (refused(1, [9, 4999, 9]), []),
        (refused(1, [9, 5000, 9]), ["warn rejected-connections"]),
        (refused(50, [9, 10_000, 9]), ["bad rejected-connections"]),
        (refused(1, [9, 9, 9], None), ["warn rejected-connections"]),
    ],
)
def test_who_hangs_up_before_there_was_room_to_lack_is_not_refused_for_maxclients(
    snapshots: Sequence[Group], told: list[str]
) -> None:
    assert found(snapshots) == told
    recall = Recall()
    recall.recollect(json.loads(json.dumps(looked(*snapshots).memory())))
    last = snapshots[-1]
    assert [f"{one.level} {one.rule}" for one in findings(last, Limits({}), recall, time_of(last))] == told


def test_that_many_hung_up_is_said_as_what_it_is() -> None:
    last = refused(50, [9, 9, 9])[-1]
    (one,) = findings(last, Limits({}), looked(*refused(50, [9, 9, 9])), time_of(last))
    assert one.message.startswith("a:1 refused 100 connections within a minute: not for its maxclients (10,000): they")


def test_being_crowded_is_forgotten_after_a_minute() -> None:
    crowd = refused(1, [9_000, *[9] * 60])
    assert looked(*crowd).crowded(at("a"))
    assert not looked(*crowd, *refused(1, [9] * 62)[61:]).crowded(at("a"))
    assert not Recall().crowded(at("a"))


@given(st.lists(st.integers(0, 50), min_size=2, max_size=200), st.integers(1, 9))
def test_growth_is_never_negative_and_never_more_than_there_was(grown: list[int], step: int) -> None:
    recall, total = Recall(), 0.0
    for n, more in enumerate(grown):
        total += more
        recall.note(group(counted("a", 1000.0 + n * step, evicted=total)), 0.0)
        assert 0.0 <= recall.grown(at("a"), "evicted") <= total
    lately = sum(grown[-(60 // step) :][:-1]) if len(grown) > 1 else 0
    assert recall.grown(at("a"), "evicted") >= min(lately, total - grown[0]) - 50 * (2 // step + 2)


def test_a_snapshot_without_a_new_answer_adds_nothing() -> None:
    same = group(counted("a", 1000.0, rejected=1.0))
    assert looked(same, same, same).memory()["nodes"][at("a")][4] == {"rejected": [(1000.0, 1.0)]}


@pytest.mark.parametrize(
    ("polls", "told"),
    [
        (polled(5, "rejected", 0.0), []),
        (polled(5, "rejected", 1.0), ["warn rejected-connections"]),
        (polled(5, "rejected", 50.0), ["bad rejected-connections"]),
        (polled(5, "evicted", 1.0), []),
        (polled(5, "evicted", 100.0), ["warn eviction-storm"]),
        (polled(5, "evicted", 1000.0), ["bad eviction-storm"]),
        (polled(5, "buffer_cuts", 1.0), ["warn buffer-cut"]),
        (polled(2, "sync_full", 1.0), []),
        (polled(4, "sync_full", 1.0), ["warn full-sync-loop"]),
        (polled(8, "sync_full", 1.0), ["bad full-sync-loop"]),
    ],
)
def test_what_a_counter_tells_of_the_last_minutes(polls: Iterator[Group], told: list[str]) -> None:
    assert found(list(polls)) == told


def test_a_new_primary_with_many_replicas_gives_each_one_sync_and_that_is_no_loop() -> None:
    def primary(seconds: float, syncs: float) -> Group:
        one = counted("a", seconds, sync_full=syncs)
        return group(replace(one, metrics={**one.metrics, "replicas": 5.0}), node("b", "a", read=seconds))

    assert found([primary(1000.0, 0.0), primary(1005.0, 10.0)]) == []
    assert found([primary(1000.0, 0.0), primary(1005.0, 15.0)]) == ["warn full-sync-loop"]


def written(rate: float, size: int, seconds: int = 12) -> list[Group]:
    polls = []
    for n in range(seconds):
        one = counted("a", 1000.0 + n, replicated=rate * n)
        said = replace(node("a", acks={"b": 0}, offset=None).replication, backlog_size=size, offset=None)  # type: ignore[type-var]
        polls.append(group(replace(one, replication=said), node("b", "a", read=1000.0 + n)))
    return polls


@pytest.mark.parametrize(
    ("rate", "told"),
    [(1000.0, []), (MB / 59, ["warn backlog-small"]), (MB / 61, []), (MB / 9, ["bad backlog-small"])],
)
def test_a_backlog_is_measured_in_seconds_of_writes(rate: float, told: list[str]) -> None:
    assert found(written(rate, MB)) == told


def test_two_polls_are_no_rate_to_judge_a_backlog_by() -> None:
    assert found(written(10.0 * MB, MB, seconds=3)) == []


def behind(*lags: float) -> list[Group]:
    return [
        group(node("a", read=1000.0 + n), node("b", "a", read=1000.0 + n, lag_bytes=lag)) for n, lag in enumerate(lags)
    ]


@pytest.mark.parametrize(
    ("lags", "told"),
    [
        ([MB + n * 300_000 for n in range(15)], ["warn lag-growing"]),
        ([MB + n * 300_000 for n in range(6)], []),
        ([MB + n * 1000 for n in range(15)], []),
        ([5 * MB - n * 300_000 for n in range(15)], []),
        ([MB * (1 + 3 * (n % 2)) for n in range(15)], []),
        ([1000.0 * n for n in range(15)], []),
    ],
)
def test_a_lag_that_grows_all_the_time_is_told_long_before_it_is_too_much(lags: list[float], told: list[str]) -> None:
    assert found(behind(*lags)) == told


def test_the_course_of_a_lag_ends_where_the_replica_has_caught_up() -> None:
    assert looked(*behind(*[2.0 * MB] * 5, CREEPING - 1.0)).lags(at("b")) == ()


def restarted(held: float, keys: float, *, follower: float | None = None) -> list[Group]:
    polls = []
    for n, (run_id, count) in enumerate([("first", held), ("first", held), ("second", keys)]):
        one = counted("a", 1000.0 + n, run_id=run_id, keys=count)
        rest = [] if follower is None else [counted("b", 1000.0 + n, "a", keys=follower)]
        polls.append(group(one, *rest))
    return polls


@pytest.mark.parametrize(
    ("polls", "told"),
    [
        (restarted(5000.0, 0.0, follower=5000.0), ["bad emptied-primary"]),
        (restarted(5000.0, 0.0), ["bad emptied-primary"]),
        (restarted(5000.0, 4990.0, follower=5000.0), []),
        (restarted(5.0, 0.0, follower=5.0), []),
    ],
)
def test_a_primary_that_restarts_without_its_keys_is_told(polls: list[Group], told: list[str]) -> None:
    assert found(polls) == told


def test_a_former_primary_that_comes_back_empty_beside_the_present_one_has_lost_nothing() -> None:
    polls = []
    for n, (run_id, keys) in enumerate([("first", 5000.0), ("second", 0.0)]):
        members = [counted("a", 1000.0 + n, run_id=run_id, keys=keys), node("b", read=1000.0 + n, replid="two")]
        polls.append(replace(group(*members), primary=at("b") if n else at("a")))
    assert found(polls) == []


def test_who_still_has_the_keys_is_named_with_the_way_to_keep_them() -> None:
    polls = restarted(5000.0, 0.0, follower=4800.0)
    (one,) = findings(polls[-1], {}, looked(*polls), 1002.0)
    assert one.message == (
        "a:1 restarted with 0 keys and had 5,000: its replicas copy that; b:1 still has 4,800: `detach b:1` at once"
    )


def test_a_server_that_restarts_again_and_again_is_told() -> None:
    polls = [
        group(counted("a", 1000.0 + n, run_id=f"run {n}", keys=0.0), node("b", "a", read=1000.0 + n)) for n in range(4)
    ]
    assert found(polls) == ["warn restart-loop"]
    assert found(polls[:3]) == []


def led_by(*primaries: str) -> list[Group]:
    polls = []
    for n, primary in enumerate(primaries):
        nodes = [node(one, None if one == primary else primary, read=1000.0 + n) for one in "abc"]
        polls.append(group(*nodes, *(sentinel(one, primary, epoch=n) for one in "xyz")))
    return polls


@pytest.mark.parametrize(
    ("primaries", "told"),
    [("aaaa", []), ("aabb", []), ("abca", ["warn failover-churn"]), ("abcabca", ["bad failover-churn"])],
)
def test_a_primary_that_changes_again_and_again_is_told(primaries: str, told: list[str]) -> None:
    assert found(led_by(*primaries)) == told


def test_changes_of_long_ago_are_forgotten() -> None:
    recall = looked(*led_by(*"abca"))
    assert recall.switches("orders", 1010.0) == (3, at("a"))
    assert recall.switches("orders", 1010.0 + CHURN) == (0, at("a"))


def test_a_cluster_counts_replicas_that_took_slots_over() -> None:
    def cluster(n: int, leader: str, other: str) -> Group:
        view = f"{leader} 0-16383 e{n + 1}, {other}<{leader} e{n + 1}"
        return group(*(node(one, None if one == leader else leader, view=view, read=1000.0 + n) for one in "ab"))

    recall = looked(cluster(0, "a", "b"), cluster(1, "b", "a"), cluster(2, "b", "a"), cluster(3, "a", "b"))
    assert recall.switches("orders", 1003.0) == (2, at("a"))


def shards(n: int, *leaders: str) -> Group:
    """Two shards, a and b with the first half, c and d with the rest, led by these."""
    others = [{"a": "b", "b": "a", "c": "d", "d": "c"}[one] for one in leaders]
    runs = zip(leaders, ("0-8191", "8192-16383"), others, strict=True)
    view = ", ".join(
        f"{one} {run} e{2 * n + half}, {other}<{one} e{2 * n + half}" for half, (one, run, other) in enumerate(runs, 1)
    )
    above = dict(zip(others, leaders, strict=True))
    return group(*(node(one, above.get(one), view=view, read=1000.0 + n) for one in "abcd"))


def test_of_a_cluster_the_changes_of_each_shard_are_counted_for_themselves() -> None:
    """A site that fails over and back moves every shard: that is no shard that comes to no rest."""
    polls = [shards(0, "a", "c"), shards(1, "b", "d"), shards(2, "a", "c"), shards(3, "b", "c")]
    assert looked(*polls).switches("orders", 1003.0) == (3, at("b"))
    assert found(polls[:3]) == []
    assert found(polls) == ["warn failover-churn"]


def test_a_recording_keeps_whose_changes_they_were_and_one_of_an_older_redistui_is_read() -> None:
    recall = looked(shards(0, "a", "c"), shards(1, "b", "d"), shards(2, "a", "c"))
    memory = json.loads(json.dumps(recall.memory()))
    other, older = Recall(), Recall()
    other.recollect(memory)
    older.recollect({name: kept for name, kept in memory.items() if name != "shards"})
    assert other.memory() == recall.memory()
    assert older.switches("orders", 1003.0) == (4, "")
    for one in (other, older):
        one.note(shards(3, "b", "c"), 1003.0)
    assert other.switches("orders", 1003.0) == (3, at("b"))
    assert older.switches("orders", 1003.0)[0] == 5


def test_what_a_memory_puts_back_goes_on_as_the_other_does() -> None:
    polls = [*polled(20, "evicted", 100.0), *behind(*[MB * 2.0] * 3), *led_by(*"aba")]
    recall, other = looked(*polls[:12]), Recall()
    other.recollect(json.loads(json.dumps(recall.memory())))
    for one in polls[12:]:
        recall.note(one, time_of(one))
        other.note(one, time_of(one))
        assert json.dumps(other.memory()) == json.dumps(recall.memory())
