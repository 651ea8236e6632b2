"""Numbers keep to their cells, and unknown is never a zero."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.metrics import METRICS
from redistui.view import figures

NUMBERS = st.floats(min_value=0, max_value=9e17, allow_nan=False)


@pytest.mark.parametrize(
    ("shown", "cells"),
    [(figures.count, 5), (figures.rate, 5), (figures.size, 5), (figures.span, 6)],
)
@given(value=NUMBERS)
def test_a_figure_is_never_wider_than_its_column(
    shown: Callable[[float | None], str], cells: int, value: float
) -> None:
    text = shown(min(value, 3e9) if shown is figures.span else value)
    assert 0 < len(text) <= cells


@given(value=st.floats(min_value=0, max_value=60_000, allow_nan=False))
def test_a_round_trip_fits_six_cells(value: float) -> None:
    assert len(figures.latency(value)) <= 6


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_every_metric_has_a_figure_and_a_dash_where_it_is_unknown(metric: object) -> None:
    unit = metric.unit  # type: ignore[attr-defined]
    assert figures.figure(None, unit) == figures.UNKNOWN
    assert figures.figure(0.0, unit)[0] == "0"


def test_values_next_to_a_border_do_not_jump_a_unit() -> None:
    assert [figures.size(n) for n in (1023.4, 1023.6, 1024 * 1023.4, 1024 * 1023.6)] == [
        "1023B",
        "1.00K",
        "1023K",
        "1.00M",
    ]
    assert [figures.count(n) for n in (9999.4, 9999.6, 999_400, 999_600)] == ["9999", "10.0k", "999k", "1.00M"]
