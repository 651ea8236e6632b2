"""Screen 8 under a pilot: the views, the one under the cursor, and the way there and back."""

from __future__ import annotations

import pytest

from redistui.history import History
from redistui.model import Fleet
from redistui.tui.panel import Panel
from redistui.tui.screens.consensus import Consensus
from redistui.tui.screens.slots import Slots
from tests import fleets
from tests.tui.panels import Stage, played, scene, theme
from tests.view.test_consensus import many


@pytest.mark.parametrize("size", [(80, 22), (60, 14), (160, 46)])
@pytest.mark.parametrize("count", [7, 100, 1000])
async def test_who_differs_is_on_the_screen_and_says_so_at_every_size(count: int, size: tuple[int, int]) -> None:
    async with played(Consensus(), scene(many(count), past=History()), size) as run:
        text = " ".join(" ".join(run.text()).split())
        assert f"n{count - 1}:1 sees another slot map than {count - 1} of {count} nodes" in text
        assert f"n{count - 1}:1: gives slots 8191 to b:1 instead of a:1" in text
        assert "1 other" in text


async def test_the_cursor_tells_of_each_node_and_enter_opens_the_many() -> None:
    panel = Consensus()
    async with played(panel, scene(many(100))) as run:
        assert panel.selected() == "n99:1"
        await run.press("down", "down")
        assert panel.selected() is None
        assert "Each of them: says what most say." in "\n".join(run.text())
        await run.press("enter")
        assert len(panel.table.source) == 102
        await run.press("down")
        assert panel.selected() == "n0:1"
        await run.press("enter")
        assert [(gone.node, gone.panel) for gone in run.app.gone] == [("n0:1", "topology")]
        await run.press("up", "enter")
        assert len(panel.table.source) == 3


async def test_a_filter_shows_single_nodes_and_without_colours_all_is_said() -> None:
    panel = Consensus()
    async with played(panel, scene(many(100), wanted="n42:")) as run:
        assert panel.selected() == "n42:1"
        assert not panel.back(), "esc drops the filter first"
        await run.show(scene(many(100), worn=theme("mono"), ascii_signs=True))
        text = "\n".join(run.text())
        assert "# n99:1" in text
        assert text.isascii()
        assert panel.back()
        await run.settle()
        assert [gone.panel for gone in run.app.gone] == ["slots"]


@pytest.mark.parametrize("panel", [Consensus, Slots])
async def test_one_that_was_shown_before_it_was_given_a_scene_goes_to_a_cluster_with_the_first(
    panel: type[Panel],
) -> None:
    first = scene(fleets.quiet(), group="orders")
    app = Stage(panel(), first, late=True)
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        assert app.gone == []
        for _ in range(2):
            app.panel.show_scene(first)
            await pilot.pause()
        assert [gone.group for gone in app.gone] == ["cart"]


async def test_where_no_cluster_is_looked_at_it_says_so_and_goes_to_one() -> None:
    panel: Panel = Consensus()
    seen: Fleet = fleets.quiet()
    async with played(panel, scene(seen, group="orders")) as run:
        assert "orders is no cluster: it has no slots. enter goes to cart." in "\n".join(run.text())
        await run.press("enter")
        assert [gone.group for gone in run.app.gone if gone.group] == ["cart"] * len(run.app.gone)
        await run.show(scene(seen, group="cart"))
        await run.press("down")
        assert panel.selected() is not None
