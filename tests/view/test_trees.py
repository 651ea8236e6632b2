"""The topology as lines: guides, roles, what is unknown, what is wrong, and what the filter leaves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from redistui.history import History
from redistui.model import Fleet
from redistui.view.cells import Cell
from redistui.view.glyphs import ASCII, UNICODE, Glyphs
from redistui.view.source import Line
from redistui.view.topology import Outline, heading_key, node_key
from tests import fleets


def outline(fleet: Fleet, *, wide: bool = False, wanted: str = "", signs: Glyphs = UNICODE) -> Outline:
    return Outline(fleet, fleet.groups, signs, History(), wide=wide, wanted=wanted)


def cells(lines: Outline, address: str) -> dict[str, Cell]:
    """A node's row by the titles of its columns; the two first are its mark and its role."""
    for index in range(len(lines)):
        branch = lines.spot(index).branch
        if branch is not None and branch.node.address == address:
            row = lines.line(index).cells
            names = [column.title or f"#{n}" for n, column in enumerate(lines.columns)]
            return dict(zip(names, row, strict=True))
    raise AssertionError(f"{address} is not there")


def test_a_chain_is_drawn_under_the_replica_it_hangs_on() -> None:
    lines = outline(fleets.quiet())
    nodes = [lines.line(index).cells[2].text for index in range(1, 5)]
    assert nodes == ["10.20.0.11:6379", "├─ 10.20.0.12:6379", "│  └─ 10.20.0.14:6379", "└─ 10.20.0.13:6379"]


def test_guides_have_an_ascii_form() -> None:
    lines = outline(fleets.quiet(), signs=ASCII)
    assert [lines.line(index).cells[2].text[:6] for index in range(1, 5)] == ["10.20.", "|- 10.", "|  `- ", "`- 10."]


def test_roles_are_letters() -> None:
    lines = outline(fleets.troubled())
    assert cells(lines, "10.20.0.11:6379")["#1"] == Cell("P", "primary")
    assert cells(lines, "10.20.0.12:6379")["#1"] == Cell("R", "replica")
    assert cells(lines, "10.30.0.3:7000")["#1"] == Cell("?", "unknown")


def test_a_silent_node_says_what_it_was_and_since_when_it_is_silent() -> None:
    row = cells(outline(fleets.troubled()), "10.30.0.3:7000")
    assert row["LINK"] == Cell("was P", "dim")
    assert row["TROUBLE"] == Cell("hung 4s", "bad")
    assert row["#0"] == Cell(UNICODE.bad, "bad")


def test_stale_figures_are_dim_and_after_five_polls_they_are_gone() -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]

    def aged(seconds: float) -> dict[str, Cell]:
        nodes = (group.nodes[0], replace(group.nodes[1], seen_at=fleets.AT - seconds), *group.nodes[2:])
        return cells(outline(replace(fleet, groups=(replace(group, nodes=nodes),))), "10.20.0.12:6379")

    assert aged(1.0)["MEM"] == Cell("1.12G", "text")
    assert aged(3.0)["MEM"] == Cell("1.12G", "dim")
    assert aged(3.0)["TROUBLE"] == Cell("stale 3s", "unknown")
    assert aged(7.0)["MEM"] == Cell("–", "dim")
    assert aged(7.0)["TROUBLE"] == Cell("stale 7s", "unknown")


def test_a_primary_has_no_link_and_no_lag_and_an_unknown_lag_is_a_dash() -> None:
    lines = outline(fleets.faulty())
    assert cells(lines, "10.50.0.1:6379")["LAG"].text == ""
    assert cells(lines, "10.50.0.1:6379")["LINK"].text == ""
    assert cells(lines, "10.50.0.42:6379")["LAG"] == Cell("–", "dim")


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("fleet", [fleets.quiet(), fleets.troubled(), fleets.faulty(), fleets.two_sites()])
def test_every_row_has_a_cell_for_each_column(fleet: Fleet, wide: bool) -> None:
    lines = outline(fleet, wide=wide)
    for index in range(len(lines)):
        line = lines.line(index)
        assert line.shape == "band" or len(line.cells) == len(lines.columns)


def test_figures_keep_to_the_columns_of_the_narrow_form() -> None:
    lines = outline(fleets.faulty())
    for index in range(1, len(lines)):
        for cell, column in zip(lines.line(index).cells, lines.columns, strict=True):
            assert column.grows or len(cell.text) <= column.width, cell.text


def test_keys_are_unique_and_say_group_and_node() -> None:
    lines = outline(fleets.two_sites())
    keys = [lines.key(index) for index in range(len(lines))]
    assert len(set(keys)) == len(keys)
    assert {heading_key("cart"), node_key("cart", "10.30.0.1:7000")} <= set(keys)


def test_the_filter_leaves_out_groups_without_a_match_and_dims_rows_without_one() -> None:
    lines = outline(fleets.quiet(), wanted="0.12:6379")
    assert {lines.spot(index).group.name for index in range(len(lines))} == {"orders"}
    found = [lines.spot(i).branch.node.address for i in range(len(lines)) if lines.matches(i)]  # type: ignore[union-attr]
    assert found == ["10.20.0.12:6379"]
    assert {cell.tone for cell in lines.line(1).cells} == {"dim"}
    assert "ok" in {cell.tone for cell in lines.line(2).cells}


def test_a_heading_counts_what_answers() -> None:
    lines = outline(fleets.troubled())
    said = ["".join(cell.text for cell in lines.line(index).cells) for index in (0, 5)]
    assert said[0] == "■ orders  BAD  sentinel · 4/4 up · 2/3 Sentinels · primary 10.20.0.11:6379"
    assert said[1] == "■ cart  BAD  cluster · 5/6 up · 3 shards · 16,344/16,384 slots · epoch 6"


def test_a_replica_of_a_stranger_says_whom_it_follows() -> None:
    fleet = fleets.quiet()
    group = fleet.groups[0]
    stranger = fleets.node("10.20.0.99:6379", "replica", "10.99.0.1:6379", lag=0)
    fleet = replace(fleet, groups=(replace(group, nodes=(*group.nodes, stranger)),))
    said = cells(outline(fleet, wide=True), "10.20.0.99:6379")["TROUBLE"]
    assert said == Cell("follows 10.99.0.1:6379, which is not in this group", "warn")


def test_a_line_is_only_made_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Line] = []
    monkeypatch.setattr("redistui.view.topology.Line", lambda *args: made.append(Line(*args)) or made[-1])
    lines = outline(fleets.large(100))
    assert (len(lines), len(made)) == (120, 0)
    lines.line(7)
    assert len(made) == 1
