"""What plots show: windows that stand still, marks, thresholds, totals, captions. No drawing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redistui.history import History
from redistui.model import Event
from redistui.view import plotted
from redistui.view.glyphs import UNICODE
from redistui.view.plot import RANGES, Limit, Mark, limits, marks, near, times, window
from redistui.view.plotted import Subject
from tests import fleets

FLEET = fleets.quiet()
MEMBERS = tuple((group, node) for group in FLEET.groups for node in group.nodes)
SPAN = window(fleets.AT, 300.0, 144)


@given(st.floats(1e9, 4e9), st.sampled_from(list(RANGES.values())), st.integers(40, 400), st.floats(0.0, 1.0))
def test_a_window_holds_the_moment_and_moves_by_whole_steps(at: float, seconds: float, most: int, later: float) -> None:
    first, next_ = window(at, seconds, most), window(at + later, seconds, most)
    assert first.since < at <= first.until
    assert first.until - first.since == pytest.approx(seconds, rel=0.01)
    assert first.points <= most
    moved = (next_.until - first.until) / first.step
    assert moved == pytest.approx(round(moved), abs=1e-6)


def test_times_of_day_are_round_and_inside() -> None:
    for seconds in RANGES.values():
        span = window(fleets.AT, seconds, 144)
        found = times(span, 5)
        assert 2 <= len(found) <= 6
        assert all(span.since <= at <= span.until for at, _ in found)
    assert times(SPAN, 10)[0] == (1_759_999_710.0, "08:48:30")


def test_a_failover_marks_its_group_and_a_fault_only_its_node_what_matters_most_first() -> None:
    first = FLEET.groups[0].nodes[0].address
    happened = [
        Event(fleets.AT - 60, first, "fault", "orders", "gone"),
        Event(fleets.AT - 50, "a sentinel", "+switch-master", "orders", "moved"),
        Event(fleets.AT - 40, "", "action", "cart", "an operator's"),
        Event(fleets.AT - 9000, first, "fault", "orders", "long ago"),
        Event(fleets.AT - 10, first, "+sdown", "orders", "of no weight here"),
    ]
    orders = frozenset({"orders"})
    assert [mark.sign for mark in marks(happened, SPAN, orders, {first})] == ["F", "D"]
    assert [mark.sign for mark in marks(happened, SPAN, orders, {"another:1"})] == ["F"]
    assert [mark.sign for mark in marks(happened, SPAN, {"orders", "cart"}, None)] == ["F", "A", "D"]


def test_a_threshold_far_above_the_line_is_said_and_not_drawn() -> None:
    found = limits("memory_percent", {"memory_percent.warn": 80.0, "memory_percent.bad": 90.0})
    assert found == (Limit("warn", 80.0), Limit("bad", 90.0))
    assert near(found, 42.0) == (Limit("warn", 80.0),)
    assert near(found, 3.0) == ()
    shown = plotted.picture(Subject("cpu_percent", MEMBERS[:1]), fleets.history(FLEET), (), SPAN, {})
    said = "".join(cell.text for cell in plotted.caption(Subject("cpu_percent", MEMBERS[:1]), shown, "5m", UNICODE))
    assert "warn from 80%" in said


def test_a_node_has_its_own_thresholds_and_a_sum_has_none() -> None:
    past, address = fleets.history(FLEET), MEMBERS[0][1].address
    own = {f"node:{address}/clients.warn": 5.0}
    assert plotted.picture(Subject("clients", MEMBERS[:1]), past, (), SPAN, own).limits == (Limit("warn", 5.0),)
    assert plotted.picture(Subject("clients", MEMBERS[:2]), past, (), SPAN, own).limits == ()
    assert plotted.picture(Subject("clients", MEMBERS, total=True), past, (), SPAN, {}).limits == ()
    assert plotted.picture(Subject("cpu_percent", MEMBERS, total=True), past, (), SPAN, {}).limits[0].value == 80.0


def test_a_total_adds_amounts_and_takes_the_mean_of_shares() -> None:
    past = fleets.history(FLEET)
    for metric, wanted in (("clients", sum), ("cpu_percent", lambda values: sum(values) / len(values))):
        whole = plotted.picture(Subject(metric, MEMBERS, total=True), past, (), SPAN, {})
        each = plotted.picture(Subject(metric, MEMBERS), past, (), SPAN, {})
        last = [line.samples[-2] for line in each.series]
        sample = whole.series[0].samples[-2]
        assert sample is not None
        assert sample.mean == pytest.approx(wanted([one.mean for one in last if one is not None]))


def test_a_gap_in_the_past_is_a_gap_in_the_line() -> None:
    line = plotted.picture(Subject("clients", MEMBERS[:1]), fleets.history(FLEET), (), SPAN, {}).series[0].samples
    holes = [number for number, one in enumerate(line) if one is None]
    assert holes
    assert line[0] is not None or line[1] is not None
    assert line[-2] is not None


def test_a_metric_without_a_past_says_so() -> None:
    shown = plotted.picture(Subject("fork_ms", MEMBERS[:1]), fleets.history(FLEET), (), SPAN, {})
    assert shown.top is None
    assert shown.nothing == "the past of fork_ms is not kept; the table shows what it is"


def test_a_caption_tells_whose_metric_its_figure_and_its_extremes() -> None:
    past = History()
    address = MEMBERS[0][1].address
    for at, value in ((fleets.AT - 9, 3.0), (fleets.AT - 6, 9.0), (fleets.AT - 3, 5.0)):
        past.add(address, at, {"clients": value})
    node = replace(MEMBERS[0][1], metrics={"clients": 5.0})
    subject = Subject("clients", ((MEMBERS[0][0], node),))
    shown = plotted.picture(subject, past, (), SPAN, {"clients.warn": 4.0})
    said = "".join(cell.text for cell in plotted.caption(subject, shown, "5m", UNICODE))
    assert said == "P 10.20.0.11:6379  clients  last 5m, UTC · now 5 · low 3 · high 9"
    silent = replace(fleets.silent(address, "refused", was="primary"), metrics={"clients": 5.0})
    gone = Subject("clients", ((MEMBERS[0][0], silent),))
    assert "· was 5 ·" in "".join(cell.text for cell in plotted.caption(gone, shown, "5m", UNICODE))


@pytest.mark.parametrize(
    ("width", "said"),
    [
        (100, "P 10.20.0.11:6379  clients  last 5m, UTC · now 5 · low 5 · high 5 · warn from 80, bad from 90"),
        (86, "P 10.20.0.11:6379  clients  last 5m, UTC · now 5 · high 5 · warn from 80, bad from 90"),
        (73, "P 10.20.0.11:6379  clients  last 5m · now 5 · warn from 80, bad from 90"),
        (40, "P 10.20.0.11:6379  clients  last 5m · warn from 80, bad from 90"),
    ],
)
def test_in_a_narrow_caption_thresholds_stay_and_extremes_go(width: int, said: str) -> None:
    past = History()
    past.add(MEMBERS[0][1].address, fleets.AT - 3, {"clients": 5.0})
    subject = Subject("clients", ((MEMBERS[0][0], replace(MEMBERS[0][1], metrics={"clients": 5.0})),))
    shown = plotted.picture(subject, past, (), SPAN, {"clients.warn": 80.0, "clients.bad": 90.0})
    assert "".join(cell.text for cell in plotted.caption(subject, shown, "5m", UNICODE, width)) == said


@pytest.mark.parametrize(
    ("metric", "runs", "said"),
    [
        ("latency_p99", ("redis", "6.2.5"), "latency_p99 is told by Redis 7.0 and later, and not by redis 6.2.5"),
        ("pause_left", ("redis", "7.0.15"), "pause_left is told by Valkey 8.1 and later, and not by redis 7.0.15"),
        ("pause_left", ("valkey", "9.1.2"), "the past of pause_left is not kept; the table shows what it is"),
    ],
)
def test_what_a_server_is_too_old_to_tell_is_said_to_be_so(metric: str, runs: tuple[str, str], said: str) -> None:
    whole, first = MEMBERS[0]
    members = ((whole, replace(first, server=runs[0], version=runs[1])),)  # type: ignore[arg-type]
    assert plotted.picture(Subject(metric, members), History(), (), SPAN, {}).nothing == said


def test_where_there_is_no_sample_the_metric_tells_why_that_may_be() -> None:
    shown = plotted.picture(Subject("memory_percent", MEMBERS[:1]), History(), (), SPAN, {})
    assert (
        shown.nothing == "no sample in this time. memory_percent: memory_used of memory_limit; unknown without a limit."
    )
    caption = "".join(
        cell.text for cell in plotted.caption(Subject("memory_percent", MEMBERS[:1]), shown, "5m", UNICODE)
    )
    assert "low" not in caption


def test_the_legend_names_who_is_compared_and_what_the_letters_over_the_plot_mean() -> None:
    subject = Subject("clients", MEMBERS[:2])
    shown = plotted.picture(subject, fleets.history(FLEET), (), SPAN, {})._replace(
        marks=(Mark(fleets.AT, "F", "accent"), Mark(fleets.AT, "A", "key"))
    )
    said = "".join(cell.text for cell in plotted.legend(subject, shown))
    assert said.startswith(f" A {MEMBERS[0][1].address} ")
    assert f" B {MEMBERS[1][1].address} " in said
    assert said.endswith("  F failover  A action")
