"""Screen 5 under a pilot: sparklines, and a plot when one asks for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

import pytest

from redistui.history import Sample
from redistui.metrics import Unit
from redistui.model import Group
from redistui.tui.screens.metrics import Metrics
from redistui.tui.widgets import plot
from redistui.tui.widgets.past import AT_ONCE
from redistui.tui.widgets.plot import drawn
from redistui.view.plot import MOST, Limit, Mark, Picture, Series, Window
from tests import fleets
from tests.fleets import AT
from tests.tui.panels import played, scene, theme
from tests.waiting import eventually_async


async def test_m_steps_through_the_metrics_and_back() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        shown = [run.text()[2].split()[1]]
        for key in ("m", "m", "M"):
            await run.press(key)
            shown.append(run.text()[2].split()[1])
        assert shown == ["OPS/S", "MEMORY", "CLIENTS", "MEMORY"]
        assert "[memory]" in run.text()[0]


async def test_enter_plots_the_node_under_the_cursor_and_back_takes_it_away() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("down", "enter")
        text = "\n".join(run.text())
        assert "R 10.20.0.12:6379  ops/s  last 5m, UTC" in text
        assert ":49" in run.text()[-1]
        await run.press("down")
        assert "R 10.20.0.14:6379  ops/s" in "\n".join(run.text())
        assert panel.back()
        await run.settle()
        assert ":49" not in run.text()[-1]
        assert not panel.back()


async def test_a_plot_is_drawn_once_a_snapshot_and_not_at_all_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    times = 0

    def counted(*args: object) -> list[plot.Signs]:
        nonlocal times
        times += 1
        return [[]]

    monkeypatch.setattr(plot, "drawn", counted)
    panel = Metrics()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        assert times == 0
        await run.press("enter")
        assert times >= 1
        before = times
        await run.show(first)
        assert times == before
        await run.show(first._replace(history=fleets.history(first.fleet, samples=301)))
        assert times == before + 1
        panel.back()
        await run.settle()
        await run.show(first._replace(history=fleets.history(first.fleet, samples=302)))
        assert times == before + 1


def test_plotext_is_not_imported_before_a_plot_is_drawn() -> None:
    code = "import sys, redistui.tui.screens; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def line(values: Sequence[float | None], title: str = "one") -> Series:
    """A second apart, up to the snapshot's own time."""
    since = AT - len(values)
    return Series(
        title, tuple(None if v is None else Sample(since + i + 0.5, v, v, v) for i, v in enumerate(values))
    )  # fmt: skip


def picture(*lines: Series, unit: Unit = "count") -> Picture:
    return Picture(Window(AT - len(lines[0].samples), AT, len(lines[0].samples)), unit, lines)


def text_of(lines: list[plot.Signs]) -> list[str]:
    return ["".join(sign for sign, _ in line) for line in lines]


def test_a_plot_is_as_large_as_it_is_asked_to_be_with_round_labels() -> None:
    values = fleets.history(fleets.quiet()).last("10.20.0.11:6379", "memory_used", 900)
    lines = text_of(drawn(picture(line(values), unit="bytes"), 90, 16, False))
    assert len(lines) == 16
    assert {len(each) for each in lines} == {90}
    assert [label for label in ("0B", "1.00G", "2.00G") if any(each.strip().startswith(label) for each in lines)] == [
        "0B", "1.00G", "2.00G",
    ]  # fmt: skip
    assert lines[-1].split() == ["08:49", "08:50", "08:51", "08:52", "08:53"]


def test_a_plot_in_ascii_is_ascii_with_a_letter_for_each_of_several() -> None:
    shown = picture(line([1.0, 5.0, None, 3.0, 3.5]))
    text = "".join(text_of(drawn(shown, 60, 12, True, True)))
    assert text.isascii()
    assert "*" in text
    both = picture(line([1.0, 2.0, 3.0], "x"), line([5.0, 5.0, 5.0], "y"))
    text = "".join(text_of(drawn(both, 60, 12, True, True)))
    assert text.isascii()
    assert {"A", "B"} <= set(text)
    assert "*" not in text


def test_each_line_threshold_and_event_keeps_its_own_ink() -> None:
    shown = picture(line([60.0] * 100, "x"), line([20.0] * 100, "y"))._replace(
        limits=(Limit("warn", 80.0), Limit("bad", 90.0)), marks=(Mark(AT - 50, "F", "accent"), Mark(AT, "D", "bad"))
    )
    lines = drawn(shown, 80, 16, False)
    inks = {ink for each in lines for _, ink in each}
    assert inks == {plot.FRAME, plot.LIMITS, plot.LIMITS + 1, plot.MARKS, plot.MARKS + 3, plot.SERIES, plot.SERIES + 1}
    assert [sign for sign, ink in lines[0] if ink >= plot.MARKS] == ["F", "D"]
    row = {ink: number for number, each in enumerate(lines) for _, ink in each}
    assert row[plot.LIMITS + 1] < row[plot.LIMITS] < row[plot.SERIES] < row[plot.SERIES + 1]


