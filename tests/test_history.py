"""The past: bounded, in order, with its gaps, by time and not by count, and readable while it is written."""

from __future__ import annotations

import sys
import threading
from array import array
from collections.abc import Iterator
from itertools import pairwise
from math import isnan, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from redistui.history import LENGTH, STEPS, History, Sample, fleet_span, how_of
from redistui.history.packing import pack, unpack
from redistui.history.past import FINEST
from redistui.history.rows import Rows
from redistui.metrics import KEPT, PRECISE

NOW = 1_700_000_040.0
"""Begins a minute."""
DAY = 86_400


def row(value: float | None) -> array[float]:
    return array("f", [nan if value is None else value])


def told(*values: float | None, every: float = 1.0, at: float = NOW, metric: str = "memory_used") -> History:
    """A node's samples, one each `every` seconds."""
    history = History()
    for index, value in enumerate(values):
        history.add("a:1", at + index * every, {} if value is None else {metric: value})
    return history


def means(history: History, since: float, until: float, points: int, metric: str = "memory_used") -> list[float | None]:
    return [None if one is None else one.mean for one in history.span("a:1", metric, since, until, points)]


values = some.none() | some.floats(-1e6, 1e6, width=32)


@given(some.lists(values, max_size=40), some.integers(1, 12), some.integers(0, 60))
def test_the_newest_samples_come_back_in_order(written: list[float | None], length: int, count: int) -> None:
    rows = Rows(length)
    for at, value in enumerate(written):
        rows.add(float(at), row(value))
    kept = written[-length:]
    assert rows.last(count) == (kept[-count:] if count else [])
    times, series = rows.series(0)
    assert list(times) == [float(at) for at in range(len(written))][-length:]
    assert [None if isnan(value) else value for value in series] == kept


def test_a_series_that_was_never_written_is_empty() -> None:
    history = History()
    assert history.last("a:1", "clients", 10) == history.span("a:1", "clients", NOW, NOW, 5) == []
    assert history.span("a:1", "clients", NOW, NOW + 5, 5) == [None] * 5
    assert (history.nodes, history.since("a:1"), Rows().last(10)) == ((), None, [])


def test_series_are_kept_apart_and_forgotten_by_node() -> None:
    history = History(3)
    for number in range(5):
        history.add("a:1", NOW + number, {"clients": float(number), "unheard_of": 1.0})
    history.add("a:1", NOW + 5, {"memory_used": 7.0})
    history.add("b:1", NOW + 6, {})
    assert history.last("a:1", "clients", 9) == [3.0, 4.0, None]
    assert history.last("a:1", "memory_used", 9) == [None, None, 7.0]
    assert history.last("a:1", "unheard_of", 9) == []
    assert history.last("b:1", "clients", 9) == [None]
    assert (history.nodes, history.since("a:1"), history.since("b:1")) == (("a:1", "b:1"), NOW + 3, NOW + 6)
    history.forget("a:1")
    history.forget("a:1")
    assert history.last("a:1", "clients", 9) == history.last("a:1", "memory_used", 9) == []
    assert (history.nodes, history.last("b:1", "clients", 9)) == (("b:1",), [None])


@pytest.mark.parametrize("value", [1e300, -1e300, float("inf"), 2.0**24 + 1])
def test_numbers_too_great_for_a_float_do_not_stop_the_writing(value: float) -> None:
    history = told(*[value] * 70)
    (kept,) = history.last("a:1", "memory_used", 1)
    assert kept == array("f", [value])[0]


def test_it_is_a_quarter_of_an_hour_six_hours_and_a_day() -> None:
    assert LENGTH == 900
    assert [step * length for step, length in STEPS] == [DAY / 4, DAY]


# -- halves of floats ---------------------------------------------------------------------------------------------


@given(some.lists(some.floats(width=32, allow_nan=False, allow_infinity=False).map(lambda v: v or 0.0), min_size=1))
def test_half_a_float_is_right_to_four_in_a_thousand_and_with_its_other_half_exact(written: list[float]) -> None:
    numbers = array("f", written)
    upper, lower = pack(numbers, frozenset(range(len(written))))
    assert unpack(upper, lower) == numbers
    rounded, _ = pack(numbers)
    for one, back in zip(numbers, unpack(rounded), strict=True):
        assert abs(back - one) <= abs(one) / 255 or abs(one) < 1e-37 or abs(one) > 3.3e38


