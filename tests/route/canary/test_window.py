"""Percentiles, the worst of each second, and calls a second: of samples that age."""

from __future__ import annotations

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.route.canary.window import PAST, SHORT, WINDOW, Pace, Window, percentile


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.01, 1.0))
def test_a_percentile_is_a_sample_that_as_many_do_not_exceed(samples: list[float], share: float) -> None:
    found = percentile(sorted(samples), share)
    assert found in samples
    assert sum(sample <= found for sample in samples) >= share * len(samples) - 1e-6
    assert sum(sample < found for sample in samples) < share * len(samples) + 1e-6


def test_a_window_forgets_what_is_older_than_it_looks_back() -> None:
    window = Window()
    for at, ms in ((0.0, 900.0), (WINDOW - 1, 1.0), (WINDOW, 2.0), (WINDOW + 0.5, 3.0)):
        window.add(at, ms)
    seen = window.latencies(WINDOW + 1)
    assert (seen.count, seen.p50, seen.p99, seen.worst) == (3, 2.0, 3.0, 3.0)
    assert window.latencies(3 * WINDOW).count == 0


def test_the_past_has_the_worst_of_each_second_and_gaps() -> None:
    window = Window()
    for at, ms in ((97.2, 5.0), (97.4, 1.0), (99.9, 2.0)):
        window.add(at, ms)
    past = window.past(100.0)
    assert len(past) == PAST
    assert past[-3:] == (5.0, None, 2.0)
    assert set(past[:-3]) == {None}


@pytest.mark.parametrize(("calls", "seconds", "expected"), [(10, 0.5, None), (30, 2.0, 15.0), (50, 10.0, 5.0)])
def test_a_rate_is_of_the_last_seconds(calls: int, seconds: float, expected: float | None) -> None:
    pace = Pace(100.0)
    for number in range(calls):
        pace.add(100.0 + seconds * (number + 1) / calls)
    found = pace.per_second(100.0 + seconds)
    assert found == (None if expected is None else pytest.approx(expected, abs=1.01 / SHORT))


def test_a_rate_is_0_when_nothing_ends_any_more() -> None:
    pace, clock = Pace(0.0), count()
    for at in clock:
        pace.add(float(at))
        if at == 10:
            break
    assert pace.per_second(10.0 + SHORT + 1) == 0