def test_what_a_step_hides_is_seen_as_its_highest() -> None:
    spike = [Sample(AT - 100 + i, 1.0, 2.0, 50.0 if i == 50 else 2.0) for i in range(100)]
    lines = drawn(picture(Series("one", tuple(spike))), 80, 16, False)
    assert any(ink == plot.HIGHS for each in lines[:4] for _, ink in each)


@pytest.mark.parametrize("values", [[0.0, 0.0], [7.0], [None, 0.25, None], [1e12, 1.0]])
def test_a_plot_bears_flat_single_and_huge_values(values: list[float | None]) -> None:
    assert len(drawn(picture(line(values)), 40, 8, False)) == 8


async def test_without_a_sample_a_plot_says_so() -> None:
    fleet = fleets.faulty()
    panel = Metrics()
    async with played(panel, scene(fleet)) as run:
        assert panel.select("10.50.0.19:6379")
        await run.press("enter")
        assert "no sample in this time. ops_per_second: Commands run" in "\n".join(run.text())


async def test_a_plot_has_the_themes_colours_and_none_without_colours() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet(), worn=theme("mono"))) as run:
        await run.press("enter")
        styles = [
            segment.style for y in range(3, 9) for segment in panel.past.plot._strip(y, panel.past.plot.size.width)
        ]
        named = {style.color.name for style in styles if style is not None and style.color is not None}
        assert named <= {"default"}


async def test_one_group_alone_is_a_key_away() -> None:
    async with played(Metrics(), scene(fleets.quiet(), group="cart")) as run:
        assert "10.20.0.11:6379" in "\n".join(run.text())
        await run.press("a")
        assert "10.20.0.11:6379" not in "\n".join(run.text())


async def test_s_sorts_by_the_metric_and_the_cursor_stays_on_its_node() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("down")
        node = panel.selected()
        orders = []
        for _ in range(3):
            await run.press("s")
            values = [node.metric("ops_per_second") or 0.0 for _, node in panel.listed()]
            orders.append((values == sorted(values), values == sorted(values, reverse=True)))
            assert panel.selected() == node
        assert orders == [(False, True), (True, False), (False, False)]


async def test_marked_nodes_share_a_plot_with_a_letter_each() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("c", "down", "down", "c", "enter")
        text = "\n".join(run.text())
        assert "2 nodes side by side  ops/s" in text
        assert "A 10.20.0.11:6379" in text
        assert "B 10.20.0.14:6379" in text
        assert [line.split()[0] for line in run.text()[3:6]] == ["A", "R", "▌"]
        await run.press("c")
        assert "P 10.20.0.11:6379  ops/s" in "\n".join(run.text())
        await run.press("u")
        assert "R 10.20.0.14:6379  ops/s" in "\n".join(run.text())


async def test_no_more_are_marked_than_can_be_told_apart() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.large(20))) as run:
        for _ in range(MOST + 2):
            await run.press("c", "down")
        assert len(panel.marked) == MOST


async def test_the_total_of_the_listed_nodes_follows_the_filter() -> None:
    panel = Metrics()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        await run.press("t")
        count = len(panel.listed())
        assert f"sum of {count} nodes  ops/s" in "\n".join(run.text())
        await run.show(first._replace(filter="role=primary"))
        assert f"sum of {len(panel.listed())} nodes  ops/s" in "\n".join(run.text())
        assert len(panel.listed()) < count
        await run.press("t")
        assert "sum of" not in "\n".join(run.text())


async def test_a_total_of_many_is_read_beside_the_screen_and_comes_when_it_is_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def described(group: Group) -> str:
        raise AssertionError("of a cluster of a thousand nodes that takes a minute")

    monkeypatch.setattr(Group, "__repr__", described)
    fleet = fleets.large(5 * AT_ONCE)
    panel = Metrics()
    async with played(panel, scene(fleet, past=fleets.history(fleet, 30))) as run:
        await run.press("t")
        await eventually_async(lambda: panel.past.plot.picture, 20.0)
        await run.settle()
        assert f"sum of {5 * AT_ONCE} nodes" in "\n".join(run.text())


async def test_the_range_goes_from_five_minutes_to_a_day_and_no_further() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        shown = []
        for key in (">", ">", ">", ">", ">", "<"):
            await run.press(key)
            shown.append(panel.range)
        assert shown == ["5m", "1h", "6h", "24h", "24h", "6h"]
        assert "last 6h, UTC" in "\n".join(run.text())


async def test_a_comparison_filters_and_one_that_makes_no_sense_says_why() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet(), wanted="role=primary")) as run:
        assert {node.role for _, node in panel.listed()} == {"primary"}
        await run.show(scene(fleets.quiet(), wanted="op_per_second>5"))
        assert "no metric op_per_second; did you mean ops_per_second?" in "\n".join(run.text())
        assert panel.selected() is None
