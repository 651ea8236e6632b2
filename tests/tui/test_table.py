"""The live table: what it draws again, where its cursor stays, and what finds room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from textual.geometry import Region

from redistui.history import History
from redistui.model import Fleet, Node
from redistui.tui.screens.events import Events
from redistui.tui.screens.topology import Topology
from redistui.tui.widgets.columns import arrange
from redistui.tui.widgets.table import LiveTable
from redistui.view.cells import Column
from tests import fleets
from tests.tui.panels import played, scene


@contextmanager
def repaints(table: LiveTable, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Region]]:
    """Regions that the table asks to be painted; the whole of it counts as one."""
    seen: list[Region] = []

    def refresh(*regions: Region, **_: object) -> LiveTable:
        seen.extend(regions or (table.size.region,))
        return table

    with monkeypatch.context() as patched:
        patched.setattr(table, "refresh", refresh)
        yield seen


def changed(fleet: Fleet, address: str, **figures: float) -> Fleet:
    def other(node: Node) -> Node:
        return replace(node, metrics={**node.metrics, **figures}) if node.address == address else node

    groups = tuple(replace(group, nodes=tuple(other(node) for node in group.nodes)) for group in fleet.groups)
    return replace(fleet, groups=groups)


async def test_nothing_is_painted_when_nothing_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Topology()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        with repaints(panel.table, monkeypatch) as seen:
            await run.show(first._replace(fleet=replace(fleets.quiet())))
        assert seen == []


async def test_one_changed_figure_paints_one_line_up_to_its_column(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Topology()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        with repaints(panel.table, monkeypatch) as seen:
            await run.show(first._replace(fleet=changed(first.fleet, "10.20.0.12:6379", clients=777.0)))
        assert [(region.y, region.height) for region in seen] == [(3, 1)]
        assert seen[0].width < 60
        assert "777" in run.text()[3]


async def test_a_column_that_is_not_shown_paints_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Topology()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        with repaints(panel.table, monkeypatch) as seen:
            await run.show(first._replace(fleet=changed(first.fleet, "10.20.0.12:6379", cpu_percent=99.0)))
        assert seen == []


async def test_moving_the_cursor_paints_two_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Topology()
    async with played(panel, scene(fleets.quiet())) as run:
        with repaints(panel.table, monkeypatch) as seen:
            await run.press("down")
        assert sorted(region.y for region in seen) == [2, 3]


async def test_of_a_thousand_nodes_only_the_visible_are_formatted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = 0
    from redistui.view.topology import Outline

    line = Outline.line

    def counted(self: Outline, index: int) -> object:
        nonlocal made
        made += 1
        return line(self, index)

    panel = Topology()
    first = scene(fleets.large(1000), past=History())
    async with played(panel, first) as run:
        monkeypatch.setattr(Outline, "line", counted)
        await run.show(first._replace(fleet=fleets.large(1000, turn=1)))
        assert made <= 22
        assert "1-21 of 1200" in run.text()[0]


async def test_the_cursor_stays_on_its_node_when_others_come_before_it() -> None:
    panel = Topology()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        await run.press("down", "down")
        assert panel.selected() == "10.20.0.14:6379"
        group = first.fleet.groups[0]
        newcomer = fleets.node("10.20.0.11:6380", "replica", "10.20.0.11:6379", lag=0)
        more = replace(group, nodes=(group.nodes[0], newcomer, *group.nodes[1:]))
        await run.show(first._replace(fleet=replace(first.fleet, groups=(more, *first.fleet.groups[1:]))))
        assert panel.selected() == "10.20.0.14:6379"


async def test_the_cursor_goes_to_a_neighbour_when_its_node_is_gone() -> None:
    panel = Topology()
    first = scene(fleets.quiet())
    async with played(panel, first) as run:
        await run.press("end")
        assert panel.selected() == "10.30.0.6:7000"
        await run.show(first._replace(fleet=replace(first.fleet, groups=first.fleet.groups[:1])))
        assert panel.selected() == "10.20.0.13:6379"


@pytest.mark.parametrize(
    ("keys", "line"),
    [(("j", "j"), 3), (("G",), 239), (("G", "k"), 238), (("G", "g"), 0), (("pagedown",), 21), (("ctrl+d",), 11)],
)
async def test_vim_keys_and_arrows_move_it(keys: Sequence[str], line: int) -> None:
    panel = Topology()
    async with played(panel, scene(fleets.large(200), past=History())) as run:
        await run.press(*keys)
        assert panel.table.cursor == line


async def test_the_line_above_the_cursor_stays_in_sight() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.large(200), past=History())) as run:
        await run.press("G", "pageup")
        top = run.text()
        await run.press("k")
        assert run.text()[1] != top[1] or "▌" in "".join(run.text()[2:])
        await run.press("g")
        assert "set-000" in run.text()[1]


async def test_with_a_mouse_a_click_chooses_a_line_and_a_second_one_opens_it() -> None:
    panel = Topology()
    async with played(panel, scene(fleets.quiet())) as run:
        await run.pilot.click(panel.table, offset=(10, 4))
        await run.settle()
        assert panel.selected() == "10.20.0.14:6379"
        await run.pilot.click(panel.table, offset=(10, 4), times=2)
        await run.settle()
        assert "Replication" in "\n".join(run.text())


async def test_a_log_follows_its_end_until_one_moves_up() -> None:
    panel = Events()
    fleet = fleets.quiet()
    first = scene(replace(fleet, events=fleet.events[:5]))
    async with played(panel, first) as run:
        assert panel.listed.cursor == 4
        await run.show(scene(fleet))
        assert panel.listed.cursor == 11
        await run.press("k")
        more = (*fleet.events, replace(fleet.events[-1], at=fleets.AT, text="another"))
        await run.show(scene(replace(fleet, events=more)))
        assert panel.listed.cursor == 10


async def test_every_size_is_filled_without_a_clipped_word() -> None:
    for width in range(60, 200, 23):
        async with played(Topology(), scene(fleets.troubled()), (width, 20)) as run:
            titles = run.text()[0].split()
            assert {"NODE", "LINK", "LAG", "TROUBLE"} <= set(titles), width
            assert all("…" not in title for title in titles)


def test_columns_are_given_up_by_rank_and_the_rest_grows() -> None:
    columns = (Column("A", 5), Column("B", 5, rank=2), Column("C", 5, rank=1, grows=True), Column("D", 5, rank=2))
    assert [place.column.title for place in arrange(columns, 24)] == ["A", "B", "C", "D"]
    assert [place.column.title for place in arrange(columns, 23)] == ["A", "B", "C"]
    assert [place.width for place in arrange(columns, 12)] == [5, 5]
    assert [place.column.title for place in arrange(columns, 3)] == ["A"]
    assert arrange((), 0) == ()
