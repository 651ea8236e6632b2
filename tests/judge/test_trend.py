"""Trends: figures reckoned by hand, and lines whose slope is known."""

from __future__ import annotations

from math import inf, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.history import Sample
from redistui.judge.trend import line, student, trend


def flat(*values: float | None, step: float = 10.0) -> list[Sample | None]:
    return [None if v is None else Sample(n * step, v, v, v) for n, v in enumerate(values)]


def test_a_course_is_told_by_its_ends_extremes_mean_and_slope() -> None:
    """By hand: mean (4 + 8 + 6 + 10) / 4; slope of 0, 10, 20, 30 s: (-15*-3 - 5*1 + 5*-1 + 15*3) / 500."""
    found = trend([Sample(0, 3, 4, 5), Sample(10, 8, 8, 8), Sample(20, 1, 6, 7), Sample(30, 9, 10, 12)])
    assert found is not None
    assert (found.first, found.last, found.low, found.high, found.mean) == (4, 10, 1, 12, 7)
    assert (found.changed, found.seconds, found.samples) == (6, 30, 4)
    assert found.slope == 0.16


def test_gaps_are_passed_over_and_nothing_is_known_of_nothing() -> None:
    assert trend(flat(None, None)) is None
    assert trend([]) is None
    found = trend(flat(None, 2.0, None, 6.0, None))
    assert found is not None
    assert (found.first, found.last, found.slope, found.margin, found.samples) == (2, 6, 0.2, None, 2)


@pytest.mark.parametrize("points", [[], [(5.0, 1.0)], [(5.0, 1.0), (5.0, 9.0)]])
def test_one_moment_has_no_slope(points: list[tuple[float, float]]) -> None:
    assert line(points) == (None, None)


@given(st.floats(-1e3, 1e3), st.floats(-1e6, 1e6), st.integers(3, 40))
def test_a_straight_line_is_found_with_no_margin_to_speak_of(slope: float, level: float, number: int) -> None:
    found, margin = line([(at * 10.0, level + slope * at * 10.0) for at in range(number)])
    assert found is not None
    assert isclose(found, slope, rel_tol=1e-6, abs_tol=1e-6)
    assert margin is not None
    assert margin <= 1e-6 * (1 + abs(slope) + abs(level))


def test_scatter_that_repeats_itself_widens_the_margin() -> None:
    """The same values, once in turn and once in long runs: the runs tell far less of the slope."""
    quick = [(float(at), 1.0 * (at % 2)) for at in range(64)]
    slow = [(float(at), 1.0 * (at // 16 % 2)) for at in range(64)]
    (_, narrow), (_, wide) = line(quick), line(slow)
    assert narrow is not None
    assert wide is not None
    assert wide > 3 * narrow


def test_two_points_have_a_slope_and_tell_nothing_of_its_margin() -> None:
    assert line([(0.0, 1.0), (2.0, 5.0)]) == (2.0, None)


@pytest.mark.parametrize(("free", "width"), [(0.9, inf), (1, 12.71), (2.9, 4.303), (9, 2.306), (10_000, 1.98)])
def test_the_fewer_samples_the_wider(free: float, width: float) -> None:
    assert student(free) == width