def test_unknown_and_infinite_stay_what_they_are_in_half_a_float() -> None:
    upper, _ = pack(array("f", [nan, float("inf"), -float("inf"), 0.0]))
    unknown, *others = unpack(upper)
    assert isnan(unknown)
    assert others == [float("inf"), -float("inf"), 0.0]


# -- by time ------------------------------------------------------------------------------------------------------


def test_a_span_is_of_the_samples_as_they_came_where_these_reach_back_so_far() -> None:
    history = told(*map(float, range(100)))
    assert means(history, NOW + 90, NOW + 100, 10) == [float(number) for number in range(90, 100)]
    (sample,) = history.span("a:1", "memory_used", NOW + 90, NOW + 100, 1)
    assert sample == Sample(NOW + 95, 90.0, 94.5, 99.0)
    assert means(history, NOW + 98, NOW + 102, 50) == [98.0, 99.0, 99.0, 99.0], "no finer than a second"


def test_what_is_older_comes_from_slots_of_ten_seconds_and_then_of_a_minute() -> None:
    history = told(*(float(second % 60) for second in range(int(6.5 * 3600))))
    now = NOW + 6.5 * 3600
    assert means(history, NOW, NOW + 60, 1) == [29.5]
    (minute,) = history.span("a:1", "memory_used", NOW, NOW + 60, 1)
    assert minute is not None
    assert (minute.low, minute.high) == (0.0, 59.0)
    assert means(history, NOW + 7200, NOW + 7220, 2) == pytest.approx([4.5, 14.5], rel=0.004)
    assert means(history, now - 3, now, 3) == [57.0, 58.0, 59.0]
    whole = history.span("a:1", "memory_used", NOW, now, 390)
    assert [one for one in whole if one is None or (one.low, one.high) != (0.0, 59.0)] == []
    assert history.since("a:1") == NOW


def test_over_a_day_the_oldest_minutes_go() -> None:
    history = told(*[1.0] * 1500, every=60.0)
    since = history.since("a:1")
    assert since is not None
    assert DAY - 120 <= NOW + 1499 * 60 - since <= DAY
    assert means(history, NOW, NOW + 3600, 1) == [1.0]
    assert means(history, NOW, NOW + 1200, 2) == [None, None]


@pytest.mark.parametrize("seconds", [200, 1500])
def test_nothing_is_told_of_the_time_before_the_first_sample(seconds: int) -> None:
    """It came in the middle of a minute; the slot of that minute begins before it."""
    began = NOW + 47.0
    history = told(*[1.0] * seconds, at=began)
    found = history.span("a:1", "memory_used", NOW - 60.0, began + seconds, 200)
    step = (began + seconds - NOW + 60.0) / 200
    first = next(one for one in found if one is not None)
    assert first.at - step / 2 <= began < first.at + step / 2


def test_what_capacity_is_reckoned_from_is_exact_to_seven_digits_by_the_minute() -> None:
    grown = [1e10 + 50_000.0 * second for second in range(7200)]
    history = told(*grown)
    first, *_, last = means(history, NOW, NOW + 7200, 120)
    assert first is not None
    assert last is not None
    assert (last - first) / (119 * 60) == pytest.approx(50_000, rel=0.001)
    assert set(PRECISE) <= set(KEPT)


@pytest.mark.parametrize("period", [0.2, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0])
def test_at_any_period_the_past_is_whole_and_as_long(period: float) -> None:
    history = told(*[5.0] * int(1800 / period), every=period)
    found = means(history, NOW, NOW + 1800, 60)
    assert found == [5.0] * 60
    since = history.since("a:1")
    assert since == NOW
    assert len(history.last("a:1", "memory_used", LENGTH)) >= min(LENGTH, 1800 / period) * FINEST - 1


def test_samples_that_come_fast_are_one_a_second_and_their_mean() -> None:
    history = told(1.0, 2.0, 3.0, 10.0, every=0.25)
    assert history.last("a:1", "memory_used", 9) == [2.0, 10.0]
    assert told(1.0, None, 3.0, 10.0, every=0.25).last("a:1", "memory_used", 9) == [3.0, 10.0]


def test_a_server_that_does_not_answer_leaves_a_gap_in_every_tier() -> None:
    up, gap = [7.0] * 300, [None] * 300
    history = told(*up, *gap, *up, *[7.0] * 1000)
    wanted = [7.0] * 5 + [None] * 5 + [7.0] * 5
    assert means(history, NOW, NOW + 900, 15) == wanted
    assert means(history, NOW, NOW + 900, 90) == [one for one in wanted for _ in range(6)]


