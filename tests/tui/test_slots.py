"""Screen 3 under a pilot: the map, its cursor, and what is drawn again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest
from textual.geometry import Region

from redistui.model import SLOTS, Cluster, Fleet
from redistui.tui.screens.slots import Slots
from redistui.tui.widgets.heatmap import LABEL, Heatmap
from tests import fleets
from tests.tui.panels import played, scene, theme


def cart(troubled: bool = True) -> Fleet:
    return replace(fleets.quiet(), groups=(fleets.cluster_group(troubled=troubled),))


def moved(fleet: Fleet, slots: Sequence[int], owner: int) -> Fleet:
    """The same cluster with some slots at another owner."""
    group = fleet.groups[0]
    assert group.cluster is not None
    owners = list(group.cluster.owners)
    for slot in slots:
        owners[slot] = owner
    other: Cluster = replace(group.cluster, owners=tuple(owners))
    return replace(fleet, groups=(replace(group, cluster=other),))


@contextmanager
def repaints(board: Heatmap, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Region]]:
    seen: list[Region] = []
    with monkeypatch.context() as patched:
        patched.setattr(board, "refresh", lambda *regions, **_: seen.extend(regions or (board.size.region,)))
        yield seen


@pytest.mark.parametrize("size", [(80, 22), (60, 14), (100, 28), (160, 46), (200, 58), (200, 26)])
async def test_at_every_size_the_whole_map_is_on_the_screen(size: tuple[int, int]) -> None:
    panel = Slots()
    async with played(panel, scene(cart()), size) as run:
        shape = panel.map.shape
        assert shape.columns * shape.rows * shape.per == SLOTS
        assert panel.map.size.height >= panel.map.lines
        assert panel.map.size.width >= LABEL + shape.columns
        text = "\n".join(run.text())
        assert "10.30.0.3:7000" in text
        assert "slot     0" in text


async def test_open_uncovered_and_failing_slots_have_signs_of_their_own() -> None:
    async with played(Slots(), scene(cart())) as run:
        drawn = [line[LABEL:] for line in run.text()[1:17]]
        assert sum(line.count("◆") for line in drawn) == 1
        assert sum(line.count("░") for line in drawn) >= 5
        assert sum(line.count("╳") for line in drawn) > 300


@pytest.mark.parametrize(("name", "ascii_signs"), [("mono", False), ("dark", True), ("dark", False)])
async def test_without_colours_owners_are_letters(name: str, ascii_signs: bool) -> None:
    panel = Slots()
    panel.letters = name == "dark" and not ascii_signs
    async with played(panel, scene(cart(), worn=theme(name), ascii_signs=ascii_signs)) as run:
        drawn = "".join(line[LABEL:] for line in run.text()[1:17])
        assert set(drawn) == set("AB!x>")
        assert drawn.index("B") * 16 == pytest.approx(5462, abs=16)


async def test_the_cursor_moves_by_cell_by_slot_by_range_and_by_trouble() -> None:
    panel = Slots()
    async with played(panel, scene(cart())) as run:
        stops = []
        for key in ("right", "j", "full_stop", "comma", "w", "t", "t", "T", "b", "end", "home"):
            await run.press(key)
            stops.append(panel.map.slot)
        assert stops == [8, 520, 521, 520, 5462, 10_000, 10_923, 10_000, 5462, 16_383, 0]


async def test_the_line_below_tells_slot_owner_and_range() -> None:
    panel = Slots()
    async with played(panel, scene(cart())) as run:
        await run.press("t")
        line = next(line for line in run.text() if line.startswith(" slot"))
        assert line.startswith(" slot  5461  A 10.30.0.1:7000  > migrating to 10.30.0.2:7000  range 0-5461")
        assert panel.selected() == "10.30.0.1:7000"
        await run.press("t")
        assert panel.selected() is None


async def test_nothing_is_painted_when_no_slot_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Slots()
    async with played(panel, scene(cart())) as run:
        with repaints(panel.map, monkeypatch) as seen:
            await run.show(scene(cart(), worn=run.app.scene.theme))
        assert seen == []


async def test_slots_that_move_paint_their_lines_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Slots()
    async with played(panel, scene(cart(troubled=False))) as run:
        with repaints(panel.map, monkeypatch) as seen:
            new = moved(cart(troubled=False), range(1024, 1088), 2)
            await run.show(scene(new, worn=run.app.scene.theme))
        assert seen == [Region(0, 1, LABEL + 8, 1)]


async def test_a_group_without_slots_says_so_and_enter_leads_to_one_that_has() -> None:
    panel = Slots()
    async with played(panel, scene(fleets.quiet(), group="orders")) as run:
        assert run.text()[0].strip() == "orders is no cluster: it has no slots. enter goes to cart."
        assert [each.group for each in run.app.gone] == ["cart"]
        await run.press("enter")
        assert [each.group for each in run.app.gone] == ["cart", "cart"]
        await run.show(scene(fleets.quiet(), group="cart"))
        await run.press("right")
        assert panel.map.slot > 0


async def test_select_goes_to_a_nodes_first_slot() -> None:
    panel = Slots()
    async with played(panel, scene(cart())) as run:
        assert panel.select("10.30.0.5:7000")
        await run.settle()
        assert panel.map.slot == 5462
        assert not panel.select("10.99.0.1:1")


async def test_the_filter_steps_through_owners() -> None:
    panel = Slots()
    async with played(panel, scene(cart(), wanted="0.3:7000")) as run:
        panel.find(1)
        await run.settle()
        assert panel.map.slot == 10_923


async def test_letters_are_a_key_away() -> None:
    panel = Slots()
    async with played(panel, scene(cart())) as run:
        assert "AAAA" not in "".join(run.text())
        await run.press("o")
        assert "AAAA" in "".join(run.text())
        await run.press("o")
        assert "AAAA" not in "".join(run.text())


async def test_more_shards_than_lines_scroll_with_the_cursor() -> None:
    panel = Slots()
    fleet = replace(fleets.quiet(), groups=(fleets.wide_cluster(),))
    async with played(panel, scene(fleet)) as run:
        assert "1-3 of 16" in "\n".join(run.text())
        assert panel.select("10.40.15.1:7000")
        await run.settle()
        assert "10.40.15.1:7000" in "\n".join(run.text()[-3:])


async def test_every_map_is_a_key_away_and_says_what_it_is() -> None:
    panel = Slots()
    async with played(panel, scene(fleets.surveyed())) as run:
        heads = []
        for _ in range(6):
            heads.append(run.text()[0].split()[0])
            await run.press("m")
        assert heads == ["16,384/16,384", "keys", "cpu", "net", "memory", "migration"]
        await run.press("M")
        assert run.text()[0].split()[0] == "migration"


@pytest.mark.parametrize("mode", ["keys", "cpu", "net", "memory", "migration"])
@pytest.mark.parametrize("size", [(80, 22), (60, 14), (160, 46), (200, 58), (200, 26)])
async def test_a_map_keeps_its_shape_from_mode_to_mode(mode: str, size: tuple[int, int]) -> None:
    panel = Slots()
    async with played(panel, scene(fleets.surveyed(troubled=True)), size) as run:
        shape = panel.map.shape
        panel.told(mode)
        await run.settle()
        assert panel.map.shape == shape
        assert panel.map.size.height >= panel.map.lines
        assert any(line.lstrip().startswith("slot     0") for line in run.text())


@pytest.mark.parametrize(("name", "ascii_signs"), [("mono", False), ("dark", True), ("high-contrast", True)])
async def test_without_colours_heat_is_told_by_signs(name: str, ascii_signs: bool) -> None:
    panel = Slots()
    panel.mode = "keys"
    async with played(panel, scene(fleets.surveyed(troubled=True), worn=theme(name), ascii_signs=ascii_signs)) as run:
        drawn = set("".join(line[LABEL:] for line in run.text()[1:17]))
        assert "!" in drawn
        assert "?" in drawn
        assert drawn & set("234567" if ascii_signs else "▂▃▄▅▆▇█")
        assert not ascii_signs or "".join(run.text()).isascii()


async def test_zooming_in_goes_down_to_one_slot_and_follows_the_cursor() -> None:
    panel = Slots()
    async with played(panel, scene(fleets.surveyed())) as run:
        panel.action_go(9000)
        await run.settle()
        await run.press(*"zzzzz")
        assert panel.map.shape.per == 1
        assert 9000 in panel.map.shape
        assert f"{panel.map.shape.start}" in run.text()[1]
        await run.press("end")
        assert panel.map.slot == SLOTS - 1
        assert SLOTS - 1 in panel.map.shape
        await run.press(*"ZZZZZ")
        assert panel.map.shape == panel.map.whole


async def test_the_hottest_slots_are_listed_and_walked() -> None:
    panel = Slots()
    fleet = fleets.surveyed()
    survey = fleet.groups[0].survey
    assert survey is not None
    order = sorted(range(SLOTS), key=lambda slot: (-(survey.keys[slot] or 0), slot))
    async with played(panel, scene(fleet)) as run:
        await run.press("m", "H", "greater_than_sign")
        assert panel.map.slot == order[0]
        await run.press("greater_than_sign", "greater_than_sign", "less_than_sign")
        assert panel.map.slot == order[1]
        assert any(line.split()[1:3] == ["2", str(order[1])] for line in run.text()[-3:])
        await run.press("H")
        assert "RANGES" in "".join(run.text())


async def test_a_survey_is_wanted_only_while_its_map_is_looked_at() -> None:
    panel = Slots()
    async with played(panel, scene(fleets.surveyed())) as run:
        assert run.app.wanted == []
        for key in "mmmmmm":
            await run.press(key)
        assert run.app.wanted == [
            ("cart", False, False),
            ("cart", False, True),
            ("cart", True, False),
            (None, False, False),
        ]
        await run.press("m")
        panel.display = False
        await run.settle()
        assert run.app.wanted[4:] == [("cart", False, False), (None, False, False)]


async def test_a_survey_that_changes_little_paints_little(monkeypatch: pytest.MonkeyPatch) -> None:
    panel = Slots()
    panel.mode = "keys"
    fleet = fleets.surveyed()
    (group,) = fleet.groups
    assert group.survey is not None
    keys = list(group.survey.keys)
    keys[3000] = 9000.0
    after = replace(fleet, groups=(replace(group, survey=replace(group.survey, keys=tuple(keys))),))
    async with played(panel, scene(fleet)) as run:
        with repaints(panel.map, monkeypatch) as seen:
            await run.show(scene(after, worn=run.app.scene.theme))
        column, row = panel.map.shape.cell_of(3000)
        assert seen == [Region(0, row // 2, LABEL + column + 1, 1)]
