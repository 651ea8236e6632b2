"""Capacity: growth per day and the time until the limit, reckoned by hand; nothing is told of too short a past."""

from __future__ import annotations

import pytest

from redistui.history import History, Sample
from redistui.judge.capacity import FAR, LEAST, capacities, capacity
from redistui.judge.trend import DAY
from tests.judge.short import NOW, at, fleet, group, node

HOUR = 3600.0


def grown(per_second: float, start: float = 0.0, seconds: float = HOUR, number: int = 60) -> list[Sample | None]:
    step = seconds / (number - 1)
    values = [start + per_second * place * step for place in range(number)]
    return [Sample(place * step, value, value, value) for place, value in enumerate(values)]


def test_what_grows_steadily_is_full_when_the_line_meets_the_limit() -> None:
    """1 byte a second from 3,600 on: 6,400 are left of 10,000, and 86,400 come a day."""
    found = capacity("orders", "a:1", "memory_used", 3600.0, 10_000.0, grown(1.0))
    assert found.sure == "grows"
    assert found.per_day == pytest.approx(86_400.0)
    assert found.full_in == pytest.approx(6_400.0)
    assert found.soonest == pytest.approx(6_400.0)
    assert found.latest == pytest.approx(6_400.0)
    assert found.watched == HOUR


def test_scatter_gives_a_range_around_the_time() -> None:
    noisy = [
        None if one is None else one._replace(mean=one.mean + 50.0 * (-1) ** place)
        for place, one in enumerate(grown(1.0))
    ]
    found = capacity("orders", "a:1", "memory_used", 3600.0, 10_000.0, noisy)
    assert found.sure == "grows"
    assert found.soonest is not None
    assert found.full_in is not None
    assert found.latest is not None
    assert found.soonest < found.full_in < found.latest


@pytest.mark.parametrize(
    ("per_second", "sure"),
    [(-1.0, "shrinks"), (0.0, "unsure"), (1.0, "grows")],
)
def test_only_what_surely_grows_has_a_time(per_second: float, sure: str) -> None:
    found = capacity("orders", "a:1", "memory_used", 5_000.0, 10_000.0, grown(per_second, 5_000.0))
    assert found.sure == sure
    assert (found.full_in is not None) is (sure == "grows")


def test_scatter_without_growth_is_unsure_and_says_what_is_soonest() -> None:
    saw = [Sample(place * 60.0, v, v, v) for place in range(60) for v in [100.0 * (place % 2)]]
    found = capacity("orders", "a:1", "memory_used", 50.0, 10_000.0, saw)
    assert found.sure == "unsure"
    assert found.full_in is None
    assert found.soonest is not None
    assert found.soonest > DAY / 24


@pytest.mark.parametrize(
    "samples",
    [[], grown(1.0, seconds=LEAST - 1), grown(1.0, number=9), [None] * 60],
)
def test_of_too_short_a_past_nothing_is_told(samples: list[Sample | None]) -> None:
    found = capacity("orders", "a:1", "memory_used", 5_000.0, 10_000.0, samples)
    assert (found.sure, found.per_day, found.full_in, found.soonest) == ("too short", None, None, None)


def test_what_is_full_is_full_now_whatever_the_past() -> None:
    assert capacity("orders", "a:1", "clients", 100.0, 100.0, []).full_in == 0.0
    assert capacity("orders", "a:1", "clients", 100.0, 100.0, grown(0.0, 100.0)).full_in == 0.0


def test_without_a_limit_there_is_growth_and_no_end() -> None:
    found = capacity("orders", "a:1", "memory_used", 3_600.0, None, grown(1.0))
    assert found.per_day == pytest.approx(86_400.0)
    assert (found.full_in, found.soonest, found.latest) == (None, None, None)


def test_a_date_beyond_ten_years_is_none() -> None:
    found = capacity("orders", "a:1", "keys", 0.0, 2 * FAR, grown(1.0))
    assert (found.sure, found.full_in) == ("grows", None)


def test_a_restart_cuts_the_past_off() -> None:
    """Memory fell to nothing when it was restarted ten minutes ago: the line is that of the new process."""
    history, address = History(), at("a")
    for second in range(0, 3600, 10):
        alive = second >= 2800
        used = 10.0 * (second - 2800) if alive else 1e6
        history.add(address, NOW + second, {"memory_used": used, "up": 1.0})
    now = NOW + 3600
    one = node("a", read=now, memory_used=8_000.0, memory_limit=16_000.0, uptime_seconds=800.0)
    (found,) = [row for row in capacities(fleet(group(one), now=now), history, NOW, now) if row.metric == "memory_used"]
    assert found.sure == "grows"
    assert found.per_day == pytest.approx(10.0 * DAY, rel=0.02)
    assert found.watched <= 800


def test_the_first_to_be_full_stands_first() -> None:
    history = History()
    nodes = [("a", 1.0), ("b", 4.0), ("c", 0.0)]
    for second in range(0, 3600, 10):
        for name, pace in nodes:
            history.add(at(name), NOW + second, {"memory_used": 1000.0 + pace * second})
    now = NOW + 3600
    members = [
        node(name, None if name == "a" else "a", read=now, memory_used=1000.0 + pace * 3600, memory_limit=20_000.0)
        for name, pace in nodes
    ]
    found = capacities(fleet(group(*members), now=now), history, NOW, now)
    assert [row.node for row in found if row.metric == "memory_used"] == [at("b"), at("a"), at("c")]
