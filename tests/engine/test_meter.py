"""One server's numbers: gauges as they are, counters as rates of one process, and what is asked once a minute."""

from __future__ import annotations

from typing import Any

import hiredis
import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from redistui.engine.assemble import Assembler
from redistui.engine.meter import Meter
from redistui.engine.observation import Observation
from redistui.engine.rounds import data_round
from redistui.engine.spent import EVERY, KEEPS, READINGS
from redistui.engine.watched import Watched
from redistui.history import History
from redistui.metrics import COUNTERS, FIELDS
from redistui.model import Access, Node
from redistui.replies.info import InfoReader, InfoText
from tests.engine.telling import NOW, assembled, silent, told


def node(made: Assembler, at: float = NOW) -> Node:
    (found,) = (one for group in made.fleet(at, 1.0).groups for one in group.nodes if one.address == "a:1")
    return found


def polls(*fields: dict[str, object], run_ids: str = "", every: float = 1.0) -> Node:
    """The node after polls that said these; `run_ids`: a letter for the process of each."""
    made = Assembler()
    for index, said in enumerate(fields):
        run_id = run_ids[index] if run_ids else "x"
        seen = told("a:1", at=NOW + index * every, run_id=run_id, **said)  # type: ignore[arg-type]
        made = assembled(seen) if not index else made
        made.take(seen)
    return node(made, NOW + (len(fields) - 1) * every)


def test_numbers_that_stand_for_none_are_not_there_and_units_are_those_of_the_table() -> None:
    first = polls({"maxmemory": 0, "rdb_last_bgsave_time_sec": -1, "latest_fork_usec": 2500, "used_memory": 10})
    assert first.metrics.keys().isdisjoint({"memory_limit", "memory_percent", "save_seconds"})
    assert first.metric("fork_ms") == 2.5
    then = polls({"maxmemory": 40, "rdb_last_bgsave_time_sec": 0, "used_memory": 10})
    assert [then.metric(name) for name in ("memory_percent", "save_seconds")] == [25.0, 0]


@pytest.mark.parametrize("metric", COUNTERS, ids=lambda metric: metric.name)
def test_a_counter_is_a_rate_of_one_process_and_never_negative(metric: Any) -> None:
    low, high = (dict.fromkeys(metric.fields, value) for value in (100, 300))
    count, name = len(metric.fields), metric.name
    if name == "replicated":
        return  # telling says it as the offset, which has tests of its own
    assert polls(low).metric(name) is None, "one sample is no rate"
    assert polls(low, high, every=2.0).metric(name) == pytest.approx(100 * count * metric.scale)
    assert polls(high, low).metric(name) is None, "it went back"
    assert polls(low, high, run_ids="xy").metric(name) is None, "another process"
    assert polls(high, low, high).metric(name) == pytest.approx(200 * count * metric.scale)
    assert polls(low, high).totals[name] == pytest.approx(300 * count * metric.scale)
    assert polls({}).totals.get(name) is None


VALUES = some.sampled_from(("0", "1", "3", "7", "-1", "0.5", "2.25", "much", ""))


SAVED = FIELDS.index("rdb_last_bgsave_time_sec")


