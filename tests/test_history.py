"""The past: bounded, in order, with its gaps, and readable while it is written."""

from __future__ import annotations

import sys
import threading
from array import array
from collections.abc import Iterator
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as some

from redistui.history import LENGTH, History, Ring


def row(value: float | None) -> array[float]:
    return array("f", [nan if value is None else value])


values = some.none() | some.floats(-1e6, 1e6, width=32)


@given(some.lists(values, max_size=40), some.integers(1, 12), some.integers(0, 60))
def test_the_newest_samples_come_back_in_order(written: list[float | None], length: int, count: int) -> None:
    ring = Ring(length)
    for value in written:
        ring.add(row(value))
    kept = written[-length:]
    assert ring.last(count) == (kept[-count:] if count else [])


def test_a_series_that_was_never_written_is_empty() -> None:
    assert History().last("a:1", "clients", 10) == []
    assert Ring().last(10) == []


def test_series_are_kept_apart_and_forgotten_by_node() -> None:
    history = History(3)
    for number in range(5):
        history.add("a:1", {"clients": float(number), "unheard_of": 1.0})
    history.add("a:1", {"memory_used": 7.0})
    history.add("b:1", {})
    assert history.last("a:1", "clients", 9) == [3.0, 4.0, None]
    assert history.last("a:1", "memory_used", 9) == [None, None, 7.0]
    assert history.last("a:1", "unheard_of", 9) == []
    assert history.last("b:1", "clients", 9) == [None]
    history.forget("a:1")
    history.forget("a:1")
    assert history.last("a:1", "clients", 9) == history.last("a:1", "memory_used", 9) == []
    assert history.last("b:1", "clients", 9) == [None]


@pytest.mark.parametrize("value", [1e300, -1e300, float("inf"), 2.0**24 + 1])
def test_numbers_too_great_for_a_float_do_not_stop_the_writing(value: float) -> None:
    ring = Ring(3)
    ring.add(row(value))
    (kept,) = ring.last(1)
    assert kept == array("f", [value])[0]


def test_it_is_a_quarter_of_an_hour_at_one_sample_a_second() -> None:
    assert LENGTH == 900


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def test_whoever_reads_while_another_writes_sees_a_run_without_a_jump(hasty: None) -> None:
    """The writer counts up; a reader must never see anything but consecutive numbers."""
    ring, wrong = Ring(64), []
    stop = threading.Event()

    def write() -> None:
        for number in range(100_000):
            ring.add(row(float(number)))
        stop.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not stop.is_set():
        seen = [value for value in ring.last(64) if value is not None]
        if seen and seen != [seen[0] + step for step in range(len(seen))]:
            wrong.append(seen)
    writer.join()
    assert wrong == []