@pytest.mark.parametrize("period", [1.0, 10.0, 60.0])
def test_a_time_in_which_nobody_looked_is_a_gap_and_no_straight_line(period: float) -> None:
    history = told(*[7.0] * 20, every=period)
    begin = NOW + 20 * period + 3600
    begin -= begin % 60
    for index in range(20):
        history.add("a:1", begin + index * period, {"memory_used": 9.0})
    found = means(history, NOW, begin + 20 * period, 200)
    changes = [one for one, after in pairwise([*found, 0.0]) if one != after]
    assert changes == [7.0, None, 9.0]
    assert found.count(None) * (begin + 20 * period - NOW) / 200 >= 3300


def test_a_gap_of_more_than_a_day_leaves_nothing_of_before() -> None:
    history = told(*[7.0] * 100)
    for index in range(1000):
        history.add("a:1", NOW + 2 * DAY + index, {"memory_used": 9.0})
    assert set(means(history, NOW, NOW + 2 * DAY + 1000, 500)) == {None, 9.0}


def test_a_clock_that_was_set_back_a_little_loses_nothing_and_by_more_it_begins_anew() -> None:
    history = told(*[1.0] * 100)
    history.add("a:1", NOW + 60, {"memory_used": 3.0})
    assert history.last("a:1", "memory_used", 3) == [1.0, 1.0, 2.0], "it counts as of now"
    history.add("a:1", NOW - 3600, {"memory_used": 5.0})
    assert history.last("a:1", "memory_used", 3) == [5.0]
    assert history.since("a:1") == NOW - 3600


@settings(max_examples=40, deadline=None)
@given(
    some.lists(some.tuples(some.floats(0.05, 200.0), values), min_size=1, max_size=60),
    some.integers(1, 40),
    some.floats(1.0, 5000.0),
)
def test_a_step_never_says_what_was_not_there(
    told_: list[tuple[float, float | None]], points: int, length: float
) -> None:
    """Whatever the samples' spacing, each mean lies between its extremes, and these among what was written."""
    history, at = History(), NOW
    for after, value in told_:
        at += after
        history.add("a:1", at, {} if value is None else {"keys": value})
    written = [value for _, value in told_ if value is not None]
    found = history.span("a:1", "keys", at - length, at, points)
    assert len(found) <= points
    for one in found:
        if one is not None:
            assert at - length <= one.at <= at
            slack = 0.005 * max(map(abs, written)) + 1e-6
            assert min(written) - slack <= one.low <= one.mean + slack
            assert one.mean - slack <= one.high <= max(written) + slack


# -- of several nodes ---------------------------------------------------------------------------------------------


def test_the_fleet_is_the_sum_of_amounts_and_the_mean_of_shares_of_those_that_are_known() -> None:
    history = History()
    for second in range(20):
        history.add("a:1", NOW + second, {"memory_used": 10.0, "cpu_percent": 20.0})
        if second < 10:
            history.add("b:1", NOW + second, {"memory_used": 5.0, "cpu_percent": 60.0})
        else:
            history.add("b:1", NOW + second, {})
    both = ("a:1", "b:1", "gone:1")
    memory = fleet_span(history, both, "memory_used", NOW, NOW + 20, 2)
    assert [one and one.mean for one in memory] == [15.0, 10.0]
    cpu = fleet_span(history, both, "cpu_percent", NOW, NOW + 20, 2)
    assert [one and one.mean for one in cpu] == [40.0, 20.0]
    worst = fleet_span(history, both, "cpu_percent", NOW, NOW + 20, 2, "max")
    assert [one and one.mean for one in worst] == [60.0, 20.0]
    assert fleet_span(history, (), "cpu_percent", NOW, NOW + 20, 2) == []
    assert (how_of("ops_per_second"), how_of("lag_seconds"), how_of("up")) == ("sum", "mean", "sum")


# -- across threads -----------------------------------------------------------------------------------------------


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_whoever_reads_while_another_writes_sees_a_run_without_a_jump(hasty: None) -> None:
    """The writer counts up; a reader must never see anything but consecutive numbers."""
    history, wrong = History(64), []
    stop = threading.Event()

    def write() -> None:
        for number in range(20_000):
            history.add("a:1", NOW + number, {"clients": float(number)})
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        seen = history.last("a:1", "clients", 64)
        wrong += [pair for pair in pairwise(seen) if None in pair or pair[1] != pair[0] + 1]  # type: ignore[operator]
        history.span("a:1", "clients", NOW, NOW + 20_000, 20)
    writer.join()
    assert wrong == []
    assert history.last("a:1", "clients", 2) == [19_998.0, 19_999.0]