@given(some.lists(some.tuples(some.integers(0, len(FIELDS) - 1), VALUES), max_size=40), some.integers(1, 12))
@example([(SAVED, "3"), (SAVED, "-1"), (SAVED, "7")], 1)
def test_what_is_read_of_the_changed_numbers_alone_is_what_all_of_them_say(
    changes: list[tuple[int, str]], every: int
) -> None:
    """`every`: so many changes between two polls, and after each poll one at which nothing changed."""
    said, info, quick, whole = ["1"] * len(FIELDS), InfoText(InfoReader(FIELDS)), Meter(), Meter()
    for poll in range(2 * len(changes) // every + 4):
        if poll % 2:
            for place, value in changes[poll // 2 * every :][:every]:
                said[place] = value
        info.take("\r\n".join(f"{field}:{value}" for field, value in zip(FIELDS, said, strict=True)).encode())
        quick.take(info, info, NOW + poll, NOW + poll, "x")
        info.news = None
        whole.take(info, info, NOW + poll, NOW + poll, "x")
        assert quick.metrics == whole.metrics
        assert dict(quick.totals()) == dict(whole.totals())


def test_after_a_silence_rates_begin_anew() -> None:
    made = assembled(told("a:1", keyspace_hits=100))
    made.take(silent("a:1", at=NOW + 1))
    made.take(told("a:1", at=NOW + 2, keyspace_hits=300))
    assert node(made, NOW + 2).metric("hits") is None


def test_the_hit_rate_is_that_of_the_lookups_since_the_last_poll() -> None:
    before = {"keyspace_hits": 1000, "keyspace_misses": 1000}
    assert polls(before, {"keyspace_hits": 1003, "keyspace_misses": 1001}).metric("hit_rate") == 75.0
    assert polls(before, before).metric("hit_rate") is None, "nobody looked anything up"


def test_clocks_are_compared_at_the_midst_of_a_quick_answer() -> None:
    shown = {"server_time_usec": int((NOW + 2.5) * 1e6), "rdb_last_save_time": int(NOW) - 60}
    ahead = polls(shown)
    assert ahead.metric("clock_ahead") == pytest.approx(2.5)
    assert ahead.metric("save_age") == pytest.approx(62.5), "by its own clock"
    made = assembled(told("a:1"))
    late = told("a:1", at=NOW + 1, **shown)  # type: ignore[arg-type]
    made.take(Observation(late.address, late.at, late.at - 0.5, late.kind, late.answers))
    assert node(made, NOW + 1).metric("clock_ahead") is None


def test_words_are_kept_as_the_server_says_them() -> None:
    said = {"maxmemory_policy": "noeviction", "rdb_last_bgsave_status": "err", "aof_enabled": 1}
    assert polls(said).facts == {name: str(word) for name, word in said.items()}
    assert polls(said, said | {"maxmemory_policy": "allkeys-lru"}).facts["maxmemory_policy"] == "allkeys-lru"


def test_the_past_has_a_gap_where_it_did_not_answer_and_knows_that_it_did_not() -> None:
    made, history = assembled(told("a:1", used_memory=7)), History()
    ledger = made.ledgers["a:1"]
    ledger.remember(history, answered=True)
    made.take(silent("a:1", at=NOW + 1))
    ledger.remember(history, answered=False)
    made.take(Observation("a:1", NOW + 2, NOW + 2, "data", {"ping": b"PONG", "info": hiredis.ReplyError("NOPERM no")}))
    ledger.remember(history, answered=True)
    assert history.last("a:1", "memory_used", 9) == [7.0, None, None], "old numbers are no new sample"
    assert history.last("a:1", "up", 9) == [1.0, 0.0, 1.0]


# -- once a minute ------------------------------------------------------------------------------------------------


def minutely(*readings: dict[str, Any], every: float = 60.0, after: float = 0.0) -> Node:
    made = assembled(told("a:1"))
    at = NOW
    for index, answers in enumerate(readings):
        at = NOW + 1 + index * every
        made.take(told("a:1", at=at, answers=answers))
    if after:
        made.take(told("a:1", at=at + after))
    return node(made, at + after)


def stats(calls: int, usec: int) -> dict[str, Any]:
    return {"commandstats": b"cmdstat_get:calls=%d,usec=%d\r\ncmdstat_info:calls=9,usec=9999\r\n" % (calls, usec)}


def spread(*running: int) -> dict[str, Any]:
    return {"latency": [b"get", [b"calls", running[-1], b"histogram_usec", list(running)]]}


def test_latency_is_that_of_the_last_minute_and_not_of_all_time() -> None:
    assert minutely(stats(1000, 1000)).metric("latency_mean") is None
    assert minutely(stats(1000, 1000), stats(1010, 51_000)).metric("latency_mean") == 5.0
    last = minutely(spread(1, 1_000_000), spread(1, 1_000_000, 2048, 1_000_100))
    assert last.metric("latency_p50") == pytest.approx(1.536)
    assert last.metric("latency_p99") == pytest.approx(2.048, rel=0.01)
    assert minutely({"slowlog-len": 128}).metric("slowlog_length") == 128.0


def test_latency_is_unknown_where_nothing_ran_or_the_counting_began_anew_or_it_is_old() -> None:
    for second in (stats(1000, 1000), stats(5, 5)):
        assert minutely(stats(1000, 1000), second).metric("latency_mean") is None
    for again in (spread(1, 500), spread(1, 3)):
        assert minutely(spread(1, 500), again).metric("latency_p99") is None
    both = stats(1000, 1000), stats(1010, 51_000)
    assert minutely(*both, after=KEEPS - 1).metric("latency_mean") == 5.0
    assert minutely(*both, after=KEEPS + 1).metric("latency_mean") is None
    assert minutely({"latency": 7, "slowlog-len": b"x", "commandstats": []}).fault is None, "it greys its own cells"


def watched(kind: str = "data") -> Watched:
    made = Watched(None, "a:1", Access(), False)  # type: ignore[arg-type]
    made.kind = kind  # type: ignore[assignment]
    return made


def test_a_server_is_asked_soon_again_soon_and_then_once_a_minute() -> None:
    one = watched()
    asked = [second for second in range(400) if one.takes_spent(1000.0 + second) is not None]
    first, second, *rest = asked
    assert 2 <= first <= 13
    assert second - first == 10
    assert [after - before for before, after in zip([second, *rest], rest, strict=False)] == [EVERY] * len(rest)
    assert [watched("sentinel").takes_spent(1000.0 + second) for second in range(100)] == [None] * 100


def test_what_it_refuses_to_tell_is_not_asked_again() -> None:
    one = watched()
    one.heed({"ping": b"PONG"})
    one.heed({"commandstats": hiredis.ReplyError("BUSY a script runs"), "slowlog-len": 1})
    assert one.refused == frozenset()
    one.heed({"latency": hiredis.ReplyError("NOPERM no permission"), "slowlog-len": hiredis.ReplyError("ERR unknown")})
    assert one.refused == {"latency", "slowlog-len"}
    names = data_round("data", True, True, refused=one.refused).names
    assert READINGS & set(names) == {"commandstats"}
    assert READINGS.isdisjoint(data_round("data", True, True).names)
    assert READINGS & set(data_round("data", False, True, refused=frozenset()).names) == {"commandstats", "slowlog-len"}


def test_totals_hold_what_was_told_and_nothing_else() -> None:
    some_told = polls({"evicted_keys": 3, "used_cpu_sys": 1.5}).totals
    assert (some_told["evicted"], some_told.get("evicted"), "evicted" in some_told) == (3, 3, True)
    assert "cpu_percent" not in some_told, "half of it is not it"
    with pytest.raises(KeyError):
        some_told["cpu_percent"]
    assert bool(some_told)
    assert len(some_told) == len(dict(some_told)) == len(list(some_told))
    assert (bool(node(assembled(silent("a:1"))).totals), len(node(assembled(silent("a:1"))).totals)) == (False, 0)
