"""What a drill's log means, in short logs; and that the figures of any log equal those of the independent script."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from redistui.drill.figures import figures
from redistui.model.drill import Outage, Slowness
from tests.drill.lines import A, B, Line, back, counted, disagreements, head, phases, read, written, wrote

MARKS = phases(warm=0.0, before=0.0, action=1.0, settle=2.0, after=3.0, end=4.0)
STEADY = [wrote(i, i / 10) for i in range(40)]


def whole(*lines: Line, marks: list[Line] = MARKS) -> Any:
    return figures([head(), *marks, *lines]).whole


def test_an_acknowledged_write_that_was_asked_for_and_is_not_there_is_lost() -> None:
    seen = whole(wrote(1, 0.1), wrote(2, 0.2), wrote(3, 0.3), back([[1, 3]], [[1, 1], [3, 3]]))
    assert (seen.acked, seen.lost, seen.unread, seen.phantom) == (3, 1, 0, 0)


def test_what_nobody_could_be_asked_for_is_not_called_lost() -> None:
    seen = whole(wrote(1, 0.1), wrote(2, 0.2), back([[1, 1]], [[1, 1]]))
    assert (seen.lost, seen.unread) == (0, 1)


def test_a_refused_write_that_is_there_is_a_phantom_and_an_unknown_one_may_be_there_or_not() -> None:
    lines = [
        wrote(1, 0.1, outcome="refused"),
        wrote(2, 0.2, outcome="unknown", kind="timeout"),
        wrote(3, 0.3, outcome="unknown", kind="timeout"),
        back([[1, 3]], [[1, 2]]),
    ]
    seen = whole(*lines)
    assert (seen.phantom, seen.lost, seen.refused, seen.unknown) == (1, 0, 1, 2)
    assert seen.errors == {"READONLY": 1, "timeout": 2}


def test_the_counter_is_never_lost_though_it_is_one_key_that_is_written_over() -> None:
    assert whole(counted(5, 0.1), back([[1, 4]], [])).lost == 0


def test_an_outage_is_a_gap_between_answers_less_the_clients_own_rhythm() -> None:
    gap = [line for line in STEADY if not 1.2 < line["sent"] < 2.0]
    assert whole(*gap).writes == Outage(pytest.approx(700.0), pytest.approx(700.0), True)


def test_a_gap_before_the_action_and_one_of_less_than_fifty_ms_are_none() -> None:
    early = [line for line in STEADY if not 0.2 < line["sent"] < 0.8]
    assert whole(*early).writes == Outage()
    assert whole(*[line | {"end": line["end"] + 0.04 * (i == 20)} for i, line in enumerate(STEADY)]).writes == Outage()


def test_an_outage_that_is_not_over_lasts_to_the_end_of_the_run() -> None:
    stopped = [wrote(i, i / 10, outcome="acked" if i < 20 else "refused") for i in range(40)]
    seen = whole(*stopped)
    assert not seen.writes.over
    assert seen.writes.longest_ms == pytest.approx(4000.0 - 1901.0 - 100.0)
    assert seen.first_error_ms == pytest.approx(1001.0)


def test_a_client_that_never_wrote_was_without_writes_from_its_first_try_on() -> None:
    seen = whole(wrote(1, 0.5, outcome="refused"))
    assert (seen.writes.over, seen.writes.longest_ms) == (False, 3400.0)


def test_a_read_is_stale_that_gives_less_than_was_acknowledged_when_it_was_sent() -> None:
    lines = [counted(5, 0.1), counted(10, 0.5), counted(15, 0.9, outcome="refused")]
    reads = [read(0.05, None), read(0.2, 5), read(0.3, None), read(0.6, 5), read(0.7, 10), read(1.0, 10)]
    late = read(0.5005, 5)  # sent before the second one was acknowledged
    seen = whole(*lines, *reads, late)
    assert (seen.reads, seen.stale_reads) == (7, 2)


def test_two_primaries_are_told_by_acknowledged_writes_that_surely_overlap() -> None:
    old = [wrote(i, i / 10, client="plain") for i in range(30)]
    new = [wrote(i, i / 10, node=B) for i in range(20, 40)]
    found = figures([head(), *MARKS, *old, *new])
    assert found.whole.double_primary_ms == pytest.approx(2900 - 2001)
    assert found.by_shard[0].double_primary_ms == found.whole.double_primary_ms
    assert [one.double_primary_ms for one in found.clients] == [0.0, 0.0]


def test_a_primary_that_comes_and_goes_and_comes_again_is_not_two() -> None:
    there = [wrote(i, i / 10) for i in range(10)]
    away = [wrote(i, i / 10, node=B) for i in range(10, 25)]
    back_again = [wrote(i, i / 10) for i in range(25, 40)]
    assert whole(*there, *away, *back_again).double_primary_ms == 0.0


def test_p99_is_told_before_during_and_after_and_only_of_acknowledged_writes() -> None:
    lines = [wrote(1, 0.5, 0.002), wrote(2, 1.5, 0.007), wrote(3, 1.6, 0.2, "unknown"), wrote(4, 3.5, 0.003)]
    assert whole(*lines).p99 == Slowness(2.0, 7.0, 3.0)


def test_what_opens_a_connection_counts_as_no_latency() -> None:
    marks = phases(warm=0.0, before=1.0, action=2.0, end=3.0)
    assert whole(wrote(1, 0.1, 0.2), wrote(2, 1.5, 0.003), marks=marks).p99 == Slowness(3.0, None, None)


def test_the_headline_outage_is_that_of_the_aware_client() -> None:
    plain = [wrote(i, i / 10, client="plain", outcome="acked" if i < 12 else "refused") for i in range(40)]
    found = figures([head(), *MARKS, *STEADY, *plain])
    assert found.whole.writes == Outage()
    assert [(one.client, one.writes.over) for one in found.clients] == [("aware", True), ("plain", False)]
    assert found.whole.refused == 28


def test_a_run_without_its_end_is_called_broken_off() -> None:
    assert figures([head(), *phases(warm=0.0, before=0.0), wrote(1, 0.1)]).broken_off
    assert not figures([head(), *MARKS, wrote(1, 0.1)]).broken_off


def test_a_log_of_nothing_but_its_first_line_gives_figures_too() -> None:
    found = figures([head()])
    assert (found.whole.acked, found.each, found.broken_off) == (0, (), True)


PLACES = st.tuples(st.sampled_from(["plain", "aware", "polling"]), st.sampled_from(["t0", "t1"]))


@st.composite
def logs(draw: Any) -> list[Line]:
    """Logs such as a drill could write: each client one command at a time, each number once."""
    lines: list[Line] = []
    for client, shard in dict.fromkeys([("aware", "t0"), *draw(st.lists(PLACES, unique=True, max_size=4))]):
        place = {"client": client, "shard": shard}
        now, numbers = 0.0, draw(st.integers(1, 30))
        for i in range(1, numbers + 1):
            now += draw(st.sampled_from([0.0, 0.09, 0.1, 0.15, 0.7, 1.5]))
            took = draw(st.sampled_from([0.001, 0.004, 0.25]))
            outcome = draw(st.sampled_from(["acked", "acked", "acked", "refused", "unknown"]))
            node = draw(st.sampled_from([A, B]))
            lines.append(
                (counted if i % 5 == 0 else wrote)(i, round(now, 6), took=took, outcome=outcome, node=node, **place)
            )
            value = draw(st.sampled_from([None, 0, 5, 10, 20]))
            lines.append(read(round(now, 6), value, took, outcome, node=node, **place))
            now = round(now + took, 6)
        asked = draw(st.integers(0, numbers))
        there = sorted(draw(st.sets(st.integers(1, max(1, asked)))))
        if asked:
            lines.append(back([[1, asked]], [[number, number] for number in there if number <= asked], **place))
    marks = sorted(draw(st.lists(st.integers(0, 4000), min_size=4, max_size=4, unique=True)))
    names = ("before", "action", "after", "end")
    return [head(shards=("t0", "t1")), *phases(**{n: m / 250 for n, m in zip(names, marks, strict=True)}), *lines]


@settings(max_examples=60)
@given(logs())
def test_the_figures_of_any_log_equal_those_of_the_independent_script(lines: list[Line]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert disagreements(written(lines, Path(folder) / "log.jsonl")) == []
