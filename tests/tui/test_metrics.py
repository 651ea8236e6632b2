"""Screen 5 under a pilot: sparklines, and a plot when one asks for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from redistui.tui.screens.metrics import Metrics
from redistui.tui.widgets import plot
from redistui.tui.widgets.plot import drawn
from redistui.view.figures import count, size
from tests import fleets
from tests.tui.panels import played, scene, theme


async def test_m_steps_through_the_metrics_and_back() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        shown = [run.text()[1].split()[1]]
        for key in ("m", "m", "M"):
            await run.press(key)
            shown.append(run.text()[1].split()[1])
        assert shown == ["OPS/S", "MEMORY", "CLIENTS", "MEMORY"]
        assert "[memory]" in run.text()[0]


async def test_enter_plots_the_node_under_the_cursor_and_back_takes_it_away() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.press("down", "enter")
        text = "\n".join(run.text())
        assert "R 10.20.0.12:6379  ops/s  last 5m" in text
        assert "now" in run.text()[-1]
        await run.press("down")
        assert "R 10.20.0.14:6379  ops/s" in "\n".join(run.text())
        assert panel.back()
        await run.settle()
        assert "now" not in run.text()[-1]
        assert not panel.back()


async def test_a_plot_is_drawn_once_a_snapshot_and_not_at_all_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    times = 0

    def counted(*args: object) -> list[str]:
        nonlocal times
        times += 1
        return [""]

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


def test_a_plot_is_as_large_as_it_is_asked_to_be_with_round_labels() -> None:
    values = fleets.history(fleets.quiet()).last("10.20.0.11:6379", "memory_used", 900)
    lines = drawn(values, 1.0, size, 1024.0, 90, 16, False)
    assert len(lines) == 16
    assert {len(line) for line in lines} == {90}
    assert [label for label in ("0B", "1.00G", "2.00G") if any(line.strip().startswith(label) for line in lines)] == [
        "0B", "1.00G", "2.00G",
    ]  # fmt: skip
    assert lines[-1].split() == ["-4m", "-3m", "-2m", "-1m", "now"]


def test_a_plot_in_ascii_is_ascii() -> None:
    lines = drawn([1.0, 5.0, None, 3.0, 3.5], 1.0, count, 1000.0, 60, 12, True)
    assert "".join(lines).isascii()
    assert "*" in "".join(lines)


@pytest.mark.parametrize("values", [[0.0, 0.0], [7.0], [None, 0.25, None], [1e12, 1.0]])
def test_a_plot_bears_flat_single_and_huge_values(values: list[float | None]) -> None:
    assert len(drawn(values, 2.0, count, 1000.0, 40, 8, False)) == 8


async def test_without_a_sample_a_plot_says_so() -> None:
    fleet = fleets.faulty()
    panel = Metrics()
    async with played(panel, scene(fleet)) as run:
        assert panel.select("10.50.0.19:6379")
        await run.press("enter")
        assert "no sample yet" in "\n".join(run.text())


async def test_a_plot_has_the_themes_colours_and_none_without_colours() -> None:
    panel = Metrics()
    async with played(panel, scene(fleets.quiet(), worn=theme("mono"))) as run:
        await run.press("enter")
        styles = [segment.style for y in range(3, 9) for segment in panel.plot._strip(y, panel.plot.size.width)]
        named = {style.color.name for style in styles if style is not None and style.color is not None}
        assert named <= {"default"}


async def test_one_group_alone_is_a_key_away() -> None:
    async with played(Metrics(), scene(fleets.quiet(), group="cart")) as run:
        assert "10.20.0.11:6379" in "\n".join(run.text())
        await run.press("a")
        assert "10.20.0.11:6379" not in "\n".join(run.text())
